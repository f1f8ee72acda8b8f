"""What is looked at before anything heavy begins."""

import tempfile
from pathlib import Path

import torch

from rimlight.engine import FileError, RimlightError


def writable_folder(folder: Path) -> None:
    """Make a folder if need be. Raises FileError where files cannot be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError:
        raise FileError(f"{folder} is a file, expected a folder") from None
    except OSError as error:
        raise FileError(f"the folder {folder} cannot be written into: {error.strerror or error}") from None


def device_kind(name: str) -> str:
    """`cpu` or `cuda` of a name or `auto`, which takes CUDA when it is there. Raises RimlightError."""
    if name not in ("auto", "cpu", "cuda"):
        raise RimlightError(f"--device {name}: expected auto, cpu or cuda")
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise RimlightError("--device cuda: there is no CUDA device here")
    return "cuda" if there and name != "cpu" else "cpu"
