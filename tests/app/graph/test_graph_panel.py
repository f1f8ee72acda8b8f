"""The node graph by its keys and commands, as an artist uses it; what is asserted is the script."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QColorDialog, QFileDialog
from pytestqt.qtbot import QtBot

from graph_hand import Hand
from rimlight.app.holding import held, users
from rimlight.app.preferences import Preferences
from rimlight.engine import Curve, ImportReport, Tier, loads

SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def test_tab_finds_a_node_and_puts_it_after_the_selection(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -100))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.click("A")
    assert hand.workspace.selection == ("A",)
    hand.key(Qt.Key.Key_Tab)
    assert hand.panel.chooser.isVisible()
    hand.type("grd")
    assert hand.panel.chooser.shown[0].text == "Grade" and hand.panel.chooser.shown[0].where == "Color"
    hand.press(Qt.Key.Key_Return)
    assert not hand.panel.chooser.isVisible()
    assert hand.inputs("Grade1") == {"image": "A"} and hand.inputs("B") == {"image": "Grade1"}
    assert hand.workspace.selection == ("Grade1",)
    hand.workspace.undo()
    assert hand.inputs("B") == {"image": "A"} and "Grade1" not in hand.graph


def test_before_a_letter_is_typed_the_common_menus_come_first(hand: Hand) -> None:
    hand.key(Qt.Key.Key_Tab)
    shown = hand.panel.chooser.shown
    assert len(shown) > 40 and not any("›" in entry.where for entry in shown[:40])
    hand.type("QuotientRelight")
    assert hand.panel.chooser.shown[0].where == "Light › Baseline"
    hand.press(Qt.Key.Key_Escape)


def test_new_nodes_open_their_properties_and_those_that_live_by_a_file_ask_for_it(hand: Hand) -> None:
    opened: list[str] = []
    asked: list[str] = []
    hand.workspace.properties_requested.connect(opened.append)
    hand.workspace.file_requested.connect(asked.append)
    hand.key(Qt.Key.Key_R)
    hand.key(Qt.Key.Key_G)
    hand.key(Qt.Key.Key_W)
    hand.key(Qt.Key.Key_Period)
    assert (opened, asked) == (["Read1", "Grade1", "Write1"], ["Read1", "Write1"])
    hand.workspace.session.set("Write1", file="out.####.exr")
    hand.workspace.presets.save_defaults(hand.graph["Write1"])
    hand.key(Qt.Key.Key_W)
    assert (opened.pop(), asked) == ("Write2", ["Read1", "Write1"])
    hand.panel.desktop.preferences = lambda: Preferences(properties_new=False)
    hand.key(Qt.Key.Key_C)
    assert "ColorCorrect1" in hand.graph and opened == ["Read1", "Grade1", "Write1"]


def test_surroundings_that_are_wired_need_no_file(hand: Hand) -> None:
    asked: list[str] = []
    hand.workspace.file_requested.connect(asked.append)
    hand.add("Constant", name="Sky", at=(0, -100))
    hand.click("Sky")
    hand.key(Qt.Key.Key_Tab)
    hand.type("environmentlight")
    hand.press(Qt.Key.Key_Return)
    assert hand.inputs("EnvironmentLight1") == {"image": "Sky"} and asked == []
    hand.click((300, 200))
    hand.key(Qt.Key.Key_Tab)
    hand.type("environmentlight")
    hand.press(Qt.Key.Key_Return)
    assert hand.inputs("EnvironmentLight2") == {} and asked == ["EnvironmentLight2"]


def test_shift_letter_makes_a_branch(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -100))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.click("A")
    hand.key(Qt.Key.Key_G, SHIFT)
    assert hand.inputs("Grade1") == {"image": "A"} and hand.inputs("B") == {"image": "A"}
    hand.click("A")
    hand.key(Qt.Key.Key_C)
    assert hand.inputs("ColorCorrect1") == {"image": "A"} and hand.inputs("B") == {"image": "ColorCorrect1"}


def test_two_selected_are_merged_the_first_as_b(hand: Hand) -> None:
    hand.add("Constant", name="Plate", at=(0, -100))
    hand.add("Constant", name="Element", at=(200, -100))
    hand.click("Plate")
    hand.click("Element", SHIFT)
    assert hand.workspace.selection == ("Plate", "Element")
    hand.key(Qt.Key.Key_M)
    assert hand.inputs("Merge1") == {"B": "Plate", "A": "Element"}


def test_a_corner_pin_begins_at_the_corners_of_its_picture(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Constant", name="A", at=(0, 0), format="64x48")
    qtbot.waitUntil(lambda: hand.workspace.facts.info("A") is not None, timeout=10_000)
    hand.click("A")
    hand.key(Qt.Key.Key_Tab)
    hand.type("cornerpin")
    hand.press(Qt.Key.Key_Return)
    pin = hand.graph["CornerPin1"]
    assert [pin.value(f"{stem}{i}") for stem in ("to", "from") for i in (1, 3)] == [(0, 0), (64, 48)] * 2


def test_landmarks_begin_as_a_face_in_a_picture_of_any_form(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Constant", name="A", at=(0, 0), format="480x640")
    qtbot.waitUntil(lambda: hand.workspace.facts.info("A") is not None, timeout=10_000)
    hand.click("A")
    hand.key(Qt.Key.Key_Tab)
    hand.type("facefit")
    hand.press(Qt.Key.Key_Return)
    fit = hand.graph["FaceFit1"]
    assert fit.value("nose_tip") == (240, 323.5) and fit.value("chin") == (240, 256.8)
    assert fit.value("ear_left") == (178, 310.2) and fit.value("ear_right") == (302, 310.2)


def test_places_begin_inside_the_picture(hand: Hand, qtbot: QtBot) -> None:
    hand.add("Constant", name="A", at=(0, 0), format="640x360")
    qtbot.waitUntil(lambda: hand.workspace.facts.info("A") is not None, timeout=10_000)
    for kind, source, places in (
        ("castshadow", "A", {"foot": (320, 66.7), "horizon": (320, 180)}),
        ("placelight", "", {"pixel": (320, 180), "foot": (320, 66.7)}),
    ):
        hand.workspace.select((source,) if source else ())
        hand.workspace.session.set_project(format="640x360")
        hand.key(Qt.Key.Key_Tab)
        hand.type(kind)
        hand.press(Qt.Key.Key_Return)
        made = hand.graph[hand.workspace.selection[0]]
        assert {name: made.value(name) for name in places} == places


def test_letters_do_what_they_say(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Constant", name="B", at=(200, -150))
    hand.add("Merge", "A", "B", name="M", at=(0, 0))
    hand.add("Blur", "M", name="Out", at=(0, 150))
    hand.click("M")
    hand.key(Qt.Key.Key_D)
    assert hand.graph["M"].value("disable") is True
    hand.key(Qt.Key.Key_D)
    assert hand.graph["M"].value("disable") is False
    hand.key(Qt.Key.Key_X, SHIFT)
    assert hand.inputs("M") == {"B": "B", "A": "A"}
    hand.key(Qt.Key.Key_X, SHIFT | CONTROL)
    assert hand.inputs("Out") == {"image": "B"} and hand.inputs("M") == {}
    hand.workspace.undo()
    hand.key(Qt.Key.Key_D, CONTROL)
    assert hand.inputs("M") == {} and hand.inputs("Out") == {"image": "M"}
    hand.workspace.undo()
    hand.key(Qt.Key.Key_Delete)
    assert "M" not in hand.graph and hand.inputs("Out") == {"image": "B"}


def test_connect_and_splay(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", name="B", at=(200, 0))
    hand.add("Merge", name="M", at=(0, 150))
    hand.click("A")
    hand.click("B", SHIFT)
    hand.click("M", SHIFT)
    hand.key(Qt.Key.Key_Y)
    assert hand.inputs("B") == {"image": "A"} and hand.inputs("M") == {"B": "B"}
    hand.workspace.undo()
    hand.key(Qt.Key.Key_U)
    assert hand.inputs("B") == {"image": "A"} and hand.inputs("M") == {"B": "A"}
    hand.click("A")
    hand.click("M", SHIFT)
    hand.key(Qt.Key.Key_Y, ALT)
    assert hand.inputs("M") == {"B": "A", "A": "A"}


def test_copy_is_script_text_and_paste_goes_after_the_selection(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", "A", name="B", at=(0, 0), size=(4.0, 4.0))
    hand.click("B")
    hand.key(Qt.Key.Key_C, CONTROL)
    text = QGuiApplication.clipboard().text()
    assert list(loads(text).document.graph) == ["B"]
    hand.click("A")
    hand.key(Qt.Key.Key_V, CONTROL)
    assert hand.inputs("B1") == {"image": "A"} and hand.inputs("B") == {"image": "B1"}
    assert hand.graph["B1"].value("size") == (4.0, 4.0)


def test_text_that_is_no_nodes_is_not_pasted_and_that_is_said(hand: Hand) -> None:
    hand.add("Blur", name="B", at=(0, 0))
    hand.click("B")
    for modifiers in (CONTROL, CONTROL | ALT):
        QGuiApplication.clipboard().setText("dinner at\neight")
        with hand.qtbot.waitSignal(hand.workspace.message) as told:
            hand.key(Qt.Key.Key_V, modifiers)
        assert "the clipboard holds no nodes, it begins with “dinner at eight”" in told.args[0].text.lower()
    assert list(hand.graph) == ["B"]


def test_what_is_only_seen_has_no_picture(hand: Hand) -> None:
    hand.add("StickyNote", name="N", at=(0, 0))
    hand.click("N")
    with hand.qtbot.waitSignal(hand.workspace.message) as told:
        hand.key(Qt.Key.Key_1)
    assert told.args[0].text == "N is only seen in the graph; there is no picture of it"
    hand.qtbot.waitUntil(lambda: hand.workspace.facts.settled, timeout=10_000)
    assert hand.workspace.facts.errors == [], "nor does it fail"


def test_clones_share_everything_and_can_be_made_independent(hand: Hand) -> None:
    session = hand.workspace.session
    hand.add("Text", name="T", at=(0, 0), message="key")
    hand.click("T")
    hand.key(Qt.Key.Key_K, ALT)
    assert hand.workspace.selection == ("T1",) and hand.panel.scene.links == {"T1": ["T"]}
    session.set("T1", message="fill", size=Curve.of((1, 10), (9, 90)))
    assert hand.graph["T"].values == hand.graph["T1"].values and session.value("T", "message") == "fill"
    assert "linked" in hand.panel.scene.items_by_name["T"].marks
    hand.click("T")
    hand.key(Qt.Key.Key_K, CONTROL)
    hand.click((250, 200))
    hand.key(Qt.Key.Key_V, CONTROL)
    (third,) = set(hand.graph) - {"T", "T1"}
    session.set(third, message="rim")
    assert {session.value(name, "message") for name in ("T", "T1", third)} == {"rim"}
    hand.workspace.undo()
    assert {session.value(name, "message") for name in ("T", "T1", third)} == {"fill"}
    hand.click("T1")
    hand.key(Qt.Key.Key_K, ALT | SHIFT)
    session.set("T", message="alone")
    assert session.value("T1", "message") == "fill" and session.value(third, "message") == "alone"
    assert hand.panel.scene.links == {third: ["T"]}
    hand.workspace.select([third])
    hand.key(Qt.Key.Key_Delete)
    assert hand.panel.scene.links == {} and "linked" not in hand.panel.scene.items_by_name["T"].marks


def test_groups_are_made_entered_left_and_dissolved(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.add("Grade", "B", name="C", at=(0, 100))
    hand.click("B")
    hand.click("C", SHIFT)
    hand.key(Qt.Key.Key_G, CONTROL)
    assert hand.workspace.selection == ("Group1",)
    hand.key(Qt.Key.Key_Return, CONTROL)
    assert hand.workspace.level == "Group1" and "B" in hand.panel.scene.items_by_name
    hand.panel.view.frame([])
    hand.click("B")
    assert hand.workspace.selection == ("Group1/B",)
    hand.key(Qt.Key.Key_Return, CONTROL | SHIFT)
    assert hand.workspace.level == "" and hand.workspace.selection == ("Group1",)
    hand.key(Qt.Key.Key_G, CONTROL | ALT)
    assert hand.inputs("B") == {"image": "A"} and hand.inputs("C") == {"image": "B"}


def test_digits_view_nodes(hand: Hand) -> None:
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", "A", name="B", at=(0, 0))
    hand.click("A")
    hand.key(Qt.Key.Key_1)
    hand.click("B")
    hand.key(Qt.Key.Key_2, SHIFT)
    views = hand.workspace.views()
    assert (views.node_a, views.node_b) == ("A", "B")
    assert hand.panel.scene.items_by_name["A"].status.slots == (("1", "a"),)
    assert hand.panel.scene.items_by_name["B"].status.slots == (("2", "b"),)


def test_what_a_node_makes_is_kept_on_demand(hand: Hand, qtbot: QtBot) -> None:
    """Ctrl+B cuts the chain of per-pixel nodes behind it, and what it makes is not evicted while it is of use."""
    session, got = hand.workspace.session, []
    hand.add("Coordinates", name="A", at=(0, -200))
    hand.add("Gain", "A", name="B", at=(0, -100), gain=2.0)
    hand.add("Dot", "B", name="D", at=(0, 0))
    hand.add("Gain", "D", name="C", at=(0, 100), gain=3.0)
    hand.click("B")
    hand.key(Qt.Key.Key_B, CONTROL)
    assert hand.graph["B"].ui["cached"] is True and "held" in hand.panel.scene.items_by_name["B"].marks
    assert held(session.graph) == ("B",) and "C" in users(session.graph, ["B"])
    hand.workspace.evaluations.request(hand.panel, "C", 1.0, got.append, pin=True)
    qtbot.waitUntil(lambda: bool(got), timeout=10_000)
    evaluator = session.evaluator
    key = evaluator.survey(session.graph, session.project, ["B"], 1.0, 1.0, Tier.FINAL)["B", 1.0].key
    assert evaluator.cache.holds(key, "rgba") == "host"
    assert any(key in keys for keys in evaluator.cache._pins.values())
    hand.key(Qt.Key.Key_B, CONTROL)
    assert "cached" not in hand.graph["B"].ui and held(session.graph) == ()


def test_exposure_of_a_node_is_checked_in_the_background(hand: Hand, qtbot: QtBot) -> None:
    said: list[tuple[str, str]] = []
    hand.workspace.message.connect(lambda message: said.append((message.kind, message.text)))
    hand.add("CheckerBoard", name="A", at=(0, -100))
    hand.add("Gamma", "A", name="B", at=(0, 0), value=2.0)
    hand.click("B")
    hand.panel.desktop.actions.trigger("graph.exposure")
    assert said[-1] == ("information", "Trying B with brighter and darker pictures…")
    qtbot.waitUntil(lambda: len(said) > 1, timeout=30_000)
    kind, text = said[-1]
    assert kind == "warning" and text.startswith("B does not follow the exposure: off, of their mean, are rgba by")
    hand.click("A")
    hand.panel.desktop.actions.trigger("graph.exposure")
    qtbot.waitUntil(lambda: said[-1][0] == "error")
    assert "takes no picture" in said[-1][1]


def test_nodes_copied_in_nuke_are_pasted_and_told_of(hand: Hand) -> None:
    reports: list[ImportReport] = []
    hand.workspace.imported.connect(reports.append)
    hand.add("Constant", name="A", at=(0, -150))
    hand.add("Blur", name="Blur7", at=(300, -150))
    hand.click("A")
    QGuiApplication.clipboard().setText(
        "set cut_paste_input [stack 0]\nversion 14.0 v1\npush $cut_paste_input\n"
        "Blur {\n size {{curve x1 0 x9 4}}\n name Blur7\n selected true\n xpos 10\n ypos 20\n}\n"
        "Wonder {\n name Wonder1\n strength 3\n}\n"
    )
    hand.key(Qt.Key.Key_V, CONTROL)
    assert hand.inputs("Blur1") == {"image": "A"} and hand.inputs("Wonder1") == {"image": "Blur1"}
    assert isinstance(hand.graph["Blur1"].value("size")[0], Curve)
    assert hand.graph["Wonder1"].value("what") == "Wonder of Nuke"
    assert [(line.path, line.fate) for line in reports[0].lines] == [("Blur1", "mapped"), ("Wonder1", "unknown")]


def test_a_new_node_below_the_edge_moves_the_view_no_further_than_it_takes(hand: Hand) -> None:
    view = hand.panel.view
    hand.add("Constant", name="A", at=(0, 300))
    before = view.center
    hand.click("A")
    hand.key("b")
    rect = hand.panel.scene.items_by_name["Blur1"].rect
    shown = view.mapToScene(view.viewport().rect()).boundingRect()
    assert shown.contains(rect) and view.center.x() == pytest.approx(before.x(), abs=1)
    assert 0 < view.center.y() - before.y() < 120
    hand.add("Constant", name="Far", at=(5000, 0))
    view.show_item("Far")
    assert view.center.x() == pytest.approx(5000, abs=2), "what is far is shown in the middle"


def test_rotos_are_copied_for_nuke_and_what_is_left_out_is_told(hand: Hand) -> None:
    said: list[tuple[str, str]] = []
    hand.workspace.message.connect(lambda message: said.append((message.kind, message.text)))
    square = [[0, 0], [9, 0], {"at": [9, 9], "in": [1, 0], "out": [-1, 0], "feather": [2, 2]}]
    hand.add("Roto", name="R", at=(0, 0), shapes=[{"name": "S", "points": square, "mode": "subtract"}])
    hand.click("R")
    assert hand.panel.desktop.actions.trigger("graph.copy_nuke")
    hand.qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert said[-1] == ("warning", "R: S is a subtract: choose how it is blended")
    hand.click((200, 200))
    hand.key(Qt.Key.Key_V, CONTROL)
    (shape,) = hand.graph["R1"].value("shapes").to_data()
    assert [p["at"] if isinstance(p, dict) else p for p in shape["points"]] == [[0, 0], [9, 0], [9, 9]]
    assert shape["points"][2]["feather"] == [2, 2]
    hand.add("Blur", name="B", at=(0, 200))
    hand.click("B")
    said.clear()
    hand.panel.desktop.actions.trigger("graph.copy_nuke")
    hand.qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert said[-1] == ("error", "B: a Blur cannot be written for Nuke, only Paint, Roto can")
    hand.workspace.select(())
    hand.panel.desktop.actions.trigger("graph.copy_nuke")
    assert said[-1] == ("error", "select a node first")


def test_what_stands_for_nodes_of_other_programs_is_not_offered(hand: Hand) -> None:
    hand.key(Qt.Key.Key_Tab)
    hand.type("Foreign")
    assert "Foreign" not in [entry.text for entry in hand.panel.chooser.shown]
    hand.press(Qt.Key.Key_Escape)
    hand.add("Blur", name="B", at=(0, 0))
    start = hand.panel.scene.items_by_name["B"].output + QPointF(0, 6)
    hand.drag((start.x(), start.y()), (0, 200))
    assert hand.panel.chooser.isVisible()
    hand.type("Foreign")
    assert "Foreign" not in [entry.text for entry in hand.panel.chooser.shown]


def test_a_colour_that_is_not_taken_is_as_if_never_shown(hand: Hand) -> None:
    hand.add("Blur", name="B", at=(0, 0))
    hand.click("B")
    before, steps = hand.graph, hand.workspace.session.history.position
    for end in ("reject", "accept"):
        hand.panel.commands.choose_color()
        dialog = hand.panel.findChild(QColorDialog)
        assert dialog is not None
        for color in ("#ff0000", "#00ff00"):
            dialog.setCurrentColor(QColor(color))
            assert hand.graph["B"].ui["color"] == color
        getattr(dialog, end)()
        dialog.setParent(None)
        if end == "reject":
            assert hand.graph == before and hand.workspace.session.history.position == steps
    assert hand.graph["B"].ui["color"] == "#00ff00" and hand.workspace.session.history.position == steps + 1


def test_exporting_with_only_a_node_of_another_level_selected_is_refused(hand: Hand) -> None:
    told: list[str] = []
    hand.workspace.message.connect(lambda message: told.append(message.text))
    hand.add("Blur", name="B", at=(0, 0))
    group = hand.workspace.session.group("B")
    hand.workspace.select([f"{group}/B"])
    assert hand.panel.desktop.actions.trigger("graph.export")
    assert told == ["Select the nodes to export"] and hand.panel.findChild(QFileDialog) is None


def test_nodes_are_chosen_moved_and_wired_by_keys_alone(hand: Hand) -> None:
    for name, at in (("A", (-100, -100)), ("B", (100, -100)), ("C", (100, 0))):
        hand.add("Constant" if name != "C" else "Blur", *(["B"] if name == "C" else []), name=name, at=at)
    hand.add("Merge", name="M", at=(0, 120))
    steps = hand.workspace.session.history.position
    hand.panel.editor.select([])
    hand.key(Qt.Key.Key_Up)
    assert hand.workspace.selection == ("C",), "the nearest to the middle"
    hand.key(Qt.Key.Key_Up)
    hand.key(Qt.Key.Key_Left, CONTROL)
    assert hand.workspace.selection == ("B", "A")
    hand.key(Qt.Key.Key_Right, CONTROL)
    hand.key(Qt.Key.Key_Slash)
    hand.type("M")
    hand.press(Qt.Key.Key_Return, SHIFT)
    assert hand.workspace.selection[-1] == "M" and len(hand.workspace.selection) == 3
    hand.panel.editor.select(["A"])
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        hand.key(key, CONTROL | SHIFT)
    assert hand.panel.scene.at["A"] == (-80, -90)
    assert hand.workspace.session.history.position == steps + 1, "one step, however many were pressed"
    hand.workspace.undo()
    assert hand.panel.scene.at["A"] == (-100, -100)
    zoom = hand.panel.view.zoom_level
    hand.key(Qt.Key.Key_Minus)
    assert hand.panel.view.zoom_level < zoom
    hand.key(Qt.Key.Key_Plus)
    assert hand.panel.view.zoom_level == pytest.approx(zoom)


def test_lights_that_are_added_have_names_apart(hand: Hand) -> None:
    editor = hand.panel.editor
    for _ in range(3):
        editor.create("light.point", branch=True)
    editor.create("light.directional", branch=True)
    given = {name: dict(state.values) for name, state in hand.graph.items()}
    assert given == {
        "PointLight1": {},
        "PointLight2": {"light_name": "point2"},
        "PointLight3": {"light_name": "point3"},
        "DirectionalLight1": {},
    }


def test_a_note_has_room_for_all_of_its_text(hand: Hand) -> None:
    hand.add("StickyNote", name="N", at=(0, 0))
    item = hand.panel.scene.items_by_name["N"]
    short = item.rect
    hand.workspace.session.set("N", text="The rim is linked to the matte of the man. " * 8)
    assert item.rect.height() > 2 * short.height() and item.rect.topLeft() == short.topLeft()
    hand.workspace.session.set("N", text="Short again")
    assert item.rect == short


def test_in_a_low_graph_what_is_chosen_by_arrows_is_in_sight(hand: Hand) -> None:
    hand.panel.resize(700, 230)
    QApplication.processEvents()
    hand.key(Qt.Key.Key_Tab)
    chooser = hand.panel.chooser
    assert hand.panel.rect().contains(chooser.geometry())
    for _ in range(11):
        hand.press(Qt.Key.Key_Down)
    rows = chooser.list
    assert rows.currentRow() == 11
    assert rows.viewport().rect().contains(rows.visualItemRect(rows.currentItem()))
    hand.press(Qt.Key.Key_Escape)
