"""What the viewer asks of the engine: drafts first, the newest wish, what is visible, and never twice."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import toy_nodes
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.settings import Background, Compare, Zebra
from rimlight.app.viewing import Views
from rimlight.app.workspace import Workspace
from rimlight.engine import Tier
from viewers import settled

NewViewer = Callable[[], ViewerPanel]


def qualities(viewer: ViewerPanel) -> list[tuple[float, Tier]]:
    """Records what pictures come, in order."""
    seen: list[tuple[float, Tier]] = []

    def note() -> None:
        side = viewer.pictures.a
        now = (side.quality.scale, side.quality.tier)
        if side.fresh and (not seen or seen[-1] != now):
            seen.append(now)

    viewer.pictures.changed.connect(note)
    return seen


def test_a_slow_node_is_seen_as_a_draft_first_and_finally_as_it_is(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("toy.slow", "C", name="S", seconds=0.2)
    seen = qualities(viewer)
    workspace.view("S", 3)
    settled(viewer, qtbot)
    assert seen[0] == (0.25, Tier.DRAFT)
    assert seen[-1] == (1.0, Tier.FINAL)


def test_the_last_picture_stays_and_is_marked_while_the_next_is_computed(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("toy.slow", "C", name="S", seconds=1.0)
    plane = viewer.pictures.a.plane
    workspace.view("S", 3)
    assert viewer.pictures.a.plane is plane and not viewer.pictures.a.fresh
    assert not viewer.settled
    assert not viewer.overlay.stale and "final" in viewer.info_bar.picture.text(), "in playback it would blink"
    qtbot.waitUntil(lambda: viewer.overlay.stale, timeout=5000)
    assert "old picture" in viewer.info_bar.picture.text()
    settled(viewer, qtbot)
    assert not viewer.overlay.stale
    assert viewer.pictures.a.plane is not plane


def test_the_newest_edit_wins(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    token = object()
    for i in range(1, 30):
        workspace.session.set("C", token, gain=i / 100)
        qtbot.wait(3)
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None
    assert plane.image["rgba"][0, 0, 10] == pytest.approx(2.9)


def test_a_drag_shows_drafts_while_it_goes_on(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("toy.slow", "C", name="S", seconds=0.06)
    workspace.view("S", 3)
    settled(viewer, qtbot)
    shown: list[int] = []
    viewer.pictures.changed.connect(lambda: shown.append(id(viewer.pictures.a.plane)))
    token = object()
    for i in range(60):
        workspace.session.set("C", token, gain=1 + i / 100)
        qtbot.wait(15)
    assert len(set(shown)) >= 3, "edits come faster than drafts are made, and yet there are some"
    settled(viewer, qtbot)


def test_moving_a_node_in_the_graph_asks_for_nothing(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    new_viewer()
    toy_nodes.CALLS.clear()
    graph = workspace.graph
    state = graph["C"]
    workspace.put_level(graph.put("C", state.with_(ui={**state.ui, "position": [9, 9]})), "move")
    qtbot.wait(100)
    assert toy_nodes.CALLS == []


def test_magnified_only_what_is_visible_is_computed(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.set_project(format="2048x1024")
    settled(viewer, qtbot)
    viewer.framing.zoom_to(4.0)
    workspace.session.set("C", gain=0.5)
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None
    seen = viewer.view.visible()
    assert plane.box.x0 <= seen.x0 and plane.box.x1 >= seen.x1
    assert plane.box.width < 600 and plane.box.height < 500
    viewer.framing.fit()
    settled(viewer, qtbot)
    whole = viewer.pictures.a.plane
    assert whole is not None and whole.box.width == 2048


def test_zooming_and_looks_compute_nothing_that_is_there(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    toy_nodes.CALLS.clear()
    viewer.zoom_by(2.0)
    viewer.change(exposure=1.0, gamma=1.5, background=Background.CHECKER)
    viewer.framing.fit()
    settled(viewer, qtbot)
    assert toy_nodes.CALLS == []


def test_a_far_picture_is_packed_smaller(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.set_project(format="2048x1024")
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None
    assert plane.level == 2
    assert plane.pixels.shape[1] == 1024
    assert plane.image["rgba"].shape[2] == 2048, "samples still read the true pixels"


def test_only_the_layer_that_is_seen_is_computed(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    plane = viewer.pictures.a.plane
    assert plane is not None and set(plane.image.layers) == {"rgba"}
    viewer.change(layer="depth")
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None and set(plane.image.layers) == {"depth"}
    assert not plane.showing.managed
    assert "depth: white" in viewer.info_bar.note.text()
    viewer.change(layer="", zebra=Zebra.CONFIDENCE)
    settled(viewer, qtbot)


def test_a_region_of_interest_limits_what_an_edit_computes(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    viewer.change(roi_on=True, roi=(0.25, 0.25, 0.75, 0.75))
    workspace.session.set("C", gain=0.2)
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None
    assert (plane.box.x0, plane.box.y0, plane.box.x1, plane.box.y1) == (16, 12, 48, 36)


def test_proxy_and_downrez_ask_for_smaller_pictures(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.desktop.actions.trigger("viewer.proxy")
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None and plane.scale == 0.5
    assert plane.display.box == (0, 0, 64, 48)
    viewer.change(downrez=2)
    settled(viewer, qtbot)
    assert viewer.pictures.a.plane is not None and viewer.pictures.a.plane.scale == 0.25
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert viewer.settings.downrez == 8
    qtbot.keyClick(viewer.stage, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert viewer.settings.downrez == 1


def test_paused_nothing_follows_until_a_refresh(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.desktop.actions.trigger("viewer.pause")
    plane = viewer.pictures.a.plane
    workspace.session.set("C", gain=0.5)
    qtbot.wait(150)
    assert viewer.pictures.a.plane is plane
    assert viewer.settled, "a screenshot does not wait for a viewer that is paused"
    viewer.desktop.actions.trigger("viewer.refresh")
    qtbot.waitUntil(lambda: viewer.pictures.a.plane is not plane and not workspace.evaluations.busy)
    viewer.desktop.actions.trigger("viewer.pause")
    settled(viewer, qtbot)


def test_a_hidden_viewer_asks_for_nothing_and_catches_up(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    viewer.hide()
    toy_nodes.CALLS.clear()
    workspace.session.set("C", gain=0.5)
    qtbot.wait(100)
    assert toy_nodes.CALLS == []
    viewer.show()
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None and plane.image["rgba"][0, 0, 10] == pytest.approx(5)


def test_a_failing_node_is_told_in_the_viewer_with_a_way_to_it(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("toy.broken", "C", name="B")
    workspace.session.add("toy.gain", "B", name="After", gain=2.0)
    workspace.view("After", 3)
    settled(viewer, qtbot)
    assert viewer.notice.isVisible()
    assert "B cannot be shown" in viewer.notice.title.text()
    assert "cannot do" in viewer.notice.text.text().lower()
    assert viewer.pictures.a.plane is not None, "the last picture stays"
    viewer.notice.button.click()
    assert workspace.selection == ("B",)
    toy_nodes.CALLS.clear()
    qtbot.wait(400)
    assert toy_nodes.CALLS == [], "it is not tried over and over"
    workspace.view(None, 1)
    settled(viewer, qtbot)
    assert not viewer.notice.isVisible()


def test_a_missing_layer_is_told(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.change(layer="albedo")
    settled(viewer, qtbot)
    assert "no layer 'albedo'" in viewer.notice.text.text()


def test_side_b_is_asked_for_only_where_it_is_seen(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    toy_nodes.CALLS.clear()
    workspace.set_views(Views({1: "C", 2: "G"}, 1, None))
    qtbot.wait(50)
    assert "gain" not in toy_nodes.CALLS
    viewer.inputs.compare(Compare.DIFFERENCE)
    settled(viewer, qtbot)
    assert viewer.pictures.b.plane is not None
    assert workspace.views().node_b == "G"


def test_a_rig_is_shown_on_balls_and_in_words(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("light.directional", name="Key", azimuth=60.0)
    workspace.view("Key", 3)
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None
    grey = plane.image["rgba"][1]
    middle, off = grey.shape[1] // 2, 120
    assert grey[240, middle + off] > 4 * grey[240, middle - off], "the light is on the right"
    assert any("directional" in line for line in viewer.pictures.a.rig_lines)
    assert set(workspace.graph) == {"C", "G", "Key"}, "the script has no balls"
