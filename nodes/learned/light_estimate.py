from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rimlight.engine import (
    ComputeContext,
    Context,
    DirectionalLight,
    EnvironmentLight,
    FittedLight,
    Need,
    Region,
    Rig,
    defaulted,
    node,
    param,
    port,
)  # fmt: skip

from ..light.base import described, given, is_name, with_more
from ..light.working import working_space
from .fitted import angles, kelvin_of, key_fill
from .sunlit import Sunlit

CONFIDENCE = "rimlight:light_confidence"
AZIMUTH, ELEVATION = "rimlight:key_azimuth", "rimlight:key_elevation"
RATIO, KELVIN = "rimlight:key_fill_stops", "rimlight:light_kelvin"
"""Numbers of an estimated light: degrees, stops, Kelvin."""


@node(
    "learned.light_estimate",
    see="light.probe light.environment_from_rig light.write_rig learned.light_match light#the-light-of-a-picture",
    label="LightEstimate",
    menu="Light/Student",
    reads=("tier",),
    version=2,
    upgrades={1: defaulted(level="fit", sun=False)},
)
class LightEstimate(Sunlit):
    """Finds the light of a picture, as lights to edit: a key, a fill, and the surroundings.

    To see the lights wire them into LightProbe or EnvironmentFromRig, and to keep them into WriteRig;
    EnvironmentFromRig before a Write makes an environment map. The lights say that they were measured: a Relight of a
    photograph takes them as bright as they are, beside others that go by the photograph's own light. With a matte only
    the light on the subject counts, else that on all of the picture.

    The lights are those that explain normals and shading best, rendered or estimated. Where surfaces say little, such
    as in front of a flat wall, the student's own guess decides; what lies behind what is seen is always a guess.

    The node shows the key's direction, the ratio of key to fill in stops, the colour of the light, and how sure the
    direction is, from 0 to 1: by how much worse other directions explain the shading and go with the student's guess.
    That guess alone makes 0.2 at most.

    A sun that is seen in the picture is the key: exactly there, as far as `field_of_view` is right, and at least as
    bright as its pixels say. One that was cut off at white is taken for a sun where it is round, alone and amid a glow.

    Least squares over the directions in which a key may stand, with what does not fit counting less, in the way of
    photometric stereo (Woodham 1980) and of irradiance from harmonics (Ramamoorthi and Hanrahan 2001).
    """

    result: ClassVar[type] = Rig
    mutes: ClassVar[bool] = True
    measures: ClassVar[tuple[str, ...]] = (CONFIDENCE, AZIMUTH, ELEVATION, RATIO, KELVIN)
    sections: ClassVar[Mapping[str, str]] = {
        "Measured": "light_confidence key_azimuth key_elevation key_fill_stops light_kelvin",
        **Sunlit.sections,
    }

    rig: Rig = port("lights to which these are added", optional=True)
    level: str = param(
        default="picture", choices=("picture", "fit"), place="top",
        doc="picture: as bright as relights the picture to its own brightness, for Relight as it is; fit: as bright "
        "as explains most kinds of surfaces, dark ones above all, for Relight with `level` at light, as older "
        "scripts have it",
    )  # fmt: skip
    exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="added to all lights", place="top")
    key_angle: float = param(
        default=1.0, hard=(0, 180), soft=(0, 60), unit="deg", place="top",
        doc="how large the key is seen: the picture does not say. More softens its highlights and shadows",
    )  # fmt: skip
    fill: bool = param(default=True, doc="add the fill as a light of its own", place="top")
    surroundings: bool = param(default=True, doc="add the surroundings as an environment light", place="top")
    key_name: str = param(default="key", doc="name of the key light; letters, digits and _")
    fill_name: str = param(default="fill", doc="name of the fill light")
    surroundings_name: str = param(default="environment", doc="name of the light from all around")
    light_confidence: float = param(default=0.0, cosmetic=True, doc="how sure the key's direction is, as measured")
    key_azimuth: float = param(default=0.0, cosmetic=True, unit="deg", doc="azimuth of the key, as measured")
    key_elevation: float = param(default=0.0, cosmetic=True, unit="deg", doc="elevation of the key, as measured")
    key_fill_stops: float = param(default=0.0, cosmetic=True, unit="stops", doc="key over fill, as measured")
    light_kelvin: float = param(default=6504.0, cosmetic=True, unit="K", doc="colour of the light, as measured")

    def bypass(self, ctx: Context) -> str | None:
        return "rig" if ctx.connected("rig") else None

    def info(self, ctx: Context) -> Any:
        if self.disable:
            return Rig()
        names = (self.key_name, self.fill_name, self.surroundings_name)
        for what, name in zip(("key_name", "fill_name", "surroundings_name"), names, strict=True):
            self.require(
                is_name(name),
                f"{what} '{name}': layers are named after it, so use letters, digits and _, not starting with a digit",
            )
        ctx.rgb("image")
        self.looks(ctx)
        made = [DirectionalLight(name=name, measured=self._measured) for name in names[: 2 if self.fill else 1]]
        around = [EnvironmentLight(name=self.surroundings_name, measured=self._measured)] if self.surroundings else []
        return with_more(described(ctx), Rig((*made, *around)))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        if self.disable:
            return ()
        return (*self.light_needs(ctx), *self.sun_needs(ctx, "image"))

    def compute(self, ctx: ComputeContext) -> Any:
        if self.disable:
            return Rig()
        found, space = self.sunlit(ctx, brought=self._measured), working_space(ctx)
        self._tell(ctx, found)
        key, fill, around = found.rig(space).lights
        lights = [
            key.with_(name=self.key_name, angle=self.key_angle),
            *([fill.with_(name=self.fill_name)] if self.fill else []),
            *([around.with_(name=self.surroundings_name)] if self.surroundings else []),
        ]
        made = tuple(light.with_(exposure=light.exposure + self.exposure, measured=self._measured) for light in lights)
        return with_more(given(ctx), Rig(made))

    @property
    def _measured(self) -> bool:
        return self.level == "picture"

    def _tell(self, ctx: ComputeContext, found: FittedLight) -> None:
        azimuth, elevation = angles(found)
        ctx.measured(CONFIDENCE, found.confidence)
        ctx.measured(AZIMUTH, azimuth)
        ctx.measured(ELEVATION, elevation)
        ctx.measured(RATIO, key_fill(found, working_space(ctx).luminance))
        ctx.measured(KELVIN, kelvin_of(found, ctx))
