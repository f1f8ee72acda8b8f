"""Laying nodes out in rows, top to bottom: the trunk straight down, what comes in from the side beside it.

Rows come from the longest way to an end of the flow (Sugiyama et al. 1981, layering by longest path). Columns come from
the main inputs: a chain of them keeps its column, and each branch takes the nearest column that is free in its rows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rimlight.engine import Graph, main_socket

if TYPE_CHECKING:
    import networkx as nx

Point = tuple[float, float]


def layered(
    graph: Graph, names: Collection[str], step: tuple[float, float], heights: Mapping[str, float] | None = None
) -> dict[str, Point]:
    """New places for some nodes of a graph, the wires among them counting, starting at 0, 0.

    step : between the centres of columns and of rows. heights : of tiles higher than usual; their rows get more room.
    """
    import networkx as nx  # takes a quarter of a second, which the window need not wait for

    wanted = set(names)
    chosen = [name for name in graph if name in wanted]
    wires = graph.digraph().subgraph(chosen).copy()  # a view is many times as slow
    try:
        downwards = list(nx.topological_sort(wires))
    except nx.NetworkXUnfeasible:
        return {name: (0.0, step[1] * i) for i, name in enumerate(chosen)}
    parts = list(nx.weakly_connected_components(wires))
    rows = _rows(wires, parts, downwards)
    order = {name: i for i, name in enumerate(chosen)}
    columns: dict[str, int] = {}
    left = 0
    for part in sorted(parts, key=lambda part: min(order[n] for n in part)):
        found = _columns(graph, wires.subgraph(part).copy(), rows, order)
        shift = left - min(found.values())
        columns |= {name: column + shift for name, column in found.items()}
        left = max(columns[name] for name in found) + 2
    tops = _tops(rows, step[1], heights or {})
    return {name: (columns[name] * step[0], tops[rows[name]]) for name in chosen}


def _rows(wires: "nx.DiGraph[str]", parts: Iterable[set[str]], downwards: Sequence[str]) -> dict[str, int]:
    """Row by node, 0 at the top, each as near as can be to what it feeds; every part ends in the row of its depth."""
    depth: dict[str, int] = {}
    for name in reversed(downwards):
        depth[name] = 1 + max((depth[fed] for fed in wires.successors(name)), default=-1)
    rows: dict[str, int] = {}
    for part in parts:
        deepest = max(depth[name] for name in part)
        rows |= {name: deepest - depth[name] for name in part}
    return rows


def _columns(
    graph: Graph, wires: "nx.DiGraph[str]", rows: Mapping[str, int], order: Mapping[str, int]
) -> dict[str, int]:
    """Column by node of one connected part; the chain of main inputs above its largest end is column 0."""
    columns: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    ends = sorted((n for n in wires if not wires.out_degree(n)), key=lambda n: (-rows[n], order[n]))
    waiting: list[tuple[str, int, int]] = [(end, 0, 1) for end in reversed(ends)]
    while waiting:
        start, wanted, direction = waiting.pop()
        if start in columns:
            continue
        chain = _chain(graph, wires, start, columns)
        # A branch also keeps the rows down to what it feeds free, where its wire runs.
        bottom = min((rows[fed] - 1 for fed in wires.successors(start)), default=rows[start])
        covered = range(rows[chain[-1]], max(bottom, rows[start]) + 1)
        column = wanted
        while any((row, column) in taken for row in covered):
            column += direction
        taken |= {(row, column) for row in covered}
        columns |= dict.fromkeys(chain, column)
        for name in chain:  # the topmost branches are placed first: their wires then cross no others
            main = main_socket(graph[name])
            for socket, source in reversed(list(graph[name].inputs.items())):
                if socket != main and source in wires and source not in columns:
                    side = 1 if socket == "mask" or direction > 0 else -1
                    waiting.append((source, column + side, side))
    return columns


def _chain(graph: Graph, wires: "nx.DiGraph[str]", start: str, placed: Collection[str]) -> list[str]:
    """A node and the main inputs above it that are not placed yet."""
    chain = [start]
    while True:
        main = main_socket(graph[chain[-1]])
        source = graph[chain[-1]].inputs.get(main) if main is not None else None
        if source is None or source not in wires or source in placed or source in chain:
            return chain
        chain.append(source)


def _tops(rows: Mapping[str, int], step: float, heights: Mapping[str, float]) -> list[float]:
    """The y of every row."""
    tallest = [0.0] * (max(rows.values(), default=-1) + 1)
    for name, row in rows.items():
        tallest[row] = max(tallest[row], heights.get(name, 0.0))
    tops, y = [], 0.0
    for row, height in enumerate(tallest):
        usual = step * 0.5
        if row:
            y += max(step, step * 0.5 + tallest[row - 1] / 2 + height / 2, usual)
        tops.append(y)
    return tops
