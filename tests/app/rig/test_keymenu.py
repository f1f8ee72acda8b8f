"""Keys of lights by the menus of their sliders and handles."""

from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktops import dispose
from rigpanels import Make, actions, asked, opened
from rimlight.app.properties.wedge import WedgeDialog
from rimlight.app.rig.keymenu import add_keys, place_names
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve


def test_sliders_set_and_delete_keys(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    s = workspace.session
    panel = opened(make_panel, qtbot)
    panel.choose(key)
    menu = asked(panel.details.sliders["azimuth"])
    assert not actions(menu)["Delete Key"].isEnabled()
    actions(menu)["Set Key"].trigger()
    menu.close()
    workspace.set_frame(24)
    panel.details.edited.emit({"azimuth": -40.0}, object())
    curve = s.graph[key].values["azimuth"]
    assert isinstance(curve, Curve) and {k.frame: k.value for k in curve.keys} == {1.0: 30.0, 24.0: -40.0}
    menu = asked(panel.details.sliders["azimuth"])
    actions(menu)["Delete Animation"].trigger()
    menu.close()
    assert s.graph[key].values["azimuth"] == -40.0
    menu = asked(panel.list.rows[lamp].level)
    actions(menu)["Set Key"].trigger()
    menu.close()
    assert isinstance(s.graph[lamp].values["exposure"], Curve)
    menu = asked(panel.list.rows[lamp].level)
    actions(menu)["Reset"].trigger()
    menu.close()
    assert "exposure" not in s.graph[lamp].values


def test_the_place_of_a_light_is_keyed_in_one_step(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    panel = opened(make_panel, qtbot)
    for path, names in zip(lights, (("azimuth", "elevation"), ("position",)), strict=True):
        steps = s.history.position
        menu = QMenu()
        add_keys(menu, workspace, path, place_names(s.graph[path]))
        actions(menu)["Set Key"].trigger()
        assert s.history.position == steps + 1
        for name in names:
            value = s.graph[path].values[name]
            assert all(isinstance(part, Curve) for part in (value if isinstance(value, tuple) else (value,)))
        menu.deleteLater()
    assert panel.details.sliders["azimuth"].state == "keyframe"


def test_a_slider_offers_a_wedge(workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    panel.choose(key)
    menu = asked(panel.details.sliders["azimuth"])
    actions(menu)["Wedge…"].trigger()
    menu.close()
    dialog = panel.window().findChild(WedgeDialog)
    assert dialog is not None and dialog.windowTitle() == f"Wedge of {key}.azimuth"
    assert len(dialog.line.text().split(",")) > 1
    dispose(dialog)
