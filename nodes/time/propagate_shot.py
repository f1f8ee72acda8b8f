"""What LightPropagate looks at: which layers of its shot count, and their pixels in the frames that it asks for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Region, estimated_in

from ..learned.shadow_cast import Scene
from ..light.geometry import from_corner, on_surface, whole_normals
from ..ops.light_carry import stops_over
from .cast_light import Surfaces

if TYPE_CHECKING:
    from .light_propagate import LightPropagate

_DISTANCE = 100.0
"""Centimetres that estimated depth of 1 is taken for."""


@dataclass(frozen=True, eq=False)
class Layers:
    """Which layers of the shot say more than the picture, by what there is and by the choices of the node."""

    node: "LightPropagate"
    ctx: Context

    def has(self, name: str) -> bool:
        """Whether the shot has a layer in all frames where it is asked for."""
        return all(self.ctx.info("image", f).has(name) for f in (self.ctx.frame, *self.ctx.frames("relit")))

    @property
    def maps(self) -> tuple[str, ...]:
        """The light layers that say more than the picture."""
        shading = ("shading",) if self.casts or self.replaces else ()
        normal = ("normal",) if self.has("normal") else ()
        return (*normal, *shading, *((self.place,) if self.casts else ()))

    @property
    def place(self) -> str:
        """The layer that says where surfaces are; empty where there is none."""
        return next((name for name in ("position", "depth") if self.has(name)), "")

    @property
    def follows(self) -> bool:
        """Whether light follows where surfaces face."""
        return self.casts or self._wanted(self.node.surfaces, "follow", "normal")

    @property
    def casts(self) -> bool:
        """Whether light and shadows are cast anew."""
        place = self.place
        return bool(place) and all(
            self._wanted(self.node.surfaces, "cast", name) for name in ("normal", "shading", place)
        )

    @property
    def replaces(self) -> bool:
        """Whether changes of the plate's own light are taken out."""
        return self._wanted(self.node.plate_light, "replace", "shading")

    def _wanted(self, choice: str, wanted: str, name: str) -> bool:
        """Whether a choice takes a layer into account: an estimated one not by itself, as its errors would flicker."""
        if not self.has(name):
            return False
        return choice == wanted or (choice == "auto" and name not in estimated_in(self.ctx.info("image")))


class Shot:
    """Pixels of the shot and of its relit frames, over the data window of the frame that is made."""

    def __init__(self, node: "LightPropagate", ctx: ComputeContext) -> None:
        self.node, self.ctx = node, ctx
        self.layers = Layers(node, ctx)
        self.data: Region = ctx.info("image").data
        self.maps = self.layers.maps

    def layer(self, name: str, frame: float) -> Tensor:
        """Three channels of a layer `[3, H, W]`."""
        indices = self.ctx.info("image", frame).layer(name).rgb if name == MAIN else (0, 1, 2)
        return self.ctx.image("image", frame).tensor(name, self.data, "auto")[list(indices or ())]

    def relit(self, reference: float) -> Tensor:
        """A relit frame `[3, H, W]`."""
        indices = self.ctx.info("relit", reference).layer(MAIN).rgb
        return self.ctx.image("relit", reference).tensor(MAIN, self.data)[list(indices or ())]

    def looks(self, frame: float, stops: Tensor) -> Tensor:
        """Stops `[3, H, W]` that things are told apart by: those of the shot, without its light where that is known."""
        return stops - stops_over(self.layer("shading", frame)) if self.layers.replaces else stops

    def covered(self, reference: float) -> Tensor:
        """Where `[1, H, W]` a reference has pixels, plate and relit."""
        ctx, data = self.ctx, self.data
        inside = ctx.info("relit", reference).data.intersect(ctx.info("image", reference).data).intersect(data)
        cover = torch.zeros((1, data.height, data.width), device=ctx.device)
        rows, columns = data.slices_of(inside)
        cover[:, rows, columns] = 1.0
        return cover

    def normal(self, frame: float) -> Tensor | None:
        """Unit normals `[3, H, W]`, towards the camera where there is no surface; None where they are not asked for."""
        if "normal" not in self.maps:
            return None
        return whole_normals(self.layer("normal", frame))

    def surfaces(self, frame: float) -> Surfaces:
        """The surfaces of a frame, whose shadows are cast."""
        node, info, normal = self.node, self.ctx.info("image", frame), self.normal(frame)
        place, cm_per_unit = self.layers.place, node.cm_per_unit
        position = self.ctx.image("image", frame).tensor(place, self.data, "auto")
        camera, region = node.pinhole(info), from_corner(info, self.data)
        guessed = estimated_in(info)
        rendered = not guessed & {"normal", "shading", place}
        if place == "depth":
            position = camera.position(position[:1], region, cast(Literal["z", "ray"], node.depth_is))
            cm_per_unit = _DISTANCE if place in guessed else cm_per_unit
        position = position[:3]
        assert normal is not None
        there = on_surface(normal, position)
        scene = Scene(position, normal, there, camera, region, cm_per_unit, node.thickness, 1.0, self.ctx.check)
        return Surfaces.of(scene, node.soften, rendered)
