"""What is known of a model, in a JSON file beside its weights; and the weights, checked against it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ..errors import FileError, file_errors, reason_of
from ..jsontext import from_json
from ..safefile import read_regular, write_safely
from .student import StudentConfig

FORMAT = "rimlight-student-1"
_LIMIT = 256 << 20
_MOST = 4096
"""Largest size in a manifest: more of anything than a file of that limit has weights for."""


@dataclass(frozen=True)
class Manifest:
    """The declaration of a model.

    id, version : name and version. file : the weights, beside the manifest. sha256 : of the weights' file. licence :
    SPDX name. data : what the model was trained on, in a sentence or two. input : what it takes, in words. config :
    sizes of the network. parameters : how many numbers it has. working_size : pixels of the side it was made for.
    trained : how, by name. metrics : figures of the evaluation by name.
    """

    id: str
    version: str
    file: str
    sha256: str
    licence: str
    data: str
    input: str
    parameters: int
    config: StudentConfig = field(default_factory=StudentConfig)
    working_size: int = 512
    trained: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the manifest. Raises FileError."""
        text = json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=2) + "\n"
        with file_errors(f"{path} could not be written"):
            write_safely(path, text.encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a manifest. Raises FileError with a sentence when it is missing, damaged or of another kind."""
        try:
            values = from_json(read_regular(path, 1 << 20))
        except OSError as error:
            raise FileError(f"{path} cannot be read as a model's manifest: {reason_of(error)}") from None
        except ValueError as error:
            raise FileError(f"{path} is no JSON: {error}") from None
        found = values.pop("format", None) if isinstance(values, dict) else None
        if found != FORMAT:
            raise FileError(f"{path} is no manifest of a student: its format is {json.dumps(found)}, expected {FORMAT}")
        try:
            config: dict[str, Any] = {
                k: tuple(v) if isinstance(v, list) else v for k, v in values.pop("config", {}).items()
            }
            manifest = cls(**values, config=StudentConfig(**config))
            manifest._check()
        except (TypeError, ValueError, AttributeError) as error:
            raise FileError(f"{path} is no whole manifest of a student: {error}") from None
        return manifest

    def _check(self) -> None:
        """Raise ValueError for a value of another type than declared, and for sizes that no student has."""
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if f.type in (str, int) and type(value) is not f.type:
                raise ValueError(f"{f.name} is {value!r:.60}, expected {'text' if f.type is str else 'a whole number'}")
        sizes = {"working_size": self.working_size, **dataclasses.asdict(self.config)}
        for name, value in sizes.items():
            for size in value if isinstance(value, tuple) else (value,):
                if type(size) is not int or not 1 <= size <= _MOST:
                    raise ValueError(f"{name} is {value!r:.60}, expected whole numbers from 1 to {_MOST}")


def read_weights(manifest: Manifest, folder: Path) -> dict[str, Tensor]:
    """The tensors of a model by name, float32, in the shapes they were saved in. Raises FileError when the file is
    missing, damaged or not the one declared.
    """
    path = folder / manifest.file
    with file_errors(f"{path} cannot be read as a model's weights"):
        data = read_regular(path, _LIMIT)
    found = hashlib.sha256(data).hexdigest()
    if found != manifest.sha256:
        raise FileError(f"{path} is not the file its manifest declares: sha256 {found}, expected {manifest.sha256}")
    try:
        return {name: tensor.float() for name, tensor in load(data).items()}
    except SafetensorError as error:
        raise FileError(f"{path} is no safetensors file: {error}") from None


def write_weights(tensors: Mapping[str, Tensor], path: Path) -> str:
    """Write the tensors of a model as half floats and return the file's sha256. Raises FileError."""
    data = save({name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in tensors.items()})
    with file_errors(f"{path} could not be written"):
        write_safely(path, data)
    return hashlib.sha256(data).hexdigest()
