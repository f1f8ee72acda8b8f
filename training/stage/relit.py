"""A view under any light: what would arrive in the open, by the shading of Relight, times the share that does arrive.

Key lights have the visibility that the view stores for them. Surroundings have a ratio: of what comes from directions
that are open, summed over the view's directions, to what comes from all of them. So highlights and soft light keep the
exactness of the shading, and only what is hidden is as coarse as the directions are few.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    DirectionalLight,
    Environment,
    EnvironmentCache,
    EnvironmentLight,
    Light,
    LightGroup,
    Reflectance,
    Rig,
    Surface,
    angles_of,
    latlong_directions,
    latlong_solid_angles,
    light_level,
    rotate_environment,
    shade,
)

from .lighting import Lighting
from .smooth import smoothed
from .sphere import Cells, unit
from .view import View

AROUND = 64
"""Rows of the lat-long pictures that light comes from."""
_BLOCK = 512
"""Pixels that a CPU sums up at a time: what they need stays in its cache."""
_HORIZON = 4.0
"""Cells count in full from the height on whose sine is one over this."""


Lights = list[tuple[Light, int]]
"""Lights, each with which of the view's key directions it has; -1 for surroundings."""
_Pictures = Mapping[EnvironmentLight, Tensor]
"""Of environment lights what `around` says of them."""


@dataclass(frozen=True, eq=False)
class Lit:
    """A view under a lighting; scene-linear ACEScg. On surfaces `beauty = albedo * shading + specular`.

    beauty : `[3, h, w]`, the background behind it. shading : `[3, h, w]` irradiance / pi. specular : `[3, h, w]`.
    shadow : `[1, h, w]`, the share of the key light that arrives; of the environment where that is all there is.
    rig : what lit it. key : which of the view's key directions has the key light; -1 for none.
    """

    beauty: Tensor
    shading: Tensor
    specular: Tensor
    shadow: Tensor
    rig: Rig
    key: int

    @property
    def illumination(self) -> Tensor:
        """All light as a lat-long picture `[3, 32, 64]` in camera space, radiance; keys are spread over at least a
        pixel, with their whole energy.
        """
        total = self.beauty.new_zeros(3, 32, 64)
        directions, areas = latlong_directions(32, 64, total), latlong_solid_angles(32, 64, total)
        for light in self.rig.lights:
            if isinstance(light, EnvironmentLight):
                total = total + F.interpolate(around(light)[None], (32, 64), mode="area")[0]
            elif isinstance(light, DirectionalLight):
                cosine = (directions * total.new_tensor(light.direction).reshape(3, 1, 1)).sum(0, keepdim=True)
                half = max(math.radians(float(light.angle)) / 2, math.radians(4.5))
                disc = (cosine > math.cos(half)).to(total)
                level = light_level(light).to(total).reshape(3, 1, 1)
                total = total + disc * level * math.pi / (disc * cosine * areas).sum()
        return total


class LightStage:
    """A view made ready to be lit many times, on the view's device."""

    def __init__(self, view: View, environments: EnvironmentCache | None = None) -> None:
        self.view = view
        self.environments = environments or EnvironmentCache(64)
        there = view.surface > 0
        normal = torch.where(there, view.normal, view.normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1))
        views = view.camera.views(view.region, view.normal)
        self.surface = Surface.of(normal, view=views, roughness=view.roughness, f0=view.f0)
        self._pixels = there.flatten().nonzero()[:, 0]
        """The numbers of the pixels that show a surface: only these are lit."""
        self._points = self.surface.some(self._pixels)
        self._key_directions = view.key_directions.cpu()
        self._key_angles: list[float] = view.key_angles.tolist()

    def light(self, lighting: Lighting) -> Lit:
        """The view under a lighting."""
        return self.light_all((lighting,))[0]

    def light_all(self, lightings: Sequence[Lighting]) -> list[Lit]:
        """The view under each of some lightings; what they share is computed once."""
        lights = [self.lights(lighting) for lighting in lightings]
        every = [pair for some in lights for pair in some]
        pictures = {light: around(light) for light, _ in every if isinstance(light, EnvironmentLight)}
        groups = iter(self._groups(Rig(tuple(light for light, _ in every)), [key for _, key in every], pictures))
        return [
            self._lit(lighting, some, list(islice(groups, len(some))), pictures)
            for lighting, some in zip(lightings, lights, strict=True)
        ]

    def groups(self, rig: Rig, keys: Mapping[str, int]) -> list[tuple[LightGroup, Tensor]]:
        """What each of the rig's lights shows on surfaces, and its share `[1 or 3, h, w]` that arrives (already in it).

        keys : by unique light name, which of the view's key directions a directional light is at.
        """
        pictures = {light: around(light) for light in rig.lights if isinstance(light, EnvironmentLight)}
        return [
            (LightGroup(group.name, self._image(group.shading), self._image(group.specular)), share)
            for group, share in self._groups(rig, [keys.get(name, -1) for name in rig.names], pictures)
        ]

    def bounced(self, shading: Tensor) -> Tensor:
        """The shading `[3, h, w]` by light that has bounced once: the surroundings' albedo under the mean of what
        falls on all that is seen, a coarse stand-in for the light that they get themselves.
        """
        return self._image(self._bounced(self._at_points(shading)))

    def _lit(
        self, lighting: Lighting, lights: Lights, groups: list[tuple[LightGroup, Tensor]], pictures: _Pictures
    ) -> Lit:
        view = self.view
        shading, specular = (view.albedo.new_zeros(3, len(self._pixels)) for _ in range(2))
        for group, _ in groups:
            shading, specular = shading + group.shading[:, 0], specular + group.specular[:, 0]
        shadow = groups[0][1].mean(0, keepdim=True) if groups else torch.ones_like(view.depth)
        shading, specular = self._image(shading + self._bounced(shading)), self._image(specular)
        front = view.albedo * shading + specular
        beauty = front + (self._background(lighting, lights, pictures) - front) * (1 - view.surface)
        rig = Rig(tuple(light for light, _ in lights))
        return Lit(beauty, shading, specular, shadow, rig, lights[0][1] if lights else -1)

    def _groups(self, rig: Rig, keys: Sequence[int], pictures: _Pictures) -> list[tuple[LightGroup, Tensor]]:
        """What each of the rig's lights shows on the points `[3, 1, n]`, and its share `[1 or 3, h, w]`."""
        shares = dict(zip(pictures, self._arrives(list(pictures.values())), strict=True)) if pictures else {}
        found = []
        shown = shade(self._points, rig, environments=self.environments)
        for light, key, group in zip(rig.lights, keys, shown, strict=True):
            if isinstance(light, EnvironmentLight):
                diffuse, glossy = shares[light][:3], shares[light][3:]
            else:
                diffuse = glossy = self.view.key_visibility[key][None].float() / 255
            arrived = group.shading * self._at_points(diffuse)[:, None]
            shone = group.specular * self._at_points(glossy)[:, None]
            found.append((LightGroup(group.name, arrived, shone), diffuse))
        return found

    def _bounced(self, shading: Tensor) -> Tensor:
        """See `bounced`, of points `[3, n]`."""
        view = self.view
        if view.indirect is None:
            return torch.zeros_like(shading)
        falls = (shading * self._at_points(view.surface)).sum(1, keepdim=True) / view.surface.sum().clamp_min(1)
        return self._at_points(view.indirect) * falls

    def _at_points(self, image: Tensor) -> Tensor:
        """The values `[C, n]` of an image `[C, h, w]` where there is a surface."""
        return image.flatten(1).index_select(1, self._pixels)

    def _image(self, values: Tensor, elsewhere: float = 0.0) -> Tensor:
        """The image `[C, h, w]` of values `[C, n]` or `[C, 1, n]` of the points."""
        out = values.new_full((values.shape[0], self.view.height * self.view.width), elsewhere)
        out.index_copy_(1, self._pixels, values.flatten(1))
        return out.reshape(-1, self.view.height, self.view.width)

    def lights(self, lighting: Lighting) -> Lights:
        """The lights, keys first, each with which of the view's key directions it has; -1 for surroundings."""
        view = self.view
        lights: Lights = []
        rotation = lighting.rotation
        if lighting.sun is not None:
            heights = self._key_directions[:, 1].asin().rad2deg() - lighting.sun.elevation
            key = int(heights.abs().argmin())
            rotation = angles_of(tuple(self._key_directions[key].tolist()))[0] - lighting.sun.azimuth
            level = [a * b for a, b in zip(lighting.sun.level, lighting.color, strict=True)]
            lights.append((self._directional(key, lighting.exposure, color=(level[0], level[1], level[2])), key))
        for one in lighting.keys:
            key = one.index % len(self._key_angles)
            lights.append((self._directional(key, one.exposure, kelvin=one.kelvin, color=one.color), key))
        if lighting.environment is not None:
            light = EnvironmentLight(
                name="environment",
                exposure=lighting.exposure,
                color=lighting.color,
                rotation=math.remainder(rotation, 360),
                pixels=lighting.environment.to(view.albedo),
            )
            lights.append((light, -1))
        return lights

    def _directional(self, key: int, exposure: float, **more: object) -> DirectionalLight:
        x, y, z = self._key_directions[key].tolist()
        plain = DirectionalLight(name="key", direction=(x, y, z), angle=self._key_angles[key], exposure=exposure)
        return plain.with_(**more)

    def _arrives(self, pictures: Sequence[Tensor]) -> Tensor:
        """What arrives of environments `[3, h, w]` in camera space: shares `[n, 6, h, w]`, of the diffuse part, then of
        the specular part.
        """
        view, count = self.view, len(pictures)
        levels = [self._cells.means(picture) * view.weights[:, None] for picture in pictures]
        level = torch.cat([(one / one.mean().clamp_min(1e-20)).T for one in levels])
        sums = self._directional_sums(level).reshape(4, count, 3, -1)
        # Of each environment the diffuse part, then the specular part.
        arrived, unhindered = sums[0::2].transpose(0, 1), sums[1::2].transpose(0, 1)
        found = (arrived / unhindered.clamp_min(1e-6)).reshape(count * 6, -1)
        shares = smoothed(self._image(found, elsewhere=1.0), view.normal, view.depth, view.grain)
        return shares.reshape(count, 6, view.height, view.width)

    @cached_property
    def _cells(self) -> Cells:
        return Cells(self.view.directions, AROUND)

    def _directional_sums(self, level: Tensor) -> Tensor:
        """Sums `[4, n, points]` of levels `[n, D]` of the directions, times what light from each counts for at a point:
        for the diffuse part where it is visible, and in the open, and likewise for the specular part.
        """
        view, r = self.view, Reflectance(self._points)
        towards, sharp = lobes(r, view.directions.shape[0])
        towards, normal, sharp = towards[:, 0], r.surface.normal[:, 0], sharp[:, 0]
        visible = view.visible_at(self._pixels)
        size = _BLOCK if level.device.type == "cpu" else max(1, len(self._pixels))
        sums = []
        for begin in range(0, len(self._pixels), size):
            block = slice(begin, begin + size)
            seen = visible[:, block].to(level.dtype)
            sums.append(
                directional_sums(level, view.directions, normal[:, block], towards[:, block], sharp[:, block], seen)
            )
        return torch.cat(sums, 2) if sums else level.new_zeros(4, len(level), 0)

    def _background(self, lighting: Lighting, lights: Lights, pictures: _Pictures) -> Tensor:
        view = self.view
        if lighting.background is not None:
            picture = lighting.background.to(view.albedo)[None]
            size = (view.height, view.width)
            return F.interpolate(picture, size, mode="bilinear", align_corners=False)[0] * lighting.backdrop
        black = torch.zeros_like(view.albedo)
        light = lights[-1][0] if lights else None
        if not isinstance(light, EnvironmentLight) or lighting.backdrop == 0 or len(self._open) == 0:
            return black
        rays = view.camera.rays(view.region, view.albedo).flatten(1).index_select(1, self._open)
        seen = smooth_latlong(pictures[light], rays[:, None]) * lighting.backdrop
        return black.flatten(1).index_copy(1, self._open, seen[:, 0]).reshape(black.shape)

    @cached_property
    def _open(self) -> Tensor:
        """The numbers of the pixels that show some of the background."""
        return (self.view.surface < 1).flatten().nonzero()[:, 0]


def lobes(r: Reflectance, directions: int) -> tuple[Tensor, Tensor]:
    """Where the light of highlights comes from: the middles `[3, ...]` and sharpnesses `[1, ...]` of lobes about as
    wide as they are, and no narrower than the cells of so many directions.
    """
    narrow = 1 - r.alpha
    towards = r.surface.normal + (r.mirror - r.surface.normal) * (narrow * (narrow.sqrt() + r.alpha))
    return unit(towards), (0.5 / (r.alpha**2 * r.nv)).clamp(1.0, directions / 4)


def directional_sums(
    level: Tensor, directions: Tensor, normal: Tensor, towards: Tensor, sharp: Tensor, seen: Tensor
) -> Tensor:
    """Sums `[4, ..., n, N]` over D directions of levels `[..., n, D]`, times what light from each counts for at N
    points: for the diffuse part where it is visible, and in the open, and likewise for the specular part.

    directions : `[..., D, 3]`. normal, towards : `[..., 3, N]`. sharp : `[..., 1, N]`, see `lobes`. seen : the share of
    each direction that arrives `[..., D, N]`.
    """
    cosine = (directions @ normal).clamp_min_(0)
    # Of cells that the horizon cuts a pixel knows all or nothing: they count for little.
    cosine *= (cosine * _HORIZON).clamp_max_(1)
    lobe = (directions @ towards).sub_(1).mul_(sharp).exp_().mul_(cosine)
    unhindered, shone = level @ cosine, level @ lobe
    return torch.stack((level @ cosine.mul_(seen), unhindered, level @ lobe.mul_(seen), shone))


def around(light: EnvironmentLight) -> Tensor:
    """The radiance `[3, 64, 128]` of an environment light as a lat-long picture in camera space."""
    assert light.pixels is not None
    pixels = F.interpolate(light.pixels[None], (AROUND, 2 * AROUND), mode="area")[0]
    return rotate_environment(pixels, light.rotation) * light_level(light).to(pixels).reshape(3, 1, 1)


def smooth_latlong(picture: Tensor, rays: Tensor) -> Tensor:
    """A lat-long picture `[3, h, w]` seen along rays `[3, ...]`, without the facets of bilinear look-ups in few pixels;
    or pictures `[n, 3, h, w]`, one for each of n rows of rays.
    """
    rows = torch.cat((picture[..., :1, :], picture, picture[..., -1:, :]), -2)
    fine = _doubled(torch.cat((rows[..., -1:], rows, rows[..., :1]), -1), -1)
    return Environment(_doubled(fine, -2)).radiance(rays)


def _doubled(values: Tensor, dim: int) -> Tensor:
    """Values with twice as many pixels along a dimension, counted from the last, but for one at either end: each pixel
    halved, then the means of three taken twice. With the box of the pixels themselves that is about a quadratic spline.
    """
    size = values.shape[dim] - 2
    before, here, after = (values.narrow(dim, i, size) for i in range(3))
    both = before + 5 * here + after
    return torch.stack((both + 2 * before, both + 2 * after), dim).flatten(dim - 1, dim) / 9
