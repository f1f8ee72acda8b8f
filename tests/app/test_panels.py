"""Panels: all of them load, and one that fails says so."""

from pytestqt.qtbot import QtBot

from rimlight.app.panels import Broken, Desktop, Panel, PanelDeclaration, discover, make


def test_every_panel_loads_and_leaves_nothing_behind(make_panel: object, desktop: Desktop) -> None:
    declared, failures = discover()
    assert failures == [] and {"errors", "history"} <= {panel.id for panel in declared}
    for declaration in declared:
        assert make_panel(declaration) is not None  # type: ignore[operator]


def test_a_panel_that_fails_says_so(desktop: Desktop, qtbot: QtBot) -> None:
    def factory(desktop: Desktop) -> Panel:
        raise RuntimeError("no lamp")

    panel = make(PanelDeclaration("lamp", "Lamp", factory), desktop)
    qtbot.addWidget(panel)
    assert isinstance(panel, Broken) and panel.settled
