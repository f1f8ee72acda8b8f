"""Dialogs: files by their kinds, and the keys that choose."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from rimlight.app.dialogs import file_dialog, show_dialog
from rimlight.app.window import MainWindow


def test_the_open_dialog_offers_scripts_and_gizmos_of_nuke(window: MainWindow) -> None:
    window.scripts.browse()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    first, *others = dialog.nameFilters()
    assert all(f"*{suffix}" in first for suffix in (".rim", ".nk", ".gizmo"))
    assert any("Nuke" in name and "*.gizmo" in name and "*.rim" not in name for name in others)
    dialog.close()
    dialog.setParent(None)


def test_return_behind_a_typed_name_chooses_it(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    for name in ("plate.exr", "plates.exr"):
        (tmp_path / name).touch()
    chosen: list[str] = []
    dialog = file_dialog(window, "Read", tmp_path)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(chosen.append)
    show_dialog(dialog)
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert line is not None
    qtbot.waitUntil(dialog.isActiveWindow)  # until then keys are those of the panel behind
    offers = line.completer().popup()
    line.setText("plate.exr")
    offers.show()
    qtbot.keyClick(offers, Qt.Key.Key_Return)
    assert not offers.isVisible() and not dialog.isVisible()
    assert chosen == [str(tmp_path / "plate.exr")]
    dialog.deleteLater()
