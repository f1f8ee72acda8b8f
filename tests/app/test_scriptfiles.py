"""Open, save, autosave and recovery: in the background, and nothing is lost."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from desktops import hold_files
from rimlight.app.scriptfiles import Offer, ScriptFiles
from rimlight.app.workspace import Workspace
from rimlight.engine import Schedule, Session, load_script


def test_save_and_open_again(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    workspace.session.add("Constant", name="A")
    workspace.view("A", 2)
    workspace.set_frame(7)
    assert workspace.dirty
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "shot")
    path = tmp_path / "shot.rim"
    assert path.exists() and not workspace.dirty and files.path == path
    files.new()
    assert len(workspace.graph) == 0 and files.path is None
    with qtbot.waitSignal(files.opened, timeout=10_000):
        files.open(path)
    assert list(workspace.graph) == ["A"] and workspace.views().inputs == {2: "A"} and workspace.frame == 7
    assert workspace.session.project.folder == str(tmp_path)


def test_a_script_that_is_saved_in_another_folder_keeps_its_files(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    (tmp_path / "deep").mkdir()
    workspace.session.add("image.read", name="R", file="a.exr")
    for target in (tmp_path / "shot.rim", tmp_path / "deep" / "shot.rim"):
        with qtbot.waitSignal(files.saved, timeout=10_000):
            files.save(target)
    assert not workspace.dirty and workspace.graph["R"].values["file"] == "../a.exr"
    assert load_script(tmp_path / "deep" / "shot.rim").document.graph["R"].values["file"] == "../a.exr"


def test_edits_during_a_save_stay_unsaved(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    workspace.session.add("Constant", name="A")
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "shot.rim")
        workspace.session.add("Constant", name="B")
    assert workspace.dirty
    assert list(load_script(tmp_path / "shot.rim").document.graph) == ["A"]
    workspace.undo()
    assert not workspace.dirty


def test_an_edit_while_another_script_is_read_is_not_lost(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    path = Session().save(tmp_path / "other.rim")
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    with qtbot.waitSignal(files.failed, timeout=10_000) as heard:
        files.open(path)
        workspace.session.add("Constant", name="A")
    assert "other.rim was not opened" in heard.args[0] and list(workspace.graph) == ["A"]


def test_a_damaged_script_is_a_sentence(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "bad.rim").write_text("{")
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    workspace.session.add("Constant", name="A")
    with qtbot.waitSignal(files.failed, timeout=10_000) as heard:
        files.open(tmp_path / "bad.rim")
    assert "bad.rim" in heard.args[0] and list(workspace.graph) == ["A"]


def test_autosave_and_recovery(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "autosaves"
    files = ScriptFiles(workspace, folder, Schedule(idle=0.05, forced=0.2))
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "shot.rim")
    assert not list(folder.rglob("*.rim"))
    workspace.session.add("Constant", name="A")
    qtbot.waitUntil(lambda: len(list(folder.rglob("*.rim"))) == 1, timeout=10_000)
    assert workspace.dirty and not load_script(tmp_path / "shot.rim").document.graph

    later = Workspace(Session())  # the program died; another one opens the script
    others = ScriptFiles(later, folder)
    offers: list[Offer] = []
    others.recovery_found.connect(offers.append)
    others.open(tmp_path / "shot.rim")
    qtbot.waitUntil(lambda: bool(offers), timeout=10_000)
    assert any("A" in sentence for sentence in offers[0].differences)
    others.recover(offers[0])
    assert list(later.graph) == ["A"] and later.dirty
    later.undo()
    assert not later.graph and not later.dirty
    later.close()


def test_reverting_is_a_step_that_can_be_undone(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    with qtbot.waitSignal(files.failed) as heard:
        files.revert()
    assert "never saved" in heard.args[0]
    workspace.session.add("Constant", name="A")
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "shot.rim")
    workspace.session.add("Constant", name="B")
    files.revert()
    qtbot.waitUntil(lambda: list(workspace.graph) == ["A"], timeout=10_000)
    assert not workspace.dirty
    workspace.undo()
    assert list(workspace.graph) == ["A", "B"] and workspace.dirty
    files.revert()
    workspace.session.add("Constant", name="C")
    with qtbot.waitSignal(files.failed, timeout=10_000) as heard:
        pass
    assert "edited while it was being read" in heard.args[0] and list(workspace.graph) == ["A", "B", "C"]


def test_saving_removes_the_autosave(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "autosaves"
    files = ScriptFiles(workspace, folder, Schedule(idle=0.02, forced=0.2))
    workspace.session.add("Constant", name="A")
    qtbot.waitUntil(lambda: len(list(folder.rglob("*.rim"))) == 1, timeout=10_000)
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "shot.rim")
    qtbot.waitUntil(lambda: not list(folder.rglob("*.rim")), timeout=5000)


def test_a_script_that_is_still_written_gives_its_name_to_no_other(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    workspace.session.add("Constant", name="A")
    gate = hold_files(workspace)
    files.save(tmp_path / "shot.rim")
    files.new()
    workspace.session.add("Constant", name="B")
    with qtbot.waitSignal(files.saved, timeout=10_000):
        gate.set()
    assert files.path is None and workspace.dirty, "the new script would be saved over the old one"
    assert list(load_script(tmp_path / "shot.rim").document.graph) == ["A"]


def test_of_scripts_that_are_read_the_last_one_asked_for_is_opened(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    paths = []
    for name in ("a", "b"):
        other = Session()
        other.add("Constant", name=name.upper())
        paths.append(other.save(tmp_path / f"{name}.rim"))
    opened: list[Path] = []
    files.opened.connect(opened.append)
    gate = hold_files(workspace)
    files.open(paths[0])
    files.open(paths[1])
    gate.set()
    qtbot.waitUntil(lambda: not files.busy, timeout=10_000)
    assert opened == [paths[1]] and list(workspace.graph) == ["B"]
    gate = hold_files(workspace)
    files.open(paths[0])
    files.new()
    gate.set()
    qtbot.waitUntil(lambda: not files.busy, timeout=10_000)
    assert opened == [paths[1]] and not list(workspace.graph) and files.path is None


def test_an_autosave_during_a_save_is_not_left_behind(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "autosaves"
    files = ScriptFiles(workspace, folder, Schedule(idle=0.02, forced=0.2))
    workspace.session.add("Constant", name="A")
    gate = hold_files(workspace)
    files.save(tmp_path / "shot.rim")
    workspace.session.add("Constant", name="B")
    qtbot.waitUntil(lambda: not files._timer.isActive(), timeout=10_000)  # an autosave waits behind the save
    gate.set()
    qtbot.waitUntil(lambda: not files.busy, timeout=10_000)
    (only,) = folder.rglob("*.rim")
    assert only.name.startswith("shot.") and list(load_script(only).document.graph) == ["A", "B"]
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save()
    qtbot.waitUntil(lambda: not files.busy and not list(folder.rglob("*.rim")), timeout=10_000)


def test_a_save_right_after_save_as_goes_to_the_new_file(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    workspace.session.add("image.read", name="A", file="a.exr")
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "old.rim")
    new = tmp_path / "deep" / "new.rim"
    new.parent.mkdir()
    gate = hold_files(workspace)
    files.save(new)
    workspace.session.add("Constant", name="B")
    files.save()
    gate.set()
    qtbot.waitUntil(lambda: not files.busy, timeout=10_000)
    assert files.path == new and not workspace.dirty
    assert list(load_script(tmp_path / "old.rim").document.graph) == ["A"]
    graph = load_script(new).document.graph
    assert list(graph) == ["A", "B"] and graph["A"].values["file"] == "../a.exr"


def test_after_a_save_as_that_failed_the_script_keeps_its_file(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    files = ScriptFiles(workspace, tmp_path / "autosaves")
    workspace.session.add("Constant", name="A")
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save(tmp_path / "shot.rim")
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(files.failed, timeout=10_000):
        files.save(tmp_path / "file" / "shot.rim")
    workspace.session.add("Constant", name="B")
    with qtbot.waitSignal(files.saved, timeout=10_000):
        files.save()
    assert list(load_script(tmp_path / "shot.rim").document.graph) == ["A", "B"]
