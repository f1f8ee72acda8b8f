"""The light of relit frames as a key with its shadows and light from around, to be cast anew in the frames between.

A key, a fill and surroundings are fitted to the shading of a reference, in turns with the shadows that its surfaces
cast from the key. In another frame the same light falls on the surfaces that are there then: their shadows move with
them.
Between two references the key turns from one direction to the other and what it gives goes in stops, so that a light
that moves does move. What the fit does not explain is carried; see `LightPropagate`.

Normals `[3, H, W]` are unit, in the space of their own frame's camera. A turn `[3, 3]` takes those of the frame that is
made to those of a reference.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import DirectionalLight, FittedLight, Mixed, fit_light, mixed_pixels, unit

from ..learned.shadow_cast import Scene
from ..ops.light_carry import stops_over
from ..ops.quotient import stops_of
from ..ops.resize import within

_SIDE = 96  # pixels of the long side at which light is fitted
_ROUNDS = 3
_RAYS = 4
_DIM = 0.1  # of the mean, light below which counts less, relative to itself
_HELD = 1e-3  # how much the balance of key and the rest is held back
_LEAST = 0.05  # by which it is changed at most
_OUTLIER = 0.2  # relative error from which on places count less
_KEPT = 0.5  # stops that the fit leaves over which stay wherever the light goes
_SPREAD = 3.0  # times the median of its errors a fit may be off
_SAME = 8.0  # degrees that fits to one light may be apart; at twice that they are two
_EXPLAINED, _NOT = 0.6, 0.85
"""Of the error of a light without shadows, what those of estimated surfaces leave where they count in full, and where
not at all. Rendered surfaces leave 0.2 to 0.4, those of Intrinsics 0.67 and more."""
_WAY = 12.0  # degrees that the key goes over which the rest of them fades


@dataclass(frozen=True, eq=False)
class Cast:
    """A light in the space of the frame that is made: towards the key, `[3]` unit, what it gives a white surface that
    faces it, `[3]`, and the light from around on the surfaces of the frame `[3, H, W]`. shadows : 0 to 1, how far what
    it casts counts.
    """

    direction: Tensor
    key: Tensor
    around: Tensor
    shadows: float = 1.0

    @classmethod
    def of(cls, fit: "Fit", normal: Tensor, turn: Tensor) -> "Cast":
        """A reference's light on surfaces of another frame."""
        light, turn = fit.light, turn.to(normal)
        turned = torch.einsum("ij,jhw->ihw", turn, normal)
        return cls(turn.T @ light.direction.to(normal), light.key.to(normal), light.ambient(turned), fit.shadows)

    def towards(self, other: "Cast", share: float) -> "Cast":
        """The light on its way to another one."""
        levels = [stops_of(x.reshape(3, 1, 1)) for x in (self.key, other.key)]
        key = torch.lerp(levels[0], levels[1], share).exp2().flatten()
        around = torch.lerp(stops_of(self.around), stops_of(other.around), share).exp2()
        shadows = self.shadows + (other.shadows - self.shadows) * share
        return Cast(_turned(self.direction, other.direction, share), key, around, shadows)

    def on(self, surfaces: "Surfaces") -> "Lit":
        """What it gives the surfaces of the frame."""
        facing = torch.einsum("c,chw->hw", self.direction, surfaces.scene.normal).clamp_min(0)[None]
        direct = self.key.reshape(3, 1, 1) * facing
        seen = surfaces.visibility(self.direction, self.shadows)
        darkest = torch.lerp(direct, torch.zeros_like(direct), self.shadows)
        parts = (direct * seen, darkest, direct)
        return Lit(*(stops_over(surfaces.scattered(part + self.around)) for part in parts))

    def moves_to(self, other: "Cast") -> float:
        """How sure it is, 0 to 1, that two lights differ in direction: fits to one light do too, by a few degrees."""
        x = min(1.0, max(0.0, self.apart(other) / _SAME - 1))
        return x * x * (3 - 2 * x)

    def apart(self, other: "Cast") -> float:
        """Degrees between the directions of the keys."""
        return math.degrees(float(_between(self.direction, other.direction)))


class Lit(NamedTuple):
    """Shading of surfaces in stops `[3, H, W]` each: with the shadows of the key, without any key, without shadows."""

    stops: Tensor
    shadowed: Tensor
    unshadowed: Tensor

    def over(self, left: Tensor, before: Tensor, doubt: float) -> Tensor:
        """Stops `[3, H, W]` of these surfaces that a reference leaves `left` of, which was lit by `before`.

        A shadow that comes where one was already, whose caster the reference did not show, darkens nothing; nor does
        one that goes brighten what was lit. doubt : stops by which the fit is off by itself.
        """
        carried = before + left
        least, most = torch.minimum(carried, self.shadowed - doubt), torch.maximum(carried, self.unshadowed + doubt)
        return torch.minimum(torch.maximum(self.stops + left, least), most)


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The surfaces of a frame, whose shadows are cast. mixed : its pixels that show two of them, where that is known.
    angle : degrees, how wide the key is. rendered : whether they are what they seem.
    """

    scene: Scene
    mixed: Mixed | None
    angle: float
    rendered: bool

    @classmethod
    def of(cls, scene: Scene, angle: float, rendered: bool) -> "Surfaces":
        """Rendered surfaces are mixed at silhouettes, where positions are in the air and would cast shadows."""
        if not rendered:
            return cls(scene, None, angle, rendered)
        mixed = mixed_pixels(scene.position, scene.normal, scene.there, scene.camera, scene.region)
        return cls(replace(scene, position=mixed.placed(scene.position)), mixed, angle, rendered)

    def visibility(self, direction: Tensor, shadows: float = 1.0) -> Tensor:
        """The share `[1, H, W]` of the key that arrives from a direction `[3]`, where shadows count so far, 0 to 1."""
        if shadows == 0:
            return torch.ones_like(self.scene.there)
        x, y, z = direction.tolist()
        seen = self.scene.visibility(DirectionalLight(direction=(x, y, z), angle=self.angle), 0.0, _RAYS)
        return seen if shadows == 1 else torch.lerp(torch.ones_like(seen), seen, shadows)

    def scattered(self, shading: Tensor) -> Tensor:
        """Shading `[3, H, W]` with that of mixed pixels put together from both surfaces."""
        return shading if self.mixed is None else self.mixed.scattered(shading)


@dataclass(frozen=True)
class Fit:
    """A light that explains a reference. shadows : 0 to 1, how far those that it casts count."""

    light: FittedLight
    shadows: float

    @property
    def nbytes(self) -> int:
        return self.light.nbytes


def fitted_with_shadows(shading: Tensor, counts: Tensor, surfaces: Surfaces) -> Fit:
    """The light that explains a shading `[3, H, W]` best, in the shadows that it casts itself.

    Estimated surfaces cast shadows that are not there as easily as such that are: those count only as far as they
    explain the shading better than no shadows do. counts : `[1, H, W]`, how much places do.
    """
    scene = surfaces.scene
    height, width = shading.shape[1:]
    size = within(height, width, _SIDE)

    def small(x: Tensor) -> Tensor:
        return F.interpolate(x[None], size, mode="area")[0].flatten(1)

    normal, light, weight = unit(small(scene.normal)), small(shading), small(counts * scene.there)[0]
    plain = found = fit_light(normal, light, weight)
    for _ in range(_ROUNDS):
        seen = small(surfaces.visibility(found.direction))
        found = fit_light(normal, light, weight, seen[0])
    found = _balanced(found, normal, light, weight, seen)
    if surfaces.rendered:
        return Fit(found, 1.0)
    all_seen = torch.ones_like(seen)
    plain = _balanced(plain, normal, light, weight, all_seen)
    left, least = (_error(*fit, normal, light, weight) for fit in ((found, seen), (plain, all_seen)))
    shadows = min(1.0, max(0.0, (_NOT - left / max(least, 1e-12)) / (_NOT - _EXPLAINED)))
    return Fit(found if shadows > 0 else plain, shadows)


def _error(found: FittedLight, seen: Tensor, normal: Tensor, light: Tensor, weight: Tensor) -> float:
    """Stops by which a light is off a shading `[3, n]`, on the average of places by their weight `[n]`."""
    lit = found.direct(normal[:, None])[:, 0] * seen + found.ambient(normal[:, None])[:, 0]
    off = (stops_of(lit[:, None]) - stops_of(light[:, None]))[:, 0].mean(0).abs()
    return float((off * weight).sum() / weight.sum().clamp_min(1e-12))


def _balanced(found: FittedLight, normal: Tensor, light: Tensor, weight: Tensor, seen: Tensor) -> FittedLight:
    """A light whose key, and all the rest, are as strong in each channel as explains shading `[3, n]` best.

    The shadows are known here, so they tell the two apart; outliers count less (Huber 1964).
    """
    direct = found.direct(normal[:, None])[:, 0] * seen
    ambient = found.ambient(normal[:, None])[:, 0]
    level = (light * weight).sum(1, keepdim=True) / weight.sum().clamp_min(1e-12)
    relative = weight / (light + _DIM * level).clamp_min(1e-30).square()
    robust, gains = relative, light.new_ones(3, 2)
    for _ in range(_ROUNDS):
        both = torch.stack((direct, ambient), 1).double()  # [3, 2, n]
        share = both * robust[:, None].double()
        left, right = share @ both.transpose(1, 2), share @ light[..., None].double()
        held = _HELD * left.diagonal(dim1=1, dim2=2).sum(1)[:, None, None] * torch.eye(2).to(left) + 1e-30
        gains = torch.linalg.solve(left + held, right + held @ held.new_ones(2, 1))[..., 0]
        gains = gains.clamp(_LEAST, 1 / _LEAST).to(light.dtype)
        error = ((gains[:, :, None] * both.to(light)).sum(1) / light.clamp_min(1e-30) - 1).abs()
        robust = relative / (error / _OUTLIER).clamp_min(1)
    key, around = gains.to(found.key).unbind(1)
    fill = found.fill * around
    return replace(found, key=found.key * key, fill=fill, around=found.around * around[:, None, None])


def doubt_of(left: Tensor) -> float:
    """Stops by which a fit is off over most of a reference, of what it leaves `[3, H, W]`."""
    return _SPREAD * float(left[:, ::4, ::4].abs().median()) if left.numel() else 0.0


def left_over(stops: Tensor, degrees: float, doubt: float) -> Tensor:
    """What a fit left of a reference `[3, H, W]`, in stops, in a frame where its key has turned by some degrees.

    Errors that are usual, by `doubt`, or small are of surfaces and stay. Larger ones are of shadows that are cast
    otherwise, and go with the light.
    """
    most = max(_KEPT, doubt)
    kept = stops.clamp(-most, most)
    return kept + (stops - kept) * math.exp(-((degrees / _WAY) ** 2))


def _between(a: Tensor, b: Tensor) -> Tensor:
    """The angle of two unit vectors `[3]`."""
    return 2 * torch.atan2((a - b).norm(), (a + b).norm())


def _turned(a: Tensor, b: Tensor, share: float) -> Tensor:
    """The direction on the great circle from one to another (Shoemake 1985); opposite ones have none to take."""
    angle = _between(a, b)
    if not 1e-4 < float(angle) < math.pi - 1e-4:
        return a if share < 0.5 else b
    return unit(((1 - share) * angle).sin() * a + (share * angle).sin() * b)
