"""Training a network from views, resumable at any minute.

OUT/config.json           what was asked for
OUT/checkpoint.pt         weights, their running mean, optimiser, random state, minutes spent
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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from rimlight.engine import FileError, Manifest, Student, StudentConfig, write_weights

from .augment import Augmentation
from .data import Batch, DataConfig, load_batches
from .display import write_png
from .objective import LossWeights, estimate_losses, precision, predict, relight_losses, total_loss
from .panels import panel

DATA_STATEMENT = (
    "Synthetic views rendered by Rimlight's own light stage, lit by environment maps and made-up lights; no"
    " photographs of people."
)
INPUT_CONVENTION = (
    "scene-linear RGB in the working space (trained in ACEScg), any size, any exposure, not clamped; optional matte of"
    " the subject, 0 to 1"
)


@dataclass(frozen=True)
class TrainConfig:
    """A run. minutes : how long it is to take in all, over all resumptions; the rate falls to 0 over the last `decay`
    share of them. rate : of AdamW. mean_over : steps over which the running mean of the weights reaches.
    half : bfloat16. threads : for computing on a CPU; 0 leaves one core to each worker.
    """

    data: DataConfig = field(default_factory=DataConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    minutes: float = 60.0
    rate: float = 1e-3
    warm_up: int = 200
    decay: float = 0.25
    weight_decay: float = 0.01
    clip: float = 1.0
    mean_over: int = 1000
    half: bool = True
    seed: int = 0
    checkpoint_minutes: float = 3.0
    panel_minutes: float = 5.0
    log_steps: int = 20
    threads: int = 0

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "TrainConfig":
        """Raises FileError."""
        try:
            return _made(cls, json.loads(path.read_text(encoding="utf-8")))
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


@dataclass
class _State:
    """What a checkpoint keeps."""

    student: Student
    average: Student
    optimizer: torch.optim.Optimizer
    step: int = 0
    minutes: float = 0.0

    def save(self, path: Path) -> None:
        """Write it so that the name always holds a whole checkpoint."""
        temporary = path.with_name(f".{path.name}.tmp")
        values = {
            "student": self.student.state_dict(), "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "minutes": self.minutes,
            "random": torch.get_rng_state(),
        }  # fmt: skip
        torch.save(values, temporary)
        os.replace(temporary, path)

    def load(self, path: Path, device: torch.device) -> None:
        """Raises FileError when the checkpoint is damaged or of another network."""
        try:
            values = torch.load(path, map_location=device, weights_only=True)
            self.student.load_state_dict(values["student"])
            self.average.load_state_dict(values["average"])
            self.optimizer.load_state_dict(values["optimizer"])
            torch.set_rng_state(values["random"].cpu())
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            raise FileError(f"{path} cannot be resumed from: {error}") from None
        self.step, self.minutes = values["step"], values["minutes"]


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


def train(config: TrainConfig, out: Path, resume: bool = False, device: str = "auto") -> Path:
    """Train until the minutes are over or someone stops it; returns the manifest of the weights.

    resume : go on from the checkpoint in `out` where there is one, for what is left of `minutes`. device : `auto` takes
    CUDA when it is there. Raises FileError.
    """
    place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise FileError(f"{checkpoint} is there already: resume it, or train into another folder")
    config.write(out / "config.json")
    torch.set_num_threads(config.threads or max(1, (os.cpu_count() or 1) - config.data.workers))
    torch.manual_seed(config.seed)
    student = Student(config.student).to(place, memory_format=torch.channels_last)
    average = Student(config.student).to(place).requires_grad_(False)
    average.load_state_dict(student.state_dict())
    state = _State(student, average, _optimizer(student, config))
    if resume and checkpoint.exists():
        state.load(checkpoint, place)
    batches = load_batches(config.data, config.seed + state.step)
    stop = _Stop()
    try:
        _run(config, out, state, batches, place, stop)
    finally:
        stop.restore()
    return export(config, state.average, out, {"steps": state.step, "minutes": round(state.minutes, 1)})


def _run(
    config: TrainConfig, out: Path, state: _State, batches: Iterator[Batch], place: torch.device, stop: _Stop
) -> None:
    checkpoint = out / "checkpoint.pt"
    generator = torch.Generator().manual_seed(config.seed + state.step)
    shown_batch = next(batches).to(place)
    saved = pictured = started = time.monotonic()
    before = state.minutes
    sums: dict[str, float] = {}
    counted = 0
    while state.minutes < config.minutes and not stop.asked:
        batch = next(batches).to(place)
        rate = learning_rate(config, state.step, state.minutes)
        found = _step(config, state, batch, place, rate, bool(torch.rand((), generator=generator) < 0.6))
        now = time.monotonic()
        state.minutes = before + (now - started) / 60
        for name, value in found.items():
            sums[name] = sums.get(name, 0.0) + value
        counted += 1
        if state.step % config.log_steps == 0:
            _log(out / "log.csv", state, rate, {k: v / counted for k, v in sums.items()})
            sums, counted = {}, 0
        if now - saved > 60 * config.checkpoint_minutes:
            state.save(checkpoint)
            export(config, state.average, out, {"steps": state.step, "minutes": round(state.minutes, 1)})
            saved = now
        if now - pictured > 60 * config.panel_minutes:
            write_png(out / "panels" / f"step-{state.step:07d}.png", panel(state.average, shown_batch, config.half))
            pictured = now
    state.save(checkpoint)
    write_png(out / "panels" / f"step-{state.step:07d}.png", panel(state.average, shown_batch, config.half))


def _step(
    config: TrainConfig, state: _State, batch: Batch, place: torch.device, rate: float, with_matte: bool
) -> dict[str, float]:
    """One step; returns the losses, the total among them. A step whose gradient is no number is left out."""
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    seen = predict(state.student, batch, with_matte, precision(place, config.half))
    truth = batch.half()
    found = estimate_losses(seen, truth)
    found |= relight_losses(state.student, seen, truth.half(), precision(place, config.half))
    total = total_loss(found, config.weights)
    state.optimizer.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(state.student.parameters(), config.clip)
    if bool(torch.isfinite(norm)):
        state.optimizer.step()
        follow(state.average, state.student, min(1 - 1 / config.mean_over, (1 + state.step) / (10 + state.step)))
    state.step += 1
    return {k: float(v.detach()) for k, v in {"total": total, **found, "gradient": norm}.items()}


def learning_rate(config: TrainConfig, step: int, minutes: float) -> float:
    """Rises over the first steps, stays, and falls in a line to a hundredth over the last share of the minutes."""
    left = (1 - minutes / config.minutes) / config.decay
    return config.rate * min(1.0, (step + 1) / config.warm_up) * min(1.0, max(0.01, left))


@torch.no_grad()
def follow(average: Student, student: Student, keep: float) -> None:
    """Move the running mean of the weights towards them."""
    means, now = list(average.parameters()), list(student.parameters())
    torch._foreach_lerp_(means, now, 1 - keep)


def export(config: TrainConfig, student: Student, out: Path, trained: Mapping[str, Any]) -> Path:
    """Write weights and manifest as the product loads them; returns the manifest's path."""
    sha256 = write_weights(student.state_dict(), out / "student.safetensors")
    manifest = Manifest(
        id="student",
        version="training",
        file="student.safetensors",
        sha256=sha256,
        licence="Apache-2.0",
        data=DATA_STATEMENT,
        input=INPUT_CONVENTION,
        parameters=sum(p.numel() for p in student.parameters()),
        config=config.student,
        trained={**trained, "crop": config.data.size, "seed": config.seed},
    )
    manifest.write(out / "student.json")
    return out / "student.json"


def _optimizer(student: Student, config: TrainConfig) -> torch.optim.Optimizer:
    matrices = [p for p in student.parameters() if p.ndim > 1]
    vectors = [p for p in student.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.rate, betas=(0.9, 0.98), foreach=True)


def _log(path: Path, state: _State, rate: float, losses: Mapping[str, float]) -> None:
    row: dict[str, Any] = {"step": state.step, "minutes": round(state.minutes, 3), "rate": rate}
    row |= {k: round(v, 5) for k, v in losses.items()}
    fresh = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)
