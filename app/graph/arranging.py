"""Nodes brought into order: laid out, in line, on the grid."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from .editor import listed
from .layout import layered
from .placing import GRID, STEP_X, STEP_Y, Point, moved, snapped
from .sockets import PASSIVE

if TYPE_CHECKING:
    from .panel import GraphPanel


class Arranging:
    """The commands for the places of nodes."""

    def __init__(self, panel: "GraphPanel") -> None:
        self.editor = panel.editor
        self.scene = panel.scene
        self.view = panel.view

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """By the id of the action."""
        return {
            "graph.layout": self.lay_out,
            "graph.align_column": partial(self.align, 0),
            "graph.align_row": partial(self.align, 1),
            "graph.move_up": partial(self.nudge, 0, -1),
            "graph.move_down": partial(self.nudge, 0, 1),
            "graph.move_left": partial(self.nudge, -1, 0),
            "graph.move_right": partial(self.nudge, 1, 0),
            "graph.snap": partial(self.snap, False),
            "graph.snap_all": partial(self.snap, True),
        }

    def lay_out(self) -> None:
        """Lay out the selected nodes, or all, in rows; the middle of the first stays where it is."""
        names = [n for n in (self.editor.selection or self.editor.graph) if self.editor.state(n).kind not in PASSIVE]
        if len(names) < 2:
            names = [n for n in self.editor.graph if self.editor.state(n).kind not in PASSIVE]
        if not names:
            return
        heights = {name: self.scene.items_by_name[name].body.height() for name in names}
        made = layered(self.editor.graph, names, (STEP_X, STEP_Y), heights)
        at = self.scene.at
        x = round(min(at[n][0] for n in names) - min(p[0] for p in made.values()))
        y = round(min(at[n][1] for n in names) - min(p[1] for p in made.values()))
        to = {name: (p[0] + x, p[1] + y) for name, p in made.items()}
        self.editor.do("lay out", lambda graph: moved(graph, to))

    def align(self, axis: int) -> None:
        """Bring the selected nodes to the mean of one coordinate."""
        names, at = self.editor.selection, self.scene.at
        if len(names) > 1:
            middle = round(sum(at[n][axis] for n in names) / len(names))
            to: dict[str, Point] = {n: (middle, at[n][1]) if axis == 0 else (at[n][0], middle) for n in names}
            self.editor.do("align", lambda graph: moved(graph, to))

    def snap(self, everything: bool) -> None:
        """Bring nodes to the grid."""
        names = list(self.editor.graph) if everything else self.editor.selection
        to = {name: snapped(self.scene.at[name]) for name in names}
        self.editor.do("snap to the grid", lambda graph: moved(graph, to))

    def nudge(self, across: int, down: int) -> None:
        """Move the selected nodes, backdrops with what stands on them, by steps of the grid. Steps that follow each
        other are one step of the history.
        """
        chosen, at = self.editor.selection, self.scene.at
        names = self.view.with_contents(chosen)
        to = {name: (at[name][0] + GRID * across, at[name][1] + GRID * down) for name in names}
        if to and self.editor.do(f"move {listed(names)}", lambda graph: moved(graph, to), ("nudge", *names)):
            self.view.show_item(chosen[-1])
