"""Random lightings: which light falls on a view, drawn from surroundings, studio keys and plain ambience."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import (
    ACESCG,
    NEUTRAL_KELVIN,
    RimlightError,
    angles_of,
    extract_key,
    latlong_directions,
    latlong_solid_angles,
)

from .texture import read_linear


@dataclass(frozen=True)
class KeyLight:
    """A light from one of a view's key directions.

    index : which one, modulo how many the view has. exposure : stops as `DirectionalLight` has it. color : ACEScg,
    beside the white of `kelvin`.
    """

    index: int
    exposure: float
    kelvin: float = NEUTRAL_KELVIN
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Lighting:
    """The light that falls on a view.

    environment : lat-long `[3, h, w]`, ACEScg, or None. rotation, exposure, color : as an `EnvironmentLight` has them.
    keys : the first is the key light. sun : the environment's own key light, taken out of it, which goes to the view's
    key direction that is as high; the environment then turns with it.
    background : the picture `[3, h, w]` behind the scene; None shows the environment. backdrop : a factor on what
    stands behind.
    """

    environment: Tensor | None
    rotation: float = 0.0
    exposure: float = 0.0
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    keys: tuple[KeyLight, ...] = ()
    sun: "Sun | None" = None
    background: Tensor | None = None
    backdrop: float = 1.0


@dataclass(frozen=True)
class Sun:
    """The key light of an environment: azimuth and elevation in degrees, level RGB `2 ** 0` = 1."""

    azimuth: float
    elevation: float
    level: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """An environment ready to light with: normalised so that its mean radiance has luminance 1.

    picture : `[3, h, w]` ACEScg. rest, sun : the picture without its key light, and that light, where one light gives
    a surface that faces it half as much as even surroundings would, or more.
    """

    name: str
    picture: Tensor
    rest: Tensor
    sun: Sun | None

    def to(self, device: torch.device) -> "Surroundings":
        """The same on a device."""
        return replace(self, picture=self.picture.to(device), rest=self.rest.to(device))

    @classmethod
    def read(cls, path: Path) -> "Surroundings":
        """Surroundings of a lat-long file in linear Rec.709, as environment maps mostly are. Raises FileError."""
        return cls.of(read_linear(path), path.stem)

    @classmethod
    def of(cls, picture: Tensor, name: str = "") -> "Surroundings":
        """Surroundings of a lat-long picture `[3, h, w]` of any exposure."""
        picture = picture.float().clamp_min(0)
        _, h, w = picture.shape
        luminance = picture.new_tensor(ACESCG.luminance)
        areas = latlong_solid_angles(h, w, picture).expand(1, h, w) / (4 * math.pi)
        mean = float(luminance @ (picture * areas).sum((1, 2)))
        picture = picture / max(mean, 1e-6)
        try:
            key, rest = extract_key(picture, 6.0)
        except RimlightError:
            return cls(name, picture, picture, None)
        level = [2 ** float(key.exposure) * float(c) for c in key.color]
        azimuth, elevation = angles_of(key.direction)
        strength = sum(a * b for a, b in zip(level, ACESCG.luminance, strict=True))
        if strength < 0.5 or float(key.angle) > 40:
            return cls(name, picture, picture, None)
        return cls(name, picture, rest, Sun(azimuth, elevation, (level[0], level[1], level[2])))


def sample_lighting(
    rng: np.random.Generator, environments: Sequence[Surroundings] = (), backgrounds: Sequence[Tensor] = ()
) -> Lighting:
    """A random lighting. Without environments they are made up, see `made_up`.

    backgrounds : photographs `[3, h, w]`, scene-linear, that stand behind half of the scenes in place of the
    environment, about as bright as it.
    """
    lighting = _sampled(rng, environments)
    if not backgrounds or lighting.environment is None or rng.random() > 0.5:
        return lighting
    picture = backgrounds[int(rng.integers(len(backgrounds)))]
    brightness = float(np.exp(rng.normal(0, 0.5))) * 2**lighting.exposure / max(float(picture.mean()), 1e-4)
    return replace(lighting, background=picture, backdrop=brightness)


def _sampled(rng: np.random.Generator, environments: Sequence[Surroundings]) -> Lighting:
    kind = rng.random()
    stops = float(rng.normal(-0.5, 0.8))
    if kind < 0.08:  # one light at a time
        return Lighting(None, keys=(_key(rng, stops + 1),), backdrop=0.0)
    around = environments[int(rng.integers(len(environments)))] if environments else made_up(rng)
    color = _tinted(rng, 0.45 if rng.random() < 0.12 else 0.06)
    rotation = float(rng.uniform(-180, 180))
    if kind < 0.52:
        return Lighting(around.rest, rotation, stops, color, sun=around.sun)
    picture, level = around.rest, stops
    count = 1 if rng.random() < 0.7 else 2
    keys = tuple(_key(rng, stops - 1.2 * n + float(rng.normal(0.6, 0.7))) for n in range(count))
    if kind > 0.9:  # plain ambience, as of a bounce board or a cloudy sky
        picture, level = _ambience(rng), stops - float(rng.uniform(0, 2.5))
    else:
        level = stops - float(rng.uniform(0, 4))
    backdrop = float(np.exp(rng.normal(0, 0.5)))
    return Lighting(picture, rotation, level, color, keys=keys, backdrop=backdrop)


def _key(rng: np.random.Generator, exposure: float) -> KeyLight:
    kelvin = float(np.exp(rng.uniform(math.log(2400), math.log(12000)))) if rng.random() < 0.75 else NEUTRAL_KELVIN
    color = _tinted(rng, 0.5) if rng.random() < 0.3 else (1.0, 1.0, 1.0)
    return KeyLight(int(rng.integers(1 << 16)), exposure, kelvin, color)


def _tinted(rng: np.random.Generator, amount: float) -> tuple[float, float, float]:
    """A colour of luminance 1."""
    rgb = np.exp(rng.normal(0, amount, 3))
    r, g, b = rgb / (rgb @ np.array(ACESCG.luminance))
    return float(r), float(g), float(b)


def _ambience(rng: np.random.Generator) -> Tensor:
    """Light that is even or changes slowly from above to below, `[3, 16, 32]`, mean luminance about 1."""
    up = latlong_directions(16, 32, torch.zeros(1))[1:2]
    top, bottom = (torch.tensor(_tinted(rng, 0.15)).reshape(3, 1, 1) for _ in range(2))
    slope = float(rng.uniform(0, 0.9))
    return top * (1 + slope * up) * 0.5 + bottom * (1 + slope * up) * 0.5


def made_up(rng: np.random.Generator) -> Surroundings:
    """Surroundings of no place: a sky over a ground with a few soft boxes or windows, `[3, 64, 128]`."""
    d = latlong_directions(64, 128, torch.zeros(1))
    up = d[1:2]
    sky, low, ground = (torch.tensor(_tinted(rng, s)).reshape(3, 1, 1) for s in (0.25, 0.15, 0.2))
    above = low + (sky * float(rng.uniform(0.4, 1.2)) - low) * up.clamp_min(0) ** 0.6
    picture = torch.where(up > 0, above, ground * float(rng.uniform(0.05, 0.6)))
    for _ in range(rng.integers(1, 5)):
        a, e = rng.uniform(-math.pi, math.pi), math.radians(rng.uniform(-15, 75))
        axis = torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)]).float()
        size = float(np.exp(rng.uniform(math.log(0.04), math.log(0.5))))
        angle = torch.acos((axis.reshape(3, 1, 1) * d).sum(0, keepdim=True).clamp(-1, 1))
        edge = torch.sigmoid((size - angle) / (size * 0.15))
        bright = float(np.exp(rng.uniform(math.log(1.5), math.log(8)))) / size
        picture = picture + edge * bright * torch.tensor(_tinted(rng, 0.3)).reshape(3, 1, 1)
    return Surroundings.of(picture, "made up")
