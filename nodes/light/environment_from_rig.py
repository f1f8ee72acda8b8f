import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    RGB,
    AreaLight,
    ComputeContext,
    Context,
    DirectionalLight,
    ImageInfo,
    Light,
    Node,
    PointLight,
    Region,
    Rig,
    StandingLight,
    latlong_directions,
    latlong_solid_angles,
    light_level,
    node,
    param,
    past_flags,
    port,
    seen_past,
    sent_share,
    surroundings,
)  # fmt: skip

from .base import described, given
from .working import working_space

_FLAG_RAYS = 64
"""Points of a light from which flags are looked past; there is one place only."""


@node(
    "light.environment_from_rig",
    see="learned.light_estimate light.environment image.write light.probe light#the-light-of-a-picture",
    label="EnvironmentFromRig",
)
class EnvironmentFromRig(Node):
    """Makes a lat-long picture of a rig, such as that of LightEstimate: an environment map to Write.

    Lights from all around are seen as they are. All others become even discs, at least three pixels wide, with the
    energy that comes to the place from which they are seen. Cones, gobos and profiles count as at that place. Flags are
    seen before surroundings, and lights lose the share that they take there.

    As an environment light the picture lights matt surfaces as the rig does: shares of `diffuse` count, those of
    `specular` do not. EnvironmentConvert makes a mirror ball of it.
    """

    rig: Rig = port("the lights")
    height: int = param(
        default=256, hard=(2, 8192), soft=(32, 1024), unit="px", doc="rows; twice as many columns", place="top"
    )
    distance: float = param(
        default=100.0, hard=(0, None), soft=(0, 1000), unit="cm",
        doc="how far before the camera the place is from which lights that stand somewhere are seen",
    )  # fmt: skip

    @property
    def through(self) -> str:
        return ""

    def info(self, ctx: Context) -> ImageInfo:
        described(ctx)
        self.require(ctx.connected("rig"), "input 'rig' is not connected")
        rows = max(2, self.height)
        frame = Region(0, 0, 2 * rows, rows)
        return ImageInfo(frame, frame, (RGB,), 1.0, ctx.project.working)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        rig, rows = given(ctx), ctx.output.display.height
        towards = latlong_directions(rows, 2 * rows, torch.zeros((), device=ctx.device))
        place = towards.new_tensor([0.0, 0.0, -self.distance / rig.cm_per_unit])
        picture = torch.zeros_like(towards)
        for light in rig.active():
            ctx.check()
            flags = rig.flags_of(light)
            if isinstance(light, DirectionalLight | StandingLight):
                shown = self._disc(light, rig.cm_per_unit, towards, ctx)
                if flags:
                    share = past_flags(flags, light, place[:, None], rig.cm_per_unit, _FLAG_RAYS, check=ctx.check)
                    shown = shown * share[:, :, None]
            else:
                even = light.with_(specular=light.diffuse)
                shown = surroundings(rig.with_lights((even,)), towards, rows, working_space(ctx))
                if flags:
                    shown = shown * seen_past(flags, place, towards, math.pi / rows, rig.cm_per_unit)
            picture = picture + shown
        rows_of, columns = ctx.output.display.slices_of(ctx.region)
        return {MAIN: picture[:, rows_of, columns].contiguous()}

    def _disc(self, light: Light, cm_per_unit: float, towards: Tensor, ctx: ComputeContext) -> Tensor:
        """Radiance `[3, h, w]` of a light that is seen as a disc: its irradiance is that of the light."""
        direction, angle, level = self._seen(light, cm_per_unit, ctx)
        rows = towards.shape[1]
        pixel = math.pi / rows
        half = max(math.radians(angle) / 2, 1.5 * pixel)
        off = torch.acos(torch.einsum("c,chw->hw", direction, towards).clamp(-1, 1))
        cover = ((half - off) / pixel + 0.5).clamp(0, 1)[None]
        areas = latlong_solid_angles(rows, 2 * rows, towards)
        energy = (cover * areas * off.cos().clamp_min(0)).sum().clamp_min(1e-12)
        return level.reshape(3, 1, 1) * float(light.diffuse) * (math.pi * cover / energy)

    def _seen(self, light: Light, cm_per_unit: float, ctx: ComputeContext) -> tuple[Tensor, float, Tensor]:
        """Direction `[3]`, diameter in degrees and level `[3]` of a light at the place."""
        level = light_level(light, working_space(ctx)).to(device=ctx.device, dtype=torch.float32)
        if isinstance(light, DirectionalLight):
            way = torch.as_tensor(light.direction, dtype=torch.float32, device=ctx.device)
            return way / way.norm(), float(light.angle), level
        assert isinstance(light, StandingLight)
        place = torch.as_tensor(light.position, dtype=torch.float32, device=ctx.device) * cm_per_unit
        way = place - place.new_tensor([0.0, 0.0, -self.distance])
        far = way.norm().clamp_min(1e-3)
        size = float(light.width if isinstance(light, AreaLight) else cast(PointLight, light).size)
        level = level * sent_share(light, -way) * (100 / float(far)) ** 2
        return way / far, math.degrees(2 * math.atan(size / (2 * float(far)))), level
