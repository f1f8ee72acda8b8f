"""What a tile tells of its node: cached, computing, failing, worth a warning, shown in a viewer."""

from dataclasses import dataclass

from rimlight.engine import LEDGER_ERROR, ImageInfo, NodeState

from ..facts import NodeFacts, described
from ..paths import path_at
from ..workspace import Workspace
from .sockets import PASSIVE, lacking, unwired


@dataclass(frozen=True)
class Status:
    """The state of one node. error : a sentence. blocked : what it needs fails. warnings : sentences.

    cached : `device`, `host`, `disk` or None. computing : how far, 0 to 1, or None. slots : inputs of viewers that show
    it, `("1", "a")`, with the side that is shown now or an empty one. ledger : how much no layer explains, relative.
    measured : other numbers that the node told when it was computed, with their names, the foremost first.
    """

    error: str = ""
    blocked: bool = False
    warnings: tuple[str, ...] = ()
    cached: str | None = None
    computing: float | None = None
    slots: tuple[tuple[str, str], ...] = ()
    ledger: float | None = None
    measured: tuple[tuple[str, float], ...] = ()


RESTING = Status()
"""Of a node about which there is nothing to tell."""


def status_of(workspace: Workspace, path: str, state: NodeState) -> Status:
    """The status of a node, as last known; asks nothing of the evaluator."""
    if state.kind in PASSIVE:
        return RESTING
    facts = workspace.facts.node(path)
    activity = workspace.evaluations.activity
    failing = activity.error(path)
    warnings = lacking(state)
    error = failing.reason if failing is not None else ""
    if not error and facts.error is not None and not warnings:
        error = facts.error.reason
    warnings += [*facts.warnings, *_formats(workspace, path, state)]
    return Status(
        error,
        facts.blocked,
        tuple(warnings),
        facts.cached,
        activity.node(path).computing,
        _slots(workspace, path),
        _ledger(facts),
        tuple((_spoken(name), value) for name, value in facts.measured.items() if name != LEDGER_ERROR),
    )


def _formats(workspace: Workspace, path: str, state: NodeState) -> list[str]:
    """A warning where A and B, or the inputs of one port, are pictures of different formats."""
    if state.cls is None or len(state.inputs) < 2:
        return []
    compared = [p for p in state.cls.ports if p.name in ("A", "B") or p.many]
    sockets = [socket for p in compared for socket in p.sockets(tuple(state.inputs))]
    level = path.rpartition("/")[0]
    sizes: dict[str, str] = {}
    for socket in sockets:
        source = state.inputs[socket]
        info = workspace.facts.info(path_at(level, source))
        if info is not None:
            sizes[socket] = f"{info.display.width}x{info.display.height}"
    if len(set(sizes.values())) < 2:
        return []
    return ["the inputs have different formats: " + ", ".join(f"{s} {size}" for s, size in sizes.items())]


def _slots(workspace: Workspace, path: str) -> tuple[tuple[str, str], ...]:
    found = []
    for viewer in workspace.viewers:
        views = workspace.views(viewer)
        for slot, shown in sorted(views.inputs.items()):
            if shown == path:
                found.append((str(slot % 10), "a" if views.a == slot else "b" if views.b == slot else ""))
    return tuple(found)


def _ledger(facts: NodeFacts) -> float | None:
    value = facts.measured.get(LEDGER_ERROR)
    if value is None and isinstance(facts.info, ImageInfo):
        value = facts.info.metadata.get(LEDGER_ERROR)
    return float(value) if isinstance(value, (int, float)) else None


def _spoken(attribute: str) -> str:
    """The name of a number for people: `luma min` for `rimlight:luma_min`."""
    return attribute.rpartition(":")[2].replace("_", " ")


def brief(value: float) -> str:
    """A measured number in few characters, without powers of ten where people say none: `0.0125`, `6852`."""
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"


def tooltip(workspace: Workspace, path: str, state: NodeState) -> str:
    """What is known of a node, as rich text: what it is, what it puts out, times, errors and warnings."""
    status = status_of(workspace, path, state)
    label = state.cls.label if state.cls is not None else f"{state.kind} (not installed)"
    lines = [f"<b>{path}</b> &nbsp; {label}"]
    info = workspace.facts.node(path).info
    if isinstance(info, ImageInfo):
        lines.append(described(info))
    elif not status.warnings and (free := unwired(state)):
        lines.append(_plain(free))
    seconds = workspace.evaluations.activity.node(path).seconds
    if seconds is not None:
        lines.append(
            f"last computed in {1000 * seconds:.0f} ms" if seconds < 1 else f"last computed in {seconds:.1f} s"
        )
    if status.computing is not None:
        lines.append(f"computing, {status.computing:.0%}")
    if status.cached:
        lines.append(
            {"device": "cached on the GPU", "host": "cached in memory", "disk": "cached on disk"}[status.cached]
        )
    if status.ledger is not None:
        lines.append(f"light that no layer explains: {status.ledger:.3g} of the picture's")
    if status.measured:
        lines.append(", ".join(f"{name} {brief(value)}" for name, value in status.measured))
    lines += [f"<i>{_plain(note)}</i>"] if (note := str(state.values.get("note", ""))) else []
    lines += [f"Warning: {_plain(sentence)}" for sentence in status.warnings]
    if status.error:
        lines.append(f"<b>Error:</b> {_plain(status.error)}")
    elif status.blocked:
        lines.append("waits for a node above it that fails")
    return "<br>".join(lines)


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
