"""Checkpoints of a training: whole or not there, and never resumed from when a byte of them has changed."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch

from rimlight.engine import FileError, Student


@dataclass
class State:
    """What a checkpoint keeps: the network, the running mean of its weights, optimisers, steps and minutes."""

    student: Student
    average: Student
    optimizers: tuple[torch.optim.Optimizer, ...]
    step: int = 0
    minutes: float = 0.0

    def save(self, path: Path) -> None:
        """Write it so that the name always holds a whole checkpoint. Raises FileError."""
        temporary = path.with_name(f".{path.name}.tmp")
        values = {
            "student": self.student.state_dict(), "average": self.average.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers], "step": self.step, "minutes": self.minutes,
        }  # fmt: skip
        try:
            torch.save(values, temporary)
            os.replace(temporary, path)
        except (OSError, RuntimeError) as error:  # torch tells a full disk by either
            raise FileError(f"{path} could not be written: {_line(error)}") from None
        finally:
            temporary.unlink(missing_ok=True)

    def load(self, path: Path, device: torch.device) -> None:
        """Raises FileError when the checkpoint is damaged or of another network."""
        _check(path)
        try:
            values = torch.load(path, map_location=device, weights_only=True)
            self.student.load_state_dict(values["student"])
            self.average.load_state_dict(values["average"])
            for optimizer, kept in zip(self.optimizers, values["optimizers"], strict=True):
                rates = [group["initial_lr"] for group in optimizer.param_groups]  # those of the configuration hold
                optimizer.load_state_dict(kept)
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["initial_lr"] = rate
            self.step, self.minutes = int(values["step"]), float(values["minutes"])
        except (RuntimeError, LookupError, TypeError, ValueError, UnpicklingError):  # pages of names and shapes
            raise FileError(f"{path} cannot be resumed from: it is of another network") from None


def _check(path: Path) -> None:
    """Raise FileError where a byte is not what was written: the archive has a checksum of each of its parts, which
    torch writes and does not read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except OSError as error:
        raise FileError(f"{path} cannot be resumed from: {error.strerror or error}") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileError(f"{path} cannot be resumed from: it is no whole checkpoint, {_line(error)}") from None
    if damaged:
        raise FileError(f"{path} cannot be resumed from: it is damaged, the checksum of {damaged} does not fit")


def _line(error: Exception) -> str:
    """What an error says, in a line."""
    return " ".join(str(error).split()) or type(error).__name__
