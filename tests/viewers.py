"""Helpers for tests of the viewer; fixtures are in `tests/app/viewer/conftest.py`."""

from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.workspace import Workspace


def settled(viewer: ViewerPanel, qtbot: QtBot) -> None:
    """Wait until the viewer shows its final picture."""
    qtbot.waitUntil(lambda: viewer.settled and not viewer.workspace.evaluations.busy, timeout=20_000)


def screen(viewer: ViewerPanel, x: float, y: float) -> QPointF:
    """Where on the viewport a point in artist's coordinates is."""
    return viewer.stage.lenses()[0].from_artist(x, y)


def opened(viewer: ViewerPanel, kind: str, name: str, **values: Any) -> ViewerPanel:
    """The viewer, which has the keys, with the properties of a new node open."""
    viewer.workspace.session.add(kind, name=name, **values)
    viewer.workspace.set_opened((name,))
    viewer.stage.setFocus()
    return viewer


def painting(viewer: ViewerPanel, qtbot: QtBot, kind: str, name: str, **values: Any) -> ViewerPanel:
    """The viewer, in which strokes of a new node are painted."""
    opened(viewer, kind, name, **values)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_V)
    assert viewer.tools.painting.on
    return viewer


def strokes_of(workspace: Workspace, name: str) -> list[dict[str, Any]]:
    """The strokes of a node as data."""
    found: list[dict[str, Any]] = workspace.graph[name].value("strokes").to_data()
    return found


def drag(
    viewer: ViewerPanel,
    qtbot: QtBot,
    start: QPointF,
    end: QPointF,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press, move in a few steps, release, with keys held all the while."""
    layer = viewer.stage.layer
    qtbot.mousePress(layer, button, held, start.toPoint())
    for step in (0.3, 0.7, 1.0):
        at = QPointF((start + (end - start) * step).toPoint())
        place = QPointF(layer.mapToGlobal(at.toPoint()))
        move = QMouseEvent(QEvent.Type.MouseMove, at, place, Qt.MouseButton.NoButton, button, held)
        QCoreApplication.sendEvent(layer, move)
    qtbot.mouseRelease(layer, button, held, end.toPoint())
