"""Merge: the arithmetic is tested with its table; here the layers, windows, inputs, masks."""

import pytest
import torch

from pictures import picture
from rimlight.engine import ImageInfo, NodeError, Region, Session, registry
from rimlight.nodes.ops.composite import OPERATIONS, composite
from stage import run, staged

FRAME = Region(0, 0, 8, 6)


def flat(*values: float, data: Region = FRAME, **layers: torch.Tensor) -> object:
    """A picture of one colour."""
    x = torch.tensor(values)[:, None, None].expand(-1, data.height, data.width).contiguous()
    return picture({"rgba": x, **layers}, data=data, display=FRAME)


def test_over_of_premultiplied_pictures() -> None:
    out = run("Merge", B=flat(4.0, 2.0, -1.0, 1.0), A=flat(0.5, 60.0, 0.0, 0.25))
    assert torch.allclose(out["rgba"][:, 2, 3], torch.tensor([0.5 + 3.0, 60.0 + 1.5, -0.75, 1.0]))


@pytest.mark.parametrize("operation", list(OPERATIONS))
def test_every_operation_is_that_of_the_table(operation: str) -> None:
    a, b = (2.0, 0.3, -0.5, 0.4), (0.7, 30.0, -0.2, 0.8)
    out = run("Merge", B=flat(*b), A=flat(*a), operation=operation)
    A, B = (torch.tensor(v)[:, None, None] for v in (a, b))
    expected = composite(operation, A, B, A[3:], B[3:])
    assert torch.allclose(out["rgba"][:, 1:2, 1:2], expected, equal_nan=True)


def test_several_pictures_go_over_one_another_in_turn() -> None:
    stage = staged("Merge", B=flat(1.0, 1.0, 1.0, 1.0), A=flat(0.5, 0.0, 0.0, 0.5))
    stage.given("third", flat(0.0, 0.25, 0.0, 0.25))
    stage.graph = stage.graph.connect("node", "A2", "third")
    first = torch.tensor([0.5, 0, 0, 0.5]) + 0.5
    expected = torch.tensor([0, 0.25, 0, 0.25]) + 0.75 * first
    assert torch.allclose(stage.evaluate("node")["rgba"][:, 0, 0], expected)


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [("union", FRAME), ("intersection", Region(2, 1, 5, 4)), ("A", Region(2, 1, 5, 4)), ("B", FRAME)],
)
def test_the_data_window(bbox: str, expected: Region) -> None:
    stage = staged("Merge", B=flat(1.0, 1.0, 1.0, 1.0), A=flat(9.0, 9.0, 9.0, 1.0, data=Region(2, 1, 5, 4)), bbox=bbox)
    info: ImageInfo = stage.info("node")
    assert info.data == expected
    out = stage.evaluate("node")
    assert float(out.tensor("rgba", Region(3, 2, 4, 3))[0]) == 9.0
    if bbox in ("union", "B"):
        assert float(out.tensor("rgba", Region(0, 0, 1, 1))[0]) == 1.0


def test_outside_its_data_window_a_picture_is_black_even_at_the_frame() -> None:
    stage = staged(
        "Merge", B=flat(1.0, 1.0, 1.0, 1.0, data=Region(0, 0, 4, 6)), A=flat(0.0, 0.0, 0.0, 0.0), operation="plus"
    )
    out = stage.evaluate("node")
    assert out.info.data == FRAME
    assert out["rgba"][0].sum() == 4 * 6


def test_layers_of_b_pass_through_and_those_of_a_stay_behind() -> None:
    depth, uv = torch.full((1, 6, 8), 7.0), torch.full((2, 6, 8), 3.0)
    stage = staged("Merge", B=flat(1.0, 1.0, 1.0, 1.0, depth=depth), A=flat(0.0, 0.0, 0.0, 0.0, uv=uv))
    assert stage.info("node").names == ("rgba", "depth")
    assert torch.equal(stage.evaluate("node")["depth"], depth)


def test_a_layer_that_b_lacks_lies_over_nothing() -> None:
    light = torch.full((3, 6, 8), 5.0)
    b, a = flat(1.0, 1.0, 1.0, 1.0), flat(0.0, 0.0, 0.0, 0.5, light=light)
    for operation, expected in (("over", light), ("under", light), ("atop", 0 * light), ("out", light)):
        stage = staged("Merge", B=b, A=a, operation=operation, channels="all")
        assert torch.equal(stage.evaluate("node", layers=("light",))["light"], expected), operation


def test_a_picture_without_alpha_is_opaque_inside_its_data_window() -> None:
    out = run("Merge", B=flat(1.0, 1.0, 1.0), A=flat(0.5, 0.5, 0.5, 0.5))
    assert out.info.layer("rgba").channels == ("R", "G", "B", "A")
    assert torch.allclose(out["rgba"][:, 0, 0], torch.tensor([1.0, 1.0, 1.0, 1.0]))
    patch = run("Merge", B=flat(1.0, 1.0, 1.0, 1.0), A=flat(4.0, 4.0, 4.0, data=Region(2, 1, 5, 4)))
    assert patch["rgba"][:, 2, 3].tolist() == [4.0, 4.0, 4.0, 1.0]
    assert patch["rgba"][:, 5, 7].tolist() == [1.0, 1.0, 1.0, 1.0]


def test_only_chosen_channels_are_merged() -> None:
    out = run("Merge", B=flat(1.0, 2.0, 3.0, 1.0), A=flat(5.0, 5.0, 5.0, 0.5), operation="plus", channels="g")
    assert out["rgba"][:, 0, 0].tolist() == [1.0, 7.0, 3.0, 1.0]


def test_mask_and_mix_lead_from_b_to_the_result() -> None:
    b, a = flat(1.0, 1.0, 1.0, 1.0), flat(3.0, 3.0, 3.0, 1.0)
    mask = flat(0.0, 0.0, 0.0, 0.5)
    assert float(run("Merge", B=b, A=a, mask=mask, mix=0.5)["rgba"][0, 0, 0]) == pytest.approx(1.5)
    assert float(run("Merge", B=b, A=a, mask=mask, invert_mask=True, mix=1)["rgba"][0, 0, 0]) == pytest.approx(2.0)


def test_without_a_and_without_b() -> None:
    stage = staged("Merge", B=flat(1.0, 2.0, 3.0, 1.0))
    assert stage.vertex("node").alias == ("given_B", 1)
    alone = run("Merge", A=flat(0.5, 0.5, 0.5, 0.5))
    assert alone["rgba"][:, 0, 0].tolist() == [0.5] * 4
    with pytest.raises(NodeError, match="neither B nor A is connected"):
        staged("Merge").evaluate("node")


def test_the_manual_lists_the_formulas() -> None:
    Session()
    page = registry.find("Merge").__doc__ or ""
    assert "`geometric`: 2AB/(A + B); 0 if A + B = 0" in page
