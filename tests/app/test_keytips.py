"""Texts that name keys say those that the user chose."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from rimlight.app.actions import Actions
from rimlight.app.graph.panel import PANEL as GRAPH
from rimlight.app.graph.panel import GraphPanel
from rimlight.app.keytips import Keyed, KeyTip
from rimlight.app.panels import Panel, PanelDeclaration
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.script.panel import PANEL as SCRIPT
from rimlight.app.script.panel import ScriptPanel
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace

Make = Callable[[PanelDeclaration], Panel]


def test_a_text_follows_the_keys(qtbot: QtBot) -> None:
    actions = Actions(GRAPH.actions)
    button, label = QPushButton(), QLabel()
    qtbot.addWidget(button)
    qtbot.addWidget(label)
    KeyTip(button, actions.qaction("graph.disable"), "Disable")
    Keyed(label, [actions.qaction("graph.disable")], lambda keys: label.setText("/".join(keys)))
    assert (button.toolTip(), label.text()) == ("Disable (D)", "D")
    actions.set_overrides({"graph.disable": ["Ctrl+F5", "D"]})
    assert (button.toolTip(), label.text()) == ("Disable (Ctrl+F5)", "Ctrl+F5")
    actions.set_overrides({"graph.disable": []})
    assert (button.toolTip(), label.text()) == ("Disable", "")
    actions.deleteLater()


def test_properties_name_the_keys_of_the_user(window: MainWindow, workspace: Workspace) -> None:
    panel = window.findChild(PropertiesPanel)
    assert panel is not None
    hint = panel._nothing
    assert "press Return on it" in hint.text()
    header = panel.open(workspace.session.add("color.grade")).header  # type: ignore[union-attr]
    draw = panel.open(workspace.session.add("draw.roto")).row("shapes").draw  # type: ignore[union-attr,attr-defined]
    tips = (header.enable, header.close_button, draw)
    told = ["Disable the node (D)", "Close (Ctrl+W)", "Draw a shape in the viewer (V)"]
    assert [tip.toolTip() for tip in tips] == told
    keys = {"graph.disable": ["F10"], "properties.close": [], "viewer.draw_shape": ["F9"], "graph.properties": ["F8"]}
    window.commands.set_overrides(keys)
    assert [tip.toolTip() for tip in tips] == ["Disable the node (F10)", "Close", "Draw a shape in the viewer (F9)"]
    assert "press F8 on it" in hint.text()
    window.commands.set_overrides({"graph.properties": []})
    assert hint.text() == "Double-click a node\nto see its properties here."


def test_the_script_editor_names_the_key_that_runs(make_panel: Make) -> None:
    panel = make_panel(SCRIPT)
    assert isinstance(panel, ScriptPanel)
    assert panel.output.placeholderText().endswith("here. Ctrl+Return runs all, or what is selected.")
    panel.desktop.actions.set_overrides({"script.run": []})
    assert panel.output.placeholderText().endswith("appears here.")
    QApplication.processEvents()


def test_what_is_not_there_is_made_by_a_key(make_panel: Make, workspace: Workspace) -> None:
    panel = make_panel(GRAPH)
    assert isinstance(panel, GraphPanel)
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    actions = panel.desktop.actions
    actions.trigger("graph.jump")
    actions.set_overrides({"graph.place.save.2": ["F2"], "graph.bookmark": []})
    actions.trigger("graph.place.go.1")
    actions.trigger("graph.place.go.2")
    actions.trigger("graph.jump")
    assert told == [
        "There are no bookmarks yet: Shift+J makes one of the selected node",
        "Place 1 was not saved yet: Ctrl+F7 saves it", "Place 2 was not saved yet: F2 saves it",
        "There are no bookmarks yet",
    ]  # fmt: skip
