"""Copies of nodes: duplicates, clones, and nodes as text in the clipboard. As `operations`, without Qt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from rimlight.engine import (
    Graph,
    GraphError,
    ImportReport,
    as_clones,
    duplicate,
    import_nuke,
    loads,
    main_socket,
    paste,
    read_nodes,
    text_of,
)

from .operations import rewired
from .placing import STEP_X, STEP_Y, Point, moved, places, room_below
from .sockets import has_output, refusal


def copies(
    graph: Graph, names: Sequence[str], at: Mapping[str, Point], *, keep_inputs: bool = False, clones: bool = False
) -> tuple[Graph, list[str]]:
    """With copies of nodes to the right of them, wired among each other; returns their names in the same order.

    keep_inputs : wired to what feeds the originals, too. clones : which share all parameters with the originals.
    """
    offset = _clear_offset(names, at)
    graph = moved(graph, {n: at[n] for n in names})
    graph, made = duplicate(as_clones(graph, names) if clones else graph, names, offset, keep_inputs)
    return graph, [made[name] for name in names]


def _clear_offset(names: Sequence[str], at: Mapping[str, Point]) -> Point:
    """To the right by steps, until no copy would lie on a tile."""
    shift = STEP_X
    taken = list(at.values())
    while any(abs(at[n][0] + shift - x) < STEP_X / 2 and abs(at[n][1] - y) < 20 for n in names for x, y in taken):
        shift += STEP_X
    return shift, 0.0


def clone_text(graph: Graph, names: Sequence[str], folder: str = "") -> str:
    """Text of nodes that become clones of them when it is pasted beside them. Raises GraphError for unknown names."""
    return text_of(as_clones(moved(graph, places(graph)), names), names, folder)


def with_pasted(
    graph: Graph, text: str, selection: Sequence[str], at: Mapping[str, Point], cursor: Point, folder: str = ""
) -> tuple[Graph, list[str]]:
    """With the nodes of a text: after the last selected node where they are one chain, else around `cursor`.

    folder : where relative file names start. Returns their names. Raises ScriptError for a text that is no script,
    GraphError for one without nodes.
    """
    piece = read_nodes(text, folder)
    if not piece:
        raise GraphError("the clipboard holds a script without nodes")
    where = places(piece)
    piece = moved(piece, where)
    left, right = (f(x for x, _ in where.values()) for f in (min, max))
    top, bottom = (f(y for _, y in where.values()) for f in (min, max))
    source = selection[-1] if selection and has_output(graph[selection[-1]]) else None
    heads = [n for n in piece if (main := main_socket(piece[n])) is not None and main not in piece[n].inputs]
    ends = [n for n in piece if has_output(piece[n]) and not piece.consumers(n)]
    if source is not None and len(heads) == 1:
        x, y = at[source]
        offset = (x - where[heads[0]][0], y + STEP_Y - top)
    else:
        offset = (cursor[0] - (left + right) / 2, cursor[1] - (top + bottom) / 2)
    fed = graph.consumers(source) if source is not None else []
    graph, names = paste(graph, piece, (round(offset[0]), round(offset[1])))
    made = list(names.values())
    if source is not None and len(heads) == 1:
        head = names[heads[0]]
        main = main_socket(graph[head])
        if main is not None and refusal(graph, head, main, source) is None:
            graph = graph.connect(head, main, source)
            if len(ends) == 1 and fed:
                end = names[ends[0]]
                for consumer, socket in fed:
                    graph = rewired(graph, consumer, socket, end)
                now = {**at, **places(graph, at)}
                graph = moved(graph, room_below(graph, now, end, now[end]))
    return graph, made


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
    given = {state.kind: state.values for state in loads(text, "clipboard").document.graph.values()}
    targets = [name for name in names if graph[name].kind in given]
    if not targets:
        kinds = ", ".join(sorted(given)) or "no node"
        raise GraphError(f"the clipboard has values of {kinds}, and no such node is selected")
    nodes = dict(graph)
    for name in targets:
        nodes[name] = nodes[name].with_(values=given[nodes[name].kind])
    return Graph(nodes)
