"""Tracking from the desktop, by real clicks: added, followed, stopped, cleared, exported; one step of undo each."""

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

import moving_plates
from desktops import Make
from moving_plates import Moving, truth
from rimlight.app.properties.node_properties import NodePanel
from rimlight.app.properties.panel import PANEL as PROPERTIES
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.track_rows import TrackRow, TracksBar
from rimlight.app.tracking.control import Tracking
from rimlight.app.tracking.export import export, unturned
from rimlight.app.viewer.panel import PANEL as VIEWER
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewing import Views
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Message, Workspace
from rimlight.engine import Context, Curve, Expr, Image, Node, Vec2, node, param, port, registry
from viewers import drag, screen, settled

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
AT = (80.0, 60.0)


@pytest.fixture(autouse=True)
def plates() -> Iterator[None]:
    with moving_plates.use():
        yield


@pytest.fixture
def tracker(workspace: Workspace) -> str:
    """A Tracker on a moving plate, viewed, without tracks."""
    s = workspace.session
    s.set_project(format="160x120", frames=[1, 8])
    plate = s.add("toy.moving", name="P", turn=1.0)
    made = s.add("Tracker", plate, name="T")
    workspace.set_views(Views({1: made}))
    workspace.set_frame(1)
    return made


def opened(make_panel: Make, tracker: str) -> NodePanel:
    panel = make_panel(PROPERTIES, PropertiesPanel)
    panel.resize(420, 700)
    node = panel.open(tracker)
    assert node is not None and node.tracks is not None
    QApplication.processEvents()
    return node


def bar(node: NodePanel) -> TracksBar:
    assert node.tracks is not None
    return node.tracks


def click(qtbot: QtBot, button: QToolButton) -> None:
    qtbot.mouseClick(button, LEFT, NONE, button.rect().center())


def keys(workspace: Workspace, name: str = "track1") -> list[float]:
    x, _ = workspace.graph["T"].value(name)
    return [key.frame for key in x.keys] if isinstance(x, Curve) else []


def followed(workspace: Workspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not workspace.the(Tracking).running and not workspace.evaluations.busy, timeout=30_000)


def off(workspace: Workspace, name: str = "track1") -> float:
    """The largest distance from the truth at any key."""
    x, y = workspace.graph["T"].value(name)
    start = (x.at(1), y.at(1))
    plate = Moving(turn=1.0)
    return max(math.dist((x.at(k.frame), y.at(k.frame)), truth(plate, start, k.frame)) for k in x.keys)


def test_a_track_is_added_followed_to_the_end_and_undone(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    node = opened(make_panel, tracker)
    row = node.row("track1")
    assert isinstance(row, TrackRow) and row.idle and not row.isVisible()
    assert not bar(node).buttons["play"].isEnabled(), "there is nothing to track"
    click(qtbot, bar(node).add)
    assert workspace.graph["T"].value("track1") == AT and workspace.graph["T"].value("track1_weight") == 1
    assert row.isVisible() and not node.row("track2").isVisible()
    before, steps = workspace.graph["T"], len(workspace.session.history.labels)
    click(qtbot, bar(node).buttons["play"])
    assert workspace.the(Tracking).running and bar(node).buttons["stop"].isEnabled()
    followed(workspace, qtbot)
    assert keys(workspace) == list(range(1, 9)) and off(workspace) < 0.05
    assert workspace.frame == 8, "the viewer goes along"
    assert len(workspace.session.history.labels) == steps + 1
    workspace.undo()
    assert workspace.graph["T"] == before


def test_one_click_tracks_the_range_in_both_directions(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    node = opened(make_panel, tracker)
    assert bar(node).go.text() == "Track 1–8" and not bar(node).go.isEnabled()
    workspace.set_frame(4)
    click(qtbot, bar(node).add)
    steps = workspace.session.history.position
    qtbot.mouseClick(bar(node).go, LEFT)
    qtbot.waitUntil(lambda: not workspace.the(Tracking).running, timeout=20_000)
    assert workspace.session.history.position == steps + 1
    x, _ = workspace.graph[tracker].values["track1"]
    assert isinstance(x, Curve) and [key.frame for key in x.keys] == [1, 2, 3, 4, 5, 6, 7, 8]
    workspace.session.set_project(frames=[1, 6])
    assert bar(node).go.text() == "Track 1–6"


def test_one_frame_at_a_time_and_back(workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot) -> None:
    node = opened(make_panel, tracker)
    click(qtbot, bar(node).add)
    workspace.set_frame(4)
    for button in ("step-forward", "step-forward", "play-back"):
        click(qtbot, bar(node).buttons[button])
        followed(workspace, qtbot)
    assert keys(workspace) == [1, 2, 3, 4, 5, 6] and workspace.frame == 1
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    click(qtbot, bar(node).buttons["step-back"])
    followed(workspace, qtbot)
    workspace.set_frame(8)
    click(qtbot, bar(node).buttons["play"])
    assert told[-1] == "There is no frame after 8 in the range 1-8 to track"
    workspace.session.set_project(frames=[1001230, 1001234])
    workspace.set_frame(1001234)
    click(qtbot, bar(node).buttons["play"])
    assert told[-1] == "There is no frame after 1001234 in the range 1001230-1001234 to track"


def test_ticks_and_what_is_tracked_go_with_a_node_that_is_renamed(
    workspace: Workspace, tracker: str, qtbot: QtBot
) -> None:
    s, tracking = workspace.session, workspace.the(Tracking)
    s.set_project(frames=[1, 40])
    s.set(tracker, track1=AT, track1_weight=1.0, track2=AT, track2_weight=1.0)
    tracking.choose(tracker, "track2", False)
    tracking.track(tracker, 1, whole=True)
    s.rename(tracker, "Eyes")
    assert tracking.chosen("Eyes") == ("track1",)
    followed(workspace, qtbot)
    x, _ = workspace.graph["Eyes"].value("track1")
    assert isinstance(x, Curve) and [key.frame for key in x.keys] == list(range(1, 41))


def test_the_first_track_makes_its_frame_the_reference_and_keys_follow_it(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    workspace.set_opened((tracker,))
    workspace.set_frame(3)
    viewer = viewer_of(make_panel, workspace, qtbot)
    for x in (50, 100):
        qtbot.mouseClick(viewer.stage.layer, LEFT, CTRL_ALT, screen(viewer, x, 40).toPoint())
    assert workspace.graph["T"].value("reference_frame") == 3
    viewer.stage.setFocus()
    for key, frames in ((Qt.Key.Key_C, [3, 4]), (Qt.Key.Key_X, [3, 4]), (Qt.Key.Key_X, [2, 3, 4])):
        qtbot.keyClick(viewer.stage, key)
        followed(workspace, qtbot)
        assert keys(workspace) == keys(workspace, "track2") == frames
    qtbot.keyClick(viewer.stage, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    followed(workspace, qtbot)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Z)
    followed(workspace, qtbot)
    assert keys(workspace) == list(range(1, 9))


def test_only_ticked_tracks_follow(workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot) -> None:
    node = opened(make_panel, tracker)
    click(qtbot, bar(node).add)
    assert bar(node).add.isEnabled()
    click(qtbot, bar(node).add)
    row = node.row("track1")
    assert isinstance(row, TrackRow)
    qtbot.mouseClick(row.box, LEFT, NONE, QPoint(8, row.box.height() // 2))
    click(qtbot, bar(node).buttons["step-forward"])
    followed(workspace, qtbot)
    assert keys(workspace, "track1") == [] and keys(workspace, "track2") == [1, 2]
    click(qtbot, row.remove)
    assert "track1" not in workspace.graph["T"].values and not row.isVisible()


def test_keys_are_cleared_before_and_after_the_frame(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    node = opened(make_panel, tracker)
    curves = Curve.of((1, 10.0), (4, 40.0), (8, 80.0)), Curve.of((1, 20.0), (4, 30.0), (8, 40.0))
    workspace.session.set("T", track1=curves, track1_weight=1.0)
    workspace.set_frame(4)
    before, after, everything = bar(node).clear.menu().actions()
    before.trigger()
    assert keys(workspace) == [4, 8]
    after.trigger()
    assert keys(workspace) == [4]
    everything.trigger()
    assert workspace.graph["T"].value("track1") == (40.0, 30.0)


def test_escape_stops_and_what_was_found_stays(workspace: Workspace, window: MainWindow, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(format="160x120", frames=[1, 3000])
    s.add("toy.moving", name="P", velocity=(0.01, 0.0))
    s.add("Tracker", "P", name="T", track1=AT, track1_weight=1.0)
    tracking = workspace.the(Tracking)
    steps = len(s.history.labels)
    with qtbot.waitActive(window):
        window.activateWindow()
    window.show_panel("viewer")
    tracking.track("T", 1, whole=True)
    qtbot.waitUntil(lambda: len(keys(workspace)) > 3, timeout=20_000)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not tracking.running
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)
    found = keys(workspace)
    assert found[:4] == [1, 2, 3, 4] and len(found) < 3000
    assert len(s.history.labels) == steps + 1


def test_undo_while_tracking_ends_it_and_leaves_no_hole(workspace: Workspace, window: MainWindow, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(format="160x120", frames=[1, 3000])
    s.add("toy.moving", name="P", velocity=(0.01, 0.0))
    s.add("Tracker", "P", name="T", track1=AT, track1_weight=1.0)
    told: list[Message] = []
    workspace.message.connect(told.append)
    tracking = workspace.the(Tracking)
    tracking.track("T", 1, whole=True)
    qtbot.waitUntil(lambda: len(keys(workspace)) > 3, timeout=20_000)
    s.set("P", velocity=(0.02, 0.0))
    assert tracking.running, "an edit of something else"
    workspace.undo()
    assert tracking.running
    s.rename("T", "Follow")
    s.rename("Follow", "T")
    assert tracking.running
    s.set("T", track1=AT)
    assert not tracking.running and told[-1].text == "Tracking stopped, as what it had found was changed"
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)
    assert keys(workspace) == []
    tracking.track("T", 1, whole=True)
    qtbot.waitUntil(lambda: len(keys(workspace)) > 3, timeout=20_000)
    workspace.undo()
    assert not tracking.running and keys(workspace) == []
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=20_000)
    assert keys(workspace) == []


def test_a_lost_track_is_told_in_the_status_bar(workspace: Workspace, tracker: str, qtbot: QtBot) -> None:
    workspace.session.set("P", velocity=(20.0, 0.0), turn=0.0)
    workspace.session.set("T", track1=(101.0, 60.0), track1_weight=1.0, track1_search=(101.0, 61.0))
    told: list[tuple[str, str]] = []
    workspace.message.connect(lambda message: told.append((message.text, message.kind)))
    workspace.the(Tracking).track("T", 1, whole=True)
    followed(workspace, qtbot)
    assert told[-1] == ("T.track1 was lost at frame 4: it has left the picture", "warning")
    assert keys(workspace) == [1, 2, 3]


def viewer_of(make_panel: Make, workspace: Workspace, qtbot: QtBot) -> ViewerPanel:
    viewer = make_panel(VIEWER, ViewerPanel)
    viewer.resize(900, 700)
    settled(viewer, qtbot)
    return viewer


def test_tracks_are_added_moved_and_sized_on_the_picture(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    workspace.set_opened((tracker,))
    viewer = viewer_of(make_panel, workspace, qtbot)
    layer, steps = viewer.stage.layer, len(workspace.session.history.labels)
    qtbot.mouseClick(layer, LEFT, CTRL_ALT, screen(viewer, 50, 40).toPoint())
    assert workspace.graph["T"].value("track1") == pytest.approx((50, 40), abs=0.2)
    assert len(workspace.session.history.labels) == steps + 1
    qtbot.mousePress(layer, LEFT, NONE, screen(viewer, 50, 40).toPoint())
    qtbot.mouseMove(layer, screen(viewer, 60, 45).toPoint())
    qtbot.waitUntil(lambda: viewer.tools.loupe.shown, timeout=10_000)
    qtbot.mouseRelease(layer, LEFT, NONE, screen(viewer, 60, 45).toPoint())
    assert not viewer.tools.loupe.shown
    assert workspace.graph["T"].value("track1") == pytest.approx((60, 45), abs=0.3)
    assert len(workspace.session.history.labels) == steps + 2
    workspace.session.set("T", track1_pattern=(21.0, 21.0), track1_search=(61.0, 61.0))
    settled(viewer, qtbot)
    x, y = workspace.graph["T"].value("track1")
    drag(viewer, qtbot, screen(viewer, x + 10.5, y + 10.5), screen(viewer, x + 15, y + 12))
    assert workspace.graph["T"].value("track1_pattern") == pytest.approx((30, 24), abs=1)
    drag(viewer, qtbot, screen(viewer, x - 30.5, y - 30.5), screen(viewer, x - 40, y - 20))
    assert workspace.graph["T"].value("track1_search") == pytest.approx((80, 40), abs=1)
    workspace.session.set("T", track1=(Curve.of((1, 60.0), (3, 70.0)), Curve.of((1, 45.0), (3, 45.0))))
    workspace.set_frame(2)
    settled(viewer, qtbot)
    drag(viewer, qtbot, screen(viewer, 65, 45), screen(viewer, 68, 50))
    assert keys(workspace) == [1, 2, 3], "a drag between keys sets one"


def test_a_click_ticks_a_track_alone_and_with_shift_one_more(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    places = {"track1": (40.0, 60.0), "track2": (80.0, 60.0), "track3": (120.0, 60.0)}
    workspace.session.set("T", **places, **{f"{name}_weight": 1.0 for name in places})
    workspace.set_opened((tracker,))
    viewer, tracking = viewer_of(make_panel, workspace, qtbot), workspace.the(Tracking)
    steps = len(workspace.session.history.labels)
    assert tracking.chosen("T") == ("track1", "track2", "track3")
    qtbot.mouseClick(viewer.stage.layer, LEFT, NONE, screen(viewer, 80, 60).toPoint())
    assert tracking.chosen("T") == ("track2",)
    qtbot.mouseClick(viewer.stage.layer, LEFT, Qt.KeyboardModifier.ShiftModifier, screen(viewer, 40, 60).toPoint())
    assert tracking.chosen("T") == ("track1", "track2")
    assert len(workspace.session.history.labels) == steps, "ticking is no edit"


def test_exports_follow_the_tracks(workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot) -> None:
    node = opened(make_panel, tracker)
    plate, places = Moving(turn=1.0), [(60.0, 50.0), (100.0, 50.0), (100.0, 80.0), (60.0, 80.0)]
    for i, place in enumerate(places, 1):
        way = [(f, truth(plate, place, f)) for f in range(1, 9)]
        x, y = (Curve.of(*((f, p[axis]) for f, p in way), interp="linear") for axis in (0, 1))
        workspace.session.set("T", **{f"track{i}": (x, y), f"track{i}_weight": 1.0})
    *actions, line, own = bar(node).export.menu().actions()
    assert line.isSeparator()
    assert [a.text() for a in actions] == [
        "CornerPin, Match-Move", "CornerPin, Stabilize", "Transform, Match-Move", "Transform, Stabilize",
    ]  # fmt: skip
    steps = len(workspace.session.history.labels)
    for action in actions:
        action.trigger()
    assert len(workspace.session.history.labels) == steps + 4
    s = workspace.session
    assert s.value("CornerPin1", "to3", 5) == pytest.approx(truth(plate, places[2], 5))
    assert s.value("CornerPin1", "from3", 5) == places[2]
    assert s.value("CornerPin2", "invert", 1) is True and s.value("Transform2", "invert_matrix", 1) is True
    assert s.value("Transform1", "rotate", 5) == pytest.approx(4.0)
    assert s.value("Transform1", "scale", 5) == pytest.approx((1, 1), abs=1e-4)
    assert s.value("Transform1", "translate", 5) == pytest.approx(
        [a - b for a, b in zip(truth(plate, places[0], 5), places[0], strict=True)], abs=1e-3
    )
    for made in ("CornerPin1", "Transform1"):
        s.connect(made, "image", "P")
    s.set("T", operation="match-move", motion="similarity")
    flat = s.evaluator.survey(s.graph, s.project, ["T", "CornerPin1", "Transform1"], 5, 1.0, "final")  # type: ignore[arg-type]
    moved = flat["T", 5].ctx.chain.matrix  # type: ignore[union-attr]
    for made in ("CornerPin1", "Transform1"):
        matrix = flat[made, 5].ctx.chain.matrix  # type: ignore[union-attr]
        assert (matrix / matrix[2, 2] - moved).abs().max() < 0.02
    own.menu().actions()[2].trigger()
    qtbot.waitUntil(lambda: "Transform3" in workspace.graph, timeout=10_000)
    for name in ("translate", "rotate", "scale"):
        assert s.value("Transform3", name, 5) == pytest.approx(s.value("Transform1", name, 5))
    rotate = workspace.graph["Transform3"].value("rotate")
    assert isinstance(rotate, Curve) and [key.frame for key in rotate.keys] == list(range(1, 9))


def test_angles_go_on_over_the_half_turn() -> None:
    assert unturned([170, 179, -175, -170]) == [170, 179, 185, 190]
    assert unturned([-175, 170]) == [-175, -190] and unturned([]) == []


def test_too_few_tracks_for_a_corner_pin_are_a_sentence(workspace: Workspace, tracker: str) -> None:
    workspace.session.set("T", track1=AT, track1_weight=1.0)
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    before = workspace.graph
    export(workspace, tracker, "corner_pin")
    assert told == ["a CornerPin takes 4 tracks, in order around its corners; 1 are ticked"]
    assert workspace.graph is before


def test_the_note_of_what_is_exported_tells_its_frame_whole(workspace: Workspace, tracker: str) -> None:
    workspace.session.set("T", track1=AT, track1_weight=1.0)
    workspace.set_frame(1001234)
    export(workspace, tracker, "transform")
    assert workspace.graph["Transform1"].value("note") == "match-move from frame 1001234"


@pytest.fixture
def nose() -> Iterator[None]:
    """A node as a plugin declares it, with one track and nothing more."""

    @node("toy.nose", label="Nose")
    class Nose(Node):
        """Passes the picture on."""

        image: Image = port("picture")
        nose: Vec2 = param(default=(80.0, 60.0), unit="px", role="track", doc="the nose")

        def identity(self, ctx: Context) -> str | None:
            return "image"

    yield
    registry.discard(Nose.kind)


@pytest.mark.usefixtures("nose")
def test_any_node_may_have_a_track(workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot) -> None:
    workspace.session.add("Nose", "P", name="N")
    panel = opened(make_panel, "N")
    row = panel.row("nose")
    assert isinstance(row, TrackRow) and row.isVisible() and not row.remove.isVisible()
    assert not bar(panel).add.isEnabled()  # its only track is in use
    click(qtbot, bar(panel).buttons["play"])
    followed(workspace, qtbot)
    x, y = workspace.graph["N"].value("nose")
    assert [key.frame for key in x.keys] == list(range(1, 9))
    assert (x.at(8), y.at(8)) == pytest.approx(truth(Moving(turn=1.0), AT, 8), abs=0.05)


def test_parameters_are_linked_to_a_track_by_dragging_its_name(
    workspace: Workspace, tracker: str, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    s.set("T", track1=(Curve.of((1, 10.0), (5, 50.0)), 20.0), track1_weight=1.0)
    s.add("CornerPin", name="C")
    s.add("PlaceLight", name="L")
    panel = make_panel(PROPERTIES, PropertiesPanel)
    panel.resize(420, 1200)
    nodes = {name: panel.open(name) for name in ("T", "C", "L")}
    QApplication.processEvents()
    track = nodes["T"].row("track1")  # type: ignore[union-attr]
    for name, parameter in (("C", "to1"), ("L", "pixel")):
        row = nodes[name].row(parameter)  # type: ignore[union-attr]
        assert track.shared.edits.link(track.parameter, None, row.parameter, None)
        assert workspace.graph[name].value(parameter) == (Expr("T.track1.x"), Expr("T.track1.y"))
        assert s.value(name, parameter, 5) == (50.0, 20.0)
