"""A range of frames is measured in one click: progress, keys in one step, stopped by its button or Esc."""

import threading

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rimlight.app.properties import measure_bar
from rimlight.app.properties.frame_run import FrameRun
from rimlight.app.properties.measure_bar import MeasureBar
from rimlight.app.properties.node_properties import NodePanel
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.timeline.ranges import IN_OUT
from rimlight.app.workspace import Workspace
from rimlight.engine import CancelToken, Curve, Expr, Graph, Key, Session, measured_at

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tool(workspace: Workspace) -> str:
    """A CurveTool on a grey that doubles with every frame, over frames 1001 to 1004."""
    s = workspace.session
    s.set_project(format="16x8", frames=[1001, 1004])
    s.add("image.constant", name="Grey", color=(0.25, 0.25, 0.25, 1.0))
    s.add("color.exposure", "Grey", name="Up", stops=Curve((Key(1001, 0.0, "linear"), Key(1004, 3.0, "linear"))))
    return s.add("CurveTool", "Up", name="Tool")


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Frames after 1002 are measured once it is set."""
    event = threading.Event()

    def slow(session: Session, graph: Graph, node: str, frame: float, token: CancelToken) -> object:
        while frame > 1002 and not event.wait(0.01):
            token.check()
        return measured_at(session, graph, node, frame, token)

    monkeypatch.setattr(measure_bar, "measured_at", slow)
    return event


def bar(node: NodePanel | None) -> MeasureBar:
    assert node is not None and node.measure is not None
    return node.measure


def keys(workspace: Workspace, name: str) -> dict[float, float]:
    value = workspace.graph["Tool"].values.get(name)
    return {key.frame: key.value for key in value.keys} if isinstance(value, Curve) else {}


def test_one_click_keys_the_range_in_one_step(
    panel: PropertiesPanel, workspace: Workspace, tool: str, qtbot: QtBot
) -> None:
    node = panel.open(tool)
    made = bar(node)
    assert made.go.text() == "Measure 1001–1004" and not made.clear.isEnabled()
    luma = node.row("luma").number  # type: ignore[union-attr,attr-defined]
    assert luma.resting_text(lambda _: True) == "–", "no result before it is measured"
    steps = workspace.session.history.position
    qtbot.mouseClick(made.go, LEFT)
    run = workspace.the(FrameRun)
    qtbot.waitUntil(lambda: not run.running, timeout=20_000)
    assert workspace.session.history.position == steps + 1
    assert keys(workspace, "red") == pytest.approx({1001: 0.25, 1002: 0.5, 1003: 1.0, 1004: 2.0})
    assert made.clear.isEnabled() and made.go.isVisible()
    qtbot.mouseClick(made.clear, LEFT)
    assert not workspace.graph["Tool"].values
    workspace.undo()
    workspace.undo()
    assert not workspace.graph["Tool"].values


def test_in_and_out_limit_it(panel: PropertiesPanel, workspace: Workspace, tool: str, qtbot: QtBot) -> None:
    made = bar(panel.open(tool))
    session = workspace.session
    session.history.amend(lambda d: d.with_(ui={**d.ui, IN_OUT: [1002, 1003]}))
    assert made.go.text() == "Measure 1002–1003"
    qtbot.mouseClick(made.go, LEFT)
    qtbot.waitUntil(lambda: bool(keys(workspace, "luma")), timeout=20_000)
    assert list(keys(workspace, "luma")) == [1002, 1003]


@pytest.mark.parametrize("by", ["button", "escape"])
def test_stopping_keeps_what_was_found(
    by: str, panel: PropertiesPanel, workspace: Workspace, tool: str, qtbot: QtBot, go_on: threading.Event
) -> None:
    made, run = bar(panel.open(tool)), workspace.the(FrameRun)
    qtbot.mouseClick(made.go, LEFT)
    qtbot.waitUntil(lambda: len(run.rows) == 2, timeout=20_000)
    assert made.progress.isVisible() and made.progress.words.text() == "2 of 4" and made.progress.bar.value() == 2
    assert not made.go.isVisible() and not keys(workspace, "luma")
    if by == "button":
        qtbot.mouseClick(made.progress.stop, LEFT)
    else:
        workspace.evaluations.cancel_all()
    assert not run.running and list(keys(workspace, "luma")) == [1001, 1002]
    assert made.go.isVisible() and not made.progress.isVisible()
    go_on.set()


def test_a_node_that_is_renamed_meanwhile_gets_what_was_measured(
    panel: PropertiesPanel, workspace: Workspace, tool: str, qtbot: QtBot, go_on: threading.Event
) -> None:
    run = workspace.the(FrameRun)
    qtbot.mouseClick(bar(panel.open(tool)).go, LEFT)
    qtbot.waitUntil(lambda: len(run.rows) == 2, timeout=20_000)
    workspace.session.rename(tool, "Meter")
    qtbot.waitUntil(bar(panel.nodes[0]).progress.isVisible, timeout=20_000)
    assert run.running
    go_on.set()
    qtbot.waitUntil(lambda: not run.running, timeout=20_000)
    assert [key.frame for key in workspace.graph["Meter"].values["luma"].keys] == [1001, 1002, 1003, 1004]


def test_a_number_that_follows_something_is_told(
    panel: PropertiesPanel, workspace: Workspace, tool: str, qtbot: QtBot
) -> None:
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    workspace.session.set(tool, luma=Expr("frame"))
    made = bar(panel.open(tool))
    qtbot.mouseClick(made.go, LEFT)
    qtbot.waitUntil(lambda: any("luma follows an expression" in text for text in told), timeout=20_000)
    assert keys(workspace, "red") == {}


def test_nodes_that_measure_nothing_have_no_button(panel: PropertiesPanel, workspace: Workspace) -> None:
    node = panel.open(workspace.session.add("color.grade"))
    assert node is not None and node.measure is None
