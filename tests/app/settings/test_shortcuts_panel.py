"""The shortcut editor: found by words and keys, rebound by pressing keys, collisions shown, kept as JSON."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rimlight.app.actions import Action
from rimlight.app.preferences import read_json
from rimlight.app.settings import shortcuts
from rimlight.app.settings.shortcuts_panel import ShortcutsPanel
from rimlight.app.window import MainWindow

DECLARED = {
    action.id: action
    for action in (
        Action("save", "&Save…", ("Ctrl+S",), menu="&File"),
        Action("blur", "&Blur", ("B",), ("graph",), menu="&Graph/&Add"),
        Action("blue", "Blue", ("B",), ("viewer",)),
        Action("play", "Play", ("L", "Space"), ("viewer", "timeline")),
    )
}


def test_what_collides_depends_on_the_place() -> None:
    def names(name: str, key: str) -> list[str]:
        return [action.id for action in shortcuts.users(DECLARED.values(), {}, name, key)]

    assert names("blur", "Ctrl+S") == ["save"] and names("blur", "L") == [] and names("blue", "L") == ["play"]
    assert sorted(names("save", "B")) == ["blue", "blur"]


def test_a_key_is_taken_from_others_and_defaults_are_no_override() -> None:
    new = shortcuts.taken(DECLARED, {}, "blue", "L")
    assert new == {"blue": ("L",), "play": ("Space",)}
    new = shortcuts.with_keys(DECLARED, new, "play", ["L", "Space"])
    assert new == {"blue": ("L",)}
    lines = {line.action.id: line for line in shortcuts.lines(DECLARED.values(), new)}
    assert lines["blue"].others == ("Play",) and lines["play"].others == ("Blue",) and lines["blue"].changed
    assert lines["blur"].title == "Graph ▸ Add ▸ Blur" and lines["save"].title == "File ▸ Save"
    new = shortcuts.taken(DECLARED, {}, "blur", "Alt+B", replace_all=False)
    assert new == {"blur": ("B", "Alt+B")}


def test_lines_are_found_by_words_and_by_keys() -> None:
    lines = shortcuts.lines(DECLARED.values(), {})
    found = {
        text: [line.action.id for line in lines if shortcuts.fits(line, text)] for text in ("add bl", "b", "space")
    }
    assert found["add bl"] == ["blur"] and "blur" in found["b"] and found["space"] == ["play"]


@pytest.fixture
def panel(window: MainWindow) -> ShortcutsPanel:
    window.commands.trigger("edit.shortcuts")
    made = window.panels["shortcuts"]
    assert isinstance(made, ShortcutsPanel)
    return made


def test_keys_are_pressed_count_at_once_and_are_kept(
    panel: ShortcutsPanel, window: MainWindow, config: Path, qtbot: QtBot
) -> None:
    assert panel.table.topLevelItemCount() == len(window.commands.declared)
    panel.choose("file.start_page")
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert panel.keys.hasFocus() or panel.window().focusWidget() is panel.keys
    qtbot.keyClick(panel.keys, Qt.Key.Key_Control)
    assert window.commands.overrides == {}, "a modifier alone is no key"
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(panel.keys, Qt.Key.Key_F7, held)
    assert window.commands.overrides == {"file.start_page": ("Ctrl+Alt+F7",)}
    assert window.commands.qaction("file.start_page").shortcut().toString() == "Ctrl+Alt+F7"
    qtbot.waitUntil(lambda: dict(read_json(config / "shortcuts.json")) == {"file.start_page": ["Ctrl+Alt+F7"]})
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert window.commands.overrides == {} and not panel.reset.isEnabled()
    qtbot.waitUntil(lambda: dict(read_json(config / "shortcuts.json")) == {})


def test_a_key_that_is_taken_is_only_given_on_demand(panel: ShortcutsPanel, window: MainWindow, qtbot: QtBot) -> None:
    panel.choose("file.start_page")
    assert not panel.take.isVisible()
    qtbot.keyClick(panel.keys, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert window.commands.overrides == {} and "File ▸ Save" in panel.notice.text() and panel.take.isVisible()
    qtbot.mouseClick(panel.take, Qt.MouseButton.LeftButton)
    assert window.commands.overrides == {"file.save": (), "file.start_page": ("Ctrl+S",)}
    assert not panel.take.isVisible()
    panel.only_changed.setChecked(True)
    shown = [i for i in range(panel.table.topLevelItemCount()) if not panel.table.topLevelItem(i).isHidden()]  # type: ignore[union-attr]
    assert len(shown) == 2
    qtbot.mouseClick(panel.reset_all, Qt.MouseButton.LeftButton)
    assert window.commands.overrides == {}


def test_tab_is_a_key_after_a_click_and_else_goes_on(panel: ShortcutsPanel, window: MainWindow, qtbot: QtBot) -> None:
    panel.choose("file.start_page")
    with qtbot.waitActive(panel.window()):
        panel.window().activateWindow()
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Tab)
    assert panel.keys.hasFocus()
    qtbot.keyClick(panel.keys, Qt.Key.Key_Tab)
    assert panel.also.hasFocus() and window.commands.overrides == {}
    qtbot.keyClick(panel.also, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert panel.keys.hasFocus()
    qtbot.mouseClick(panel.keys, Qt.MouseButton.LeftButton)
    qtbot.keyClick(panel.keys, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert window.commands.overrides == {"file.start_page": ("Ctrl+Tab",)}
    qtbot.keyClick(panel.keys, Qt.Key.Key_Tab)
    assert not panel.keys.hasFocus() and window.commands.overrides == {"file.start_page": ("Ctrl+Tab",)}


def test_collisions_in_a_file_are_shown(panel: ShortcutsPanel, window: MainWindow) -> None:
    window.desktop.rebind({"file.start_page": ["Ctrl+O"]})
    panel._fill()
    panel.choose("file.open")
    assert "Start Page" in panel.notice.text() and panel.notice.property("role") == "error"
    panel.only_conflicts.setChecked(True)
    names = [
        panel.table.topLevelItem(i).text(0)
        for i in range(panel.table.topLevelItemCount())
        if not panel.table.topLevelItem(i).isHidden()
    ]  # type: ignore[union-attr]
    assert names == ["File ▸ Open", "File ▸ Start Page"]


def test_the_search_leads_to_the_table(panel: ShortcutsPanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.field, "full screen")
    qtbot.keyClick(panel.field, Qt.Key.Key_Down)
    assert panel.chosen == "window.full_screen" or "Full" in panel.name.text()
