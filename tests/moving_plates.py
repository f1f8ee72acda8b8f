"""A plate whose every point moves in a way that is known exactly: for tests of tracking.

`use()` puts the node `toy.moving` into the registry for the length of a `with`.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import RGBA, ComputeContext, Context, ImageInfo, Session, Source, Vec2, node, param, registry

SIZE = (160, 120)
_RANDOM = np.random.default_rng(3)
_FREQUENCIES = np.clip(_RANDOM.normal(size=(60, 2)) * 0.35, -1.2, 1.2)
_PHASES, _SIZES = _RANDOM.uniform(0, 2 * np.pi, 60), _RANDOM.uniform(0.3, 1, 60)


@node("toy.moving", reads=("frame",))
class Moving(Source):
    """Waves in all directions, brighter than white in places, that move, turn and grow about the middle from frame 1.

    Waves are known between pixels, so nothing is filtered on the way to the plate.
    """

    velocity: Vec2 = param(default=(1.37, 0.83), doc="pixels a frame, y up")
    turn: float = param(default=0.0, doc="degrees a frame, counter-clockwise")
    growth: float = param(default=1.0, doc="factor a frame")
    gain: float = param(default=1.0, doc="factor of the light a frame")
    noise: float = param(default=0.0, doc="standard deviation")
    flat: bool = param(default=False, doc="all the same light")
    edge: bool = param(default=False, doc="one upright edge in the middle")

    def info(self, ctx: Context) -> ImageInfo:
        frame = ctx.project.size.region.scaled(ctx.scale)
        return ImageInfo(frame, frame, (RGBA,))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        frame, r, steps = ctx.output.display, ctx.region, ctx.frame - 1
        y, x = np.mgrid[r.y0 : r.y1, r.x0 : r.x1] + 0.5
        dx = x - frame.width / 2 - self.velocity[0] * steps
        dy = frame.height / 2 - y - self.velocity[1] * steps
        angle, size = math.radians(self.turn * steps), self.growth**steps
        u = (math.cos(angle) * dx + math.sin(angle) * dy) / size
        v = (math.cos(angle) * dy - math.sin(angle) * dx) / size
        waves = zip(_FREQUENCIES, _PHASES, _SIZES, strict=True)
        light = np.zeros_like(x)
        if self.edge:
            light = np.tanh(u)
        for (a, b), phase, strength in waves if not (self.flat or self.edge) else ():
            light += strength * np.cos(a * u + b * v + phase)
        light = 0.3 * np.exp(0.4 * light)
        if self.noise:
            grain = np.random.default_rng(int(ctx.frame)).normal(size=(frame.height, frame.width))
            rows, columns = frame.slices_of(r)
            light = light + self.noise * grain[rows, columns]
        plane = torch.from_numpy((light * self.gain**steps).astype(np.float32)).to(ctx.device)
        return {"rgba": torch.stack((plane, plane, plane, torch.ones_like(plane)))}


registry.discard(Moving.kind)


def truth(plate: Moving, place: Vec2, frame: float, start: float = 1) -> Vec2:
    """Where the point is at a frame that is at `place`, y up, at another."""

    def center(at: float) -> tuple[float, float]:
        return tuple(side / 2 + step * (at - 1) for side, step in zip(SIZE, plate.velocity, strict=True))  # type: ignore[return-value]

    (ax, ay), (bx, by) = center(start), center(frame)
    angle, size = math.radians(plate.turn * (frame - start)), plate.growth ** (frame - start)
    x, y = place[0] - ax, place[1] - ay
    return (
        bx + size * (math.cos(angle) * x - math.sin(angle) * y),
        by + size * (math.sin(angle) * x + math.cos(angle) * y),
    )


@contextlib.contextmanager
def use() -> Iterator[None]:
    """Register the plate."""
    registry.add(Moving)
    try:
        yield
    finally:
        registry.discard(Moving.kind)


def tracked_shot(places: Mapping[str, Vec2], last: int = 12, **plate: object) -> Session:
    """A session with the plate `P` and a Tracker `T` on it, whose tracks are at places. Inside `use`."""
    session = Session()
    session.set_project(format=f"{SIZE[0]}x{SIZE[1]}", frames=[1, last])
    session.add("toy.moving", name="P", **plate)
    weights = {f"{name}_weight": 1.0 for name in places}
    session.add("Tracker", "P", name="T", **places, **weights)
    return session
