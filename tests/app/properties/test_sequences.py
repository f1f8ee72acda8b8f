"""Sequences of files in the dialog: one line each, chosen as a whole."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.files import FileChooser
from rimlight.app.properties.sequences import sequences
from rimlight.app.workspace import Workspace


def test_files_of_one_name_and_width_are_a_sequence() -> None:
    names = ["a.0001.exr", "a.0002.exr", "a.0004.exr", "a.1.exr", "b.0001.exr", "a.0001.png", "notes.txt", "v2.exr"]
    found = sequences(names)
    assert set(found) == {"a.0001.exr", "a.0002.exr", "a.0004.exr"}
    assert found["a.0004.exr"].first == "a.0001.exr" and found["a.0004.exr"].text == "a.####.exr   1-2,4"


def test_the_dialog_lists_sequences_and_gives_patterns(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    for number in range(1001, 1006):
        (tmp_path / f"plate.{number}.exr").touch()
    (tmp_path / "still.exr").touch()
    window = QWidget()
    qtbot.addWidget(window)
    chooser, chosen = FileChooser(workspace, window), []
    chooser.chosen.connect(chosen.append)
    chooser.open(window, str(tmp_path / "x"), "File", save=False, folder=False)
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    view = dialog.findChild(QTreeView)
    assert view is not None

    def listed() -> list[str]:
        model, root = view.model(), view.rootIndex()
        return sorted(model.index(row, 0, root).data() for row in range(model.rowCount(root)))

    qtbot.waitUntil(lambda: listed() == ["plate.####.exr   1001-1005", "still.exr"], timeout=10_000)
    header = view.header()
    assert all(header.sectionSize(i) >= view.sizeHintForColumn(i) for i in range(1, header.count())), "no text is cut"
    assert dialog.directory().path() == str(tmp_path)
    chooser.choose(str(tmp_path / "plate.1001.exr"))
    qtbot.waitUntil(lambda: bool(chosen), timeout=10_000)
    assert chosen == [str(tmp_path / "plate.####.exr")]
    dialog.close()
