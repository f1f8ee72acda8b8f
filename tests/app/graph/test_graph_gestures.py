"""The node graph by the mouse: what is dragged, wired and dropped; what is asserted is the script."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from graph_hand import LEFT, NONE, Hand, move_mouse
from rimlight.app.graph.tile import NodeTile

SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def test_a_drag_moves_in_one_step(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    steps = hand.workspace.session.history.position
    hand.drag("A", (120, 70))
    assert hand.graph["A"].ui["position"] == [120, 70]
    assert hand.workspace.session.history.position == steps + 1
    hand.workspace.undo()
    assert hand.graph["A"].ui["position"] == [0, 0]
    assert hand.panel.scene.items_by_name["A"].pos() == QPointF(0, 0)


def test_control_drag_brings_what_is_upstream(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -120))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.add("Blur", "B", name="C", at=(0, 120))
    hand.drag("B", (60, 40), CONTROL)
    places = {name: tuple(hand.graph[name].ui["position"]) for name in "ABC"}
    assert places == {"A": (60, -80), "B": (60, 40), "C": (0, 120)}


def test_a_node_dropped_on_a_wire_goes_into_it(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", "A", name="B", at=(0, 150))
    hand.add("Grade", name="G", at=(200, 0))
    hand.drag("G", (4, 0))
    assert hand.inputs("B") == {"image": "G"} and hand.inputs("G") == {"image": "A"}


def test_wires_are_drawn_from_outputs_and_inputs(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", name="B", at=(0, 50))
    output = hand.panel.scene.items_by_name["A"].output
    hand.drag((output.x(), output.y() + 4), "B")
    assert hand.inputs("B") == {"image": "A"}
    hand.add("Constant", name="C", at=(250, -150))
    hand.drag((0, -100), "C")  # near its source: that end is taken elsewhere
    assert hand.inputs("B") == {"image": "C"}
    hand.workspace.undo()
    hand.drag((0, 20), (-250, 100))  # near its end: let go over nothing
    assert hand.inputs("B") == {}


def test_a_wire_of_the_wrong_type_is_refused_with_a_sentence(hand: Hand, qtbot: QtBot) -> None:
    hand.add("DirectionalLight", name="Key", at=(0, -150))
    hand.add("Blur", name="B", at=(0, 50))
    output = hand.panel.scene.items_by_name["Key"].output
    with qtbot.waitSignal(hand.workspace.message) as told:
        hand.drag((output.x(), output.y() + 4), "B")
    assert hand.inputs("B") == {}
    assert "puts out a rig" in told.args[0].text and "takes an image" in told.args[0].text


def test_a_wire_dropped_on_a_node_takes_the_first_free_input(hand: Hand) -> None:
    for number, name in enumerate(("A", "B", "C")):
        hand.add("Constant", name=name, at=(-200 + 200 * number, -150))
    hand.add("Merge", "A", name="M", at=(0, 50))
    hand.add("Grade", "A", name="G", at=(200, 50))

    def draw(source: str, to: tuple[float, float]) -> None:
        output = hand.panel.scene.items_by_name[source].output
        hand.drag((output.x(), output.y() + 4), to)

    draw("B", (0, 50))
    assert hand.inputs("M") == {"B": "A", "A": "B"}, "the middle of a tile is for its free input"
    tip = hand.panel.scene.items_by_name["M"].tip_of("B", None)
    draw("C", (tip.x(), tip.y() + 3))
    assert hand.inputs("M") == {"B": "C", "A": "B"}, "at its arrow an input is replaced"
    draw("B", (200, 50))
    assert hand.inputs("G") == {"image": "B"}, "a mask is wired at its arrow alone"
    end = hand.panel.scene.wires["M", "B"].line()
    start = end.pointAt(0.85)
    hand.drag((start.x(), start.y()), (0, 50))
    assert hand.inputs("M") == {"B": "C", "A": "B"}, "a wire that is let go of on its node is where it was"


def test_of_names_that_begin_alike_the_plain_one_comes_first(hand: Hand) -> None:
    hand.key(Qt.Key.Key_Tab)
    field, chooser = hand.panel.chooser.field, hand.panel.chooser
    for query, first in {
        "environment": "EnvironmentLight", "env": "EnvironmentLight", "environmentb": "EnvironmentBlur",
        "point": "PointLight", "view": "Viewer", "shadowre": "ShadowRemove",
    }.items():  # fmt: skip
        field.setText(query)
        assert chooser.shown[0].text == first


def test_control_puts_a_dot_into_a_wire(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", "A", name="B", at=(0, 150))
    middle = hand.panel.scene.wires["B", "image"].line().center()
    hand.drag((middle.x(), middle.y()), (80, 10), CONTROL)
    assert hand.inputs("Dot1") == {"image": "A"} and hand.inputs("B") == {"image": "Dot1"}
    assert hand.graph["Dot1"].ui["position"] == [80, 10]


def test_the_dots_that_control_offers_go_with_the_shortcut_it_was_for(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Constant", name="A", at=(0, -100))
    hand.add("Blur", "A", name="B", at=(0, 100))
    view, wire = hand.panel.view, hand.point((0, 0))
    plain = view.grab().toImage().pixelColor(wire)
    view.setFocus()
    qtbot.keyPress(view, Qt.Key.Key_Control)
    assert view.grab().toImage().pixelColor(wire) != plain
    qtbot.keyPress(view, Qt.Key.Key_N, CONTROL)  # its release, and that of Ctrl, go to what opens then
    assert view.grab().toImage().pixelColor(wire) == plain
    qtbot.keyRelease(view, Qt.Key.Key_N, CONTROL)
    qtbot.keyRelease(view, Qt.Key.Key_Control)


def test_a_wire_dropped_on_the_canvas_offers_what_fits(hand: Hand) -> None:
    hand.add("DirectionalLight", name="L", at=(-200, -100))
    hand.add("Relight", name="R", at=(100, 0))
    start = hand.panel.scene.items_by_name["L"].output + QPointF(0, 6)
    hand.drag((start.x(), start.y()), (-200, 150))
    offered = {entry.key for entry in hand.panel.chooser.shown}
    assert hand.panel.chooser.isVisible() and "light.relight" in offered and "filter.blur" not in offered
    hand.type("rig")
    hand.press(Qt.Key.Key_Return)
    assert "L" in hand.inputs("Rig1").values() and hand.graph["Rig1"].ui["position"] == [-200, 150]
    assert hand.workspace.selection == ("Rig1",) and not hand.panel.chooser.isVisible()
    hand.workspace.undo()
    assert set(hand.graph) == {"L", "R"}
    hand.drag((start.x(), start.y()), (start.x() + 3, start.y() + 12))
    assert not hand.panel.chooser.isVisible(), "a slip of the mouse asks nothing"


def test_an_input_drawn_into_the_void_offers_what_feeds_it(hand: Hand) -> None:
    hand.add("Relight", name="R", at=(100, 0))
    tip, outer = hand.panel.scene.items_by_name["R"].stubs()["rig"]
    hand.drag(((tip.x() + outer.x()) / 2, (tip.y() + outer.y()) / 2), (-150, -120))
    offered = {entry.key for entry in hand.panel.chooser.shown}
    assert "light.directional" in offered and "image.constant" not in offered
    hand.press(Qt.Key.Key_Escape)
    assert set(hand.graph) == {"R"}
    hand.drag(((tip.x() + outer.x()) / 2, (tip.y() + outer.y()) / 2), (-150, -120))
    hand.type("directional")
    hand.press(Qt.Key.Key_Return)
    assert hand.inputs("R") == {"rig": "DirectionalLight1"}


def dropped(widget: QWidget, files: list[Path]) -> bool:
    """Drag files over the middle of a widget and let them go, as a file manager does; whether they are taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    at, copy, none = widget.rect().center(), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        drop = QDropEvent(QPointF(at), copy, data, Qt.MouseButton.LeftButton, none)
        QApplication.sendEvent(widget, drop)
    return enter.isAccepted()


def test_files_are_dropped_as_reads_and_sequences_as_one(hand: Hand, qtbot: QtBot, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.0001.exr", "a.0002.exr", "a.0003.exr", "still.png")]
    for file in files:
        file.write_bytes(b"")
    steps = hand.workspace.session.history.position
    assert dropped(hand.panel, files)
    qtbot.waitUntil(lambda: len(hand.graph) == 2, timeout=10_000)
    assert hand.workspace.session.history.position == steps + 1
    read = [str(state.values["file"]) for state in hand.graph.values()]
    assert read == [str(tmp_path / "a.####.exr"), str(tmp_path / "still.png")]
    first, second = (hand.panel.scene.at[name] for name in hand.graph)
    assert abs(first[0]) < 60 and abs(first[1]) < 60 and second[0] - first[0] >= 100, "beside each other, at the mouse"
    assert set(hand.workspace.selection) == set(hand.graph)


def test_a_photograph_is_read_alone_or_the_user_is_asked(hand: Hand, qtbot: QtBot, tmp_path: Path) -> None:
    for number in (12, 13, 14):
        QImage(12, 8, QImage.Format.Format_RGB888).save(str(tmp_path / f"DSC0{number:03}.jpg"))
    assert dropped(hand.panel, [tmp_path / "DSC0013.jpg"])
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu), timeout=10_000)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu) and not hand.graph
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Read DSC0013.jpg Alone", "Read DSC####.jpg, a Sequence of 3 Files", "", "Read Nothing"]
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(hand.graph) == 1, timeout=10_000)
    assert [state.values["file"] for state in hand.graph.values()] == [str(tmp_path / "DSC0013.jpg")]
    QImage(8, 12, QImage.Format.Format_RGB888).save(str(tmp_path / "DSC0014.jpg"))
    told: list[str] = []
    hand.workspace.message.connect(lambda message: told.append(message.text))
    assert dropped(hand.panel, [tmp_path / "DSC0013.jpg"])
    qtbot.waitUntil(lambda: len(hand.graph) == 2 and bool(told), timeout=10_000)
    assert told[-1] == "DSC0013.jpg is read alone, as those beside are of other sizes"
    assert {state.values["file"] for state in hand.graph.values()} == {str(tmp_path / "DSC0013.jpg")}


def test_rigs_are_dropped_as_rigs(hand: Hand, qtbot: QtBot, tmp_path: Path) -> None:
    names = ("a.rig", "set.usd", "set.USDA", "c.0001.usdc", "c.0002.usdc", "d.usdz", "e.exr")
    files = [tmp_path / name for name in names]
    for file in files:
        file.write_bytes(b"")
    assert dropped(hand.panel, files)
    qtbot.waitUntil(lambda: len(hand.graph) == 6, timeout=10_000)
    made = {Path(str(state.values["file"])).name: state.kind for state in hand.graph.values()}
    assert made.pop("e.exr") == "image.read"
    assert set(made) == {"a.rig", "set.usd", "set.USDA", "c.####.usdc", "d.usdz"}
    assert set(made.values()) == {"light.read_rig"}


def test_scripts_and_texts_are_not_for_the_graph(hand: Hand, tmp_path: Path) -> None:
    assert not dropped(hand.panel, [tmp_path / "shot.rim"]) and not dropped(hand.panel, [])
    folder = tmp_path / "folder"
    folder.mkdir()
    told: list[str] = []
    hand.workspace.message.connect(lambda message: told.append(message.text))
    assert dropped(hand.panel, [folder])
    hand.qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert "folders are not looked into" in told[0] and not hand.graph


def test_a_wire_dropped_on_a_node_goes_where_it_cannot_do_without(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -200))
    hand.add("Constant", name="B", at=(250, -200))
    hand.add("LightMatch", "A", name="M", at=(0, 0))
    output = (250.0, hand.panel.scene.items_by_name["B"].rect.bottom() + 4)
    hand.drag(output, (10, 0))
    assert hand.inputs("M") == {"image": "A", "background": "B"}, "not the matte, which is optional and comes first"


def test_of_arrows_close_together_the_nearest_is_caught(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -200))
    hand.add("LightMatch", "A", name="M", at=(0, 0))
    item = hand.panel.scene.items_by_name["M"]
    item.hover(True)
    found = {}
    for socket, (tip, outer) in item.stubs().items():
        if socket != "mask":
            found[socket] = hand.panel.view.hits.stub_at((tip + outer) / 2)
    assert len(found) == 4 and found == {socket: ("M", socket) for socket in found}


def test_a_wire_is_drawn_from_the_name_of_an_input_and_to_it(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -200))
    hand.add("Constant", name="B", at=(250, -200))
    hand.add("LightMatch", "A", name="M", at=(0, 0))
    item = hand.panel.scene.items_by_name["M"]
    assert isinstance(item, NodeTile)

    def place(socket: str) -> tuple[float, float]:
        label = next(label for label in item._labels() if label.socket == socket)
        return label.box.right() - 12, label.box.center().y()

    hand.drag(place("steady"), "B")
    assert hand.inputs("M") == {"image": "A", "steady": "B"}
    output = (250.0, hand.panel.scene.items_by_name["B"].rect.bottom() + 4)
    hand.drag(output, place("background"))
    assert hand.inputs("M") == {"image": "A", "steady": "B", "background": "B"}


def test_a_node_that_goes_while_the_mouse_holds_it_ends_the_drag(hand: Hand) -> None:
    hand.add("Blur", name="A", at=(0, -100))
    hand.add("Blur", name="B", at=(0, 0))
    port, at = hand.panel.view.viewport(), hand.point("B")
    hand.qtbot.mousePress(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    move_mouse(port, at + QPoint(60, 30), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    hand.workspace.session.remove("B")
    move_mouse(port, at + QPoint(90, 30), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    hand.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at + QPoint(90, 30))
    assert list(hand.graph) == ["A"] and hand.panel.scene.at["A"] == (0, -100)


def test_a_drag_whose_release_went_elsewhere_ends_with_the_next_move(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, 0))
    port, view = hand.panel.view.viewport(), hand.panel.view
    hand.qtbot.mousePress(port, LEFT, NONE, hand.point("A"))
    move_mouse(port, hand.point((60, 40)), LEFT, NONE)
    assert hand.panel.scene.at["A"] != (0, 0)
    move_mouse(port, hand.point((200, 200)), Qt.MouseButton.NoButton, NONE)
    there = hand.panel.scene.at["A"]
    assert hand.graph["A"].ui["position"] == list(there) and abs(there[0] - 60) < 20, "it stays where it was let go of"
    move_mouse(port, hand.point((-200, 200)), Qt.MouseButton.NoButton, NONE)
    assert hand.panel.scene.at["A"] == there and not view.cancel_gesture(), "the mouse carries nothing any more"
