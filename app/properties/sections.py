"""The sections in which the parameters of a node stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from PySide6.QtWidgets import QToolButton, QVBoxLayout

from .parameter import Parameter
from .rows import Row

TOGETHER = 3
"""So many parameters in a row whose titles begin with the same word stand under that word."""
REST = "Other"
"""Title of what comes after a section and belongs to none."""
LONG = 12
"""A section of more parameters is closed at first."""
_LAST = ("disable", "note")


@dataclass
class Section:
    """Rows under a title; without one they are always shown."""

    title: str
    parameters: Sequence[Parameter]
    open: bool = True
    rows: list[Row] = field(default_factory=list)
    button: QToolButton | None = None
    place: QVBoxLayout | None = None


def sections_of(parameters: Sequence[Parameter], declared: Mapping[str, str] = MappingProxyType({})) -> list[Section]:
    """Parameters in sections: those that come first and the main ones, where many neighbours' names begin alike under
    that word; what the node declares; mask and mix; and what every node has.

    declared : see `Node.sections`; one of parameters for the end is closed, as long ones are.
    """
    by_name = {p.name: p for p in parameters}
    named = {title: [n for word in words.split() for n in _meant(word, by_name)] for title, words in declared.items()}
    taken = {name for names in named.values() for name in names}
    last = [p for p in parameters if p.name in _LAST and p.spec.place == "bottom"]
    free = [p for p in parameters if p.name not in taken and p not in last]
    sections: list[Section] = []
    for title, run in _runs([p for p in free if p.spec.place != "bottom"]):
        if title or not sections:
            sections.append(Section(title, run, len(run) <= LONG))
        elif sections[-1].title in ("", REST):
            sections[-1].parameters = [*sections[-1].parameters, *run]
        else:
            sections.append(Section(REST, run))
    groups = {title: [by_name[name] for name in names] for title, names in named.items() if names}
    ends = {title for title, group in groups.items() if all(p.spec.place == "bottom" for p in group)}
    sections += [Section(title, group, len(group) <= LONG) for title, group in groups.items() if title not in ends]
    bottom = [p for p in free if p.spec.place == "bottom"]
    if bottom:
        masks = any(p.name.startswith("mask") for p in bottom)
        sections.append(Section("Mask and Mix" if masks else "More", bottom))
    sections += [Section(title, group, open=False) for title, group in groups.items() if title in ends and group]
    if last:
        sections.append(Section("Node", last, open=False))
    return sections


def _meant(word: str, by_name: Mapping[str, Parameter]) -> list[str]:
    """The parameter that a section names, or the members of a family; none where a group shows others."""
    return [word] if word in by_name else [name for name in by_name if name.startswith(f"{word}_")]


def _runs(parameters: Sequence[Parameter]) -> list[tuple[str, list[Parameter]]]:
    """Neighbours whose titles begin with the same word, under that word where there are enough of them."""
    runs = [(word, list(run)) for word, run in groupby(parameters, key=lambda p: p.title.partition(" ")[0])]
    return [(word.title() if len(run) >= TOGETHER else "", run) for word, run in runs]
