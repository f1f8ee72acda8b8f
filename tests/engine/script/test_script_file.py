"""Script files: saved at once or not at all, whatever stands in the way; opened without running or waiting."""

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from rimlight.engine import Document, Graph, NodeState, Project, ScriptError
from rimlight.engine.script import script as script_module
from rimlight.engine.script.script import dumps, load_script, save_script

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def document(level: float = 1.0) -> Document:
    return Document(Graph({"Read": NodeState("toy.source", values={"level": level, "file": "plates/a.####.exr"})}))


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_what_is_saved_is_loaded_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    save_script(document(), path)
    loaded = load_script(path)
    assert loaded.document.graph == document().graph
    assert loaded.document.project == Project(folder=str(tmp_path.resolve()))
    assert path.read_text() == dumps(loaded.document)
    assert "plates/a.####.exr" in path.read_text() and str(tmp_path) not in path.read_text()
    assert files(tmp_path) == ["shot.rim"]


def test_an_existing_file_keeps_its_permissions_and_a_new_one_gets_the_usual(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    before = os.umask(0o027)
    try:
        save_script(document(), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o664)
    save_script(document(2), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "shot.rim", tmp_path / "latest.rim"
    link.symlink_to(real)
    save_script(document(), link)
    save_script(document(2), link)
    assert link.is_symlink() and load_script(real).document.graph["Read"].value("level") == 2.0
    assert load_script(link).document.project.folder == str(real.resolve().parent)
    assert files(tmp_path) == ["latest.rim", "real"] and files(tmp_path / "real") == ["shot.rim"]


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_failure_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "shot.rim"
    save_script(document(), path)
    old = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        with pytest.raises(ScriptError, match=rf"shot\.rim: cannot be written: {os.strerror(number)}"):
            save_script(document(2), path)
    assert path.read_bytes() == old
    assert files(tmp_path) == ["shot.rim"]


def test_a_disk_that_takes_only_half_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    save_script(document(), path)
    old = path.read_bytes()
    big = Document(Graph({"A": NodeState("gone.node", 1, {"text": "x" * 100_000})}))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(ScriptError, match="cannot be written: File too large"):
            save_script(big, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == old
    assert files(tmp_path) == ["shot.rim"]


def test_what_reads_back_other_than_written_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shot.rim"
    save_script(document(), path)
    old = path.read_bytes()
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"\0" * 100)
    with pytest.raises(ScriptError, match="reads back other than it was written"):
        save_script(document(2), path)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert files(tmp_path) == ["shot.rim"]


def test_a_script_that_could_not_be_opened_again_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    save_script(document(), path)
    for state in (
        NodeState("toy.source", ui={"position": [float("nan"), 0]}),
        NodeState("", 1),
        NodeState("toy.blur", 0),
    ):
        with pytest.raises(ScriptError):
            save_script(Document(Graph({"A": state})), path)
    with pytest.raises(ScriptError, match="no node name"):
        save_script(Document(Graph({"no name": NodeState("toy.source")})), path)
    assert load_script(path).document.graph == document().graph


@pytest.mark.parametrize(
    "where", ["missing/shot.rim", "folder", "nul\0byte.rim", "x" * 300 + ".rim", "locked.rim", "loop.rim"]
)
def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path: Path, where: str) -> None:
    (tmp_path / "folder").mkdir()
    save_script(document(), tmp_path / "locked.rim")
    (tmp_path / "locked.rim").chmod(0o444)
    (tmp_path / "loop.rim").symlink_to("loop.rim")
    before = files(tmp_path)
    with pytest.raises(ScriptError, match="cannot be written: "):
        save_script(document(2), tmp_path / where)
    assert files(tmp_path) == before


def test_what_killed_saves_left_is_swept_once_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    old, fresh, foreign = (
        tmp_path / name for name in (".shot.rim.0123abcd.tmp", ".shot.rim.ffffffff.tmp", ".other.rim.0123abcd.tmp")
    )
    for left in (old, fresh, foreign):
        left.write_text("half")
    for left in (old, foreign):
        os.utime(left, (0, 0))
    save_script(document(), path)
    assert files(tmp_path) == [foreign.name, fresh.name, "shot.rim"]


def test_what_is_no_script_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "binary.rim").write_bytes(b"\x93NUMPY\xff\xfe")
    (tmp_path / "empty.rim").touch()
    os.mkfifo(tmp_path / "pipe.rim")
    expected = {
        "missing.rim": "cannot be read: No such file or directory",
        "binary.rim": "byte 0 is not UTF-8 text",
        "empty.rim": "line 1, column 1: expecting value",
        "pipe.rim": "cannot be read: it is no regular file",
        ".": "cannot be read: it is a folder",
        "nul\0byte": "cannot be read: ",
    }
    for name, sentence in expected.items():
        with pytest.raises(ScriptError, match=sentence):
            load_script(tmp_path / name)
    save_script(document(), tmp_path / "big.rim")
    monkeypatch.setattr(script_module, "MAX_BYTES", 10)
    with pytest.raises(ScriptError, match="more than the 0 MiB"):
        load_script(tmp_path / "big.rim")


def test_other_editors_spellings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    path.write_bytes(b"\xef\xbb\xbf" + dumps(document()).replace("\n", "\r\n").encode())
    assert load_script(path).document.graph == document().graph
