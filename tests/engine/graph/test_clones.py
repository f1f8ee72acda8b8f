"""Clones share their parameters whatever is edited, in scripts and copies, and are nothing to an evaluation."""

import pytest

from rimlight.engine import Curve, Expr, Graph, GraphError, Session, Settings, dumps, loads
from rimlight.engine.graph import edits
from rimlight.engine.graph.clones import CLONE, declone, is_clone, shared

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


@pytest.fixture
def s() -> Session:
    """Two clones, B and its copy ToyBlur1, and an innocent O."""
    made = Session(Settings())
    made.add("toy.blur", name="B", size=2.0)
    made.add("toy.blur", name="O", size=5.0)
    graph, name = edits.clone(made.graph, "B")
    made.commit(graph, "clone")
    assert name == "B1"
    return made


def test_every_kind_of_value_is_shared_both_ways(s: Session) -> None:
    s.set("B1", mode="box", falloff=Curve.of((0, 3)), offset=(1.0, Expr("O.size")), size=Curve.of((1, 1), (5, 9)))
    assert s.graph["B"].values == s.graph["B1"].values and s.graph["B"].value("mode") == "box"
    s.set("B", size=7.0)
    assert s.graph["B1"].value("size") == 7.0
    s.commit(s.graph.reset_value("B1", "mode"), "reset")
    assert "mode" not in s.graph["B"].values
    assert dict(s.graph["O"].values) == {"size": 5.0}


def test_wires_and_places_are_not_shared(s: Session) -> None:
    s.connect("B", "image", "O")
    s.commit(s.graph.put("B", s.graph["B"].with_(ui={**s.graph["B"].ui, "position": [1, 2]})), "move")
    assert not s.graph["B1"].inputs and "position" not in s.graph["B1"].ui


def test_what_nobody_cloned_is_left_as_it_is(s: Session) -> None:
    after = s.graph.set_value("O", "size", 1.0)
    assert shared(s.graph, after) is after


def test_undo_takes_it_back_at_all(s: Session) -> None:
    before = s.graph
    s.set("B", size=9.0)
    s.undo()
    assert s.graph is before


def test_clones_survive_a_script_and_are_plain_nodes_in_it(s: Session) -> None:
    read = loads(dumps(s.document), "x").document.graph
    assert read["B"].ui[CLONE] == read["B1"].ui[CLONE] and read["B1"].values == s.graph["B1"].values
    s.adopt(loads(dumps(s.document), "x"))
    s.set("B1", size=4.0)
    assert s.graph["B"].value("size") == 4.0


def test_clones_are_followed_into_groups(s: Session) -> None:
    group = s.group("B1", "O")
    s.set("B", size=6.0)
    assert s.graph.at(f"{group}/B1").value("size") == 6.0
    s.set(f"{group}/B1", size=3.0)
    assert s.graph["B"].value("size") == 3.0


def test_clones_of_groups_share_their_insides(s: Session) -> None:
    group = s.group("O", name="G")
    graph, twin = edits.clone(s.graph, group)
    s.commit(graph, "clone")
    s.set(f"{twin}/O", size=8.0)
    s.add("toy.blur", name="Inner", inside=group)
    assert s.graph.at("G/O").value("size") == 8.0 and "Inner" in s.graph.inside(twin)


def test_copies_are_clones_of_each_other_only(s: Session) -> None:
    names = s.duplicate("B", "B1")
    s.set("B", size=1.0)
    s.set(names["B1"], size=11.0)
    assert [s.graph[n].value("size") for n in ("B", "B1", names["B"], names["B1"])] == [1.0, 1.0, 11.0, 11.0]
    (alone,) = s.duplicate("B").values()
    assert not is_clone(s.graph[alone])
    text = s.copy("B", "B1")
    s.paste(text)
    s.paste(text)
    tokens = [state.ui[CLONE] for state in s.graph.values() if is_clone(state)]
    assert sorted(map(tokens.count, tokens)) == [2] * 8


def test_a_text_of_clones_pastes_clones_of_what_is_still_there(s: Session) -> None:
    text = dumps(s.document.with_(graph=edits.as_clones(Graph({"O": s.graph["O"]}), ["O"])))
    s.set("O", size=3.0)
    (made,) = s.paste(text).values()
    assert s.graph[made].value("size") == 3.0
    s.set(made, size=4.0)
    assert s.graph["O"].value("size") == 4.0 and set(s.graph[made].ui) == {CLONE}
    s.remove("O", made)
    assert s.paste(text) == {"O": "O"} and not is_clone(s.graph["O"])


def test_a_clone_without_others_is_none(s: Session) -> None:
    s.remove("B")
    assert not is_clone(s.graph["B1"])
    s.undo()
    assert is_clone(s.graph["B1"])
    s.commit(declone(s.graph, ["B1"]), "declone")
    assert not any(map(is_clone, s.graph.values())) and s.graph["B1"].value("size") == 2.0
    with pytest.raises(GraphError, match="no selected node is a clone"):
        declone(s.graph, ["B1", "O"])


def test_kinds_must_agree(s: Session) -> None:
    from rimlight.engine.graph.clones import with_clones

    s.add("toy.source", name="S")
    with pytest.raises(GraphError, match="S cannot be a clone of B: expected two nodes of one kind"):
        with_clones(s.graph, {"B": "S"})


def test_links_of_a_clone_lead_to_the_same_from_every_group(s: Session) -> None:
    """One that was put into a group wrote its links for that place into the others, where they led nowhere."""
    s.set("B", size=Expr("O.size * 2"))
    group = s.group("B1")
    assert s.graph["B"].values["size"] == Expr("O.size * 2")
    assert s.graph.at(f"{group}/B1").values["size"] == Expr("parent.O.size * 2")
    s.set(f"{group}/B1", size=Expr("parent.O.size * 3"))
    assert s.graph["B"].values["size"] == Expr("O.size * 3")
    s.set("B", size=Expr("O.size * 4"))
    assert s.graph.at(f"{group}/B1").values["size"] == Expr("parent.O.size * 4")
    s.ungroup(group)
    assert s.graph["B"].values == s.graph["B1"].values == {"size": Expr("O.size * 4")}


def test_links_inside_a_cloned_group_stay_inside_each() -> None:
    s = Session(Settings())
    for name, size in (("Key", 3.0), ("A", 2.0)):
        s.add("toy.blur", name=name, size=size)
    s.add("toy.blur", "A", name="B", size=Expr("A.size + Key.size"))
    s.group("A", "B", name="G")
    graph, copy = edits.clone(s.graph, "G")
    s.commit(graph, "clone")
    outer = s.group(copy)
    s.set("G/B", size=Expr("A.size - parent.Key.size"))
    assert s.graph.at("G/B").values["size"] == Expr("A.size - parent.Key.size")
    assert s.graph.at(f"{outer}/{copy}/B").values["size"] == Expr("A.size - parent.parent.Key.size")
    s.set(f"{outer}/{copy}/A", size=Expr("parent.parent.Key.size"))
    assert s.graph.at("G/A").values["size"] == Expr("parent.Key.size")
    assert s.graph.at("G/B").values["size"] == Expr("A.size - parent.Key.size")
