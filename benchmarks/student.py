"""The student on a picture of 512x512, and what a step of its training takes: making a batch, and learning from it.

On a CPU a batch is 6 pairs of 96 pixels, on a GPU 64 pairs of 128, as trainings there have them.
"""

import statistics
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from rimlight.engine import DirectionalLight, EnvironmentCache, EnvironmentLight, Rig, Student, load_student
from rimlight.training.batch import Batch
from rimlight.training.batches import LitWindows, drawn
from rimlight.training.checkpoint import State
from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig, Supplies
from rimlight.training.distill import Teachers
from rimlight.training.gradients import Gradients
from rimlight.training.networks import NETWORKS
from rimlight.training.shipping import installed_student
from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.primitives import random_primitives
from rimlight.training.train import _step, make_optimizers
from rimlight.training.unlit import UnlitWindows

import numpy as np
import torch
from harness import Figure, paired, versions

SIZE = 512


def student_512(rounds: int, device: str = "cpu") -> list[Figure]:
    """All layers at full size, relighting once they are there, and the network alone at a working size of 512."""
    model = load_student(installed_student(), device)
    picture = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).to(model.device)
    seen, environments = model.examine(picture), EnvironmentCache(8)
    albedo = model.decompose(seen)["albedo"]
    around = EnvironmentLight(name="around", pixels=torch.ones(3, 16, 32, device=model.device))
    turns = iter(range(1 << 30))

    def rig() -> Rig:
        """A key that is somewhere else each time, as one that is dragged."""
        direction = (0.8, 0.1 + 0.01 * (next(turns) % 60), 0.45)
        return Rig((DirectionalLight(name="key", direction=direction, angle=10.0), around))

    with torch.inference_mode():
        times = paired(
            {
                "apart": lambda: model.decompose(model.examine(picture)),
                "relight": lambda: model.relight(seen, rig(), albedo=albedo, environments=environments),
                "network": lambda: model.examine(picture, size=SIZE),
            },
            rounds,
            device,
        )
    return [_plain(f"student_{name}_512", values, device) for name, values in times.items()]


def train_step(rounds: int, device: str = "cpu") -> list[Figure]:
    """Making a window, which a CPU lights too; a batch of windows, which a GPU lights; a step of either network."""
    size, pairs = (96, 6) if device == "cpu" else (128, 64)
    place = torch.device(device)
    with TemporaryDirectory() as folder:
        scene, fov = random_primitives(np.random.default_rng(2))
        view = take(scene, Plan(160, 160, fov, samples=4), 2, {})
        view.save(Path(folder) / "train-primitives-2.safetensors")
        unlit = device != "cpu"
        config = DataConfig((folder,), size=size, pairs=pairs, lightings=16 if unlit else 4, pool=32, reuse=1e9)
        windows = iter(Supplies(config, unlit=unlit))
        shelf = UnlitWindows(config, place) if unlit else LitWindows(config)
        batches = drawn(config, windows, np.random.default_rng(0), shelf)
        batch = next(batches)
        work: dict[str, Callable[[], object]] = {"window": lambda: next(windows), "batch": lambda: next(batches)}
        for name, network in NETWORKS.items():
            work[name] = _learn(TrainConfig(data=config, student=network), place, batch)
        times = paired(work, rounds, device)
    note = f"{pairs} pairs of {size} pixels"
    return [_plain(f"train_{name}", values, device, note) for name, values in times.items()]


def _learn(config: TrainConfig, place: torch.device, batch: Batch) -> Callable[[], object]:
    """A step of a network's training."""
    student = Student(config.student).to(place)
    student.to(memory_format=torch.channels_last)
    average = Student(config.student).to(place).requires_grad_(False)
    state = State(student, average, make_optimizers(student, config))
    gradients = Gradients(config, student, Teachers.read({}))
    return lambda: _step(config, state, gradients, batch, False)


def _plain(name: str, times: list[float], device: str, note: str = "") -> Figure:
    return Figure(name, statistics.median(times), "ms", device=device, versions=versions(), note=note)
