"""Small networks of the kinds that people bring, exported and described by a manifest, made by the tests themselves."""

import functools
import hashlib
import io
import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rimlight.engine.inference.manifest import Manifest, write_weights
from rimlight.engine.inference.student import Student, StudentConfig

TINY = StudentConfig(widths=(8, 12, 16, 20, 24), encoder=(1,) * 5, decoder=(1,) * 4, code=16, refiner=(8, 8))
"""A student as small as can be told apart in all its parts."""
SUFFIXES = {"torchscript": "pt", "pt2": "pt2", "onnx": "onnx"}


class Smooth(nn.Module):
    """Two convolutions and a skip: a pixel depends on those at most 3 away. `strength` scales what is added."""

    def __init__(self, channels: int = 3, seed: int = 1) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.first = nn.Conv2d(channels, 8, 5, padding=2)
            self.second = nn.Conv2d(8, channels, 3, padding=1)

    def forward(self, image: Tensor, strength: Tensor) -> Tensor:
        return image + strength.reshape(1, 1, 1, 1) * self.second(torch.tanh(self.first(image)))


class Wide(nn.Module):
    """A small U-net with strides of 4: a pixel depends on those at most 30 away."""

    def __init__(self, channels: int = 3, seed: int = 2) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.before = nn.Conv2d(channels, 12, 3, padding=1)
            self.down = nn.Conv2d(12, 16, 4, stride=4)
            self.deep = nn.Conv2d(16, 16, 5, padding=2)
            self.up = nn.ConvTranspose2d(16, 12, 4, stride=4)
            self.after = nn.Conv2d(12, channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        x = torch.relu(self.before(image))
        y = torch.relu(self.deep(torch.relu(self.down(x))))
        return image + self.after(x + self.up(y))


class Surface(nn.Module):
    """Gives vectors and a plane: what models that estimate geometry give."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.layer = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        y = self.layer(image)
        return y[:, :3], y[:, 3:].exp()


def image_io(**about: Any) -> dict[str, Any]:
    """The inputs and outputs of a network from the main layer to the main layer."""
    return {"inputs": [{"name": "image", "layer": "rgba", **about}], "outputs": [{"name": "out", **about}]}


STRENGTH = {"name": "strength", "parameter": "strength", "default": 0.5, "bounds": [0, 4]}


def saved(network: nn.Module, examples: Sequence[Tensor], kind: str, multiple: int = 1) -> bytes:
    """The file of a network."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about its own deprecations
        if kind == "torchscript":
            torch.jit.save(torch.jit.script(network.eval()), out)
        else:
            rows, columns = (torch.export.Dim(name, min=2, max=1 << 12) for name in ("rows", "columns"))
            shapes = tuple(
                {2: multiple * rows, 3: multiple * columns} if example.ndim == 4 else None for example in examples
            )
            torch.export.save(torch.export.export(network.eval(), tuple(examples), dynamic_shapes=shapes), out)
    return out.getvalue()


def described(data: bytes, folder: Path, kind: str, name: str, declared: Mapping[str, Any], **about: Any) -> Path:
    """A manifest with its file in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.{SUFFIXES[kind]}"
    file.write_bytes(data)
    values = {
        "format": "rimlight-model-1", "id": name, "version": "1", "kind": kind, "file": file.name,
        "sha256": hashlib.sha256(data).hexdigest(), "licence": "Apache-2.0", "data": "random weights of a test",
    }  # fmt: skip
    path = folder / f"{name}.json"
    path.write_text(json.dumps(values | dict(declared) | about))
    return path


def smooth(folder: Path, kind: str = "torchscript", name: str = "smooth", **about: Any) -> Path:
    """The manifest of `Smooth`, from the main layer to the main layer."""
    data = _smooth(kind)
    declared = image_io()
    declared["inputs"].append(STRENGTH)
    return described(data, folder, kind, name, declared | {"tile": {"halo": 3, "blend": 0}}, **about)


def wide(folder: Path, kind: str = "torchscript", name: str = "wide", **about: Any) -> Path:
    """The manifest of `Wide`."""
    return described(_wide(kind), folder, kind, name, image_io() | {"multiple": 4, "tile": {"halo": 32}}, **about)


@functools.cache
def _smooth(kind: str) -> bytes:
    return saved(Smooth(), (torch.rand(1, 3, 12, 16), torch.rand(1)), kind)


@functools.cache
def _wide(kind: str) -> bytes:
    return saved(Wide(), (torch.rand(1, 3, 48, 64),), kind, multiple=4)


@functools.cache
def typical_model() -> str:
    """The manifest of `Smooth`, its tiles smaller than the pictures of the tests; gone when the process ends."""
    import atexit

    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(smooth(folder, tile={"size": 8, "halo": 3, "blend": 2}))


def tiny_student(folder: Path, name: str = "student", loud: float = 1.0) -> Path:
    """A student with few channels and random weights. loud : by how much its last layers are louder than untrained."""
    folder.mkdir(parents=True, exist_ok=True)
    config = StudentConfig(widths=(8, 8, 8, 8, 8), code=16, refiner=(8, 8))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        student = Student(config)
    for head in (student.head, student.refiner.head):
        head.weight.data *= loud
    sha256 = write_weights(student.state_dict(), folder / f"{name}.safetensors")
    count = sum(p.numel() for p in student.parameters())
    manifest = Manifest(
        name, "1", f"{name}.safetensors", sha256, "Apache-2.0", "random weights", "light", count, config, 64
    )
    manifest.write(folder / f"{name}.json")
    return folder / f"{name}.json"
