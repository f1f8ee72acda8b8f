"""Nodes that a script adds stand below what feeds them."""

from rimlight.app.graph.placing import BESIDE, STEP_Y, position
from rimlight.app.script.homes import housed
from rimlight.engine import POSITION, Graph, NodeState


def stand(graph: Graph, **places: tuple[float, float]) -> Graph:
    for name, (x, y) in places.items():
        graph = graph.put(name, graph.node(name).with_(ui={POSITION: [x, y]}))
    return graph


def chain(*names: str, graph: Graph | None = None, behind: str = "") -> Graph:
    made, source = graph or Graph(), behind
    for name in names:
        made = made.put(name, NodeState("toy.gain", inputs={"image": source} if source else {}))
        source = name
    return made


def test_a_chain_goes_down_from_what_feeds_it_and_around_what_stands_there() -> None:
    before = stand(chain("A", "B"), A=(0, 0), B=(0, STEP_Y))
    after = housed(before, chain("C", "D", graph=before, behind="A"))
    assert position(after.node("C")) == (BESIDE, STEP_Y) and position(after.node("D")) == (BESIDE, 2 * STEP_Y)
    assert after.node("B") == before.node("B")


def test_what_is_inserted_pushes_down_what_it_feeds() -> None:
    before = stand(chain("A", "B", "Other"), A=(0, 0), B=(0, STEP_Y), Other=(0, 2 * STEP_Y))
    made = chain("N", graph=before, behind="A").connect("B", "image", "N")
    after = housed(before, made)
    assert position(after.node("N")) == (0, STEP_Y) and position(after.node("B")) == (0, 2 * STEP_Y)
    assert position(after.node("Other")) == (0, 3 * STEP_Y)


def test_nodes_with_a_place_or_without_a_source_are_left_alone() -> None:
    before = stand(chain("A"), A=(0, 0))
    made = stand(chain("Free", graph=before).put("Set", NodeState("toy.gain", inputs={"image": "A"})), Set=(7, 7))
    after = housed(before, made)
    assert after is made and position(after.node("Free")) is None
