"""Tips of buttons name the keys that count now."""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktops import dispose
from rimlight.app.actions import Action, Actions
from rimlight.app.keytips import KeyTip
from rimlight.app.panels import Desktop, Panel, PanelDeclaration
from rimlight.app.timeline.panel import PANEL, TimelinePanel


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


def test_buttons_of_the_timeline(make_panel: Callable[[PanelDeclaration], Panel], desktop: Desktop) -> None:
    panel = make_panel(PANEL)
    assert isinstance(panel, TimelinePanel)
    desktop.actions.set_overrides({"timeline.forward": ["Ctrl+Alt+P"]})
    assert panel.bar.buttons["forward"].toolTip() == "Play Forward (Ctrl+Alt+P)"
