import pytest
import torch

from pictures import FRAME, hdr, layered, not_finite, picture
from rimlight.engine import NodeError, Project, Region, Tier
from stage import colors, known, staged


def told(*args: object, frame: float = 1, **values: object) -> dict[str, float]:
    stage = staged("CurveTool", *args, **values)  # type: ignore[arg-type]
    stage.evaluate("node", frame)
    with known():
        found = stage.evaluator.measured(stage.graph, stage.project, "node", frame)
    return {name.removeprefix("rimlight:"): value for name, value in found.items()}


def test_the_numbers_of_the_whole_frame() -> None:
    x = hdr()["rgba"][:3].double()
    light = (x * torch.tensor(colors().config(Project()).luminance)[:, None, None]).sum(0)
    found = told(hdr())
    assert found["luma"] == pytest.approx(float(light.mean()), rel=1e-5)
    assert (found["luma_min"], found["luma_max"]) == pytest.approx((float(light.min()), float(light.max())), rel=1e-5)
    assert [found[c] for c in ("red", "green", "blue")] == pytest.approx(x.mean((1, 2)).tolist(), rel=1e-5)


def test_an_area_counts_from_the_bottom_left() -> None:
    x = torch.zeros(3, 12, 16)
    x[:, 8:10, 2:6] = 5.0
    assert told(picture(x), area=(2, 2, 6, 4))["luma_min"] == pytest.approx(5)
    assert told(picture(x), area=(2, 8, 6, 10))["luma_max"] == 0


def test_what_is_no_number_or_outside_does_not_count() -> None:
    assert all(abs(value) < 1e3 for value in told(not_finite()).values())
    small = picture(torch.full((3, 4, 4), 2.0), data=Region(4, 4, 8, 8))
    assert told(small)["luma"] == pytest.approx(2)
    assert told(picture(torch.full((3, 12, 16), torch.nan))) == {}


def test_other_layers_and_frames() -> None:
    assert told(layered(), layer="depth")["luma"] == pytest.approx(float(layered()["depth"].mean()), rel=1e-5)
    clip = lambda frame: picture(torch.full((3, 12, 16), float(frame)))  # noqa: E731
    assert [told(clip, frame=f)["luma"] for f in (3, 7)] == pytest.approx([3, 7])
    with pytest.raises(NodeError, match="there is no layer 'beauty', there are rgba"):
        told(hdr(), layer="beauty")


def test_the_picture_passes_and_a_region_measures_the_whole() -> None:
    stage = staged("CurveTool", hdr())
    out = stage.evaluate("node", region=Region(0, 0, 4, 4), tier=Tier.FINAL)
    assert torch.equal(out.tensor("rgba", Region(0, 0, 4, 4)), hdr()["rgba"][:, :4, :4])
    assert FRAME.contains(out.region)
