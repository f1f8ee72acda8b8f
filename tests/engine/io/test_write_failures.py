"""What stands in a folder where it cannot be written, a disk is full, or a process ends in the middle of a picture."""

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pictures
from disks import on_small_disk
from rimlight.engine import FileError, Image
from rimlight.engine.io import write
from rimlight.engine.io.atomic import replacing, sweep_folder
from rimlight.engine.io.read import read_info, read_pixels
from rimlight.engine.io.write import WriteOptions, check_write, write_image


@pytest.fixture
def layered() -> Image:
    return pictures.layered()


def test_folders_are_made_and_links_kept(tmp_path: Path, layered: Image) -> None:
    target = tmp_path / "new" / "folder" / "a.exr"
    write_image(layered, target)
    link = tmp_path / "link.exr"
    link.symlink_to(target)
    write_image(layered, link, WriteOptions(layers=("rgba",)))
    assert link.is_symlink()
    assert [layer.name for layer in read_info(target).layers] == ["rgba"]


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, layered: Image) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.exr").mkdir()
    locked = tmp_path / "locked.exr"
    locked.write_text("x")
    locked.chmod(0o444)
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for path, match in (
        (tmp_path / "file" / "a.exr", "the folder .* cannot be made"),
        (tmp_path / "folder.exr", "it is a folder"),
        (locked, "it is write-protected"),
        (Path("/dev/null/a.exr"), "cannot be made"),
        (tmp_path / "one" / "a.exr", "the folder .*/one cannot be made"),
        (tmp_path.joinpath(*"a" * 1500, "a.exr"), "cannot be made: it is inside too many others"),
    ):
        with pytest.raises(FileError, match=match):
            write_image(layered, path)
    with pytest.raises(FileError, match=r"a link to nothing: .*/one"):
        check_write(layered.info, tmp_path / "one" / "a.exr")
    assert locked.read_text() == "x"


def test_what_another_user_keeps_in_a_folder_for_all_is_a_sentence(
    tmp_path: Path, layered: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `/tmp`: all may write there, and a file is only its owner's to replace."""
    there = tmp_path / "a.exr"
    there.write_text("x")
    tmp_path.chmod(0o1777)
    write_image(layered, there)
    monkeypatch.setattr(os, "geteuid", lambda: there.stat().st_uid + 1)
    for refused in (lambda: check_write(layered.info, there), lambda: write_image(layered, there)):
        with pytest.raises(FileError, match=rf"it is another user's, and only its owner may replace it in {tmp_path}"):
            refused()
    check_write(layered.info, tmp_path / "b.exr")
    tmp_path.chmod(0o777)
    check_write(layered.info, there)


_FULL_DISK = """
import sys
import torch
from rimlight.engine import FileError, Image, ImageInfo, RGBA, Region
from rimlight.engine.io.write import write_image
region = Region(0, 0, 256, 256)
image = Image(ImageInfo(region, region, (RGBA,)), region, {"rgba": torch.rand(4, 256, 256)})
for name in sys.argv[1:]:
    open(name, "w").write("old")
    try:
        write_image(image, name)
    except FileError as error:
        print(error, "|", open(name).read())
"""


def test_files_are_made_before_a_library_opens_them(tmp_path: Path) -> None:
    """The libraries keep all threads waiting as they make a file, which may be long in a folder of the network."""
    with replacing(str(tmp_path / "a.exr"), lambda path: None) as temporary:
        assert os.path.getsize(temporary) == 0
        assert os.stat(temporary).st_mode & 0o777 == 0o666 & ~umask()
        Path(temporary).write_bytes(b"x")
    with pytest.raises(FileError, match="nothing arrived"), replacing(str(tmp_path / "b.exr"), lambda path: None):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a.exr"]


def umask() -> int:
    """That of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_full_disk_leaves_nothing_but_the_old_file(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    names = [str(disk / f"a.{extension}") for extension in ("exr", "png", "tif", "jpg", "dpx", "hdr", "tga")]
    lines = on_small_disk(disk, "48k", _FULL_DISK, names).splitlines()
    for line, name in zip(lines, names, strict=False):
        assert line.startswith(f"{name} could not be written")
        assert line.endswith("| old")
    assert lines[len(names) :] == sorted(Path(name).name for name in names)


@pytest.mark.parametrize("extension", ["exr", "png"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_quota_is_told_as_a_full_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str, number: int
) -> None:
    """Of a file that stands in the folder, a quota of the network may be told as late as it is flushed."""
    path, sentence = tmp_path / f"a.{extension}", re.escape(os.strerror(number))
    path.write_text("old")

    def refused(*given: object) -> None:
        raise OSError(number, os.strerror(number))

    def cut(*given: object) -> None:
        raise FileError("it is cut off")

    for module, name, function in ((os, "fsync", refused), (write, "read_info", cut)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, function)
            if name == "read_info":  # as it is read back, and a byte more is refused
                patched.setattr(os, "truncate", refused)
            with pytest.raises(FileError, match=rf"a\.{extension} could not be written: {sentence}$"):
                write_image(pictures.tiny(), path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == [path.name]


_LIMITED = """
import resource, sys
import torch
from rimlight.engine import FileError, Image, ImageInfo, RGBA, Region
from rimlight.engine.io.write import write_image
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
region = Region(0, 0, 256, 256)
image = Image(ImageInfo(region, region, (RGBA,)), region, {"rgba": torch.rand(4, 256, 256)})
for name in sys.argv[1:]:
    try:
        write_image(image, name)
    except FileError as error:
        print(error)
"""


def test_a_limit_of_the_size_of_files_ends_no_process(tmp_path: Path) -> None:
    names = [str(tmp_path / f"a.{extension}") for extension in ("exr", "png", "tif", "jpg", "dpx", "hdr", "tga")]
    run = [sys.executable, "-c", _LIMITED, *names]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{names[0]} could not be written: File too large"
    assert [line.split(" could not be written: it may take ")[0] for line in lines[1:]] == names[1:]
    assert all(line.endswith("this process may write 20000 into a file (ulimit -f)") for line in lines[1:])
    assert list(tmp_path.iterdir()) == []


_KILL_WRITERS = """
import os, signal, sys, time
import torch
from rimlight.engine import Image, ImageInfo, RGBA, Region
from rimlight.engine.io.read import read_info
from rimlight.engine.io.write import write_image
torch.set_num_threads(1)  # nothing may run in threads before the processes part
region = Region(0, 0, 192, 192)
image = Image(ImageInfo(region, region, (RGBA,)), region, {"rgba": torch.rand(4, 192, 192)})
path, seen, parent = sys.argv[1], 0, os.getpid()
for attempt in range(25):
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        while os.getppid() == parent:  # else nobody is left to end it
            write_image(image, path)
            os.write(begun, b".")
        os._exit(1)
    os.read(ready, 1)  # on a busy machine the first picture alone may take longer than all that follows here
    time.sleep(0.01 + 0.0037 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(begun)
    if os.path.exists(path):
        read_info(path)  # raises unless every block of pixels is there
        seen += 1
print(seen)
"""


def test_killed_while_writing_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    run = [sys.executable, "-c", _KILL_WRITERS, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
    assert read_pixels(read_info(path), ["rgba"])["rgba"].shape == (4, 192, 192)


def test_leftovers_of_dead_processes_are_removed(tmp_path: Path, layered: Image) -> None:
    path = tmp_path / "a.exr"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".a.rimlight-{_host()}-{dead.pid}-abcdef.tmp.exr"
    mine = tmp_path / f".a.rimlight-{_host()}-{os.getpid()}-abcdef.tmp.exr"
    elsewhere = tmp_path / ".a.rimlight-another-1-abcdef.tmp.exr"
    other = tmp_path / f".b.rimlight-{_host()}-{dead.pid}-abcdef.tmp.exr"
    for file in (left, mine, elsewhere, other):
        file.write_text("half a picture")
    write_image(layered, path)
    assert set(tmp_path.iterdir()) == {path, mine, elsewhere, other}


def test_a_folder_is_swept_of_what_dead_processes_left_of_any_file(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    marks = f"rimlight-{_host()}-{dead.pid}-abcdef.tmp"
    left = [tmp_path / f".{stem}.{marks}.exr" for stem in ("a.0001", "b.0002", "two\nlines")]
    kept = [
        tmp_path / f".a.0001.rimlight-{_host()}-{os.getpid()}-abcdef.tmp.exr",
        tmp_path / ".a.0001.rimlight-another-1-abcdef.tmp.exr",
        tmp_path / f"a.{marks}.exr",
        tmp_path / "a.0001.exr",
    ]
    for file in left + kept:
        file.write_text("half a picture")
    sweep_folder(str(tmp_path))
    assert set(tmp_path.iterdir()) == set(kept)
    sweep_folder(str(tmp_path / "nowhere"))


def test_a_folder_that_is_taken_away_meanwhile_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def write() -> None:
        with replacing(str(folder / "a.exr"), lambda path: None) as temporary:
            Path(temporary).write_text("a picture")
            shutil.rmtree(folder)

    with pytest.raises(FileError) as error:
        write()
    assert str(error.value) == f"{folder}/a.exr could not be written: the folder {folder} was taken away meanwhile"


def test_a_half_written_file_that_is_taken_away_is_a_sentence(tmp_path: Path) -> None:
    def write() -> None:
        with replacing(str(tmp_path / "a.exr"), lambda path: None) as temporary:
            Path(temporary).write_text("a picture")
            Path(temporary).unlink()

    with pytest.raises(FileError, match=r"could not be written: what was written of it was taken away meanwhile"):
        write()


def test_a_container_that_shares_the_name_of_the_host_is_elsewhere(
    tmp_path: Path, layered: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes have numbers of their own, so that a dead one here may be writing there."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = _host()
    monkeypatch.setattr("os.stat", lambda path, *rest, _stat=os.stat, **more: _stat(_moved(path), *rest, **more))
    assert _host() != host
    theirs = tmp_path / f".a.rimlight-{host}-{dead.pid}-abcdef.tmp.exr"
    theirs.write_text("half a picture")
    write_image(layered, tmp_path / "a.exr")
    assert theirs.exists()


def _moved(path: object) -> object:
    """Another inode than that of the process namespace."""
    return "/proc/self/ns/net" if path == "/proc/self/ns/pid" else path


def test_a_name_as_long_as_they_get(tmp_path: Path, layered: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "render-blade-0001.farm.studio.example")
    path = tmp_path / ("ü" * 125 + ".exr")
    write_image(layered, path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def _host() -> str:
    from rimlight.engine.io.atomic import _temporary_name

    return _temporary_name("a.exr").split("-")[1]


def test_a_file_is_flushed_once_and_so_is_one_that_a_library_puts_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    path, other = tmp_path / "a.exr", tmp_path / "other"
    with replacing(str(path), lambda temporary: None) as temporary:
        Path(temporary).write_bytes(b"x")
    assert flushed == [path.stat().st_ino]
    with replacing(str(path), lambda temporary: None) as temporary:
        other.write_bytes(b"x")
        other.replace(temporary)
    assert flushed[2:] == [path.stat().st_ino]
