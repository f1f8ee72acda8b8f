"""Renders from the desktop: what is queued, written, cancelled, and where errors lead."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.properties.render_bar import RenderBar
from rimlight.app.render.failures import failures
from rimlight.app.render.panel import PANEL, RenderPanel
from rimlight.app.render.queue import State, snapshot
from rimlight.app.render.still import stands_still
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, FrameResult, Project

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def written(workspace: Workspace, tmp_path: Path) -> str:
    """A Write node over frames 1 to 3, and its folder is `tmp_path`."""
    s = workspace.session
    s.set_project(format="16x12", frames=[1, 3])
    source = s.add("image.constant", color=(0.2, 0.3, 0.4, 1.0))
    return s.add("image.write", source, name="Out", file=str(tmp_path / "a.####.exr"))


def opened(make_panel: Make) -> RenderPanel:
    return make_panel(PANEL, RenderPanel)


def finish(panel: RenderPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel.settled, timeout=30_000)


def test_the_button_renders_the_frames_of_the_project(
    written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = opened(make_panel)
    assert panel.frames_field.placeholderText() == "1-3"
    with qtbot.waitSignal(panel.workspace.files_written, timeout=30_000):
        qtbot.mouseClick(panel.render_button, LEFT)
    finish(panel, qtbot)
    assert sorted(p.name for p in tmp_path.glob("*.exr")) == ["a.0001.exr", "a.0002.exr", "a.0003.exr"]
    (job,) = panel.queue.jobs
    assert job.state is State.DONE
    assert job.folder == str(tmp_path)
    item = panel.tree.topLevelItem(0)
    assert item.text(0) == "Out   1-3"
    assert panel._progress[job.number].bar.value() == 3
    qtbot.mouseClick(panel.clear_button, LEFT)
    assert panel.tree.topLevelItemCount() == 0


def test_a_still_in_a_project_without_frames_is_one_frame(
    workspace: Workspace, written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    s = workspace.session
    s.set_project(frames=list(Project.frames))
    panel = opened(make_panel)
    workspace.select((written,))
    assert panel.desktop.actions.trigger("render.selected")
    finish(panel, qtbot)
    (job,) = panel.queue.jobs
    assert [p.name for p in tmp_path.glob("*.exr")] == ["a.0001.exr"]
    assert (job.state, job.total, panel._progress[job.number].bar.maximum()) == (State.DONE, 1, 1)
    assert panel.tree.topLevelItem(0).text(0) == "Out   1, a still"


def test_what_moves_or_has_frames_is_no_still(workspace: Workspace, written: str, tmp_path: Path) -> None:
    s = workspace.session
    source = s.graph[written].inputs["image"]
    assert stands_still(s, [written])
    s.set(source, color=(Curve.of((1, 0), (50, 1), (100, 0)), 0.0, 0.0, 1.0))
    assert not stands_still(s, [written]), "the first frame is what the last is, but not those between"
    s.undo()
    s.connect(written, "image", s.add("toy.clock", source))
    assert not stands_still(s, [written])
    s.connect(written, "image", s.add("time.frame_range", source, first=1, last=10))
    assert not stands_still(s, [written])
    s.connect(written, "image", None)
    assert not stands_still(s, [written])


def test_a_narrow_panel_shows_the_frames_and_the_time(written: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel)
    panel.resize(320, 400)
    QTest.qWait(20)
    assert panel.width() == 320, "the panel forces no column to be wide"
    letters = panel.frames_field.fontMetrics()
    assert panel.frames_field.width() > letters.horizontalAdvance("1001-1240x10")
    names = panel.tree.fontMetrics()
    assert panel.tree.columnWidth(1) > names.horizontalAdvance("100/100, 49.3 s left"), "words and bar share a column"
    panel.start(())
    finish(panel, qtbot)
    (progress,) = panel._progress.values()
    assert progress.bar.width() > 120 and progress.words.height() + progress.bar.height() <= progress.height()
    mark = names.horizontalAdvance("Out   1-3") + 40
    assert panel.tree.columnWidth(0) > mark, "what is rendered can be read"


def test_frames_are_typed_and_wrong_ones_told(written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path) -> None:
    panel = opened(make_panel)
    panel.frames_field.setFocus()
    QTest.keyClicks(panel.frames_field, "2-x")
    QTest.keyClick(panel.frames_field, Qt.Key.Key_Return)
    assert panel.problem.isVisibleTo(panel)
    assert not panel.queue.jobs
    panel.frames_field.setText("2,7")
    QTest.keyClick(panel.frames_field, Qt.Key.Key_Return)
    finish(panel, qtbot)
    assert sorted(p.name for p in tmp_path.glob("*.exr")) == ["a.0002.exr", "a.0007.exr"]
    assert not panel.problem.isVisibleTo(panel)


def test_commands_render_all_or_the_selection(
    workspace: Workspace, written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    s = workspace.session
    other = s.add("image.write", s.graph[written].inputs["image"], name="Other", file=str(tmp_path / "b.####.exr"))
    third = s.add("image.write", s.graph[written].inputs["image"], name="Third", file=str(tmp_path / "c.####.exr"))
    panel = opened(make_panel)
    panel.frames_field.setText("1")
    actions = panel.desktop.actions
    assert not actions.enabled("render.selected")
    workspace.select((other, third))
    assert actions.trigger("render.selected")
    finish(panel, qtbot)
    assert sorted(p.name for p in tmp_path.glob("*.exr")) == ["b.0001.exr", "c.0001.exr"]
    assert actions.trigger("render.all")
    finish(panel, qtbot)
    assert sorted(p.name for p in tmp_path.glob("*.exr")) == ["a.0001.exr", "b.0001.exr", "c.0001.exr"]


def test_an_edit_does_not_reach_a_queued_render(workspace: Workspace, written: str) -> None:
    queued = snapshot(workspace.session)
    workspace.session.remove(written)
    assert written in queued.graph
    assert queued.evaluator is workspace.session.evaluator
    queued.rename(written, "Elsewhere")
    assert "Elsewhere" not in workspace.graph


def test_failed_frames_lead_to_their_node(
    workspace: Workspace, written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    s = workspace.session
    reader = s.add("image.read", file=str(tmp_path / "missing.####.exr"), name="Gone")
    s.connect(written, "image", reader)
    panel = opened(make_panel)
    told: list[State] = []
    panel.queue.changed.connect(lambda job: told.append(job.state))
    panel.render_chosen()
    finish(panel, qtbot)
    (job,) = panel.queue.jobs
    assert told == [State.RENDERING, State.FAILED], "not with each frame: a thousand fail in a second"
    assert [result.frame for result in job.failed] == [1, 2, 3]
    item = panel.tree.topLevelItem(0)
    assert item.childCount() == 3
    assert item.isExpanded()
    workspace.select(())
    panel.tree.itemClicked.emit(item.child(0), 0)
    assert workspace.selection == (reader,)


def test_a_reason_is_told_once_with_the_frames_that_are_missing_and_they_can_be_rendered_again(
    workspace: Workspace, written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    """One damaged frame that several others look at was told eight times in the same words, without those frames."""
    s = workspace.session
    (tmp_path / "in").mkdir()
    s.render(written, "1-3")
    for number in (1, 2, 3):
        (tmp_path / f"a.{number:04d}.exr").rename(tmp_path / "in" / f"a.{number:04d}.exr")
    damaged = tmp_path / "in" / "a.0002.exr"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:100])
    reader = s.add("image.read", file=str(tmp_path / "in" / "a.####.exr"), name="Tea")
    held = s.add("time.frame_hold", reader, first=2)
    s.connect(written, "image", held)
    second = s.add("image.write", reader, name="Late", file=str(tmp_path / "b.####.exr"))
    panel = opened(make_panel)
    panel.render_chosen()
    finish(panel, qtbot)
    item = panel.tree.topLevelItem(0)
    texts = [item.child(row).text(0) for row in range(item.childCount())]
    assert len(texts) == 1 and texts[0].startswith("Out 1-3, Late 2: Tea at frame 2: ")
    damaged.write_bytes(whole)
    again = next(
        b for b in panel.tree.findChildren(QToolButton) if b.toolTip().startswith("Render what is missing, 1-3, of the")
    )
    again.click()
    finish(panel, qtbot)
    assert [(job.nodes, job.frames, job.state) for job in panel.queue.jobs[1:]] == [
        ((written, second), "1-3", State.DONE)
    ]
    assert len(list(tmp_path.glob("*.exr"))) == 6
    wide = panel.tree.columnWidth(2)
    panel.clear_button.click()
    assert panel.tree.columnWidth(2) == wide / 2, "room for one button again"


def test_write_nodes_are_named_where_they_lack_other_frames() -> None:
    def told(*missing: tuple[str, float], nodes: int) -> list[str]:
        results = [FrameResult(node, frame, error="Tea at frame 4: gone", culprit="Tea") for node, frame in missing]
        return [failure.text(nodes) for failure in failures([FrameResult("Out", 1.0), *results])]

    assert told(("Out", 4.0), nodes=1) == ["Tea at frame 4: gone"]
    assert told(("Out", 4.0), ("Late", 4.0), nodes=2) == ["Tea at frame 4: gone"]
    assert told(("Out", 3.0), ("Late", 3.0), ("Out", 4.0), ("Late", 4.0), nodes=2) == ["3-4: Tea at frame 4: gone"]
    assert told(("Out", 4.0), nodes=2) == ["Out 4: Tea at frame 4: gone"]
    assert told(nodes=1) == []


def test_without_going_on_the_first_error_ends_it(
    workspace: Workspace, written: str, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    s.connect(written, "image", s.add("image.read", file="/nowhere/x.exr"))
    panel = opened(make_panel)
    panel.go_on_box.setChecked(False)
    panel.frames_field.setText("1-3")
    panel.render_chosen()
    finish(panel, qtbot)
    (job,) = panel.queue.jobs
    assert job.state is State.FAILED
    assert len(job.results) == 1
    assert "/nowhere/x.exr" in job.error
    tips = [button.toolTip() for button in panel.tree.findChildren(QToolButton)]
    assert "Render what is missing, 1-3, of the script as it is now" in tips, "not the one frame alone that failed"


def test_renders_wait_for_each_other_and_are_cancelled(
    workspace: Workspace, written: str, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    s = workspace.session
    slow = s.add("toy.slow", s.graph[written].inputs["image"], seconds=0.2)
    s.connect(written, "image", slow)
    panel = opened(make_panel)
    panel.frames_field.setText("1-500")
    first = panel.render_chosen()
    second = panel.render_chosen()
    assert first is not None
    assert second is not None
    qtbot.waitUntil(lambda: first.state is State.RENDERING, timeout=10_000)
    assert second.state is State.WAITING
    panel.cancel_all()
    finish(panel, qtbot)
    assert first.state is second.state is State.CANCELLED
    assert not second.results
    assert len(list(tmp_path.glob("*.exr"))) < 500


def test_a_window_asks_before_it_ends_a_render(
    workspace: Workspace, written: str, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    s = workspace.session
    slow = s.add("toy.slow", s.graph[written].inputs["image"], seconds=0.2)
    s.connect(written, "image", slow)
    s.history.mark_saved()
    panel = window.panels["render"]
    assert isinstance(panel, RenderPanel)
    job = panel.queue.add((), "1-500", True)
    window.close()
    assert window.isVisible()
    (sentence,) = window.bars.texts()
    assert sentence.startswith("A render is under way: ") and sentence.endswith("will not be written.")
    assert window.bars.escape() and window.isVisible() and not job.token.cancelled
    s.set(slow, seconds=0.1)
    window.close()
    window._end_and_close()
    assert job.token.cancelled and window.isVisible()
    assert window.bars.texts() == ["“untitled” has edits that are not saved."]
    finish(panel, qtbot)
    assert job.state is State.CANCELLED
    assert len(list(tmp_path.glob("*.exr"))) < 500


def test_without_a_write_node_there_is_nothing_to_render(
    workspace: Workspace, make_panel: Make, tmp_path: Path
) -> None:
    panel = opened(make_panel)
    assert not panel.render_button.isEnabled()
    assert panel.start(()) is None
    assert "no Write node" in panel.problem.text()
    s = workspace.session
    s.add("image.write", s.add("image.constant"), name="Out", file=str(tmp_path / "a.exr"))
    assert panel.render_button.isEnabled()
    assert panel.node_box.findText("Out") == 1


def test_another_script_has_frames_of_its_own(written: str, make_panel: Make, tmp_path: Path) -> None:
    panel = opened(make_panel)
    panel.frames_field.setText("1-3x2")
    panel.workspace.session.set(written, compression="zip")
    assert panel.frames_field.text() == "1-3x2"
    panel.desktop.files.new()
    assert panel.frames_field.text() == ""


def test_the_properties_of_a_write_have_a_button_that_renders_it(
    window: MainWindow, written: str, qtbot: QtBot, tmp_path: Path
) -> None:
    window.workspace.session.add("image.write", "Constant1", name="Other", file=str(tmp_path / "b.####.exr"))
    window.workspace.properties_requested.emit(written)
    qtbot.waitUntil(lambda: window.panels["properties"].findChild(RenderBar) is not None)
    with qtbot.waitSignal(window.workspace.files_written, timeout=30_000):
        qtbot.mouseClick(window.panels["properties"].findChild(RenderBar).button, LEFT)
    finish(window.panels["render"], qtbot)  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.glob("*.exr")) == ["a.0001.exr", "a.0002.exr", "a.0003.exr"]


def test_a_script_without_a_write_says_what_is_wanted(make_panel: Make, workspace: Workspace) -> None:
    panel = opened(make_panel)
    assert "Write" in panel.hint.text() and panel.hint.isVisible() and not panel.render_button.isEnabled()
    workspace.session.add("image.write", workspace.session.add("image.constant"))
    assert not panel.hint.isVisible() and panel.render_button.isEnabled()
