"""The colour of the light taken off rendered truth and off plates behind gels; what is no colour stays."""

import pytest
import torch
from torch import Tensor

from compare import assert_close
from pictures import picture
from rimlight.engine import ACESCG, Image, Region, Session, white_rgb
from source import ROOT
from stage import staged

KIND = "learned.light_balance"
FRAME = Region(0, 0, 24, 16)
GEL = torch.tensor([0.5, 1.4, 0.7]).reshape(3, 1, 1)
LUMINANCE = torch.tensor(ACESCG.luminance).reshape(3, 1, 1)


def rendered(light: Tensor) -> Image:
    """Paint of many colours, three times brighter at the right, under light `[3, 1 or h, 1 or w]`."""
    random = torch.Generator().manual_seed(4)
    albedo = 0.2 + 0.6 * torch.rand(3, 16, 24, generator=random)
    shading = light * torch.linspace(0.5, 1.5, 24)
    specular, residual = 0.05 * shading, torch.zeros_like(albedo)
    layers = {"albedo": albedo, "shading": shading.expand(3, 16, 24), "specular": specular.expand(3, 16, 24)}
    lit = albedo * layers["shading"] + layers["specular"]
    return picture({"rgba": torch.cat((lit, torch.full((1, 16, 24), 0.5))), **layers, "residual": residual}, FRAME)


def hue(light: Tensor) -> Tensor:
    stops = light.log2().mean((1, 2))
    return stops - stops.mean()


def test_the_light_is_white_and_as_bright_as_it_was() -> None:
    before = rendered(GEL)
    after = staged(KIND, before).evaluate("node", layers=("rgba", "shading", "albedo", "specular", "residual"))
    assert_close(hue(after["shading"])[:, None, None], torch.zeros(3, 1, 1), threshold=3e-3)
    about = after.info.metadata
    assert about["rimlight:light_tint"] > 20 and 1000 <= about["rimlight:light_kelvin"] <= 25000
    bright = [(x["shading"] * LUMINANCE).sum(0) for x in (before, after)]
    assert_close(bright[0][None], bright[1][None], relative=1e-3)
    assert torch.equal(after["albedo"], before["albedo"])
    assert torch.equal(after["rgba"][3], before["rgba"][3])
    sum_of_layers = after["albedo"] * after["shading"] + after["specular"] + after["residual"]
    assert_close(after["rgba"][:3], sum_of_layers, threshold=1e-5)


def test_the_amount_goes_part_of_the_way_in_stops() -> None:
    before = rendered(GEL)
    colors = [hue(staged(KIND, before, amount=a).evaluate("node", layers=("shading",))["shading"]) for a in (0.5, 1.5)]
    assert_close(colors[0][:, None, None], 0.5 * hue(before["shading"])[:, None, None], threshold=2e-3)
    assert_close(colors[1][:, None, None], -0.5 * hue(before["shading"])[:, None, None], threshold=2e-3)
    assert torch.equal(staged(KIND, before, amount=0.0).evaluate("node")["rgba"], before["rgba"])


def test_another_white_may_be_asked_for() -> None:
    after = staged(KIND, rendered(GEL), kelvin=3200.0, tint=10.0).evaluate("node", layers=("shading",))["shading"]
    wanted = white_rgb(3200.0, 10.0).float().reshape(3, 1, 1)
    assert_close(hue(after)[:, None, None], hue(wanted)[:, None, None], threshold=2e-3)


def test_local_light_is_taken_off_where_it_falls() -> None:
    """A warm lamp from the left and a cold one from the right."""
    left = (torch.arange(24) < 12).reshape(1, 1, 24)
    warm, cold = (torch.tensor(x).reshape(3, 1, 1) for x in ((1.4, 1.0, 0.5), (0.6, 1.0, 1.6)))
    before = rendered(torch.where(left, warm, cold))
    whole, local = (staged(KIND, before, local=x).evaluate("node", layers=("shading",))["shading"] for x in (0.0, 1.0))

    def apart(shading: Tensor) -> float:
        return float((hue(shading[..., :12]) - hue(shading[..., 12:])).abs().max())

    assert apart(whole) == pytest.approx(apart(before["shading"]), abs=1e-3)
    assert apart(local) < 0.02


def test_a_matte_says_whose_light_it_is() -> None:
    left = (torch.arange(24) < 12).float().reshape(1, 1, 24)
    before = rendered(torch.where(left > 0, GEL, 1 / GEL))
    alpha = torch.cat((torch.zeros(3, 16, 24), left.expand(1, 16, 24)))
    stage = staged(KIND, before, matte=picture(alpha, FRAME))
    after = stage.evaluate("node", layers=("shading",))["shading"]
    assert_close(hue(after[..., :12])[:, None, None], torch.zeros(3, 1, 1), threshold=3e-3)
    assert float(hue(after[..., 12:]).abs().max()) > 1


def test_the_light_can_be_seen() -> None:
    light = staged(KIND, rendered(GEL), output="light").evaluate("node")["rgba"][:3]
    assert_close(light, (GEL / GEL.max()).expand_as(light), threshold=5e-3)


def test_negative_light_and_light_above_one_stay_in_proportion_and_what_is_no_number_passes() -> None:
    before = rendered(GEL)
    plate = before["rgba"].clone()
    plate[:3, 0, 0], plate[:3, 0, 1], plate[:3, 0, 2] = -2.0, 500.0, torch.nan
    after = staged(KIND, picture({**before.layers, "rgba": plate}, FRAME)).evaluate("node")["rgba"]
    ratio = after[:3, 8, 8] / plate[:3, 8, 8]
    assert_close(after[:3, 0, 0, None, None], -2.0 * ratio[:, None, None], threshold=1e-4)
    assert_close(after[:3, 0, 1, None, None], 500.0 * ratio[:, None, None], threshold=1e-2)
    assert bool(after[:3, 0, 2].isnan().all()) and bool(after[:3, 1:].isfinite().all())


@pytest.mark.parametrize("gel", [(0.5, 1.5, 0.6), (1.5, 0.6, 1.4), (0.4, 0.8, 1.9)])
def test_a_photograph_behind_a_gel_comes_back(gel: tuple[float, float, float]) -> None:
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / "collins.exr"))
    tinted = session.add("Multiply", read, value=(*gel, 1.0))
    plain, behind, back = (
        session.evaluate(node, scale=0.4)["rgba"][:3].clamp_min(1e-3)
        for node in (session.add("LightBalance", read), tinted, session.add("LightBalance", tinted))
    )

    def off(picture: Tensor) -> float:
        return float((hue(picture) - hue(plain)).norm())

    assert off(back) < 0.35 * off(behind)


def test_it_follows_the_exposure_and_agrees_with_its_tiles() -> None:
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / "tea.0003.exr"))
    plate = session.evaluate(read, scale=0.2)["rgba"]
    region = Region(0, 0, plate.shape[2], plate.shape[1])
    stage, brighter = (
        staged(KIND, picture(plate * k, region), layers="estimate", local=0.5, precision="float") for k in (1.0, 16.0)
    )
    whole = stage.evaluate("node")
    assert_close(brighter.evaluate("node")["rgba"][:3] / 16, whole["rgba"][:3], threshold=1e-4)
    tile = Region(10, 10, 40, 30)
    part = stage.evaluate("node", region=tile)
    assert_close(part.tensor("rgba", tile), whole.tensor("rgba", tile), threshold=1e-5)


def test_black_and_empty_pictures_stay() -> None:
    black = picture(torch.zeros(4, 16, 24), FRAME)
    assert torch.equal(staged(KIND, black).evaluate("node")["rgba"], black["rgba"])
    empty = picture(torch.zeros(4, 0, 0), FRAME, Region(0, 0, 0, 0))
    assert staged(KIND, empty).evaluate("node")["rgba"].numel() == 0
