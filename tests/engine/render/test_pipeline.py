"""Frames in a row: reading ahead, writing behind, what is kept between them, and errors that belong to their frame."""

import gc
import threading
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

import shots
from rimlight.engine import Cancelled, CancelToken, FileError, NodeError, Region, Session, Settings, registry
from rimlight.engine.evaluate.events import NodeEvent
from rimlight.engine.render.report import FrameResult, Report

PATIENCE = 60.0


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session.open(shots.shot(tmp_path, range(1, 5)))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Writing:
    """Stands before `Write.write`: waits at a frame until it is let go, and may fail there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, frame: int, error: Exception | None = None) -> None:
        self.begun, self.go, self.frame, self.error = threading.Event(), threading.Event(), frame, error
        self.threads: list[str] = []
        write = registry.find("Write").write

        def waits(node: Any, image: Any, path: str, *rest: Any) -> Any:
            self.threads.append(threading.current_thread().name)
            if path.endswith(f"{self.frame:04d}.exr"):
                self.begun.set()
                assert self.go.wait(PATIENCE)
                if self.error is not None:
                    raise self.error
            return write(node, image, path, *rest)

        monkeypatch.setattr(registry.find("Write"), "write", waits)


def test_the_next_frame_is_computed_while_one_is_written(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = Writing(monkeypatch, 1)

    def watch(event: NodeEvent) -> None:
        if (event.path, event.frame, event.state) == ("Soft", 2.0, "done"):
            assert writing.begun.wait(PATIENCE)
            writing.go.set()  # only the computing of the second frame lets the first be written

    report = session.render("Out", watch=watch)
    assert [r.frame for r in report.results] == [1.0, 2.0, 3.0, 4.0] and not report.failed


def test_frames_are_the_same_however_they_are_made(session: Session, tmp_path: Path) -> None:
    session.render()
    together = files(tmp_path / "out")
    narrow = Session.open(tmp_path / "shot.rim", Settings(host_bytes=0))  # no room for anything that waits
    narrow.render()
    assert files(tmp_path / "out") == together and len(together) == 8
    for frame in (4, 2, 1, 3):
        narrow.render(frames=str(frame))
    assert files(tmp_path / "out") == together


def test_without_room_in_memory_nothing_waits(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = Writing(monkeypatch, 0)
    Session.open(tmp_path / "shot.rim", Settings(host_bytes=0)).render("Out")
    assert set(writing.threads) == {threading.current_thread().name}
    session.render("Out")
    assert writing.threads[4].startswith("rimlight-write")


def test_every_file_is_read_once(session: Session) -> None:
    work: Counter[tuple[str, float]] = Counter()
    session.render(watch=lambda e: work.update({(e.path, e.frame): e.state == "done"}))
    assert {work["Plate", float(frame)] for frame in range(1, 5)} == {1}


@pytest.mark.parametrize("go_on", [False, True])
def test_an_error_of_writing_belongs_to_its_frame(
    go_on: bool, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = Writing(monkeypatch, 2, FileError("no room on the disk"))
    report, seen = Report(), list[FrameResult]()

    def watch(event: NodeEvent) -> None:
        if (event.path, event.frame, event.state) == ("Soft", 3.0, "done"):
            writing.go.set()

    def render() -> None:
        session.render("Out", continue_on_error=go_on, report=report, watch=watch, done=seen.append)

    if go_on:
        render()
        assert [r.frame for r in report.results] == [1.0, 2.0, 3.0, 4.0]
    else:
        with pytest.raises(NodeError, match="Out at frame 2: no room on the disk"):
            render()
        assert [r.frame for r in report.results] == [1.0, 2.0]
    assert [r.frame for r in report.failed] == [2.0] and seen == report.results
    assert "soft.0003.exr" not in files(tmp_path / "out") or go_on


def test_a_failure_to_write_stops_the_frame_at_work(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = Writing(monkeypatch, 1, FileError("no room on the disk"))
    ended = threading.Event()
    reached: list[NodeEvent] = []

    def watch(event: NodeEvent) -> None:
        if (event.path, event.frame, event.state) == ("Warm", 2.0, "done"):
            writing.go.set()
            assert ended.wait(PATIENCE)
        reached.append(event)

    cancel = CancelToken.cancel

    def cancelled(token: CancelToken) -> None:
        cancel(token)
        ended.set()

    monkeypatch.setattr(CancelToken, "cancel", cancelled)
    with pytest.raises(NodeError, match="Out at frame 1"):
        session.render("Out", watch=watch)
    assert not [e for e in reached if (e.path, e.frame) == ("Soft", 2.0)]


def test_a_frame_that_is_being_written_is_finished_when_the_render_is_cancelled(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, token, report = Writing(monkeypatch, 1), CancelToken(), Report()

    def watch(event: NodeEvent) -> None:
        if event.frame == 2.0 and event.path == "Warm":
            assert writing.begun.wait(PATIENCE)
            token.cancel()
            writing.go.set()

    with pytest.raises(Cancelled):
        session.render("Out", token=token, watch=watch, report=report)
    assert [(r.frame, r.ok) for r in report.results] == [(1.0, True)]
    assert list(files(tmp_path / "out")) == ["soft.0001.exr"]


def test_a_damaged_file_that_was_read_ahead_fails_its_own_frame(session: Session, tmp_path: Path) -> None:
    shots.broken(tmp_path / "shot.rim", 3)
    report = session.render("Out", continue_on_error=True)
    assert [(r.frame, r.ok) for r in report.results] == [(1.0, True), (2.0, True), (3.0, False), (4.0, True)]
    assert report.failed[0].culprit == "Plate" and "plate.0003.exr" in report.failed[0].error


@pytest.mark.parametrize("missing", ["error", "nearest"])
def test_frames_made_of_the_one_before_wait_for_it(missing: str, tmp_path: Path) -> None:
    """Each frame is the one before, as it was written, a stop brighter."""
    session = Session()
    session.set_project(format="32x18", working="Linear Rec.709 (sRGB)")
    trail = str(tmp_path / "trail.####.exr")
    session.add("Constant", name="First", color=(0.5, 0.5, 0.5, 1.0))
    session.add("Write", "First", name="Begin", file=trail, depth="float")
    session.render("Begin", "0")
    session.add("Read", name="Before", file=trail, offset=1, missing=missing)
    session.add("Exposure", "Before", name="Brighter", stops=1.0)
    session.add("Write", "Brighter", name="Out", file=trail, depth="float")
    session.render("Out", "1-4")
    for frame in range(1, 5):
        brightest = float(shots.pixels(tmp_path / f"trail.{frame:04d}.exr")[0].max())
        assert brightest == pytest.approx(0.5 * 2**frame)


def test_a_render_keeps_what_is_asked_for_again_and_nothing_else(session: Session) -> None:
    session.add("Read", name="Still", file="plate.0002.exr")
    session.add("Merge", name="Both", inputs={"B": "Soft", "A": "Still"})
    session.connect("Out", "image", "Both")
    work: Counter[str] = Counter()
    held: list[int] = []

    def watch(event: NodeEvent) -> None:
        work[event.path] += event.state == "done"
        held.append(session.evaluator.cache.stats()["host"].bytes)

    session.render("Out", watch=watch)
    assert work["Still"] == 1 and work["Plate"] == 4
    frame = 4 * 4 * shots.FRAME.area
    assert max(held) <= 2 * frame  # the still, and one picture of the others at most
    assert session.evaluator.cache.stats()["host"].bytes == 0
    session.render("Out", keep=True)
    assert session.evaluator.cache.stats()["host"].bytes >= 8 * frame


def test_a_render_leaves_what_others_put_into_the_cache(session: Session) -> None:
    session.evaluate("Soft", 2)
    before = session.evaluator.cache.stats()["host"].bytes
    session.render("Out")
    assert before > 0 and session.evaluator.cache.stats()["host"].bytes == before


def test_memory_does_not_grow_with_the_frames(tmp_path: Path) -> None:
    """Pictures that are alive while frame 3 and frame 12 are made are as many."""
    script = shots.shot(tmp_path, range(1, 13), Region(0, 0, 64, 36))
    session = Session.open(script)
    alive: dict[float, int] = {}

    def watch(event: NodeEvent) -> None:
        if event.path == "Soft" and event.state == "done":
            found = [o for o in gc.get_objects() if type(o) is torch.Tensor]  # others may have no memory of their own
            alive[event.frame] = len({x.untyped_storage().data_ptr() for x in found if x.numel() >= 64 * 36})

    session.render("Out", watch=watch)
    assert alive[11.0] <= alive[3.0] + 1


def test_a_frame_that_runs_out_of_memory_is_tried_again_without_what_waits(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, failures = Writing(monkeypatch, 1), [2.0, 3.0, 3.0]
    blur = registry.find("Blur")
    compute = blur.compute

    def scarce(node: Any, ctx: Any) -> Any:
        frame = ctx._frame
        if frame in failures:
            failures.remove(frame)
            writing.go.set()  # the first frame is written before the second is tried again
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")
        return compute(node, ctx)

    monkeypatch.setattr(blur, "compute", scarce)
    report = session.render("Out", continue_on_error=True)
    assert [(r.frame, r.ok) for r in report.results] == [(1.0, True), (2.0, True), (3.0, False), (4.0, True)]
    assert "ran out of memory" in report.failed[0].error


def test_errors_hold_no_pictures(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def fails(node: Any, ctx: Any) -> Any:
        held.append(weakref.ref(ctx.image("image")["rgba"]))
        raise ValueError("no")

    monkeypatch.setattr(registry.find("Blur"), "compute", fails)
    report = session.render("Out", continue_on_error=True)
    gc.collect()
    assert len(report.failed) == len(held) == 4 and not [x for x in held if x() is not None]
