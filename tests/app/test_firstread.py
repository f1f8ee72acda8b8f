"""The first picture of a script: the project has its format and frames, as a part of the step that brought it."""

from pathlib import Path

import pytest
import torch
from pytestqt.qtbot import QtBot

from rimlight.app.facts import Facts, NodeFacts
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import RGBA, Image, ImageInfo, Project, Region, Session
from rimlight.engine.io.write import write_image

SIZE = Region(0, 0, 48, 32)


def picture(path: Path, aspect: float = 1.0, size: Region = SIZE) -> str:
    pixels = {"rgba": torch.full((4, size.height, size.width), 0.5)}
    write_image(Image(ImageInfo(size, size, (RGBA,), aspect), size, pixels), path)
    return str(path)


def sequence(folder: Path) -> str:
    for frame in range(1001, 1006):
        picture(folder / f"plate.{frame}.exr")
    return str(folder / "plate.####.exr")


def settle(workspace: Workspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: workspace.facts.settled, timeout=20_000)


def test_a_sequence_gives_its_format_and_frames(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    workspace = window.workspace
    s, file = workspace.session, sequence(tmp_path)
    read = s.add("image.read")
    settle(workspace, qtbot)
    assert s.project == Project(), "a Read without a file has nothing to give"
    s.set(read, file=file)
    qtbot.waitUntil(lambda: s.project.frames == (1001, 1005), timeout=20_000)
    assert s.project.format == "48x32"
    assert workspace.frame == 1001
    assert window.status.text == "The project takes format 48x32 and frames 1001-1005 from Read1"
    assert len(s.history.labels) == 2, "no step of its own"
    workspace.undo()
    assert s.project == Project() and "file" not in s.graph[read].values
    workspace.redo()
    assert s.project.frames == (1001, 1005)


def test_a_still_gives_its_format_only(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    s = window.workspace.session
    s.add("image.read", file=picture(tmp_path / "still.exr", 2.0))
    qtbot.waitUntil(lambda: s.project.format == "48x32@2", timeout=20_000)
    assert s.project.frames == Project.frames
    s.add("image.read", file=sequence(tmp_path))
    settle(window.workspace, qtbot)
    assert (s.project.format, s.project.frames) == ("48x32@2", Project.frames), "a second Read changes nothing"


def test_it_is_taken_though_the_last_look_finds_nothing_new(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evaluation comes to rest while the first look is under way: the look after that finds the same."""
    found = Facts._found
    looks: list[object] = []

    def at_rest_before(facts: Facts, known: dict[str, NodeFacts]) -> None:
        if "Read1" in known and not looks:
            facts._rested()
        looks.append(known)
        found(facts, known)

    monkeypatch.setattr(Facts, "_found", at_rest_before)
    s = window.workspace.session
    s.add("image.read", file=picture(tmp_path / "still.exr"))
    qtbot.waitUntil(lambda: s.project.format == "48x32", timeout=20_000)


def test_formats_have_their_names(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    s = window.workspace.session
    s.add("image.read", file=picture(tmp_path / "still.exr", size=Region(0, 0, 256, 256)))
    qtbot.waitUntil(lambda: s.project.format == "square_256", timeout=20_000)


def test_a_wrong_name_that_is_put_right_counts_as_the_first(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    s = window.workspace.session
    read = s.add("image.read", file=str(tmp_path / "stlil.exr"))
    settle(window.workspace, qtbot)
    s.set(read, file=picture(tmp_path / "still.exr"))
    qtbot.waitUntil(lambda: s.project.format == "48x32", timeout=20_000)


@pytest.mark.parametrize("settings", [{"format": "HD_720"}, {"frames": [1, 50]}])
def test_a_project_that_was_set_stays(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settings: dict[str, object]
) -> None:
    s = window.workspace.session
    s.set_project(**settings)
    project = s.project
    s.add("image.read", file=sequence(tmp_path))
    settle(window.workspace, qtbot)
    assert s.project == project


def test_a_script_that_is_opened_keeps_its_project(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    made = Session()
    made.add("image.read", file=sequence(tmp_path))
    made.save(tmp_path / "shot.rim")
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(tmp_path / "shot.rim")
    settle(window.workspace, qtbot)
    assert window.workspace.session.project.frames == Project.frames and not window.workspace.dirty
