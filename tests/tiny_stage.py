"""A few tiny views of primitives and a tiny student, for the tests of training."""

from pathlib import Path

import numpy as np
import torch

from models import TINY
from rimlight.engine import Manifest, Student, write_weights
from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.primitives import random_primitives
from rimlight.training.stage.view import View


def tiny_view(seed: int, split: str = "train", size: int = 48) -> View:
    scene, fov = random_primitives(np.random.default_rng(seed))
    about = {"domain": "primitives", "subject": f"primitives {seed}", "split": split, "seed": str(seed)}
    plan = Plan(size, size, fov, samples=2, directions=32, keys=3, key_rays=4, bounce=0)
    return take(scene, plan, seed, about)


def write_views(folder: Path, train: int = 3, test: int = 1) -> Path:
    """Views of both splits in a folder, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(train + test):
        split = "train" if seed < train else "test"
        tiny_view(seed, split).save(folder / f"{split}-primitives-{seed:08d}.safetensors")
    return folder


def write_student(folder: Path, seed: int = 0) -> Path:
    """The manifest of a tiny student in a folder, drawn at random."""
    torch.manual_seed(seed)
    net = Student(TINY)
    sha256 = write_weights(net.state_dict(), folder / "student.safetensors")
    Manifest(
        id="student", version="training", file="student.safetensors", sha256=sha256, licence="Apache-2.0", data="none",
        input="scene-linear", parameters=sum(p.numel() for p in net.parameters()), config=TINY,
    ).write(folder / "student.json")  # fmt: skip
    return folder / "student.json"
