"""Networks that begin with the weights of another: of the same sizes, deeper, wider, or both, and as good at first
(Net2Net, Chen et al. 2016).

A block adds to its input, so that one whose last convolution is zero changes nothing. A new channel is zero where all
weights that make it are; what reads it has weights drawn as usual, through which gradients reach those that make it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor

from rimlight.engine import Manifest, RimlightError, Student, StudentConfig, load_student

from .networks import described


def deepened(config: StudentConfig) -> StudentConfig:
    """The sizes of an expert that grows out of a network: half as many blocks again, at least one more a level."""

    def more(blocks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(n + max(1, n // 2) for n in blocks)

    return replace(config, encoder=more(config.encoder), decoder=more(config.decoder))


def check_growth(wanted: StudentConfig, start: Path) -> None:
    """Tell when a network cannot begin with a manifest's weights, which may have fewer channels and blocks, not more.

    Raises FileError when the manifest cannot be read, RimlightError when its network is larger or has another code.
    """
    had = Manifest.read(start).config
    alike = (wanted.code, wanted.queries, len(wanted.widths)) == (had.code, had.queries, len(had.widths))
    larger = zip(_sizes(wanted), _sizes(had), strict=False)
    if not alike or any(mine < theirs for mine, theirs in larger):
        raise RimlightError(
            f"{described(wanted)} cannot begin with {start}, which is of {described(had)}: it may only be wider or"
            " deeper"
        )


def _sizes(config: StudentConfig) -> tuple[int, ...]:
    return (*config.widths, *config.refiner, *config.encoder, *config.decoder)


def begin_with(student: Student, start: Path) -> None:
    """Give a network the weights of a manifest's student, which may be narrower and have fewer blocks.

    What is new is drawn as in the network given, or zero. Raises FileError, RimlightError as `check_growth` does.
    """
    check_growth(student.config, start)
    base = load_student(start).student
    known = base.state_dict()
    state: dict[str, Tensor] = dict(student.state_dict())
    for name, value in state.items():
        if name in known:
            state[name] = _widened(name, known[name], value, base.config, student.config)
        elif ".second." in name:
            state[name] = torch.zeros_like(value)
    student.load_state_dict(state)


def _widened(name: str, known: Tensor, fresh: Tensor, had: StudentConfig, has: StudentConfig) -> Tensor:
    """A weight or bias with what is known in its place. New rows, of channels a layer makes, are zero; new columns, of
    channels it reads, stay fresh.
    """
    rows = _kept([(known.shape[0], fresh.shape[0])])
    if ".film." in name:  # scales, then shifts
        rows = _kept([(known.shape[0] // 2, fresh.shape[0] // 2)] * 2)
    out = torch.zeros_like(fresh)
    out[rows] = known if fresh.ndim == 1 else fresh[rows]
    if fresh.ndim > 1:
        out[rows[:, None], _columns(name, known.shape[1], fresh.shape[1], had, has)] = known
    if name.endswith("first.weight"):  # reads channels over their root mean square, which zeros among them make smaller
        out *= (known.shape[1] / fresh.shape[1]) ** 0.5
    return out


def _columns(name: str, known: int, fresh: int, had: StudentConfig, has: StudentConfig) -> Tensor:
    """Which columns of a widened weight those known become."""
    if name == "gather.mix.0.weight":  # all channels of a query, then of the next
        return _kept([(had.widths[-1], has.widths[-1])] * had.queries)
    if name == "refiner.start.weight":  # features, then what physics says
        return _kept([(had.widths[1], has.widths[1]), (known - had.widths[1], fresh - has.widths[1])])
    return _kept([(known, fresh)])


def _kept(runs: Sequence[tuple[int, int]]) -> Tensor:
    """Where channels go that lie in runs one after the other, of which each is widened at its end. runs : sizes before
    and after.
    """
    begins = accumulate((after for _, after in runs), initial=0)
    return torch.cat([torch.arange(begin, begin + before) for begin, (before, _) in zip(begins, runs, strict=False)])
