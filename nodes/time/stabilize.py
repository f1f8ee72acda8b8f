from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Effect,
    Image,
    Layer,
    LayerKind,
    Need,
    Region,
    defaulted,
    node,
    param,
    port,
    put,
    take,
)  # fmt: skip

from ..learned.brought import LEDGER
from ..ops.fir import finite
from ..ops.flow import WORK, Motion, still
from ..ops.gaussian import blurred
from ..ops.steady import Levels, Line, Shown, Stops, agreement, averaged, coarseness, enlarged, of_all, reduced
from ..ops.zones import Zones
from .neighbors import Temporal, around, grey_of, in_both, ways

_LIGHT = (LayerKind.COLOR, LayerKind.DEPTH)
"""Kinds whose numbers are compared by their ratio; others are by their difference."""
_UNLIT = "albedo"
"""The layer that has no light, so that over the plate it would be steadied by light that is none of its."""
_REST = "residual"
_ZONED = 120
"""Pixels of the long side at which zones are looked at, at least."""
_OF_ZONE, _OF_BAND = 0.4, 0.08
"""Of the size of a zone and of a band, the standard deviation of what counts for it."""
_SEEN = 100
"""Changes are averaged over the long side divided by this before they are judged."""


@node(
    "time.stabilize",
    see="time.flicker_meter time.light_propagate shots#a-relit-shot-without-flicker "
    "shots#a-part-of-the-frame-that-flickers",
    label="Stabilize",
    version=2,
    upgrades={1: defaulted()},
)
class Stabilize(Temporal, Effect):
    """Takes flicker out of what was computed frame by frame, such as relit and delit shots and estimated layers, or out
    of the light of a plate. It moves nothing: against a shaking camera take a Tracker.

    For a processed shot wire the shot as it came from the camera to `plate`. Only what the processing did is steadied
    then, and the plate's own light, texture and grain stay as they are. Without it the picture itself is steadied.

    - `pixels` is for processed shots. Each pixel is followed along the plate's motion and put on a straight line
      through its neighbours in time. So flicker goes, and light that comes up steadily stays.
    - `zones` is for a lamp or a screen in a part of the frame. Each zone has a gain for each channel, by what most of
      it shows. What moves keeps its light, and so does a pixel that takes no part in its zone's flicker.
    - `bands` is for shutters that roll over lamps and LED walls. Each row has a gain; let `reach` span a cycle of bands
      that wander slowly.
    - `exposure` is for lamps, timelapses and automatic exposure. The whole frame has one gain for all channels. A flash
      that `tolerance` lets go is taken away, and the frames beside it are none the darker or brighter for it.

    Changes much larger than `tolerance` are real ones and stay, such as the edge of a shadow that moves, or a flash.

    Behind Intrinsics set `channels` to all and wire the plate: all layers are steadied at once, and the residual
    becomes what they leave of the picture, so the ledger stays closed. An albedo has no light to keep and is steadied
    itself; normals and mattes are steadied as numbers.

    Colours are multiplied, so negative values and highlights survive. A line through weighted neighbours is local
    regression (Cleveland 1979).
    """

    roi: ClassVar[bool] = False  # motion may come from anywhere

    plate: Image = port("the shot before it was processed", optional=True)
    method: str = param(
        default="pixels", choices=("pixels", "zones", "bands", "exposure"), place="top",
        doc="what gets a correction of its own: each pixel, each zone, each row, or the whole frame",
    )  # fmt: skip
    reach: int = param(
        default=2,
        hard=(0, 25),
        soft=(0, 8),
        unit="frames",
        doc="frames before and after that are looked at: more is steadier, and follows real changes less",
        place="top",
    )
    depth_reach: int = param(
        default=0, hard=(0, 25), soft=(0, 12), unit="frames", place="top",
        doc="frames before and after that are looked at for the layer depth, which decides where shadows fall; "
        "0: as many as for others",
    )  # fmt: skip
    tolerance: float = param(
        default=0.5, hard=(0.01, 20), soft=(0.05, 3), unit="stops", place="top",
        doc="changes much larger than this are real ones and stay; in stops, for normals and mattes in their own "
        "numbers",
    )  # fmt: skip
    detail: float = param(
        default=3.0, hard=(0, 500), soft=(0, 50), unit="px",
        doc="pixels: what is finer than this stays as it is, such as grain and texture; 0: it is averaged too",
    )  # fmt: skip
    zone: float = param(
        default=15.0, hard=(0.5, 100), soft=(2, 40), unit="%",
        doc="zones, bands: size of a zone or height of a band, as a share of the longer side",
    )  # fmt: skip
    steadied: str = param(
        default="auto", choices=("auto", "change", "picture"),
        doc="change: the image over the plate; picture: the image; auto: the change where a plate is wired, but an "
        "albedo itself",
    )  # fmt: skip
    motion: str = param(
        default="flow",
        choices=("flow", "still"),
        doc="flow: found in the plate; still: nothing moves, for fixed cameras",
    )
    size: int = param(
        default=WORK, hard=(64, 8192), soft=(256, 2048),
        doc="longer side in pixels at which motion is looked for; larger pictures are reduced for it",
    )  # fmt: skip

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        reach = max(self.reach, self.depth_reach) if self.reach else 0
        looked = around(frame, reach, reach)
        return {name: looked for name in ("image", "plate") if name in inputs}

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.reach == 0 or len(in_both(ctx)) == 1 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        closed = {_REST} if self._closes(ctx) else set()
        return super().changes(ctx, layers) | frozenset(layers) & closed

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        found = list(self.mask_needs(ctx, region))
        layers = self._steadied(ctx, layers)
        for frame in self._all_looked(ctx, layers):
            own = {name for name in layers if frame in self._looked(ctx, name)}
            own |= {self._moving(ctx)} if self.motion == "flow" and not ctx.connected("plate") else set()
            found.append(Need("image", ctx.info("image").data, tuple(sorted(own)), frame))
            if ctx.connected("plate"):
                found.append(Need("plate", ctx.info("image").data, (self._moving(ctx),), frame))
        return found

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info, selection, now = ctx.info("image"), self.selection(ctx), ctx.frames("image")[0]
        times = self._times(ctx)
        layers = self._steadied(ctx, ctx.layers)
        ways, shown = self._ways(ctx, now, layers, times), Shown(times)
        out = {}
        for i, name in enumerate(layers):
            layer, chosen = info.layer(name), selection.get(name, ())
            whole = ctx.image("image", now).tensor(name, ctx.region)
            frames = [frame for frame in self._looked(ctx, name) if frame != now]
            if chosen and frames:
                ctx.progress(0.5 + 0.5 * i / len(layers))
                before = take(whole, chosen)
                by = self._change(ctx, layer, chosen, {frame: ways[frame] for frame in (now, *frames)}, times, shown)
                if by is not None:
                    by = enlarged(by, times, *before.shape[1:])
                    whole = put(whole, chosen, self.blend(ctx, before, self._moved(before, by, layer)))
            out[name] = whole
        if _REST in ctx.layers and self._closes(ctx):
            picture = out[MAIN][list(info.layer(MAIN).rgb or ())]
            out[_REST] = picture - (out["albedo"] * out["shading"] + out["specular"])
        return {name: out[name] for name in ctx.layers}

    def _change(
        self, ctx: ComputeContext, layer: Layer, chosen: tuple[int, ...], ways: Mapping[float, Motion], times: int,
        shown: "Shown",
    ) -> Tensor | None:  # fmt: skip
        """By how much `[C, h, w]` chosen channels are moved, reduced as the ways are; None where by nothing at all."""
        now, *frames = ways
        names = tuple(layer.channels[i] for i in chosen)
        lights = self._lights(ctx, layer, chosen, now)
        if len(lights) == 2 and all(torch.equal(*self._lights(ctx, layer, chosen, frame)) for frame in ways):
            return None  # the plate itself, over which nothing changes
        scale = Stops(lights, self.detail, times) if layer.kind in _LIGHT else None
        line: Line | Levels | Zones | None = None
        here = shown.of(lights, scale, now, names)
        for frame in frames:
            ctx.check()
            there = shown.of(self._lights(ctx, layer, chosen, frame), scale, frame, names, ways[frame])
            change = there[0] - here[0] if scale is None else scale.between(here, there)
            change, weight = self._weighed(change, ways[frame], times)
            line = line or self._line(change)
            line.add(frame - now, change, weight)
        assert line is not None
        by = line.here()
        if scale is not None and self.method != "exposure":
            by = scale.evened(by, [chosen.index(i) for i in layer.rgb or () if i in chosen])
        return by

    def _times(self, ctx: ComputeContext) -> int:
        """How many times smaller changes are looked at."""
        if self.method not in ("zones", "bands"):
            return coarseness(self.detail)
        most = max(ctx.region.width, ctx.region.height) / _ZONED
        return 4 if most >= 4 else 2 if most >= 2 else 1

    def _line(self, change: Tensor) -> Line | Levels | Zones:
        """What frames' changes `[C, h, w]`, or `[C, 1, 1]` for the whole frame, are gathered in."""
        if self.method in ("zones", "bands"):
            size = self.zone / 100 * max(change.shape[1:])
            bands = self.method == "bands"
            return Zones(change, size * (_OF_BAND if bands else _OF_ZONE), bands, self.tolerance)
        return Line(change) if self.method == "pixels" else Levels(change)

    def _closes(self, ctx: Context) -> bool:
        """Whether layers are steadied that add up to the picture, so that what is left of it changes."""
        info, selection = ctx.info("image"), self.selection(ctx)
        whole = info.has(MAIN) and info.layer(MAIN).rgb is not None and all(info.has(name) for name in LEDGER)
        return whole and any(name in selection for name in (MAIN, *LEDGER) if name != _REST)

    def _steadied(self, ctx: Context, layers: Sequence[str]) -> tuple[str, ...]:
        """The layers that are worked on to make some: those that a residual follows from, in its place."""
        if _REST not in layers or not self._closes(ctx):
            return tuple(layers)
        return tuple(dict.fromkeys((*(n for n in layers if n != _REST), MAIN, *(n for n in LEDGER if n != _REST))))

    def _looked(self, ctx: Context, name: str) -> tuple[float, ...]:
        """The frames that are looked at for a layer, in the order of time: for depth there may be more."""
        now = ctx.frames("image")[0]
        reach = self.depth_reach or self.reach if ctx.info("image").layer(name).kind is LayerKind.DEPTH else self.reach
        return tuple(frame for frame in in_both(ctx) if abs(frame - now) <= reach)

    def _all_looked(self, ctx: Context, layers: Sequence[str]) -> tuple[float, ...]:
        """The frames that are looked at for any of some layers, in the order of time."""
        return tuple(sorted({ctx.frames("image")[0], *(f for name in layers for f in self._looked(ctx, name))}))

    def _moving(self, ctx: Context) -> str:
        """The layer whose motion is looked for: the main one, or in a picture without, the first."""
        names = ctx.info("plate" if ctx.connected("plate") else "image").names
        return MAIN if MAIN in names or not names else names[0]

    def _ways(self, ctx: ComputeContext, now: float, layers: Sequence[str], times: int) -> dict[float, Motion]:
        frames = self._all_looked(ctx, [name for name in layers if name in self.selection(ctx)])
        if self.motion == "still":
            return dict.fromkeys(frames, still(reduced(ctx.zeros(1), times)))
        socket = "plate" if ctx.connected("plate") else "image"
        return ways(ctx, socket, self._moving(ctx), frames, now, ctx.region, self.size, times)

    def _lights(self, ctx: ComputeContext, layer: Layer, chosen: tuple[int, ...], frame: float) -> tuple[Tensor, ...]:
        """What is to be steady: chosen channels of a frame `[C, h, w]`, and the plate's if they are so over it."""
        x = finite(take(ctx.image("image", frame).tensor(layer.name, ctx.region, "auto"), chosen))
        if layer.kind not in _LIGHT:
            return (x,)
        self.require(self.steadied != "change" or ctx.connected("plate"), "no plate is wired, which change needs")
        alone = self.steadied == "picture" or (self.steadied == "auto" and layer.name == _UNLIT)
        if alone or layer.kind is LayerKind.DEPTH or not ctx.connected("plate"):
            return (x,)
        name = self._moving(ctx)
        plate, under = finite(ctx.image("plate", frame).tensor(name, ctx.region, "auto")), ctx.info("plate", frame)
        there = under.layer(name)
        own = [layer.channels[i] for i in chosen]
        if not set(own) <= set(there.channels):
            plate = plate[grey_of(there)].mean(0, keepdim=True).expand(len(own), -1, -1)
        else:
            plate = plate[[there.channels.index(c) for c in own]]
        return x, plate

    def _weighed(self, change: Tensor, way: Motion, times: int) -> tuple[Tensor, Tensor]:
        """How a frame in the place of this one differs `[C, h, w]`, as far as it counts, and its weight `[1, h, w]`."""
        if self.method == "exposure":
            gain = of_all(change, way.valid)
            if gain is None:
                return torch.zeros_like(change[:, :1, :1]), torch.zeros_like(change[:1, :1, :1])
            return gain, agreement(gain, torch.ones_like(gain[:1]), self.tolerance, 0.0)
        if self.method != "pixels":
            return change, way.valid
        weight = way.valid * agreement(change, way.valid, self.tolerance, max(change.shape[1:]) / _SEEN)
        if not self.detail:
            return change, weight
        # The weight is smoothed with the change, or seams would show where motion is not valid.
        size = self.detail / times
        return averaged(change, weight, size), blurred(weight, size).clamp(0, 1)

    def _moved(self, before: Tensor, by: Tensor, layer: Layer) -> Tensor:
        if layer.kind in _LIGHT:
            return before * by.exp2()
        if layer.kind is LayerKind.NORMAL and before.shape[0] == 3:
            by = F.normalize(before + by, dim=0) * before.norm(dim=0) - before
        return before + by
