"""Training a network from views, resumable at any minute.

OUT/config.json           what was asked for
OUT/checkpoint.pt         weights, their running mean, optimisers, minutes spent
OUT/student.safetensors   the running mean as the product loads it, and student.json, its manifest
OUT/log.csv               losses
OUT/panels/*.png          predictions beside the truth
"""

import dataclasses
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import FileError, Manifest, RimlightError, Student, write_weights

from .batch import Batch
from .batches import load_batches
from .checkpoint import State
from .checks import device_kind, writable_folder
from .config import TrainConfig
from .data import SMALLEST_CROP
from .display import write_png
from .distill import Teachers
from .gradients import Gradients
from .growth import begin_with
from .muon import Muon
from .panels import panel
from .provenance import Provenance, check_same_run
from .ranks import average_gradients, run_ranks
from .run_log import RunLog

INPUT_CONVENTION = (
    "scene-linear RGB in the working space (trained in ACEScg), any size, any exposure, not clamped; optional matte of"
    " the subject, 0 to 1"
)
"""What manifests say that the network takes."""
_FIRST = 0.5
"""Minutes until the first checkpoint of a run, which later ones take the place of."""


class _Stop:
    """Set by Ctrl-C or a termination: the step is finished and a checkpoint written."""

    def __init__(self) -> None:
        self.asked = False
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGINT, signal.SIGTERM)}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def restore(self) -> None:
        """Leave signals to whoever had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


def train(config: TrainConfig, out: Path, resume: bool = False, device: str = "auto") -> Path:
    """Train until the minutes are over or someone stops it; returns the manifest of the weights.

    resume : go on from the checkpoint in `out` where there is one, for what is left of `minutes`. device : `auto` takes
    CUDA when it is there. Raises RimlightError, before anything heavy where what it needs is missing.
    """
    kind = device_kind(device)
    writable_folder(out)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise FileError(f"{checkpoint} is there already: resume it, or train into another folder")
    if config.data.photographs and not config.data.assets:
        raise RimlightError("photographs are taken from assets: name their folder with --assets")
    provenance = Provenance.of(config, out)
    if checkpoint.exists():
        check_same_run(config, out, provenance)
    count = process_count(config.processes, kind)
    if count > 1:
        run_ranks(_train, count, out, kind, count, config, out, kind, provenance)
    else:
        _train(0, 1, config, out, kind, provenance)
    return out / "student.json"


def process_count(wanted: int, kind: str) -> int:
    """How many processes learn together: as many as wanted, but no more than GPUs, on which a run may go on that a CPU
    with more cores began. 0 is one for each GPU, or one.
    """
    if kind != "cuda":
        return wanted or 1
    devices = max(1, torch.cuda.device_count())
    return min(wanted or devices, devices)


def _train(rank: int, count: int, config: TrainConfig, out: Path, kind: str, provenance: Provenance) -> None:
    """One process of a training; the first one writes the files."""
    place = torch.device(kind, rank) if kind == "cuda" else torch.device(kind)
    cores = max(1, (os.cpu_count() or 1) // count)
    torch.set_num_threads(config.threads or max(1, cores - config.data.workers))
    torch.manual_seed(config.seed)
    torch.backends.cudnn.benchmark = True  # all batches have one size: it is worth looking for the fastest way once
    student = Student(config.student)
    if config.start and not (out / "checkpoint.pt").exists():
        begin_with(student, Path(config.start))
    student.to(place)
    student.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has it, its types do not
    average = Student(config.student).to(place).requires_grad_(False)
    average.load_state_dict(student.state_dict())
    state = State(student, average, make_optimizers(student, config))
    if (out / "checkpoint.pt").exists():
        state.load(out / "checkpoint.pt", place)
    first = rank == 0
    if first:
        config.write(out / "config.json")  # not before it is known that the run is of this configuration
    teachers = Teachers.read(config.experts)
    seed = config.seed + state.step + 1_000_003 * rank
    torch.manual_seed(seed)
    batches = load_batches(config.data, seed, place)
    stop = _Stop()
    try:
        _run(config, out, state, batches, place, stop, teachers, provenance if first else None)
    finally:
        stop.restore()


def _run(
    config: TrainConfig, out: Path, state: State, batches: Iterator[Batch], place: torch.device, stop: _Stop,
    teachers: Teachers, provenance: Provenance | None,
) -> None:  # fmt: skip
    """Steps until the end. provenance : of the process that writes the files; others have None."""
    checkpoint = out / "checkpoint.pt"
    shown_batch = next(batches).to(place)
    pictured = started = time.monotonic()
    due = started + 60 * min(_FIRST, config.checkpoint_minutes)
    before = state.minutes
    log = RunLog(out / "log.csv", config.log_steps, config.minutes)
    gradients = Gradients(config, state.student, teachers)
    done = _over(config, state.step, state.minutes)
    while not done:
        batch = next(batches).to(place)
        now = time.monotonic()
        state.minutes = before + (now - started) / 60
        found, done = _step(config, state, gradients, batch, stop.asked)
        if provenance is None:
            continue
        log.add(state.step, state.minutes, found)
        if now > due:
            state.save(checkpoint)
            export(config, state.average, out, provenance, {"steps": state.step, "minutes": round(state.minutes, 3)})
            due = now + 60 * config.checkpoint_minutes
        if now - pictured > 60 * config.panel_minutes:
            write_png(out / "panels" / f"step-{state.step:07d}.png", panel(state.average, shown_batch, config.half))
            pictured = now
    if provenance is not None:
        log.write(state.step, state.minutes)
        state.save(checkpoint)
        export(config, state.average, out, provenance, {"steps": state.step, "minutes": round(state.minutes, 3)})
        write_png(out / "panels" / f"step-{state.step:07d}.png", panel(state.average, shown_batch, config.half))


def _over(config: TrainConfig, step: int, minutes: float) -> bool:
    return minutes >= config.minutes or 0 < config.steps <= step


def _step(
    config: TrainConfig, state: State, gradients: Gradients, batch: Batch, stop: bool
) -> tuple[dict[str, float], bool]:
    """One step; returns the losses, the total among them, and whether it was the last one, as any process was asked to
    stop or the steps or minutes are over. A step whose gradient is no number is left out.
    """
    found = gradients.of(batch, with_matte=bool(torch.rand(()) < 0.6))
    # Clocks differ: processes agree on the minutes too, that the same rate keeps their weights the same, and that what
    # is told of the run is when it ended.
    asked, state.minutes = average_gradients(state.student.parameters(), (float(stop), state.minutes))
    rate = learning_rate(config, state.step, state.minutes)
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * rate / config.rate
    norm = torch.nn.utils.clip_grad_norm_(state.student.parameters(), config.clip)
    if bool(torch.isfinite(norm)):
        for optimizer in state.optimizers:
            optimizer.step()
        follow(state.average, state.student, min(1 - 1 / config.mean_over, (1 + state.step) / (10 + state.step)))
    state.step += 1
    named = {**found, "gradient": norm}
    values = torch.stack([value.float() for value in named.values()]).tolist()  # a GPU is waited for once
    done = asked > 0 or _over(config, state.step, state.minutes)
    return {"rate": rate, **dict(zip(named, values, strict=True))}, done


def learning_rate(config: TrainConfig, step: int, minutes: float) -> float:
    """Rises over the first steps, stays, and falls in a line to a hundredth over the last share of the minutes."""
    left = (1 - minutes / config.minutes) / config.decay
    return config.rate * min(1.0, (step + 1) / config.warm_up) * min(1.0, max(0.01, left))


@torch.no_grad()
def follow(average: Student, student: Student, keep: float) -> None:
    """Move the running mean of the weights towards them."""
    means: list[Tensor] = list(average.parameters())
    now: list[Tensor] = list(student.parameters())
    torch._foreach_lerp_(means, now, 1 - keep)


def export(
    config: TrainConfig, student: Student, out: Path, provenance: Provenance, trained: Mapping[str, Any]
) -> Path:
    """Write weights and manifest as the product loads them; returns the manifest's path."""
    provenance.look_again()
    sha256 = write_weights(student.state_dict(), out / "student.safetensors")
    manifest = Manifest(
        id="student",
        version="training",
        file="student.safetensors",
        sha256=sha256,
        licence="Apache-2.0",
        data=provenance.sources.statement(),
        input=INPUT_CONVENTION,
        parameters=sum(p.numel() for p in student.parameters()),
        config=config.student,
        # At this size a whole picture has objects as large as crops show them at most.
        working_size=round(config.data.size / SMALLEST_CROP),
        trained={
            **trained, "crop": config.data.size, "seed": config.seed,
            "sources": dataclasses.asdict(provenance.sources),
            **({"after": provenance.after, "lineage": provenance.lineage} if provenance.after else {}),
        },
    )  # fmt: skip
    manifest.write(out / "student.json")
    return out / "student.json"


def make_optimizers(student: torch.nn.Module, config: TrainConfig) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for convolutions between hidden maps; AdamW for the first and last layers, linear ones and biases."""
    ends = ("stem", "head", "gather", "light", "code_of_light", "refiner.head")
    inner = [p for n, p in student.named_parameters() if p.ndim == 4 and not n.startswith(ends)]
    known = {id(p) for p in inner}
    others = [p for p in student.parameters() if id(p) not in known]
    optimizers = (
        Muon(inner, config.rate, decay=config.weight_decay),
        torch.optim.AdamW(others, lr=config.rate / 3, betas=(0.9, 0.98), weight_decay=0.0, foreach=True),
    )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return optimizers
