"""Which share of each light arrives at the surfaces of a picture."""

import math
import weakref
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    AreaLight,
    Camera,
    DirectionalLight,
    Light,
    March,
    Occluders,
    PointLight,
    Region,
    Rig,
    Tier,
    cast_shadow,
    follow_edges,
    occlusion,
    picture_level,
    unit,
)  # fmt: skip

from ..ops.fir import finite
from ..ops.progress import silent
from .estimates import Within, formed
from .geometry import from_corner
from .plate import plate_of

if TYPE_CHECKING:
    from .scene import Scene

_SIDE = 320
"""Pixels of the long side at which shadows of estimated surfaces are looked for: the estimate knows no more."""
_SMOOTH = 1 / 8
"""Of the long side, over how much these are evened out where the plate has no edges."""


class Shadows:
    """The shadows in a scene, marched through its surfaces.

    Those of estimated surfaces are marched small, as soft as the estimate is unsure, evened out within the edges of the
    plate and drawn along these at full size.
    """

    def __init__(self, scene: "Scene") -> None:
        self._scene = weakref.ref(scene)  # which holds this: in a circle its pixels would outlive the frame
        self.node = scene.node
        self.ctx = scene.ctx
        self.soft = "depth" in scene.estimated

    @property
    def scene(self) -> "Scene":
        found = self._scene()
        assert found is not None
        return found

    def of(self, plain: Rig) -> Mapping[str, Tensor]:
        """`shadow`, the share of a light that arrives, and `known`, what was followed to its end of it, `[1, h, w]`."""
        n, light = self.node, plain.lights[0]
        local = isinstance(light, (DirectionalLight, PointLight, AreaLight))
        if self.scene.position is None or not (n.shadows if local else n.occlude):
            return dict.fromkeys(("shadow", "known"), torch.ones_like(self.scene.there))
        steps, rays = {Tier.DRAFT: (256, 2), Tier.STUDENT: (384, 4), Tier.FINAL: (512, n.shadow_rays)}[self.ctx.tier]
        march = March((n.reach or self._reach()) if local else n.near, self._bias(), steps, rays)
        light = self._softened(light) if self.soft else light
        about = (plain.key(), n.soften if self.soft else 0.0) if local else None
        key = ("shadow", about, march, *self._occluders_key())

        def make() -> Mapping[str, Tensor]:
            occluders = self._occluders()
            check = self.ctx.check
            found = cast_shadow(occluders, light, march, check) if local else occlusion(occluders, march, check)
            shadow, known = found.visibility, found.confidence
            if self.soft:
                shadow, known = self._drawn(shadow), self._enlarged(known)
            there = self.scene.there > 0
            return {"shadow": torch.where(there, shadow, 1.0), "known": torch.where(there, known, 1.0)}

        return self.ctx.part(key, ("shadow", "known"), make)

    @cached_property
    def _view(self) -> tuple[Camera, Region]:
        """The camera of the surfaces that cast shadows and the region of its frame, small where they are estimated."""
        info, n = self.scene.image.info, self.node
        region, frame = from_corner(info, self.scene.region), info.display
        scale = _SIDE / max(region.width, region.height)
        if not self.soft or scale >= 1:
            return n.pinhole(info), region
        width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
        return Camera.from_fov(width, height, n.field_of_view, info.pixel_aspect), region.scaled(scale)

    def _surfaces(self) -> tuple[Tensor, Tensor]:
        """Positions and unit normals `[3, h, w]` of what casts shadows."""
        scene, normal = self.scene, unit(self.scene.normal)
        assert scene.position is not None
        if not self.soft:
            return scene.position, normal
        camera, region = self._view
        size, subject = (region.height, region.width), self.node.subject(self.ctx)
        depth = formed(scene.layers["depth"], normal, subject, camera, region, self.node.relief)
        there, behind = F.interpolate(scene.there[None], size, mode="area")[0] > 0.5, -scene.position[2:].amin()
        place = camera.position(torch.where(there, depth, behind), region)
        return place, unit(F.interpolate(normal[None], size, mode="area")[0])

    def _drawn(self, shadow: Tensor) -> Tensor:
        """Visibility `[1, h, w]` of the small frame at full size, with its edges where the plate has such."""
        plate = finite(plate_of(self.ctx))[None].clamp_min(0)
        small = F.interpolate(plate, shadow.shape[1:], mode="area")[0]
        even = Within.of(small, None).even(shadow, max(shadow.shape[1:]) * _SMOOTH, silent)
        self.ctx.check()
        if even.shape[1:] == plate.shape[2:]:
            return even.clamp(0, 1)
        return follow_edges(even[None], plate, picture_level(plate))[0].clamp(0, 1)

    def _enlarged(self, x: Tensor) -> Tensor:
        size = (self.scene.region.height, self.scene.region.width)
        return F.interpolate(x[None], size, mode="bilinear", align_corners=False)[0]

    def _bias(self) -> float:
        """Where shadow rays start above surfaces, in pixels' widths."""
        n = self.node
        if not self.soft:
            return n.bias
        camera, _ = self._view
        return max(n.bias, n.tolerance * camera.width / (2 * camera.tan_x * n.distance))

    def _softened(self, light: Light) -> Light:
        """A light at least as wide as shadows of estimated surfaces are to look."""
        n = self.node
        if isinstance(light, DirectionalLight):
            return light.with_(angle=max(light.angle, n.soften))
        if isinstance(light, PointLight):
            middle = torch.tensor([0.0, 0.0, -n.distance / n.cm_per_unit])
            away = float((torch.as_tensor(light.position) - middle).norm()) * n.cm_per_unit
            return light.with_(size=max(float(light.size), 2 * away * math.tan(math.radians(n.soften / 2))))
        return light

    def _occluders(self) -> Occluders:
        """What casts shadows, shared by all lights and by pictures that differ in other layers only."""

        def make() -> Occluders:
            self.ctx.check()
            n = self.node
            return Occluders(*self._surfaces(), *self._view, n.cm_per_unit, n.thickness, self.ctx.check)

        given = (("image", "normal"), ("image", self.node.place_layer(self.scene.image.info)))
        layers = self.node.looked_at(self.ctx) if self.scene.estimated else given
        return cast(Occluders, self.ctx.shared(layers, ("occluders", *self._occluders_key()), make))

    def _occluders_key(self) -> tuple[object, ...]:
        n = self.node
        return n.field_of_view, n.depth_is, n.cm_per_unit, n.thickness, self.scene.key

    def _reach(self) -> float:
        """As far as there are surfaces, in centimetres."""
        near, far = self.scene.range()
        width = 2 * self.node.pinhole(self.scene.image.info).tan_x
        return float(far - near + width * far) * self.node.cm_per_unit
