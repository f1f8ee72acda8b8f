"""The compositing chain and the ten point operations of this product's graph, against programs written by hand."""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rimlight.engine import Session, Settings

import numpy as np
import OpenImageIO as oiio
import peers
from harness import Figure, figure, paired, versions

WIDTH, HEIGHT = 1920, 1080
TOLERANCE = 2e-3
GIB = 1 << 30


def plates(folder: Path) -> tuple[Path, Path]:
    """Two 1080p RGBA pictures as half ZIP EXR, values up to 50, the first with soft alpha."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    paths = []
    for name, phase in (("a", 0.0), ("b", 1.7)):
        waves = [25 + 24 * np.sin(x / (61 + 7 * c) + phase) * np.cos(y / (83 + 5 * c) + phase) for c in range(3)]
        rgb = np.stack(waves, -1) + random.normal(0, 0.4, (HEIGHT, WIDTH, 3))
        alpha = np.clip(1.5 - np.hypot(x - WIDTH / 2, y - HEIGHT / 2) / 500, 0, 1) if name == "a" else np.ones_like(x)
        picture = np.concatenate((np.clip(rgb, 0.01, 50) * alpha[..., None], alpha[..., None]), -1).astype(np.float16)
        paths.append(folder / f"{name}.exr")
        write_exr(paths[-1], picture)
    return paths[0], paths[1]


def write_exr(path: Path, picture: np.ndarray[Any, Any]) -> None:
    spec = oiio.ImageSpec(picture.shape[1], picture.shape[0], 4, "half")
    spec.attribute("compression", "zip")
    out = oiio.ImageOutput.create(str(path))
    if not out.open(str(path), spec) or not out.write_image(picture):
        raise OSError(out.geterror())
    out.close()


def read_exr(path: Path) -> peers.Array:
    file = oiio.ImageInput.open(str(path))
    picture = file.read_image("half").astype(np.float32)
    file.close()
    return picture


def chain_session(a: Path, b: Path, output: Path | None = None, cache: int = GIB // 2, device: str = "cpu") -> Session:
    """The chain as a graph: two Reads, Exposure, Gamma, Saturation, Blur, Merge, Write."""
    session = Session(Settings(host_bytes=cache, device=device))
    session.add("Read", name="A", file=str(a), raw=True)
    session.add("Read", name="B", file=str(b), raw=True)
    session.add("Exposure", "A", name="Expose", stops=0.5)
    session.add("Gamma", "Expose", name="Gamma", value=1.2)
    session.add("Saturation", "Gamma", name="Saturate", saturation=peers.SATURATION)
    session.add("Blur", "Saturate", name="Soften", size=2.4 * peers.SIGMA)
    session.add("Merge", name="Over", inputs={"B": "B", "A": "Soften"})
    if output is not None:
        session.add("Write", "Over", name="Out", file=str(output), depth="half", compression="zip")
    return session


def ten_session(a: Path, device: str = "cpu") -> Session:
    """Ten per-pixel operations in a row."""
    session = Session(Settings(host_bytes=GIB // 2, device=device))
    session.add("Read", name="A", file=str(a), raw=True)
    session.add("Exposure", "A", name="Expose", stops=0.5)
    matrix = tuple(float(v) for v in peers.MATRIX.ravel())
    operations: list[tuple[str, dict[str, object]]] = [
        ("Gamma", {"value": 1.2}),
        ("Saturation", {"saturation": peers.SATURATION}),
        ("Multiply", {"value": (1.1, 1.05, 0.95, 1.0)}),
        ("Add", {"value": (0.01, 0.02, 0.03, 0.0)}),
        ("ColorMatrix", {"matrix": matrix}),
        ("Multiply", {"value": 0.9}),
        ("Add", {"value": -0.05}),
        ("Clamp", {"maximum_enable": False}),
        ("Invert", {}),
    ]
    last = "Expose"
    for kind, values in operations:
        last = session.add(kind, last, **values)
    return session


def renderer(
    session: Session, node: str, parameter: tuple[str, str] = ("Expose", "stops"), hair: float = 1e-6
) -> Callable[[], Any]:
    """Evaluates `node` with the first parameter of the chain moved a hair each time, so that nothing is found in the
    cache.
    """
    moved = itertools.count(1)
    name, knob = parameter
    start = session.value(name, knob)

    def run() -> Any:
        step = hair * next(moved)
        value = tuple(v + step for v in start) if isinstance(start, tuple) else start + step
        session.set(name, "drag", **{knob: value})
        return session.evaluate(node, layers=("rgba",))

    return run


def difference(ours: Any, theirs: peers.Array) -> float:
    """Largest difference relative to the larger of one and the value."""
    a = ours.numpy()
    return float((np.abs(a - theirs) / np.maximum(1, np.abs(theirs))).max())


@contextmanager
def material() -> Iterator[tuple[Path, Path, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        a, b = plates(Path(folder))
        yield a, b, Path(folder)


def comp_chain_1080p(rounds: int, device: str = "cpu") -> list[Figure]:
    with material() as (a, b, _):
        session = chain_session(a, b, device=device)
        run = renderer(session, "Over")
        programs = [p(read_exr(a), read_exr(b)) for p in (peers.OpenCv, peers.NumPy, peers.Torch, peers.OpenImageIo)]
        ours = run()
        apart = {p.name: difference(ours, p.chain()) for p in programs}
        times = paired({"rimlight": run} | {p.name: p.chain for p in programs}, rounds, device)
        note = "largest difference " + ", ".join(f"{n} {d:.1e}" for n, d in apart.items())
        if max(apart.values()) > TOLERANCE:
            note += f"; MORE THAN {TOLERANCE:g}: not the same work"
        tool = statistics.median(x / y for x, y in zip(times["rimlight"], times["oiiotool"], strict=True))
        figures = [figure("comp_chain_1080p", times, "opencv", device, f"{note}; ratio to oiiotool {tool:.3f}")]
        figures.append(last_knob(session, rounds, times, device))
        return figures


def last_knob(session: Session, rounds: int, chain: dict[str, list[float]], device: str) -> Figure:
    """Only the Merge is computed when only the Merge changed."""
    times = paired({"last": renderer(session, "Over", ("Over", "mix"), -1e-6)}, rounds, device)
    value, whole = statistics.median(times["last"]), statistics.median(chain["rimlight"])
    return Figure("last_knob_1080p", value, "ms", "whole chain", whole, value / whole, device, versions())


def ten_point_ops_1080p(rounds: int, device: str = "cpu") -> list[Figure]:
    with material() as (a, b, _):
        session = ten_session(a, device)
        last = list(session.graph)[-1]
        run = renderer(session, last)
        program = peers.OpenCv(read_exr(a), read_exr(b))
        apart = difference(run(), program.ten())
        times = paired({"rimlight": run, "opencv": program.ten}, rounds, device)
        return [figure("ten_point_ops_1080p", times, "opencv", device, f"largest difference {apart:.1e}")]


def comp_chain_1080p_files(rounds: int) -> list[Figure]:
    with material() as (a, b, folder):
        session = chain_session(a, b, folder / "ours.####.exr", cache=0)

        def ours() -> None:
            session.evaluator.clear()
            session.render("Out", "1")

        def theirs() -> None:
            program = peers.OpenCv(read_exr(a), read_exr(b))
            write_exr(folder / "theirs.exr", program.chain().astype(np.float16))

        times = paired({"rimlight": ours, "opencv": theirs}, rounds)
        apart = np.abs(read_exr(folder / "ours.0001.exr") - read_exr(folder / "theirs.exr")).max()
        return [
            figure("comp_chain_1080p_files", times, "opencv", note=f"largest difference {apart:.1e} (half: 0.03 at 50)")
        ]


def cold_frame(rounds: int) -> list[Figure]:
    """One frame in a new process."""
    with material() as (a, b, folder):
        session = chain_session(a, b, folder / "cold.####.exr")
        session.save(folder / "cold.rim")
        tool = Path(sys.executable).with_name("oiiotool")
        command = [sys.executable, "-m", "rimlight.engine.cli", "render", str(folder / "cold.rim"), "--frames", "1"]
        gain = str(peers.EXPOSURE)
        peer = [str(tool), str(a), "--mulc", f"{gain},{gain},{gain},1", "--powc", "0.8333,0.8333,0.8333,1",
                "--blur", "33x33", str(b), "--over", "-d", "half", "-o", str(folder / "peer.exr")]  # fmt: skip
        commands = {"rimlight": command, "oiiotool": peer}
        times = paired(
            {k: lambda c=c: subprocess.run(c, check=True, capture_output=True) for k, c in commands.items()}, rounds
        )
        return [figure("cold_frame", times, "oiiotool", note="whole process; aim 3000 ms; the peer's blur is narrower")]


def memory_200_frames(rounds: int) -> list[Figure]:
    """The largest memory of a process that renders 200 frames through the chain with a cache of 1 GiB."""
    del rounds
    with material() as (a, _, folder):
        for frame in range(1, 201):
            os.link(a, folder / f"a.{frame:04d}.exr")
        program = Path(__file__).with_name("many_frames.py")
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(program), str(folder), "200"], check=True, capture_output=True, text=True, timeout=900
        )
        peak = int(done.stdout.split()[-1])
        over = (peak - GIB) / GIB
        note = f"peak {peak / GIB:.2f} GiB with a cache of 1 GiB; {time.perf_counter() - begin:.0f} s"
        return [
            Figure("memory_200_frames", over, "GiB above the cache", "limit", 1.0, over, "cpu", versions(), note=note)
        ]
