"""The frames around one, and how things move between them, for nodes that look at motion."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Layer, Node, Region

from ..ops.flow import Motion, chained, compressed, motions_between, settled, still
from ..ops.progress import Progress
from ..ops.steady import smaller

_NAMES = ("there", "there_valid", "back", "back_valid")


class Temporal(Node):
    """A node that reads frames around its own of `image` and, where it has such an input, of `plate`.

    Frames that the material of an input does not have are left out: none of their warnings is told, and which they are
    is part of the cache key.
    """

    def heeded(self, ctx: Context, socket: str) -> Sequence[float]:
        return there(ctx, socket) if socket in ("image", "plate") else super().heeded(ctx, socket)

    def extra_key(self, ctx: Context) -> object:
        return _steps(ctx, "image"), _steps(ctx, "plate")


def around(frame: float, before: int, after: int) -> tuple[float, ...]:
    """`frame` itself, for what is read of the first frame alone, then those up to `before` and `after` it."""
    others = [d for n in range(1, max(before, after) + 1) for d in (-n, n) if -before <= d <= after]
    return (frame, *(frame + d for d in others))


def there(ctx: Context, socket: str) -> tuple[float, ...]:
    """Those of the frames that are read of an input that its material has, in the order of time.

    The first of them, that is shown, always counts. A frame within the material that fails is an error there.
    """
    frames = ctx.frames(socket)
    span = ctx.info(socket).frames
    if span is not None:
        frames = tuple(f for f in frames if f == frames[0] or span[0] <= f <= span[1])
    return tuple(sorted(frames))


def in_both(ctx: Context) -> tuple[float, ...]:
    """Those of `there` that the inputs `image` and, where it is wired, `plate` both have."""
    frames = there(ctx, "image")
    return tuple(f for f in frames if f in there(ctx, "plate")) if ctx.connected("plate") else frames


def _steps(ctx: Context, socket: str) -> tuple[float, ...]:
    """How far from the frame that is shown those of `there` are: pixels do not say where a material ends."""
    frames = ctx.frames(socket)
    return tuple(f - frames[0] for f in there(ctx, socket)) if frames else ()


def grey_of(layer: Layer) -> list[int]:
    """The channels of a layer that show its texture: red, green and blue, or all but the alpha."""
    if layer.rgb is not None:
        return list(layer.rgb)
    return [i for i in range(len(layer.channels)) if i != layer.alpha]


def between(
    ctx: ComputeContext, socket: str, name: str, a: float, b: float, region: Region, work: int
) -> tuple[Motion, Motion]:
    """The motion from frame `a` to frame `b` of the layer `name` of an input over `region`, and that from `b` to `a`.

    work : the longer side at which it is estimated. Found once, whichever nodes and frames ask for it.
    """
    first, second = sorted((a, b))

    def make() -> dict[str, Tensor]:
        a, b = (_picture(ctx, socket, name, frame, region) for frame in (first, second))
        one, other = (_texture(ctx, socket, name, frame, region, work) for frame in (first, second))
        there, back = motions_between(a, b, work, _watched(ctx), (one, other))
        return dict(zip(_NAMES, (there.vectors, there.valid, back.vectors, back.valid), strict=True))

    of = [(socket, name, f) for f in (first, second)]
    found = ctx.shared_layers(of, ("motion", region.box, work), _NAMES, make)
    there, back = Motion(found["there"], found["there_valid"]), Motion(found["back"], found["back_valid"])
    return (there, back) if a <= b else (back, there)


def _picture(ctx: ComputeContext, socket: str, name: str, frame: float, region: Region) -> Tensor:
    return ctx.image(socket, frame).tensor(name, region, "auto")[grey_of(ctx.info(socket, frame).layer(name))]


def _texture(ctx: ComputeContext, socket: str, name: str, frame: float, region: Region, work: int) -> Tensor:
    """What flow looks at, which the links on both sides of a frame share."""

    def make() -> dict[str, Tensor]:
        return {"texture": compressed(_picture(ctx, socket, name, frame, region), work)}

    key = ("texture", region.box, work)
    return ctx.shared_layers([(socket, name, frame)], key, ("texture",), make)["texture"].cpu()


def ways(
    ctx: ComputeContext, socket: str, name: str, frames: Sequence[float], now: float, region: Region, work: int,
    times: int = 1,
) -> dict[float, Motion]:  # fmt: skip
    """The motion from frame `now` to each of `frames`, by frame, link by link through those between.

    frames : in the order of time, `now` among them. times : for pictures so many times smaller, see `reduced`. The
    others are as in `between`.
    """
    at = frames.index(now)
    found = {now: smaller(still(torch.zeros((1, region.height, region.width), device=ctx.device)), times)}
    for chain in (frames[at:], frames[at::-1]):
        for a, b in itertools.pairwise(chain):
            ctx.check()
            link = smaller(between(ctx, socket, name, a, b, region, work)[0], times)
            found[b] = link if a == now else chained(found[a], link)
    return found


def settled_ways(
    ctx: ComputeContext, socket: str, name: str, frames: Sequence[float], now: float, ends: Sequence[float],
    region: Region, work: int,
) -> dict[float, Motion]:  # fmt: skip
    """As `ways`, to some of the frames alone, `ends`: small errors of the links do not add up."""
    found, at = ways(ctx, socket, name, frames, now, region, work), frames.index(now)

    def way(end: float) -> Motion:
        chain = frames[min(at, frames.index(end)) : max(at, frames.index(end)) + 1]
        if len(chain) < 3:
            return found[end]

        def make() -> dict[str, Tensor]:
            ctx.check()
            both = (_texture(ctx, socket, name, frame, region, work) for frame in (now, end))
            return {"vectors": settled(found[end], *both).vectors}

        of, key = [(socket, name, frame) for frame in chain], ("settled", region.box, work, now <= end)
        return Motion(ctx.shared_layers(of, key, ("vectors",), make)["vectors"], found[end].valid)

    return {end: way(end) for end in ends}


def _watched(ctx: ComputeContext) -> Progress:
    """Stops when nobody waits any more; the share done is told by the node, which knows how many links there are."""

    def check(fraction: float) -> None:
        ctx.check()

    return check
