"""How LightPropagate brings the light of its references to the frame that is made, and mixes what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import torch
from torch import Tensor

from rimlight.engine import MAIN, mean_of_all

from ..ops.fir import finite
from ..ops.flow import Motion, followed, within
from ..ops.light_carry import Change, agreed, by_normals, continued, fitted_to_normals, stops_over, turn_between
from ..ops.progress import part
from .cast_light import Cast, Fit, doubt_of, fitted_with_shadows, left_over
from .neighbors import settled_ways
from .propagate_shot import Shot

_UNSURE = 0.02
"""How much a reference counts where it is not valid: the nearer one then says more. One behind a cut is valid nowhere,
and counts no more than `_CUT_OFF` of that."""
_CUT_OFF = 1e-3

_NEARER = 2
"""Power of the distance in time by which the nearer of two references counts more."""


class Light(NamedTuple):
    """The light of a frame: `plate * 2**stops + rest`, `[3, H, W]` each; `valid [1, H, W]`, 0 to 1: it was carried."""

    stops: Tensor
    rest: Tensor
    valid: Tensor


@dataclass(frozen=True)
class _Carried:
    """What one reference says of a frame: stops and rest `[3, H, W]` as in `Change`, where it is valid `[1, H, W]`.

    cast : its light on the surfaces of the frame, where that is cast anew. The stops are then what it leaves of the
    shading; `before` is what it gave things in the reference, and `own` the plate's shading that they are relit from,
    stops `[3, H, W]` each.
    """

    stops: Tensor
    rest: Tensor
    valid: Tensor
    cast: Cast | None = None
    before: Tensor | None = None
    own: Tensor | None = None


class _Change(NamedTuple):
    """How light changes in a reference, without what is found anew in other frames, and that.

    seen : `[9, H, W]`, stops and rest as in `Change`, and stops that things are told apart by. more : the terms of
    normals, or the stops `[3, H, W]` that the fitted light gives the reference.
    """

    seen: Tensor
    more: Tensor


class _Moved(NamedTuple):
    """A change brought to the places of the frame, stops and rest `[3, H, W]`; where it is valid `[1, H, W]`."""

    stops: Tensor
    rest: Tensor
    valid: Tensor
    more: Tensor

    @classmethod
    def of(cls, change: _Change, motion: Motion, looks: Tensor, covered: Tensor) -> "_Moved":
        """looks : stops `[3, H, W]` that things of the frame are told apart by. covered : `[1, H, W]`, where the
        reference has pixels.
        """
        whole = bool((covered == 1).all())
        seen = change.seen if whole else torch.cat((change.seen, covered))
        seen = followed(seen, motion.vectors, "linear")
        inside = within(motion.vectors) if whole else within(motion.vectors) * seen[9:]
        return cls(seen[:3], seen[3:6], agreed(motion.valid, looks, seen[6:9], inside), change.more)


class Carrier:
    """The references of a shot, carried to its frame."""

    def __init__(self, shot: Shot) -> None:
        self._shot, self._ctx = shot, shot.ctx

    def light(self) -> Light:
        """What all references together say of the frame."""
        carried = self._carried()
        parts = self._cast(carried)
        first, last = parts[0], parts[-1]
        if len(parts) == 1:
            return Light(first.stops, first.rest, first.valid)
        share = self._share(first.valid, last.valid)
        return Light(*(
            torch.lerp(a, b, share)
            for a, b in ((first.stops, last.stops), (first.rest, last.rest), (first.valid, last.valid))
        ))  # fmt: skip

    def _share(self, first: Tensor, second: Tensor) -> Tensor:
        """How much of the second reference there is `[1, H, W]`, by how near either is in time and where it holds."""
        time = self._time()
        unsure = (_UNSURE * mean_of_all(valid).clamp_min(_CUT_OFF) for valid in (first, second))
        one, two = (
            near**_NEARER * (valid + doubt)
            for near, valid, doubt in zip((1 - time, time), (first, second), unsure, strict=True)
        )
        return two / (one + two)

    def _time(self) -> float:
        """Where the frame is between its references, 0 to 1."""
        first, *others = self._ctx.frames("relit")
        return (self._ctx.frame - first) / (others[0] - first) if others else 0.0

    def _cast(self, parts: Sequence[_Carried]) -> Sequence[_Carried]:
        """The references with the light that there is at the time, and what theirs leave once it has gone on."""
        first, last = parts[0].cast, parts[-1].cast
        if first is None or last is None:
            return parts
        surfaces, moves, done = self._shot.surfaces(self._ctx.frame), first.moves_to(last), []
        between = first.towards(last, self._time())
        lit = between.on(surfaces) if moves == 1 else None
        for p in parts:
            assert p.cast is not None and p.before is not None and p.own is not None
            light, doubt = p.cast.towards(between, moves), doubt_of(p.stops)
            given = light.on(surfaces) if lit is None else lit
            left = left_over(p.stops, light.apart(p.cast), doubt)
            done.append(replace(p, stops=given.over(left, torch.lerp(given.stops, p.before, p.valid), doubt) - p.own))
        return done

    def _carried(self) -> list[_Carried]:
        """What each reference says of the frame."""
        shot, ctx, references = self._shot, self._ctx, self._ctx.frames("relit")
        frames = tuple(sorted(ctx.frames("image")))
        found = settled_ways(ctx, "image", MAIN, frames, ctx.frame, references, shot.data, shot.node.size)
        plate = stops_over(shot.layer(MAIN, ctx.frame))
        looks, normal = shot.looks(ctx.frame, plate), shot.normal(ctx.frame)
        moved = []
        for i, reference in enumerate(references):
            ctx.progress(i / (2 * len(references)))
            moved.append(_Moved.of(self._change(reference), found[reference], looks, shot.covered(reference)))
        ctx.check()
        known = torch.stack([m.stops for m in moved]), torch.stack([m.valid for m in moved])
        stops = continued(*known, plate, normal, part(ctx.progress, 1, 2))
        ctx.check()
        return [
            self._relit(reference, found[reference], one, light, normal)
            for reference, one, light in zip(references, moved, stops, strict=True)
        ]

    def _relit(
        self, reference: float, motion: Motion, moved: "_Moved", stops: Tensor, normal: Tensor | None
    ) -> _Carried:
        """What a reference says of the frame, whose light without what is found anew is `stops [3, H, W]`."""
        shot, ctx, layers = self._shot, self._ctx, self._shot.layers

        def followed_there(x: Tensor) -> Tensor:
            return followed(x, motion.vectors, "linear")

        light: Cast | None = None
        then = shot.normal(reference) if layers.follows else None
        if normal is not None and then is not None:
            turn = turn_between(normal, followed_there(then), moved.valid)
            if not layers.casts:
                stops = stops + by_normals(moved.more, torch.einsum("ij,jhw->ihw", turn.to(normal), normal))
            else:
                light = Cast.of(self._fitted(reference), normal, turn)
        rest = moved.rest * moved.valid
        own = stops_over(shot.layer("shading", ctx.frame)) if "shading" in shot.maps else None
        if light is not None and own is not None:
            if not layers.replaces:
                own = torch.lerp(own, followed_there(stops_over(shot.layer("shading", reference))), moved.valid)
            return _Carried(stops, rest, moved.valid, light, followed_there(moved.more), own)
        return _Carried(stops if own is None else stops - own, rest, moved.valid)

    def _change(self, reference: float) -> "_Change":
        """How light changes in a reference; once for all frames."""
        shot, layers = self._shot, self._shot.layers
        normal, follows, casts = shot.normal(reference), layers.follows, layers.casts

        def make() -> Mapping[str, Tensor]:
            plate = shot.layer(MAIN, reference)
            looks = stops_over(plate)
            change, looks = Change.beside(plate, looks, shot.relit(reference)), shot.looks(reference, looks)
            stops, more = change.stops, plate[:0]
            if "shading" in shot.maps:
                stops = stops + stops_over(shot.layer("shading", reference))
            if normal is not None and casts:
                more = Cast.of(self._fitted(reference), normal, torch.eye(3)).on(shot.surfaces(reference)).stops
                stops = stops - more
            elif normal is not None and follows:
                more = fitted_to_normals(stops, normal, shot.covered(reference))
                stops = stops - by_normals(more, normal)
            return {"seen": torch.cat((stops, change.rest, looks)), "more": more}

        key = ("light change", layers.replaces, follows, self._cast_key())
        found = self._ctx.shared_layers(self._origins(reference), key, ("seen", "more"), make)
        return _Change(found["seen"], found["more"])

    def _fitted(self, reference: float) -> Fit:
        """The light of a relit frame, once for all frames."""
        shot = self._shot

        def solve() -> Fit:
            change = Change.of(shot.layer(MAIN, reference), shot.relit(reference))
            shading = finite(shot.layer("shading", reference)) * change.stops.exp2()
            return fitted_with_shadows(shading, shot.covered(reference), shot.surfaces(reference))

        key = ("light of a relit frame", self._cast_key())
        return cast(Fit, self._ctx.shared(self._origins(reference), key, solve))

    def _origins(self, reference: float) -> list[tuple[str, str, float]]:
        """What the light of a reference follows from."""
        return [("relit", MAIN, reference), *(("image", name, reference) for name in (MAIN, *self._shot.maps))]

    def _cast_key(self) -> object:
        """What shadows depend on beside layers."""
        node, box = self._shot.node, self._shot.data.box
        if not self._shot.layers.casts:
            return box
        return box, node.field_of_view, node.depth_is, node.cm_per_unit, node.soften, node.thickness
