"""What a wire carries is checked when it is made, through dots, switches and groups."""

import pytest

from rimlight.engine import Graph, GraphError, NodeState, registry

pytestmark = pytest.mark.usefixtures("toys_of_values")


def nodes(**kinds: str) -> Graph:
    """C, a picture, and L, a level, and more by name."""
    graph = Graph()
    for name, kind in {"C": "toy.coordinates", "L": "toy.level", **kinds}.items():
        graph = graph.put(name, NodeState(kind, registry.find(kind).version))
    return graph


def passing() -> NodeState:
    """A group that passes its first input on, through a dot."""
    inside = Graph().put("In", NodeState("structure.input")).put("Out", NodeState("structure.output"))
    inside = inside.put("D", NodeState("structure.dot"))
    inside = inside.put("Other", NodeState("structure.input", values={"number": 2}))
    inside = inside.connect("D", "image", "In").connect("Out", "image", "D")
    return NodeState("structure.group", graph=inside)


def test_a_value_is_refused_where_a_picture_belongs_and_the_other_way_round() -> None:
    graph = nodes(G="toy.gain", A="toy.apply")
    with pytest.raises(GraphError, match=r"^L puts out a level, but input 'image' of G takes an image$"):
        graph.connect("G", "image", "L")
    with pytest.raises(GraphError, match=r"^C puts out an image, but input 'level' of A takes a level$"):
        graph.connect("A", "level", "C")
    assert graph.connect("A", "level", "L").connect("A", "image", "C")["A"].inputs == {"level": "L", "image": "C"}


@pytest.mark.parametrize(
    ("kind", "socket"),
    [("structure.dot", "image"), ("structure.noop", "image"), ("merge.switch", "image3"), ("structure.viewer", "image"),
     ("time.frame_hold", "image")],
)  # fmt: skip
def test_nodes_that_pass_on_carry_both(kind: str, socket: str) -> None:
    graph = nodes(P=kind, G="toy.gain", T="toy.total")
    level, image = graph.connect("P", socket, "L"), graph.connect("P", socket, "C")
    assert level.connect("T", "level", "P").consumers("P") == [("T", "level")]
    assert image.connect("G", "image", "P").consumers("P") == [("G", "image")]
    with pytest.raises(GraphError, match="P puts out a level, but input 'image' of G"):
        level.connect("G", "image", "P")
    with pytest.raises(GraphError, match="P puts out an image, but input 'level' of T"):
        image.connect("T", "level", "P")


def test_what_lies_behind_a_dot_decides_too() -> None:
    graph = nodes(D="structure.dot", E="structure.dot", G="toy.gain")
    graph = graph.connect("E", "image", "D").connect("G", "image", "E")
    assert graph.connect("D", "image", "C")
    with pytest.raises(
        GraphError, match=r"^L puts out a level, which D would pass on to input 'image' of G, but that takes an image$"
    ):
        graph.connect("D", "image", "L")


def test_groups_are_looked_through() -> None:
    graph = nodes(G="toy.gain", T="toy.total").put("B", passing())
    with pytest.raises(GraphError, match="B puts out a level, but input 'image' of G"):
        graph.connect("B", "In", "L").connect("G", "image", "B")
    with pytest.raises(GraphError, match="L puts out a level, which B would pass on to input 'image' of G"):
        graph.connect("G", "image", "B").connect("B", "In", "L")
    assert graph.connect("B", "In", "L").connect("T", "level", "B")["T"].inputs == {"level": "B"}
    assert graph.connect("G", "image", "B").connect("B", "Other", "L")["B"].inputs == {"Other": "L"}


def test_what_a_group_does_with_its_input_decides() -> None:
    state = passing()
    assert state.graph is not None
    inside = state.graph.put("Gain", NodeState("toy.gain")).connect("Gain", "image", "D")
    inside = inside.connect("Out", "image", "Gain")
    graph = nodes(T="toy.total").put("B", state.with_(graph=inside))
    with pytest.raises(GraphError, match="which B would pass on to input 'image' of B/Gain, but that takes an image"):
        graph.connect("B", "In", "L")
    with pytest.raises(GraphError, match="B puts out an image, but input 'level' of T takes a level"):
        graph.connect("T", "level", "B")


def test_what_is_not_known_is_let_through() -> None:
    graph = nodes(D="structure.dot", G="toy.gain").put("M", NodeState("lost.kind")).put("B", passing())
    for source in ("D", "M", "B"):
        assert graph.connect("G", "image", source)["G"].inputs == {"image": source}
    assert graph.connect("M", "any", "L")["M"].inputs == {"any": "L"}
