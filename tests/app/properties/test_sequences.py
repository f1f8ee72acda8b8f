"""Sequences of files in the dialog: one line each, chosen as a whole."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.files import FileChooser
from rimlight.app.properties.sequences import SequenceModel, sequences
from rimlight.app.workspace import Workspace


def test_files_of_one_name_and_width_are_a_sequence() -> None:
    names = ["a.0001.exr", "a.0002.exr", "a.0004.exr", "a.1.exr", "b.0001.exr", "a.0001.png", "notes.txt", "v2.exr"]
    found = sequences(names)
    assert set(found) == {"a.0001.exr", "a.0002.exr", "a.0004.exr"}
    assert found["a.0004.exr"].first == "a.0001.exr" and found["a.0004.exr"].text == "a.####.exr   1-2,4"


def test_numbers_without_a_dot_are_frames_from_three_digits_on() -> None:
    found = sequences(["DSC0012.jpg", "DSC0013.jpg", "0001.exr", "0002.exr", "v2.exr", "v3.exr", "x12.png", "x13.png"])
    assert found["DSC0013.jpg"].text == "DSC####.jpg   12-13" and found["0002.exr"].text == "####.exr   1-2"
    assert set(found) == {"DSC0012.jpg", "DSC0013.jpg", "0001.exr", "0002.exr"}


def test_the_dialog_lists_sequences_and_gives_patterns(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    for number in range(1001, 1006):
        (tmp_path / f"plate.{number}.exr").touch()
    (tmp_path / "still.exr").touch()
    (tmp_path / "xfolder").mkdir()
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
        return [model.index(row, 0, root).data() for row in range(model.rowCount(root))]

    folded = ["xfolder", "plate.####.exr   1001-1005", "still.exr"]
    qtbot.waitUntil(lambda: listed() == folded, timeout=10_000)
    header = view.header()
    assert all(header.sectionSize(i) >= view.sizeHintForColumn(i) for i in range(1, header.count())), "no text is cut"
    assert dialog.directory().path() == str(tmp_path)

    def choose(frame: int) -> str:
        chosen.clear()
        dialog.fileSelected.emit(str(tmp_path / f"plate.{frame}.exr"))
        qtbot.waitUntil(lambda: bool(chosen), timeout=10_000)
        return Path(chosen[0]).name

    assert choose(1001) == "plate.####.exr", "the line of the sequence"
    assert choose(1003) == "plate.1003.exr", "the name of a frame was typed"
    model = view.model()
    assert isinstance(model, SequenceModel)
    model.box.click()
    qtbot.waitUntil(lambda: listed() == ["xfolder", *(f"plate.{n}.exr" for n in range(1001, 1006)), "still.exr"])
    assert choose(1001) == "plate.1001.exr", "frames are listed one by one"
    dialog.close()
