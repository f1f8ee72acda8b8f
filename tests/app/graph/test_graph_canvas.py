"""The canvas of the node graph: looking around, selecting, areas, names, states, places, thumbnails."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

import toy_nodes
from graph_hand import Hand, move_mouse
from rimlight.app.facts import NodeFacts
from rimlight.app.graph.camera import LARGEST, SMALLEST
from rimlight.app.graph.status import brief
from rimlight.app.graph.tile import NodeTile
from rimlight.engine import LEDGER_ERROR, RGBA, ImageInfo, Loaded, Region, Tier

SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)

NONE = Qt.KeyboardModifier.NoModifier
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def wheel(hand: Hand, at: QPoint, turns: int) -> None:
    port = hand.panel.view.viewport()
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(at), QPointF(port.mapToGlobal(at)), QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def test_the_wheel_zooms_about_the_mouse_within_limits(hand: Hand) -> None:
    view, at = hand.panel.view, QPoint(200, 150)
    fixed = view.mapToScene(at)
    wheel(hand, at, 3)
    assert view.zoom_level > 1
    assert (view.mapToScene(at) - fixed).manhattanLength() < 3
    wheel(hand, at, 200)
    assert view.zoom_level == LARGEST
    wheel(hand, at, -500)
    assert view.zoom_level == SMALLEST


@pytest.mark.parametrize(
    ("button", "keys"),
    [(Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier), (Qt.MouseButton.LeftButton, ALT)],
)
def test_the_canvas_is_panned(hand: Hand, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    before = hand.panel.view.center
    hand.drag("A", (60, -40), keys, button)
    moved = hand.panel.view.center - before
    assert (round(moved.x()), round(moved.y())) == (-60, 40)
    assert hand.graph["A"].ui["position"] == [0, 0]


def test_a_rectangle_selects_and_shift_adds(hand: Hand) -> None:
    for i, name in enumerate("ABC"):
        hand.add("Constant", name=name, at=(-200 + 200 * i, 0))
    hand.drag((-290, -60), (-150, 60))
    assert hand.workspace.selection == ("A",)
    hand.drag((120, -60), (290, 60), SHIFT)
    assert hand.workspace.selection == ("A", "C")
    hand.click((0, 200))
    assert hand.workspace.selection == ()


def test_escape_takes_a_drag_back(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    port = hand.panel.view.viewport()
    hand.qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=hand.point("A"))
    move_mouse(port, hand.point((150, 80)), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    assert hand.panel.scene.items_by_name["A"].pos() == QPointF(150, 80)
    hand.key(Qt.Key.Key_Escape)
    assert hand.panel.scene.items_by_name["A"].pos() == QPointF(0, 0)
    hand.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=hand.point((150, 80)))
    assert hand.graph["A"].ui["position"] == [0, 0]


def test_a_backdrop_takes_what_stands_on_it_along(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    hand.add("Blur", "A", name="B", at=(0, 80))
    hand.add("Constant", name="Far", at=(300, 0))
    hand.click("A")
    hand.click("B", SHIFT)
    hand.key(Qt.Key.Key_N, SHIFT)
    hand.type("Key light")
    hand.press(Qt.Key.Key_Return)
    assert hand.graph["Backdrop1"].value("title") == "Key light"
    header = (
        hand.panel.scene.items_by_name["Backdrop1"].rect.center().x(),
        hand.panel.scene.items_by_name["Backdrop1"].rect.top() + 8,
    )
    hand.drag(header, (header[0] + 50, header[1] + 30))
    places = {name: hand.graph[name].ui["position"] for name in ("A", "B", "Far")}
    assert places == {"A": [50, 30], "B": [50, 110], "Far": [300, 0]}
    corner = hand.panel.scene.items_by_name["Backdrop1"].rect.bottomRight()
    size = hand.graph["Backdrop1"].ui["size"]
    hand.drag((corner.x() - 4, corner.y() - 4), (corner.x() + 36, corner.y() + 16))
    assert hand.graph["Backdrop1"].ui["size"] == [size[0] + 36, size[1] + 16]
    assert hand.panel.scene.items_by_name["Backdrop1"].rect.topLeft() == corner - QPointF(*size)


def test_names_and_notes_are_typed_on_the_canvas(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -100))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.click("A")
    hand.key(Qt.Key.Key_N)
    hand.type("Plate")
    hand.press(Qt.Key.Key_Return)
    assert hand.inputs("B") == {"image": "Plate"} and hand.workspace.selection == ("Plate",)
    assert set(hand.panel.scene.items_by_name) == {"Plate", "B"}
    hand.key(Qt.Key.Key_N)
    hand.type("Nothing")
    hand.press(Qt.Key.Key_Escape)
    assert "Plate" in hand.graph
    hand.key(Qt.Key.Key_N, ALT)
    hand.type("d is for disable")
    hand.press(Qt.Key.Key_Return, SHIFT)
    hand.type("not here")
    hand.press(Qt.Key.Key_Return)
    assert hand.graph["StickyNote1"].value("text") == "d is for disable\nnot here"
    assert hand.graph["Plate"].value("disable") is False


def test_arrows_walk_along_the_wires(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -200))
    hand.add("Constant", name="E", at=(160, -200))
    hand.add("Merge", "A", "E", name="M", at=(0, 0))
    hand.add("Blur", "M", name="Out", at=(0, 120))
    hand.click("Out")
    walked = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        hand.key(key)
        walked.append(hand.workspace.current)
    assert walked == ["M", "A", "E", "M", "Out"]
    hand.key(Qt.Key.Key_Up, SHIFT)
    assert set(hand.workspace.selection) == {"A", "E", "M", "Out"} and hand.workspace.current == "Out"


def test_search_leads_into_groups(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -100))
    hand.add("Blur", "A", name="Soft", at=(0, 0))
    group = hand.workspace.session.group("Soft")
    assert hand.workspace.level == ""
    hand.key(Qt.Key.Key_Slash)
    hand.type("sof")
    hand.press(Qt.Key.Key_Return)
    assert hand.workspace.level == group and hand.workspace.selection == (f"{group}/Soft",)
    hand.panel.commands.navigating.promote()
    hand.type("size")
    hand.press(Qt.Key.Key_Return)
    assert hand.workspace.graph[group].promoted["size"] == "Soft.size"


def test_what_a_group_can_show_is_offered_and_told(hand: Hand, qtbot: QtBot) -> None:
    """Parameters two groups deep were offered, and refused; what was done nobody said."""
    hand.add("Blur", name="Soft", at=(0, 0))
    s = hand.workspace.session
    inner = s.group("Soft")
    s.promote(inner, "Soft.size", "softness")
    outer = s.group(inner)
    said, opened = [], []
    hand.workspace.message.connect(lambda message: said.append(message.text))
    hand.workspace.properties_requested.connect(opened.append)
    hand.workspace.select((outer,))
    hand.panel.commands.navigating.promote()
    offered = {entry.key: entry.where for entry in hand.panel.chooser.shown}
    assert f"{inner}.softness" in offered and not any("Soft.size" in key for key in offered)
    assert "width and height" in offered[f"{inner}.softness"], offered
    hand.type("softness")
    hand.press(Qt.Key.Key_Return)
    assert hand.workspace.graph[outer].promoted == {"softness": f"{inner}.softness"}
    assert said[-1] == f"{outer} shows softness of {outer}/{inner}" and opened == [outer]
    hand.panel.commands.navigating.promote()
    assert f"{inner}.softness" not in {entry.key for entry in hand.panel.chooser.shown}, "it is shown already"
    for entry in hand.panel.chooser.shown:
        s.promote(outer, entry.key)
    hand.panel.commands.navigating.promote()
    assert said[-1] == f"{outer} has nothing left to promote", "it said that a group is to be selected"
    hand.workspace.select(())
    hand.panel.commands.navigating.promote()
    assert said[-1].startswith("Select a group")


def test_places_and_bookmarks_are_in_the_script(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    hand.panel.view.look_at(QPointF(300, 200), 0.5)
    hand.key(Qt.Key.Key_F8, CONTROL)
    hand.panel.view.look_at(QPointF(0, 0), 1.0)
    hand.key(Qt.Key.Key_F8, SHIFT)
    assert (hand.panel.view.center - QPointF(300, 200)).manhattanLength() <= 4 and hand.panel.view.zoom_level == 0.5
    assert hand.workspace.document.ui["places"]["2"]["zoom"] == 0.5
    hand.workspace.undo()
    assert "places" not in hand.workspace.document.ui
    hand.panel.view.look_at(QPointF(0, 0), 1.0)
    hand.click("A")
    hand.key(Qt.Key.Key_J, SHIFT)
    hand.click((200, 200))
    hand.key(Qt.Key.Key_J)
    hand.press(Qt.Key.Key_Return)
    assert hand.workspace.selection == ("A",)


def test_what_is_in_the_middle_stays_there(hand: Hand) -> None:
    panel, middle = hand.panel, QPointF(300, 200)
    panel.view.look_at(middle, 1.0)
    for width in range(900, 700, -1):  # as when the edge of the panel is dragged
        panel.resize(width, 700)
    assert (panel.view.center - middle).manhattanLength() <= 2
    panel.hide()  # as when another layout is applied
    panel.resize(400, 300)
    panel.show()
    QApplication.processEvents()
    assert (panel.view.center - middle).manhattanLength() <= 2
    panel.view.pan(QPoint(50, 0))
    panel.resize(800, 600)
    assert (panel.view.center - QPointF(250, 200)).manhattanLength() <= 3


def test_a_graph_that_is_seen_whole_stays_so_until_it_is_moved(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -300))
    hand.add("Blur", "A", name="B", at=(400, 300))
    panel, view = hand.panel, hand.panel.view

    def seen() -> bool:
        shown = view.mapToScene(view.viewport().rect()).boundingRect()
        return all(shown.contains(item.rect) for item in panel.scene.items_by_name.values())

    view.frame([])
    panel.hide()  # as when another layout is applied
    panel.resize(300, 250)
    panel.show()
    QApplication.processEvents()
    assert seen()
    view.zoom(3.0, QPoint(150, 125))
    panel.resize(320, 260)
    QApplication.processEvents()
    assert not seen(), "who zoomed in wants that"


def test_looks_are_saved_and_change_no_pixels(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Constant", name="A", at=(0, -100))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.click("B")
    changes = []
    hand.workspace.document_changed.connect(changes.append)
    hand.key(Qt.Key.Key_H, ALT)
    assert hand.graph["B"].ui["hide_inputs"] is True
    hand.click((200, 200))
    assert not hand.panel.scene.wires["B", "image"].isVisible()
    hand.click("B")
    assert hand.panel.scene.wires["B", "image"].isVisible(), "shown while it is selected"
    hand.key(Qt.Key.Key_H, ALT)
    assert "hide_inputs" not in hand.graph["B"].ui
    hand.key(Qt.Key.Key_L)
    assert not any(change.pixels for change in changes)


def test_layout_is_vertical_with_the_trunk_straight(hand: Hand) -> None:
    for name in ("A", "E"):
        hand.add("Constant", name=name, at=(0, 0))
    hand.add("Grade", "E", name="G", at=(5, 0))
    hand.add("Merge", "A", "G", name="M", at=(0, 0))
    hand.add("Blur", "M", name="Out", at=(0, 9))
    steps = hand.workspace.session.history.position
    hand.key(Qt.Key.Key_L)
    at = hand.panel.scene.at
    assert at["A"][0] == at["M"][0] == at["Out"][0] != at["G"][0] == at["E"][0]
    assert at["A"][1] < at["M"][1] < at["Out"][1] and at["E"][1] < at["G"][1] < at["M"][1]
    assert hand.workspace.session.history.position == steps + 1


def test_tiles_tell_what_is_wrong(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Blur", name="Loose", at=(0, 0))
    hand.add("Read", name="Gone", at=(200, 0), file="/nowhere/plate.####.exr")
    hand.add("Blur", "Gone", name="Waits", at=(200, 100))
    hand.add("Constant", name="Small", at=(-200, 0), format="320x200")
    hand.add("Constant", name="Large", at=(-300, 0), format="640x400")
    hand.add("Merge", "Small", "Large", name="M", at=(-200, 100))
    items = hand.panel.scene.items_by_name
    qtbot.waitUntil(lambda: hand.workspace.facts.settled, timeout=10_000)
    assert (
        items["Loose"].status.warnings == ("input 'image' is not wired: the image",) and not items["Loose"].status.error
    )
    assert "plate" in items["Gone"].status.error and items["Waits"].status.blocked
    assert items["M"].status.warnings == ("the inputs have different formats: B 320x200, A 640x400",)
    assert "plate" in hand.panel.editor.tooltip("Gone") and "640x400" in hand.panel.editor.tooltip("M")


def test_tiles_tell_what_is_computed_and_cached(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Coordinates", name="A", at=(0, -100))
    hand.add("Slow", "A", name="S", at=(0, 0), seconds=30.0)
    items, workspace, got = hand.panel.scene.items_by_name, hand.workspace, []
    workspace.evaluations.request(hand.panel, "S", 1.0, got.append)
    qtbot.waitUntil(lambda: items["S"].status.computing is not None, timeout=10_000)
    workspace.evaluations.cancel_all()
    qtbot.waitUntil(lambda: items["S"].status.computing is None, timeout=10_000)
    workspace.evaluations.request(hand.panel, "A", 1.0, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=10_000)
    qtbot.waitUntil(lambda: items["A"].status.cached == "host", timeout=10_000)
    assert "cached in memory" in hand.panel.editor.tooltip("A") and "last computed in" in hand.panel.editor.tooltip("A")


def test_the_error_of_layers_against_the_plate_is_told(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    frame = Region(0, 0, 8, 8)
    facts = NodeFacts(ImageInfo(frame, frame, (RGBA,), metadata={LEDGER_ERROR: 0.0125}))
    monkeypatch.setattr(hand.workspace.facts, "_facts", {"A": facts})
    hand.workspace.facts.changed.emit(frozenset({"A"}))
    assert hand.panel.scene.items_by_name["A"].status.ledger == 0.0125
    assert "no layer explains: 0.0125" in hand.panel.editor.tooltip("A")


def test_what_a_node_measures_is_told(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    hand.add("CurveTool", "A", name="B", at=(0, 100))
    workspace = hand.workspace
    workspace.session.set("A", color=(0.25, 0.25, 0.25, 1.0))
    items = hand.panel.scene.items_by_name
    qtbot.waitUntil(lambda: hand.panel.settled, timeout=10_000)
    assert items["B"].status.measured == ()
    workspace.session.evaluate("B")
    workspace.facts.refresh(1.0)
    qtbot.waitUntil(lambda: bool(items["B"].status.measured), timeout=10_000)
    name, value = items["B"].status.measured[0]
    assert name == "luma" and value == pytest.approx(0.25)
    assert "luma 0.25, luma min 0.25, luma max 0.25, red 0.25" in hand.panel.editor.tooltip("B")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(6852.4, "6852"), (25000.0, "25000"), (-1200.0, "-1200"), (0.0125, "0.0125"), (1.5e7, "1.5e+07"), (0.0, "0")],
)
def test_measured_numbers_are_told_as_people_say_them(value: float, shown: str) -> None:
    assert brief(value) == shown


def test_intrinsics_tells_what_it_does_not_explain_once_it_was_computed(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Coordinates", name="A", at=(0, 0))
    hand.add("Intrinsics", "A", name="B", at=(0, 100))
    items, workspace = hand.panel.scene.items_by_name, hand.workspace
    qtbot.waitUntil(lambda: hand.panel.settled, timeout=10_000)
    assert items["B"].status.ledger is None
    workspace.session.evaluate("B", tier=Tier.STUDENT)
    workspace.facts.refresh(1.0)
    qtbot.waitUntil(lambda: items["B"].status.ledger is not None, timeout=10_000)
    assert 0 <= items["B"].status.ledger <= 1
    assert "light that no layer explains" in hand.panel.editor.tooltip("B")
    workspace.session.set("B", working_size=32)
    qtbot.waitUntil(lambda: items["B"].status.ledger is None, timeout=10_000)


def test_expression_arrows_follow_links(hand: Hand) -> None:
    hand.add("Blur", name="A", at=(0, -100))
    hand.add("Blur", name="B", at=(200, 0))
    hand.workspace.session.express("B", mix="A.mix")
    assert hand.panel.scene.links == {"B": ["A"]}
    hand.key(Qt.Key.Key_E, ALT)
    assert hand.panel.scene.links == {}
    hand.key(Qt.Key.Key_E, ALT)
    hand.workspace.session.set("B", mix=0.5)
    assert hand.panel.scene.links == {}


def test_thumbnails_come_from_the_cache_and_nothing_is_computed_for_them(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Coordinates", name="A", at=(0, 0))
    hand.click("A")
    hand.key(Qt.Key.Key_P, ALT)
    tile = hand.panel.scene.items_by_name["A"]
    assert isinstance(tile, NodeTile) and tile.wants_thumbnail
    qtbot.waitUntil(lambda: hand.panel.settled, timeout=10_000)
    assert tile.thumbnail is None and toy_nodes.CALLS == []
    hand.workspace.session.evaluate("A")
    hand.panel.thumbnails.refresh()
    qtbot.waitUntil(lambda: hand.panel.settled and tile.thumbnail is not None, timeout=10_000)
    assert toy_nodes.CALLS == ["coordinates"] and not tile.thumbnail_stale
    hand.key(Qt.Key.Key_Delete)
    hand.workspace.undo()
    tile = hand.panel.scene.items_by_name["A"]
    assert isinstance(tile, NodeTile)
    qtbot.waitUntil(lambda: hand.panel.settled and tile.thumbnail is not None, timeout=10_000)
    hand.workspace.session.set("A", gain=2.0)
    qtbot.waitUntil(lambda: tile.thumbnail_stale, timeout=10_000)
    assert toy_nodes.CALLS == ["coordinates"]


def test_the_menu_has_the_commands(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    hand.panel._open_menu(hand.panel.mapToGlobal(QPoint(5, 5)))
    menu = next(w for w in hand.panel.findChildren(QMenu) if w.title() == "")
    texts = [action.text() for action in menu.actions()]
    assert "&Frame" in texts and "&Wires" in texts
    delete = next(action for action in menu.actions() if action.objectName() == "graph.delete")
    assert not delete.isEnabled(), "nothing is selected"
    menu.close()
    assert delete.isEnabled(), "keys count again"


def test_opening_a_script_shows_all_of_it(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(5000, 3000))
    hand.add("Blur", "A", name="B", at=(5000, 3100))
    hand.panel.view.look_at(QPointF(0, 0), 2.0)
    hand.workspace.session.adopt(Loaded(hand.workspace.document))
    hand.workspace.follow_session()
    shown = hand.panel.view.mapToScene(hand.panel.view.viewport().rect()).boundingRect()
    assert all(shown.contains(item.rect) for item in hand.panel.scene.items_by_name.values())
