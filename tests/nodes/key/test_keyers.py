import pytest
import torch

from compare import assert_close, assert_same
from pictures import FRAME, hdr, not_finite, picture, plate, ramp
from rimlight.engine import NodeError, Project, Region
from stage import colors, run, staged

KEYERS = [
    ("LumaKey", {}), ("Difference", {"clean": ramp()}), ("ChromaKey", {}), ("Despill", {"restore": 0.5}),
]  # fmt: skip


def flat(red: float, green: float, blue: float) -> torch.Tensor:
    return torch.tensor([red, green, blue])[:, None, None].expand(3, 12, 16)


@pytest.mark.parametrize(("kind", "values"), KEYERS)
def test_a_tile_equals_the_crop_and_a_mask_holds_back(kind: str, values: dict[str, object]) -> None:
    whole, tile = run(kind, hdr(), **values), Region(3, 5, 9, 11)
    assert_same(run(kind, hdr(), region=tile, **values), whole.crop(tile))
    black = picture(torch.zeros(4, 12, 16))
    assert_same(run(kind, hdr(), mask=black, **values), hdr())


@pytest.mark.parametrize(("kind", "values"), KEYERS)
def test_colour_is_left_alone_by_keyers_and_alpha_by_despill(kind: str, values: dict[str, object]) -> None:
    y = run(kind, hdr(), **values)["rgba"]
    same = slice(3, 4) if kind == "Despill" else slice(0, 3)
    assert torch.equal(y[same], plate(FRAME)[same])
    assert not torch.equal(y, plate(FRAME))


@pytest.mark.parametrize("kind", ["LumaKey", "ChromaKey", "Despill"])
def test_a_picture_without_colour_is_a_sentence(kind: str) -> None:
    with pytest.raises(NodeError, match="input 'image' has no layer 'rgba' with R, G and B"):
        run(kind, picture({"depth": torch.ones(1, 12, 16)}))


def test_luma_rises_and_falls_over_its_levels() -> None:
    weights = torch.tensor(colors().config(Project()).luminance)
    grey = torch.einsum("c,chw->hw", weights, ramp()["rgba"][:3])
    y = run("LumaKey", ramp(), low=(0.2, 0.6))["rgba"][3]
    assert_close(y, ((grey - 0.2) / 0.4).clamp(0, 1), threshold=1e-5)
    both = run("LumaKey", ramp(), low=(0.2, 0.6), falls=True, high=(0.7, 0.9))["rgba"][3]
    assert_close(both, torch.minimum(y, (1 - (grey - 0.7) / 0.2).clamp(0, 1)), threshold=1e-5)
    assert torch.equal(run("LumaKey", ramp(), low=(0.2, 0.6), invert=True)["rgba"][3], 1 - y)


def test_a_picture_without_alpha_gets_one() -> None:
    y = run("LumaKey", picture(flat(0.5, 0.5, 0.5)))
    assert y.info.layer("rgba").channels == ("R", "G", "B", "A")
    assert_close(y["rgba"][3], torch.full((12, 16), 0.5), threshold=1e-6)
    held = run("LumaKey", picture(flat(0.5, 0.5, 0.5)), mix=0)["rgba"]
    assert float(held[3].abs().max()) == 0


def test_the_matte_goes_where_it_is_wanted_and_may_be_multiplied_into_the_colour() -> None:
    grey = run("LumaKey", ramp())["rgba"][3]
    y = run("LumaKey", ramp(), output="mask.A")
    assert torch.equal(y["mask"][0], grey) and torch.equal(y["rgba"], ramp()["rgba"])
    y = run("LumaKey", ramp(), premultiply=True, invert=True)["rgba"]
    assert torch.equal(y[3], 1 - grey) and torch.equal(y[:3], ramp()["rgba"][:3] * (1 - grey))
    half = run("LumaKey", ramp(), premultiply=True, invert=True, mix=0.5)["rgba"]
    assert_close(half, torch.lerp(ramp()["rgba"], y, 0.5), threshold=1e-6)


def test_what_is_not_a_number_keys_as_black() -> None:
    y = run("LumaKey", not_finite())["rgba"][3]
    assert bool(torch.isfinite(y).all()) and float(y[2, 3]) == 0


def test_difference_is_the_largest_over_the_channels() -> None:
    y = run("Difference", picture(flat(0.5, 1.0, 0.2)), clean=picture(flat(0.5, 0.7, 0.3)), low=0.1, high=0.5)["rgba"]
    assert_close(y[3], torch.full((12, 16), 0.5), threshold=1e-6)
    two = {"low": 0.1, "high": 0.5, "relative": True}
    dim = run("Difference", picture(flat(0.5, 1.0, 0.2)), clean=picture(flat(0.5, 0.7, 0.3)), **two)["rgba"][3]
    clean = picture(flat(50.0, 70.0, 30.0))
    bright = run("Difference", picture(flat(50.0, 100.0, 20.0)), clean=clean, **two)["rgba"][3]
    assert_close(dim, bright, threshold=1e-5)


def test_the_screen_is_black_and_other_colours_are_white() -> None:
    screen = (0.1, 0.6, 0.15)
    for color, wanted in ((screen, 0.0), ((0.6, 0.2, 0.5), 1.0), ((0.3, 0.3, 0.3), 1.0)):
        y = run("ChromaKey", picture(flat(*color)), screen=screen)["rgba"][3]
        assert_close(y, torch.full((12, 16), wanted), threshold=1e-5)


def test_despill_holds_the_channel_to_the_others() -> None:
    y = run("Despill", picture(flat(0.2, 0.9, 0.4)))["rgba"]
    assert_close(y, flat(0.2, 0.3, 0.4), threshold=1e-6)
    y = run("Despill", picture(flat(0.2, 0.9, 0.4)), limit="max", amount=0.5)["rgba"]
    assert_close(y, flat(0.2, 0.65, 0.4), threshold=1e-6)
    blue = run("Despill", picture(flat(0.2, 0.9, 0.4)), screen="blue")["rgba"]
    assert_close(blue, flat(0.2, 0.9, 0.4), threshold=0)


def test_restored_light_keeps_the_luminance() -> None:
    weights = torch.tensor(colors().config(Project()).luminance)
    y = run("Despill", picture(flat(0.2, 0.9, 0.4)), restore=1)["rgba"]
    assert_close(torch.einsum("c,chw->hw", weights, y), torch.einsum("c,chw->hw", weights, flat(0.2, 0.9, 0.4)), 1e-6)


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        ("LumaKey", {"low": (0.5, 0.1)}, "low is 0.5 to 0.1"),
        ("ChromaKey", {"screen": (0.5, 0.5, 0.5)}, "the screen is grey"),
        ("ChromaKey", {"low": 0.9, "high": 0.1}, "low is 0.9 and high 0.1"),
        ("Difference", {"low": 0.9, "clean": ramp()}, "low is 0.9 and high 0.1"),
    ],
)
def test_values_that_make_no_sense_are_sentences(kind: str, values: dict[str, object], sentence: str) -> None:
    with pytest.raises(NodeError, match=sentence):
        run(kind, ramp(), **values)


def test_no_amount_is_no_node() -> None:
    assert staged("Despill", ramp(), amount=0).vertex("node").alias is not None
