"""The graph as a value: edits, wires, names, groups, links."""

import pytest

import toy_nodes
from rimlight.engine import Expr, Graph, GraphError, NodeState, ParameterError, Project, Request, registry
from rimlight.engine.graph.flat import Flat

pytestmark = pytest.mark.usefixtures("toys")


def chain() -> Graph:
    return toy_nodes.graph(("A", "toy.gain", {"gain": 2}), ("B", "toy.gain", {"gain": 3}))


def grouped() -> Graph:
    """C -> Group(In -> Inner gain, promoted as `power` -> Out) -> B"""
    inside = (
        Graph()
        .put("In", NodeState("structure.input"))
        .put("Inner", NodeState("toy.gain", values={"gain": 2.0}))
        .connect("Inner", "image", "In")
        .put("Out", NodeState("structure.output"))
        .connect("Out", "image", "Inner")
    )
    group = NodeState("structure.group", graph=inside, promoted={"power": "Inner.gain"})
    return (
        Graph()
        .put("C", NodeState("toy.coordinates"))
        .put("Group", group)
        .connect("Group", "In", "C")
        .put("B", NodeState("toy.gain", values={"gain": 3.0}))
        .connect("B", "image", "Group")
    )


def test_edits_make_new_graphs_and_share_the_rest() -> None:
    g = chain()
    h = g.set_value("A", "gain", 5)
    assert g["A"].value("gain") == 2.0
    assert h["A"].value("gain") == 5.0
    assert h["B"] is g["B"]


def test_a_value_equal_to_the_default_is_dropped() -> None:
    assert dict(chain().set_value("A", "gain", 1)["A"].values) == {}


@pytest.mark.parametrize("value", ["x", None, float("nan"), float("inf"), [1, 2], True])
def test_a_wrong_value_is_a_sentence(value: object) -> None:
    with pytest.raises(ParameterError, match=r"toy\.gain\.gain = "):
        chain().set_value("A", "gain", value)


def test_a_value_outside_the_hard_range_is_refused() -> None:
    g = toy_nodes.graph(("X", "toy.box", {}))
    with pytest.raises(ParameterError, match="must be within 0 to 50"):
        g.set_value("X", "size", 51)


def test_an_unknown_parameter_names_those_there_are() -> None:
    with pytest.raises(GraphError, match=r"A \(Gain\) has no parameter 'size', it has .*gain"):
        chain().set_value("A", "size", 1)


def test_a_cycle_is_refused() -> None:
    with pytest.raises(GraphError, match="would close a cycle"):
        chain().connect("A", "image", "B")
    with pytest.raises(GraphError, match="would close a cycle"):
        chain().connect("A", "image", "A")


def test_a_socket_that_is_not_there_is_refused() -> None:
    with pytest.raises(GraphError, match="A has no input 'nose', it has image, mask"):
        chain().connect("A", "nose", "C")


def test_removing_a_node_removes_its_wires() -> None:
    g = chain().remove(["A"])
    assert list(g) == ["C", "B"]
    assert dict(g["B"].inputs) == {}


def test_renaming_takes_wires_and_links_along() -> None:
    g = chain().set_value("B", "gain", Expr("A.gain * 2"))
    h = g.rename("A", "Key")
    assert list(h) == ["C", "Key", "B"]
    assert h["B"].inputs["image"] == "Key"
    assert h["B"].values["gain"] == Expr("Key.gain * 2")


@pytest.mark.parametrize("name", ["", "1a", "a b", "a/b", "a.b", "ä"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(GraphError, match="is no node name"):
        chain().rename("A", name)


def test_unused_names_count_on() -> None:
    assert chain().unused_name("A") == "A1"
    assert chain().put("Blur1", NodeState("toy.box")).unused_name("Blur1") == "Blur2"


def test_an_unknown_kind_is_kept_and_fails_only_when_needed() -> None:
    g = chain().put("M", NodeState("lost.kind", values={"anything": [1, {"deep": 2}]}))
    ev = toy_nodes.evaluator()
    assert ev.evaluate(g, Project(format="8x8"), Request("B", 1.0)).region.width == 8
    with pytest.raises(Exception, match=r"M: its kind 'lost\.kind' .* is not installed; install the plugin"):
        ev.evaluate(g, Project(format="8x8"), Request("M", 1.0))


def test_a_kind_of_a_later_version_is_told_as_such() -> None:
    """Whoever looks for a plugin that has it finds none: it is there, and too old."""
    g = chain().put("M", NodeState("toy.box", 9))
    with pytest.raises(Exception, match=r"M: its kind 'toy\.box' is of version 9, newer than .*; update Rimlight"):
        toy_nodes.evaluator().evaluate(g, Project(format="8x8"), Request("M", 1.0))


def test_groups_evaluate_with_their_own_and_promoted_values() -> None:
    ev, project = toy_nodes.evaluator(), Project(format="8x8")
    at = lambda g, path: float(ev.evaluate(g, project, Request(path, 1.0))["rgba"][0, 0, 1])  # noqa: E731
    assert at(grouped(), "B") == 6.0
    assert at(grouped(), "Group") == 2.0
    assert at(grouped(), "Group/Inner") == 2.0
    assert at(grouped().set_value("Group", "power", 7), "B") == 21.0


def test_a_disabled_group_passes_its_input_through() -> None:
    g = grouped().set_value("Group", "disable", True)
    image = toy_nodes.evaluator().evaluate(g, Project(format="8x8"), Request("B", 1.0))
    assert float(image["rgba"][0, 0, 1]) == 3.0


def test_links_reach_into_groups_and_out_of_them() -> None:
    g = grouped().set_value("B", "gain", Expr("Group.power * 10"))
    flat = Flat(g.set_value("Group", "power", 4))
    assert flat.value("B", registry.find("toy.gain").spec("gain"), 1.0) == 40.0
    inner = g.inside("Group").set_value("Inner", "gain", Expr("parent.B.disable + 1"))
    assert (
        Flat(g.replace_inside("Group", inner)).value("Group/Inner", registry.find("toy.gain").spec("gain"), 1.0) == 1.0
    )


def test_the_doors_of_a_group_are_its_sockets() -> None:
    with pytest.raises(GraphError, match="group Group has no input 'image', it has In"):
        grouped().connect("Group", "image", "C")
