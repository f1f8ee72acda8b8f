"""How well a camera's turn is told from its picture: panoramas panned by known angles, errors in degrees.

`python benchmarks/camera_turn.py PANORAMA... [--frames N]` views each lat-long picture with a lens of 50 degrees at 640
x 360 pixels, panned over 80 degrees with starts and stops, tilted by up to 6 and rolled by up to 3, and lets the
solver behind Camera find the turn again. Printed for each way of making it harder: the angle between the camera found
and the true one, as the mean of the roots of mean squares, the largest, and the mean over the last frames (drift); the
share of frames that were given up; the solver's own residual in pixels; milliseconds a frame.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rimlight.engine import Reader
from rimlight.engine.light import equirect
from rimlight.engine.light.pose import Pose
from rimlight.nodes.ops.camera_turn import TurnFollower
from rimlight.nodes.ops.turn_view import Lens, view_of

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

HEIGHT, WIDTH, VIEW = 360, 640, 50.0
LENS = Lens(math.tan(math.radians(VIEW) / 2), math.tan(math.radians(VIEW) / 2) * HEIGHT / WIDTH)


def pose_at(share: float) -> Pose:
    """Where the camera looks at a share of the shot."""
    eased = share * share * (3 - 2 * share)
    return Pose(-80 * eased, 6 * math.sin(5 * share), 3 * math.sin(7 * share))


def seen(panorama: Tensor, pose: Pose, lens: Lens = LENS) -> Tensor:
    """What a camera sees of a lat-long picture, `[3, h, w]`, four rays a pixel."""
    y, x = torch.meshgrid(
        torch.arange(2 * HEIGHT, dtype=torch.float64), torch.arange(2 * WIDTH, dtype=torch.float64), indexing="ij"
    )
    rays = torch.stack((
        ((x + 0.5) / WIDTH - 1) * lens.tan_x, (1 - (y + 0.5) / HEIGHT) * lens.tan_y, -torch.ones_like(x)
    ))  # fmt: skip
    towards = torch.einsum("ij,jhw->ihw", torch.from_numpy(pose.rotation), rays).float()
    return F.avg_pool2d(equirect.sample(panorama, towards)[None], 2)[0]


@dataclass(frozen=True)
class Way:
    """A way of making it harder. change : picture and matte of a frame `(picture, share, draw)`. matte : is given to
    the solver. view : the field of view that it is told.
    """

    name: str
    change: Callable[[Tensor, float, torch.Generator], tuple[Tensor, Tensor | None]]
    matte: bool = False
    view: float = VIEW


def plain(picture: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, None]:
    return picture, None


def noisy(picture: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, None]:
    """Noise as of a camera at a high gain: a tenth of the picture's level, more where it is bright."""
    level = float(picture.median())
    return picture + torch.randn(picture.shape, generator=draw) * (
        0.1 * (picture.clamp_min(0) * level + level**2).sqrt()
    ), None


def exposed(picture: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, None]:
    """An iris that goes over four stops, a lamp that flickers, and a white balance that drifts."""
    stops = 2 * math.cos(9 * share) + 0.3 * float(torch.randn((), generator=draw))
    white = torch.tensor([2 ** (0.4 * math.sin(6 * share)), 1.0, 2 ** (-0.4 * math.sin(6 * share))])
    return picture * 2**stops * white.reshape(3, 1, 1), None


def _put(picture: Tensor, x: float, wide: float, share: float) -> tuple[Tensor, Tensor]:
    """A textured oval, `wide` of the frame's width, at `x` of it."""
    pattern = torch.rand(1, 3, 36, 48, generator=torch.Generator().manual_seed(3))
    cloth = F.interpolate(pattern, (HEIGHT * 2, WIDTH), mode="bicubic")[0].clamp_min(0.05)
    rows = (torch.arange(HEIGHT) + 0.5)[:, None] / HEIGHT
    columns = (torch.arange(WIDTH) + 0.5)[None] / WIDTH
    matte = ((((columns - x) / (wide / 2)) ** 2 + ((rows - 0.6) / 0.55) ** 2) < 1).float()[None]
    shift, down = round((x - 0.5) * WIDTH), round(40 + 20 * math.sin(20 * share))
    moved = cloth.roll(shift, 2)[:, down : down + HEIGHT] * float(picture.median()) * 2
    return torch.lerp(picture, moved, matte), matte


def crossing(picture: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Somebody walks through the frame, a third of it wide."""
    return _put(picture, 1.1 - 1.2 * share, 0.33, share)


def followed(picture: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Somebody whom the camera follows: two thirds of the frame wide, in its middle all the time."""
    return _put(picture, 0.5 + 0.03 * math.sin(8 * share), 0.67, share)


def everything(picture: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Somebody who is followed, noise and exposure at once."""
    picture, matte = followed(picture, share, draw)
    return noisy(exposed(picture, share, draw)[0], share, draw)[0], matte


WAYS = (
    Way("as it is", plain), Way("noise", noisy), Way("exposure changes", exposed),
    Way("a subject crosses", crossing), Way("a subject crosses, matte", crossing, True),
    Way("a subject is followed", followed), Way("a subject is followed, matte", followed, True),
    Way("all of it, matte", everything, True), Way("lens told 10 % too wide", plain, view=55.0),
)  # fmt: skip


def frames(panorama: Tensor, way: Way, count: int) -> Iterator[tuple[Tensor, Tensor | None, Pose]]:
    """Picture, matte and truth of every frame."""
    draw = torch.Generator().manual_seed(1)
    for i in range(count):
        share = i / (count - 1)
        picture, matte = way.change(seen(panorama, pose_at(share)), share, draw)
        yield picture, matte, pose_at(share)


@dataclass(frozen=True)
class Row:
    """Of a shot: degrees by frame, the share given up, pixels, and milliseconds a frame."""

    off: list[float]
    lost: float
    error: float
    took: float


def measured(panorama: Tensor, way: Way, count: int) -> Row:
    tan = math.tan(math.radians(way.view) / 2)
    lens = Lens(tan, tan * HEIGHT / WIDTH)
    follower, off, lost, errors, took = TurnFollower(), [], 0, [], 0.0
    first = None
    for picture, matte, pose in frames(panorama, way, count):
        begun = time.perf_counter()
        try:
            link = follower.go_on(view_of(picture, lens, matte if way.matte else None))
        except ValueError:
            lost += 1
            continue
        took += time.perf_counter() - begun
        first = pose.rotation if first is None else first
        found = first @ link.rotation.T
        gap = found.T @ pose.rotation
        off.append(math.degrees(2 * math.asin(min(1.0, float(np.linalg.norm(gap - np.eye(3))) / math.sqrt(8)))))
        errors.append(link.error)
    return Row(off, lost / count, statistics.mean(errors), 1000 * took / count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("panoramas", type=Path, nargs="+", help="lat-long pictures")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--only", default="", help="a part of a way's name")
    args = parser.parse_args()
    torch.set_num_threads(2)
    print("| | rms | largest | last | lost | px | ms |\n|---|---|---|---|---|---|---|")
    pictures = [Reader().pixels(path, ["rgba"])["rgba"][:3] for path in args.panoramas]
    for way in WAYS:
        if args.only not in way.name:
            continue
        rows = [measured(picture, way, args.frames) for picture in pictures]
        rms = statistics.mean(math.sqrt(statistics.mean(x * x for x in row.off)) for row in rows)
        last = statistics.mean(statistics.mean(row.off[-3:]) for row in rows)
        largest = max(max(row.off) for row in rows)
        lost, error, took = (statistics.mean(getattr(row, k) for row in rows) for k in ("lost", "error", "took"))
        print(
            f"| {way.name} | {rms:.3f} | {largest:.3f} | {last:.3f} | {100 * lost:.0f} % | {error:.2f} | {took:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
