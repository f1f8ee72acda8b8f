import pytest

from compare import assert_close, assert_same
from pictures import hdr, layered
from rimlight.engine import Graph, NodeError, NodeState
from stage import Stage


def inside(gain: float = 2.0) -> Graph:
    """Input1 and Input2 as doors, Input1 times `gain` put out."""
    return Graph(
        {
            "Input2": NodeState("structure.input", values={"number": 2}),
            "Input1": NodeState("structure.input"),
            "Multiply1": NodeState("color.multiply", values={"value": (gain,) * 4}, inputs={"image": "Input1"}),
            "Output1": NodeState("structure.output", inputs={"image": "Multiply1"}),
        }
    )


def grouped(**state: object) -> Stage:
    stage = Stage().given("a", hdr()).given("b", layered())
    group = NodeState("structure.group", graph=inside(), inputs={"Input2": "b", "Input1": "a"})
    stage.graph = stage.graph.put("Group1", group.with_(**state))
    return stage


def test_it_puts_out_what_its_output_does() -> None:
    assert_close(grouped().evaluate("Group1")["rgba"][:3], hdr()["rgba"][:3] * 2, 0)


def test_disabled_it_passes_its_first_input() -> None:
    assert_same(grouped(values={"disable": True}).evaluate("Group1"), hdr())


def test_a_promoted_value_reaches_the_inside() -> None:
    stage = grouped(promoted={"gain": "Multiply1.value"}, values={"gain": (3.0,) * 4})
    assert_close(stage.evaluate("Group1")["rgba"][:3], hdr()["rgba"][:3] * 3, 1e-5)


def test_an_input_that_is_not_wired_is_named_with_its_path() -> None:
    with pytest.raises(NodeError, match=r"Group1/Input1 at frame 1: input 'image' is not connected"):
        grouped(inputs={}).evaluate("Group1")


def test_a_group_without_an_output_says_so() -> None:
    with pytest.raises(NodeError, match="the group has no Output node inside"):
        grouped(graph=inside().remove(["Output1"])).evaluate("Group1")


def test_a_group_in_a_group() -> None:
    inner = NodeState("structure.group", graph=inside(), inputs={"Input1": "Input1"})
    outer = Graph(
        {
            "Input1": NodeState("structure.input"),
            "Group1": inner,
            "Output1": NodeState("structure.output", inputs={"image": "Group1"}),
        }
    )
    assert_close(grouped(graph=outer).evaluate("Group1")["rgba"][:3], hdr()["rgba"][:3] * 2, 0)
