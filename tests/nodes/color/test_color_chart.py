"""A chart of known colours under known light, seen through known matrices: what was done to it is undone."""

from typing import Any

import pytest
import torch
from torch import Tensor

from charts import CAMERA, CORNERS, FRAME, TRUE, chart, held
from pictures import picture
from rimlight.engine import ACESCG, Image, NodeError, Region, RimlightError, white_rgb
from rimlight.nodes.ops.color_chart import LAB, reference
from rimlight.nodes.ops.matrices import corner_pin_matrix
from stage import Stage

PLACES = {f"chart{i + 1}": corner for i, corner in enumerate(CORNERS)}
ERROR, BEFORE = "rimlight:chart_error", "rimlight:chart_error_before"


def staged(image: Tensor, **given: Any) -> Stage:
    stage, wires = Stage().given("plate", picture(image, FRAME)), {"image": "plate"}
    for name, x in given.items():
        if isinstance(x, Tensor):
            stage.given(name, picture(x, FRAME))
            wires[name] = name
    return stage.add("node", "ColorChart", wires, **PLACES, **{k: v for k, v in given.items() if k not in wires})


def told(image: Image, name: str) -> float:
    return float(image.info.metadata[f"rimlight:{name}"])


def patch(image: Tensor, index: int) -> Tensor:
    """The colour `[3]` in the middle of a patch of the picture."""
    front = ((0.0, 0.0), (6.0, 0.0), (6.0, 4.0), (0.0, 4.0))
    place = corner_pin_matrix(front, CORNERS) @ torch.tensor([index % 6 + 0.5, 3.5 - index // 6, 1.0]).double()
    x, y = (place[:2] / place[2]).tolist()
    return image[:, int(120 - y) - 1 : int(120 - y) + 2, int(x) - 1 : int(x) + 2].mean((1, 2))


@pytest.mark.parametrize("made", list(LAB))
def test_greys_of_the_reference_are_grey_in_any_space(made: str) -> None:
    greys = reference(made, ACESCG)[18:]
    luminance = greys @ torch.tensor(ACESCG.luminance, dtype=torch.float64)
    assert float(((greys - luminance[:, None]) / luminance[:, None]).abs()[1:].max()) < 0.05
    # CIE L* of the greys, back again.
    expected = [((lab[0] + 16) / 116) ** 3 for lab in LAB[made][18:]]
    assert luminance.tolist() == pytest.approx(expected, abs=2e-3)


def test_a_matrix_is_undone() -> None:
    seen = chart(TRUE @ CAMERA.T, noise=0.01)
    found = staged(seen, exposure=True).evaluate("node")
    assert told(found, "chart_error") < 1 < 10 < told(found, "chart_error_before")
    for index in (0, 8, 12, 14, 18, 21):
        assert torch.allclose(patch(found["rgba"], index).double(), TRUE[index], atol=0.02), index
    undone = torch.linalg.inv(CAMERA)
    expected = torch.einsum("ij,jhw->ihw", undone.float(), seen)
    assert float((found["rgba"] - expected).abs().mean()) < 0.005


def test_without_exposure_greys_keep_their_brightness() -> None:
    dim = TRUE @ CAMERA.T * 0.3
    luminance = torch.tensor(ACESCG.luminance)
    seen = chart(dim)
    for fit in ("matrix", "balance"):
        found = staged(seen, fit=fit).evaluate("node")
        before, after = (float(patch(x, 21) @ luminance) for x in (seen, found["rgba"]))
        assert after == pytest.approx(before, rel=0.02)
        grey = patch(found["rgba"], 21)
        assert float(grey.max() / grey.min()) < 1.06
    bright = staged(seen, fit="exposure").evaluate("node")
    assert float(patch(bright["rgba"], 21) @ luminance) == pytest.approx(0.19, rel=0.05)
    assert torch.allclose(bright["rgba"] / seen, (bright["rgba"] / seen).mean(), rtol=1e-4)


def test_it_is_a_light_meter() -> None:
    light = white_rgb(3200.0, 10.0, ACESCG) * 2.0**-1.5
    found = staged(chart(TRUE * light), fit="balance").evaluate("node")
    assert told(found, "chart_stops") == pytest.approx(-1.5, abs=0.02)
    assert told(found, "chart_kelvin") == pytest.approx(3200, rel=0.01)
    assert told(found, "chart_tint") == pytest.approx(10, abs=1)
    assert told(found, "chart_error") < 1


def test_two_cameras_become_alike() -> None:
    one, other = (
        chart(TRUE @ CAMERA.T, noise=0.005),
        chart(TRUE * torch.tensor([1.2, 1.0, 0.7]) * 2, noise=0.005, seed=2),
    )
    places = {name.replace("chart", "target"): at for name, at in PLACES.items()}
    found = staged(one, target=other, exposure=True, **places).evaluate("node")
    assert told(found, "chart_error") < 1
    assert told(found, "target_stops") == pytest.approx(1.0, abs=0.08)
    for index in (2, 7, 13, 19, 22):
        assert torch.allclose(patch(found["rgba"], index), patch(other, index), atol=0.03), index


def test_the_chart_may_be_in_another_picture_and_upside_down() -> None:
    seen = chart(TRUE @ CAMERA.T)
    plate = torch.rand(3, 120, 160, generator=torch.Generator().manual_seed(3)) * 5 - 1
    apart = staged(plate, chart=seen).evaluate("node")["rgba"]
    matrix = torch.linalg.lstsq(plate.flatten(1).T, apart.flatten(1).T).solution.T
    assert torch.allclose(torch.einsum("ij,jhw->ihw", matrix, plate), apart, atol=1e-4)
    other = chart((TRUE @ CAMERA.T).flip(0))
    assert torch.allclose(staged(plate, chart=other).evaluate("node")["rgba"], apart, atol=0.03)


def test_clipped_patches_do_not_count() -> None:
    seen = chart(TRUE @ CAMERA.T * 1.3, noise=0.01).clamp(max=0.8)
    kept = staged(seen, exposure=True).evaluate("node")
    assert told(kept, "chart_error") < 1.2
    taken = staged(seen, exposure=True, level=10.0).evaluate("node")
    assert told(taken, "chart_error") > 1.5 * told(kept, "chart_error")


def test_what_is_no_chart_passes_and_is_doubted() -> None:
    noise = torch.rand(3, 120, 160, generator=torch.Generator().manual_seed(5))
    stage = staged(noise)
    assert torch.equal(stage.evaluate("node")["rgba"], noise)
    vertex = stage.vertex("node")
    assert vertex.node.doubts(vertex.ctx, {"image": picture(noise, FRAME)}) == [
        "what is inside the corners of the chart does not look like 24 patches"
    ]
    seen = picture(chart(TRUE * 1.3, noise=0.01).clamp(max=0.8), FRAME)
    assert [s[2:] for s in vertex.node.doubts(vertex.ctx, {"image": seen})] == [
        "of the 24 patches of the chart are clipped and do not count"
    ]
    black = torch.zeros(3, 120, 160)
    assert torch.equal(staged(black).evaluate("node")["rgba"], black)


def test_bad_corners_are_said() -> None:
    with pytest.raises(NodeError, match="the corners of the chart are crossed"):
        staged(chart()).set("node", chart1=(132.0, 26.0), chart2=(30.0, 20.0)).evaluate("node")
    stage = staged(chart())
    stage.set("node", **{f"chart{i + 1}": (x / 4, y / 4) for i, (x, y) in enumerate(CORNERS)})
    vertex = stage.vertex("node")
    assert "the chart is tiny: a patch is 4.1 pixels, it takes 6" in vertex.node.warnings(vertex.ctx)


def test_a_tile_and_half_the_size_agree() -> None:
    stage = staged(chart(TRUE @ CAMERA.T))
    whole = stage.evaluate("node")
    part = Region(100, 10, 150, 40)
    assert torch.equal(stage.evaluate("node", region=part).tensor("rgba", part), whole.tensor("rgba", part))
    half = stage.evaluate("node", scale=0.5)["rgba"]
    assert torch.allclose(half, torch.nn.functional.avg_pool2d(whole["rgba"], 2), atol=0.02)


def test_find_places_the_corners_of_all_charts() -> None:
    left, right = held(200.0), held(95.0, (70.0, 62.0), 92.0)
    plate, other = chart(TRUE @ CAMERA.T, 0.01, left), chart(TRUE * 2, 0.01, right, seed=2)
    stage = Stage().given("plate", picture(plate, FRAME)).given("other", picture(other, FRAME))
    stage.add("node", "ColorChart", {"image": "plate", "target": "other"}, exposure=True)
    vertex = stage.vertex("node")
    images = {"image": picture(plate, FRAME), "target": picture(other, FRAME)}
    assert [need.socket for need in vertex.node.solve_needs(vertex.ctx, "find")] == ["image", "target"]
    found = vertex.node.solved(vertex.ctx, "find", images, lambda: None)
    for name, corners in (("chart", left), ("target", right)):
        for i, corner in enumerate(corners):
            assert found[f"{name}{i + 1}"] == pytest.approx(corner, abs=2.5), (name, i)
    assert told(stage.set("node", **found).evaluate("node"), "chart_error") < 1


def test_find_says_what_it_does_not_find() -> None:
    plate = torch.full((3, 120, 160), 0.18)
    stage = Stage().given("plate", picture(plate, FRAME)).given("other", picture(plate, FRAME))
    stage.add("node", "ColorChart", {"image": "plate", "chart": "other"})
    vertex = stage.vertex("node")
    with pytest.raises(RimlightError, match="found no chart of 24 patches for the chart: each has to be 6 pixels wide"):
        vertex.node.solved(vertex.ctx, "find", {"chart": picture(plate, FRAME)}, lambda: None)
    behind = chart()
    behind[:, 64:, 64:80] = torch.tensor([0.1, 0.6, 0.1])[:, None, None]
    sentence = r"the chart is there, but 2 of its 24 patches do not show what they should: 15, 21; take a frame"
    with pytest.raises(RimlightError, match=sentence):
        vertex.node.solved(vertex.ctx, "find", {"chart": picture(behind, FRAME)}, lambda: None)
