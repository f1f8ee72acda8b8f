"""Paired timing of candidates, and the record of a figure."""

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import torch


@dataclass
class Figure:
    """One line of the report. `ratio` is ours over the peer's, paired by round; below 1 we are faster or smaller."""

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None
    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict)
    others: dict[str, float] = field(default_factory=dict)
    note: str = ""

    def to_data(self) -> dict[str, Any]:
        rounded = {k: round(v, 4) for k, v in self.others.items()}
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "peer": self.peer,
            "peer_value": None if self.peer_value is None else round(self.peer_value, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "device": self.device,
            "versions": self.versions,
            "others": rounded,
            "note": self.note,
        }


def sync(device: str) -> None:
    """Wait until everything sent to a GPU is done."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def warm_up(run: Callable[[], object], device: str, limit: int = 8) -> None:
    """Run until two runs in a row take about the same time."""
    last = 0.0
    for i in range(limit):
        begin = time.perf_counter()
        run()
        sync(device)
        seconds = time.perf_counter() - begin
        if i >= 1 and abs(seconds - last) < 0.1 * max(seconds, last):
            return
        last = seconds


def paired(candidates: Mapping[str, Callable[[], object]], rounds: int, device: str = "cpu") -> dict[str, list[float]]:
    """Milliseconds of every candidate in every round; candidates take turns."""
    for run in candidates.values():
        warm_up(run, device)
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            sync(device)
            begin = time.perf_counter()
            run()
            sync(device)
            times[name].append(1000 * (time.perf_counter() - begin))
    return times


def figure(name: str, times: Mapping[str, list[float]], peer: str, device: str = "cpu", note: str = "") -> Figure:
    """The figure of `rimlight` against `peer`, with the medians of all others beside it."""
    ours = times["rimlight"]
    medians = {k: statistics.median(v) for k, v in times.items()}
    ratio = statistics.median(a / b for a, b in zip(ours, times[peer], strict=True))
    others = {k: v for k, v in medians.items() if k not in ("rimlight", peer)}
    return Figure(name, medians["rimlight"], "ms", peer, medians[peer], ratio, device, versions(), others, note)


def versions() -> dict[str, str]:
    """What was measured with what."""
    names = ("torch", "numpy", "opencv-python-headless", "OpenImageIO", "rimlight")
    found = {name: version(name) for name in names}
    return found | {"python": platform.python_version(), "threads": str(torch.get_num_threads()), "cpu": _processor()}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
