"""Light taken off rendered truth: flatter, as bright, the same paint under another light, all texture the plate's."""

import pytest
import torch
from torch import Tensor

from compare import assert_close
from pictures import matte, picture
from rimlight.engine import Image, NodeError, Region, Session
from source import ROOT
from stage import Stage, staged

KIND = "learned.delight"
LEDGER = ("albedo", "shading", "specular", "residual")


@pytest.fixture(scope="module")
def tea() -> Image:
    """A rendered plate, small, with its true layers."""
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / "tea.0002.exr"))
    found = session.evaluate(read, scale=0.2)
    layers = {name: found[name][:3].clone() for name in ("rgba", *LEDGER)}
    return picture(layers, found.region, found.region)


def relit(tea: Image) -> Image:
    """The same things under light from the other side."""
    shading = tea["shading"].flip(2) * torch.tensor([0.6, 0.8, 1.2]).reshape(3, 1, 1)
    layers = {"albedo": tea["albedo"], "shading": shading, "specular": tea["specular"], "residual": tea["residual"]}
    plate = layers["albedo"] * shading + layers["specular"] + layers["residual"]
    return picture({"rgba": plate, **layers}, tea.region, tea.region)


def contrast(image: Image) -> float:
    """Stops between what is lit most and least, after the true paint is divided away."""
    lit = (tea_light(image)).flatten()
    return float(lit.quantile(0.95) - lit.quantile(0.05))


def tea_light(image: Image) -> Tensor:
    where = image["albedo"].mean(0) > 0.05
    return (image["rgba"].mean(0)[where].clamp_min(1e-4) / image["albedo"].mean(0)[where]).log2()


def test_more_takes_more_away_and_all_leaves_the_paint(tea: Image) -> None:
    outs = [staged(KIND, tea, amount=a, occlusion=0.0).evaluate("node") for a in (0.25, 0.5, 0.75, 1.0)]
    contrasts = [contrast(image) for image in (tea, *outs)]
    assert contrasts == sorted(contrasts, reverse=True)
    assert contrasts[-1] < 0.15 * contrasts[0]
    left = outs[-1]["rgba"] - outs[-1]["residual"]
    factor = float((left * tea["albedo"]).sum() / tea["albedo"].square().sum())
    assert_close(left, tea["albedo"] * factor, threshold=0.02 * factor, allowed=0.03)


def test_the_same_things_under_two_lights_give_the_same(tea: Image) -> None:
    other = relit(tea)
    one, two = (staged(KIND, image, occlusion=0.0).evaluate("node")["rgba"] for image in (tea, other))
    factor = float((one * two).sum() / two.square().sum())
    apart = float((one - factor * two).abs().mean() / one.abs().mean())
    before = float((tea["rgba"] - other["rgba"]).abs().mean() / tea["rgba"].abs().mean())
    assert apart < 0.3 * before


def test_overall_exposure_stays_and_can_be_set(tea: Image) -> None:
    for look in ("flat", "soft"):
        out = staged(KIND, tea, look=look).evaluate("node")
        before, after = (float(x["rgba"].clamp_min(0).mean(0).sqrt().mean()) for x in (tea, out))
        assert after == pytest.approx(before, rel=0.05)
        brighter = staged(KIND, tea, look=look, exposure=1.5).evaluate("node")
        assert_close(brighter["rgba"], out["rgba"] * 2**1.5, threshold=1e-4, relative=1e-4)


def test_the_look_of_paint_is_the_paint(tea: Image) -> None:
    out = staged(KIND, tea, look="albedo", limit=20.0).evaluate("node")
    lit = (tea["shading"] > 0.02).all(0) & (tea["residual"].abs().amax(0) < 0.01)
    assert_close(out["rgba"][:, lit][..., None], tea["albedo"][:, lit][..., None], threshold=0.02, allowed=0.02)


def test_soft_light_is_darker_at_the_sides_and_gradual_in_the_amount(tea: Image) -> None:
    normal = torch.zeros_like(tea["albedo"])
    normal[2] = torch.linspace(0, 1, tea.region.width)
    normal[0] = (1 - normal[2] ** 2).sqrt()
    shaped = picture({**tea.layers, "normal": normal}, tea.region, tea.region)
    light = tea_light(staged(KIND, shaped, look="soft", occlusion=0.0).evaluate("node"))
    place = torch.linspace(0, 1, tea.region.width).expand(tea.region.height, -1)[tea["albedo"].mean(0) > 0.05]
    grazed, faced = light[place < 0.2].median(), light[place > 0.8].median()
    assert 0.2 < float(faced - grazed) < 1.5


def test_what_stays_is_asked_for(tea: Image) -> None:
    plain = staged(KIND, tea, keep_exposure=False).evaluate("node")
    glossy = staged(KIND, tea, keep_exposure=False, specular=1.0).evaluate("node")
    assert_close(glossy["rgba"] - plain["rgba"], tea["specular"], threshold=1e-4, relative=1e-3)
    folded, even = (staged(KIND, tea, keep_exposure=False, occlusion=o).evaluate("node") for o in (1.0, 0.0))
    assert bool((folded["shading"] <= even["shading"] * 1.0001).all())
    assert float((folded["shading"] / even["shading"]).min()) < 0.9
    tinted = staged(KIND, relit(tea), color=1.0).evaluate("node")["shading"].mean((1, 2))
    white = staged(KIND, relit(tea)).evaluate("node")["shading"].mean((1, 2))
    assert float(tinted[2] / tinted[0]) > 1.3 * float(white[2] / white[0])


def test_the_layers_follow(tea: Image) -> None:
    out = staged(KIND, tea, amount=0.7).evaluate("node")
    assert_close(
        out["albedo"] * out["shading"] + out["specular"] + out["residual"], out["rgba"], threshold=1e-5, relative=1e-5
    )
    assert torch.equal(out["albedo"], tea["albedo"])
    plain = picture(tea["rgba"], tea.region, tea.region)
    assert staged(KIND, plain).info("node").names == ("rgba",)


def test_nothing_asked_is_nothing_done(tea: Image) -> None:
    for values in ({"amount": 0.0}, {"mix": 0.0}):
        assert staged(KIND, tea, **values).vertex("node").alias == ("given_image", 1)
    tiny = staged(KIND, tea, amount=1e-4).evaluate("node")["rgba"]
    assert_close(tiny, tea["rgba"], threshold=1e-3, relative=2e-3)


@pytest.mark.parametrize("factor", [1 / 64, 256.0])
def test_it_scales_with_the_exposure(tea: Image, factor: float) -> None:
    plain = picture(tea["rgba"], tea.region, tea.region)
    bright = picture(tea["rgba"] * factor, tea.region, tea.region)
    one, two = (staged(KIND, image, precision="float").evaluate("node")["rgba"] for image in (plain, bright))
    assert_close(two / factor, one, threshold=1e-4 * float(one.abs().max()), relative=1e-4)


def test_a_tile_is_the_crop_of_the_whole(tea: Image) -> None:
    plain, region = picture(tea["rgba"], tea.region, tea.region), Region(10, 20, 60, 50)
    whole = staged(KIND, plain).evaluate("node").tensor("rgba", region)
    assert_close(staged(KIND, plain).evaluate("node", region=region).tensor("rgba", region), whole, threshold=1e-6)


def test_a_mask_holds_it_back(tea: Image) -> None:
    cover = matte(tea.region)
    mask = picture(cover.expand(4, -1, -1).clone(), tea.region, tea.region)
    full, held = (staged(KIND, tea, **more).evaluate("node")["rgba"] for more in ({}, {"mask": mask, "mix": 0.5}))
    assert_close(held, torch.lerp(tea["rgba"], full, 0.5 * cover), threshold=1e-5)


def test_dragging_a_slider_looks_no_second_time(tea: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    from rimlight.engine import StudentModel

    looks = []
    real = StudentModel.examine
    monkeypatch.setattr(StudentModel, "examine", lambda *a: looks.append(1) or real(*a))
    s = Stage(host_bytes=1 << 28).given("a", picture(tea["rgba"], tea.region, tea.region))
    s.add("apart", "learned.intrinsics", {"image": "a"}).add("node", KIND, {"image": "a"}).evaluate("apart")
    for amount in (0.2, 0.4, 0.9):
        s.set("node", amount=amount).evaluate("node")
    assert looks == [1]


def test_a_picture_without_color_is_a_sentence() -> None:
    frame = Region(0, 0, 8, 8)
    with pytest.raises(NodeError, match="no layer 'rgba' with R, G and B"):
        staged(KIND, picture({"depth": torch.ones(1, 8, 8)}, frame, frame)).evaluate("node")
