"""Shared by nodes that work with the light of a picture: the key, the fill and the surroundings that explain it.

The light is solved for from normals and shading, given or estimated; the student's own guess of it decides only where
these say little. Pictures get another light by the quotient of what falls on their surfaces, so texture stays.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    FittedLight,
    Image,
    Need,
    Region,
    angles_of,
    cover_of,
    fit_light,
    kelvin_tint,
    param,
    port,
    student_key,
)  # fmt: skip

from ..light.geometry import whole_normals
from ..light.working import working_space
from ..ops.fir import finite
from ..ops.illuminant import normalized
from ..ops.quotient import along_edges, brightness_of, from_inside, kept_exposure, limited, stops_of, untextured
from ..ops.resize import within
from .base import Asking, StudentNode

_SIZE = 96
"""Pixels of the long side at which light is solved for: it is smooth."""
_READ = ("normal", "shading", "albedo", "specular", "shadow", "confidence")
"""Layers of pictures that the light follows from, those that there are."""
SMOOTH = 60
"""The quotient of estimates is smoothed over the long side divided by this."""


@dataclasses.dataclass(frozen=True)
class Fitting(Asking):
    """A node that asks for the light of pictures."""

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return "normal", "shading", "confidence"

    def fitted(self, ctx: ComputeContext, socket: str = "image", known: Tensor | None = None) -> FittedLight:
        """The light of an input, solved for once per frame, whichever nodes ask. known : `[3]`, where its key is."""
        info, told = ctx.info(socket), {"normal", "shading"} & set(self.estimated(ctx, socket))
        given = [name for name in _READ if self._given(ctx, name, socket)]
        matte = self._matte(ctx) if socket == "image" else None
        of = [(socket, MAIN), *((socket, name) for name in given)]
        of += [] if matte is None else [(matte[0], matte[1])]
        asked = (student_key(ctx, self._path(ctx)), self._size(ctx), self.precision) if told else None

        def solve() -> FittedLight:
            ctx.check()
            maps = self._maps(ctx, socket)
            guess = self.decomposition(ctx, socket).seen.prediction.light if told else None
            ctx.check()
            around, towards = (None, None) if guess is None else (guess.environment[0], guess.direction[0])
            return _solved(maps, around, towards, known, ctx.check)

        if info.data.is_empty:
            return fit_light(torch.zeros(3, 1), torch.zeros(3, 1))
        key = ("fitted", asked, matte and matte[2], self.layers, None if known is None else tuple(known.tolist()))
        return cast(FittedLight, ctx.shared(of, key, solve))

    def fitted_again(self, ctx: ComputeContext, stops: Tensor) -> FittedLight:
        """The light of the picture once it is changed by stops `[3, H, W]`: of its shading so changed, unguessed."""
        maps = self._maps(ctx, "image")
        changed = {**maps, "shading": maps["shading"] * _reduced(stops).exp2()}
        return _solved(changed, None, None, None, ctx.check)

    def _maps(self, ctx: ComputeContext, socket: str) -> dict[str, Tensor]:
        """What the light follows from, small: `weight`, `normal`, `shading`, and `shadow` where it is given."""
        names = {*Fitting.asked(self, ctx), *(("shadow",) if self._given(ctx, "shadow", socket) else ())}
        found = self.light_layers(ctx, *names, socket=socket)
        weight = found["confidence"][:1]
        subject = self._cover(ctx, socket)
        if subject is not None and bool((subject > 0).any()):
            weight = weight * subject
        maps = {"weight": weight, "normal": found["normal"][:3], "shading": found["shading"][:3]}
        if "shadow" in names:
            maps["shadow"] = found["shadow"][:1]
        return {name: _reduced(x) for name, x in maps.items()}

    def _cover(self, ctx: ComputeContext, socket: str) -> Tensor | None:
        """Where the subject of an input is `[1, H, W]`, 0 to 1: by the matte, else the alpha; None without either."""
        subject, info = self.subject(ctx) if socket == "image" else None, ctx.info(socket)
        alpha = info.layer(MAIN).alpha
        if subject is not None or alpha is None:
            return subject
        return cover_of(ctx.image(socket).tensor(MAIN, info.data)[alpha : alpha + 1])

    def _given(self, ctx: Context, name: str, socket: str) -> bool:
        return self.layers != "estimate" and ctx.info(socket).has(name)


@dataclasses.dataclass(frozen=True)
class Requoted(Fitting, StudentNode):
    """A node that puts its picture under another light by a quotient."""

    steady: Image = port(
        "a frame of the shot, through FrameHold: its light counts for all frames, so that the result does not flicker",
        optional=True,
    )
    flatten: float = param(
        default=0.4, hard=(0, 1), soft=(0, 1),
        doc="how far shades give way that the plate's estimated light does not explain, such as cast shadows: 0 "
        "keeps them, 1 takes them out, and with them paint that was taken for shade",
    )  # fmt: skip
    limit: float = param(
        default=4.0, hard=(0.1, 20), soft=(1, 8), unit="stops",
        doc="the most that places are brightened or darkened against each other",
    )  # fmt: skip

    def asked(self, ctx: Context) -> tuple[str, ...]:
        info = ctx.info("image")
        one = self.layers != "estimate" and info.has("albedo") != info.has("shading")
        return (*super().asked(ctx), *(() if one else ("residual",)))  # of one of them the other follows, and no rest

    def others(self, ctx: Context) -> tuple[str, ...]:
        """Inputs beside the picture whose light is asked for."""
        return ("steady",) if ctx.connected("steady") else ()

    def always_looks(self, ctx: Context) -> bool:
        for socket in self.others(ctx):
            ctx.rgb(socket)
        return any(bool(self.estimated(ctx, socket)) for socket in self.others(ctx))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        others = (need for socket in self.others(ctx) for need in self.light_needs(ctx, socket))
        return (*super().needs(ctx, region, layers), *others)

    def own(self, ctx: ComputeContext) -> FittedLight:
        """The light that the picture is in."""
        return self.fitted(ctx, "steady" if ctx.connected("steady") else "image")

    def normals(self, ctx: ComputeContext) -> Tensor:
        """Unit normals `[3, H, W]` over the data window; towards the camera where there is no surface."""
        return whole_normals(self.light_layers(ctx, "normal")["normal"][:3])

    def coarse(self, ctx: Context) -> bool:
        """Whether what falls on the surfaces is known only roughly."""
        return bool(self.estimated(ctx))

    def fallen(self, light: FittedLight, normal: Tensor) -> Tensor:
        """What a light gives surfaces `[3, h, w]`, without shadows."""
        return light.direct(normal) + light.ambient(normal)

    def quotient(self, ctx: ComputeContext, before: Tensor, after: Tensor, color: float, flatten: float) -> Tensor:
        """Stops `[3, H, W]` by which the picture changes when another light falls on it.

        before, after : what falls on the surfaces `[3, H, W]`. color : share of the change of colour, 0 to 1. flatten :
        how much of the plate's shading gives way that `before` does not explain.
        """
        ctx.check()
        space, plate = working_space(ctx), self.plate(ctx)
        told, size = self.estimated(ctx), max(plate.shape[-2:]) / SMOOTH
        bright = brightness_of(after, space.luminance) - brightness_of(before, space.luminance)
        change = torch.lerp(bright.expand_as(after), stops_of(after) - stops_of(before), color)
        ctx.check()
        if "normal" in told:
            change = along_edges(change, plate, size)
        ctx.check()
        if flatten > 0:
            shading = self.light_layers(ctx, "shading")["shading"][:3]
            own = brightness_of(shading, space.luminance) - brightness_of(before, space.luminance)
            if "shading" in told:  # an estimate has texture of the plate in it
                own = untextured(own, size)
            elif color == 1:
                own = stops_of(shading) - stops_of(before)
            ctx.check()
            change = change - flatten * self.gives_way(ctx, own)
        ctx.check()
        alpha = ctx.info("image").layer(MAIN).alpha
        if alpha is not None and self.coarse(ctx):
            change = from_inside(change, ctx.image("image").tensor(MAIN, ctx.info("image").data)[alpha : alpha + 1])
        return limited(change, self.limit)

    def gives_way(self, ctx: ComputeContext, unexplained: Tensor) -> Tensor:
        """What may give way, `[C, H, W]` in stops, of shading that the estimated light does not explain."""
        return unexplained

    def changed(self, ctx: ComputeContext, stops: Tensor) -> Tensor:
        """The picture `[3, H, W]` under another light: what falls on the surfaces by stops `[3, H, W]`, the rest as the
        whole picture. Where the key brightens a deep shadow, light from other surfaces would glow in their colours.
        """
        plate, rest = self.plate(ctx), self._rest(ctx)
        lit = plate - rest
        after = lit * stops.exp2()
        ctx.check()
        before, then = (finite(x).clamp_min(0).mean(2, True).mean(1, True) for x in (lit, after))
        return after + rest * torch.where(before > 0, then / before, 1.0)

    def _rest(self, ctx: ComputeContext) -> Tensor:
        """What of the picture no light on a surface explains `[3, H, W]`: lamps, light from one surface to the next."""
        plate = finite(self.plate(ctx)).clamp_min(0)
        if "residual" not in self.asked(ctx):
            return torch.zeros_like(plate)
        return torch.minimum(finite(self.light_layers(ctx, "residual")["residual"][:3]).clamp_min(0), plate)

    def exposed(self, ctx: ComputeContext, stops: Tensor, exposure: float) -> Tensor:
        """Stops `[3, H, W]` that change the level of the picture by a share of what the given ones do, 0 to 1."""
        return kept_exposure(self.plate(ctx), stops, exposure, self.subject(ctx))


def key_fill(light: FittedLight, luminance: tuple[float, float, float]) -> float:
    """Stops by which a surface that faces the key is brighter than one like it in its shadow."""
    weights = light.key.new_tensor(luminance)
    ambient = light.ambient(light.direction[:, None, None])[:, 0, 0]
    key, rest = float(light.key @ weights), float(ambient @ weights)
    return math.log2((key + rest) / max(rest, 1e-4 * (key + rest), 1e-30)) if key + rest > 0 else 0.0


def color_of(light: FittedLight) -> Tensor:
    """The colour `[3]` of all light on a surface that faces the key."""
    return light.key + light.ambient(light.direction[:, None, None])[:, 0, 0]


def kelvin_of(light: FittedLight, ctx: Context) -> float:
    """The colour temperature of all light on a surface that faces the key."""
    return kelvin_tint(normalized(color_of(light)), working_space(ctx))[0]


def angles(light: FittedLight) -> tuple[float, float]:
    """Azimuth and elevation of the key in degrees."""
    return angles_of(light.direction)


def between(a: Tensor, b: Tensor) -> float:
    """Degrees between two vectors `[3]`; 0 where one is none."""
    a, b = a.double(), b.double()
    return math.degrees(math.atan2(float(torch.linalg.cross(a, b).norm()), float(a @ b)))


def _solved(
    maps: Mapping[str, Tensor], around: Tensor | None, towards: Tensor | None, known: Tensor | None,
    check: Callable[[], None],
) -> FittedLight:  # fmt: skip
    flat = {name: x.flatten(1) for name, x in maps.items()}
    shadow = flat["shadow"][0] if "shadow" in flat else None
    weight = flat["weight"][0]
    return fit_light(flat["normal"], flat["shading"], weight, shadow, around, towards, known=known, check=check)


def _reduced(x: Tensor) -> Tensor:
    """Maps `[C, H, W]` as means over areas, their long side at most 96 pixels."""
    size = within(x.shape[1], x.shape[2], _SIZE)
    return x if size == tuple(x.shape[1:]) else F.interpolate(torch.nan_to_num(x)[None], size, mode="area")[0]
