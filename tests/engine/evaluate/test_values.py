"""Wires that carry no images: described without pixels, computed once, cached, shared, passed on, refused."""

import threading

import pytest
import torch

import toy_nodes
import value_toys
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Curve,
    Evaluator,
    Graph,
    NodeError,
    NodeState,
    Project,
    Region,
    Request,
)  # fmt: skip
from rimlight.engine.cache.values import ValueCache
from rimlight.engine.evaluate.verify import verify_keys
from toy_nodes import CALLS, evaluator, told_at_two_frames
from value_toys import Level, MakeLevel

PROJECT = Project(format="64x48")


pytestmark = pytest.mark.usefixtures("toys_of_values")


def nodes(**kinds: str) -> Graph:
    graph = Graph()
    for name, kind in kinds.items():
        graph = graph.put(name, NodeState(kind))
    return graph


def picked() -> Graph:
    """C -> Pick -> Total <- L, C and Total -> Apply"""
    graph = nodes(C="toy.coordinates", P="toy.pick", L="toy.level", T="toy.total", A="toy.apply")
    graph = graph.connect("P", "image", "C").connect("T", "level", "P").connect("T", "level2", "L")
    return graph.connect("A", "image", "C").connect("A", "level", "T")


def get(graph: Graph, path: str, frame: float = 1.0, ev: Evaluator | None = None, **options: object) -> object:
    return (ev or evaluator()).evaluate(graph, PROJECT, Request(path, frame, **options))  # type: ignore[arg-type]


def test_a_value_is_described_without_computing() -> None:
    assert evaluator().info(picked(), PROJECT, "T", 1.0) == Level("picked+a")
    assert CALLS == []


def test_a_value_takes_one_pixel_of_a_picture() -> None:
    ev = evaluator()
    assert get(picked().set_value("C", "gain", 2), "T", ev=ev) == Level("picked+a", 7.0)
    vertex = ev.survey(picked().set_value("C", "gain", 2), PROJECT, ["C"], 1.0, 1.0, Request("C", 1).tier)["C", 1.0]
    assert ev.cache.find(vertex.key, "rgba", Region(3, 2, 4, 3), torch.device("cpu")) is not None
    assert ev.cache.find(vertex.key, "rgba", Region(3, 2, 5, 3), torch.device("cpu")) is None


def test_a_picture_is_made_with_a_value_measured_from_a_picture() -> None:
    image = get(picked(), "A")
    assert image["rgba"][:, 5, 7].tolist() == [28.0, 20.0, -48.0, 4.0]  # type: ignore[index]


def test_a_value_input_does_not_break_a_fused_chain() -> None:
    graph = picked().put("G", NodeState("toy.gain", values={"gain": 3.0})).connect("G", "image", "A")
    assert torch.equal(get(graph, "G")["rgba"], get(graph, "G", fuse=False)["rgba"])  # type: ignore[index]


def test_a_proxy_scale_gives_another_value() -> None:
    assert get(picked(), "P") == Level("picked", 3.0)
    assert get(picked(), "P", scale=0.5) == Level("picked", 2.0)


def test_values_are_kept_by_content() -> None:
    ev, graph = evaluator(), picked()
    get(graph, "T", ev=ev)
    CALLS.clear()
    get(graph, "T", 2.0, ev=ev)
    assert CALLS == []
    get(graph.set_value("L", "number", 5), "T", ev=ev)
    assert sorted(CALLS) == ["level", "total"]
    CALLS.clear()
    get(graph, "T", ev=ev)
    assert CALLS == []
    ev.clear()
    get(graph, "T", ev=ev)
    assert sorted(CALLS) == ["coordinates", "level", "pick", "total"]


def test_values_are_animated() -> None:
    graph = picked().set_value("L", "number", Curve.from_data([[1, 0.0, "linear"], [11, 10.0, "linear"]]))
    assert [get(graph, "T", f) for f in (1.0, 6.0, 11.0)] == [Level("picked+a", 3.0 + x) for x in (0, 5, 10)]


def test_two_requests_share_one_computation() -> None:
    ev, graph = evaluator(), picked().set_value("T", "wait", 0.4)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(get(graph, "T", ev=ev))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [Level("picked+a", 4.0)] * 4
    assert CALLS.count("total") == 1


def test_a_value_can_be_cancelled() -> None:
    graph, token, outcome = picked().set_value("T", "wait", 20), CancelToken(), []

    def work() -> None:
        try:
            evaluator().evaluate(graph, PROJECT, Request("T", 1.0), token)
        except Cancelled as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert value_toys.entered.wait(10)
    token.cancel()
    thread.join(5)
    assert len(outcome) == 1


def test_an_error_in_a_value_names_its_node_and_is_not_tried_again() -> None:
    ev, graph = evaluator(), picked().put("X", NodeState("toy.broken_level")).connect("T", "level2", "X")
    for _ in range(2):
        with pytest.raises(NodeError, match=r"X at frame 1: .*ZeroDivisionError: cannot"):
            get(graph, "A", ev=ev)
    assert CALLS.count("broken") == 1


def test_who_waits_for_a_value_that_fails_hears_of_his_own_frame() -> None:
    told = told_at_two_frames(evaluator(), nodes(L="toy.level"), "L", MakeLevel)
    assert told == ["L at frame 1: cannot", "L at frame 2: cannot"]


def test_an_error_above_a_value_input_reaches_who_asks_for_the_value() -> None:
    graph = picked().connect("T", "level", None).connect("T", "level2", None)
    with pytest.raises(NodeError, match="T at frame 1: input 'level' is not connected"):
        get(graph, "A")


def test_a_wrong_type_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="T at frame 1: put out a value of type int, expected Level"):
        get(picked().set_value("T", "wrong", True), "T")


def test_values_pass_dots_switches_and_groups() -> None:
    inside = nodes(In="structure.input", Out="structure.output", D="structure.dot")
    inside = inside.connect("D", "image", "In").connect("Out", "image", "D")
    graph = nodes(L="toy.level", D="structure.dot", S="merge.switch", M="toy.level")
    graph = graph.put("G", NodeState("structure.group", graph=inside)).connect("D", "image", "L")
    graph = graph.connect("G", "In", "D").connect("S", "image", "M").connect("S", "image2", "G")
    graph = graph.set_value("L", "number", 9)
    ev = evaluator()
    assert get(graph, "S", ev=ev) == Level("a", 1.0)
    assert get(graph.set_value("S", "which", 1), "S", ev=ev) == Level("a", 9.0)
    assert CALLS == ["level", "level"]


def test_disabled_a_node_may_put_out_a_value_of_its_own() -> None:
    assert get(picked().set_value("L", "disable", True), "T") == Level("picked+a", 3.0)


def test_a_viewer_of_a_value_gives_a_sentence() -> None:
    graph = picked().put("V", NodeState("structure.viewer")).connect("V", "image", "T")
    assert get(graph, "V") == Level("picked+a", 4.0)
    for options in ({"region": Region(0, 0, 4, 4)}, {"layers": ("rgba",)}):
        with pytest.raises(NodeError, match="V at frame 1: puts out a level, which has no pixels to show"):
            get(graph, "V", **options)


def test_a_value_where_a_picture_belongs_is_a_sentence() -> None:
    graph = picked()
    graph = graph.put("G", NodeState("toy.gain", inputs={"image": "T"}))  # as a damaged script may have it
    with pytest.raises(NodeError, match=r"G at frame 1: input 'image' takes an image, .* puts out a level"):
        get(graph, "G")


def test_a_part_is_made_once() -> None:
    graph = nodes(C="toy.coordinates", K="toy.level", L="toy.level", P="toy.parts")
    graph = graph.connect("P", "image", "C").connect("P", "level", "K").connect("P", "level2", "L")
    graph = graph.set_value("K", "number", 2).set_value("L", "number", 3)
    ev = evaluator()
    image = get(graph, "P", ev=ev)
    assert image["rgba"][:, 5, 7].tolist() == [35.0, 25.0, -60.0, 5.0]  # type: ignore[index]
    assert CALLS.count("part 2") == CALLS.count("part 3") == 1
    CALLS.clear()
    edited = get(graph.set_value("L", "number", 4), "P", ev=ev)
    assert edited["rgba"][:, 5, 7].tolist() == [42.0, 30.0, -72.0, 6.0]  # type: ignore[index]
    assert CALLS == ["level", "part 4"]
    CALLS.clear()
    get(graph, "P", ev=ev, region=Region(2, 2, 9, 9))
    assert CALLS == []
    other = get(graph.set_value("C", "gain", 2), "P", ev=ev)
    assert other["rgba"][0, 5, 7] == 70.0  # type: ignore[index]


def test_a_part_of_a_region_is_not_taken_for_more() -> None:
    graph = nodes(C="toy.coordinates", K="toy.level", P="toy.parts")
    graph = graph.connect("P", "image", "C").connect("P", "level", "K")
    ev = evaluator()
    get(graph, "P", ev=ev, region=Region(0, 0, 8, 8))
    assert get(graph, "P", ev=ev)["rgba"].shape == (4, 48, 64)  # type: ignore[index]


def test_keys_of_values_are_checked() -> None:
    services = {"colors": toy_nodes.NoColors()}
    assert verify_keys(picked(), PROJECT, services, "A", [1.0]) == []


class _Heavy:
    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


def test_the_longest_unused_values_go_first() -> None:
    cache = ValueCache(entries=3, nbytes=100)
    for name in (b"a", b"b", b"c"):
        cache.store(name, name)
    cache.find(b"a")
    cache.store(b"d", b"d")
    assert [cache.find(x) for x in (b"a", b"b", b"c", b"d")] == [b"a", None, b"c", b"d"]
    heavy = _Heavy(80)
    cache.store(b"e", heavy)
    cache.store(b"f", _Heavy(80))
    assert cache.find(b"e") is None
    assert cache.find(b"f") is not None
    cache.store(b"g", _Heavy(800))
    assert cache.find(b"g") is not None
