"""The engine's rules: keys, regions, layers, fusing, sharing, cancelling, errors."""

import gc
import threading
import time
import weakref
from traceback import walk_tb

import pytest
import torch

import pictures
import toy_nodes
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Curve,
    Expr,
    Graph,
    NodeError,
    NodeState,
    Project,
    Region,
    Request,
    RimlightError,
    Tier,
)
from rimlight.engine.errors import chain
from rimlight.engine.evaluate.verify import verify_keys
from stage import Stage
from threads import on_threads
from toy_nodes import CALLS, Slow, evaluator, graph, told_at_two_frames

PROJECT = Project(format="64x48")


pytestmark = pytest.mark.usefixtures("toys")


def request(path: str, frame: float = 1.0, **options: object) -> Request:
    return Request(path, frame, **options)  # type: ignore[arg-type]


def test_chain_gives_the_product() -> None:
    g = graph(("A", "toy.gain", {"gain": 2}), ("B", "toy.gain", {"gain": 3}))
    image = evaluator().evaluate(g, PROJECT, request("B"))
    assert image.region == Region(0, 0, 64, 48)
    assert torch.equal(image["rgba"][:, 5, 7], torch.tensor([42.0, 30.0, -72.0, 1.0]))
    assert float(image["depth"][0, 5, 7]) == 12.0


def test_second_evaluation_computes_nothing() -> None:
    ev, g = evaluator(), graph(("A", "toy.gain", {"gain": 2}))
    ev.evaluate(g, PROJECT, request("A"))
    CALLS.clear()
    ev.evaluate(g, PROJECT, request("A"))
    assert CALLS == []


def test_undo_hits_the_cache_again() -> None:
    ev, g = evaluator(), graph(("A", "toy.box", {"size": 2}), ("B", "toy.box", {"size": 1}))
    ev.evaluate(g, PROJECT, request("B"))
    ev.evaluate(g.set_value("A", "size", 3), PROJECT, request("B"))
    CALLS.clear()
    ev.evaluate(g, PROJECT, request("B"))
    assert CALLS == []


def test_toggling_a_node_twice_comes_back_to_the_same_picture() -> None:
    ev, g = evaluator(), graph(("A", "toy.gain", {"gain": 2}), ("B", "toy.box", {"size": 1}))
    first = ev.evaluate(g, PROJECT, request("B"))
    off = ev.evaluate(g.set_value("A", "disable", True), PROJECT, request("B"))
    again = ev.evaluate(g, PROJECT, request("B"))
    assert not torch.equal(first["rgba"], off["rgba"])
    assert torch.equal(first["rgba"], again["rgba"])


def test_a_cycle_of_a_damaged_script_is_named_along_its_wires() -> None:
    a = NodeState("toy.gain", 1, inputs={"image": "B"})
    b, c = (a.with_(inputs={"image": source}) for source in "AB")
    with pytest.raises(RimlightError, match=r"the wires close a cycle through (A, B|B, A)$"):
        evaluator().evaluate(Graph({"A": a, "B": b, "C": c}), PROJECT, request("C"))


def test_a_region_equals_the_crop_of_the_whole() -> None:
    g = graph(("A", "toy.box", {"size": 3}), ("B", "toy.gain", {"gain": 2}))
    whole = evaluator().evaluate(g, PROJECT, request("B"))
    for region in (Region(0, 0, 5, 4), Region(20, 10, 40, 30), Region(-8, 40, 70, 60)):
        part = evaluator().evaluate(g, PROJECT, request("B", region=region))
        assert part.region == region.intersect(whole.region)
        assert torch.equal(part["rgba"], whole.crop(region)["rgba"])


def test_a_whole_result_serves_a_region_and_never_the_other_way_round() -> None:
    ev, g = evaluator(), graph(("A", "toy.box", {"size": 3}))
    ev.evaluate(g, PROJECT, request("A", region=Region(0, 0, 10, 10)))
    CALLS.clear()
    ev.evaluate(g, PROJECT, request("A"))
    assert "box" in CALLS
    CALLS.clear()
    ev.evaluate(g, PROJECT, request("A", region=Region(3, 3, 9, 12)))
    assert CALLS == []


def test_only_the_wanted_layers_are_made() -> None:
    ev, g = evaluator(), graph(("A", "toy.box", {"size": 3}))
    image = ev.evaluate(g, PROJECT, request("A", layers=("depth",)))
    assert set(image.layers) == {"depth"}
    assert "box" not in CALLS


def test_untouched_layers_pass_through_without_a_copy() -> None:
    ev, g = evaluator(), graph(("A", "toy.box", {"size": 3}), ("B", "toy.gain", {"gain": 2}))
    source = ev.evaluate(g, PROJECT, request("C"))
    image = ev.evaluate(g, PROJECT, request("B"))
    assert image["depth"].data_ptr() == source["depth"].data_ptr()


def test_fused_chains_give_the_same_bits_and_keep_no_intermediates() -> None:
    chain = [(f"G{i}", "toy.gain", {"gain": 1 + i / 7}) for i in range(6)]
    ev = evaluator()
    fused = ev.evaluate(graph(*chain), PROJECT, request("G5"))
    plain = evaluator().evaluate(graph(*chain), PROJECT, request("G5", fuse=False))
    assert torch.equal(fused["rgba"], plain["rgba"])
    vertices = ev.survey(graph(*chain), PROJECT, ["G5"], 1.0, 1.0, Tier.FINAL)
    held = [path for (path, _), v in vertices.items() if v.alias is None and ev.cache.holds(v.key, "rgba")]
    assert held == ["C", "G5"]


def test_fusing_crosses_a_merge_of_two_branches() -> None:
    g = graph(("A", "toy.gain", {"gain": 2}), ("S", "toy.sum", {}))
    g = g.put("D", g["A"].with_(values={"gain": 5.0})).connect("D", "image", "C").connect("S", "a", "D")
    fused = evaluator().evaluate(g, PROJECT, request("S"))
    plain = evaluator().evaluate(g, PROJECT, request("S", fuse=False))
    assert torch.equal(fused["rgba"], plain["rgba"])
    assert float(fused["rgba"][0, 0, 10]) == 70.0


def test_the_input_of_an_edited_node_stays_in_memory() -> None:
    chain = [(f"G{i}", "toy.gain", {"gain": 1 + i / 7}) for i in range(4)]
    ev, g = evaluator(), graph(*chain, ("L", "toy.gain", {"gain": 2}))
    keep = frozenset({"L"})
    ev.evaluate(g, PROJECT, request("L", keep=keep))
    CALLS.clear()
    ev.evaluate(g.set_value("L", "gain", 3), PROJECT, request("L", keep=keep))
    assert CALLS == ["gain"]


def test_frames_share_results_unless_something_varies() -> None:
    ev, g = evaluator(), graph(("A", "toy.gain", {"gain": 2}))
    ev.evaluate(g, PROJECT, request("A", 1))
    CALLS.clear()
    ev.evaluate(g, PROJECT, request("A", 2))
    assert CALLS == []
    animated = g.set_value("A", "gain", Curve.from_data([[1, 1.0, "linear"], [11, 11.0, "linear"]]))
    at = {f: float(ev.evaluate(animated, PROJECT, request("A", f))["rgba"][0, 0, 1]) for f in (1, 6, 11)}
    assert at == {1: 1.0, 6: 6.0, 11: 11.0}


def test_a_node_that_reads_the_frame_varies() -> None:
    ev, g = evaluator(), graph(("A", "toy.clock", {}))
    assert [float(ev.evaluate(g, PROJECT, request("A", f))["rgba"][0, 0, 0]) for f in (1, 2, 1)] == [1.0, 2.0, 1.0]


@pytest.mark.parametrize("name", ["A", "in", "class", "None"])
def test_expressions_follow_links(name: str) -> None:
    g = graph((name, "toy.gain", {"gain": 2}), ("B", "toy.gain", {"gain": Expr(f"{name}.gain * frame")}))
    image = evaluator().evaluate(g, PROJECT, request("B", 3))
    assert float(image["rgba"][0, 0, 1]) == 12.0


def test_links_in_a_circle_are_an_error_on_the_node() -> None:
    g = graph(("A", "toy.gain", {"gain": Expr("B.gain")}), ("B", "toy.gain", {"gain": Expr("A.gain")}))
    with pytest.raises(NodeError, match="depends on itself"):
        evaluator().evaluate(g, PROJECT, request("B"))


def test_proxy_scales_pixels_and_is_another_result() -> None:
    ev, g = evaluator(), graph(("A", "toy.box", {"size": 4}))
    half = ev.evaluate(g, PROJECT, request("A", scale=0.5))
    assert half.region == Region(0, 0, 32, 24)
    assert half.info.display == Region(0, 0, 32, 24)
    assert ev.evaluate(g, PROJECT, request("A")).region == Region(0, 0, 64, 48)


@pytest.mark.parametrize("where", ["compute", "info"])
def test_an_error_names_its_node_and_is_not_tried_again(where: str) -> None:
    ev, g = evaluator(), graph(("X", "toy.broken", {"where": where}), ("B", "toy.gain", {"gain": 2}))
    for _ in range(3):
        with pytest.raises(NodeError, match=r"X at frame 1: .*ZeroDivisionError: cannot") as caught:
            ev.evaluate(g, PROJECT, request("B"))
        assert caught.value.path == "X"
    assert CALLS.count("broken") <= 1
    ev.forget_errors()
    with pytest.raises(NodeError):
        ev.evaluate(g, PROJECT, request("B"))


def test_a_remembered_error_holds_no_pictures() -> None:
    ev, g = evaluator(), graph(("B", "toy.gain", {"gain": 2}), ("X", "toy.broken", {}))
    for passed in (True, False):
        with pytest.raises(NodeError) as caught:
            ev.evaluate(g, PROJECT, request("X"))
        frames = [entry.f_code.co_name for error in chain(caught.value) for entry, _ in walk_tb(error.__traceback__)]
        assert ("compute" in frames) is passed  # the second time it comes from memory
    kept = weakref.ref(caught.value)
    del caught
    gc.collect()
    assert kept() is None


def test_the_error_of_an_input_is_that_which_it_has_now() -> None:
    def reason(gain: str) -> str:
        with pytest.raises(NodeError) as caught:
            ev.evaluate(g.set_value("X", "gain", Expr(gain)), PROJECT, request("S"))
        return caught.value.reason

    ev, g = evaluator(), graph(("X", "toy.gain", {}))
    g = g.put("S", NodeState("toy.sum")).connect("S", "b", "C").connect("S", "a", "X")
    assert reason("1 / 0") != reason("sqrt(-1)") == reason("sqrt(-1)")


def test_an_error_beside_the_path_does_no_harm() -> None:
    ev, g = evaluator(), graph(("X", "toy.broken", {}))
    assert ev.evaluate(g, PROJECT, request("C")).region.area == 64 * 48


def test_a_missing_input_is_a_sentence() -> None:
    g = graph(("A", "toy.gain", {"gain": 2})).connect("A", "image", None)
    with pytest.raises(NodeError, match="A at frame 1: input 'image' is not connected"):
        evaluator().evaluate(g, PROJECT, request("A"))


def test_a_missing_layer_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="has no layer 'albedo', it has rgba, depth"):
        evaluator().evaluate(graph(), PROJECT, request("C", layers=("albedo",)))


def test_cancelling_stops_within_a_tenth_of_a_second() -> None:
    ev, g, token = evaluator(), graph(("S", "toy.slow", {"seconds": 20})), CancelToken()
    outcome: list[object] = []

    def work() -> None:
        try:
            ev.evaluate(g, PROJECT, request("S"), token)
        except Cancelled as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert Slow.entered.wait(10)
    token.cancel()
    thread.join(5)
    assert not thread.is_alive()
    assert len(outcome) == 1


def test_two_requests_share_one_computation() -> None:
    ev, g = evaluator(), graph(("S", "toy.slow", {"seconds": 0.5}))
    images: list[object] = []
    threads = [threading.Thread(target=lambda: images.append(ev.evaluate(g, PROJECT, request("S")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(images) == 4
    assert CALLS.count("slow") == 1


def test_a_waiter_takes_over_from_a_cancelled_owner() -> None:
    ev, g, token = evaluator(), graph(("S", "toy.slow", {"seconds": 1.0})), CancelToken()
    images: list[object] = []

    def owner() -> None:
        with pytest.raises(Cancelled):
            ev.evaluate(g, PROJECT, request("S"), token)

    first = threading.Thread(target=owner)
    first.start()
    assert Slow.entered.wait(10)
    second = threading.Thread(target=lambda: images.append(ev.evaluate(g, PROJECT, request("S"))))
    second.start()
    time.sleep(0.1)
    token.cancel()
    first.join(10)
    second.join(20)
    assert len(images) == 1


def test_who_waits_for_what_fails_hears_of_his_own_frame() -> None:
    told = told_at_two_frames(evaluator(), graph(("S", "toy.slow", {})), "S", Slow)
    assert told == ["S at frame 1: cannot", "S at frame 2: cannot"]


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    g = graph(("A", "toy.box", {"size": 3}), ("B", "toy.gain", {"gain": 1.1}))
    one, two = on_threads(lambda: evaluator().evaluate(g, PROJECT, request("B")), 1, 2)
    assert torch.equal(one["rgba"], two["rgba"])


def test_a_picture_beyond_the_memory_limit_is_made_in_bands() -> None:
    g = graph(("A", "toy.box", {"size": 3}))
    whole = evaluator().evaluate(g, Project(format="64x300"), request("A"))
    banded = evaluator(band_bytes=1 << 16).evaluate(g, Project(format="64x300"), request("A"))
    assert torch.equal(whole["rgba"], banded["rgba"])
    assert banded.region == whole.region


def test_two_thousand_nodes_in_a_row_need_no_recursion() -> None:
    g = graph(*((f"G{i}", "toy.gain", {"gain": 1.001}) for i in range(2000)))
    image = evaluator().evaluate(g, Project(format="8x4"), request("G1999"))
    assert float(image["rgba"][0, 0, 1]) == pytest.approx(1.001**2000, rel=1e-3)


def test_check_keys_finds_an_undeclared_dependency() -> None:
    services = {"colors": toy_nodes.NoColors()}
    good = graph(("A", "toy.box", {"size": 2}), ("B", "toy.clock", {}))
    assert verify_keys(good, PROJECT, services, "B", [1.0, 2.0]) == []
    bad = graph(("A", "toy.sneaky", {}))
    assert any("A at frame" in s for s in verify_keys(bad, PROJECT, services, "A", [1.0]))


def test_reading_the_frame_without_declaring_it_fails_at_once() -> None:
    g = graph(("A", "toy.clock", {}))
    toy_nodes.Clock.reads = frozenset()
    try:
        with pytest.raises(NodeError, match="does not declare"):
            evaluator().evaluate(g, PROJECT, request("A"))
    finally:
        toy_nodes.Clock.reads = frozenset({"frame"})


def test_events_tell_the_time_of_every_node() -> None:
    events = []
    g = graph(("A", "toy.gain", {"gain": 2}), ("B", "toy.gain", {"gain": 2}))
    evaluator().evaluate(g, PROJECT, request("B"), watch=events.append)
    done = {e.path for e in events if e.state == "done"}
    assert done == {"C", "A", "B"}


def test_the_order_of_wires_does_not_change_the_key() -> None:
    keys = []
    for wires in ({"B": "b", "A": "a"}, {"A": "a", "B": "b"}):
        stage = Stage().given("a", pictures.hdr()).given("b", pictures.ramp())
        keys.append(stage.add("over", "Merge", wires).vertex("over").key)
    assert keys[0] == keys[1]
