"""Pixels at silhouettes that show two surfaces at once: renderers mix their layers there, and light does not mix so.

The normal between those of a shoulder and of the wall behind it is that of neither, and the depth between theirs is a
place in the air. What such a pixel shows is the light on the two surfaces, each by the share of the pixel that it
covers; the share is what depth and normals have of the mixture, and the light is that of pixels beside it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..region import Region
from .camera import Camera
from .depthfield import jumps
from .values import dot, indices, unit, weighed

_AROUND = 2
"""Pixels to each side in which the two surfaces are looked for."""
_SPREAD = 1.5
"""Squared pixels over which these count less, by a factor of e."""
_APART = 0.15
"""Of the gap between two surfaces, how far off them pixels begin to tell less of them."""
_GAP_BETWEEN = 0.5
"""Of the gap, how much of it has to be empty."""
_STEEP = 4.0
"""How many times as much as beyond it depth changes over two pixels where these are a silhouette."""
_TURNED = (0.05, 0.2)
"""Squared sines of the angle between two normals from which on, and from which on fully, their mixture tells shares."""
_OFF = (0.05, 0.15)
"""Squared distance from all mixtures of the two at which a unit normal, or an albedo in units of how far apart theirs
are, begins to be none, and at which it is none.
"""
_GAP = (0.05, 0.1)
"""Of the farther depth, gaps that are no folds of one surface, so that what lies within is a mixture."""
_PAINT = 0.02
"""How far apart albedos have to be to tell anything."""
_MIXED_NORMAL = (0.02, 0.08)
_MIXED_ALBEDO = (0.02, 0.08)
_MIXED_DEPTH = (0.01, 0.03)
"""Shares of the lesser surface from which on, and from which on fully, pixels are mixed."""
_TEXTURE = (2.0, 4.0)
_BENT = (4.0, 8.0)
"""How many times the deviation of the albedo, and of the depth, on either surface comes to these: depth runs on by
itself where surfaces bend away.
"""


@dataclass(frozen=True)
class Mixed:
    """Pixels that show two surfaces, and those that show one of them each.

    pixels : `[n]`, numbers of pixels. around : `[k, n]`, those beside each. near, far : `[k, n]`, how much these tell
    of the two surfaces, in total 1 each. share : `[n]`, how much of the pixel is the near one. amount : `[n]`, 0 to 1,
    how sure that is: so much of the pixel's own value goes. scale : `[n]`, how many times as far away as its depth says
    the surface is that has more of the pixel; 1 where depth is not mixed.
    """

    pixels: Tensor
    around: Tensor
    near: Tensor
    far: Tensor
    share: Tensor
    amount: Tensor
    scale: Tensor

    @property
    def nbytes(self) -> int:
        """What is kept."""
        parts = (self.pixels, self.around, self.near, self.far, self.share, self.amount, self.scale)
        return sum(x.numel() * x.element_size() for x in parts)

    def placed(self, position: Tensor) -> Tensor:
        """Positions `[3, h, w]` without any in the air between two surfaces, where they would cast shadows."""
        return self._put(position, position.flatten(1).index_select(1, self.pixels) * self.scale)

    def scattered(self, light: Tensor, albedo: Tensor | None = None, falls: Tensor | None = None) -> Tensor:
        """Light `[C, h, w]` that was found pixel by pixel, or how much of it arrives, with that of mixed pixels put
        together from their parts. Of others no bit changes.

        With the albedo `[C, h, w]` that the light was multiplied by, a mixed pixel keeps its own. falls : `[1, h, w]`,
        how much of the light each surface gets, see `weighed`; in a mixed pixel each of the two by its own.
        """
        found = self._mixture(light.flatten(1), falls)
        if albedo is not None:
            paint = albedo.expand_as(light).flatten(1)
            found = found * paint.index_select(1, self.pixels) / self._mixture(paint).clamp_min(1e-6)
        return self._blended(light if falls is None else weighed(light, falls), found)

    def mirrored(self, light: Tensor, falls: Tensor | None = None) -> Tensor:
        """The same for highlights `[C, h, w]`: sparks on single pixels are not spread over those beside them, as fourth
        roots are averaged in place of values.
        """
        found = self._mixture(light.flatten(1), falls, roots=True)
        return self._blended(light if falls is None else weighed(light, falls), found)

    def _mixture(self, flat: Tensor, falls: Tensor | None = None, roots: bool = False) -> Tensor:
        values = flat.sign() * flat.abs().sqrt().sqrt() if roots else flat
        near, far = flat.new_zeros(2, len(flat), len(self.pixels))
        for where, of_near, of_far in zip(self.around, self.near, self.far, strict=True):
            value = values.index_select(1, where)
            near.addcmul_(value, of_near)
            far.addcmul_(value, of_far)
        if roots:
            near, far = (x.sign() * x.square().square() for x in (near, far))
        if falls is not None:
            each = falls.flatten(1)[:, self.around]
            near, far = (weighed(x, (each * of).sum(1)) for x, of in ((near, self.near), (far, self.far)))
        mixture: Tensor = self.share * near + (1 - self.share) * far
        return mixture

    def _blended(self, light: Tensor, found: Tensor) -> Tensor:
        return self._put(light, torch.lerp(light.flatten(1).index_select(1, self.pixels), found, self.amount))

    def _put(self, layer: Tensor, mixed: Tensor) -> Tensor:
        return layer.flatten(1).index_copy(1, self.pixels, mixed).reshape(layer.shape)


@torch.no_grad()
def mixed_pixels(
    position: Tensor, normal: Tensor, there: Tensor, camera: Camera, region: Region, albedo: Tensor | None = None
) -> Mixed:
    """The pixels of a frame that show two surfaces.

    position, normal : `[3, h, w]` over `region` of the camera's frame; the normals are unit. there : `[1, h, w]`, above
    0 where there is a surface. albedo : `[C, h, w]`, if known. Mixed are at most pixels near those along which depth
    jumps; the surfaces are looked for among those within two pixels along which it does not, so what is thinner than
    three pixels stays as it is, as does what stands before nothing.
    """
    height, width = region.height, region.width
    inverse = 1 / (-position[2]).clamp_min(1e-6)
    pixel = 2 * camera.tan_x / camera.width
    beside = _beside_jumps(inverse, pixel)
    solid = there[0] > 0
    # What floats a little before its surface is no jump away from it: it is next to what is.
    near_by, open_by = (_grown(x) for x in (beside, ~solid))
    pixels = indices((near_by & ~open_by).flatten())
    sides = _Sides.of(pixels, inverse.flatten(), (solid & ~beside).flatten(), (height, width), pixel)
    paint = None if albedo is None else albedo.flatten(1)
    share, amount, scale = _clues(sides, -position[2].flatten(), normal.flatten(1), paint)
    some = indices(amount > 0)
    return Mixed(*(x.index_select(-1, some) for x in (*sides, share, amount, scale)))


def _grown(mask: Tensor) -> Tensor:
    """Where a mask `[h, w]` is true within 3 x 3."""
    return F.max_pool2d(mask[None].to(torch.float32), 3, 1, 1)[0] > 0


def _beside_jumps(inverse: Tensor, pixel: float) -> Tensor:
    """Where `[h, w]` depth jumps to one of the four neighbours, or from one to the next over a mixture of both, which
    halves the step so that it looks like a slope.
    """
    out = torch.zeros_like(inverse, dtype=torch.bool)
    for dim in (0, 1):
        found = jumps(inverse, dim, pixel)
        size = found.shape[dim]
        for at in (0, 1):
            out.narrow(dim, at, size).logical_or_(found)
        if size >= 4:
            step = inverse.diff(dim=dim)
            over = (step.narrow(dim, 1, size - 3) + step.narrow(dim, 2, size - 3)).abs()
            beyond = torch.maximum(step.narrow(dim, 0, size - 3).abs(), step.narrow(dim, 3, size - 3).abs())
            middle = inverse.narrow(dim, 2, size - 3)
            out.narrow(dim, 2, size - 3).logical_or_(over > _STEEP * beyond + 4 * pixel * middle)
    return out


class _Sides(NamedTuple):
    """Pixels `[n]` between two surfaces, those around them `[k, n]`, and how much these tell of what is near and of
    what is far, `[k, n]`, in total 1 each.
    """

    pixels: Tensor
    around: Tensor
    near: Tensor
    far: Tensor

    @classmethod
    def of(cls, pixels: Tensor, inverse: Tensor, plain: Tensor, size: tuple[int, int], pixel: float) -> "_Sides":
        """Of pixels, by 1 / depth and by where surfaces are seen alone, all `[h * w]`; `pixel` is their width at 1."""
        height, width = size
        step = torch.arange(-_AROUND, _AROUND + 1, device=pixels.device)
        down, right = (x.reshape(-1, 1) for x in torch.meshgrid(step, step, indexing="ij"))
        row, column = pixels // width + down, pixels % width + right
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        around = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
        taken = inside & plain[around]
        depths = inverse[around]
        nearest = depths.masked_fill(~taken, -torch.inf).amax(0)
        farthest = depths.masked_fill(~taken, torch.inf).amin(0)
        both = indices(nearest > farthest)
        pixels, around, taken, depths = (x.index_select(-1, both) for x in (pixels, around, taken, depths))
        nearest, farthest = nearest[both], farthest[both]
        weight = torch.exp((down * down + right * right) * (-1 / _SPREAD)) * taken
        # From 1 at the nearest to 0 at the farthest; what lies between tells less, as it may be mixed itself.
        place = (depths - farthest) / (nearest - farthest)
        near, far = (weight * torch.exp(-((x / _APART) ** 2)) * (x < 0.5) for x in (1 - place, place))
        # One surface that runs on is no two.
        gap = place.masked_fill(near == 0, 1).amin(0) - place.masked_fill(far == 0, 0).amax(0)
        two = indices((gap > _GAP_BETWEEN) & (nearest - farthest > 8 * pixel * nearest))
        pixels, around, near, far = (x.index_select(-1, two) for x in (pixels, around, near, far))
        return cls(pixels, around, near / near.sum(0), far / far.sum(0))

    def means(self, layer: Tensor) -> tuple[Tensor, Tensor]:
        """What a layer `[C, h * w]` is on what is near and on what is far, `[C, n]` each."""
        there = layer[:, self.around]
        return (there * self.near).sum(1), (there * self.far).sum(1)

    def noise(self, layer: Tensor, square: Tensor) -> Tensor:
        """How far a layer `[C, h * w]` deviates on both, as a share of how far apart they are, squared `[n]`."""
        there, total = layer[:, self.around], torch.zeros_like(square)
        for weight in (self.near, self.far):
            off = there - (there * weight).sum(1, keepdim=True)
            total += (off * off * weight).sum((0, 1))
        return (total / square.clamp_min(1e-12)).sqrt()


def _clues(sides: _Sides, depth: Tensor, normal: Tensor, albedo: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """The share that what is near has of pixels, how sure it is that they are mixed, and the scale of their depth, all
    `[n]`.

    Renderers may filter some layers and not others, so each tells by itself, as far as it differs from both surfaces.
    """
    by_normal, sure_normal, fits = _by_normal(sides, normal)
    by_depth, sure_depth, scale = _by_depth(sides, depth)
    told = [(by_normal, sure_normal), (by_depth, sure_depth)]
    if albedo is not None:
        told.append(_by_albedo(sides, albedo))
    shares, sure = (torch.stack(x) for x in zip(*told, strict=True))
    share = (shares * sure).sum(0) / sure.sum(0).clamp_min(1e-6)
    return share, fits * sure.amax(0), torch.where(fits > 0, scale, 1.0)


def _by_normal(sides: _Sides, normal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The share and how sure it is, by normals `[3, h * w]` as sums of those of the two surfaces; and 0 where they are
    no such sums.
    """
    own, near, far = normal[:, sides.pixels], *(unit(x) for x in sides.means(normal))
    both, with_near, with_far = (dot(a, b)[0] for a, b in ((near, far), (own, near), (own, far)))
    turned = (1 - both * both).clamp_min(1e-6)
    first, second = (with_near - both * with_far) / turned, (with_far - both * with_near) / turned
    off = 1 - first * with_near - second * with_far
    first, second = first.clamp_min(0), second.clamp_min(0)
    share = first / (first + second).clamp_min(1e-6)
    tells = _ramp(turned, *_TURNED)
    fits = 1 - tells * _ramp(off, *_OFF)
    return share, tells * _ramp(torch.minimum(share, 1 - share), *_MIXED_NORMAL), fits


def _by_depth(sides: _Sides, depth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The share and how sure it is, by the depth `[h * w]`; and how many times as far away the larger part is."""
    near, far = (x[0] for x in sides.means(depth[None]))
    own = depth[sides.pixels]
    share = ((far - own) / (far - near).clamp_min(1e-9)).clamp(0, 1)
    noise = sides.noise(depth[None], (near - far).square())
    sure = _lesser(share, _MIXED_DEPTH, noise, _BENT)
    sure = sure * _ramp((far - near) / far.clamp_min(1e-9), *_GAP)
    return share, sure, torch.where(sure > 0.5, torch.where(share >= 0.5, near, far) / own, 1.0)


def _by_albedo(sides: _Sides, albedo: Tensor) -> tuple[Tensor, Tensor]:
    """The share and how sure it is, by the albedo `[C, h * w]`, where it differs by more than the surfaces' texture."""
    near, far = sides.means(albedo)
    apart, away = near - far, albedo[:, sides.pixels] - far
    square = dot(apart, apart)[0].clamp_min(1e-12)
    share = dot(apart, away)[0] / square
    off = (away - share * apart).square().sum(0)
    noise, share = sides.noise(albedo, square), share.clamp(0, 1)
    sure = _lesser(share, _MIXED_ALBEDO, noise, _TEXTURE)
    return share, sure * (1 - _ramp(off / square, *_OFF)) * (square > _PAINT**2)


def _lesser(share: Tensor, limits: tuple[float, float], noise: Tensor, by: tuple[float, float]) -> Tensor:
    """How sure it is that the lesser of two shares is more than noise."""
    low, high = (limit + times * noise for limit, times in zip(limits, by, strict=True))
    return _ramp(torch.minimum(share, 1 - share), low, high)


def _ramp(x: Tensor, low: Tensor | float, high: Tensor | float) -> Tensor:
    """0 below `low`, 1 above `high`."""
    return ((x - low) / (high - low)).clamp(0, 1)
