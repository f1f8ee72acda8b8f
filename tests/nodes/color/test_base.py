"""What all colour nodes share: which channels, masks and mix, unpremultiplied work, tiles, values of every size."""

from typing import Any

import pytest
import torch

from compare import assert_close, assert_same
from pictures import FRAME, above_one, hdr, layered, matte, negatives, picture, plate, ramp
from rimlight.engine import Curve, Image, Layer, LayerKind, Region
from rimlight.nodes.color.base import per_channel
from stage import Stage, run, staged

HALF = Curve.of((0, 0), (1, 0.5), interp="linear", extend="linear")
DOWN = Curve.of((0, 1), (2, 0.5), (4, 1), (6, 1), extend="loop")

CASES: dict[str, dict[str, Any]] = {
    "Add": {"value": (0.1, -0.2, 0.3, 0.5)},
    "Clamp": {"maximum": 2.0},
    "ColorCorrect": {"saturation": 0.8, "contrast": 1.1, "shadows_gain": 1.3, "highlights_gamma": 1.2},
    "ColorMatrix": {"matrix": (0.5, 0.3, 0.2, -0.1, 1.2, 0, 0.1, 0, 0.7)},
    "Curves": {"master": HALF},
    "Exposure": {"stops": (0.5, 1.0, -2.0)},
    "Expression": {"red": "r * 2 + x / width", "green": "y", "alpha": "a * 0.5"},
    "Gamma": {"value": (1.2, 0.8, 2.0, 1.0)},
    "Grade": {"gamma": (1.2, 0.8, 2.0, 1.0), "multiply": 1.5, "black_clamp": False},
    "HueCorrect": {"green": DOWN, "sat": DOWN},
    "Invert": {},
    "Log2Lin": {"operation": "lin2log"},
    "Multiply": {"value": (2.0, 0.5, -1.0, 0.25)},
    "OCIOCDLTransform": {"slope": (1.2, 1.0, 0.9), "power": 1.1, "saturation": 0.9},
    "OCIOColorSpace": {"out_colorspace": "ACEScct"},
    "OCIODisplay": {},
    "OCIOLogConvert": {"operation": "lin to log"},
    "OCIOLookTransform": {"look": "ACES 1.3 Reference Gamut Compression"},
    "Saturation": {"saturation": 0.3},
}
LINEAR = ["Add", "ColorMatrix", "Curves", "Exposure", "Invert", "Multiply", "Saturation"]
NEUTRAL = [
    "Add", "ColorCorrect", "ColorMatrix", "Curves", "Exposure", "Expression", "Gamma", "HueCorrect", "Multiply",
    "OCIOCDLTransform", "OCIOColorSpace", "OCIOFileTransform", "OCIOLookTransform", "Saturation",
]  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_a_tile_equals_the_crop_of_the_whole(kind: str) -> None:
    region = Region(3, 2, 9, 11)
    whole = run(kind, hdr(), **CASES[kind])
    part = staged(kind, hdr(), **CASES[kind]).evaluate("node", region=region)
    assert_same(part, whole.crop(region))


@pytest.mark.parametrize("kind", CASES)
def test_the_input_is_not_written_to_and_the_rest_passes_through(kind: str) -> None:
    image = layered()
    before = {name: x.clone() for name, x in image.layers.items()}
    out = run(kind, image, **CASES[kind])
    assert_same(image.layers, before)
    assert not torch.equal(out["rgba"], before["rgba"])
    for name in ("diffuse", "normal", "depth"):
        assert torch.equal(out[name], before[name])
    if kind != "Expression":
        assert torch.equal(out["rgba"][3], before["rgba"][3])


@pytest.mark.parametrize("kind", NEUTRAL)
def test_defaults_change_nothing_and_cost_nothing(kind: str) -> None:
    stage = staged(kind, hdr(), channels="all")
    assert stage.vertex("node").alias is not None
    assert_same(stage.evaluate("node"), hdr())


@pytest.mark.parametrize("kind", CASES)
def test_mask_and_mix_hold_the_effect_back(kind: str) -> None:
    weight = matte(FRAME)
    mask = picture(torch.cat((torch.zeros(3, 12, 16), weight)))
    full = run(kind, hdr(), **CASES[kind])["rgba"]
    held = run(kind, hdr(), mask=mask, mix=0.5, **CASES[kind])["rgba"]
    before = hdr()["rgba"]
    assert_close(held, before + (full - before) * weight * 0.5, threshold=2e-5, relative=1e-5)


@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("make", [negatives, above_one, hdr])
def test_nothing_is_clamped(kind: str, make: Any) -> None:
    """Affine nodes commute with differences, which no clamp does."""
    image = make()
    half = picture(image["rgba"] * 0.5)
    black = picture(torch.zeros_like(image["rgba"]))
    of = {name: run(kind, x, **CASES[kind])["rgba"] for name, x in (("all", image), ("half", half), ("none", black))}
    assert_close(of["half"] * 2 - of["none"], of["all"], threshold=1e-5, relative=1e-5)


def test_a_chain_that_reads_a_picture_twice_does_not_write_into_it() -> None:
    """`first` is both the picture and the mask of `node`; `mixed` holds its effect back."""
    stage = Stage().given("in", hdr()).add("first", "Multiply", {"image": "in"}, value=0.5, channels="rgba")
    stage.add("node", "Add", {"image": "first", "mask": "first"}, value=1, channels="rgba")
    stage.add("mixed", "Multiply", {"image": "node"}, value=4, mix=0.5)
    first = hdr()["rgba"] * 0.5
    after = first + first[3:]
    expected = after * torch.tensor([2.5, 2.5, 2.5, 1]).view(4, 1, 1)
    assert_close(stage.evaluate("mixed")["rgba"], expected, threshold=1e-5, relative=1e-6)


@pytest.mark.parametrize("kind", CASES)
def test_chains_run_in_one_pass_with_the_same_result(kind: str) -> None:
    stage = Stage().given("in", hdr())
    stage.add("first", "Multiply", {"image": "in"}, value=0.9).add("node", kind, {"image": "first"}, **CASES[kind])
    stage.add("last", "Add", {"image": "node"}, value=0.1)
    fused = stage.evaluate("last")
    stage.evaluator.cache.clear()
    assert_same(fused, stage.evaluate("last", fuse=False))


def test_components_go_by_channel_name() -> None:
    values = (1.0, 2.0, 3.0, 4.0)
    assert per_channel(values, Layer("rgba", ("R", "G", "B", "A")), (1, 3)) == (2.0, 4.0)
    assert per_channel(values, Layer("rgba", ("A", "B", "G", "R")), (0, 1, 2, 3)) == (4.0, 3.0, 2.0, 1.0)
    assert per_channel(values, Layer("normal", ("X", "Y", "Z"), LayerKind.NORMAL), (0, 2)) == (1.0, 1.0)


def test_channels_choose_layers_and_channels() -> None:
    image = layered()
    out = run("Multiply", image, value=(2, 3, 4, 5), channels="rgba.g diffuse depth")
    assert_close(out["rgba"], image["rgba"] * torch.tensor([1.0, 3, 1, 1]).view(4, 1, 1))
    assert_close(out["diffuse"], image["diffuse"] * torch.tensor([2.0, 3, 4]).view(3, 1, 1))
    assert_close(out["depth"], image["depth"] * 2)
    assert torch.equal(out["normal"], image["normal"])


def test_unpremult_divides_before_and_multiplies_after() -> None:
    image = picture(plate(FRAME))
    color, alpha = image["rgba"][:3], image["rgba"][3:]
    out = run("Add", image, value=0.5, unpremult="rgba.A", channels="rgba")["rgba"]
    assert_close(out[:3], torch.where(alpha == 0, color, color + 0.5 * alpha), threshold=1e-5, relative=1e-6)
    assert torch.equal(out[3:], alpha)
    assert (alpha == 0).any()


def test_unpremult_by_the_main_alpha_reaches_other_colour_layers_and_no_data() -> None:
    image = layered()
    alpha = image["rgba"][3:]
    out = run("Add", image, value=0.5, unpremult="rgba.A", channels="diffuse depth")
    expected = torch.where(alpha == 0, image["diffuse"], image["diffuse"] + 0.5 * alpha)
    assert_close(out["diffuse"], expected, threshold=1e-5, relative=1e-6)
    assert_close(out["depth"], image["depth"] + 0.5)


def test_unpremult_without_that_channel_counts_as_opaque() -> None:
    opaque = picture(hdr()["rgba"][:3])
    assert_same(run("Add", opaque, value=0.5, unpremult="rgba.A"), run("Add", opaque, value=0.5))


@pytest.mark.parametrize("kind", ["Saturation", "ColorMatrix", "OCIOColorSpace", "ColorCorrect", "HueCorrect"])
def test_red_green_and_blue_go_together_whatever_their_order(kind: str) -> None:
    turned = Layer("rgba", ("B", "A", "G", "R"))
    image = ramp()
    x = image["rgba"]
    other = Image(image.info.with_(layers=(turned,)), image.region, {"rgba": x[[2, 3, 1, 0]]})
    expected = run(kind, image, **CASES[kind])["rgba"]
    assert_close(run(kind, other, **CASES[kind])["rgba"], expected[[2, 3, 1, 0]])


@pytest.mark.parametrize(
    "kind", ["Saturation", "ColorMatrix", "OCIOColorSpace", "ColorCorrect", "HueCorrect", "Exposure"]
)
def test_data_and_single_channels_are_left_alone(kind: str) -> None:
    image = layered()
    out = run(kind, image, channels="all" if kind == "Exposure" else "all -rgba.g", **CASES[kind])
    changed = {name for name in image.layers if not torch.equal(out[name], image[name])}
    assert changed == ({"rgba", "diffuse"} if kind == "Exposure" else {"diffuse"})
    assert torch.equal(out["rgba"][3], image["rgba"][3])
