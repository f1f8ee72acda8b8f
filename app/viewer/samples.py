"""True values of pixels and areas: what the node puts out, unreduced, before exposure and view."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from rimlight.engine import Layer, LayerKind, Region

from .metering import Weights, is_light, luminance, metered
from .plane import Plane


@dataclass(frozen=True)
class Sample:
    """A pinned pixel or area. region : at scale 1. number : for the eye, from 1."""

    number: int
    region: Region

    @property
    def is_point(self) -> bool:
        return self.region.area == 1


@dataclass(frozen=True)
class Light:
    """Luminances of an area, scene-linear."""

    minimum: float
    maximum: float
    mean: float
    median: float


@dataclass(frozen=True)
class Values:
    """What is at a sample. Tuples are by channel.

    where : in words, artist's coordinates. space : the colour space, or the kind of data. scale : of the picture that
    was looked at; 1 for a full one. count : pixels. bad : of them, those with NaN or infinity, which do not count.
    light : None of data.
    """

    where: str
    channels: tuple[str, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    mean: tuple[float, ...]
    median: tuple[float, ...]
    count: int
    bad: int
    space: str
    scale: float
    light: Light | None = None

    def meter(self, name: str, reference: float | None = None) -> str:
        """What the meter says of `mean`, `median`, `minimum` or `maximum`; empty of data. reference : see `metered`."""
        return "" if self.light is None else metered(getattr(self.light, name), reference)

    def text(self, reference: float | None = None) -> str:
        """For the clipboard: a table with tabs. reference : see `meter`."""
        head = f"{self.where}, {self.space}"
        if self.count == 1:
            values = [f"{c} {v:.7g}" for c, v in zip(self.channels, self.mean, strict=True)]
            return "\n".join((head, "\t".join(filter(None, (*values, self.meter("mean", reference))))))
        lines = [head, "\t".join(("", *self.channels))]
        for name in ("minimum", "maximum", "mean", "median"):
            meter = self.meter(name, reference if name == "mean" else None)
            lines.append("\t".join(filter(None, (name, *(f"{v:.7g}" for v in getattr(self, name)), meter))))
        return "\n".join(lines)


def space_of(layer: Layer, colorspace: str, working: str) -> str:
    """What the numbers of a layer mean: a colour space, or a kind of data."""
    if layer.kind is LayerKind.COLOR:
        return f"{working}, scene-linear" if colorspace in ("", working) else colorspace
    return f"{layer.kind.value}, no colour"


def measure(
    plane: Plane,
    region: Region,
    working: str,
    weights: Weights | None = None,
    check: Callable[[], None] = lambda: None,
) -> Values | None:
    """What is in a region of scale 1; None where the picture has no pixels there. For workers when it is large.

    weights : of red, green and blue in the luminance; None where they are not known yet.
    """
    layer, image = plane.layer, plane.image
    part = region.scaled(plane.scale).intersect(image.region)
    if part.is_empty:
        return None
    x = image.tensor(layer.name, part).reshape(len(layer.channels), -1)
    check()
    fine = torch.isfinite(x).all(0)
    bad = int((~fine).sum())
    kept = x[:, fine] if bad else x
    if not kept.shape[1]:
        kept = x[:, :1]
    lit = is_light(plane) and weights is not None
    if lit and weights is not None:
        kept = torch.cat((kept, luminance(plane, kept, weights)[None]))
    ordered = kept.sort(1).values
    check()
    half = kept.shape[1] // 2
    median = ordered[:, half] if kept.shape[1] % 2 else (ordered[:, half - 1] + ordered[:, half]) / 2
    least, most, mean, middle = (
        _floats(values) for values in (ordered[:, 0], ordered[:, -1], kept.double().mean(1), median)
    )
    count = len(layer.channels)
    return Values(
        where_of(plane, region),
        layer.channels,
        least[:count],
        most[:count],
        mean[:count],
        middle[:count],
        x.shape[1],
        bad,
        space_of(layer, image.info.colorspace, working),
        plane.scale,
        Light(least[count], most[count], mean[count], middle[count]) if lit else None,
    )


def spot_light(plane: Plane, spot: Region, weights: Weights) -> float | None:
    """The mean luminance of a small region of scale 1, at once. Pixels with NaN or infinity count only where there are
    no others. None where the picture has no pixels there, and of data.
    """
    part = spot.scaled(plane.scale).intersect(plane.image.region)
    if part.is_empty or not is_light(plane):
        return None
    x = plane.image.tensor(plane.layer.name, part).reshape(len(plane.layer.channels), -1)
    light = luminance(plane, x, weights).double()
    fine = light[torch.isfinite(light)]
    return float((fine if len(fine) else light[:1]).mean())


def where_of(plane: Plane, region: Region) -> str:
    """A region in artist's coordinates: of a pixel its centre."""
    x0, y0 = plane.display.to_artist(region.x0, region.y1)
    if region.area == 1:
        return f"x {x0 + 0.5:g} y {y0 + 0.5:g}"
    return f"x {x0:g} y {y0:g}, {region.width} x {region.height}"


def pixel_at(x: float, y: float) -> Region:
    """The pixel around a point of the picture."""
    return Region(math.floor(x), math.floor(y), math.floor(x) + 1, math.floor(y) + 1)


def spot_at(x: float, y: float, size: int) -> Region:
    """The square of an odd size around a point of the picture."""
    return pixel_at(x, y).expand(size // 2)


def probe(plane: Plane, x: float, y: float) -> tuple[float, ...] | None:
    """The values of the layer's channels at a point of the picture, at once; None where it has no pixels."""
    image = plane.image
    column, row = math.floor(x * plane.scale), math.floor(y * plane.scale)
    if not image.region.contains(Region(column, row, column + 1, row + 1)):
        return None
    return _floats(image[plane.layer.name][:, row - image.region.y0, column - image.region.x0])


def _floats(x: torch.Tensor) -> tuple[float, ...]:
    return tuple(float(v) for v in x)
