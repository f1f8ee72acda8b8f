"""True values of pixels and areas: what the node puts out, unreduced, before exposure and view."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from rimlight.engine import Layer, LayerKind, Region

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
class Values:
    """What is at a sample. Tuples are by channel.

    where : in words, artist's coordinates. space : the colour space, or the kind of data. scale : of the picture that
    was looked at; 1 for a full one. count : pixels. bad : of them, those with NaN or infinity, which do not count.
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

    def text(self) -> str:
        """For the clipboard: a table with tabs."""
        head = f"{self.where}, {self.space}"
        if self.count == 1:
            values = "\t".join(f"{c} {v:.7g}" for c, v in zip(self.channels, self.mean, strict=True))
            return f"{head}\n{values}"
        lines = [head, "\t".join(("", *self.channels))]
        names = ("minimum", "maximum", "mean", "median")
        lines += ["\t".join((name, *(f"{v:.7g}" for v in getattr(self, name)))) for name in names]
        return "\n".join(lines)


def space_of(layer: Layer, colorspace: str, working: str) -> str:
    """What the numbers of a layer mean: a colour space, or a kind of data."""
    if layer.kind is LayerKind.COLOR:
        return f"{colorspace or working}, scene-linear"
    return f"{layer.kind.value}, no colour"


def measure(plane: Plane, region: Region, working: str, check: Callable[[], None] = lambda: None) -> Values | None:
    """What is in a region of scale 1; None where the picture has no pixels there. For workers when it is large."""
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
    ordered = kept.sort(1).values
    check()
    half = kept.shape[1] // 2
    median = ordered[:, half] if kept.shape[1] % 2 else (ordered[:, half - 1] + ordered[:, half]) / 2
    return Values(
        where_of(plane, region),
        layer.channels,
        _floats(ordered[:, 0]),
        _floats(ordered[:, -1]),
        _floats(kept.double().mean(1)),
        _floats(median),
        x.shape[1],
        bad,
        space_of(layer, image.info.colorspace, working),
        plane.scale,
    )


def where_of(plane: Plane, region: Region) -> str:
    """A region in artist's coordinates: of a pixel its centre."""
    x0, y0 = plane.display.to_artist(region.x0, region.y1)
    if region.area == 1:
        return f"x {x0 + 0.5:g} y {y0 + 0.5:g}"
    return f"x {x0:g} y {y0:g}, {region.width} x {region.height}"


def pixel_at(x: float, y: float) -> Region:
    """The pixel around a point of the picture."""
    return Region(math.floor(x), math.floor(y), math.floor(x) + 1, math.floor(y) + 1)


def probe(plane: Plane, x: float, y: float) -> tuple[float, ...] | None:
    """The values of the layer's channels at a point of the picture, at once; None where it has no pixels."""
    image = plane.image
    column, row = math.floor(x * plane.scale), math.floor(y * plane.scale)
    if not image.region.contains(Region(column, row, column + 1, row + 1)):
        return None
    return _floats(image[plane.layer.name][:, row - image.region.y0, column - image.region.x0])


def _floats(x: torch.Tensor) -> tuple[float, ...]:
    return tuple(float(v) for v in x)
