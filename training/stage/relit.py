"""Lighting a view: the shading of Relight, with the visibility that the view knows.

The light that would arrive in the open is the engine's own (`shade`); what of it arrives is a ratio of sums over the
view's directions, `sum L V f cos / sum L f cos`: for the diffuse part with its cosine, for highlights with a lobe about
as wide as GGX's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

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
from .sphere import Cells
from .view import View

_HALF = torch.bfloat16
"""What shares are summed in: they are ratios of the same numbers, so that its few digits matter little."""
_AROUND = 64
"""Rows of the lat-long pictures that light comes from."""
_BLOCK = 4096
"""Pixels that are summed up at a time: what they need stays in the processor's cache."""
_HORIZON = 4.0
"""Cells count in full from the height on whose sine is one over this."""


@dataclass(frozen=True, eq=False)
class Lit:
    """A view under a lighting; scene-linear ACEScg. On surfaces `beauty = albedo * shading + specular`.

    beauty : `[3, h, w]`, the background behind it. shading : `[3, h, w]` irradiance / pi. specular : `[3, h, w]`.
    shadow : `[1, h, w]`, the share of the key light that arrives; of the environment where that is all there is.
    rig : what lit it. illumination : `[3, 32, 64]`, all light as a lat-long picture in camera space, radiance.
    key : which of the view's key directions has the key light; -1 for none.
    """

    beauty: Tensor
    shading: Tensor
    specular: Tensor
    shadow: Tensor
    rig: Rig
    illumination: Tensor
    key: int


class LightStage:
    """A view made ready to be lit many times."""

    def __init__(self, view: View, environments: EnvironmentCache | None = None) -> None:
        self.view = view
        self.environments = environments or EnvironmentCache(64)
        there = view.surface > 0
        normal = torch.where(there, view.normal, view.normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1))
        views = view.camera.views(view.region, view.normal)
        self.surface = Surface.of(normal, view=views, roughness=view.roughness, f0=view.f0)
        self.reflectance = Reflectance(self.surface)
        self.there = there.to(view.normal.dtype)

    def light(self, lighting: Lighting) -> Lit:
        """The view under a lighting."""
        view = self.view
        lights, keys = self._lights(lighting)
        rig = Rig(tuple(lights))
        named = dict(zip(rig.names, keys, strict=False))
        groups = self.groups(rig, named)
        shading, specular = torch.zeros_like(view.albedo), torch.zeros_like(view.albedo)
        for group, _ in groups:
            shading, specular = shading + group.shading, specular + group.specular
        shadow = groups[0][1].mean(0, keepdim=True) if groups else torch.ones_like(view.depth)
        shading = shading + self.bounced(shading)
        shading, specular = shading * self.there, specular * self.there
        front = view.albedo * shading + specular
        beauty = front + (self._background(lighting, lights) - front) * (1 - view.surface)
        return Lit(beauty, shading, specular, shadow, rig, self._illumination(lights), keys[0] if keys else -1)

    def groups(self, rig: Rig, keys: Mapping[str, int]) -> list[tuple[LightGroup, Tensor]]:
        """What each of the rig's lights shows, and its share `[1 or 3, h, w]` that arrives (already in it).

        keys : by unique light name, which of the view's key directions a directional light is at.
        """
        found = []
        for light, group in zip(rig.lights, shade(self.surface, rig, environments=self.environments), strict=True):
            if isinstance(light, EnvironmentLight):
                diffuse, glossy = self._arrives(around(light))
            else:
                diffuse = glossy = self.view.key_visibility[keys[group.name]][None].float() / 255
            found.append((LightGroup(group.name, group.shading * diffuse, group.specular * glossy), diffuse))
        return found

    def bounced(self, shading: Tensor) -> Tensor:
        """The shading `[3, h, w]` by light that has bounced once: the surroundings' albedo under the mean of what
        falls on all that is seen, a coarse stand-in for the light that they get themselves.
        """
        view = self.view
        if view.indirect is None:
            return torch.zeros_like(shading)
        count = view.surface.sum().clamp_min(1)
        return view.indirect * ((shading * view.surface).sum((1, 2), keepdim=True) / count)

    def _lights(self, lighting: Lighting) -> tuple[list[Light], list[int]]:
        """The rig's lights, keys first, and the view's key directions that these have."""
        view = self.view
        lights: list[Light] = []
        keys: list[int] = []
        rotation = lighting.rotation
        if lighting.sun is not None:
            heights = view.key_directions[:, 1].asin().rad2deg() - lighting.sun.elevation
            key = int(heights.abs().argmin())
            rotation = angles_of(tuple(view.key_directions[key].tolist()))[0] - lighting.sun.azimuth
            level = [a * b for a, b in zip(lighting.sun.level, lighting.color, strict=True)]
            lights.append(self._directional(key, lighting.exposure, color=(level[0], level[1], level[2])))
            keys.append(key)
        for one in lighting.keys:
            key = one.index % len(view.key_angles)
            lights.append(self._directional(key, one.exposure, kelvin=one.kelvin, color=one.color))
            keys.append(key)
        if lighting.environment is not None:
            lights.append(
                EnvironmentLight(
                    name="environment",
                    exposure=lighting.exposure,
                    color=lighting.color,
                    rotation=math.remainder(rotation, 360),
                    pixels=lighting.environment.to(view.albedo),
                )
            )
        return lights, keys

    def _directional(self, key: int, exposure: float, **more: object) -> DirectionalLight:
        x, y, z = self.view.key_directions[key].tolist()
        plain = DirectionalLight(
            name="key", direction=(x, y, z), angle=float(self.view.key_angles[key]), exposure=exposure
        )
        return plain.with_(**more)

    def _arrives(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """What arrives of an environment `[3, h, w]` in camera space: shares `[3, h, w]` of diffuse and specular."""
        view = self.view
        level = self._cells.means(picture) * view.weights[:, None]
        level = (level / level.mean().clamp_min(1e-20)).T.contiguous().to(_HALF)
        diffuse, open_diffuse, glossy, open_glossy = ((level @ x).float() for x in self._directional_weights)
        found = torch.cat((diffuse / open_diffuse.clamp_min(1e-6), glossy / open_glossy.clamp_min(1e-6)))
        shares = view.albedo.new_ones(6, view.height * view.width)
        shares[:, self._pixels] = found
        shares = smoothed(shares.reshape(6, view.height, view.width), view.normal, view.depth, 6)
        return shares[:3], shares[3:]

    @cached_property
    def _cells(self) -> Cells:
        return Cells(self.view.directions, _AROUND)

    @cached_property
    def _pixels(self) -> Tensor:
        """The numbers of the pixels that show a surface."""
        return self.there.flatten().nonzero()[:, 0]

    @cached_property
    def _directional_weights(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What light from each direction counts for in pixels `[D, n]`: the diffuse part where it is visible, and in
        the open, the specular part likewise. They do not depend on the light, so they are kept.
        """
        view, r = self.view, self.reflectance
        narrow = 1 - r.alpha
        towards = self.surface.normal + (r.mirror - self.surface.normal) * (narrow * (narrow.sqrt() + r.alpha))
        towards = F.normalize(towards, dim=0).flatten(1)[:, self._pixels]
        normal = self.surface.normal.flatten(1)[:, self._pixels]
        widest = view.directions.shape[0] / 4  # a lobe is no narrower than the cells
        sharp = (0.5 / (r.alpha**2 * r.nv)).clamp(1.0, widest).flatten()[self._pixels]
        visible = view.visibility().flatten(1)
        parts = []
        for block in torch.split(torch.arange(len(self._pixels), device=normal.device), _BLOCK):
            seen = visible[:, self._pixels[block]].to(_HALF)
            cosine = (view.directions @ normal[:, block]).clamp_min(0)
            # Of cells that the horizon cuts a pixel knows all or nothing: they count for little.
            cosine = cosine * (cosine * _HORIZON).clamp_max(1)
            lobe = ((view.directions @ towards[:, block] - 1) * sharp[block]).exp_() * cosine
            diffuse, glossy = cosine.to(_HALF), lobe.to(_HALF)
            parts.append((diffuse * seen, diffuse, glossy * seen, glossy))
        first, second, third, fourth = (torch.cat(x, 1) for x in zip(*parts, strict=True))
        return first, second, third, fourth

    def _background(self, lighting: Lighting, lights: list[Light]) -> Tensor:
        view = self.view
        if lighting.background is not None:
            picture = lighting.background.to(view.albedo)[None]
            return F.interpolate(picture, (view.height, view.width), mode="bilinear", align_corners=False)[0]
        light = lights[-1] if lights else None
        if not isinstance(light, EnvironmentLight) or lighting.backdrop == 0 or bool((view.surface == 1).all()):
            return torch.zeros_like(view.albedo)
        seen = smooth_latlong(around(light), view.camera.rays(view.region, view.albedo))
        return seen * lighting.backdrop

    def _illumination(self, lights: list[Light]) -> Tensor:
        """All light `[3, 32, 64]`; keys are spread over at least a pixel, with their whole energy."""
        total = self.view.albedo.new_zeros(3, 32, 64)
        directions, areas = latlong_directions(32, 64, total), latlong_solid_angles(32, 64, total)
        for light in lights:
            if isinstance(light, EnvironmentLight):
                total = total + F.interpolate(around(light)[None], (32, 64), mode="area")[0]
            elif isinstance(light, DirectionalLight):
                cosine = (directions * total.new_tensor(light.direction).reshape(3, 1, 1)).sum(0, keepdim=True)
                half = max(math.radians(float(light.angle)) / 2, math.radians(4.5))
                disc = (cosine > math.cos(half)).to(total)
                level = light_level(light).to(total).reshape(3, 1, 1)
                total = total + disc * level * math.pi / (disc * cosine * areas).sum()
        return total


def light(view: View, lighting: Lighting) -> Lit:
    """The view under a lighting; to light one view many times, keep a `LightStage`."""
    return LightStage(view).light(lighting)


def around(light: EnvironmentLight) -> Tensor:
    """The radiance `[3, 64, 128]` of an environment light as a lat-long picture in camera space."""
    assert light.pixels is not None
    pixels = F.interpolate(light.pixels[None], (_AROUND, 2 * _AROUND), mode="area")[0]
    return rotate_environment(pixels, light.rotation) * light_level(light).to(pixels).reshape(3, 1, 1)


def smooth_latlong(picture: Tensor, rays: Tensor) -> Tensor:
    """A lat-long picture seen along rays, without the facets of bilinear look-ups in few pixels."""
    width = picture.shape[2]
    wide = torch.cat((picture[..., -4:], picture, picture[..., :4]), -1)[None]
    fine = F.interpolate(wide, scale_factor=2.0, mode="nearest")
    for _ in range(2):  # with the box of the pixels themselves about a quadratic spline
        fine = F.avg_pool2d(F.pad(fine, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return Environment(fine[0, ..., 8 : 8 + 2 * width]).radiance(rays)
