"""A small shot on disk: numbered plates, and scripts over them."""

from pathlib import Path

import torch

import pictures
from rimlight.engine import Region, Session
from rimlight.engine.io.write import Writer

FRAME = Region(0, 0, 32, 18)


def plates(folder: Path, frames: range = range(1, 4), frame: Region = FRAME) -> str:
    """Write a sequence of EXR files, every frame another picture; returns its pattern, relative to `folder`."""
    writer = Writer()
    for number in frames:
        image = pictures.picture(pictures.plate(frame, seed=number), display=frame)
        writer.write(image, folder / f"plate.{number:04d}.exr")
    return "plate.####.exr"


def shot(folder: Path, frames: range = range(1, 4), frame: Region = FRAME) -> Path:
    """A script that grades and blurs a plate and writes an EXR (`Out`) and a PNG (`Look`) of each frame."""
    session = Session()
    size = f"{frame.width}x{frame.height}"
    session.set_project(format=size, frames=[frames[0], frames[-1]], working="Linear Rec.709 (sRGB)")
    session.add("Read", name="Plate", file=plates(folder, frames, frame))
    session.add("Grade", "Plate", name="Warm", white=(1.2, 1.0, 0.8, 1.0))
    session.add("Blur", "Warm", name="Soft", size=(2.0, 2.0))
    session.add("Write", "Soft", name="Out", file="out/soft.####.exr", depth="float")
    session.add("Write", "Soft", name="Look", file="out/soft.####.png")
    return session.save(folder / "shot.rim")


def broken(shot: Path, *frames: int) -> Path:
    """The shot with the plates of some frames damaged."""
    for frame in frames:
        shot.with_name(f"plate.{frame:04d}.exr").write_bytes(b"no picture")
    return shot


def pixels(path: Path) -> torch.Tensor:
    """The main layer of a written picture, `[C, h, w]`, as it is in the file."""
    session = Session()
    return session.evaluate(session.add("Read", file=str(path), raw=True))["rgba"]
