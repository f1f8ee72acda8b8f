"""Lights placed with the mouse in a viewer."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.rig.placement import Placer
from rimlight.app.rig.placing import Mode
from rimlight.app.viewer.panel import PANEL, ViewerPanel
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def sun(workspace: Workspace) -> str:
    """A light on a wall that faces the camera, viewed."""
    s = workspace.session
    s.set_project(format="160x90")
    plate = s.add("image.constant")
    for layer, color in (("albedo", (0.5, 0.5, 0.5, 0)), ("normal", (0, 0, 1, 0)), ("depth", (200, 0, 0, 0))):
        plate = s.add("channel.add_layer", plate, layer=layer, color=color)
    light = s.add("light.directional", light_name="sun")
    workspace.view(s.add("light.relight", inputs={"image": plate, "rig": light}), 1)
    workspace.select((light,))
    return light


def opened(make_panel: Make, qtbot: QtBot) -> ViewerPanel:
    viewer = make_panel(PANEL, ViewerPanel)
    qtbot.waitUntil(
        lambda: viewer.settled and viewer.stage.lens_at(QPointF(middle(viewer))) is not None, timeout=20_000
    )
    return viewer


def middle(viewer: ViewerPanel) -> QPoint:
    return viewer.stage.rect().center()


def test_a_drag_in_the_viewer_places_the_highlight_in_one_step(
    workspace: Workspace, sun: str, make_panel: Make, qtbot: QtBot
) -> None:
    viewer = opened(make_panel, qtbot)
    placer = workspace.the(Placer)
    placer.begin(Mode.HIGHLIGHT)
    before = workspace.session.history.position
    layer, start = viewer.stage.layer, middle(viewer)
    QTest.mousePress(layer, LEFT, NONE, start)
    qtbot.waitUntil(lambda: workspace.session.history.position > before, timeout=10_000)
    assert abs(workspace.graph[sun].value("azimuth")) < 1
    QTest.mouseMove(layer, start + QPoint(60, 0))
    qtbot.waitUntil(lambda: workspace.graph[sun].value("azimuth") > 2, timeout=10_000)
    QTest.mouseRelease(layer, LEFT, NONE, start + QPoint(60, 0))
    assert workspace.session.history.position == before + 1
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)


def test_without_a_mode_the_mouse_places_nothing(
    workspace: Workspace, sun: str, make_panel: Make, qtbot: QtBot
) -> None:
    viewer = opened(make_panel, qtbot)
    before = workspace.session.history.position
    qtbot.mouseClick(viewer.stage.layer, LEFT, NONE, middle(viewer))
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)
    assert workspace.session.history.position == before


def test_escape_ends_placing(workspace: Workspace, sun: str, window: MainWindow, qtbot: QtBot) -> None:
    placer = workspace.the(Placer)
    with qtbot.waitActive(window):
        window.activateWindow()
    for panel in ("viewer", "lightrig", "nodegraph"):
        window.show_panel(panel)
        QApplication.processEvents()
        placer.begin(Mode.SHADOW)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
        assert placer.mode is Mode.OFF and workspace.end_mode is None, panel
