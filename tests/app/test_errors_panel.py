"""The error panel: lines that lead to their nodes."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app import theme
from rimlight.app.errors_panel import PANEL, ErrorsPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Graph, NodeState


def test_lines_are_broken_for_the_width_that_there_is(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    """Those of a panel that was wider before reached out of it, to be scrolled to word by word."""
    panel = make_panel(PANEL, ErrorsPanel)
    panel.resize(900, 300)
    workspace.put_level(Graph({"Gone": NodeState("studio.kind")}), "test")
    lines = panel.list
    qtbot.waitUntil(lambda: lines.count() == 1, timeout=10_000)
    low = lines.visualItemRect(lines.item(0)).height()
    panel.resize(260, 300)
    qtbot.waitUntil(lambda: lines.visualItemRect(lines.item(0)).height() > low)
    assert lines.visualItemRect(lines.item(0)).width() <= lines.viewport().width()
    assert lines.horizontalScrollBar().maximum() == 0


def test_marks_are_drawn_once_for_all_lines(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn for each line, those of 1500 held up the window for three seconds."""
    panel = make_panel(PANEL, ErrorsPanel)
    drawn: list[tuple[str, int]] = []
    icon = theme.icon

    def draw(name: str, color: str) -> QIcon:
        drawn.append((name, panel.list.count()))
        return icon(name, color)

    with monkeypatch.context() as patches:
        patches.setattr(theme, "icon", draw)
        workspace.put_level(Graph({f"Gone{number}": NodeState("studio.kind") for number in range(9)}), "test")
        qtbot.waitUntil(lambda: panel.list.count() == 9, timeout=10_000)
    assert {count for mark, count in drawn if mark in ("warning", "error")} == {0}


def test_a_click_leads_to_the_node(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    panel = make_panel(PANEL, ErrorsPanel)
    workspace.put_level(Graph({"Gone": NodeState("studio.kind")}), "test")
    qtbot.waitUntil(lambda: panel.list.count() == 1, timeout=10_000)
    opened: list[str] = []
    workspace.properties_requested.connect(opened.append)
    line = panel.list.visualItemRect(panel.list.item(0))
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=line.center())
    assert workspace.selection == ("Gone",) and opened == ["Gone"]
