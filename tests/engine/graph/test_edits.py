"""Edits: wires are rewired as hands expect, names and links follow, what cannot be is refused."""

import pytest

import script_toys
from rimlight.engine import Expr, Graph, GraphError, NodeState, ParameterError
from rimlight.engine.graph import edits

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def wires(graph: Graph) -> dict[str, dict[str, str]]:
    return {name: dict(state.inputs) for name, state in graph.items()}


def chain() -> Graph:
    """S -> B1 -> B2 -> M.B, S -> M.A"""
    g, s = edits.add(Graph(), "toy.source", name="S")
    g, one = edits.add(g, "ToyBlur", name="B1", sources=[s], values={"size": 2})
    g, two = edits.add(g, "toyblur", name="B2", sources=[one], ui={"position": [10, 20]})
    return edits.add(g, "toy.merge", name="M", sources=[two, s])[0]


def test_add_names_wires_and_sets() -> None:
    g = chain()
    assert wires(g) == {"S": {}, "B1": {"image": "S"}, "B2": {"image": "B1"}, "M": {"B": "B2", "A": "S"}}
    assert g["B1"] == NodeState("toy.blur", 3, {"size": 2.0}, {"image": "S"})
    g, name = edits.add(g, "toy.merge", sources=["S", "B1", "B2", "M"], inputs={"mask": "S"})
    assert name == "ToyMerge1"
    assert dict(g[name].inputs) == {"B": "S", "A": "B1", "A2": "B2", "A3": "M", "mask": "S"}
    assert edits.add(g, "toy.merge")[1] == "ToyMerge2"


def test_add_refuses_with_a_sentence() -> None:
    g = chain()
    with pytest.raises(GraphError, match=r"no node kind 'toy\.blurr', perhaps toy\.blur"):
        edits.add(g, "toy.blurr")
    with pytest.raises(GraphError, match="the name 'M' is taken"):
        edits.add(g, "toy.blur", name="M")
    with pytest.raises(GraphError, match=r"N \(ToySource\) takes 0 inputs, found S"):
        edits.add(g, "toy.source", name="N", sources=["S"])
    with pytest.raises(GraphError, match="there is no node 'Nobody'"):
        edits.add(g, "toy.blur", sources=["Nobody"])
    with pytest.raises(ParameterError, match="within 0 upwards"):
        edits.add(g, "toy.blur", values={"size": -1})


@pytest.mark.parametrize("name", ["self", "parent"])
def test_no_new_node_has_a_name_that_links_cannot_lead_to(name: str) -> None:
    g = chain()
    for call in (lambda: edits.add(g, "toy.blur", name=name), lambda: edits.rename(g, "M", name)):
        with pytest.raises(GraphError, match=f"a node cannot be called '{name}'"):
            call()
    old = g.put(name, g["B1"])  # of a script that has one
    assert edits.rename(old, name, "Other")["Other"] == g["B1"]
    pasted, names = edits.paste(Graph(), old)
    assert names[name] == f"{name}1" and name not in pasted


def test_a_new_group_is_empty_inside() -> None:
    g, name = edits.add(Graph(), "Group")
    assert g[name].graph == Graph()


def test_insert_after_takes_over_all_wires() -> None:
    g, _ = edits.insert_after(chain(), "S", "toy.blur", name="N")
    assert wires(g) == {
        "S": {},
        "B1": {"image": "N"},
        "B2": {"image": "B1"},
        "M": {"B": "B2", "A": "N"},
        "N": {"image": "S"},
    }


def test_insert_on_a_wire_takes_over_that_one() -> None:
    g, name = edits.add(chain(), "toy.merge", name="N")
    g = edits.insert_on_wire(g, name, "M", "A")
    assert wires(g)["N"] == {"B": "S"} and wires(g)["M"] == {"B": "B2", "A": "N"} and wires(g)["B1"] == {"image": "S"}
    with pytest.raises(GraphError, match="nothing is wired there"):
        edits.insert_on_wire(g, "N", "M", "mask")
    with pytest.raises(GraphError, match="S takes no input"):
        edits.insert_on_wire(g, "S", "M", "A")
    with pytest.raises(GraphError, match="close a cycle"):
        edits.insert_on_wire(g.connect("M", "A", "B2"), "M", "B2", "image")


def test_nodes_of_a_damaged_script_that_feed_each_other_can_be_deleted() -> None:
    states = {
        name: NodeState("toy.blur", 3, inputs={"image": source}) for name, source in ("AB", "BA", "CB", "DC", "ED")
    }
    assert wires(edits.delete(Graph(states), ["A", "B"])) == {"C": {}, "D": {"image": "C"}, "E": {"image": "D"}}
    states["D"] = states["D"].with_(inputs={"image": "E"})
    assert wires(edits.delete(Graph(states), ["E"]))["D"] == {}, "no wire from a node to itself"


def test_copies_get_the_first_free_numbers_in_turn() -> None:
    g = chain().put("B4", NodeState("toy.blur", 3))
    assert edits.duplicate(g, ["B2", "B1", "S"])[1] == {"S": "S1", "B1": "B3", "B2": "B5"}


def test_extract_keeps_the_nodes_and_feeds_past_them() -> None:
    g = edits.extract(chain(), ["B1", "B2"])
    assert wires(g) == {"S": {}, "B1": {}, "B2": {"image": "B1"}, "M": {"B": "S", "A": "S"}}


def test_delete_feeds_past_through_the_trunk() -> None:
    g = edits.add(chain(), "toy.blur", name="Last", sources=["M"])[0]
    assert wires(edits.delete(g, ["M"])) == {
        "S": {},
        "B1": {"image": "S"},
        "B2": {"image": "B1"},
        "Last": {"image": "B2"},
    }
    assert wires(edits.delete(g, ["S"]))["B1"] == {}
    assert wires(edits.delete(g, list(g))) == {}
    with pytest.raises(GraphError, match="no node 'Nobody'"):
        edits.delete(g, ["M", "Nobody"])


def test_nodes_of_an_unknown_kind_are_fed_past_too() -> None:
    """What a colleague's plugin made is deleted from the flow without the flow being cut."""
    lost = {"mask": "B1", "image": "S"}, {"rig": "B1", "B": "S"}, {"mask": "B1", "source": "S"}
    for inputs in lost:
        g = chain().put("X", NodeState("lost.kind", inputs=inputs)).connect("B2", "image", "X")
        assert edits.delete(g, ["X"])["B2"].inputs["image"] == "S"
    alone = chain().put("X", NodeState("lost.kind")).connect("B2", "image", "X")
    assert dict(edits.delete(alone, ["X"])["B2"].inputs) == {}


def test_feeding_past_never_makes_a_wrong_wire() -> None:
    class Baker(script_toys.ToyLight):
        """A picture from a rig."""

        result = script_toys.Image

    from rimlight.engine import node, registry

    node("toy.baker")(Baker)
    try:
        g = edits.add(Graph(), "toy.light", name="L")[0]
        g = edits.add(g, "toy.baker", name="K", inputs={"rig": "L"})[0]
        g = edits.add(g, "toy.blur", name="B", sources=["K"])[0]
        assert wires(edits.delete(g, ["K"])) == {"L": {}, "B": {}}
    finally:
        registry.discard("toy.baker")


def test_swap_inputs() -> None:
    g = edits.swap_inputs(chain(), "M")
    assert dict(g["M"].inputs) == {"B": "S", "A": "B2"}
    half = edits.swap_inputs(g.connect("M", "A", None), "M")
    assert dict(half["M"].inputs) == {"A": "S"}
    with pytest.raises(GraphError, match="B1 has no two inputs"):
        edits.swap_inputs(g, "B1")


def test_set_many_sets_all_or_nothing() -> None:
    inner = Graph({"Soft": NodeState("toy.blur", 3)})
    g = chain().put("G", NodeState("structure.group", graph=inner))
    h = edits.set_many(g, {"B1.size": 9, "G/Soft.count": 5})
    assert h["B1"].value("size") == 9.0 and h.at("G/Soft").value("count") == 5
    with pytest.raises(GraphError, match="'size' names no parameter"):
        edits.set_many(g, {"B1.size": 9, "size": 1})


def test_duplicates_keep_inner_wires_and_links() -> None:
    g = chain().set_value("B2", "size", Expr("B1.size * 2 + S.level"))
    g, names = edits.duplicate(g, ["B1", "B2"], (5, 7))
    assert names == {"B1": "B3", "B2": "B4"}
    assert wires(g)["B3"] == {} and wires(g)["B4"] == {"image": "B3"}
    assert g["B4"].values["size"] == Expr("B3.size * 2 + S.level")
    assert g["B4"].ui["position"] == [15, 27]
    g, names = edits.duplicate(chain(), ["M", "B2"], keep_inputs=True)
    assert wires(g)[names["M"]] == {"B": names["B2"], "A": "S"} and wires(g)[names["B2"]] == {"image": "B1"}


def test_pasted_names_are_counted_on_and_links_out_of_groups_follow() -> None:
    inner = Graph(
        {
            "Soft": NodeState("toy.blur", 3, {"size": Expr("parent.B1.size + Hard.size")}),
            "Hard": NodeState("toy.blur", 3),
        }
    )
    piece = Graph(
        {"B1": NodeState("toy.blur", 3), "B2": NodeState("toy.blur", 3), "G": NodeState("structure.group", graph=inner)}
    )
    base = Graph({"B1": NodeState("toy.source")})
    g, names = edits.paste(base, piece)
    assert names == {"B1": "B3", "B2": "B2", "G": "G"}
    assert g.at("G/Soft").values["size"] == Expr("parent.B3.size + Hard.size")
    again, names = edits.paste(g, piece)
    assert names == {"B1": "B4", "B2": "B5", "G": "G1"}
    assert again.at("G1/Soft").values["size"] == Expr("parent.B4.size + Hard.size")


def test_rename_follows_at_every_level() -> None:
    inner = Graph(
        {
            "In": NodeState("structure.input"),
            "Soft": NodeState("toy.blur", 3, {"size": Expr("parent.B1.size")}, {"image": "In"}),
            "Next": NodeState("toy.blur", 3, {"size": Expr("Soft.size + self.count")}, {"image": "Soft"}),
        }
    )
    group = NodeState("structure.group", graph=inner, inputs={"In": "B1"}, promoted={"amount": "Soft.size"})
    g = chain().put("G", group).set_value("B2", "size", Expr("G.Soft.size + B1.size"))
    h = edits.rename(g, "B1", "Plate")
    assert h.at("G/Soft").values["size"] == Expr("parent.Plate.size")
    assert h["B2"].values["size"] == Expr("G.Soft.size + Plate.size")
    assert dict(h["G"].inputs) == {"In": "Plate"}
    h = edits.rename(h, "G/Soft", "Glow")
    assert h["B2"].values["size"] == Expr("G.Glow.size + Plate.size")
    assert h.at("G/Next").values["size"] == Expr("Glow.size + self.count")
    assert dict(h["G"].promoted) == {"amount": "Glow.size"}
    h = edits.rename(h, "G/In", "Door")
    assert dict(h["G"].inputs) == {"Door": "Plate"} and dict(h.at("G/Glow").inputs) == {"image": "Door"}
    h = edits.rename(h, "G", "Look")
    assert h["B2"].values["size"] == Expr("Look.Glow.size + Plate.size")
    with pytest.raises(GraphError, match="the name 'M' is taken"):
        edits.rename(g, "B1", "M")
