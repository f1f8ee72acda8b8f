"""A script of Nuke is opened: the graph is there, the file is left alone, and what is not the same can be read."""

from pathlib import Path

from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from rimlight.app.importreport import ImportDialog
from rimlight.app.window import MainWindow

SCRIPT = """Root {
 inputs 0
 format "320 200 0 0 320 200 1 small"
}
Constant {
 inputs 0
 name C
}
Blur {
 size 4
 strange 3
 name B
}
Wonder {
 power 2
 name W
}
"""


def test_opening_a_script_of_nuke_shows_what_became_of_it(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "shot.nk"
    file.write_text(SCRIPT)
    with qtbot.waitSignal(window.workspace.imported, timeout=10_000):
        window.open(file)
    assert list(window.workspace.graph) == ["C", "B", "W"] and window.files.path is None
    dialog = next(child for child in window.children() if isinstance(child, ImportDialog))
    shown = dialog.findChild(QListWidget)
    assert [shown.item(i).text() for i in range(shown.count())] == [
        "W: Wonder, no counterpart. The picture passes through; knobs kept to read: 1.",
        "B: Blur, as Blur. Not kept: strange 3.",
    ]
    shown.itemClicked.emit(shown.item(1))
    assert window.workspace.selection == ("B",)
    dialog.close()
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    assert file.read_text() == SCRIPT
