"""Laying nodes out in rows, top to bottom: the trunk straight down, what comes in from the side beside it.

Rows come from the longest way to an end of the flow (Sugiyama et al. 1981, layering by longest path). Columns come from
the main inputs: a chain of them keeps its column, and each branch takes the nearest column that is free in its rows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from rimlight.engine import Graph, main_socket

Point = tuple[float, float]


@dataclass(frozen=True)
class _Wires:
    """Of some nodes: what feeds each of them and what each of them feeds, both among these nodes."""

    sources: Mapping[str, set[str]]
    fed: Mapping[str, set[str]]

    @classmethod
    def of(cls, graph: Graph, names: Collection[str]) -> "_Wires":
        sources = {name: {s for s in graph[name].inputs.values() if s in names} for name in names}
        fed: dict[str, set[str]] = {name: set() for name in names}
        for name, above in sources.items():
            for source in above:
                fed[source].add(name)
        return cls(sources, fed)

    def __contains__(self, name: str) -> bool:
        return name in self.sources

    def within(self, part: Collection[str]) -> "_Wires":
        """Those of a connected part."""
        return _Wires({n: self.sources[n] for n in part}, {n: self.fed[n] for n in part})

    def sorted(self) -> list[str]:
        """What feeds before what is fed. Raises CycleError."""
        return list(TopologicalSorter(self.sources).static_order())

    def parts(self) -> list[set[str]]:
        """The connected parts, whichever way wires run."""
        found: list[set[str]] = []
        left = dict.fromkeys(self.sources)
        while left:
            part: set[str] = set()
            stack = [next(iter(left))]
            while stack:
                name = stack.pop()
                if name not in part:
                    part.add(name)
                    del left[name]
                    stack.extend((self.sources[name] | self.fed[name]) - part)
            found.append(part)
        return found


def layered(
    graph: Graph, names: Collection[str], step: tuple[float, float], heights: Mapping[str, float] | None = None
) -> dict[str, Point]:
    """New places for some nodes of a graph, the wires among them counting, starting at 0, 0.

    step : between the centres of columns and of rows. heights : of tiles higher than usual; their rows get more room.
    """
    wanted = set(names)
    chosen = [name for name in graph if name in wanted]
    wires = _Wires.of(graph, dict.fromkeys(chosen))
    try:
        downwards = wires.sorted()
    except CycleError:
        return {name: (0.0, step[1] * i) for i, name in enumerate(chosen)}
    parts = wires.parts()
    rows = _rows(wires, parts, downwards)
    order = {name: i for i, name in enumerate(chosen)}
    columns: dict[str, int] = {}
    left = 0
    for part in sorted(parts, key=lambda part: min(order[n] for n in part)):
        found = _columns(graph, wires.within(part), rows, order)
        shift = left - min(found.values())
        columns |= {name: column + shift for name, column in found.items()}
        left = max(columns[name] for name in found) + 2
    tops = _tops(rows, step[1], heights or {})
    return {name: (columns[name] * step[0], tops[rows[name]]) for name in chosen}


def _rows(wires: _Wires, parts: Iterable[set[str]], downwards: Sequence[str]) -> dict[str, int]:
    """Row by node, 0 at the top, each as near as can be to what it feeds; every part ends in the row of its depth."""
    depth: dict[str, int] = {}
    for name in reversed(downwards):
        depth[name] = 1 + max((depth[fed] for fed in wires.fed[name]), default=-1)
    rows: dict[str, int] = {}
    for part in parts:
        deepest = max(depth[name] for name in part)
        rows |= {name: deepest - depth[name] for name in part}
    return rows


def _columns(graph: Graph, wires: _Wires, rows: Mapping[str, int], order: Mapping[str, int]) -> dict[str, int]:
    """Column by node of one connected part; the chain of main inputs above its largest end is column 0."""
    columns: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    ends = sorted((n for n, fed in wires.fed.items() if not fed), key=lambda n: (-rows[n], order[n]))
    waiting: list[tuple[str, int, int]] = [(end, 0, 1) for end in reversed(ends)]
    while waiting:
        start, wanted, direction = waiting.pop()
        if start in columns:
            continue
        chain = _chain(graph, wires, start, columns)
        # A branch also keeps the rows down to what it feeds free, where its wire runs.
        bottom = min((rows[fed] - 1 for fed in wires.fed[start]), default=rows[start])
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


def _chain(graph: Graph, wires: _Wires, start: str, placed: Collection[str]) -> list[str]:
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
