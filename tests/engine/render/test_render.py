"""Headless renders: idempotent, stamped, sharing work, whole frames or none whatever happens."""

import collections
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import shots
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Expr,
    NodeError,
    Reader,
    Region,
    RimlightError,
    Session,
    Settings,
    registry,
)
from rimlight.engine.evaluate.events import NodeEvent
from rimlight.engine.io import exr_write
from rimlight.engine.render.render import render
from rimlight.engine.render.report import FrameResult, Report


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session.open(shots.shot(tmp_path))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_rendering_again_gives_the_same_bytes(session: Session, tmp_path: Path) -> None:
    session.render()
    first = contents(tmp_path / "out")
    session.render(frames="2")
    assert contents(tmp_path / "out") == first
    other = Session.open(tmp_path / "shot.rim")
    other.render()
    assert contents(tmp_path / "out") == first
    assert len(first) == 6


def test_frames_say_where_they_come_from(session: Session, tmp_path: Path) -> None:
    import importlib.metadata

    session.render("Out", "2", scale=0.5, tier="student")
    said = Reader().info(tmp_path / "out" / "soft.0002.exr").image.metadata
    assert said["rimlight:version"] == importlib.metadata.version("rimlight")
    assert said["rimlight:script"] == "shot.rim"
    assert said["rimlight:script_sha256"] == hashlib.sha256((tmp_path / "shot.rim").read_bytes()).hexdigest()
    assert (said["rimlight:node"], str(said["rimlight:frame"])) == ("Out", "2")
    assert (said["rimlight:tier"], str(said["rimlight:scale"])) == ("student", "0.5")
    assert said["rimlight:colors"] == session.services["colors"].key(session.project)


def test_the_stamped_key_follows_the_picture(session: Session, tmp_path: Path) -> None:
    def key() -> object:
        session.render("Out", "1")
        return Reader().info(tmp_path / "out" / "soft.0001.exr").image.metadata["rimlight:key"]

    first = key()
    session.set("Soft", size=3)
    assert key() != first
    session.undo()
    assert key() == first


@pytest.mark.parametrize("order", [["Out", "Look"], ["Look", "Out"]])
def test_write_nodes_share_what_is_above_them(order: list[str], session: Session) -> None:
    session.add("AdjustBBox", "Soft", name="Wide", pixels=(6.0, 6.0))  # the EXR wants more pixels than the PNG
    session.add("Blur", "Wide", name="Last", size=1)
    for sink in order:
        session.connect(sink, "image", "Last")
    work: collections.Counter[tuple[str, float]] = collections.Counter()

    def watch(event: NodeEvent) -> None:
        work[event.path, event.frame] += event.state == "done"

    report = render(session, order, "1-2", watch=watch)
    assert not report.failed and len(report.results) == 4
    expensive = {(node, frame): work[node, frame] for node in ("Plate", "Soft", "Last") for frame in (1.0, 2.0)}
    assert set(expensive.values()) == {1}, expensive
    assert report.node_seconds.keys() >= {"Plate", "Soft", "Last", "Out", "Look"}


def test_a_failed_frame_in_the_middle(session: Session, tmp_path: Path) -> None:
    (tmp_path / "plate.0002.exr").write_bytes(b"no picture")
    seen: list[FrameResult] = []
    report = session.render("Out", continue_on_error=True, done=seen.append)
    assert [r.frame for r in report.failed] == [2.0]
    assert [r.ok for r in seen] == [True, False, True] and seen == report.results
    assert "plate.0002.exr" in report.failed[0].error
    half = Report()
    with pytest.raises(NodeError, match="Plate at frame 2") as caught:
        session.render("Out", report=half)
    assert (caught.value.path, caught.value.frame) == ("Plate", 2.0)
    assert [r.ok for r in half.results] == [True, False]
    shots.plates(tmp_path)
    assert not session.render("Out").failed


@contextlib.contextmanager
def small_files() -> Iterator[None]:
    """No file grows beyond a thousand bytes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What makes the disk full: the limit holds where pictures go to the disk, and not for files in memory."""

    def fill() -> None:
        monkeypatch.setattr(exr_write, "write", small_files()(exr_write.write))
        monkeypatch.setattr("rimlight.engine.io.raster_write.shutil.copyfile", small_files()(shutil.copyfile))

    return fill


@pytest.mark.parametrize("sink", ["Out", "Look"])
def test_a_full_disk_keeps_the_old_frame_and_is_a_sentence(
    sink: str, tmp_path: Path, full_disk: Callable[[], None]
) -> None:
    session = Session.open(shots.shot(tmp_path, range(1, 2), Region(0, 0, 128, 128)))
    session.render(sink)
    (name,) = old = contents(tmp_path / "out")
    session.set("Soft", size=1)
    full_disk()
    with pytest.raises(NodeError, match=rf"{sink} at frame 1: .*{name} could not be written"):
        session.render(sink)
    assert contents(tmp_path / "out") == old
    (tmp_path / "out" / name).unlink()
    report = session.render(sink, continue_on_error=True)
    assert len(report.failed) == 1 and "\n" not in report.failed[0].error
    assert list((tmp_path / "out").iterdir()) == []


def test_a_write_that_raises_anything_fails_its_frame(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*args: object) -> None:
        raise KeyError("studio database")

    monkeypatch.setattr(registry.find("Write"), "write", wrong)
    report = session.render("Out", continue_on_error=True)
    assert len(report.failed) == 3
    assert report.failed[0].error == "Out at frame 1: writing failed with KeyError: 'studio database'"


def test_cancelling_stops_between_frames(session: Session, tmp_path: Path) -> None:
    token, report = CancelToken(), Report()

    def done(result: FrameResult) -> None:
        token.cancel()

    with pytest.raises(Cancelled):
        session.render("Out", token=token, done=done, report=report)
    assert len(report.results) == 1 and sorted(contents(tmp_path / "out")) == ["soft.0001.exr"]


@pytest.mark.parametrize(
    ("node", "frames", "words"),
    [("Soft", "", "Soft .Blur. writes no files"), ("Nope", "", "Nope"), (None, "1-", "no frame range")],
)
def test_what_cannot_be_rendered_is_said(
    node: str | None, frames: str, words: str, session: Session, tmp_path: Path
) -> None:
    with pytest.raises(RimlightError, match=words):
        session.render(node, frames)
    assert not (tmp_path / "out").exists()


def test_a_script_with_nothing_to_render_is_said(session: Session) -> None:
    session.remove("Out", "Look")
    with pytest.raises(RimlightError, match="nothing to render"):
        session.render()


def test_an_empty_frame_range_is_said(session: Session) -> None:
    session.set_project(frames=[9, 1])
    with pytest.raises(RimlightError, match="frame range 9-1 is empty"):
        session.render()


def test_a_write_node_disabled_at_some_frames_skips_them(session: Session, tmp_path: Path) -> None:
    session.express("Out", disable="frame == 2")
    report = session.render("Out")
    assert [r.frame for r in report.results] == [1.0, 3.0]
    assert sorted(contents(tmp_path / "out")) == ["soft.0001.exr", "soft.0003.exr"]


def test_sixty_frames_stay_within_the_cache_budget(tmp_path: Path) -> None:
    frame, budget = Region(0, 0, 640, 360), 50 << 20
    script = shots.shot(tmp_path, range(1, 2), frame)
    session = Session.open(script, Settings(host_bytes=budget))
    session.set("Warm", multiply=Expr("frame"))
    session.set("Out", depth="half", compression="none")
    process = psutil.Process()
    session.render("Out", "1-5")
    before = process.memory_info().rss
    report = session.render("Out", "6-65")
    grown = process.memory_info().rss - before
    assert len(report.results) == 60
    assert session.evaluator.cache.stats()["host"].bytes <= budget
    made = 60 * 2 * 4 * 4 * frame.area  # the results of Warm and Soft
    bound = budget + (50 << 20)
    assert grown < bound < made, f"grew by {grown >> 20} MiB"


# One warm process forks the renderers, since importing the engine a hundred times would take minutes. It plans, which
# imports the rest, but computes nothing itself, so no thread is lost in a fork. Renders are idempotent: a whole file
# has one of two known hashes.
PROGRAM = """
import hashlib, os, random, signal, sys, threading, time
from pathlib import Path
import torch
from rimlight.engine import Session
from rimlight.engine.render import render

torch.set_num_threads(1)
script, kills = Path(sys.argv[1]), int(sys.argv[2])
out = script.parent / "out"
session = Session.open(script)

def both(tell=lambda: None):
    for size in (1.0, 2.0):
        session.set("Soft", size=size)
        session.render("Out")
        tell()

def files():
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir()}

def forked(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            import traceback; traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child

def record():
    both(lambda: print(*(f"{k}:{v}" for k, v in files().items()), flush=True))

if sys.argv[3:] == ["record"]:
    record()
    sys.exit(0)
session.info("Out")
assert threading.active_count() == 1
good = set(sys.argv[3].split(","))
random.seed(1)
damaged = left = 0
parent = os.getpid()
out.mkdir(exist_ok=True)
for kill in range(kills):
    hears, tells = os.pipe()
    def work():
        session.render("Out", "1")  # what is loaded on first use is there
        os.write(tells, b".")
        while os.getppid() == parent:  # else nobody is left to end it
            both()
    child = forked(work)
    os.close(tells)
    os.read(hears, 1)
    os.close(hears)
    time.sleep(random.uniform(0.002, 0.12))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "a render failed"
    there = files()
    damaged += any(f"{n}:{h}" not in good for n, h in there.items() if not n.startswith("."))
    left += any(n.startswith(".") for n in there)
assert os.waitpid(forked(both), 0)[1] == 0, "the last render failed"
print(damaged, left, *sorted(files()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_no_kill_damages_a_frame(tmp_path: Path) -> None:
    script = shots.shot(tmp_path, range(1, 3), Region(0, 0, 96, 96))

    def run(*arguments: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(script), *arguments],
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.split()

    good = set(run("0", "record"))
    assert len(good) == 4
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    damaged, left, *names = run("100", ",".join(good))
    assert int(damaged) == 0
    assert int(left) > 0, "no kill came in the middle of a frame, so nothing was tested"
    assert names == ["soft.0001.exr", "soft.0002.exr"]
