"""The mean of the weights of several students.

Runs of which one goes on from another end in one valley, and the middle of it is better than its sides, at no cost
(Izmailov et al. 2018; Wortsman et al. 2022, model soups).
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import reduce
from pathlib import Path

import torch

from rimlight.engine import FileError, Manifest, RimlightError, Student, load_student, write_weights

from .networks import described
from .provenance import Sources, lineage, told_of


def average_files(students: Sequence[Path], out: Path) -> Path:
    """Write the mean of the weights of manifests into a folder, with a manifest; returns the manifest's path.

    Raises RimlightError: there is but one, or they are of different networks; FileError: one cannot be read, or the
    folder not be written.
    """
    if len(students) < 2:
        raise RimlightError("--student: expected two or more manifests to take the mean of")
    manifests = [Manifest.read(path) for path in students]
    first = manifests[0]
    for path, manifest in zip(students, manifests, strict=True):
        if manifest.config != first.config:
            raise RimlightError(
                f"{path} is of {described(manifest.config)}, {students[0]} of {described(first.config)}: no mean"
            )
    mean = _mean([load_student(path).student for path in students])
    sources = reduce(Sources.joined, map(Sources.of, manifests))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder {out} cannot be made: {error.strerror or error}") from None
    sha256 = write_weights(mean.state_dict(), out / "student.safetensors")
    trained = {
        "mean_of": [told_of(manifest) for manifest in manifests],
        "sources": asdict(sources),
        "lineage": lineage(manifests),
    }
    made = replace(
        first, version="training", file="student.safetensors", sha256=sha256, data=sources.statement(), trained=trained,
        metrics={},
    )  # fmt: skip
    made.write(out / "student.json")
    return out / "student.json"


@torch.no_grad()
def _mean(students: Sequence[Student]) -> Student:
    """The first of them, with the mean of all weights."""
    first, *others = students
    for name, weight in first.state_dict().items():
        weight.copy_(torch.stack([weight, *(other.state_dict()[name] for other in others)]).mean(0))
    return first
