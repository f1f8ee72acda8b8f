"""The strokes of the paint under work, and which of them are chosen, in the viewer as in the panel."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from rimlight.engine import Animated, NodeState

from .changes import Change
from .paths import has_node
from .workspace import Workspace

ROLE = "strokes"
Target = tuple[str, str]
"""Path of a node, and its parameter that is strokes."""


def painted_on(workspace: Workspace) -> Target | None:
    """Whose strokes are under work, when the topmost open node that is drawn on has strokes."""
    graph = workspace.graph
    for path in workspace.opened:
        state = graph.at(path) if has_node(graph, path) else None
        for spec in state.cls.specs if state is not None and state.cls is not None else ():
            if spec.role in (ROLE, "shapes"):
                return (path, spec.name) if spec.role == ROLE else None
    return None


def strokes_of(workspace: Workspace, target: Target) -> tuple[Any, ...]:
    """Strokes as they are, in the order in which they lie; none where the node is gone. To read hundreds from data at
    each move of the mouse would take tens of milliseconds; those that are put back as they are are not read again.
    """
    path, parameter = target
    value = workspace.graph.at(path).value(parameter) if has_node(workspace.graph, path) else None
    return tuple(value) if isinstance(value, Animated) and isinstance(value, Iterable) else ()


def stroke_values(state: NodeState) -> Iterator[Any]:
    """The strokes of a node that are not the same at all frames."""
    for spec in state.cls.specs if state.cls is not None else ():
        if spec.role == ROLE and isinstance(value := state.value(spec.name), Iterable):
            yield from (stroke for stroke in value if not stroke.is_still)


class ChosenStrokes(QObject):
    """Which strokes are chosen. They stay so where they are edited, ordered or others go. changed : it is others."""

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._target: Target | None = None
        self._numbers: frozenset[int] = frozenset()
        self._seen: tuple[Any, ...] = ()
        workspace.document_changed.connect(self._follow)

    def of(self, target: Target | None) -> frozenset[int]:
        """Numbers of the chosen strokes of a parameter."""
        return self._numbers if target is not None and target == self._target else frozenset()

    def choose(self, target: Target, numbers: Collection[int]) -> None:
        """Choose these strokes and no others."""
        before = self.of(target)
        self._target, self._numbers = target, frozenset(numbers)
        self._seen = strokes_of(self._workspace, target) if numbers else ()
        if self._numbers != before:
            self.changed.emit()

    def toggle(self, target: Target, number: int) -> None:
        """Choose one more, or one less."""
        self.choose(target, self.of(target) ^ {number})

    def edit(self, target: Target, change: Callable[[Mapping[str, Any]], Mapping[str, Any]], token: object) -> None:
        """Make the chosen strokes anew from their data, as one step of the history or a part of that with `token`."""
        chosen = self.of(target)
        made = [change(s.to_data()) if i in chosen else s for i, s in enumerate(strokes_of(self._workspace, target))]
        self._workspace.edit(lambda session: session.set(target[0], token, **{target[1]: made}))

    def delete(self) -> None:
        """Take the chosen strokes away, as one step."""
        target, gone = self._target, self._numbers
        if target is None or not gone:
            return
        kept = [s for i, s in enumerate(strokes_of(self._workspace, target)) if i not in gone]
        self.choose(target, ())
        self._workspace.edit(lambda session: session.set(target[0], **{target[1]: kept}))

    def _follow(self, change: Change) -> None:
        if not self._numbers or self._target is None:
            return
        now = () if change.opened else strokes_of(self._workspace, self._target)
        if now != self._seen:
            self.choose(self._target, _followed(self._numbers, self._seen, now))


def _followed(numbers: Iterable[int], before: Sequence[Any], now: Sequence[Any]) -> set[int]:
    """Where strokes are after an edit; one that is nowhere was edited in its place, unless some came or went."""
    found = set()
    for i in numbers:
        if i < len(now) and before[i] == now[i]:
            found.add(i)
        elif before[i] in now:
            found.add(now.index(before[i]))
        elif len(before) == len(now):
            found.add(i)
    return found
