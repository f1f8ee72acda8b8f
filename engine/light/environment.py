"""Light from all around, prepared once so that shading with it is a few lookups."""

import hashlib
import math
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from ..sums import mean_of_all, sum_of_all
from . import equirect
from .equirect import latlong_directions, latlong_solid_angles
from .ggx import alpha_of, distribution
from .pyramid import Pyramid
from .values import Carried, Scalar, turned

LEVELS = 8
_HEIGHT = 128
_IRRADIANCE_HEIGHT = 32
_IMPORTANCE_HEIGHT = 256


@dataclass(frozen=True)
class GgxLobe:
    """The weight of directions at a cosine to the middle of a highlight seen from the front."""

    roughness: float

    def __call__(self, cosine: Tensor) -> Tensor:
        alpha = alpha_of(torch.tensor(self.roughness, dtype=cosine.dtype, device=cosine.device))
        return distribution((1 - cosine) / 2, alpha) * cosine.clamp_min(0)


_LOBES = tuple(GgxLobe(i / (LEVELS - 1)) for i in range(1, LEVELS))


class Environment(Carried):
    """An equirectangular picture of radiance `[3, h, w]` as a light. Directions are unit vectors `[3, h, w]`.

    Pictures `[n, 3, h, w]` are one for each of the n rows of directions that they are looked up in; none of them can
    be sampled.

    What a method needs is computed on its first call and kept: irradiance for `diffuse`, levels for `reflected`, a
    distribution for `sample`, coarser pictures for `mean`. Pictures larger than 128 rows are averaged down for the
    levels, 256 for the distribution.
    """

    def __init__(self, picture: Tensor) -> None:
        self.picture = picture

    def radiance(self, direction: Tensor) -> Tensor:
        """The picture `[3, h, w]` as it is in directions, bilinear."""
        return equirect.sample(self.picture, direction)

    def mean(self, direction: Tensor, angle: Tensor) -> Tensor:
        """Mean radiance about directions over solid angles of `angle` steradians `[1, h, w]`, see `Pyramid`."""
        return self._pyramid.mean(direction, angle)

    def diffuse(self, normal: Tensor) -> Tensor:
        """Irradiance / pi `[3, h, w]`: exact at 5 degrees' spacing, interpolated between, within 1 % of the
        brightest.
        """
        return equirect.sample(self._irradiance, normal)

    def reflected(self, mirror: Tensor, roughness: Tensor) -> Tensor:
        """Radiance blurred by GGX for a roughness `[1, h, w]`, as seen when normal, view and mirrored view coincide.

        The first factor of the split sum (Karis 2013); `Reflectance.single` is the second.
        """
        return equirect.sample_levels(self._levels, mirror, roughness.clamp(0, 1) * (LEVELS - 1))

    def sample(self, u: Tensor) -> Tensor:
        """A direction `[3]` for a point `u` `[2]` of the unit square, as dense as the environment is bright."""
        weights, rows, columns = self._distribution
        _, width = weights.shape
        row = torch.searchsorted(rows, u[0:1], right=True).clamp(1, len(rows) - 1) - 1
        below, above = rows[row], rows[row + 1]
        v = (row + ((u[0] - below) / (above - below)).clamp(0, 1)) / weights.shape[0]
        line = columns[row[0]]
        column = torch.searchsorted(line, u[1:2], right=True).clamp(1, width) - 1
        below, above = line[column], line[column + 1]
        phi = ((column + ((u[1] - below) / (above - below)).clamp(0, 1)) / width - 0.5) * 2 * math.pi
        e = (0.5 - v) * math.pi
        return torch.cat((e.cos() * phi.sin(), e.sin(), -e.cos() * phi.cos()))

    def density(self, direction: Tensor) -> Tensor:
        """Probability per steradian `[1, h, w]` with which `sample` gives directions `[3, h, w]`."""
        weights, _, _ = self._distribution
        height, width = weights.shape
        u, v = equirect.coordinates(direction)
        column = (u * width).long().clamp(0, width - 1)
        row = (v * height).long().clamp(0, height - 1)
        cosine = torch.hypot(direction[0], direction[2]).clamp_min(1e-4)
        return (weights[row, column] * (height * width / (2 * math.pi**2)) / cosine)[None]

    def changed(self, change: Callable[[Tensor], Tensor]) -> Self:
        """A copy that knows what `diffuse` and `reflected` need, changed, and no more."""
        made = type(self)(self.picture.new_empty(0))
        made.__dict__ |= {"_irradiance": change(self._irradiance), "_levels": change(self._levels)}
        return made

    def settings(self) -> tuple[object, ...]:
        return (type(self),)

    @cached_property
    def _pyramid(self) -> Pyramid:
        return Pyramid(self.picture)

    @cached_property
    def _irradiance(self) -> Tensor:
        return _irradiance(self._source, _IRRADIANCE_HEIGHT)

    @cached_property
    def _levels(self) -> Tensor:
        h, w = self._source.shape[-2:]
        return torch.cat((self._source[None], equirect.convolve_all(self._source, _LOBES, h, w)))

    @cached_property
    def _source(self) -> Tensor:
        return self._small(_HEIGHT)

    @cached_property
    def _distribution(self) -> tuple[Tensor, Tensor, Tensor]:
        """Probabilities `[H, W]` of the pixels, and the running sums of rows `[H + 1]` and of each row's columns."""
        source = self._small(_IMPORTANCE_HEIGHT).detach()
        light = source.abs().mean(0)
        # A pixel is looked up with its neighbours, so it is as likely as they are bright.
        wide = torch.cat((light[:, -1:], light, light[:, :1]), 1)[None, None]
        light = F.avg_pool2d(F.pad(wide, (0, 0, 1, 1), mode="replicate"), 3, 1)[0, 0]
        light = light + 1e-3 * mean_of_all(light) + torch.finfo(light.dtype).tiny
        h, w = light.shape
        weights = light.double() * latlong_solid_angles(h, w, light.double())[0]
        weights = weights / sum_of_all(weights)
        rows = weights.sum(1)
        sums = F.pad(rows.cumsum(0), (1, 0))
        columns = F.pad((weights / rows[:, None]).cumsum(1), (1, 0))
        # Within a pixel rows are drawn evenly in angle, not in area; the density says so.
        return weights.to(light.dtype), (sums / sums[-1]).to(light.dtype), columns.to(light.dtype)

    def _small(self, height: int) -> Tensor:
        """The picture at most `height` rows high, twice as wide as high."""
        height = min(height, self.picture.shape[-2])
        return equirect.resized(self.picture, height, 2 * height)


def rotate_environment(picture: Tensor, degrees: Scalar) -> Tensor:
    """The surroundings `[3, h, w]` turned about the vertical axis, their azimuths grown by `degrees`; bilinear."""
    _, h, w = picture.shape
    return equirect.sample(picture, turned(latlong_directions(h, w, picture), -degrees))


def irradiance_map(picture: Tensor, height: int) -> Tensor:
    """Irradiance / pi for every normal, `[3, height, 2 * height]`, summed over the picture at 128 rows or fewer."""
    rows = min(_HEIGHT, picture.shape[1])
    return _irradiance(equirect.resized(picture, rows, 2 * rows), height)


def _irradiance(source: Tensor, height: int) -> Tensor:
    height = min(height, source.shape[-2])
    if source.shape[-2] % height:
        rows = source.shape[-2] // height * height  # each row of the map stands for as many
        source = equirect.resized(source, rows, 2 * rows)
    return equirect.convolve(source, _facing, height, 2 * height)


def _facing(cosine: Tensor) -> Tensor:
    """What light counts for on a surface: the cosine to its normal."""
    return cosine.clamp_min(0)


def blur_environment(picture: Tensor, roughness: float) -> Tensor:
    """What a mirror of a roughness, 0 to 1, shows of surroundings `[3, h, w]`, lat-long, in a picture of the same size
    (see `Environment.reflected`).
    """
    if roughness <= 0:
        return picture
    _, h, w = picture.shape
    rows = min(256, h)
    source = equirect.resized(picture, rows, 2 * rows)
    return equirect.resized(equirect.convolve(source, GgxLobe(roughness), rows, 2 * rows), h, w)


class EnvironmentCache:
    """Prepared environments by the content of their pictures, so that frames, bands and drags share them.
    Thread-safe.
    """

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[bytes, torch.dtype, torch.device], Environment] = OrderedDict()
        self._contents: OrderedDict[int, tuple[weakref.ref[Tensor], int, bytes]] = OrderedDict()

    def get(self, picture: Tensor, like: Tensor | None = None) -> Environment:
        """The environment of a picture `[3, h, w]`, of the dtype and on the device of `like`, if that is given.

        One that needs a gradient is never shared.
        """
        like = picture if like is None else like
        if picture.requires_grad:
            return Environment(picture.to(like))
        with self._lock:
            key = (self._content(picture), like.dtype, like.device)
            found = self._known.get(key)
            if found is None:
                found = self._known[key] = Environment(picture.to(like))
                if len(self._known) > self._limit:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            return found

    def _content(self, picture: Tensor) -> bytes:
        """A hash of a picture, taken once of a tensor that does not change: from a GPU it would have to be fetched."""
        version = 0 if picture.is_inference() else picture._version
        known = self._contents.get(id(picture))
        if known is not None and known[0]() is picture and known[1] == version:
            return known[2]
        plain = picture.detach().cpu().contiguous()
        content = hashlib.blake2b(repr((plain.dtype, plain.shape)).encode() + plain.numpy().tobytes()).digest()
        self._contents[id(picture)] = (weakref.ref(picture), version, content)
        if len(self._contents) > self._limit:
            self._contents.popitem(last=False)
        return content
