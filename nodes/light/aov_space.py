from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, cast

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Pose,
    Region,
    between_poses,
    listing,
    node,
    normals_of,
    param,
    port,
    unit,
)  # fmt: skip
from rimlight.engine import Camera as Pinhole

from ..ops.aov_look import Convention, conventions, decoded, from_upright, lies_beside, looks_encoded, upright
from .base import pose_of
from .geometry import from_corner

_WORLD, _CAMERA = "world", "camera"
_SIGNED, _ENCODED = "-1 to 1", "0 to 1"
_MADE = ("normal", "position")
_BESIDE = 0.02
"""Of half the frame's width, by which places may lie beside their pixels."""
_SIDE = 256
"""Pixels of the longer side that Detect compares."""
_SURE = 0.9
"""The cosine between normals and those of the places, in the median, from which on a convention is believed."""


@dataclass(frozen=True)
class _Wanted:
    """A layer that is converted, and what it becomes."""

    layer: str
    made: str


@node(
    "light.aov_space", label="AovSpace",
    see="light.camera light.normals_from_depth light.relight layers#layers-of-renderers",
)  # fmt: skip
class AovSpace(Node):
    """Takes the normals and positions of a 3D render from the space of the world to that of the camera, or back.

    Relight and all that looks at surfaces want the layers `normal` and `position` as the camera sees them: x right, y
    up, z towards it. Most renderers write them in the world. Wire the shot's Camera, which knows how it turns and where
    it stands; its Metadata button takes that from the same files.

    Detect looks at the picture and finds how the layers are written: in which space, with which axis up, encoded to 0
    to 1 or not, and with axes that are turned round. It needs a layer `position` or `depth` to compare normals with.
    """

    point: ClassVar[bool] = True
    solves: ClassVar[Mapping[str, str]] = {
        "detect": "find out how the layers are written, by comparing them with each other and with the camera"
    }
    sections: ClassVar[Mapping[str, str]] = {"Detect": "field_of_view depth_is"}

    image: Image = port("the render")
    camera: Pose = port("the camera of the shot", optional=True)
    given_in: str = param(default=_WORLD, choices=(_WORLD, _CAMERA), doc="the space of the layers", place="top")
    wanted_in: str = param(default=_CAMERA, choices=(_CAMERA, _WORLD), doc="the space wanted", place="top")
    up_axis: str = param(
        default="y", choices=("y", "z"), doc="what is up in the world of the layers; z in Blender and 3ds Max",
        place="top",
    )  # fmt: skip
    encoding: str = param(
        default=_SIGNED, choices=(_SIGNED, _ENCODED), doc="what the normals' components run through", place="top"
    )
    flip_x: bool = param(default=False, doc="turn the layers' x round, before all else")
    flip_y: bool = param(default=False, doc="turn the layers' y round, before all else")
    flip_z: bool = param(default=False, doc="turn the layers' z round, before all else")
    normal_layer: str = param(default="normal", doc="layer of the normals, which become `normal`; empty: none")
    position_layer: str = param(default="position", doc="layer of the positions, which become `position`; empty: none")
    cm_per_unit: float = param(
        default=1.0, hard=(1e-6, None), soft=(0.1, 100), unit="cm", doc="length of a unit of the positions"
    )
    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg", cosmetic=True,
        doc="angle that the frame is wide, for Detect where no camera is wired",
    )  # fmt: skip
    depth_is: str = param(
        default="z", choices=("z", "ray"), cosmetic=True,
        doc="whether depth is measured along the camera's axis or along rays, for Detect",
    )  # fmt: skip

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        wanted = self._wanted(info)
        if self.given_in != self.wanted_in:
            self._pose(ctx)
        for each in wanted:
            info = info.with_layer(LIGHT_LAYERS[each.made])
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {each.made for each in self._wanted(ctx.info("image"))}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        names = tuple(each.layer for each in self._wanted(ctx.info("image")) if each.made in layers)
        return (Need("image", region, names),) if names else ()

    def warnings(self, ctx: Context) -> Sequence[str]:
        if self.given_in == self.wanted_in or ctx.connected("camera"):
            return ()
        return (
            "wire the shot's camera to 'camera': without one it is taken to stand still in the middle of the world",
        )

    def extra_key(self, ctx: Context) -> object:
        return self._pose(ctx) if self.given_in != self.wanted_in else None

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        return {
            each.made: self._converted(each, image.tensor(each.layer, ctx.region)[:3], self._convention, ctx)
            for each in self._wanted(image.info)
            if each.made in ctx.layers
        }

    @property
    def _convention(self) -> Convention:
        flips = tuple(-1.0 if flip else 1.0 for flip in (self.flip_x, self.flip_y, self.flip_z))
        x, y, z = flips
        return Convention(self.encoding == _ENCODED, (x, y, z), self.given_in == _WORLD, self.up_axis)

    def _converted(self, each: _Wanted, x: Tensor, how: Convention, ctx: Context) -> Tensor:
        """A layer in the space that is wanted; 0 where there is no surface."""
        normal = each.made == "normal"
        there = (x != 0).any(0, keepdim=True)
        x = decoded(x, how.encoded) if normal else x
        x = x * x.new_tensor(how.flips).reshape(3, 1, 1)
        if how.world:
            x = upright(x, how.up)
        to_world = self.wanted_in == _WORLD
        if how.world != to_world:
            pose = self._pose(ctx)
            turn, offset = between_poses(pose, None) if to_world else between_poses(None, pose)
            x = _moved(x, turn, np.zeros(3) if normal else offset / self.cm_per_unit)
        if to_world:
            x = from_upright(x, self.up_axis)
        return torch.where(there, x, 0.0)

    def _wanted(self, info: ImageInfo) -> tuple[_Wanted, ...]:
        """The layers that are converted. Raises RimlightError where there is none, or one that is named is missing."""
        found = []
        for made, layer in zip(_MADE, (self.normal_layer, self.position_layer), strict=True):
            if info.has(layer):
                self.require(len(info.layer(layer).channels) >= 3, f"the layer '{layer}' has fewer than three channels")
                found.append(_Wanted(layer, made))
            else:
                self.require(layer in ("", made), f"the image has no layer '{layer}', it has {listing(info.names)}")
        self.require(bool(found), f"the image has neither normals nor positions, it has {listing(info.names)}")
        return tuple(found)

    def _pose(self, ctx: Context) -> Pose:
        if not ctx.connected("camera"):
            return Pose()  # at rest, see the warning
        return replace(pose_of(ctx), field_of_view=40.0)  # the lens moves nothing

    # -- detect ---------------------------------------------------------------------------------------------------

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        info = ctx.info("image")
        names = [each.layer for each in self._wanted(info)]
        if info.has("depth"):
            names.append("depth")
        return (Need("image", info.data, tuple(names)),)

    def solved(
        self, ctx: Context, what: str, images: Mapping[str, Image], check: Callable[[], None]
    ) -> Mapping[str, Any]:
        image = images["image"]
        info, named = image.info, {each.made: each for each in self._wanted(image.info)}
        known = list(conventions(ctx.connected("camera")))
        place: Tensor | None = None
        if "position" in named:
            layer = image.tensor(named["position"].layer, info.data)[:3]
            known = [self._fit_positions(ctx, info, named["position"], layer, known)]
            place = self._as_seen(named["position"], layer, known[0], ctx)
        elif info.has("depth"):
            kind, region = cast(Literal["z", "ray"], self.depth_is), from_corner(info, info.data)
            place = self._pinhole(ctx, info).position(image.tensor("depth", info.data)[:1], region, kind)
        if "normal" not in named:
            return _values(known[0], self.encoding)
        self.require(place is not None, "there is neither position nor depth to compare the normals with")
        assert place is not None
        layer = image.tensor(named["normal"].layer, info.data)[:3][_few(info)]
        how = self._fit_normals(ctx, named["normal"], layer, place, known, check)
        return _values(how, _ENCODED if how.encoded else _SIGNED)

    def _as_seen(self, each: _Wanted, x: Tensor, how: Convention, ctx: Context) -> Tensor:
        """A layer as the camera sees it, were it written by a convention."""
        return replace(self, wanted_in=_CAMERA)._converted(each, x, how, ctx)

    def _fit_positions(
        self, ctx: Context, info: ImageInfo, each: _Wanted, layer: Tensor, known: Sequence[Convention]
    ) -> Convention:
        """The convention by which positions `[3, h, w]` lie where their pixels are. Raises RimlightError if none."""
        camera, few = self._pinhole(ctx, info), _few(info)
        rays = camera.rays(from_corner(info, info.data), torch.zeros(1))[few]
        places = ((how, self._as_seen(each, layer[few], how, ctx)) for how in known)
        scores = [(lies_beside(x, rays, camera.tan_x), how) for how, x in places]
        off, how = min(scores, key=lambda pair: round(pair[0], 3))
        self.require(
            off < _BESIDE,
            f"the positions lie beside their pixels in every space, by {min(off, 9.99):.0%} of half the frame at"
            " least: see to the camera, its field of view and cm_per_unit",
        )
        return how

    def _fit_normals(
        self, ctx: Context, each: _Wanted, layer: Tensor, place: Tensor, known: Sequence[Convention],
        check: Callable[[], None],
    ) -> Convention:  # fmt: skip
        """The convention by which a few normals fit the surfaces at places `[3, h, w]`. Raises RimlightError without
        any.
        """
        few = _few(ctx.info("image"))
        check()
        encoded = looks_encoded(layer)
        true = normals_of(torch.where(place.isfinite(), place, 0.0))[few]
        there = true.isfinite().all(0) & (true != 0).any(0) & (place[2][few[1:]] < 0)
        fits = []
        for how in (replace(convention, encoded=encoded) for convention in known):
            check()
            found = unit(self._as_seen(each, layer, how, ctx))
            cosine = (found * true).sum(0)[there & (found != 0).any(0)]
            fits.append((float(cosine.median()) if len(cosine) else -1.0, how))
        best, how = max(fits, key=lambda fit: round(fit[0], 6))
        self.require(
            best > _SURE,
            f"the normals fit the surfaces in no space (their cosine is {best:.2f} in the median at best): see to the"
            " camera and field_of_view",
        )
        return how

    def _pinhole(self, ctx: Context, info: ImageInfo) -> Pinhole:
        """The picture's camera, with the field of view of the one that is wired."""
        found = ctx.about("camera") if ctx.connected("camera") else None
        degrees = found.field_of_view if isinstance(found, Pose) else self.field_of_view
        return Pinhole.from_fov(info.display.width, info.display.height, degrees, info.pixel_aspect)


def _few(info: ImageInfo) -> tuple[slice, slice, slice]:
    """The pixels of a picture that Detect compares."""
    step = max(1, max(info.data.width, info.data.height) // _SIDE)
    rows, columns = (slice(min(step, side) // 2, None, step) for side in (info.data.height, info.data.width))
    return slice(None), rows, columns


def _values(how: Convention, encoding: str) -> dict[str, Any]:
    x, y, z = (flip < 0 for flip in how.flips)
    return {
        "given_in": _WORLD if how.world else _CAMERA, "wanted_in": _CAMERA, "up_axis": how.up, "encoding": encoding,
        "flip_x": x, "flip_y": y, "flip_z": z,
    }  # fmt: skip


def _moved(x: Tensor, rotation: Any, offset: Any) -> Tensor:
    """Vectors `[3, h, w]` turned and moved."""
    turn, by = (torch.as_tensor(np.asarray(m), dtype=x.dtype, device=x.device) for m in (rotation, offset))
    return torch.einsum("ij,jhw->ihw", turn, x) + by.reshape(3, 1, 1)
