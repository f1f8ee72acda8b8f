"""The strokes of a paint in the panel: switched, ordered, deleted."""

import weakref

import pytest

import rimlight.app.properties.strokes_row as strokes_row_module
from calls import noted
from desktops import Make
from rimlight.app.properties.panel import PANEL, PropertiesPanel
from rimlight.app.properties.stroke_numbers import life_of, life_text
from rimlight.app.properties.strokes_row import StrokesRow
from rimlight.app.workspace import Workspace
from rimlight.engine import Expr


@pytest.fixture
def row(make_panel: Make, workspace: Workspace) -> StrokesRow:
    """By a weak reference, as what a test is given outlives the leak check."""
    panel = make_panel(PANEL, PropertiesPanel)
    workspace.session.add(
        "draw.paint", name="P",
        strokes=[
            {"name": "a", "points": [[1, 2]]},
            {"name": "b", "brush": "dodge", "stops": -0.5, "frames": [90, None], "points": [[3, 4]]},
        ],
    )  # fmt: skip
    node = panel.open("P")
    assert node is not None
    found = node.row("strokes")
    assert isinstance(found, StrokesRow)
    return weakref.proxy(found)


def names(workspace: Workspace) -> list[str]:
    return [stroke["name"] for stroke in workspace.graph["P"].value("strokes").to_data()]


def test_lines_say_what_strokes_do_and_when(row: StrokesRow) -> None:
    assert [line.about.text() for line in row.lines] == ["paint", "burn -0.5, 90.."]


def test_lines_of_light_say_what_they_mean_and_have_no_more_numbers_than_they_keep(
    make_panel: Make, workspace: Workspace
) -> None:
    panel = make_panel(PANEL, PropertiesPanel)
    said = [{"points": [[1, 2]]}, {"brush": "in_shadow", "frames": [3, 5], "points": [[3, 4]]}]
    workspace.session.add("learned.light_scribble", name="L", strokes=said)
    node = panel.open("L")
    assert node is not None
    row = node.row("strokes")
    assert isinstance(row, StrokesRow)
    assert [line.about.text() for line in row.lines] == ["brighten", "in_shadow, 3..5"]
    row.lines[1].more.click()
    numbers = row.lines[1].numbers
    assert numbers is not None
    assert {name for name, fields in numbers.fields.items() if not fields[0].parentWidget().isHidden()} == {
        "size", "hardness", "opacity",
    }  # fmt: skip
    numbers.fields["opacity"][0].set_to.emit(0.5, None)
    assert workspace.graph["L"].value("strokes").to_data()[1]["opacity"] == 0.5


def test_only_lines_of_strokes_that_changed_are_shown_anew(
    row: StrokesRow, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = noted(monkeypatch, (strokes_row_module, "key_frames"), what=lambda stroke: stroke["name"])
    row.change(1, size=12.0)
    assert shown == ["b"]
    going = {"keys": [[1, 0, "linear"], [9, 1, "linear"]]}
    workspace.session.set("P", strokes=[{"name": "a", "opacity": going, "points": [[1, 2]]}, *tuple(row.value)[1:]])
    shown.clear()
    workspace.set_frame(5)
    assert shown == ["a"], "at another frame those with keys are other ones"


def test_a_stroke_is_switched_off_renamed_and_made_fainter(row: StrokesRow, workspace: Workspace) -> None:
    row.lines[0].box.click()
    row.lines[1].name.entered.emit("cheek")
    row.lines[1].more.click()
    row.lines[1].numbers.fields["opacity"][0].set_to.emit(0.5, None)
    one, two = workspace.graph["P"].value("strokes").to_data()
    assert one["visible"] is False and two["name"] == "cheek" and two["opacity"] == 0.5
    workspace.undo()
    assert "opacity" not in workspace.graph["P"].value("strokes").to_data()[1]


def test_strokes_are_ordered_and_deleted(row: StrokesRow, workspace: Workspace) -> None:
    row.reorder(1, -1)
    assert names(workspace) == ["b", "a"]
    row.remove(0)
    assert names(workspace) == ["a"] and len(row.lines) == 1


def test_what_a_stroke_keeps_of_its_brush_is_changed_below_its_line(row: StrokesRow, workspace: Workspace) -> None:
    line = row.lines[1]
    assert line.numbers is None, "made only when it is asked for"
    line.more.click()
    fields = line.numbers.fields
    shown = {name: not found[0].parentWidget().isHidden() for name, found in fields.items()}
    assert {name for name, on in shown.items() if on} == {"size", "hardness", "opacity", "stops"}
    assert line.numbers.mode.isHidden()
    assert fields["stops"][0].value == -0.5 and line.numbers.life.text() == "90.."
    fields["size"][0].set_to.emit(12.0, None)
    fields["stops"][0].set_to.emit(1.5, None)
    line.numbers.life.entered.emit("100..110")
    changed = workspace.graph["P"].value("strokes").to_data()[1]
    assert (changed["size"], changed["stops"], changed["frames"]) == (12, 1.5, [100, 110])
    assert line.about.text() == "dodge +1.5, 100..110"
    line.more.click()
    assert line.numbers.isHidden()


def test_what_pressure_changes_is_chosen_for_strokes_of_a_pen(row: StrokesRow, workspace: Workspace) -> None:
    workspace.session.set("P", strokes=[{"points": [[1, 2]]}, {"points": [[1, 2], [3, 4, 0.5]]}])
    for line in row.lines:
        line.more.click()
    assert [line.numbers.pressure.isHidden() for line in row.lines] == [True, False]
    row.lines[1].numbers.pressure.chosen.emit("opacity")
    assert workspace.graph["P"].value("strokes").to_data()[1]["pressure"] == "opacity"


def test_one_component_of_a_colour_leaves_the_others(row: StrokesRow, workspace: Workspace) -> None:
    row.lines[0].more.click()
    row.lines[0].numbers.fields["color"][2].set_to.emit(4.0, None)
    assert workspace.graph["P"].value("strokes").to_data()[0]["color"] == [1, 1, 4]


def test_numbers_that_no_stroke_has_are_refused_in_a_sentence(row: StrokesRow, workspace: Workspace) -> None:
    said: list[str] = []
    workspace.message.connect(lambda message: said.append(message.text))
    row.lines[0].more.click()
    before = workspace.document
    for text in ("soon", "9..7"):
        row.lines[0].numbers.life.entered.emit(text)
    row.lines[0].numbers.fields["size"][0].set_to.emit(-1.0, None)
    assert workspace.document is before
    one, two, three = said
    assert "expected such as 7, 7..9" in one and "first frame before the last" in two and "size of stroke 'a'" in three


@pytest.mark.parametrize("life", [(None, None), (7.0, 7.0), (7.0, None), (None, 9.0), (-3.0, 2.5), (1000001.0, None)])
def test_frames_are_read_as_they_are_shown(life: tuple[float | None, float | None]) -> None:
    assert life_of(life_text(life)) == life


def test_lines_are_clicked_and_what_is_chosen_changes_together(row: StrokesRow, workspace: Workspace) -> None:
    row.choose(0, False)
    row.choose(1, True)
    assert [line.chosen for line in row.lines] == [True, True]
    row.lines[1].more.click()
    row.lines[1].numbers.fields["opacity"][0].set_to.emit(0.5, None)
    row.lines[1].numbers.fields["stops"][0].set_to.emit(2.0, None)
    row.lines[0].name.entered.emit("brow")
    one, two = workspace.graph["P"].value("strokes").to_data()
    assert (one["opacity"], two["opacity"]) == (0.5, 0.5) and (one["name"], two["name"]) == ("brow", "b")
    assert two["stops"] == 2 and "stops" not in one, "paint has no use for stops"
    row.choose(1, True)
    row.lines[1].box.click()
    assert [line.chosen for line in row.lines] == [True, False]
    assert [s.get("visible", True) for s in workspace.graph["P"].value("strokes").to_data()] == [True, False]


def test_from_when_a_clone_copies_is_told_and_changed(row: StrokesRow, workspace: Workspace) -> None:
    workspace.session.set("P", strokes=[{"brush": "clone", "time": 2, "points": [[1, 2]]}])
    line = row.lines[0]
    assert line.about.text() == "clone, from +2"
    line.more.click()
    assert not line.numbers.mode.isHidden() and not line.numbers.fields["time"][0].parentWidget().isHidden()
    line.numbers.mode.chosen.emit("absolute")
    line.numbers.fields["time"][0].set_to.emit(1001.0, None)
    assert line.about.text() == "clone, from frame 1001"
    assert workspace.graph["P"].value("strokes").to_data()[0]["time_mode"] == "absolute"


def test_the_diamond_keys_the_place_of_a_stroke_and_of_those_chosen_with_it(
    row: StrokesRow, workspace: Workspace
) -> None:
    row.choose(0, False)
    row.choose(1, True)
    workspace.set_frame(3)
    row.lines[0].marks.key_clicked.emit()
    one, two = workspace.graph["P"].value("strokes").to_data()
    assert one["translate"][0]["keys"] == two["translate"][1]["keys"] == [[3, 0, "smooth"]]
    assert row.lines[0].about.text() == "paint, 1 key"
    workspace.set_frame(9)
    row.lines[0].more.click()
    fields = row.lines[0].numbers.fields
    assert not fields["translate"][0].parentWidget().isHidden()
    fields["translate"][0].set_to.emit(5.0, None)
    fields["opacity"][0].set_to.emit(0.5, None)
    one, two = workspace.graph["P"].value("strokes").to_data()
    for stroke in (one, two):
        assert [key[:2] for key in stroke["translate"][0]["keys"]] == [[3, 0], [9, 5]] and stroke["opacity"] == 0.5
    row.lines[0].marks.key_clicked.emit()
    row.choose(1, True)
    workspace.set_frame(3)
    row.lines[0].marks.key_clicked.emit()
    one, two = workspace.graph["P"].value("strokes").to_data()
    assert not any("keys" in str(one[name]) for name in ("translate", "rotate", "scale") if name in one)
    assert two["translate"][0]["keys"] == [[3, 0, "smooth"]]


def test_what_can_be_followed_is_offered_and_held(row: StrokesRow, workspace: Workspace) -> None:
    menu = row.follow.menu()

    def offered() -> list[str]:
        menu.aboutToShow.emit()
        return [action.text() for action in menu.actions() if action.isEnabled() and action.text()]

    assert offered() == []
    workspace.session.add("Tracker", name="T", track1=(20.0, 30.0), track1_weight=1.0)
    assert offered() == ["T: track1"]
    menu.actions()[0].trigger()
    assert isinstance(workspace.graph["P"].value("translate")[0], Expr)
    assert offered() == ["T: track1", "&Hold Where It Is"]
    menu.actions()[-1].trigger()
    assert workspace.graph["P"].value("translate") == (0, 0)
