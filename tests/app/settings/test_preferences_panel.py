"""Preferences and project settings: rows from the declarations, what is changed counts at once and is kept."""

from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app import theme
from rimlight.app.preferences import Preferences, read_json
from rimlight.app.settings import preferences_panel, project_panel
from rimlight.app.settings.preferences_panel import PreferencesPanel
from rimlight.app.settings.project_panel import ProjectPanel
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace


def test_every_preference_has_a_row_of_its_kind(make_panel: Make) -> None:
    panel = make_panel(preferences_panel.PANEL, PreferencesPanel)
    kinds = {bool: QCheckBox, int: QSpinBox, float: QDoubleSpinBox, str: QLineEdit}
    for f in fields(Preferences):
        editor = panel.form.editors[f.name]
        assert isinstance(editor, kinds[type(f.default)]) and f.metadata["doc"] in editor.toolTip()
        if isinstance(editor, QSpinBox | QDoubleSpinBox):
            assert (editor.minimum(), editor.maximum()) == f.metadata["range"] and editor.value() == f.default
        elif isinstance(editor, QCheckBox):
            assert editor.isChecked() == f.default


def test_a_change_counts_at_once_and_is_kept(window: MainWindow, config: Path, qtbot: QtBot) -> None:
    window.commands.trigger("edit.preferences")
    panel = window.panels["preferences"]
    assert isinstance(panel, PreferencesPanel) and panel.isVisible() and window.docks["preferences"].isFloating()
    check, number = panel.form.editors["merge_first_is_b"], panel.form.editors["recent_count"]
    assert isinstance(number, QSpinBox)
    assert not panel.form.resets["recent_count"].isVisible()
    qtbot.waitUntil(number.isActiveWindow)  # until then keys are those of the panel behind
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton)
    number.selectAll()
    qtbot.keyClicks(number, "7")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert window.preferences.merge_first_is_b is False and window.preferences.recent_count == 7
    qtbot.waitUntil(lambda: Preferences.load(config) == window.preferences)
    reset = panel.form.resets["recent_count"]
    assert reset.isVisible()
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert window.preferences.recent_count == 12 and number.value() == 12 and not reset.isVisible()
    qtbot.waitUntil(lambda: dict(read_json(config / "preferences.json")) == {"merge_first_is_b": False})


def test_text_grows_at_once(window: MainWindow, qapp: QApplication) -> None:
    size = qapp.font().pointSizeF()
    try:
        window.desktop.prefer(Preferences(font_scale=1.5))
        assert qapp.font().pointSizeF() == pytest.approx(1.5 * size)
    finally:
        theme.apply(qapp)


def test_project_settings_are_edited_and_undone(make_panel: Make, workspace: Workspace, qtbot: QtBot) -> None:
    panel = make_panel(project_panel.PANEL, ProjectPanel)
    first, last, fmt = (panel.form.editors[name] for name in ("first", "last", "format"))
    assert isinstance(first, QSpinBox) and isinstance(last, QSpinBox) and isinstance(fmt, QComboBox)
    fps = panel.form.editors["fps"]
    assert isinstance(fps, QDoubleSpinBox) and fps.text() == "24"
    workspace.session.set_project(fps=24000 / 1001)
    assert fps.text() == "23.976024"
    qtbot.keyClick(fps, Qt.Key.Key_Tab)
    assert workspace.session.project.fps == 24000 / 1001, "what is only looked at stays exact"
    fps.setValue(29.97)
    assert workspace.session.project.fps == 29.97
    workspace.undo()
    workspace.undo()
    first.setValue(1001)
    assert workspace.session.project.frames == (1001, 1001) and last.value() == 1001
    last.setValue(1100)
    fmt.setCurrentText("640x360")
    fmt.lineEdit().editingFinished.emit()  # type: ignore[union-attr]
    assert workspace.session.project.frames == (1001, 1100) and workspace.session.project.format == "640x360"
    workspace.undo()
    assert fmt.currentText() == "HD" and workspace.session.history.position == 2
    fmt.setCurrentText("large")
    fmt.lineEdit().editingFinished.emit()  # type: ignore[union-attr]
    assert "large" in panel.error.text() and panel.error.isVisible() and fmt.currentText() == "HD"
    assert workspace.session.project.format == "HD"
    display = panel.form.editors["display"]
    assert isinstance(display, QComboBox)
    qtbot.waitUntil(lambda: display.count() > 1)


def test_escape_closes_a_panel_that_is_a_window(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.trigger("edit.preferences")
    dock = window.docks["preferences"]
    with qtbot.waitActive(dock):
        dock.activateWindow()
    window.panels["preferences"].setFocus()
    qtbot.waitUntil(lambda: dock.isAncestorOf(QApplication.focusWidget()))
    assert window.commands.trigger("render.cancel") and not dock.isVisible()
    assert window.commands.trigger("render.cancel"), "then it is for what is computed again"


def test_where_there_is_no_room_the_sentences_are_in_the_tips_alone(make_panel: Make) -> None:
    panel = make_panel(project_panel.PANEL, ProjectPanel)

    def sentences() -> list[QLabel]:
        docs = {editor.toolTip() for editor in panel.form.editors.values()}
        return [label for label in panel.form.findChildren(QLabel) if label.text() in docs and label.isVisible()]

    panel.resize(760, 500)
    QApplication.processEvents()
    assert len(sentences()) == len(panel.form.editors)
    panel.resize(440, 500)
    QApplication.processEvents()
    assert sentences() == []
    right = max(reset.mapTo(panel, reset.rect().topRight()).x() for reset in panel.form.resets.values())
    assert right < panel.width(), "nothing is cut off"
