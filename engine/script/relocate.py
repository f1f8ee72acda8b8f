"""Relative file names that still lead to the same files when a script, or a piece of one, goes to another folder."""

import os
from dataclasses import dataclass, field, replace
from typing import Any

from ..graph.graph import Graph, NodeState
from .document import Document

_FILES = ("file", "folder", "config")
_PATHS_OR_NAMES = ("model", "font")
"""Roles of parameters that hold a path, or the name of something that is installed."""


@dataclass
class Relocation:
    """From one folder to another; '' stands for the one where the program runs.

    Nodes are shared as before: one that is in many steps of a history is changed once, and what names no relative file
    stays the very same object.
    """

    old: str
    new: str
    _known: dict[int, tuple[NodeState, NodeState]] = field(default_factory=dict, repr=False)

    def document(self, document: Document) -> Document:
        """A script as it reads from the new folder, which its project is in then."""
        project = document.project
        ocio = self.name(project.ocio) if _is_path(project.ocio) else project.ocio
        return document.with_(graph=self.graph(document.graph), project=replace(project, folder=self.new, ocio=ocio))

    def graph(self, graph: Graph) -> Graph:
        """The nodes of one level, with all that is in groups."""
        nodes = {name: self._node(state) for name, state in graph.items()}
        same = all(nodes[name] is state for name, state in graph.items())
        return graph if same else Graph(nodes)

    def name(self, name: str) -> str:
        """A file name as it reads from the new folder. Absolute ones, those of `~` and variables stay as they are."""
        if not name or os.path.isabs(name) or name[0] in "~$":
            return name
        there = os.path.normpath(os.path.join(os.path.abspath(self.old), name))
        start = os.path.abspath(self.new)
        try:
            shared = os.path.commonpath([there, start])
        except ValueError:  # other drives
            return there
        return there if shared == os.path.dirname(shared) else os.path.relpath(there, start).replace(os.sep, "/")

    def _node(self, state: NodeState) -> NodeState:
        known = self._known.get(id(state))
        if known is None:
            known = self._known[id(state)] = state, self._changed(state)  # the old one is kept, so that its id is
        return known[1]

    def _changed(self, state: NodeState) -> NodeState:
        values: dict[str, Any] = {}
        for spec in state.cls.specs if state.cls is not None else ():
            value = state.values.get(spec.name)
            named = spec.role in _FILES or (spec.role in _PATHS_OR_NAMES and isinstance(value, str) and "/" in value)
            if named and isinstance(value, str) and _is_path(value) and (name := self.name(value)) != value:
                values[spec.name] = name
        inner = state.graph if state.graph is None else self.graph(state.graph)
        if values or inner is not state.graph:
            return state.with_(values={**state.values, **values}, graph=inner)
        return state


def _is_path(value: str) -> bool:
    """Whether it names a file, not a variable or what a library brings."""
    return bool(value) and value != "env" and "://" not in value
