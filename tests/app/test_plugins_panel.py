"""The report on plugins: nodes and panels, what failed first, as text on the clipboard."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app import panels
from rimlight.app.panels import Broken, Desktop, Failure, Panel, PanelDeclaration
from rimlight.app.plugins_panel import PANEL, PluginsPanel
from rimlight.engine import Plugin


def test_failures_come_first_with_their_reasons(make_panel: Make, desktop: Desktop, qtbot: QtBot) -> None:
    bad = Plugin("halo", "plugins/halo.py", (), "ValueError: no such thing", "Traceback\n  line 3\nValueError")
    desktop.workspace.session.plugins = (*desktop.workspace.session.plugins, bad)
    desktop.failures.append(Failure("acme.meter_panel", "ImportError: no module named acme"))
    panel = make_panel(PANEL, PluginsPanel)
    rows = [[panel.table.topLevelItem(i).text(c) for c in range(3)] for i in range(panel.table.topLevelItemCount())]  # type: ignore[union-attr]
    assert rows[0] == ["halo", "ValueError: no such thing", "plugins/halo.py"]
    assert rows[1][:2] == ["meter_panel", "ImportError: no module named acme"]
    assert rows[2][0] == "builtin" and rows[2][1].endswith(" nodes")
    assert "line 3" in panel.details.toPlainText()
    assert panel.details.toPlainText().startswith(f"{rows[0][1]}\n\n")
    panel.table.setCurrentItem(panel.table.topLevelItem(2))
    assert "color.grade" in panel.details.toPlainText()
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    assert (
        "FAILED  halo: ValueError: no such thing  (plugins/halo.py)\n    Traceback\n" in text
        and "loaded  builtin" in text
    )


def test_a_panel_that_cannot_be_made_is_in_the_report(desktop: Desktop, qtbot: QtBot) -> None:
    def fails(desktop: Desktop) -> Panel:
        raise RuntimeError("out of paper")

    made = panels.make(PanelDeclaration("printer", "Printer", fails), desktop)
    qtbot.addWidget(made)
    assert isinstance(made, Broken)
    assert desktop.failures == [Failure("printer", "RuntimeError: out of paper")]
