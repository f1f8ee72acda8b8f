"""The parameters of a model in the panels: rows with the ranges of its manifest, keys, expressions, links, groups."""

import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from models import STRENGTH, image_io, smooth
from rimlight.app.curves.dopesheet_panel import PANEL as DOPE
from rimlight.app.curves.dopesheet_panel import DopeSheetPanel
from rimlight.app.curves.panel import PANEL as CURVES
from rimlight.app.curves.panel import CurvesPanel
from rimlight.app.properties import menu
from rimlight.app.properties.node_properties import NodePanel
from rimlight.app.properties.number_rows import NumberRow
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.parameter import parameters_of
from rimlight.app.properties.sections import sections_of
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr


@pytest.fixture
def node(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> NodePanel:
    """The properties of a node that runs a model with a parameter, by a weak reference."""
    described = image_io()["inputs"][0], STRENGTH | {"description": "how much of it"}
    path = smooth(tmp_path / "models", inputs=list(described))
    workspace.session.add("toy.coordinates")
    made = panel.open(workspace.session.add("Inference", "Coordinates1", manifest=str(path)))
    assert made is not None
    qtbot.waitUntil(lambda: "model_strength" in names(made))
    return weakref.proxy(made)


def names(node: NodePanel) -> list[str]:
    return [p.name for section in node.sections for p in section.parameters]


def strength(node: NodePanel) -> NumberRow:
    row = node.row("model_strength")
    assert isinstance(row, NumberRow)
    return row


def value(workspace: Workspace) -> object:
    return workspace.graph["Inference1"].values.get("model_strength")


def test_a_row_has_the_range_and_the_default_of_the_manifest(node: NodePanel) -> None:
    row = strength(node)
    assert names(node)[:3] == ["manifest", "model_strength", "layers"]
    assert row.label.text == "strength" and row.number.value == 0.5 and not row.modified
    assert row.track is not None and row.spec.soft == (0, 4)
    assert "how much of it" in row.label.toolTip() and "from 0 to 4" in row.label.toolTip()


def test_many_stand_among_the_other_rows(workspace: Workspace) -> None:
    path = workspace.session.add("Inference")
    family = workspace.graph[path].cls.families[0]  # type: ignore[union-attr]
    words = ("amount", "speed", "key_size", "key_tint", "key_gain", "sum")
    specs = [family.spec(word, default=0.0) for word in words]
    sections = sections_of(parameters_of(workspace.graph, path, lambda _: specs))
    assert [section.title for section in sections] == ["", "Key", "Other", "Mask and Mix", "Node"]
    assert [p.title for p in sections[0].parameters] == ["manifest", "amount", "speed"]
    assert [p.title for p in sections[1].parameters] == ["key size", "key tint", "key gain"]


def test_it_is_typed_keyed_and_undone(node: NodePanel, workspace: Workspace, qtbot: QtBot) -> None:
    row, told = strength(node), []
    workspace.message.connect(lambda message: told.append(message.text))
    row.number.setFocus()
    row.number.selectAll()
    qtbot.keyClicks(row.number, "5")
    qtbot.keyClick(row.number, Qt.Key.Key_Return)
    assert value(workspace) is None and "must be within 0 to 4" in told[-1]
    qtbot.keyClicks(row.number, "2")
    qtbot.keyClick(row.number, Qt.Key.Key_Return)
    assert value(workspace) == 2.0
    row.toggle_key()
    workspace.set_frame(11)
    assert row.states == ["animated"]
    row.track.moved.emit(3.0, object())
    assert value(workspace) == Curve.of((1, 2), (11, 3))
    assert row.states == ["keyframe"] and row is strength(node)  # no row was made anew
    workspace.undo()
    workspace.undo()
    assert value(workspace) == 2.0 and row.number.value == 2.0
    row.reset()
    assert value(workspace) is None and row.number.value == 0.5


def test_expressions_are_shown_and_fail_in_place(node: NodePanel, workspace: Workspace, qtbot: QtBot) -> None:
    row = strength(node)
    workspace.set_frame(4)
    row.edit_expression(0, "frame / 2")
    assert row._entry is not None
    row._entry.commit()
    assert value(workspace) == Expr("frame / 2")
    qtbot.waitUntil(lambda: row.number.value == 2.0)
    workspace.set_frame(10)
    qtbot.waitUntil(lambda: "must be within 0 to 4" in row.error)
    row.edit_expression(0, "Lost1.size")
    row._entry.commit()
    qtbot.waitUntil(lambda: "leads to no node" in row.error)
    qtbot.waitUntil(lambda: workspace.facts.settled)
    assert row is strength(node)  # the model is not asked while the node cannot be made; its range is still known


def test_a_link_from_one_that_is_not_set_sets_it(node: NodePanel, workspace: Workspace, panel: PropertiesPanel) -> None:
    other = panel.open(workspace.session.add("color.gamma"))
    assert other is not None
    menu._copy_link(strength(node), None)
    menu.paste_link(other.row("mix"), None)
    assert value(workspace) == 0.5 and workspace.graph["Gamma1"].value("mix") == Expr("Inference1.model_strength")
    assert workspace.session.value("Gamma1", "mix") == 0.5
    workspace.undo()
    assert value(workspace) is None and workspace.graph["Gamma1"].value("mix") == 1


def test_another_model_has_other_parameters(
    node: NodePanel, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    inputs = [image_io()["inputs"][0], {"name": "s", "parameter": "speed"}]
    other = smooth(tmp_path / "models", name="other", inputs=inputs)
    workspace.session.set("Inference1", model_strength=1.0)
    workspace.session.set("Inference1", manifest=str(other))
    qtbot.waitUntil(lambda: "model_speed" in names(node))
    assert names(node)[1:3] == ["model_speed", "model_strength"]  # what is set can be seen and reset
    qtbot.waitUntil(lambda: workspace.facts.node("Inference1").error is not None)
    assert "model 'other' has no parameter 'strength', it has speed" in str(workspace.facts.node("Inference1").error)
    assert strength(node).track is None
    strength(node).reset()
    assert "model_strength" not in names(node)
    qtbot.waitUntil(lambda: workspace.facts.node("Inference1").error is None)


def test_a_group_shows_it_with_its_range(
    node: NodePanel, workspace: Workspace, panel: PropertiesPanel, qtbot: QtBot
) -> None:
    group = workspace.session.group("Inference1", name="Group")
    qtbot.waitUntil(lambda: workspace.facts.members("Group/Inference1") != ())
    workspace.session.promote(group, "Inference1.model_strength", "amount")
    outside = panel.open(group)
    assert outside is not None
    row = outside.row("amount")
    assert isinstance(row, NumberRow)
    assert row.track is not None and row.number.value == 0.5
    row.set_component(None, 3.0, None)
    assert workspace.graph[group].values["amount"] == 3.0


@pytest.fixture
def keyed(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A selected node whose model has an animated parameter."""
    workspace.session.add("Inference", manifest=str(smooth(tmp_path)), model_strength=Curve.of((1, 0), (10, 2)))
    workspace.select(["Inference1"])
    return workspace


def test_the_curve_editor_has_it(keyed: Workspace, make_panel: Make) -> None:
    panel = make_panel(CURVES, CurvesPanel)
    QApplication.processEvents()
    assert panel.view.curves == {("Inference1.model_strength", 0): Curve.of((1, 0), (10, 2))}
    panel.view.select({("Inference1.model_strength", 0): {0}})
    panel.view.delete_selected()
    assert value(keyed) == Curve.of((10, 2))
    panel.view.select({("Inference1.model_strength", 0): {0}})
    panel.view.delete_selected()
    assert value(keyed) == 2.0


def test_the_dope_sheet_has_it(keyed: Workspace, make_panel: Make) -> None:
    panel = make_panel(DOPE, DopeSheetPanel)
    QApplication.processEvents()
    assert [(row.kind, row.label) for row in panel.view.rows] == [("node", "Inference1"), ("parameter", "strength")]
