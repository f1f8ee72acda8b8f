"""Copies of nodes: duplicates, clones, and nodes as text in the clipboard. As `operations`, without Qt."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from rimlight.engine import (
    Graph,
    GraphError,
    ImportReport,
    as_clones,
    duplicate,
    import_nuke,
    is_nuke,
    loads,
    main_socket,
    paste,
    read_nodes,
    text_of,
)

from .operations import rewired
from .placing import STEP_X, STEP_Y, Point, moved, places, room_below
from .sockets import has_output, refusal

_APART = 20.0
"""Between the centres of tiles above each other that do not overlap."""
_QUOTED = 40
"""Letters of a text that are repeated to say what it is."""
CLIPBOARD = "the clipboard"


def copies(
    graph: Graph, names: Sequence[str], at: Mapping[str, Point], *, keep_inputs: bool = False, clones: bool = False
) -> tuple[Graph, list[str]]:
    """With copies of nodes to the right of them, wired among each other; returns their names in the same order.

    keep_inputs : wired to what feeds the originals, too. clones : which share all parameters with the originals.
    """
    offset = _clear_shift([at[n] for n in names], at, STEP_X), 0.0
    graph = moved(graph, {n: at[n] for n in names})
    graph, made = duplicate(as_clones(graph, names) if clones else graph, names, offset, keep_inputs)
    return graph, [made[name] for name in names]


def _clear_shift(wanted: Collection[Point], at: Mapping[str, Point], first: float) -> float:
    """How far to the right to go from `first` on, by steps, until nothing at the wanted places would lie on a tile."""
    lines: dict[int, list[Point]] = {}  # tiles by height: only those of nearly the same are in the way
    for x, y in at.values():
        for line in (-1, 0, 1):
            lines.setdefault(int(y // _APART) + line, []).append((x, y))
    ways = sorted({x - px for px, py in wanted for x, y in lines.get(int(py // _APART), ()) if abs(py - y) < _APART})
    shift = first
    for way in ways:  # those that were passed are in the way of no later step
        while abs(shift - way) < STEP_X / 2:
            shift += STEP_X
    return shift


def clone_text(graph: Graph, names: Sequence[str], folder: str = "") -> str:
    """Text of nodes that become clones of them when it is pasted beside them. Raises GraphError for unknown names."""
    return text_of(as_clones(moved(graph, places(graph)), names), names, folder)


def require_nodes(text: str, holder: str = CLIPBOARD) -> None:
    """Raises GraphError for a text that is no nodes of ours or of Nuke, in words of what it is instead."""
    if is_nuke(text) or text.lstrip().startswith("{"):
        return
    words = " ".join(text.split())
    begins = f", it begins with “{words[:_QUOTED]}”" if words else ""
    first = "; copy some first" if holder == CLIPBOARD else ""
    raise GraphError(f"{holder} holds no nodes{begins}{first}")


def with_pasted(
    graph: Graph,
    text: str,
    selection: Sequence[str],
    at: Mapping[str, Point],
    cursor: Point,
    folder: str = "",
    holder: str = CLIPBOARD,
) -> tuple[Graph, list[str]]:
    """With the nodes of a text: after the last selected node where one of them takes it first, else around `cursor`, or
    beside what stands there.

    folder : where relative file names start. holder : where the text is from. Returns their names. Raises ScriptError
    for a text that is no script, GraphError for one without nodes.
    """
    require_nodes(text, holder)
    piece = read_nodes(text, folder, holder.removeprefix("the "))
    if not piece:
        raise GraphError(f"{holder} holds a script without nodes")
    where = places(piece)
    piece = moved(piece, where)
    left, right = (f(x for x, _ in where.values()) for f in (min, max))
    top, bottom = (f(y for _, y in where.values()) for f in (min, max))
    source = selection[-1] if selection and has_output(graph[selection[-1]]) else None
    fed = graph.consumers(source) if source is not None else []
    graph, names = paste(graph, piece)
    heads = _heads(graph, list(names.values()), source)
    old = {new: name for name, new in names.items()}
    if source is not None and len(heads) == 1:
        offset = (at[source][0] - where[old[heads[0]]][0], at[source][1] + STEP_Y - top)
    else:
        offset = (cursor[0] - (left + right) / 2, cursor[1] - (top + bottom) / 2)
        there = [(x + offset[0], y + offset[1]) for x, y in where.values()]
        offset = (offset[0] + _clear_shift(there, at, 0.0), offset[1])
    to = {new: (where[name][0] + round(offset[0]), where[name][1] + round(offset[1])) for name, new in names.items()}
    graph = moved(graph, to)
    if source is not None and len(heads) == 1:
        graph = graph.connect(heads[0], main_socket(graph[heads[0]]) or "", source)
        used = {source for state in graph.values() for source in state.inputs.values()}
        ends = [n for n in to if has_output(graph[n]) and n not in used]
        if len(ends) == 1 and fed:
            for consumer, socket in fed:
                graph = rewired(graph, consumer, socket, ends[0])
            now = {**at, **places(graph, at)}
            graph = moved(graph, room_below(graph, now, ends[0], now[ends[0]]))
    return graph, list(names.values())


def _heads(graph: Graph, names: Sequence[str], source: str | None) -> list[str]:
    """Those of some nodes whose main input is open and takes what `source` puts out."""
    mains = {n: main_socket(graph[n]) for n in names}
    return [
        name
        for name, main in mains.items()
        if source is not None
        and main is not None
        and main not in graph[name].inputs
        and refusal(graph, name, main, source) is None
    ]


def report_of(text: str, made: Sequence[str], path: Callable[[str], str]) -> ImportReport:
    """What became of nodes of Nuke that were pasted. made : their names now; path : of a node of this level."""
    found = import_nuke(text)
    names = dict(zip(found.document.graph, made, strict=True))

    def there(old: str) -> str:
        head, slash, rest = old.partition("/")
        return f"{path(names.get(head, head))}{slash}{rest}"

    return replace(found.report, lines=tuple(replace(line, path=there(line.path)) for line in found.report.lines))


def with_values_of(graph: Graph, names: Iterable[str], text: str) -> Graph:
    """With the parameter values in a text given to nodes of the same kinds. Raises ScriptError, GraphError."""
    require_nodes(text)
    given = {state.kind: state.values for state in loads(text, "clipboard").document.graph.values()}
    targets = [name for name in names if graph[name].kind in given]
    if not targets:
        kinds = ", ".join(sorted(given)) or "no node"
        raise GraphError(f"the clipboard has values of {kinds}, and no such node is selected")
    nodes = dict(graph)
    for name in targets:
        nodes[name] = nodes[name].with_(values=given[nodes[name].kind])
    return Graph(nodes)
