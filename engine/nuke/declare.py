"""What a node class says of its counterparts in Nuke, `@node(..., nuke=NukeClass("Blur"))`.

Knobs of the same name as a parameter need no word. So a declaration holds only what differs, as one of versions does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..kinds import registry

if TYPE_CHECKING:
    from ..graph.graph import NodeState
    from ..nodebase import Node
    from .conversion import NukeConversion


_FACTOR = re.compile(r"\s*-?(\d+\.?\d*|\.\d+)(e-?\d{1,2})?\s*")


@dataclass(frozen=True)
class NukeClass:
    """How nodes of one class of Nuke, or of several that differ in nothing else, become nodes of a kind.

    names : of the classes, with blanks between.
    knobs : parameter by knob, where the names differ; `size*2` multiplies the numbers.
    values : by parameter, what the defaults of Nuke are where ours differ.
    choices : by parameter, our choice by Nuke's text, where these differ in more than case.
    inputs : our sockets in the order of Nuke's inputs, with blanks between, `-` for one that has no counterpart; by
        default the ports in order, the mask last.
    ignored : knobs that change nothing that is seen here, with blanks between; `*` for all that are not named.
    convert : does what names cannot say, before the other knobs are looked at.
    differs : what is different all the same, a sentence for the manual.
    write : the way back: the knobs of a node as Nuke's text, and sentences on what could not be written. The first name
        is the class that is written.
    """

    names: str
    knobs: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    inputs: str = ""
    ignored: str = ""
    convert: "Callable[[NukeConversion], None] | None" = None
    differs: str = ""
    write: "Callable[[NodeState], tuple[Mapping[str, str], list[str]]] | None" = None

    def mistake(self) -> str:
        """What cannot be meant, of a declaration by itself; empty where all can."""
        for name in ("names", "inputs", "ignored", "differs"):
            if not isinstance(text := getattr(self, name), str):
                return f"{name} is {text!r:.60}, expected text with blanks between"
        for name in ("knobs", "values", "choices"):
            if not isinstance(table := getattr(self, name), Mapping):
                return f"{name} is {table!r:.60}, expected a dict"
        for name in ("convert", "write"):
            if not ((function := getattr(self, name)) is None or callable(function)):
                return f"{name} is {function!r:.60}, expected a function"
        for knob, meant in self.knobs.items():
            factor = meant.partition("*")[2] if isinstance(meant, str) else "?"
            if not isinstance(knob, str) or (factor and not _FACTOR.fullmatch(factor)):
                return f"knobs has {knob!r:.30}: {meant!r:.30}, expected a parameter, or one with a factor, as 'size*2'"
        return ""

    def parameter(self, knob: str) -> tuple[str, float]:
        """The parameter that a knob is, and the factor on its numbers."""
        if knob not in self.knobs:
            return knob, 1.0
        name, _, factor = self.knobs[knob].partition("*")
        return name, float(factor or 1)

    def sockets(self, cls: "type[Node]", count: int) -> list[str]:
        """Our socket for each of `count` inputs of Nuke's, empty for one that has no counterpart."""
        names = self.inputs.split() if self.inputs else [p.name for p in cls.ports if p.name != "mask"]
        many = next((p.name for p in cls.ports if p.many), "")
        if not self.inputs and cls.port("mask") is not None:
            # A mask is the last input of a node with one picture, and the third of one with any number of them.
            names = [*names, many, "mask"] if many and len(names) == 1 else [*names, "mask"]
        out: list[str] = []
        for i in range(count):
            name = names[i] if i < len(names) else many
            number = out.count(name) + sum(o.startswith(name) and o[len(name) :].isdigit() for o in out) if name else 0
            out.append("" if name in ("", "-") else name if not number or name != many else f"{name}{number + 1}")
        return out


def nuke_classes() -> "dict[str, tuple[type[Node], NukeClass]]":
    """By class of Nuke, the node class that stands for it and what that says of it; the first kind that names one."""
    found: dict[str, tuple[type[Node], NukeClass]] = {}
    for cls in registry:
        for declared in cls.nuke:
            for name in declared.names.split():
                found.setdefault(name, (cls, declared))
    return found
