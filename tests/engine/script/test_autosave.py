"""Autosaves: never the script itself, ten at most, found again only where they hold something newer."""

import os
import subprocess
import sys
import time
from pathlib import Path

import platformdirs
import pytest

from rimlight.engine import Document, Graph, NodeState, Project, ScriptError
from rimlight.engine.script.autosave import (
    KEEP,
    Autosave,
    Schedule,
    default_folder,
    find_recoveries,
    find_recovery,
    may_be_autosaved,
)
from rimlight.engine.script.differences import difference
from rimlight.engine.script.script import dumps, load_script, save_script

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def doc(number: float) -> Document:
    return Document(Graph({"S": NodeState("toy.source", values={"level": number})}))


def test_an_autosave_leaves_the_script_alone_and_is_found(tmp_path: Path) -> None:
    path, folder = tmp_path / "shot.rim", tmp_path / "autosave"
    save_script(doc(0), path)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    opened = load_script(path).document
    written = Autosave(path, folder).write(opened.with_(graph=doc(5).graph))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert folder in written.parents and sorted(os.listdir(tmp_path)) == ["autosave", "shot.rim"]
    (found,) = find_recovery(path, folder)
    assert (found.path, found.script) == (written, path.resolve())
    assert abs(found.time - time.time()) < 60
    recovered = found.load().document
    assert recovered == opened.with_(graph=doc(5).graph), "with the folder of the script, without the mark"
    assert difference(opened, recovered) == ["S.level: 0.0 -> 5.0"]


def test_once_the_script_is_saved_there_is_nothing_to_recover(tmp_path: Path) -> None:
    path, folder = tmp_path / "shot.rim", tmp_path / "autosave"
    save_script(doc(0), path)
    Autosave(path, folder).write(doc(1))
    save_script(doc(2), path)
    os.utime(path, (1, 1))  # a file server whose clock is far behind
    assert find_recovery(path, folder) == []
    later = Autosave(path, folder)
    later.write(doc(3))
    later.write(doc(4))
    assert [r.load().document.graph["S"].value("level") for r in find_recovery(path, folder)] == [4, 3]
    path.unlink()
    assert len(find_recovery(path, folder)) == 3, "the script itself is lost, so every copy counts"


def test_ten_rotate_per_session_and_sessions_do_not_push_each_other_out(tmp_path: Path) -> None:
    one, two = Autosave(None, tmp_path), Autosave(None, tmp_path)
    one.write(doc(0.5))
    for number in range(KEEP + 5):
        two.write(doc(number))
    levels = [r.load().document.graph["S"].value("level") for r in find_recovery(None, tmp_path)]
    assert sorted(levels) == [0.5, *range(5, KEEP + 5)]
    two.clear()
    assert [r.load().document for r in find_recovery(None, tmp_path)] == [doc(0.5)]


def test_what_sessions_of_long_ago_left_is_removed(tmp_path: Path) -> None:
    old = Autosave(None, tmp_path).write(doc(1))
    os.utime(old, (0, 0))
    new = Autosave(None, tmp_path).write(doc(2))
    assert [r.path for r in find_recovery(None, tmp_path)] == [new]


def test_scripts_of_the_same_name_have_their_own(tmp_path: Path) -> None:
    for shot in ("a", "b"):
        (tmp_path / shot).mkdir()
        save_script(doc(0), tmp_path / shot / "comp.rim")
    link = tmp_path / "link.rim"
    link.symlink_to(tmp_path / "a" / "comp.rim")
    Autosave(tmp_path / "a" / "comp.rim", tmp_path / "autosave").write(doc(1))
    assert len(find_recovery(link, tmp_path / "autosave")) == 1
    assert find_recovery(tmp_path / "b" / "comp.rim", tmp_path / "autosave") == []
    assert find_recovery(None, tmp_path / "autosave") == []


@pytest.mark.parametrize("name", ["shot.rim", "a[1]-*.rim", f"{'long' * 20}.rim"])
def test_whether_there_may_be_any_is_known_without_the_script(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other, folder = tmp_path / name, tmp_path / "other.rim", tmp_path / "autosave"
    assert not may_be_autosaved(path, folder)
    written = Autosave(path, folder).write(doc(1))
    monkeypatch.setattr(os.path, "realpath", None)  # asks the server
    assert may_be_autosaved(path, folder) and not may_be_autosaved(other, folder)
    written.unlink()
    assert not may_be_autosaved(path, folder)


def test_a_damaged_autosave_is_passed_over(tmp_path: Path) -> None:
    saver = Autosave(None, tmp_path)
    saver.write(doc(1)).write_text("{")
    good = saver.write(doc(2))
    (good.parent / "note.rim").write_text(dumps(doc(3)))
    assert [r.path for r in find_recovery(None, tmp_path)] == [good]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ScriptError, match="cannot be made for autosaves"):
        Autosave(None, tmp_path / "file").write(doc(1))


def test_unknown_fields_and_relative_folders_survive(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    document = doc(1).with_(extra={"studio": {"shot": 10}}, project=Project(folder=str(tmp_path.resolve())))
    Autosave(path, tmp_path / "autosave").write(document)
    assert find_recovery(path, tmp_path / "autosave")[0].load().document == document


def test_what_another_session_works_on_is_not_lost_until_it_dies(tmp_path: Path) -> None:
    code = "from rimlight.engine import Autosave, Document; from pathlib import Path; import sys; "
    code += "print(Autosave(None, Path(sys.argv[1])).write(Document()), flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    written = Path(other.stdout.readline().strip())
    assert written.is_file() and find_recovery(None, tmp_path) == []
    other.kill()
    other.communicate()
    assert [found.path for found in find_recovery(None, tmp_path)] == [written]


def test_discarding_removes_what_the_session_wrote_and_nothing_else(tmp_path: Path) -> None:
    one, two = Autosave(None, tmp_path), Autosave(None, tmp_path)
    kept = two.write(doc(9))
    for number in range(3):
        one.write(doc(number))
    found = next(r for r in find_recovery(None, tmp_path) if r.path != kept)
    found.discard()
    assert [r.path for r in find_recovery(None, tmp_path)] == [kept]


def test_the_default_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / name)
    assert default_folder() == tmp_path / "rimlight" / "autosave"
    assert tmp_path in Autosave(Path("shot.rim")).home.parents


def test_the_schedule_waits_for_a_pause_but_not_for_ever() -> None:
    now = 100.0
    schedule = Schedule(idle=5, forced=30, clock=lambda: now)
    assert schedule.wait() is None and not schedule.due
    schedule.edited()
    assert schedule.wait() == 5
    now += 4
    schedule.edited()
    assert schedule.wait() == 5 and not schedule.due
    now += 5
    assert schedule.due
    schedule.taken()
    assert schedule.wait() is None
    begun = now
    while not schedule.due:
        schedule.edited()
        now += 2
    assert now - begun == 30
    schedule.taken()
    schedule.edited()
    assert schedule.wait() == 5


def test_autosaves_of_all_scripts_are_found_also_where_the_file_is_gone(tmp_path: Path) -> None:
    """Those of a script that was moved, deleted or never saved could not be reached: nothing asked for them."""
    folder = tmp_path / "autosave"
    written = {}
    for number, name in enumerate(("there", "gone", "saved_since")):
        save_script(doc(0), tmp_path / f"{name}.rim")
        session = Autosave(tmp_path / f"{name}.rim", folder)
        for level in range(2):
            written[name] = session.write(doc(10 * number + level))
        os.utime(written[name], (number, number))
    written[""] = Autosave(None, folder).write(doc(9))
    (tmp_path / "gone.rim").unlink()
    os.utime(tmp_path / "saved_since.rim", (1, 1))
    (folder / "untitled" / "untitled.0.000001.rim").write_text("{")
    written[""].with_name(written[""].name.replace("000001", "000002")).write_bytes(bytes(100))  # a machine went down
    found = find_recoveries(folder)
    assert [(r.path, r.script, r.lost) for r in found] == [
        (written[""], None, True),
        (written["gone"], (tmp_path / "gone.rim").resolve(), True),
        (written["there"], (tmp_path / "there.rim").resolve(), False),
    ]
    assert found[1].load().document.graph == doc(11).graph
