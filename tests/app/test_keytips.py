"""Tips and hints name the keys that count now."""

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktops import Make, dispose
from rimlight.app.actions import Action, Actions
from rimlight.app.graph.panel import PANEL as GRAPH
from rimlight.app.graph.panel import GraphPanel
from rimlight.app.keytips import Keyed, KeysTip, KeyTip
from rimlight.app.panels import Desktop
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.script.panel import PANEL as SCRIPT
from rimlight.app.script.panel import ScriptPanel
from rimlight.app.timeline.panel import PANEL, TimelinePanel
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace


def test_a_tip_follows_the_key_and_goes_with_its_button(qtbot: QtBot) -> None:
    actions = Actions([Action("lamp.on", "Lamp &On", ("L",))])
    button = QPushButton()
    qtbot.addWidget(button)
    KeyTip(button, actions.qaction("lamp.on"))
    other = QPushButton()
    KeyTip(other, actions.qaction("lamp.on"), "Light")
    assert (button.toolTip(), other.toolTip()) == ("Lamp On (L)", "Light (L)")
    dispose(other)
    actions.set_overrides({"lamp.on": ["Ctrl+L"]})
    assert button.toolTip() == "Lamp On (Ctrl+L)"
    actions.set_overrides({"lamp.on": []})
    assert button.toolTip() == "Lamp On"
    actions.deleteLater()


def test_a_tip_of_several_commands_names_the_keys_that_there_are(qtbot: QtBot) -> None:
    actions = Actions([Action("lamp.on", "On", ("L",)), Action("lamp.off", "Off", ("O",))])
    button = QPushButton()
    qtbot.addWidget(button)
    KeysTip(button, "Lamp", [(actions.qaction("lamp.on"), ""), (actions.qaction("lamp.off"), "off")])
    assert button.toolTip() == "Lamp (L, O off)"
    actions.set_overrides({"lamp.on": [], "lamp.off": ["Ctrl+O"]})
    assert button.toolTip() == "Lamp (Ctrl+O off)"
    dispose(button)
    actions.set_overrides({})
    actions.deleteLater()


def test_choosers_of_the_viewer_and_the_switch_of_a_node(window: MainWindow) -> None:
    viewer, properties = window.panels["viewer"], window.panels["properties"]
    assert isinstance(viewer, ViewerPanel) and isinstance(properties, PropertiesPanel)
    window.workspace.session.add("toy.coordinates", name="C")
    node = properties.open("C")
    window.workspace.view("C", 1)
    assert node is not None and node.header.enable.toolTip() == "Disable the node (D)"
    assert viewer.view_bar.channel.toolTip() == "Channels (R, G, B, A, Y luminance, M matte)"
    assert viewer.input_bar.slots[1].toolTip() == "C\n1 or click: show; Shift+1 or Shift+click: compare as B"
    given = {"graph.disable": ["Ctrl+9"], "viewer.green": [], "viewer.input1": ["F9"], "viewer.wipe": ["Ctrl+8"]}
    window.commands.set_overrides(given)
    assert node.header.enable.toolTip() == "Disable the node (Ctrl+9)"
    assert viewer.view_bar.channel.toolTip() == "Channels (R, B, A, Y luminance, M matte)"
    assert viewer.input_bar.slots[1].toolTip() == "C\nF9 or click: show; Shift+1 or Shift+click: compare as B"
    assert viewer.input_bar.compare.toolTip() == "Compare A and B (Ctrl+8 wipe)"


def test_buttons_of_the_timeline(make_panel: Make, desktop: Desktop) -> None:
    panel = make_panel(PANEL, TimelinePanel)
    desktop.actions.set_overrides({"timeline.forward": ["Ctrl+Alt+P"]})
    assert panel.bar.buttons["forward"].toolTip() == "Play Forward (Ctrl+Alt+P)"


def test_a_text_of_its_own_words_follows_the_keys(qtbot: QtBot) -> None:
    actions = Actions([Action("lamp.on", "On", ("L", "O"))])
    label = QLabel()
    qtbot.addWidget(label)
    Keyed(label, [actions.qaction("lamp.on")], lambda keys: label.setText("/".join(keys)))
    assert label.text() == "L"
    actions.set_overrides({"lamp.on": []})
    assert label.text() == ""
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


def test_what_goes_on_names_the_key_that_stops_it(window: MainWindow, workspace: Workspace) -> None:
    panel = window.findChild(PropertiesPanel)
    assert panel is not None
    node = panel.open(workspace.session.add("transform.tracker", workspace.session.add("toy.coordinates")))
    assert node is not None and node.tracks is not None
    stop = node.tracks.buttons["stop"]
    assert (workspace.stops, stop.toolTip()) == ("; Esc stops", "Stop tracking (Esc)")
    window.commands.set_overrides({"render.cancel": ["F9"]})
    assert (workspace.stops, stop.toolTip()) == ("; F9 stops", "Stop tracking (F9)")
    window.commands.set_overrides({"render.cancel": []})
    assert (workspace.stops, stop.toolTip()) == ("", "Stop tracking")


def test_the_script_editor_names_the_key_that_runs(make_panel: Make) -> None:
    panel = make_panel(SCRIPT, ScriptPanel)
    assert panel.output.placeholderText().endswith("here. Ctrl+Return runs all, or what is selected.")
    panel.desktop.actions.set_overrides({"script.run": []})
    assert panel.output.placeholderText().endswith("appears here.")


def test_what_is_not_there_is_made_by_a_key(make_panel: Make, workspace: Workspace) -> None:
    panel = make_panel(GRAPH, GraphPanel)
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
