"""Shared by the nodes that work on cast shadows: where they are and what light they took, found once for all."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    cover_of,
    param,
    port,
    student_key,
)  # fmt: skip

from ..ops.joint import joint_upsampled
from ..ops.progress import Progress, part
from ..ops.resize import grown, reduced
from ..ops.shadow_edges import snapped
from ..ops.shadow_light import log_gains, logs_of
from .gain_base import GainNode
from .shadow_search import found_depth, guessed, searched

_LARGEST = 960
"""Pixels of the long side at most at which light is compared and edges are looked for."""
_EDGE = 0.3
"""Nepers that make an edge where edges are brought to a larger size."""
_READ = ("shadow", "confidence", "normal", "albedo", "depth", "position")


@dataclass(frozen=True)
class Shadow:
    """A shadow, or several that belong together, over the data window of a picture.

    visibility : `[1, H, W]`, 1 in light. gains : `[3, H, W]`, nepers that it lacks where it is full.
    """

    visibility: Tensor
    gains: Tensor


@dataclass(frozen=True)
class ShadowNode(GainNode):
    """A node that works on the cast shadows of its picture."""

    shadows: Image = port(
        "mattes, white in shadow: each is a shadow of its own; without any shadows are looked for everywhere",
        optional=True, many=True,
    )  # fmt: skip
    shadow_channel: str = param(default="alpha", role="channel", doc="channel of the mattes of shadows")
    mattes: str = param(
        default="replace", choices=("replace", "restrict"),
        doc="replace: shadow is what the mattes say; restrict: they say only where to look for it",
    )  # fmt: skip
    edges: str = param(
        default="picture", choices=("picture", "matte"),
        doc="picture: edges of mattes, which may be drawn roughly, move to those that the picture shows; matte: they "
        "are taken as they are",
    )  # fmt: skip
    sensitivity: float = param(
        default=0.0, hard=(-1, 1), soft=(-1, 1), doc="above 0 more is taken for shadow, below 0 less"
    )
    softness: float = param(
        default=24.0,
        hard=(0, 500),
        soft=(0, 100),
        unit="px",
        doc="how wide soft edges mostly are; edges that the picture shows are looked for up to four times as far "
        "from that of the matte, and may be as much wider",
    )
    smallest: float = param(
        default=12.0, hard=(0, 500), soft=(0, 50), unit="px",
        doc="shadows that are looked for, and holes in them, are left out where smaller than the square of this",
    )  # fmt: skip
    ring: float = param(
        default=24.0, hard=(1, 2000), soft=(4, 100), unit="px",
        doc="how far around a drawn shadow the light is looked at to tell how deep it is",
    )  # fmt: skip

    def asked(self, ctx: Context) -> tuple[str, ...]:
        if not self.searches(ctx):
            return ()
        return ("shadow",) if self.told_by_layer(ctx) else ("shadow", "confidence", "normal")

    def told_by_layer(self, ctx: Context) -> bool:
        """Whether the picture has shadows that somebody made, and nothing in it speaks against them."""
        info = ctx.info("image")
        return self.layers != "estimate" and info.has("shadow") and not info.has("confidence")

    def searches(self, ctx: Context) -> bool:
        """Whether shadows have to be looked for."""
        return self.mattes == "restrict" or not self.sockets(ctx)

    def sockets(self, ctx: Context) -> tuple[str, ...]:
        declared = self.port("shadows")
        assert declared is not None
        return declared.sockets(ctx.inputs)

    def info(self, ctx: Context) -> ImageInfo:
        for socket in self.sockets(ctx):
            self._channel(ctx, socket)
        info = super().info(ctx).with_layer(LIGHT_LAYERS["shadow"])
        return info.with_layer(LIGHT_LAYERS["confidence"]) if self.searches(ctx) else info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        made = {"shadow", "confidence"} if self.searches(ctx) else {"shadow"}
        return frozenset(layers) & (self.lit_layers(ctx) | made)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        data = ctx.info("image").data
        drawn = tuple(Need(socket, data, (self._channel(ctx, socket)[0],)) for socket in self.sockets(ctx))
        return (*super().needs(ctx, region, layers), *drawn)

    def found(self, ctx: ComputeContext) -> tuple[list[Shadow], Tensor]:
        """The shadows of the picture, one for each matte, and how sure `[1, H, W]` it is that they are all."""
        count = max(1, len(self.sockets(ctx)))
        names = tuple(f"{what}{i}" for i in range(count) for what in ("visibility", "gains"))
        made = ctx.shared_layers(
            self.found_in(ctx), self.found_key(ctx), (*names, "certainty"), lambda: self._find(ctx)
        )
        shadows = [Shadow(made[f"visibility{i}"], made[f"gains{i}"]) for i in range(count)]
        return shadows, made["certainty"]

    def found_in(self, ctx: Context) -> list[tuple[str, str]]:
        """Sockets and layers that say where shadows are, and what the surfaces are that they fall on."""
        info, matte = ctx.info("image"), self._matte(ctx)
        drawn = [(socket, self._channel(ctx, socket)[0]) for socket in self.sockets(ctx)]
        kept = [("image", name) for name in _READ if info.has(name) and self.layers != "estimate"]
        subject = [] if matte is None or not self.asked(ctx) else [(matte[0], matte[1])]
        return [("image", MAIN), *drawn, *kept, *subject]

    def found_key(self, ctx: Context) -> tuple[object, ...]:
        """All else that the shadows follow from."""
        matte, told = self._matte(ctx), self.estimated(ctx)
        asked = (student_key(ctx, self._path(ctx)), self._size(ctx), self.precision) if told else None
        return (
            "shadows", ctx.rgb("image"), tuple(self._channel(ctx, s)[1] for s in self.sockets(ctx)), self.mattes,
            self.edges, self.sensitivity, self.softness, self.smallest, self.ring, self.layers, asked,
            matte and matte[2],
        )  # fmt: skip

    def total(self, shadows: Sequence[Shadow]) -> Tensor:
        """The visibility `[1, H, W]` that all shadows together leave."""
        whole = shadows[0].visibility
        for shadow in shadows[1:]:
            whole = torch.minimum(whole, shadow.visibility)
        return whole

    def put_found(self, ctx: ComputeContext, shadow: Tensor, certainty: Tensor) -> dict[str, Tensor]:
        """The layers besides the picture: `shadow` and, where shadows were looked for, `confidence`."""
        here = ctx.info("image").data.slices_of(ctx.region)
        out = {}
        if "shadow" in ctx.layers:
            out["shadow"] = self.put_layer(ctx, "shadow", shadow[:, here[0], here[1]])
        if "confidence" in ctx.layers:
            out["confidence"] = self.put_layer(ctx, "confidence", certainty[:, here[0], here[1]])
        return out

    # -- finding --------------------------------------------------------------------------------------------------

    def _channel(self, ctx: Context, socket: str) -> tuple[str, int]:
        return ctx.channel(socket, self.shadow_channel)

    def _find(self, ctx: ComputeContext) -> dict[str, Tensor]:
        plate = self.plate(ctx)
        if 0 in plate.shape:
            return {name: torch.zeros_like(plate[:count]) for name, count in self._shapes(ctx)}
        drawn = [self._drawn(ctx, socket) for socket in self.sockets(ctx)]
        out = {"certainty": torch.ones_like(plate[:1])}
        if self.searches(ctx):
            seen, out["certainty"] = searched(self, ctx, plate)
            visible = [1 - (1 - seen) * matte for matte in drawn] or [seen]
        elif self.edges == "picture":
            visible = [self.snapped(plate, matte, ctx.progress) for matte in drawn]
        else:
            visible = [1 - matte for matte in drawn]
        small, scale = self._small(plate)
        size = (small.shape[1], small.shape[2])
        whole = reduced(torch.stack(visible).amin(0), size)
        depth = found_depth(ctx, plate, whole) if guessed(self, ctx) else None
        for i, one in enumerate(visible):
            ctx.check()
            if depth is not None:
                gains = depth[:, None, None].expand_as(small)
            else:
                ring, done = max(1.0, self.ring * scale), part(ctx.progress, i, len(visible))
                gains = log_gains(small, reduced(one, size), ring, whole, progress=done)
            ctx.check()
            out[f"visibility{i}"], out[f"gains{i}"] = one, grown(gains, (plate.shape[1], plate.shape[2]))
        return out

    def _small(self, plate: Tensor) -> tuple[Tensor, float]:
        """The picture in the size at which light is compared, and how much smaller that is."""
        height, width = plate.shape[1:]
        scale = min(1.0, _LARGEST / max(height, width))
        return reduced(plate, (max(1, round(height * scale)), max(1, round(width * scale)))), scale

    def _shapes(self, ctx: Context) -> list[tuple[str, int]]:
        many = range(max(1, len(self.sockets(ctx))))
        return [("certainty", 1)] + [pair for i in many for pair in ((f"visibility{i}", 1), (f"gains{i}", 3))]

    def _drawn(self, ctx: ComputeContext, socket: str) -> Tensor:
        return cover_of(ctx.plane(socket, self.shadow_channel, ctx.info("image").data))

    def snapped(self, plate: Tensor, shadow: Tensor, progress: Progress) -> Tensor:
        """Visibility from a rough matte of shadow."""
        small, scale = self._small(plate)
        size, ring = (small.shape[1], small.shape[2]), max(1.0, self.ring * scale)
        found = snapped(reduced(shadow, size), small, self.softness * scale, ring, progress)
        progress(1.0)
        if small is plate:
            return found
        return joint_upsampled(found, logs_of(small), logs_of(plate), _EDGE, lambda share: progress(1.0))
