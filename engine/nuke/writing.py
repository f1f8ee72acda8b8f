"""Nodes of ours as text that Nuke pastes, for the kinds that say how they are written."""

from collections.abc import Iterable

from ..errors import GraphError
from ..graph import Graph
from ..graph.edits import POSITION
from ..kinds import registry
from .declare import NukeClass


def nuke_text(graph: Graph, names: Iterable[str]) -> tuple[str, list[str]]:
    """Some nodes of a level as Nuke's clipboard has them, unwired, and what could not be written, as sentences.

    Raises GraphError when one is of a kind that has no way back to Nuke.
    """
    texts, notes = ["set cut_paste_input [stack 0]\nversion 13.0 v1\n"], []
    for name in names:
        state = graph[name]
        found = _declared(state.cls.nuke if state.cls is not None else ())
        if found is None or found.write is None:
            label = state.cls.label if state.cls is not None else state.kind
            raise GraphError(f"{name}: a {label} cannot be written for Nuke, only {_possible()} can")
        knobs, left = found.write(state)
        notes += [f"{name}: {note}" for note in left]
        place = state.ui.get(POSITION) or (0, 0)
        lines = [f" {knob} {text}" for knob, text in knobs.items()]
        lines += [f" name {name}", " selected true", f" xpos {round(place[0])}", f" ypos {round(place[1])}"]
        texts.append(f"{found.names.split()[0]} {{\n inputs 0\n" + "\n".join(lines) + "\n}\n")
    return "".join(texts), notes


def _declared(classes: Iterable[NukeClass]) -> NukeClass | None:
    return next((declared for declared in classes if declared.write is not None), None)


def _possible() -> str:
    """The kinds that can be written, as text."""
    return ", ".join(sorted(cls.label for cls in registry if _declared(cls.nuke) is not None)) or "none"
