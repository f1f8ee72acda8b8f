"""Networks that begin with the weights of another: the same sizes, or more blocks that do nothing yet.

A block adds to its input, so that one whose last convolution is zero changes nothing (Net2Net, Chen et al. 2016): a
deeper network begins where the shallower one stopped.
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from rimlight.engine import RimlightError, Student, StudentConfig, load_student


def deepened(config: StudentConfig) -> StudentConfig:
    """The sizes of an expert that grows out of a network: half as many blocks again, at least one more a level."""

    def more(blocks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(n + max(1, n // 2) for n in blocks)

    return replace(config, encoder=more(config.encoder), decoder=more(config.decoder))


def begin_with(student: Student, start: Path) -> None:
    """Give a network the weights of a manifest's student.

    Raises FileError; RimlightError when that one has other widths or more blocks.
    """
    base = load_student(start)
    mine, theirs = student.config, base.student.config
    shape = (mine.widths, mine.code, mine.queries, mine.refiner)
    deep = zip((*mine.encoder, *mine.decoder), (*theirs.encoder, *theirs.decoder), strict=True)
    if shape != (theirs.widths, theirs.code, theirs.queries, theirs.refiner) or any(a < b for a, b in deep):
        raise RimlightError(
            f"the network cannot begin with {start}: that one has the widths {list(theirs.widths)} and"
            f" {list(theirs.encoder)} and {list(theirs.decoder)} blocks, this one {list(mine.widths)} and"
            f" {list(mine.encoder)} and {list(mine.decoder)}"
        )
    known = base.student.state_dict()
    state: dict[str, Tensor] = dict(student.state_dict())
    for name, value in state.items():
        if name in known:
            state[name] = known[name].float()
        elif ".second." in name:
            state[name] = torch.zeros_like(value)
    student.load_state_dict(state)
