"""What a light falls on, chosen in the list of the rig or in its properties from the channels of the picture."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from rigpanels import LEFT, Make, actions, opened
from rimlight.app.properties.known import link_offers
from rimlight.app.rig.panel import LightRigPanel
from rimlight.app.rig.scene import pictures_lit
from rimlight.app.workspace import Workspace
from rimlight.engine import DirectionalLight, Rig, save_rig


@pytest.fixture
def shot(workspace: Workspace, lights: tuple[str, str]) -> str:
    """A picture with normals, albedo, depth and a matte, lit by the lights through a Dot. Returns its Relight."""
    s = workspace.session
    picture = s.add("image.constant", color=(0.5, 0.5, 1.0, 1.0))
    for layer, channels in (("normal", ""), ("albedo", ""), ("depth", ""), ("matte", "hero prop")):
        picture = s.add("channel.add_layer", picture, layer=layer, channels=channels)
    return s.add("light.relight", inputs={"image": picture, "rig": s.add("structure.dot", lights[1])})


def menu_of(panel: LightRigPanel, path: str, qtbot: QtBot) -> QMenu:
    """The menu that the link of a light's row opens."""
    qtbot.mouseClick(panel.list.rows[path].link, LEFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def known(workspace: Workspace, path: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: ("matte.hero", "") in link_offers(workspace, path), timeout=20_000)


def test_a_channel_of_the_lit_picture_is_chosen_in_the_list(
    workspace: Workspace, lights: tuple[str, str], shot: str, make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    panel = opened(make_panel, qtbot)
    known(workspace, key, qtbot)
    row = panel.list.rows[key]
    assert row.link.toolTip() == "Link: the light falls on everything" and not row.link.isChecked()
    menu = menu_of(panel, key, qtbot)
    offered = actions(menu)
    assert list(offered)[:3] == ["Falls on Everything", "matte.hero", "matte.prop"], "mattes come first"
    assert offered["Falls on Everything"].isChecked() and "alpha" in offered
    others = offered["Other Channels"].menu()
    assert isinstance(others, QMenu) and {"rgba", "depth", "normal"} <= set(actions(others))
    assert not offered["On Everything but That"].isEnabled()
    offered["matte.hero"].trigger()
    menu.close()
    assert workspace.graph[key].value("link_channel") == "matte.hero"
    assert row.link.isChecked() and row.link.toolTip() == "Link: the light falls on matte.hero alone"
    assert not panel.list.rows[lamp].link.isChecked()
    menu = menu_of(panel, key, qtbot)
    assert row.link.isChecked(), "the click opens the menu and changes nothing"
    actions(menu)["On Everything but That"].trigger()
    menu.close()
    assert workspace.graph[key].value("invert_link") is True
    assert row.link.toolTip() == "Link: the light falls on everything but matte.hero"
    workspace.undo()
    workspace.undo()
    assert workspace.graph[key].value("link_channel") == "" and not row.link.isChecked()


def test_a_channel_that_went_stays_in_the_menu(
    workspace: Workspace, lights: tuple[str, str], shot: str, make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    workspace.session.set(key, link_channel="matte.villain")
    panel = opened(make_panel, qtbot)
    menu = menu_of(panel, key, qtbot)
    assert actions(menu)["matte.villain"].isChecked()
    menu.close()


def test_a_link_that_a_node_further_down_sets_is_told(
    workspace: Workspace, lights: tuple[str, str], shot: str, make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    s = workspace.session
    rig = s.add("light.rig", lamp)
    s.connect(shot, "rig", rig)
    workspace.select((shot,))
    panel = opened(make_panel, qtbot)
    row = panel.list.rows[key]
    s.set(rig, change="key", link_channel="matte.hero", invert_link=True)
    told = "Link: the light falls on everything but matte.hero, as a node further down says"
    qtbot.waitUntil(lambda: row.link.toolTip() == told, timeout=20_000)
    assert row.link.isChecked() and not panel.list.rows[lamp].link.isChecked()
    menu = menu_of(panel, key, qtbot)
    assert row.link.isChecked(), "as before the click"
    first = menu.actions()[0]
    assert first.text() == "A node further down says: on everything but matte.hero" and not first.isEnabled()
    assert actions(menu)["Falls on Everything"].isChecked(), "what the light itself says"
    menu.close()
    s.set(rig, link_channel="")
    qtbot.waitUntil(lambda: row.link.toolTip() == "Link: the light falls on everything", timeout=20_000)
    assert not row.link.isChecked()


def test_a_light_from_a_file_is_linked_by_a_node_of_its_own(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    save_rig(Rig((DirectionalLight(name="rim", link_channel="alpha", invert_link=True),)), tmp_path / "a.rig")
    s = workspace.session
    read = s.add("light.read_rig", file=str(tmp_path / "a.rig"))
    s.add("light.relight", inputs={"image": s.add("image.constant"), "rig": read})
    workspace.select((read,))
    panel = opened(make_panel, qtbot)
    row = panel.list.rows["#rim"]
    assert row.link.toolTip() == "Link: the light falls on everything but alpha"
    menu = menu_of(panel, "#rim", qtbot)
    actions(menu)["Falls on Everything"].trigger()
    menu.close()
    made = panel.current
    assert workspace.graph[made].value("light_name") == "rim"
    assert workspace.graph[made].value("link_channel") == ""
    assert workspace.graph[made].value("invert_link") is True


def test_pictures_are_found_through_groups_and_several_nodes(
    workspace: Workspace, lights: tuple[str, str], shot: str
) -> None:
    s = workspace.session
    other = s.add("image.constant")
    s.add("light.relight", inputs={"image": other, "rig": s.add("light.rig", lights[1])})
    found = pictures_lit(s, lights[0])
    assert set(found) == {s.graph[shot].inputs["image"], other}
    s.group(*lights)
    inside = next(path for path, state in s.graph.walk() if state.kind == "light.directional")
    assert set(pictures_lit(s, inside)) == set(found)
