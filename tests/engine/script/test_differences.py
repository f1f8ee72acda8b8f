"""The difference of two scripts, in sentences."""

import pytest

from rimlight.engine import Curve, Document, Expr, Graph, NodeState, Project
from rimlight.engine.script.differences import difference

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def test_every_sort_of_change_is_named() -> None:
    inner = Graph({"Soft": NodeState("toy.blur", 3)})
    group = NodeState("structure.group", graph=inner, promoted={"size": "Soft.size"})
    old = Graph(
        {"S": NodeState("toy.source"), "A": NodeState("toy.blur", 3), "B": NodeState("toy.blur", 3), "G": group}
    )
    old = (
        old.connect("A", "image", "S")
        .connect("B", "image", "A")
        .set_value("A", "size", 2)
        .set_value("A", "mode", "box")
    )
    new = old.remove(["S"]).put("T", NodeState("toy.source", values={"level": 3.0})).connect("B", "image", "T")
    new = new.set_value("A", "size", Expr("T.level")).reset_value("A", "mode")
    new = new.set_value("B", "falloff", Curve.of(*((i, i) for i in range(50))))
    new = new.put("B", new["B"].with_(ui={"position": [1, 2]}, extra={"new": 1}))
    new = new.put("G", group.with_(graph=inner.set_value("Soft", "count", 5), promoted={}))
    lines = difference(Document(old), Document(new, Project(fps=25.0)))
    assert lines == [
        "project.fps: default -> 25.0",
        "removed S (toy.source)",
        "A: input image: S -> not wired",
        'A.mode: "box" -> default',
        "A.size: 2.0 -> = T.level",
        "B: input image: A -> T",
        "B.falloff: default -> 50 keys, 0 at frame 0 to 49 at 49",
        "B: fields that this version does not know changed",
        'G shows: size: "Soft.size" -> default',
        "G/Soft.count: default -> 5",
        "added T (toy.source)",
        "T.level: default -> 3.0",
        "layout: 1 node moved or restyled",
    ]


def test_values_that_move_are_told_as_people_would() -> None:
    """A recovery asked about `{"keys": [[1, 0, "smooth"], [3, 2, "smo`."""
    old = Document(Graph({"B": NodeState("toy.blur", 3)}))
    graph = old.graph.set_value("B", "offset", (Curve.of((1, 0.5)), Expr("frame * 2")))
    graph = graph.set_value("B", "size", Curve.of((1, 0.25), (3, 2), (6.5, 1)))
    assert difference(old, old.with_(graph=graph)) == [
        "B.offset: default -> [1 key, 0.5 at frame 1, = frame * 2]",
        "B.size: default -> 3 keys, 0.25 at frame 1 to 1 at 6.5",
    ]


def test_keys_that_differ_between_the_ends_are_not_told_as_the_same() -> None:
    graph = Graph({"B": NodeState("toy.blur", 3)})
    old, new, on = (
        Document(graph.set_value("B", "size", Curve.of((1, 0), (2, middle), (3, 1), extend=extend)))
        for middle, extend in ((0.5, "hold"), (0.7, "hold"), (0.5, "linear"))
    )
    told = ["B.size: 3 keys, 0 at frame 1 to 1 at 3, changed inside"]
    assert difference(old, new) == difference(old, on) == told


def test_long_values_that_differ_late_still_differ() -> None:
    old, new = (Document(Graph({"S": NodeState("toy.source", values={"file": "x" * 100 + end})})) for end in "ab")
    assert len(difference(old, new)) == 1


def test_nothing_differs_in_the_same_script_in_another_order() -> None:
    one = {"A": NodeState("toy.source"), "B": NodeState("toy.blur", 3)}
    assert difference(Document(Graph(one)), Document(Graph(dict(reversed(one.items()))))) == []
