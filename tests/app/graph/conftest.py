from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from graph_hand import Hand
from rimlight.app.graph.panel import PANEL, GraphPanel


@pytest.fixture
def hand(make_panel: Make, qtbot: QtBot) -> Iterator[Hand]:
    """A hand on a shown panel with the focus, at scale 1 around 0, 0."""
    panel = make_panel(PANEL, GraphPanel)
    panel.resize(900, 700)
    with qtbot.waitActive(panel):
        panel.activateWindow()
    QApplication.processEvents()
    panel.view.look_at(QPointF(0, 0), 1.0)
    panel.view.setFocus()
    made = Hand(panel, qtbot)
    yield made
    del made.panel
