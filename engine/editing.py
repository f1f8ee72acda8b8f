"""Editing a script, with its history."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .errors import RimlightError, ScriptError
from .graph import edits, grouping
from .graph.clones import shared
from .graph.graph import Graph
from .script.document import Document
from .script.history import History
from .script.script import read_nodes, text_of
from .settings import Project
from .values import Expr


class Editing:
    """A script that is edited. Nodes are named by path, `Blur1` or `Group1/Blur1`."""

    def __init__(self) -> None:
        self.history = History(Document())
        self._edited: list[str] = []

    @property
    def document(self) -> Document:
        """The script as it is now."""
        return self.history.document

    @property
    def graph(self) -> Graph:
        """Its nodes, with those of groups inside these."""
        return self.document.graph

    @property
    def project(self) -> Project:
        """Its settings, which `set_project` changes."""
        return self.document.project

    def commit(self, graph: Graph, label: str, merge: object = None) -> None:
        """Make `graph` the script's graph, as one step of the history; what was set at a clone is set at all."""
        self.history.commit(self.document.with_(graph=shared(self.graph, graph)), label, merge)

    def set_project(self, **changes: Any) -> None:
        """Change project settings, e.g. `fps=25`, `format="HD"`, as one step of the history; for names see `Project`.

        Raises ScriptError for a setting that there is not, or a value that it cannot have.
        """
        unknown = [name for name in changes if name not in Project.names()]
        if unknown:
            raise ScriptError(f"the project has no setting '{unknown[0]}', it has {', '.join(Project.names())}")
        data = {**self.project.to_data(), **changes}
        project = replace(Project.from_data(data), folder=self.project.folder)
        self.history.commit(self.document.with_(project=project), "project settings")

    def add(
        self,
        kind: str,
        *sources: str,
        name: str | None = None,
        inside: str = "",
        inputs: Mapping[str, str] | None = None,
        **values: Any,
    ) -> str:
        """Add a node and return its path.

        kind : kind or label, `color.grade` or `Grade`. sources : nodes wired to its ports in order. inputs : by socket.
        inside : path of the group it is made in; sources are then named as they are there. values : parameters; an
        `Expr` or a `Curve` where animated. Raises GraphError, ParameterError.
        """
        level = self.graph.inside(inside)
        level, made = edits.add(level, kind, name=name, sources=sources, inputs=inputs, values=values)
        return self._made(inside, level, made, "add")

    def insert_after(self, source: str, kind: str, name: str | None = None, **values: Any) -> str:
        """Add a node behind `source`, in the place of its wires to all that it fed, and return its path.

        Raises GraphError, ParameterError.
        """
        inside, _, last = source.rpartition("/")
        level, made = edits.insert_after(self.graph.inside(inside), last, kind, name=name, values=values)
        return self._made(inside, level, made, "insert")

    def set(self, node: str, merge: object = None, /, **values: Any) -> None:
        """Set parameters of a node, `s.set("Grade1", multiply=2)`, all or none. Raises GraphError, ParameterError.

        merge : a token for one gesture, such as a drag; steps with the same token become one.
        """
        graph = edits.set_many(self.graph, {f"{node}.{name}": value for name, value in values.items()})
        self.touched(node)
        self.commit(graph, f"set {node} {', '.join(values)}", merge)

    def express(self, node: str, **texts: str) -> None:
        """Set parameters to expressions, `s.express("Blur1", size="frame * 2")`. Raises GraphError, ParameterError."""
        self.set(node, **{name: Expr(text) for name, text in texts.items()})

    def connect(self, node: str, socket: str, source: str | None) -> None:
        """Wire `source`, a node beside `node`, into a socket of it, or unwire it with None. Raises GraphError."""
        inside, _, name = node.rpartition("/")
        level = self.graph.inside(inside)
        if source is not None and source not in level:
            source = source.removeprefix(f"{inside}/")
        self._put(inside, level.connect(name, socket, source), f"connect {node}.{socket}")

    def remove(self, *nodes: str) -> None:
        """Remove nodes; wires from them go too. Raises GraphError."""
        graph = self.graph
        levels: dict[str, list[str]] = {}
        for node in nodes:
            inside, _, name = node.rpartition("/")
            levels.setdefault(inside, []).append(name)
        for inside in sorted(levels, key=len, reverse=True):  # groups after what is in them
            graph = graph.replace_inside(inside, graph.inside(inside).remove(levels[inside]))
        self.commit(graph, f"remove {', '.join(nodes)}")

    def extract(self, *nodes: str) -> None:
        """Take nodes out of the flow: they stay, and what they fed is fed past them. Raises GraphError."""
        inside, names = _beside(nodes)
        self._put(inside, edits.extract(self.graph.inside(inside), names), f"extract {', '.join(nodes)}")

    def rename(self, node: str, name: str) -> str:
        """Rename a node and return its new path; wires and links in expressions follow. Raises GraphError."""
        inside = node.rpartition("/")[0]
        self.commit(edits.rename(self.graph, node, name), f"rename {node}")
        return f"{inside}/{name}" if inside else name

    def duplicate(self, *nodes: str, keep_inputs: bool = False) -> dict[str, str]:
        """Copy nodes beside themselves, wired among each other; returns the new names by the old ones.

        keep_inputs : wire them to what feeds the originals, too. Raises GraphError.
        """
        inside, chosen = _beside(nodes)
        level, names = edits.duplicate(self.graph.inside(inside), chosen, keep_inputs=keep_inputs)
        self._put(inside, level, f"duplicate {', '.join(nodes)}")
        return names

    def group(self, *nodes: str, name: str | None = None) -> str:
        """Put nodes into a new group and return its path. Raises GraphError."""
        inside, chosen = _beside(nodes)
        graph, path = grouping.group(self.graph, chosen, inside=inside, name=name)
        self.commit(graph, f"group {', '.join(nodes)}")
        return path

    def ungroup(self, group: str) -> dict[str, str]:
        """Dissolve a group; returns the new names of its nodes by the old ones. Raises GraphError."""
        graph, names = grouping.ungroup(self.graph, group)
        self.commit(graph, f"ungroup {group}")
        return names

    def promote(self, group: str, target: str, name: str | None = None) -> str:
        """Let a group show an inner parameter, `Blur1.size`, as its own; returns its name there. Raises GraphError."""
        graph, shown = grouping.promote(self.graph, group, target, name)
        self.commit(graph, f"promote {group}/{target}")
        return shown

    def copy(self, *nodes: str) -> str:
        """Nodes that stand beside each other as text, with the wires between them, for `paste`. Raises GraphError."""
        inside, chosen = _beside(nodes)
        return text_of(self.graph.inside(inside), chosen, self.project.folder)

    def paste(self, text: str, inside: str = "") -> dict[str, str]:
        """Add the nodes in a text made by `copy` or in a script; returns their new names by those in the text.

        Raises ScriptError, GraphError.
        """
        level, names = edits.paste(self.graph.inside(inside), read_nodes(text, self.project.folder))
        self._put(inside, level, f"paste {', '.join(names.values())}")
        return names

    def undo(self) -> bool:
        """Go back one step of the history. False when there is none."""
        return self.history.undo()

    def redo(self) -> bool:
        """Do the next undone step again. False when there is none."""
        return self.history.redo()

    def touched(self, node: str) -> None:
        """Remember that a node's parameters are being edited, so that its inputs stay in memory."""
        if node in self._edited:
            self._edited.remove(node)
        self._edited = [*self._edited[-3:], node]

    @property
    def edited(self) -> frozenset[str]:
        """Paths of the nodes whose parameters were edited last."""
        return frozenset(self._edited)

    def _put(self, inside: str, level: Graph, label: str) -> None:
        self.commit(self.graph.replace_inside(inside, level), label)

    def _made(self, inside: str, level: Graph, name: str, verb: str) -> str:
        path = f"{inside}/{name}" if inside else name
        self._put(inside, level, f"{verb} {path}")
        return path


def _beside(nodes: Iterable[str]) -> tuple[str, list[str]]:
    """Nodes of one level: its path and their names there. Raises RimlightError when they lie in different groups."""
    split = [node.rpartition("/") for node in nodes]
    places = sorted({inside for inside, _, _ in split})
    if len(places) > 1:
        raise RimlightError(f"these nodes lie in different groups, '{places[0]}' and '{places[1]}'; expected one level")
    return (places[0] if places else ""), [name for _, _, name in split]
