"""What the window does with scripts."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from rimlight.app.scripts import next_version
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace


def test_versions_count_on() -> None:
    assert next_version(Path("a/shot_v009.rim")) == Path("a/shot_v010.rim")
    assert next_version(Path("shot.V2.rim")) == Path("shot.V3.rim")
    assert next_version(Path("shot.rim")) == Path("shot_v001.rim")


def test_a_new_version_takes_no_file_that_is_there(
    window: MainWindow, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    older, taken = tmp_path / "shot_v001.rim", tmp_path / "shot_v002.rim"
    taken.write_text("somebody's work")
    with qtbot.waitSignal(window.files.saved):
        window.files.save(older)
    with qtbot.waitSignal(window.files.saved):
        window.commands.trigger("file.save_version")
    assert taken.read_text() == "somebody's work" and window.files.path == tmp_path / "shot_v003.rim"
