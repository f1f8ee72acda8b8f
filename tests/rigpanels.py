"""The light rig panel in the hands of a test."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.rig.lights import Handle
from rimlight.app.rig.panel import PANEL, LightRigPanel
from rimlight.engine import direction_of

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def opened(make_panel: Make, qtbot: QtBot) -> LightRigPanel:
    panel = make_panel(PANEL, LightRigPanel)
    panel.resize(420, 640)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert panel.main.problem.text() == ""
    return panel


def towards(azimuth: float, elevation: float) -> tuple[float, float, float]:
    x, y, z = direction_of(azimuth, elevation).tolist()
    return x, y, z


def named(panel: LightRigPanel, name: str) -> Handle:
    return next(h for h in panel.handles if h.name == name)


def place(panel: LightRigPanel, path: str) -> QPoint:
    return panel.dome.place_of(by_path(panel, path)).toPoint()


def by_path(panel: LightRigPanel, path: str) -> Handle:
    return next(h for h in panel.handles if h.path == path)


def drag(panel: LightRigPanel, path: str, azimuth: float, elevation: float, steps: int = 4) -> None:
    """Take a handle and bring it to a direction."""
    start = place(panel, path)
    end = panel.dome.point(towards(azimuth, elevation)).toPoint()
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    for step in range(1, steps + 1):
        QTest.mouseMove(panel.dome, start + (end - start) * step / steps)
    QTest.mouseRelease(panel.dome, LEFT, NONE, end)


def actions(menu: QMenu) -> dict[str, QAction]:
    return {action.text(): action for action in menu.actions() if action.text()}


def asked(widget: QWidget) -> QMenu:
    """The menu that a right click opens."""
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu
