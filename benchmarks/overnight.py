"""Frames of a size that farms render at night, each benchmark a process of its own: processor time, memory, shares.

`comp_4k` is a comp of a rendered picture with layers and an element, beside the same program written by hand;
`light_4k` and `light_6k` light a plate that has no layers.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rimlight.engine import Session

import numpy as np
import OpenImageIO as oiio
from harness import Figure, versions

SIZES = {"4k": (3840, 2160), "6k": (6144, 3456)}
COMP_FRAMES, LIGHT_FRAMES = 20, 4
DISTINCT = 4
"""Pictures that are really made; the others are the same under other names, which nobody reads a second time."""

LAYERS = {"": "RGBA", "diffuse.": "RGB", "specular.": "RGB", "normal.": "XYZ", "depth.": "Z"}
RADIUS, DEGREES, SCALE = 8.0, 1.5, 1.03
TOLERANCE = 5e-3
"""Of the same work: the peer places pixels to 1/32, which shows at hard edges, and both write half."""


@dataclass(frozen=True)
class Run:
    """What a process took. cpu : seconds of all its threads. peak : its largest memory in bytes. shares : seconds spent
    reading, writing and computing, which may go on side by side.
    """

    seconds: float
    cpu: float
    peak: int
    shares: Mapping[str, float]

    def utilisation(self) -> float:
        """Share of all processors, 0 to 1."""
        return self.cpu / self.seconds / (os.cpu_count() or 1)


def process(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Run, str]:
    """Run a command to its end: what it took, and its standard output."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        said.seek(0)
        text = said.read()
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}: {text[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, {}), text


def render(script: Path, frames: int) -> Run:
    """Render frames 1 to `frames` in a new process."""
    command = [sys.executable, "-m", "rimlight.engine.cli", "render", str(script), "-f", f"1-{frames}", "--json"]
    run, text = process(command)
    shares = {"reading": 0.0, "writing": 0.0, "computing": 0.0}
    for node, seconds in json.loads(text)["node_seconds"].items():
        shares[{"R": "reading", "W": "writing"}.get(node[0], "computing")] += seconds
    return Run(run.seconds, run.cpu, run.peak, shares)


# -- what is rendered ------------------------------------------------------------------------------------------------


def picture(width: int, height: int, channels: int, seed: int) -> np.ndarray[Any, Any]:
    """Waves, edges and the grain of a camera, float32 `[height, width, channels]`; a fourth is a matte."""
    random = np.random.default_rng(seed)
    x, y = np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)[:, None]
    grain = random.standard_normal((height // 4, width // 4), np.float32).repeat(4, 0).repeat(4, 1)
    out = np.empty((height, width, channels), np.float32)
    for c in range(channels):
        wave = np.sin(x * (19 + 5 * c) + seed) * np.cos(y * (13 + 3 * c) + 2 * seed)
        out[..., c] = 0.5 + 0.4 * wave + 8 * (wave > 0.95) + 0.01 * np.roll(grain, 7 * c, 1)
    if channels == 4:
        out[..., 3] = np.clip(1.6 - 3 * np.hypot(x - 0.5, y - 0.5), 0, 1)
        out[..., :3] *= out[..., 3:]
    return out


def save(path: Path, planes: np.ndarray[Any, Any], names: Sequence[str], depth: str) -> None:
    spec = oiio.ImageSpec(planes.shape[1], planes.shape[0], planes.shape[2], depth)
    spec.channelnames = tuple(names)
    spec.attribute("compression", "zip")
    out = oiio.ImageOutput.create(str(path))
    if out is None or not out.open(str(path), spec) or not out.write_image(planes):
        raise OSError(oiio.geterror() if out is None else out.geterror())
    out.close()


def sequence(folder: Path, name: str, frames: int, make: Callable[[Path, int], None]) -> Path:
    """Files `name.0001.exr` and so on; returns their pattern."""
    for frame in range(1, frames + 1):
        path = folder / f"{name}.{frame:04d}.exr"
        if frame <= DISTINCT:
            make(path, frame)
        else:
            os.link(folder / f"{name}.{(frame - 1) % DISTINCT + 1:04d}.exr", path)
    return folder / f"{name}.####.exr"


def rendered(size: tuple[int, int]) -> Callable[[Path, int], None]:
    """A picture with layers as half, 14 channels."""
    names = [prefix + c for prefix, channels in LAYERS.items() for c in channels]

    def make(path: Path, frame: int) -> None:
        x = picture(*size, len(names), frame)
        x[..., 3] = 1
        save(path, x, names, "half")

    return make


def element(size: tuple[int, int]) -> Callable[[Path, int], None]:
    """RGBA as float."""
    return lambda path, frame: save(path, picture(*size, 4, 10 + frame), "RGBA", "float")


def plate(size: tuple[int, int]) -> Callable[[Path, int], None]:
    """RGB as half."""
    return lambda path, frame: save(path, picture(*size, 3, frame), "RGB", "half")


def comp(folder: Path, frames: int, size: tuple[int, int]) -> Path:
    """The comp as a script: the element graded, blurred and put over the picture with layers; all of it turned."""
    session = Session()
    session.set_project(frames=(1, frames))
    session.add("Read", name="ReadBeauty", file=str(sequence(folder, "beauty", frames, rendered(size))))
    session.add("Read", name="ReadElement", file=str(sequence(folder, "element", frames, element(size))))
    session.add("Grade", "ReadElement", name="Grade", multiply=1.3, gamma=1.2, black_clamp=False)
    session.add("Blur", "Grade", name="Blur", channels="rgba", size=2.4 * RADIUS)
    session.add("Merge", name="Over", inputs={"B": "ReadBeauty", "A": "Blur"})
    session.add("Transform", "Over", name="Turn", rotate=DEGREES, scale=SCALE, filter="simon")
    session.add("Write", "Turn", name="Write", file=str(folder / "ours.####.exr"), depth="half", window="display")
    session.save(folder / "comp.rim")
    return folder / "comp.rim"


def light(folder: Path, frames: int, size: tuple[int, int]) -> Path:
    """A plate taken apart, lit by another light, with its shadow softened."""
    session = Session()
    session.set_project(frames=(1, frames))
    session.add("Read", name="Read", file=str(sequence(folder, "plate", frames, plate(size))))
    session.add("Intrinsics", "Read", name="Intrinsics")
    session.add("DirectionalLight", name="Sun", azimuth=40.0, elevation=35.0, angle=2.0)
    session.add("Relight", name="Relight", inputs={"image": "Intrinsics", "rig": "Sun"})
    session.add("ShadowEdit", "Relight", name="Shadow", amount=0.8, penumbra=2.0)
    session.add("Write", "Shadow", name="Write", file=str(folder / "ours.####.exr"), channels="rgb", depth="half")
    session.save(folder / "light.rim")
    return folder / "light.rim"


@contextmanager
def material() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="overnight") as folder:
        yield Path(folder)


# -- the figures -----------------------------------------------------------------------------------------------------


def figures(name: str, run: Run, frames: int, size: tuple[int, int], peer: Run | None = None) -> list[Figure]:
    """Processor time and memory, which other programs on the machine change little, and the clock beside them."""
    one = size[0] * size[1] * 16
    total = sum(run.shares.values()) or 1.0
    others = {f"{k} %": 100 * v / total for k, v in run.shares.items()} | {
        "frames a minute": 60 * frames / run.seconds,
        "processors used %": 100 * run.utilisation(),
    }
    if peer is not None:
        others["frames a minute of the peer"] = 60 * frames / peer.seconds

    def against(ours: float, theirs: float | None) -> tuple[str, float | None, float | None]:
        return ("OpenCV", theirs, ours / theirs) if theirs else ("", None, None)

    cpu = against(run.cpu / frames, peer and peer.cpu / frames)
    memory = against(run.peak / one, peer and peer.peak / one)
    return [
        Figure(f"{name}_cpu", run.cpu / frames, "s a frame", *cpu, versions=versions(), others=others),
        Figure(f"{name}_memory", run.peak / one, "RGBA float frames", *memory, versions=versions(),
               note=f"{run.peak / 2**30:.2f} GiB"),
    ]  # fmt: skip


def best(runs: Sequence[Run]) -> Run:
    """The run that other programs on the machine disturbed least; the memory is the largest of all."""
    quickest = min(runs, key=lambda run: run.cpu)
    return Run(min(run.seconds for run in runs), quickest.cpu, max(run.peak for run in runs), quickest.shares)


def difference(folder: Path, frame: int) -> float:
    """Largest difference of the two results inside the frame, relative to the larger of one and the value."""
    found = []
    for name in ("ours", "theirs"):
        file = oiio.ImageInput.open(str(folder / f"{name}.{frame:04d}.exr"))
        order = sorted(file.spec().channelnames)
        x = np.asarray(file.read_image("float"))
        found.append(x[64:-64, 64:-64, [file.spec().channelnames.index(n) for n in order]])
        file.close()
    ours, theirs = found
    return float((np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))).max())


def comp_4k(rounds: int, frames: int = COMP_FRAMES) -> list[Figure]:
    with material() as folder:
        script = comp(folder, frames, SIZES["4k"])
        peer = [sys.executable, str(Path(__file__).with_name("overnight_peer.py")), str(folder), str(frames)]
        runs: list[Run] = []
        peers: list[Run] = []
        for _ in range(max(1, rounds // 4)):
            runs.append(render(script, frames))
            peers.append(process(peer)[0])
        found = figures("comp_4k", best(runs), frames, SIZES["4k"], best(peers))
        apart = difference(folder, 1)
        found[0].note = f"largest difference {apart:.1e}"
        if apart > TOLERANCE:
            found[0].note += f"; MORE THAN {TOLERANCE:g}: not the same work"
        return found


def light_4k(rounds: int, frames: int = LIGHT_FRAMES) -> list[Figure]:
    return _light("4k", max(1, rounds // 4), frames)


def light_6k(rounds: int, frames: int = 2) -> list[Figure]:
    return _light("6k", max(1, rounds // 8), frames)


def _light(size: str, rounds: int, frames: int) -> list[Figure]:
    with material() as folder:
        script = light(folder, frames, SIZES[size])
        runs = [render(script, frames) for _ in range(rounds)]
        return figures(f"light_{size}", best(runs), frames, SIZES[size])
