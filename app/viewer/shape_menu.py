"""What the viewer's context menu offers for points and shapes under the mouse."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu

from ..paths import has_node
from ..shapedata import key_frames, shape_values, with_key, without_key
from .shape_marks import Mark
from .shape_moves import put_shapes

if TYPE_CHECKING:
    from .panel import ViewerPanel

_POINTS = ("smooth", "cusp", "", "feather", "free_feather", "unfeather", "")


def fill_points_menu(menu: QMenu, panel: "ViewerPanel", at: QPointF) -> None:
    """Put what can be done to the points and the shape at a place of the viewport into a menu; that chooses them."""
    lens = panel.stage.lens_at(at)
    marks = panel.tools.shapes.under(at, lens) if lens is not None else frozenset()
    if not marks:
        return
    panel.tools.shapes.choose(marks)
    panel.repaint_overlay()
    for name in _POINTS:
        menu.addAction(panel.desktop.actions.qaction(f"points.{name}")) if name else menu.addSeparator()
    menu.addAction(panel.desktop.actions.qaction("viewer.delete_points"))
    menu.addSeparator()
    first = min(marks)
    shape = _shape(panel, first)
    if shape is not None:
        frame = panel.workspace.frame
        keyed = frame in key_frames(shape)
        menu.addAction("Delete &Key" if keyed else "Set &Key", partial(_change, panel, first, _toggled))
        closed = menu.addAction("&Closed", partial(_change, panel, first, _opened))
        closed.setCheckable(True)
        closed.setChecked(bool(shape.get("closed", True)))
        menu.addAction("Select All Points of the S&hape", partial(_choose, panel, first))
    menu.addSeparator()


def _choose(panel: "ViewerPanel", mark: Mark) -> None:
    panel.tools.shapes.choose({(*mark[:4], i) for i in range(mark[3])})
    panel.repaint_overlay()


def _shape(panel: "ViewerPanel", mark: Mark) -> Mapping[str, Any] | None:
    """The shape of a point as the script holds it."""
    node, parameter, number, *_ = mark
    graph = panel.workspace.graph
    shapes = dict(shape_values(graph.at(node)))[parameter].to_data() if has_node(graph, node) else []
    return shapes[number] if number < len(shapes) else None


Made = Callable[[Mapping[str, Any], Mapping[str, Any], float], dict[str, Any]]


def _change(panel: "ViewerPanel", mark: Mark, made: Made) -> None:
    """Change the shape of a point. made : gives it, from what the script holds, what it is now, and the frame."""
    node, parameter, number, *_ = mark
    workspace = panel.workspace
    value = dict(shape_values(workspace.graph.at(node)))[parameter]
    stored, still = value.to_data(), value.resolved(workspace.frame).to_data()
    stored[number] = made(stored[number], still[number], workspace.frame)
    put_shapes(workspace, node, parameter, stored)


def _toggled(shape: Mapping[str, Any], still: Mapping[str, Any], frame: float) -> dict[str, Any]:
    change = without_key if frame in key_frames(shape) else with_key
    return change(shape, still["points"], frame)


def _opened(shape: Mapping[str, Any], _: Mapping[str, Any], __: float) -> dict[str, Any]:
    return {**shape, "closed": not shape.get("closed", True)}
