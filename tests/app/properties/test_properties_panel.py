"""The panel: which nodes are open, finding, the header, presets, groups."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolTip
from pytestqt.qtbot import QtBot

from desktops import hold_files
from rimlight.app.facts import described
from rimlight.app.preferences import read_json, write_json
from rimlight.app.presets import Presets
from rimlight.app.properties import menu
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.parameter import find, parameters_of
from rimlight.app.properties.sections import sections_of
from rimlight.app.workspace import Message, Workspace
from rimlight.engine import Expr, Graph, NodeState, registry


def paths(panel: PropertiesPanel) -> list[str]:
    return [node.path for node in panel.nodes]


def test_the_newest_is_on_top_and_too_many_go(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    names = [s.add("color.grade") for _ in range(4)]
    panel.set_limit(3)
    workspace.properties_requested.emit(names[0])
    panel.nodes[0].header.pin.setChecked(True)
    for name in names[1:]:
        workspace.properties_requested.emit(name)
    qtbot.waitUntil(lambda: panel.settled)
    assert paths(panel) == ["Grade4", "Grade3", "Grade1"]  # Grade1 is pinned
    workspace.properties_requested.emit("Grade3")
    assert paths(panel) == ["Grade3", "Grade4", "Grade1"]
    assert workspace.opened == ("Grade3", "Grade4", "Grade1")
    panel.close_all()
    assert paths(panel) == ["Grade1"]
    panel.close_all()
    assert workspace.opened == ()


def test_nodes_that_are_opened_together_come_one_by_one_from_the_top(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    names = [workspace.session.add("color.grade") for _ in range(6)]
    panel.set_limit(4)
    seen: list[list[str]] = []
    workspace.opened_changed.connect(lambda: seen.append(list(workspace.opened)))
    for name in names:
        workspace.properties_requested.emit(name)
    assert paths(panel) == ["Grade1"] and not panel.settled, "the window goes on in between"
    with qtbot.waitSignal(panel.settled_changed):
        pass
    assert seen == [
        ["Grade1"], ["Grade6", "Grade1"], ["Grade6", "Grade5", "Grade1"],
        ["Grade6", "Grade5", "Grade4", "Grade1"], ["Grade6", "Grade5", "Grade4", "Grade3"],
    ]  # fmt: skip
    for name in names:
        workspace.properties_requested.emit(name)
    panel.close_all()
    with qtbot.waitSignal(panel.settled_changed):
        pass
    assert paths(panel) == []


def test_it_follows_renames_removal_and_undo(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    s.add("color.grade")
    panel.open("Grade1")
    header = panel.nodes[0].header
    header.name.setFocus()
    header.name.selectAll()
    qtbot.keyClicks(header.name, "Warm")
    qtbot.keyClick(header.name, Qt.Key.Key_Return)
    assert "Warm" in workspace.graph
    assert paths(panel) == ["Warm"]
    s.set("Warm", mix=0.5)
    assert panel.nodes[0].row("mix").numbers == [0.5]
    workspace.undo()
    assert panel.nodes[0].row("mix").numbers == [1.0]
    s.remove("Warm")
    assert paths(panel) == []


def test_a_node_and_the_frames_of_the_project_are_taken_back_at_once(
    panel: PropertiesPanel, workspace: Workspace
) -> None:
    """Rows of the node that was gone already were asked to follow the project, and the panel kept them."""
    s = workspace.session
    s.add("color.grade")
    s.set_project(frames=[1001, 1101])
    panel.open("Grade1")
    s.history.go(0)
    assert paths(panel) == [] and workspace.opened == ()
    s.history.go(2)
    panel.open("Grade1")
    assert paths(panel) == ["Grade1"]


def test_finding_and_modified_only(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("color.grade", mix=0.5)
    panel.open("Grade1")
    qtbot.keyClicks(panel.search, "clamp")
    shown = [row.parameter.name for row in panel.nodes[0].rows if not row.isHidden()]
    assert "white_clamp" in shown
    assert "mix" not in shown
    panel.search.clear()
    panel.modified.click()
    assert [row.parameter.name for row in panel.nodes[0].rows if not row.isHidden()] == ["mix"]
    workspace.session.set("Grade1", reverse=True)
    assert [row.parameter.name for row in panel.nodes[0].rows if not row.isHidden()] == ["reverse", "mix"]


def test_the_undo_of_a_node_leaves_others_alone(panel: PropertiesPanel, workspace: Workspace) -> None:
    s = workspace.session
    s.add("color.grade")
    s.add("color.gamma")
    panel.open("Grade1")
    token = object()
    for mix in (0.9, 0.8, 0.7):
        s.set("Grade1", token, mix=mix)
    s.set("Gamma1", mix=0.3)
    s.set("Grade1", reverse=True)
    header = panel.nodes[0].header
    header.undo.click()
    assert dict(workspace.graph["Grade1"].values) == {"mix": 0.7}
    header.undo.click()
    assert dict(workspace.graph["Grade1"].values) == {}
    assert dict(workspace.graph["Gamma1"].values) == {"mix": 0.3}
    assert not header.undo.isEnabled()
    header.redo.click()
    header.redo.click()
    assert dict(workspace.graph["Grade1"].values) == {"mix": 0.7, "reverse": True}


def test_disable_help_colour(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("color.grade")
    panel.open("Grade1")
    header = panel.nodes[0].header
    header.enable.click()
    assert workspace.graph["Grade1"].values["disable"] is True
    with qtbot.waitSignal(workspace.help_requested) as asked:
        header.help.click()
    assert asked.args == ["color.grade"]
    header.note.setFocus()
    qtbot.keyClicks(header.note, "key light")
    qtbot.keyClick(header.note, Qt.Key.Key_Return)
    assert workspace.graph["Grade1"].value("note") == "key light"
    header._set_color("#804020")
    assert workspace.graph["Grade1"].ui["color"] == "#804020"


def test_errors_stand_in_the_header(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("color.grade")
    panel.open("Grade1")
    qtbot.waitUntil(lambda: panel.nodes[0].header.message.text() == "input 'image' is not wired: the image")
    workspace.session.add("toy.coordinates")
    workspace.session.connect("Grade1", "image", "Coordinates1")
    qtbot.waitUntil(lambda: "×" in panel.nodes[0].header.message.text())
    info = workspace.facts.info("Grade1")
    assert info is not None and panel.nodes[0].header.message.text() == described(info)
    named = replace(info, frames=(1001, 1024), layers=tuple(replace(info.layers[0], name=f"l{i}") for i in range(8)))
    size = f"{info.display.width} × {info.display.height}"
    assert described(named) == f"{size}, frames 1001-1024, l0, l1, l2, l3, l4, l5 and 2 more"
    sky = panel.open(workspace.session.add("light.environment"))
    qtbot.waitUntil(lambda: sky.header.message.text().startswith("not wired: image (lat-long picture"))


def test_no_row_moves_when_a_message_comes_or_goes(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    node = panel.open(workspace.session.add("toy.coordinates"))
    below = panel.open(workspace.session.add("color.grade"))
    assert node is not None and below is not None
    message, places = node.header.message, []
    qtbot.waitUntil(lambda: bool(message.text() and below.header.message.text()) and workspace.facts.settled)
    for text in ("", "one sentence", "far too long for the line of a panel " * 9, "two\nlines", ""):
        message.show_message(text, "error")
        QApplication.processEvents()
        rows = [*node.rows, *below.rows]
        places.append([row.mapToGlobal(QPoint()).y() for row in rows if row.isVisible()])
        assert message.text() == text and all(line in message.toolTip() for line in text.split("\n"))
    assert places[0] and all(there == places[0] for there in places)
    message.show_message("lens <b> & more", "warning")
    message.copy()
    assert QApplication.clipboard().text() == "lens <b> & more" and "&lt;b&gt; &amp; more" in message.toolTip()
    qtbot.mouseClick(message, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(QToolTip.isVisible)
    QToolTip.hideText()


def test_kinds_that_are_not_installed_are_shown(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.put_level(Graph({"X1": NodeState("foreign.kind", values={"a": 1, "name": "Grün"})}), "test")
    panel.open("X1")
    assert "not installed" in panel.nodes[0].header.message.text()
    kept = next(label for label in panel.nodes[0].findChildren(QLabel) if label.text() == 'a  1\nname  "Grün"')
    qtbot.waitUntil(kept.isVisible)  # to be read, where another node has to take them over
    later = NodeState("color.grade", registry.find("color.grade").version + 8, {"gain": 2.0})
    workspace.put_level(Graph({"X1": later}), "test")
    assert "newer than the installed" in panel.nodes[0].header.message.text()
    assert [label for label in panel.nodes[0].findChildren(QLabel) if label.text() == "gain  2.0"]


def test_presets_are_saved_loaded_and_kept(
    panel: PropertiesPanel, workspace: Workspace, config: Path, qtbot: QtBot
) -> None:
    s = workspace.session
    s.add("color.grade", mix=0.5, gamma=(Expr("frame"), 1.0, 1.0, 1.0))
    s.add("color.grade", reverse=True)
    panel.open("Grade1")
    panel.nodes[0].header.save_preset("half")
    panel.open("Grade2")
    panel.nodes[0].header.load_preset("half")
    assert workspace.graph["Grade2"].values == workspace.graph["Grade1"].values
    panel.nodes[0].header.reset_all()
    assert dict(workspace.graph["Grade2"].values) == {}
    workspace.presets.save_defaults(workspace.graph["Grade1"])
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert read_json(config / "presets" / "color.grade.json")["presets"]["half"]["mix"] == 0.5
    again = Presets(workspace.background)
    qtbot.waitUntil(lambda: again.names("color.grade") == ["half"])
    assert again.defaults("color.grade") == dict(workspace.graph["Grade1"].values)
    again.deleteLater()


def test_a_preset_saved_before_the_others_are_read_keeps_them(workspace: Workspace, config: Path, qtbot: QtBot) -> None:
    path = config / "presets" / "color.grade.json"
    write_json(path, {"presets": {"old": {"mix": 0.25}}, "defaults": {}})
    gate = hold_files(workspace)
    presets = Presets(workspace.background)
    workspace.session.add("color.grade", name="G", mix=0.5)
    presets.save("new", workspace.graph["G"])
    assert presets.names("color.grade") == ["new"]
    gate.set()
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert presets.names("color.grade") == ["new", "old"]
    assert read_json(path)["presets"] == {"new": {"mix": 0.5}, "old": {"mix": 0.25}}
    presets.deleteLater()


def test_a_preset_is_said_to_be_saved_once_it_is(
    panel: PropertiesPanel, workspace: Workspace, config: Path, qtbot: QtBot
) -> None:
    said: list[str] = []
    workspace.message.connect(lambda message: said.append(message.text))
    workspace.session.add("color.grade", name="G", mix=0.5)
    panel.open("G")
    gate = hold_files(workspace)
    panel.nodes[0].header.save_preset("half")
    assert said == []
    gate.set()
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert said == ["Saved the preset “half” of Grade"]
    path = config / "presets" / "color.grade.json"
    path.unlink()
    path.mkdir()
    panel.nodes[0].header.save_preset("more")
    qtbot.waitUntil(lambda: len(said) > 1)
    assert said[1].startswith("the presets cannot be written: ")


def test_groups_show_promoted_parameters(panel: PropertiesPanel, workspace: Workspace) -> None:
    s = workspace.session
    s.add("filter.blur", size=(3.0, 3.0))
    group = s.group("Blur1")
    inside = panel.open(f"{group}/Blur1")
    assert inside is not None
    row = inside.row("size")
    next(a for a in menu.build(row, None).actions() if a.text() == "Show on Group1").trigger()
    outside = panel.open(group)
    assert outside is not None
    shown = outside.row("size")
    assert shown.numbers == [3.0, 3.0]
    assert not shown.modified
    shown.set_component(None, 9.0, None)
    assert workspace.graph.at(group).values["size"] == (9.0, 9.0)
    assert shown.modified
    assert "Rename on the Group…" in [a.text() for a in menu.build(shown, None).actions()]
    menu.rename(shown.shared, shown.parameter, " soft edge ")
    shown = outside.row("soft_edge")
    assert shown.numbers == [9.0, 9.0] and shown.label.text == "soft edge"
    said: list[Message] = []
    workspace.message.connect(said.append)
    menu.rename(shown.shared, shown.parameter, "disable")
    assert "cannot show Blur1.size as 'disable'" in said[-1].text and outside.row("soft_edge") is shown
    next(a for a in menu.build(shown, None).actions() if a.text() == "Take Back from the Group").trigger()
    assert workspace.graph.at(f"{group}/Blur1").values["size"] == (9.0, 9.0)
    assert find(workspace.graph, f"{group}.soft_edge") is None


def test_parameters_that_begin_alike_stand_together(workspace: Workspace) -> None:
    workspace.session.add("color.color_correct")
    sections = sections_of(parameters_of(workspace.graph, "ColorCorrect1"))
    titles = [section.title for section in sections]
    assert titles[:4] == ["", "Shadows", "Midtones", "Highlights"]
    assert titles[-1] == "Node"
    names = [p.name for section in sections for p in section.parameters]
    assert sorted(names) == sorted(p.name for p in parameters_of(workspace.graph, "ColorCorrect1"))


def test_declared_sections_and_what_is_closed_at_first(workspace: Workspace) -> None:
    workspace.session.add("light.relight")
    cls = workspace.graph["Relight1"].cls
    assert cls is not None
    sections = sections_of(parameters_of(workspace.graph, "Relight1"), cls.sections)
    titles = [section.title for section in sections]
    assert titles == ["", "Estimated Surfaces", "Materials", "Shadows", "Camera", "Student", "Node"]
    by_title = {section.title: section for section in sections}
    assert [p.name for p in by_title["Shadows"].parameters][:2] == ["shadows", "occlude"]
    assert not by_title["Student"].open and by_title["Shadows"].open
    names = [p.name for section in sections for p in section.parameters]
    assert sorted(names) == sorted(p.name for p in parameters_of(workspace.graph, "Relight1"))


def test_members_of_families_stand_under_their_titles_behind_what_is_set_by_hand(workspace: Workspace) -> None:
    """FaceFit began with the weights of landmarks, called as the landmarks are: "left outer 1" under "Brow"."""
    fit, render = workspace.session.add("face.fit"), workspace.session.add("face.render")
    for path, title, family in ((fit, "Weights of Landmarks", "weight"), (render, "Expression", "expression")):
        cls = workspace.graph[path].cls
        assert cls is not None
        of = next(each for each in cls.families if each.name == family)
        specs = [of.spec(f"brow_left_{number}", default=1.0) for number in range(20)]
        sections = sections_of(parameters_of(workspace.graph, path, lambda _, specs=specs: specs), cls.sections)
        members = next(section for section in sections if section.title == title)
        assert [p.spec for p in members.parameters] == specs and not members.open
        assert sections[0].title == "" and not any(p.spec in specs for p in sections[0].parameters)
        assert [s.title for s in sections if any(p.spec in specs for p in s.parameters)] == [title]


def test_the_centre_of_a_transform_is_no_part_of_its_skew(workspace: Workspace) -> None:
    workspace.session.add("transform.transform")
    cls = workspace.graph["Transform1"].cls
    assert cls is not None
    first, skew, *_ = sections_of(parameters_of(workspace.graph, "Transform1"), cls.sections)
    assert [p.name for p in first.parameters][:4] == ["translate", "rotate", "scale", "center"]
    assert (skew.title, len(skew.parameters)) == ("Skew", 3)


def test_rows_and_buttons_fit_a_narrow_panel(panel: PropertiesPanel, workspace: Workspace) -> None:
    """A screen of 1366 pixels has 390 for it: sliders, units and keys of Paint and Camera were cut off."""
    for kind in ("draw.paint", "draw.roto", "light.camera", "face.fit", "light.point"):
        node = panel.open(workspace.session.add(kind))
        assert node is not None
        assert node.minimumSizeHint().width() <= 380, kind


def test_lights_and_grades_fit_the_narrowest_panel(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    """A screen of 1920 pixels at a scale of two leaves 285 for it: the field of a colour made all rows wider."""
    panel.resize(285, 500)
    for kind in ("color.grade", "light.directional", "light.area", "light.relight"):
        node = panel.open(workspace.session.add(kind))
        assert node is not None
        qtbot.waitUntil(lambda node=node: node.isVisible() and node.width() <= 275)  # type: ignore[misc]


def test_a_search_finds_what_is_in_a_closed_section(panel: PropertiesPanel, workspace: Workspace) -> None:
    workspace.session.add("light.relight")
    node = panel.open("Relight1")
    assert node is not None
    assert "working_size" not in {row.parameter.name for row in node.rows}
    panel.search.setText("working")
    shown = {row.parameter.name for row in node.rows if not row.isHidden()}
    assert "working_size" in shown and "roughness" not in shown


def test_new_parameters_of_an_edit_elsewhere_do_not_rebuild_rows(panel: PropertiesPanel, workspace: Workspace) -> None:
    s = workspace.session
    s.add("color.grade")
    s.add("color.gamma")
    panel.open("Grade1")
    row = panel.nodes[0].row("mix")
    asked: list[int] = []
    row.show_value = lambda: asked.append(1)  # type: ignore[method-assign]
    s.set("Gamma1", mix=0.2)
    s.set("Grade1", reverse=True)
    assert asked == []
    s.set("Grade1", mix=0.2)
    assert asked == [1]
    QApplication.processEvents()
