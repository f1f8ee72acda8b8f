"""The range of frames of nodes that have one, as a bar that is moved and pulled in the dope sheet.

Which parameters that sets is read off the declaration: whole numbers of frames called `offset`, or `first` and `last`,
perhaps with a word in front (`output_first`, `output_last`).
"""

from dataclasses import dataclass, replace

from rimlight.engine import Graph, NodeState, Spec

from ..facts import Facts

_PAIRS = (("output_first", "output_last"), ("first", "last"))


@dataclass(frozen=True)
class Bar:
    """From the first to the last frame. offset, ends : the parameters that move it and its ends; empty where it cannot
    be.
    """

    path: str
    first: int
    last: int
    offset: str = ""
    ends: tuple[str, str] | None = None
    values: tuple[int, ...] = ()

    def moved(self, frames: int) -> dict[str, int]:
        """The parameters for the whole bar moved."""
        if self.offset:
            return {self.offset: self.values[0] + frames}
        return {} if self.ends is None else {name: v + frames for name, v in zip(self.ends, self.values, strict=True)}

    def pulled(self, end: int, frames: int) -> dict[str, int]:
        """The parameters for one end moved, 0 the first and 1 the last; they never pass each other."""
        if self.ends is None:
            return self.moved(frames)
        first, last = self.values
        value = min(first + frames, last) if end == 0 else max(last + frames, first)
        return {self.ends[end]: value}


def bar_of(graph: Graph, path: str, facts: Facts) -> Bar | None:
    """The bar of a node; None for one without a range of its own."""
    state = graph.at(path)
    if state.cls is None:
        return None
    names = {spec.name for spec in state.cls.specs if _counts_frames(spec)}
    info = facts.info(path)
    known = info.frames if info is not None else None
    if "offset" in names and isinstance(offset := state.value("offset"), int):
        return Bar(path, *known, offset="offset", values=(offset,)) if known is not None else None
    for pair in _PAIRS:
        if set(pair) <= names and _applies(state, pair):
            ends = tuple(state.value(name) for name in pair)
            if all(isinstance(end, int) for end in ends):
                return Bar(path, min(ends), max(ends), ends=pair, values=ends)
    return None


def _applies(state: NodeState, pair: tuple[str, str]) -> bool:
    """Retime has its range only when it goes by it."""
    if pair[0] != "output_first" or state.cls is None:
        return True
    return not any(spec.name == "method" for spec in state.cls.specs) or state.value("method") == "range"


def _counts_frames(spec: Spec) -> bool:
    return spec.type is int and spec.size == 1 and spec.unit in ("frame", "frames")


def shown_while_moved(bar: Bar, frames: int, end: int | None) -> Bar:
    """The bar while it is dragged: facts come a moment later."""
    first = bar.first + (frames if end in (None, 0) else 0)
    last = bar.last + (frames if end in (None, 1) else 0)
    if end == 0:
        first = min(first, last)
    return replace(bar, first=first, last=max(first, last))
