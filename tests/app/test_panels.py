"""Panels: all of them load, and one that fails says so."""

import pytest
from pytestqt.qtbot import QtBot

from rimlight.app.panels import Broken, Desktop, Panel, PanelDeclaration, discover, make


def test_every_panel_loads_and_leaves_nothing_behind(make_panel: object, desktop: Desktop) -> None:
    declared, failures = discover()
    assert failures == [] and {"errors", "history"} <= {panel.id for panel in declared}
    for declaration in declared:
        assert make_panel(declaration) is not None  # type: ignore[operator]


@pytest.mark.parametrize("raised", [RuntimeError("no lamp"), SystemExit("no lamp")])
def test_a_panel_that_fails_says_so(raised: BaseException, desktop: Desktop, qtbot: QtBot) -> None:
    def factory(desktop: Desktop) -> Panel:
        raise raised

    panel = make(PanelDeclaration("lamp", "Lamp", factory), desktop)
    qtbot.addWidget(panel)
    assert isinstance(panel, Broken) and panel.settled
