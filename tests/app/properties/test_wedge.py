"""Wedge… in the menu of a parameter: values are shown as pictures, and a click on one takes it."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

import shots
import toy_nodes
from desktops import dispose
from rimlight.app.properties import menu
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.wedge import WedgeDialog
from rimlight.app.properties.wedge_values import Varied
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def script(workspace: Workspace) -> Workspace:
    """A grey, made brighter and blurred, which the viewer shows."""
    s = workspace.session
    s.set_project(format="64x32", frames=[1, 4])
    s.add("image.constant", name="Grey", color=(0.2, 0.2, 0.2, 1.0))
    s.add("color.exposure", "Grey", name="Up", stops=1.0)
    s.add("filter.blur", "Up", name="Soft")
    workspace.view("Soft", 1)
    return workspace


@pytest.fixture
def dialogs(panel: PropertiesPanel, script: Workspace) -> Iterator["Opener"]:
    opener = Opener(panel, script)
    yield opener
    for dialog in opener.made:
        if (left := dialog()) is not None and isValid(left):
            dispose(left)


class Opener:
    """Opens the dialog as the menu does."""

    def __init__(self, panel: PropertiesPanel, workspace: Workspace) -> None:
        self.panel, self.workspace = panel, workspace
        self.made: list[weakref.ref[WedgeDialog]] = []

    def __call__(self, node: str, parameter: str, component: int | None = None) -> WedgeDialog:
        opened = self.panel.open(node)
        assert opened is not None
        row = opened.row(parameter)
        assert row is not None
        made = menu.build(row, component)
        next(action for action in made.actions() if action.text() == "Wedge…").trigger()
        dispose(made)
        dialog = row.window().findChildren(WedgeDialog)[-1]
        self.made.append(weakref.ref(dialog))
        return weakref.proxy(dialog)


def gone(opener: Opener) -> bool:
    """Whether the first dialog is closed."""
    left = opener.made[0]()
    return left is None or not isValid(left) or not left.isVisible()


def texts(dialog: WedgeDialog) -> list[str]:
    return [dialog.tiles.item(i).text() for i in range(dialog.tiles.count())]


def shown(dialog: WedgeDialog, values: str, qtbot: QtBot) -> None:
    dialog.line.setText(values)
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)


def click(dialog: WedgeDialog, number: int, qtbot: QtBot) -> None:
    place = dialog.tiles.visualItemRect(dialog.tiles.item(number)).center()
    qtbot.mouseClick(dialog.tiles.viewport(), LEFT, pos=place)


def test_pictures_of_values_and_a_click_takes_one(dialogs: Opener, qtbot: QtBot) -> None:
    workspace = dialogs.workspace
    dialog = dialogs("Soft", "mix")
    assert not dialog.isModal() and dialog.windowTitle() == "Wedge of Soft.mix"
    shown(dialog, "0,0.5,1", qtbot)
    assert texts(dialog) == ["0", "0.5", "1"] and dialog.tiles.currentRow() == 2  # what the script has
    assert "Soft at frame 1" in dialog.words.text()
    step = workspace.session.history.position
    click(dialog, 1, qtbot)
    assert workspace.session.value("Soft", "mix") == 0.5 and workspace.session.history.position == step + 1
    click(dialog, 1, qtbot)
    assert workspace.session.history.position == step + 1
    workspace.undo()
    assert workspace.session.value("Soft", "mix") == 1
    assert "has changed since" in dialog.words.text()
    dialog.tiles.setCurrentRow(0)
    qtbot.keyClick(dialog.tiles, Qt.Key.Key_Return)
    assert workspace.session.value("Soft", "mix") == 0 and texts(dialog) == ["0", "0.5", "1"]


def test_pictures_are_those_of_the_values(dialogs: Opener, qtbot: QtBot) -> None:
    dialog = dialogs("Grey", "color")
    shown(dialog, "[1,0,0,1],[0,1,0,1],0", qtbot)
    colors = []
    for i in range(3):
        image = dialog.tiles.item(i).icon().pixmap(64, 32).toImage()
        colors.append(image.pixelColor(image.width() // 2, image.height() // 2).getRgb()[:3])
    assert colors[0][0] > 2 * colors[0][1] and colors[1][1] > 2 * colors[1][0] and max(colors[2]) < 5


def test_one_component(dialogs: Opener, qtbot: QtBot) -> None:
    workspace = dialogs.workspace
    workspace.session.set("Soft", size=(2, Expr("frame")))
    dialog = dialogs("Soft", "size", 0)
    assert dialog.windowTitle().startswith("Wedge of Soft.size.")
    shown(dialog, "2-6x2", qtbot)
    assert texts(dialog) == ["2", "4", "6"]
    click(dialog, 2, qtbot)
    assert workspace.graph["Soft"].values["size"] == (6, Expr("frame"))


def test_what_is_animated_gets_a_key(dialogs: Opener, qtbot: QtBot) -> None:
    workspace = dialogs.workspace
    workspace.session.set("Soft", mix=Curve.of((1, 0.0), (4, 1.0)))
    workspace.set_frame(4)
    dialog = dialogs("Soft", "mix")
    shown(dialog, "0.25,0.5", qtbot)
    click(dialog, 0, qtbot)
    value = workspace.graph["Soft"].values["mix"]
    assert isinstance(value, Curve) and [(k.frame, k.value) for k in value.keys] == [(1, 0.0), (4, 0.25)]


@pytest.mark.parametrize(
    ("node", "parameter", "offered"),
    [
        ("Soft", "mix", "0.75,0.875,1"), ("Soft", "disable", "false,true"), ("Grey", "color", ""),
    ],
)  # fmt: skip
def test_values_are_offered(dialogs: Opener, node: str, parameter: str, offered: str) -> None:
    assert dialogs(node, parameter).line.text() == offered


def test_what_the_script_has_is_offered_with_all_digits(dialogs: Opener, qtbot: QtBot) -> None:
    dialogs.workspace.session.set("Up", stops=(-1.23456789,) * 3)
    dialog = dialogs("Up", "stops", 1)
    assert "-1.23456789" in dialog.line.text().split(",")
    shown(dialog, dialog.line.text(), qtbot)
    assert dialog.tiles.currentItem().text() == "-1.23456789"


def test_choices_are_offered_all(dialogs: Opener, qtbot: QtBot) -> None:
    spec = dialogs.workspace.graph["Soft"].cls.spec("filter")
    dialog = dialogs("Soft", "filter")
    assert dialog.line.text().split(",") == list(spec.choices)
    shown(dialog, dialog.line.text(), qtbot)
    assert texts(dialog) == list(spec.choices)


def test_wrong_values_are_told(dialogs: Opener, qtbot: QtBot) -> None:
    dialog = dialogs("Soft", "mix")
    for typed, words in (("2", "must be within 0 to 1"), ("", "a value is empty"), ("0-1/101", "at most 100")):
        shown(dialog, typed, qtbot)
        assert words in dialog.words.text() and not texts(dialog)
    dialogs.workspace.set_views(type(dialogs.workspace.views())())
    shown(dialog, "1", qtbot)
    assert "the viewer shows no node" in dialog.words.text()


def test_failures_and_idle_parameters_are_told(dialogs: Opener, qtbot: QtBot, tmp_path: Path) -> None:
    workspace = dialogs.workspace
    name = workspace.session.add("Read", name="Plate", file=str(tmp_path / shots.plates(tmp_path)))
    workspace.view(name, 1)
    dialog = dialogs("Plate", "file")
    shown(dialog, f"{tmp_path}/plate.####.exr,{tmp_path}/none.exr", qtbot)
    assert len(texts(dialog)) == 2 and "none.exr" in dialog.tiles.item(1).toolTip()
    assert "there is no such file" in dialog.words.text()
    dialog = dialogs("Soft", "mix")
    shown(dialog, "0,1", qtbot)
    assert "Soft.mix makes no difference to Plate" in dialog.words.text()


def test_pictures_of_a_script_that_changed_meanwhile_are_told(dialogs: Opener, qtbot: QtBot) -> None:
    session = dialogs.workspace.session
    dialog = dialogs("Soft", "mix")
    shown(dialog, "0,1", qtbot)
    dialogs.workspace.view("Up", 2)
    assert "changed since" not in dialog.words.text(), "what a viewer shows changes no picture"
    dialogs.workspace.view("Soft", 1)
    dialog.begin()
    session.set("Up", stops=2.0)
    qtbot.waitUntil(lambda: dialog.made is not None, timeout=20_000)
    assert "Soft at frame 1; the script has changed since" in dialog.words.text()


def begun(dialogs: Opener, qtbot: QtBot) -> WedgeDialog:
    """A wedge that is in the midst of its first picture, which takes longer than any test."""
    workspace = dialogs.workspace
    workspace.view(workspace.session.add("toy.slow", "Soft", name="Slow", seconds=60), 1)
    dialog = dialogs("Slow", "seconds")
    toy_nodes.Slow.entered.clear()
    dialog.line.setText("50,60")
    dialog.begin()
    qtbot.waitUntil(toy_nodes.Slow.entered.is_set, timeout=20_000)
    return dialog


def test_escape_stops_and_then_closes(dialogs: Opener, qtbot: QtBot) -> None:
    workspace, dialog = dialogs.workspace, begun(dialogs, qtbot)
    qtbot.keyClick(dialog.line, Qt.Key.Key_Escape)
    assert not dialog.running and dialog.isVisible() and dialog.words.text() == "stopped after 0"
    workspace.evaluations.cancel_all()
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)
    qtbot.keyClick(dialog.line, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: gone(dialogs), timeout=20_000)


def test_the_button_of_the_window_closes_it_whatever_is_computed(dialogs: Opener, qtbot: QtBot) -> None:
    workspace, dialog = dialogs.workspace, begun(dialogs, qtbot)
    dialog.close()
    qtbot.waitUntil(lambda: gone(dialogs), timeout=20_000)
    workspace.evaluations.cancel_all()
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)


def test_the_next_one_stands_where_the_last_one_stood(dialogs: Opener, qtbot: QtBot) -> None:
    dialog = dialogs("Up", "stops")
    dialog.move(40, 60)
    dialog.resize(500, 333)
    dialog.close()
    again = dialogs("Soft", "size", 0)
    assert (again.pos(), again.size()) == (QPoint(40, 60), QSize(500, 333))
    again.move(4000, 60)
    again.close()
    assert dialogs("Up", "stops").x() < 4000, "a screen may be gone"


def test_the_sheet_can_be_saved(dialogs: Opener, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = dialogs("Soft", "mix")
    assert not dialog.save_button.isEnabled()
    shown(dialog, "0,1", qtbot)
    assert dialog.save_button.isEnabled()
    dialog.save(str(tmp_path / "sheet.png"))
    qtbot.waitUntil(lambda: not dialogs.workspace.background.busy, timeout=20_000)
    assert shots.pixels(tmp_path / "sheet.png").shape[2] > 2 * 64


def test_a_node_that_is_renamed_or_grouped_is_followed(dialogs: Opener, qtbot: QtBot) -> None:
    session = dialogs.workspace.session
    dialog = dialogs("Soft", "mix")
    shown(dialog, "0,0.5", qtbot)
    session.rename("Soft", "Softer")
    assert not gone(dialogs) and dialog.windowTitle() == "Wedge of Softer.mix"
    click(dialog, 1, qtbot)
    assert session.value("Softer", "mix") == 0.5
    group = session.group("Softer", name="Look")
    assert dialog.windowTitle() == "Wedge of Look.Softer.mix"
    click(dialog, 0, qtbot)
    assert session.value(f"{group}/Softer", "mix") == 0
    dialogs.workspace.undo_to(session.history.position - 4)
    assert dialog.windowTitle() == "Wedge of Soft.mix"


def test_of_a_node_that_is_gone_it_goes_too(dialogs: Opener, qtbot: QtBot) -> None:
    dialogs("Soft", "mix")
    dialogs.workspace.session.remove("Soft")
    qtbot.waitUntil(lambda: gone(dialogs), timeout=20_000)


def test_what_was_taken_is_undone_by_the_keys_of_the_main_window(window: MainWindow, qtbot: QtBot) -> None:
    session = window.workspace.session
    session.set_project(format="64x32")
    session.add("image.constant", name="C")
    session.add("filter.blur", "C", name="Soft")
    window.workspace.view("Soft", 1)
    properties = window.panels["properties"]
    assert isinstance(properties, PropertiesPanel)
    row = properties.open("Soft").row("mix")  # type: ignore[union-attr]
    dialog = WedgeDialog(row.shared.edits, Varied(row.parameter), row)  # type: ignore[union-attr]
    dialog.show()
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    dialog.line.setText("0,0.5")
    dialog.begin()
    qtbot.waitUntil(lambda: dialog.made is not None, timeout=20_000)
    click(dialog, 1, qtbot)
    assert session.value("Soft", "mix") == 0.5
    qtbot.keyClick(dialog.tiles, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.value("Soft", "mix") == 1
    dispose(dialog)
