"""Strokes that say something of light, painted on the picture of the node that they are of."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPixmap
from pytestqt.qtbot import QtBot

from rimlight.app import theme
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.workspace import Workspace
from viewers import drag, painting, screen, strokes_of

NewViewer = Callable[[], ViewerPanel]


@pytest.fixture
def painter(new_viewer: NewViewer, qtbot: QtBot) -> Callable[..., ViewerPanel]:
    return lambda **values: painting(new_viewer(), qtbot, "learned.light_scribble", "L", **values)


def strokes(workspace: Workspace) -> list[dict[str, Any]]:
    return strokes_of(workspace, "L")


def test_a_drag_is_a_stroke_with_the_brush_of_the_node(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = painter(brush="in_shadow", size=12.0, life="onwards", opacity=0.5)
    steps = len(workspace.session.history.labels)
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 40, 30))
    (stroke,) = strokes(workspace)
    assert (stroke["name"], stroke["brush"], stroke["size"], stroke["opacity"]) == ("in_shadow1", "in_shadow", 12, 0.5)
    assert stroke["frames"] == [workspace.frame, None]
    assert stroke["points"][-1] == pytest.approx([40, 30], abs=0.5)
    assert len(workspace.session.history.labels) == steps + 1
    workspace.edit(lambda session: session.set("L", brush="keep"))
    drag(viewer, qtbot, screen(viewer, 40, 10), screen(viewer, 10, 30))
    assert [s["name"] for s in strokes(workspace)] == ["in_shadow1", "keep1"]


def test_it_says_nothing_of_clones_which_it_has_none_of(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    said: list[str] = []
    workspace.message.connect(lambda message: said.append(message.text))
    painter()
    assert any("Drag to paint" in text for text in said) and not any("clone" in text for text in said)


def seen(viewer: ViewerPanel, at: QPointF) -> list[QColor]:
    """The colours that the strokes are drawn in, around a place."""
    sheet = QPixmap(viewer.stage.size())
    sheet.fill(QColor("black"))
    brush = QPainter(sheet)
    lens = viewer.stage.lens_at(at)
    assert lens is not None
    viewer.tools.strokes.paint(brush, lens)
    brush.end()
    image = sheet.toImage()
    x, y = round(at.x()), round(at.y())
    return [image.pixelColor(x, y + dy) for dy in (-1, 0, 1)]


def test_what_strokes_say_is_seen_by_their_colour_while_others_are_painted(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    kinds = ("brighten", "in_shadow", "same_albedo")
    viewer = painter(
        strokes=[{"brush": kind, "points": [[5, 10 + 12 * i], [60, 10 + 12 * i]]} for i, kind in enumerate(kinds)]
    )
    for i, kind in enumerate(kinds):
        wanted = theme.color(f"stroke.{kind}")
        found = seen(viewer, screen(viewer, 30, 10 + 12 * i))
        assert any(abs(c.hue() - wanted.hue()) < 12 and c.lightness() > 90 for c in found), kind
