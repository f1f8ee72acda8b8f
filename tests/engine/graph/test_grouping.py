"""Groups: made at crossing wires, dissolved again, parameters shown outside; values stay what they were."""

from collections.abc import Mapping
from typing import Any

import pytest

import script_toys
from rimlight.engine import Curve, Document, Expr, Graph, GraphError, NodeState
from rimlight.engine.graph import edits
from rimlight.engine.graph.flat import Flat
from rimlight.engine.graph.grouping import demote, group, promote, rename_promoted, ungroup
from rimlight.engine.script.script import dumps, loads

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def tree() -> Graph:
    """S -> A -> B -> M.B, T -> M.A, M -> End; links in and out of the middle."""
    g = edits.add(Graph(), "toy.source", name="S", values={"level": 7})[0]
    g = edits.add(g, "toy.source", name="T")[0]
    g = edits.add(
        g, "toy.blur", name="A", sources=["S"], values={"size": Expr("S.level + 1")}, ui={"position": [0, 0]}
    )[0]
    g = edits.add(
        g, "toy.blur", name="B", sources=["A"], values={"size": Expr("A.size * 2")}, ui={"position": [10, 40]}
    )[0]
    g = edits.add(g, "toy.merge", name="M", sources=["B", "T"])[0]
    return edits.add(g, "toy.blur", name="End", sources=["M"], values={"size": Expr("B.size + M.mix"), "count": 4})[0]


def sizes(graph: Graph) -> dict[str, Any]:
    """`size` of every blur at frame 3, by the last part of its path."""
    flat = Flat(graph)
    spec = script_toys.ToyBlur.spec("size")
    return {n.path.rpartition("/")[2]: flat.value(n.path, spec, 3) for n in flat if n.state.kind == "toy.blur"}


def wires(graph: Graph) -> Mapping[str, dict[str, str]]:
    return {name: dict(state.inputs) for name, state in graph.items()}


def test_crossing_wires_become_doors() -> None:
    g, path = group(tree(), ["M", "B"])
    assert path == "Group1"
    state = g[path]
    assert wires(g) == {
        "S": {},
        "T": {},
        "A": {"image": "S"},
        path: {"Input1": "A", "Input2": "T"},
        "End": {"image": path},
    }
    assert state.graph is not None
    assert wires(state.graph) == {
        "B": {"image": "Input1"},
        "M": {"B": "B", "A": "Input2"},
        "Input1": {},
        "Input2": {},
        "Output1": {"image": "M"},
    }
    assert dict(state.graph["Input2"].values) == {"number": 2}


@pytest.mark.parametrize(
    "names",
    [["A"], ["B"], ["A", "B"], ["B", "M"], ["A", "B", "M"], ["S", "A"], ["End"], ["S", "A", "B", "T", "M", "End"]],
)
def test_grouping_keeps_values_and_ungrouping_restores_the_graph(names: list[str]) -> None:
    before = tree()
    g, path = group(before, names)
    assert sizes(g) == sizes(before)
    assert loads(dumps(Document(g))).document.graph == g
    after, renamed = ungroup(g, path)
    assert renamed == {name: name for name in names}
    assert dict(after) == dict(before)


def test_links_are_written_from_where_the_node_stands() -> None:
    g, _ = group(tree(), ["A", "B"], name="Soft")
    assert g.at("Soft/A").values["size"] == Expr("parent.S.level + 1")
    assert g.at("Soft/B").values["size"] == Expr("A.size * 2")
    assert g["End"].values["size"] == Expr("Soft.B.size + M.mix")
    assert g["Soft"].ui["position"] == [5, 20]


def test_groups_in_groups() -> None:
    before = tree()
    g, outer = group(before, ["A", "B", "M"], name="Outer")
    g, inner = group(g, ["B"], inside="Outer", name="Core")
    assert inner == "Outer/Core"
    assert g.at("Outer/Core/B").values["size"] == Expr("parent.A.size * 2")
    assert g["End"].values["size"] == Expr("Outer.Core.B.size + Outer.M.mix")
    assert sizes(g) == sizes(before)
    flat, _ = ungroup(ungroup(g, inner)[0], outer)
    assert dict(flat) == dict(before)
    flat, _ = ungroup(ungroup(g, outer)[0], "Core")
    assert dict(flat) == dict(before)


def test_what_cannot_be_grouped_is_refused() -> None:
    with pytest.raises(GraphError, match="without B, which lies between them"):
        group(tree().remove(["End"]), ["A", "M"])
    with pytest.raises(GraphError, match="a group has one output, but T, B all feed"):
        group(tree(), ["B", "T"])
    with pytest.raises(GraphError, match="at least one node"):
        group(tree(), [])
    with pytest.raises(GraphError, match="no node 'Nobody'"):
        group(tree(), ["Nobody"])
    with pytest.raises(GraphError, match="the name 'S' is taken"):
        group(tree(), ["B"], name="S")
    g, _ = group(tree(), ["B"])
    with pytest.raises(GraphError, match="Input1 is a door of the group around it"):
        group(g, ["B", "Input1"], inside="Group1")


def test_ungrouping_counts_names_on_and_bridges_doors() -> None:
    inner = Graph({"In": NodeState("structure.input"), "Out": NodeState("structure.output", inputs={"image": "In"})})
    inner = inner.put("A", NodeState("toy.blur", 3, {"size": Expr("A.count")}))
    g = tree().put("G", NodeState("structure.group", graph=inner, inputs={"In": "S"})).connect("End", "mask", "G")
    g = g.set_value("B", "size", Expr("G.A.size"))
    after, names = ungroup(g, "G")
    assert names == {"A": "A1"}
    assert after["End"].inputs["mask"] == "S"
    assert after["A1"].values["size"] == Expr("A1.count")
    assert after["B"].values["size"] == Expr("A1.size")
    assert after["A"] == g["A"]
    lone, _ = ungroup(g.connect("G", "In", None), "G")
    assert "mask" not in lone["End"].inputs
    with pytest.raises(GraphError, match="'A' is no group"):
        ungroup(g, "A")


def test_promoted_values_rule_and_go_back() -> None:
    before, path = group(tree(), ["A", "B"], name="G")
    g, name = promote(before, path, "A.size")
    assert name == "size" and sizes(g) == sizes(before)
    g = g.set_value("G", "size", Expr("S.level * 10")).set_value("End", "size", Expr("G.size + G.A.size"))
    assert sizes(g) == {"A": 70.0, "B": 140.0, "End": 140.0}
    back = demote(g, path, "size")
    assert dict(back["G"].promoted) == {} and dict(back["G"].values) == {}
    assert back.at("G/A").values["size"] == Expr("parent.S.level * 10")
    assert back["End"].values["size"] == Expr("G.A.size + G.A.size")
    assert sizes(back) == sizes(g)
    flat, _ = ungroup(g, path)
    assert flat["A"].values["size"] == Expr("S.level * 10")
    assert flat["End"].values["size"] == Expr("A.size + A.size")
    assert sizes(flat) == sizes(g)


def test_a_promoted_parameter_is_renamed_and_what_follows_it_goes_on() -> None:
    g, path = group(tree(), ["A", "B"], name="Core")
    g, _ = promote(g, path, "A.size")
    g, _ = promote(g, path, "B.count")
    g, outer = group(g, ["Core"], name="Outer")
    g, _ = promote(g, outer, "Core.size")
    g = g.set_value("Outer", "size", 6).set_value("End", "size", Expr("Outer.Core.size + Outer.size"))
    new = rename_promoted(g, "Outer/Core", "size", "key_size")
    assert dict(new.at("Outer/Core").promoted) == {"key_size": "A.size", "count": "B.count"}, "it keeps its place"
    assert dict(new["Outer"].promoted) == {"size": "Core.key_size"}
    assert new["End"].values["size"] == Expr("Outer.Core.key_size + Outer.size") and sizes(new) == sizes(g)
    assert loads(dumps(Document().with_(graph=new))).document.graph == new
    assert rename_promoted(g, "Outer/Core", "size", "size") is g
    for old, name, sentence in (
        ("size", "count", "taken"), ("size", "a b", "no parameter name"), ("size", "in", "no parameter name"),
        ("gone", "b", "only size, count"),
    ):  # fmt: skip
        with pytest.raises(GraphError, match=sentence):
            rename_promoted(g, "Outer/Core", old, name)


def test_a_renamed_parameter_of_clones_is_followed_at_each() -> None:
    g, path = group(tree(), ["A"], name="G")
    g, _ = promote(g, path, "A.size")
    g, copy = edits.clone(g, "G")
    g = g.set_value("End", "size", Expr(f"{copy}.size + G.size"))
    new = rename_promoted(g, "G", "size", "amount")
    assert new["End"].values["size"] == Expr(f"{copy}.amount + G.amount") and sizes(new) == sizes(g)
    assert dict(new["G"].promoted) == dict(new[copy].promoted) == {"amount": "A.size"}


def test_what_is_taken_back_from_a_clone_is_followed_at_each() -> None:
    g, path = group(tree(), ["A"], name="G")
    g, _ = promote(g, path, "A.size")
    g, copy = edits.clone(g, "G")
    g = g.set_value("End", "size", Expr(f"{copy}.size + G.size"))
    new = demote(g, copy, "size")
    assert new["End"].values["size"] == Expr(f"{copy}.A.size + G.A.size") and sizes(new) == sizes(g)
    assert not new["G"].promoted and not new[copy].promoted


def test_what_is_renamed_in_a_clone_is_followed_into_each() -> None:
    g, _ = group(tree(), ["A"], name="G")
    g, copy = edits.clone(g, "G")
    outer, copies = group(g, [copy], name="Outer")
    outer = outer.set_value("End", "size", Expr(f"{copies}.{copy}.A.size + G.A.size"))
    new = edits.rename(outer, "G/A", "Soft")
    assert new["End"].values["size"] == Expr(f"{copies}.{copy}.Soft.size + G.Soft.size")
    assert sizes(new)["End"] == sizes(outer)["End"]
    assert "Soft" in new.inside(f"{copies}/{copy}")
    assert edits.rename(outer, "G", "H")[copies].graph == outer[copies].graph, "clones have names of their own"


@pytest.mark.parametrize("promoted", [{}, {"size": "A.size"}], ids=["within", "shown"])
def test_clones_that_differ_inside_as_of_a_script_written_by_hand_can_be_edited(promoted: dict[str, str]) -> None:
    g, _ = group(tree(), ["A"], name="G")
    g, copy = edits.clone(g, "G")
    g = g.replace_inside(copy, g.inside(copy).rename("A", "Other"))
    g = g.put("G", g["G"].with_(promoted=promoted)).put(copy, g[copy].with_(promoted=promoted))
    assert "Soft" in edits.rename(g, "G/A", "Soft").inside("G")
    for name in promoted:
        assert not demote(g, "G", name)["G"].promoted


def test_a_promoted_curve_moves_inside() -> None:
    g, path = group(tree(), ["A"], name="G")
    g, _ = promote(g, path, "A.size", "amount")
    g = g.set_value("G", "amount", Curve.of((1, 1), (5, 5), interp="linear"))
    flat, _ = ungroup(g, path)
    assert sizes(flat)["A"] == 3.0 == sizes(g)["A"]


def test_links_of_the_inside_to_the_groups_own_parameters() -> None:
    g, path = group(tree(), ["A", "B"], name="G")
    g, _ = promote(g, path, "A.size")
    g = edits.set_many(g, {"G/B.size": Expr("parent.size + 1")}).set_value("G", "size", 5)
    assert sizes(g)["B"] == 6.0
    flat, _ = ungroup(g, path)
    assert flat["B"].values["size"] == Expr("A.size + 1")
    assert sizes(flat)["B"] == 6.0


def test_promotion_goes_through_groups() -> None:
    g, outer = group(tree(), ["A", "B"], name="Outer")
    g, _ = promote(g, outer, "B.count")
    g = g.set_value("Outer", "count", 7)
    g, inner = group(g, ["B"], inside="Outer", name="Core")
    assert dict(g["Outer"].promoted) == {"count": "Core.count"} and dict(g.at(inner).promoted) == {"count": "B.count"}
    assert Flat(g).value("Outer/Core/B", script_toys.ToyBlur.spec("count"), 1) == 7
    with pytest.raises(GraphError, match="Outer shows 'count' of Outer/Core; take it back there first"):
        demote(g, inner, "count")
    g, _ = ungroup(g, inner)
    assert dict(g["Outer"].promoted) == {"count": "B.count"}
    assert Flat(g).value("Outer/B", script_toys.ToyBlur.spec("count"), 1) == 7


def test_expressions_on_promoted_parameters_are_read_where_they_are_written() -> None:
    g, outer = group(tree(), ["A", "B"], name="Outer")
    g, _ = promote(g, outer, "A.size")
    g, inner = group(g, ["A"], inside="Outer", name="Core")
    g = g.set_value("Outer", "size", Expr("S.level * 3"))
    g = g.set_value("End", "size", Expr("Outer.size + 1"))
    assert sizes(g) == {"A": 21.0, "B": 42.0, "End": 22.0}
    back, _ = ungroup(g, inner)
    assert sizes(back) == sizes(g)
    flat, _ = ungroup(back, outer)
    assert sizes(flat) == sizes(g)


def test_what_cannot_be_promoted_is_refused() -> None:
    g, path = group(tree(), ["A", "B"], name="G")
    g, _ = promote(g, path, "A.size")
    g, second = promote(g, path, "B.size")
    assert second == "B_size"
    for target, name, sentence in [
        ("A.size", None, "G shows A.size already"),
        ("A.nothing", None, "has no parameter 'nothing'"),
        ("Nobody.size", None, "no node 'Nobody'"),
        ("A.count", "size", "the name is taken"),
        ("A.count", "disable", "the name is taken"),
        ("A.count", "a b", "no parameter name"),
    ]:
        with pytest.raises(GraphError, match=sentence):
            promote(g, path, target, name)
    with pytest.raises(GraphError, match="shows no inner parameter as 'count', only size, B_size"):
        demote(g, path, "count")
    with pytest.raises(GraphError, match="'S' is no group"):
        promote(g, "S", "A.size")


def test_what_is_grouped_in_a_clone_is_followed_into_each() -> None:
    g, _ = group(tree(), ["A", "B"], name="G")
    g, copy = edits.clone(g, "G")
    g, around = group(g, [copy], name="Outer")
    g = g.set_value("End", "size", Expr(f"Outer.{copy}.A.size + G.A.size + G.B.size"))
    grouped, path = group(g, ["A"], inside=f"{around}/{copy}", name="K")
    assert path == f"Outer/{copy}/K" and set(grouped.inside("G")) == set(grouped.inside(f"Outer/{copy}"))
    assert grouped["End"].values["size"] == Expr(f"Outer.{copy}.K.A.size + G.K.A.size + G.B.size")
    assert grouped.at("G/K/A").values["size"] == Expr("parent.parent.S.level + 1")
    assert grouped.at(f"Outer/{copy}/K/A").values["size"] == Expr("parent.parent.parent.S.level + 1")
    assert sizes(grouped) == sizes(g)
    dissolved, names = ungroup(grouped, "G/K")
    assert names == {"A": "A"} and dissolved["End"].values["size"] == g["End"].values["size"]
    assert sizes(dissolved) == sizes(g) and dissolved["G"].graph is not None and "K" not in dissolved["G"].graph
    assert dissolved.at("G/A").values == g.at("G/A").values
    assert ungroup(grouped, "G")[0].at("Outer").graph == grouped["Outer"].graph, "clones are dissolved by themselves"
