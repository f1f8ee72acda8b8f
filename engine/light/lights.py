"""The kinds of light as data. What their numbers mean in light is written in `photometry`.

Positions and directions are in the picture's camera space: x right, y up, z to the camera, which is at the origin.
Positions count in scene units, of which the rig says how many centimetres they are; sizes are in centimetres or
degrees. Numbers may be tensors, so that a picture can be differentiated with respect to a light.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar

import torch
from torch import Tensor

from ..errors import ParameterError
from .profile import Profile
from .profilefile import load_profile
from .values import Scalar, Triple, floats, unfit

NEUTRAL_KELVIN = 6504.0
"""The colour temperature that is white in the picture."""

AreaShape = Literal["rectangle", "disc", "sphere"]
ProfileLevel = Literal["brightest", "power", "candela"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Light:
    """What all lights share.

    exposure : intensity in stops. At 0 a white matt surface that faces a directional light reads 1, or a point, spot or
    area light 100 cm away; of light from all around it is a factor on its picture, see `photometry`.
    color : linear RGB in the working space, multiplied with the white of `kelvin` and `tint`.
    kelvin : colour temperature, 1000 to 25000; `NEUTRAL_KELVIN` is white.
    tint : distance from the line of whites in thousandths of Duv, positive is green, negative magenta.
    diffuse, specular : share of the light that enters each component; shadow : share of it that shadows take away. 1 is
    all.
    enabled, solo : see `Rig.active`.
    measured : its exposure was measured in a picture, so that no plate's own light tells how bright it is once more.
    link_channel : channel of the lit picture that says what the light falls on, empty for everything; invert_link : it
    falls on everything else. `shade` knows no channels: who has the picture weighs the light group by them.
    """

    kind: ClassVar[str] = ""

    name: str = "light"
    exposure: Scalar = 0.0
    color: Triple = (1.0, 1.0, 1.0)
    kelvin: Scalar = NEUTRAL_KELVIN
    tint: Scalar = 0.0
    diffuse: Scalar = 1.0
    specular: Scalar = 1.0
    shadow: Scalar = 1.0
    enabled: bool = True
    solo: bool = False
    measured: bool = False
    link_channel: str = ""
    invert_link: bool = False

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            object.__setattr__(self, f.name, floats(getattr(self, f.name)))
            if expected := unfit(f.type, getattr(self, f.name)):
                raise self._wrong(f.name, expected)
        self._check("kelvin", 1000, 25000)
        self._check("tint", -100, 100)

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        return dataclasses.replace(self, **changes)

    def _check(self, name: str, low: float, high: float = math.inf) -> None:
        value = getattr(self, name)
        if not isinstance(value, Tensor) and not low <= value <= high:
            span = f"{low:g} upwards" if high == math.inf else f"{low:g} to {high:g}"
            raise self._wrong(name, f"must be within {span}")

    def _check_direction(self, name: str) -> None:
        value = getattr(self, name)
        if not isinstance(value, Tensor) and not any(value):
            raise self._wrong(name, "a direction needs a length")

    def _wrong(self, name: str, expected: str) -> ParameterError:
        return ParameterError(f"{self.kind} light '{self.name}': {name} = {getattr(self, name)}: {expected}")


@dataclass(frozen=True, kw_only=True, eq=False)
class DirectionalLight(Light):
    """A light at infinity. `direction` points from the surface to it; `angle` is its diameter in degrees (the sun:
    0.53).
    """

    kind: ClassVar[str] = "directional"

    direction: Triple = (0.0, 0.0, 1.0)
    angle: Scalar = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_direction("direction")
        self._check("angle", 0, 180)


@dataclass(frozen=True, kw_only=True, eq=False)
class StandingLight(Light):
    """A light that stands somewhere, and may shine as a lamp does that was measured.

    aim : where it points, from the light outwards. roll : degrees by which it is turned counter-clockwise about `aim`,
    seen from the light.
    profile : the lamp's candelas, about `aim` and turned by `roll`; `profile_file` says where they come from.
    profile_level : what is as bright as the light says: the profile's `brightest` direction; all its light together,
    `power`, which is then that of a light to all sides; or nothing, `candela`, and the lamp has its own brightness,
    with a pixel value of 1 for a nit. profile_scale : how many times wider the profile is spread about `aim`; below
    zero about the direction behind it, for lamps that shine there.
    """

    position: Triple = (0.0, 0.0, 0.0)
    aim: Triple = (0.0, 0.0, -1.0)
    roll: Scalar = 0.0
    profile_file: str = ""
    profile_level: ProfileLevel = "brightest"
    profile_scale: Scalar = 1.0
    profile: Profile | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_direction("aim")
        if not isinstance(self.profile_scale, Tensor) and self.profile_scale == 0:
            raise self._wrong("profile_scale", "expected another number than 0")
        if self.profile_level not in ("brightest", "power", "candela"):
            raise self._wrong("profile_level", "expected brightest, power or candela")

    @property
    def profiled(self) -> bool:
        """Whether it shines by a profile."""
        return bool(self.profile_file) or self.profile is not None

    @property
    def points(self) -> bool:
        """Whether it points anywhere: plain point lights shine to all sides alike."""
        return self.profiled or type(self) is not PointLight


@dataclass(frozen=True, kw_only=True, eq=False)
class PointLight(StandingLight):
    """A light that shines to all sides. `size` is its diameter in centimetres, for highlights and shadows."""

    kind: ClassVar[str] = "point"

    size: Scalar = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("size", 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class SpotLight(PointLight):
    """A point light that shines in a cone.

    cone : full angle in degrees at which nothing is left. penumbra : degrees inwards from it over which the edge rises,
    smoothly.
    falloff : power of the cosine to the axis.
    gobo : picture in front of the light `[3, h, w]`, its top up and its whole height filling the cone; `gobo_file`
    says where it comes from. It turns with `roll`.
    """

    kind: ClassVar[str] = "spot"

    cone: Scalar = 40.0
    penumbra: Scalar = 5.0
    falloff: Scalar = 0.0
    gobo_file: str = ""
    gobo: Tensor | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("cone", 0, 179.9)
        self._check("penumbra", 0, 180)
        self._check("falloff", 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class AreaLight(StandingLight):
    """A surface that shines: one side of a rectangle or disc towards `aim`, all of a sphere.

    width, height : centimetres; a disc and a sphere have the diameter `width`. A rectangle turns with `roll`.
    A profile says how bright it is from afar; one side of a flat lamp stays dark.
    """

    kind: ClassVar[str] = "area"

    shape: AreaShape = "rectangle"
    width: Scalar = 50.0
    height: Scalar = 50.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("width", 1e-3)
        self._check("height", 1e-3)
        if self.shape not in ("rectangle", "disc", "sphere"):
            raise self._wrong("shape", "expected rectangle, disc or sphere")


@dataclass(frozen=True, kw_only=True, eq=False)
class EnvironmentLight(Light):
    """Light from all around: an equirectangular picture `[3, h, w]` of radiance, or the file it comes from.

    The centre column is the direction the camera looks. `rotation` turns the surroundings about the vertical axis: it
    is added to the azimuth of all that is in the picture, in degrees.
    """

    kind: ClassVar[str] = "environment"

    file: str = ""
    rotation: Scalar = 0.0
    pixels: Tensor | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pixels is not None and (self.pixels.ndim != 3 or self.pixels.shape[0] != 3):
            raise ParameterError(
                f"environment light '{self.name}': the picture has the shape {list(self.pixels.shape)},"
                " expected [3, h, w]"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class SphericalGaussians(Light):
    """Radiance as a sum of lobes `amplitude * exp(sharpness * (dot(axis, direction) - 1))`.

    axes `[K, 3]` unit vectors, sharpness `[K]` above zero, amplitudes `[K, 3]`; rotation as for an environment.
    """

    kind: ClassVar[str] = "gaussians"

    axes: Tensor = field(default_factory=lambda: torch.tensor([[0.0, 0.0, 1.0]]))
    sharpness: Tensor = field(default_factory=lambda: torch.tensor([1.0]))
    amplitudes: Tensor = field(default_factory=lambda: torch.ones(1, 3))
    rotation: Scalar = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        k = self.sharpness.shape[0] if self.sharpness.ndim == 1 else -1
        if tuple(self.axes.shape) != (k, 3) or tuple(self.amplitudes.shape) != (k, 3):
            shapes = ", ".join(str(list(x.shape)) for x in (self.axes, self.sharpness, self.amplitudes))
            raise ParameterError(f"gaussians light '{self.name}': shapes {shapes}, expected [K, 3], [K], [K, 3]")


@dataclass(frozen=True, kw_only=True, eq=False)
class SphericalHarmonics(Light):
    """Radiance as real spherical harmonics of order 2 or 3: `coefficients` `[9, 3]` or `[16, 3]`.

    They are orthonormal over the sphere, in camera space, without the Condon-Shortley sign; the index is
    `l * l + l + m`, so that 1, 2 and 3 go with y, z and x. rotation : as for an environment.
    """

    kind: ClassVar[str] = "harmonics"

    coefficients: Tensor = field(default_factory=lambda: torch.zeros(9, 3))
    rotation: Scalar = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = tuple(self.coefficients.shape)
        if shape not in ((9, 3), (16, 3)):
            raise ParameterError(f"harmonics light '{self.name}': shape {list(shape)}, expected [9, 3] or [16, 3]")


LIGHT_KINDS: dict[str, type[Light]] = {
    cls.kind: cls
    for cls in (
        DirectionalLight, PointLight, SpotLight, AreaLight, EnvironmentLight, SphericalGaussians, SphericalHarmonics,
    )
}  # fmt: skip


LIGHT_FILES = {"file": "pixels", "gobo_file": "gobo", "profile_file": "profile", "picture_file": "picture"}
"""Fields of lights and flags that name a file, and those that hold what is in it."""


class Filed(Protocol):
    """A light or a flag, which may name files."""

    def with_(self, **changes: Any) -> Self: ...


_Filed = TypeVar("_Filed", bound=Filed)


def light_files(light: Filed) -> dict[str, str]:
    """The files that a light or flag names, by field: a picture, or a profile, which is in `profile_file`."""
    return {name: file for name in LIGHT_FILES if (file := getattr(light, name, ""))}


def resolved(light: _Filed, load: Callable[[str], Tensor]) -> _Filed:
    """The light or flag with its picture, `[3, h, w]` in the working space, and its profile, where it only names
    their files.

    load : reads a picture. Raises FileError for a profile that cannot be read.
    """
    found: dict[str, Tensor | Profile] = {}
    for name, file in light_files(light).items():
        held = LIGHT_FILES[name]
        if getattr(light, held) is None:
            found[held] = load_profile(Path(file)) if held == "profile" else load(file)
    return light.with_(**found) if found else light
