"""Frames that come faster than they are made and drawn: what was begun is shown, what came between is left out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from rimlight.app.viewer import cpu_canvas, side
from rimlight.app.viewer.cpu_canvas import CpuCanvas
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve
from viewers import settled

NewViewer = Callable[[], ViewerPanel]


class Slow:
    """A function that waits for a gate before it does its work. begun, done : of what was asked, and not given up."""

    def __init__(self, work: Callable[..., Any], name: Callable[..., object]) -> None:
        self.work, self.name = work, name
        self.begun: list[Any] = []
        self.done: list[Any] = []
        self.gate = threading.Event()

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.begun.append(self.name(*args))
        self.gate.wait(60)
        made = self.work(*args, **named)
        self.done.append(self.name(*args))
        return made


def test_a_picture_is_drawn_before_a_newer_one(
    new_viewer: NewViewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = new_viewer()
    canvas = viewer.stage.canvas
    assert isinstance(canvas, CpuCanvas)
    slow = Slow(cpu_canvas.render, lambda frame, exact, check: (frame.settings.exposure, exact))
    monkeypatch.setattr(cpu_canvas, "render", slow)
    viewer.change(exposure=1.0)
    qtbot.waitUntil(lambda: slow.begun == [(1.0, False)])
    viewer.change(exposure=2.0)
    viewer.change(exposure=3.0)
    drawn: list[float] = []
    canvas.drawn.connect(lambda: drawn.append(canvas._shown.settings.exposure if canvas._shown else 0.0))
    slow.gate.set()
    settled(viewer, qtbot)
    assert slow.done == slow.begun
    assert [exposure for exposure, exact in slow.done if not exact] == [1.0, 3.0]
    assert drawn[:2] == [1.0, 3.0]


def test_a_picture_that_failed_to_be_drawn_leaves_the_newer_one(
    new_viewer: NewViewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = new_viewer()
    canvas, told = viewer.stage.canvas, list[str]()
    assert isinstance(canvas, CpuCanvas)
    render = cpu_canvas.render

    def failing(frame: Any, exact: bool, check: Any) -> Any:
        if frame.settings.exposure == 1.0:
            raise RuntimeError("as asked for")
        return render(frame, exact, check)

    slow = Slow(failing, lambda frame, exact, check: (frame.settings.exposure, exact))
    monkeypatch.setattr(cpu_canvas, "render", slow)
    canvas.failed.connect(told.append)
    viewer.change(exposure=1.0)
    qtbot.waitUntil(lambda: slow.begun == [(1.0, False)])
    viewer.change(exposure=3.0)
    slow.gate.set()
    settled(viewer, qtbot)
    assert slow.done[-1] == (3.0, True) and not told


def test_a_picture_is_packed_before_a_newer_one_is_asked_for(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side, "PATIENCE", 60.0)  # that of a machine that is not busy
    viewer = new_viewer()
    workspace.session.set("C", gain=Curve.of((1, 0.01), (9, 0.09)))
    settled(viewer, qtbot)
    slow = Slow(side.pack, lambda image, *_: float(image["rgba"][0].max()) / (image.region.width - 1))
    monkeypatch.setattr(side, "pack", slow)
    workspace.set_frame(2)
    qtbot.waitUntil(lambda: bool(slow.begun))
    workspace.set_frame(3)
    workspace.set_frame(4)
    slow.gate.set()
    settled(viewer, qtbot)
    gains = [workspace.session.value("C", "gain", frame) for frame in (2, 3, 4)]
    made = [min(range(3), key=lambda i: abs(gains[i] - gain)) for gain in slow.done]  # drafts and what replaces them
    assert set(made) == {0, 2} and made == sorted(made)
    asked = viewer.pictures.a.wish
    assert asked is not None and asked.frame == 4
