"""Training a network from views, resumable at any minute.

OUT/config.json           what was asked for
OUT/checkpoint.pt         weights, their running mean, optimisers, minutes spent
OUT/student.safetensors   the running mean as the product loads it, and student.json, its manifest
OUT/log.csv               losses
OUT/panels/*.png          predictions beside the truth
"""

import csv
import dataclasses
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import FileError, Manifest, Prediction, RimlightError, Student, StudentConfig, write_weights

from .augment import Augmentation
from .batch import Batch
from .checkpoint import State
from .data import SMALLEST_CROP, DataConfig, load_batches
from .display import write_png
from .growth import begin_with
from .muon import Muon
from .objective import LossWeights, estimate_losses, leading, precision, predict, relight_losses, total_loss
from .panels import panel
from .ranks import average_gradients, run_ranks

DATA_STATEMENT = (
    "Synthetic views rendered by Rimlight's own light stage from assets under permissive licences (CC0, CC BY, MIT,"
    " Apache-2.0, BSD): heads made with MakeHuman and the ICT face model, modelled and scanned objects, materials; lit"
    " by photographed environments of places and by made-up lights."
)
WITH_PHOTOGRAPHS = " And photographs, public domain or CC0, with shadows put over them."
INPUT_CONVENTION = (
    "scene-linear RGB in the working space (trained in ACEScg), any size, any exposure, not clamped; optional matte of"
    " the subject, 0 to 1"
)


NETWORKS = {
    "full": StudentConfig(),
    "small": StudentConfig(widths=(16, 32, 64, 96, 128), refiner=(32, 48)),
}
"""Sizes by name. The small one takes a third of the time; it gets further where there is little time to train."""

_FIRST = 0.5
"""Minutes until the first checkpoint of a run, which later ones take the place of."""

MoreLosses = Callable[[Prediction, Batch, AbstractContextManager[None]], dict[str, Tensor]]
"""Named losses of what a student saw in a batch."""


@dataclass(frozen=True)
class TrainConfig:
    """A run. minutes : how long it is to take in all, over all resumptions; the rate falls to 0 over the last `decay`
    share of them. steps : at most so many; 0 for no limit. rate : of Muon; of AdamW a third. mean_over : steps that the
    running mean of the weights reaches back. relit_pairs : how many pairs of each batch are relit. half : bfloat16.
    start : manifest of weights to begin with, of the same network or a shallower one; "" begins anew.
    threads : of each process on a CPU; 0 leaves one core to each worker. processes : that share out batches; 0 is one
    for each GPU, one on a CPU.
    """

    data: DataConfig = field(default_factory=DataConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    minutes: float = 60.0
    steps: int = 0
    rate: float = 1.2e-3
    warm_up: int = 200
    decay: float = 0.25
    weight_decay: float = 0.01
    clip: float = 20.0
    mean_over: int = 1000
    relit_pairs: int = 1
    start: str = ""
    half: bool = True
    seed: int = 0
    checkpoint_minutes: float = 3.0
    panel_minutes: float = 5.0
    log_steps: int = 20
    threads: int = 0
    processes: int = 0

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "TrainConfig":
        """Raises FileError."""
        try:
            made: TrainConfig = _made(cls, json.loads(path.read_text(encoding="utf-8")))
            return made
        except (OSError, ValueError, TypeError) as error:
            raise FileError(f"{path} cannot be read as a training's configuration: {error}") from None


_NESTED: Mapping[str, type] = {
    "data": DataConfig, "student": StudentConfig, "weights": LossWeights, "augmentation": Augmentation,
}  # fmt: skip


def _made(cls: type, values: Mapping[str, Any]) -> Any:
    """A dataclass of its JSON form."""
    made = {k: _made(_NESTED[k], v) if k in _NESTED else tuple(v) if isinstance(v, list) else v
            for k, v in values.items()}  # fmt: skip
    return cls(**made)


class _Stop:
    """Set by Ctrl-C or a termination: the step is finished and a checkpoint written."""

    def __init__(self) -> None:
        self.asked = False
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGINT, signal.SIGTERM)}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def train(
    config: TrainConfig,
    out: Path,
    resume: bool = False,
    device: str = "auto",
    more: MoreLosses | None = None,
) -> Path:
    """Train until the minutes are over or someone stops it; returns the manifest of the weights.

    resume : go on from the checkpoint in `out` where there is one, for what is left of `minutes`. device : `auto` takes
    CUDA when it is there. more : losses beside those of the truth. Raises FileError.
    """
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise FileError(f"{checkpoint} is there already: resume it, or train into another folder")
    config.write(out / "config.json")
    count = config.processes or (max(1, torch.cuda.device_count()) if kind == "cuda" else 1)
    if count > 1:
        run_ranks(_train, count, out, kind, count, config, out, kind, more)
    else:
        _train(0, 1, config, out, kind, more)
    return out / "student.json"


def _train(rank: int, count: int, config: TrainConfig, out: Path, kind: str, more: MoreLosses | None) -> None:
    """One process of a training; the first one writes the files."""
    place = torch.device(kind, rank) if kind == "cuda" else torch.device(kind)
    cores = max(1, (os.cpu_count() or 1) // count)
    torch.set_num_threads(config.threads or max(1, cores - config.data.workers))
    torch.manual_seed(config.seed)
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
    seed = config.seed + state.step + 1_000_003 * rank
    torch.manual_seed(seed)
    batches = load_batches(config.data, seed, place)
    stop = _Stop()
    try:
        _run(config, out, state, batches, place, stop, more, first=rank == 0)
    finally:
        stop.restore()


def _run(
    config: TrainConfig, out: Path, state: State, batches: Iterator[Batch], place: torch.device, stop: _Stop,
    more: MoreLosses | None, first: bool,
) -> None:  # fmt: skip
    checkpoint = out / "checkpoint.pt"
    shown_batch = next(batches).to(place)
    pictured = started = time.monotonic()
    due = started + 60 * min(_FIRST, config.checkpoint_minutes)
    before = state.minutes
    sums: dict[str, float] = {}
    counted = 0
    done = _over(config, state.step, state.minutes)
    while not done:
        batch = next(batches).to(place)
        found, done = _step(config, state, batch, stop.asked or _over(config, state.step + 1, state.minutes), more)
        now = time.monotonic()
        state.minutes = before + (now - started) / 60
        if not first:
            continue
        for name, value in found.items():
            sums[name] = sums.get(name, 0.0) + value
        counted += 1
        if state.step % config.log_steps == 0:
            _log(out / "log.csv", state, {k: v / counted for k, v in sums.items()})
            sums, counted = {}, 0
        if now > due:
            state.save(checkpoint)
            export(config, state.average, out, {"steps": state.step, "minutes": round(state.minutes, 3)})
            due = now + 60 * config.checkpoint_minutes
        if now - pictured > 60 * config.panel_minutes:
            write_png(out / "panels" / f"step-{state.step:07d}.png", panel(state.average, shown_batch, config.half))
            pictured = now
    if first:
        state.save(checkpoint)
        export(config, state.average, out, {"steps": state.step, "minutes": round(state.minutes, 3)})
        write_png(out / "panels" / f"step-{state.step:07d}.png", panel(state.average, shown_batch, config.half))


def _over(config: TrainConfig, step: int, minutes: float) -> bool:
    return minutes >= config.minutes or 0 < config.steps <= step


def _step(
    config: TrainConfig, state: State, batch: Batch, last: bool, more: MoreLosses | None
) -> tuple[dict[str, float], bool]:
    """One step; returns the losses, the total among them, and whether it was the last for any process. A step whose
    gradient is no number is left out.
    """
    place = batch.picture.device
    seen = predict(state.student, batch, bool(torch.rand(()) < 0.6), precision(place, config.half))
    truth = batch.half()
    found = estimate_losses(seen, truth)
    known = int(truth.known.sum())  # they come first
    part = leading(seen, truth.half(), min(known, 2 * config.relit_pairs))
    found |= relight_losses(state.student, *part, precision(place, config.half))
    if more is not None:
        found |= more(seen, batch, precision(place, config.half))
    total = total_loss(found, config.weights)
    state.student.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    # Clocks differ: processes agree on the minutes too, that the same rate keeps their weights the same.
    asked, minutes = average_gradients(state.student.parameters(), (float(last), state.minutes))
    rate = learning_rate(config, state.step, minutes)
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * rate / config.rate
    norm = torch.nn.utils.clip_grad_norm_(state.student.parameters(), config.clip)
    if bool(torch.isfinite(norm)):
        for optimizer in state.optimizers:
            optimizer.step()
        follow(state.average, state.student, min(1 - 1 / config.mean_over, (1 + state.step) / (10 + state.step)))
    state.step += 1
    named = {"rate": torch.tensor(rate), "total": total, **found, "gradient": norm}
    return {k: float(v.detach()) for k, v in named.items()}, asked > 0


def network_of(name: str) -> StudentConfig:
    """The sizes of a name. Raises RimlightError when there are none."""
    if name not in NETWORKS:
        raise RimlightError(f"there is no network '{name}', there are {', '.join(NETWORKS)}")
    return NETWORKS[name]


def sizes_of(start: Path | None, name: str) -> StudentConfig:
    """The sizes of the weights to begin with, or those of a name. Raises FileError, RimlightError."""
    return network_of(name) if start is None else Manifest.read(start).config


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


def export(config: TrainConfig, student: Student, out: Path, trained: Mapping[str, Any]) -> Path:
    """Write weights and manifest as the product loads them; returns the manifest's path."""
    sha256 = write_weights(student.state_dict(), out / "student.safetensors")
    base = Manifest.read(Path(config.start)) if config.start else None
    photographs = config.data.photographs > 0 or (base is not None and base.data.endswith(WITH_PHOTOGRAPHS))
    manifest = Manifest(
        id="student",
        version="training",
        file="student.safetensors",
        sha256=sha256,
        licence="Apache-2.0",
        data=DATA_STATEMENT + (WITH_PHOTOGRAPHS if photographs else ""),
        input=INPUT_CONVENTION,
        parameters=sum(p.numel() for p in student.parameters()),
        config=config.student,
        # At this size a whole picture has objects as large as crops show them at most.
        working_size=round(config.data.size / SMALLEST_CROP),
        trained={
            **trained, "crop": config.data.size, "seed": config.seed,
            **({} if base is None else {"after": {"sha256": base.sha256, **base.trained}}),
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
        torch.optim.AdamW(others, lr=config.rate / 3, betas=(0.9, 0.98), weight_decay=0.0),
    )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return optimizers


def _log(path: Path, state: State, losses: Mapping[str, float]) -> None:
    row: dict[str, Any] = {"step": state.step, "minutes": round(state.minutes, 3)}
    row |= {k: round(v, 6) for k, v in losses.items()}
    head = ",".join(row)
    if path.exists() and path.read_text(encoding="utf-8").partition("\n")[0].strip() != head:
        path.rename(path.with_name(f"log-until-{state.step}.csv"))  # losses were added since
    fresh = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)
