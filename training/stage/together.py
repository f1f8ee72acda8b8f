"""Many windows lit at once, each under its own lights, without a number that the device would be waited for.

What `LightStage` does for one view, pixel by pixel of its surfaces, is done here for all pixels of all windows alike: a
GPU has lit a hundred of them by the time that Python has begun the work for one. Windows and lightings are numbers of
the same shape, drawn up by a CPU; what there is less of is filled up with lights of level 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor

from rimlight.engine import (
    Around,
    DirectionalLight,
    Distant,
    Environment,
    EnvironmentLight,
    Reflectance,
    Rig,
    Surface,
    guess_of_rig,
    latlong_solid_angles,
    light_level,
)

from .lighting import Lighting
from .relit import AROUND, LightStage, around, directional_sums, lobes, smooth_latlong
from .smooth import smoothed
from .sphere import Cells
from .view import View

KEYS = 2
"""Directional lights of a lighting at most."""
BACKDROPS = 2
"""Photographs that may stand behind a window."""
WIDEST = 8
"""Of the grain of windows, in pixels."""
_AT_A_TIME = 8
"""Windows whose sums over directions are in memory at a time: 38 MB each of them at 96 pixels."""
_LAYERS = {"surface": 1, "albedo": 3, "normal": 3, "depth": 1, "roughness": 1, "f0": 3, "matte": 1, "indirect": 3}
"""Channels of the layers of a window, in order."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows to be lit, and the lights of some lightings of each. Of one the first dimension is left out.

    layers : `[n, 16, h, w]` float32, `_LAYERS`, as a view has them. seen : share of each direction that arrives
    `[n, D, h, w]`, x 255 uint8. keys_seen : `[n, K, h, w]` uint8, the same of key lights. directions : `[n, D, 3]`.
    weights : `[n, D]`. cells : the direction nearest to each pixel of surroundings `[n, 64 * 128]` int16. camera :
    `[n, 6]`: x and y of the first pixel's ray at z = -1, the steps to the next pixel right and down, degrees of the
    field of view, grain.
    photographs : `[n, 2, 3, h, w]`, to stand behind.

    Of L lightings: around : surroundings in camera space `[n, L, 3, 64, 128]` float16, at their level. towards :
    directional lights `[n, L, 2, 3]`. wide : their diameters in degrees `[n, L, 2]`. level : `[n, L, 2, 3]`. key :
    which of the key lights each is `[n, L, 2]` int64. behind : what the photographs and the surroundings count for
    in what is seen behind `[n, L, 3]`. first : whether the first light is a directional one `[n, L]` bool.
    one_light : whether it is the only one. direction, brightness, angle, environment : the fields of `LightGuess`
    (brightness is its key), `[n, L, ...]`.
    """

    layers: Tensor
    seen: Tensor
    keys_seen: Tensor
    directions: Tensor
    weights: Tensor
    cells: Tensor
    camera: Tensor
    photographs: Tensor
    around: Tensor
    towards: Tensor
    wide: Tensor
    level: Tensor
    key: Tensor
    behind: Tensor
    first: Tensor
    one_light: Tensor
    direction: Tensor
    brightness: Tensor
    angle: Tensor
    environment: Tensor

    @classmethod
    def of(cls, window: View, lightings: Sequence[Lighting], photographs: Sequence[Tensor] = ()) -> Self:
        """A window on the CPU with the lights of its lightings. photographs : those that stand behind some of them."""
        stage = LightStage(window)
        indirect = torch.zeros_like(window.albedo) if window.indirect is None else window.indirect
        layers = (window.surface, window.albedo, stage.surface.normal, window.depth, window.roughness,
                  window.f0.expand(3, -1, -1), window.matte, indirect)  # fmt: skip
        pictures = torch.zeros(BACKDROPS, *window.albedo.shape)
        for place, picture in zip(pictures, photographs, strict=False):
            place.copy_(picture)
        lights = [_lights(stage, lighting, photographs) for lighting in lightings]
        return cls(
            layers=torch.cat(layers),
            seen=(window.visibility().float() * 255).round().clamp_max(255).to(torch.uint8),
            keys_seen=window.key_visibility,
            directions=window.directions,
            weights=window.weights,
            cells=Cells(window.directions, AROUND).nearest.to(torch.int16),
            camera=_camera(window),
            photographs=pictures,
            **{name: torch.stack([light[name] for light in lights]) for name in lights[0]},
        )

    def chosen(self, windows: Tensor, lightings: Tensor) -> "Windows":
        """Some windows by their numbers `[m]`, each with the lightings `[m, k]` that are chosen."""
        values = {}
        for f in fields(self):
            every = getattr(self, f.name)
            if f.name in _OF_LIGHTINGS:
                count = every.shape[1]
                flat = (windows[:, None] * count + lightings).flatten()
                values[f.name] = every.flatten(0, 1).index_select(0, flat).reshape(*lightings.shape, *every.shape[2:])
            else:
                values[f.name] = every.index_select(0, windows)
        return Windows(**values)


_OF_LIGHTINGS = ("around", "towards", "wide", "level", "key", "behind", "first", "one_light", "direction",
                 "brightness", "angle", "environment")  # fmt: skip
"""Fields of `Windows` whose second dimension is that of lightings."""


def _camera(window: View) -> Tensor:
    rays = window.camera.rays(window.region, window.albedo)
    first, right, down = rays[:2, 0, 0], rays[0, 0, 1] - rays[0, 0, 0], rays[1, 1, 0] - rays[1, 0, 0]
    return torch.cat((first, torch.stack((right, down)), torch.tensor([window.fov, float(window.grain)])))


def _lights(stage: LightStage, lighting: Lighting, photographs: Sequence[Tensor]) -> dict[str, Tensor]:
    """The lights of one lighting as the fields of `Windows`."""
    lights = stage.lights(lighting)
    out = {
        "around": torch.zeros(3, AROUND, 2 * AROUND, dtype=torch.float16),
        "towards": torch.tensor([[0.0, 0.0, 1.0]]).repeat(KEYS, 1),
        "wide": torch.ones(KEYS), "level": torch.zeros(KEYS, 3), "key": torch.zeros(KEYS, dtype=torch.int64),
        "behind": torch.zeros(BACKDROPS + 1),
    }  # fmt: skip
    slot = 0
    for light, key in lights:
        if isinstance(light, EnvironmentLight):
            out["around"] = around(light).to(torch.float16)
        elif isinstance(light, DirectionalLight):
            out["towards"][slot], out["wide"][slot] = torch.tensor(light.direction), float(light.angle)
            out["level"][slot], out["key"][slot] = light_level(light), key
            slot += 1
    which = [n for n, picture in enumerate(photographs) if picture is lighting.background]
    out["behind"][which[0] if which else BACKDROPS] = lighting.backdrop
    middle = stage.view.middle
    guess = guess_of_rig(Rig(tuple(light for light, _ in lights)), middle, middle)
    single = slot == 1 and len(lights) == 1
    return out | {
        "first": torch.tensor(slot > 0), "one_light": torch.tensor(single), "direction": guess.direction[0],
        "brightness": guess.key[0], "angle": guess.angle[0], "environment": guess.environment[0],
    }  # fmt: skip


def light_together(windows: Windows) -> Tensor:
    """Windows under all of their lightings, one after the other: `[n * L, 10, h, w]`, the picture (3), and as `Lit`
    has them shading (3), specular (3) and shadow (1).

    The same as `LightStage` gives but for the surroundings, whose highlights are looked up in them as turned.
    """
    lit = _Rows(windows)
    shade, arrived = lit.surroundings()
    shading, specular = (x * y for x, y in zip(shade, arrived, strict=True))
    shadow = arrived[0].mean(0, keepdim=True)
    for slot in range(KEYS):
        (diffuse, glossy), share = lit.key(slot)
        shading, specular = shading + diffuse * share, specular + glossy * share
        if slot == 0:
            shadow = torch.where(lit.plain(windows.first), share, shadow)
    surface = lit.layer("surface")
    shading = shading + lit.bounced(shading)
    there = (surface > 0).to(shading)
    shading, specular = shading * there, specular * there
    front = lit.layer("albedo") * shading + specular
    picture = front + (lit.behind() - front) * (1 - surface)
    return lit.pictures(torch.cat((picture, shading, specular, shadow)))


class _Rows:
    """Windows under their lightings as rows of one surface: `[C, n * L, h * w]`."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.count = windows.first.shape[1]
        self.size = windows.layers.shape[-2:]
        self.directions = windows.directions.shape[1]
        self.names = dict(zip(_LAYERS, torch.split(windows.layers, list(_LAYERS.values()), 1), strict=True))
        self.rays = self._rays()
        self.one = Reflectance(self._surface(1))  # each window once, for what its lightings share
        self.all = Reflectance(self._surface(self.count))

    def layer(self, name: str) -> Tensor:
        """A layer as rows, once for each lighting."""
        return self._rows(self.names[name], self.count)

    def plain(self, values: Tensor) -> Tensor:
        """Values of lightings `[n, L, C]` or `[n, L]` as rows."""
        flat = values.flatten(0, 1)
        return (flat.T if flat.ndim == 2 else flat[None])[..., None]

    def pictures(self, rows: Tensor) -> Tensor:
        """Rows as pictures `[n, C, h, w]`."""
        return rows.transpose(0, 1).reshape(rows.shape[1], len(rows), *self.size)

    def key(self, slot: int) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """Shading and specular light by a directional light of each, and the share of it that arrives."""
        w = self.windows
        towards, level = (x[:, :, slot].flatten(0, 1).T for x in (w.towards, w.level))
        found = Distant(towards, w.wide[:, :, slot].flatten(), level[..., None]).approximate(self.all)
        which = w.key[:, :, slot, None, None, None].expand(-1, -1, 1, *self.size)
        seen = w.keys_seen[:, None].expand(-1, self.count, -1, -1, -1).gather(2, which)
        return (found.diffuse, found.specular), self._rows(seen.flatten(0, 1), 1).float() / 255

    def surroundings(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Shading and specular light by the surroundings in the open, and the shares of it that arrive."""
        pictures = self.windows.around.flatten(0, 1).float()
        found = Around(Environment(pictures), 0.0, pictures.new_ones(())).approximate(self.all)
        diffuse, specular = self._arrives(pictures).transpose(0, 1).flatten(2).chunk(2)
        return (found.diffuse, found.specular), (diffuse, specular)

    def bounced(self, shading: Tensor) -> Tensor:
        """See `LightStage.bounced`."""
        surface = self.layer("surface")
        falls = (shading * surface).sum(2, keepdim=True) / surface.sum(2, keepdim=True).clamp_min(1)
        return self.layer("indirect") * falls

    def behind(self) -> Tensor:
        """What stands behind each."""
        w = self.windows
        rays = self._rows(self.rays, self.count)
        photographs, open_air = torch.split(w.behind.flatten(0, 1), [BACKDROPS, 1], 1)
        seen = smooth_latlong(w.around.flatten(0, 1).float(), rays) * open_air[..., None].transpose(0, 1)
        for number in range(BACKDROPS):
            seen = seen + self._rows(w.photographs[:, number], self.count) * photographs[None, :, number, None]
        return seen

    def _arrives(self, pictures: Tensor) -> Tensor:
        """What arrives of surroundings: shares `[n * L, 6, h, w]`, of the diffuse part, then of the specular part."""
        w, count = self.windows, self.count
        areas = latlong_solid_angles(AROUND, 2 * AROUND, pictures).expand(1, AROUND, 2 * AROUND).flatten()
        cells = w.cells.long()
        sizes = pictures.new_zeros(len(cells), self.directions).scatter_add_(1, cells, areas.expand(cells.shape))
        light = (pictures.flatten(2) * areas).reshape(len(cells), count * 3, -1)
        level = light.new_zeros(*light.shape[:2], self.directions)
        level = level.scatter_add_(2, cells[:, None].expand(light.shape), light)
        level = level * (w.weights / sizes.clamp_min(1e-9))[:, None]
        mean = level.reshape(len(cells), count, -1).mean(2).repeat_interleave(3, 1)[..., None]
        sums = self._sums(level / mean.clamp_min(1e-20)).reshape(4, len(cells), count, 3, -1)
        arrived, unhindered = sums[0::2], sums[1::2]
        found = (arrived / unhindered.clamp_min(1e-6)).permute(1, 2, 0, 3, 4).reshape(len(cells), count * 6, *self.size)
        found = torch.where(self.names["surface"] > 0, found, 1.0)
        grain = w.camera[:, 5]
        shares = smoothed(found, self.names["normal"], self.names["depth"], grain, widest=WIDEST)
        return shares.reshape(-1, 6, *self.size)

    def _sums(self, level: Tensor) -> Tensor:
        """`directional_sums` `[4, n, L * 3, pixels]` of levels `[n, L * 3, D]`."""
        w, r = self.windows, self.one
        towards, sharp = lobes(r, self.directions)
        normal, towards, sharp = (x.transpose(0, 1) for x in (r.surface.normal, towards, sharp))
        sums = [
            directional_sums(
                level[some], w.directions[some], normal[some], towards[some], sharp[some],
                w.seen[some].flatten(2).to(level.dtype) / 255,
            )
            for some in (slice(i, i + _AT_A_TIME) for i in range(0, len(level), _AT_A_TIME))
        ]  # fmt: skip
        return torch.cat(sums, 1)

    def _surface(self, count: int) -> Surface:
        normal, roughness, f0, rays = (
            self._rows(x, count) for x in (self.names["normal"], self.names["roughness"], self.names["f0"], self.rays)
        )
        return Surface.of(normal, view=-rays, roughness=roughness, f0=f0)

    def _rays(self) -> Tensor:
        """Points at z = -1 that the pixels show `[n, 3, h, w]`."""
        height, width = self.size
        camera = self.windows.camera
        x0, y0, right, down = camera[:, :4, None, None].unbind(1)
        x = x0 + right * torch.arange(width, device=camera.device)
        y = y0 + down * torch.arange(height, device=camera.device)[:, None]
        x, y = x.expand(-1, height, -1), y.expand(-1, -1, width)
        return torch.stack((x, y, -torch.ones_like(x)), 1)

    @staticmethod
    def _rows(layers: Tensor, count: int) -> Tensor:
        return layers.repeat_interleave(count, 0).flatten(2).transpose(0, 1)
