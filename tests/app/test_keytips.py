"""Tips of buttons name the keys that count now."""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktops import dispose
from rimlight.app.actions import Action, Actions
from rimlight.app.keytips import KeysTip, KeyTip
from rimlight.app.panels import Desktop, Panel, PanelDeclaration
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.timeline.panel import PANEL, TimelinePanel
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.window import MainWindow


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


def test_buttons_of_the_timeline(make_panel: Callable[[PanelDeclaration], Panel], desktop: Desktop) -> None:
    panel = make_panel(PANEL)
    assert isinstance(panel, TimelinePanel)
    desktop.actions.set_overrides({"timeline.forward": ["Ctrl+Alt+P"]})
    assert panel.bar.buttons["forward"].toolTip() == "Play Forward (Ctrl+Alt+P)"
