"""What is known of every node without computing pixels: what it puts out, why it cannot, and whether it is cached.

Found in the background a moment after an edit; until then the last known answer stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import CancelToken, ImageInfo, NodeError, Session, Spec, Tier, real, warnings_of

from .evaluating import HOUSEKEEPING, Evaluations
from .graph.sockets import PASSIVE

DELAY_MS = 120
"""After the last edit or frame: a drag asks once it pauses, not at every step."""


_NAMED = 6
"""So many layers are named."""


def described(info: ImageInfo) -> str:
    """A picture in a few words: `640 × 360, frames 1-100, rgba, depth`."""
    parts = [f"{info.display.width} × {info.display.height}"]
    parts += [f"frames {info.frames[0]}-{info.frames[1]}"] if info.frames is not None else []
    more = len(info.names) - _NAMED
    return ", ".join([*parts, *info.names[:_NAMED]]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class NodeFacts:
    """Of one node. info : an ImageInfo, or the description of another type. error : its own, not one from above it.

    blocked : it has no error of its own but needs a node that has. cached : `device`, `host`, `disk` or None.
    warnings : sentences of the node itself. measured : numbers that it told when it was last computed as it is.
    members : the declarations of the members of its families, such as the parameters of the model that it runs.
    """

    info: Any = None
    error: NodeError | None = None
    blocked: bool = False
    cached: str | None = None
    warnings: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    members: tuple[Spec, ...] = ()


class Facts(QObject):
    """The facts of all nodes of the script. changed : a frozenset of paths whose facts differ. known : the facts are
    those of the script as it is, whether they differ or not.
    """

    changed = Signal(object)
    known = Signal()

    def __init__(self, session: Session, evaluations: Evaluations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._evaluations = evaluations
        self._facts: Mapping[str, NodeFacts] = {}
        self._doubts: Mapping[str, tuple[str, ...]] = {}
        self._frame = 1.0
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._ask)
        evaluations.rested.connect(self._rested)
        self._settled = True

    def node(self, path: str) -> NodeFacts:
        """The last known facts of a node."""
        facts = self._facts.get(path, NodeFacts())
        doubts = self._doubts.get(path, ())
        return replace(facts, warnings=(*facts.warnings, *doubts)) if doubts else facts

    def set_doubts(self, doubts: Mapping[str, tuple[str, ...]]) -> None:
        """What nodes doubt of the pixels that they get, by their paths: sentences that count as warnings of theirs."""
        differ = {path for path in self._doubts.keys() | doubts.keys() if self._doubts.get(path) != doubts.get(path)}
        self._doubts = doubts
        if differ:
            self.changed.emit(frozenset(differ))

    def info(self, path: str) -> ImageInfo | None:
        """What picture a node puts out, as last known."""
        info = self.node(path).info
        return info if isinstance(info, ImageInfo) else None

    def middle(self, path: str) -> tuple[float, float] | None:
        """The middle of a node's frame in artist's coordinates; None while the frame is not known."""
        info = self.info(path)
        return None if info is None else (info.display.width / 2, info.display.height / 2)

    def members(self, path: str) -> tuple[Spec, ...]:
        """The members of a node's families, as last known."""
        return self.node(path).members

    @property
    def errors(self) -> list[NodeError]:
        """The errors of all nodes, looked at or not, in the order of the graph."""
        return [facts.error for facts in self._facts.values() if facts.error is not None]

    @property
    def settled(self) -> bool:
        """Whether the facts are those of the script as it is."""
        return self._settled

    def refresh(self, frame: float) -> None:
        """The script changed, or the frame: find the facts anew, soon."""
        self._frame = frame
        self._settled = False
        self._timer.start()

    def drop_errors(self, affected: Callable[[str], bool]) -> None:
        """Forget what fails at nodes that may do better now, until it is found out. affected : tells that of a path."""
        failing = {path: facts for path, facts in self._facts.items() if facts.error is not None or facts.blocked}
        gone = {path: replace(facts, error=None, blocked=False) for path, facts in failing.items() if affected(path)}
        if gone:
            self._facts = {**self._facts, **gone}
            self.changed.emit(frozenset(gone))

    def close(self) -> None:
        self._timer.stop()

    def _rested(self) -> None:
        """Evaluation came to rest, so the cache holds other results now than a survey under way has seen."""
        if not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        session, frame, before = self._session, self._frame, self._facts
        graph, project = session.graph, session.project

        def survey(token: CancelToken) -> dict[str, NodeFacts]:
            evaluator = session.evaluator
            paths = [path for path, state in graph.walk() if state.kind not in PASSIVE]
            vertices = evaluator.survey(graph, project, paths, frame, 1.0, Tier.FINAL)
            found = {}
            for path in paths:
                token.check()
                vertex = vertices[path, frame]
                own = vertex.error if vertex.error is not None and vertex.error.path == path else None
                shown = vertices[real(vertices, (path, frame))]
                info = None if vertex.error is not None else vertex.info
                layer = info.names[0] if isinstance(info, ImageInfo) and info.names else None
                cached = evaluator.cache.holds(shown.key, layer) if layer is not None else None
                blocked = vertex.error is not None and own is None
                tells = own is None and vertex.alias is None and vertex.node is not None and vertex.node.measures
                measured = evaluator.measured(graph, project, path, frame) if tells else {}
                members = _members(vertex, before.get(path, NodeFacts()).members)
                found[path] = NodeFacts(info, own, blocked, cached, warnings_of(vertex), measured, members)
            return found

        self._evaluations.run(self, survey, self._found, self._failed, urgency=HOUSEKEEPING)

    def _found(self, facts: dict[str, NodeFacts]) -> None:
        old, self._facts = self._facts, facts
        self._settled = not self._timer.isActive()
        differ = {path for path in old.keys() | facts.keys() if old.get(path) != facts.get(path)}
        if differ:
            self.changed.emit(frozenset(differ))
        if self._settled:
            self.known.emit()

    def _failed(self, error: Exception) -> None:
        """Only a damaged script, with wires in a circle, gets here; its nodes say so when they are looked at."""
        self._found({})


def _members(vertex: Any, known: tuple[Spec, ...]) -> tuple[Spec, ...]:
    """The members of a node's families; those known before while a value, such as an expression, does not resolve."""
    if vertex.node is None or vertex.ctx is None:
        return known
    try:
        return tuple(vertex.node.members(vertex.ctx))
    except (Exception, SystemExit):  # noqa: BLE001  no model, or a node's mistake: the node's own error says so
        return ()
