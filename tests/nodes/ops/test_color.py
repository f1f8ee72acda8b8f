"""Tone and colour arithmetic against the written formulas, beyond 0..1 and on every device."""

import math
from itertools import product

import pytest
import torch

from rimlight.nodes.ops import color
from rimlight.nodes.ops.color import Correction

STEPS = [-3.0, -1.0, -0.25, 0.0, 0.01, 0.18, 0.5, 0.999, 1.0, 1.001, 2.0, 40.0, 65504.0]


def ramp(device: torch.device | str = "cpu", channels: int = 3) -> torch.Tensor:
    """The steps in every channel, each channel turned by one more step."""
    row = torch.tensor(STEPS, device=device)
    return torch.stack([row.roll(i) for i in range(channels)])[:, None, :]


def test_luminance(device: torch.device) -> None:
    x = torch.tensor([2.0, -1.0, 4.0], device=device).view(3, 1, 1)
    assert color.luminance(x).item() == pytest.approx(2 * 0.2126 - 0.7152 + 4 * 0.0722, abs=1e-6)
    assert color.luminance(x, "acescg").item() == pytest.approx(2 * 0.27223 - 0.67408 + 4 * 0.05369, abs=1e-4)
    assert color.luminance(x, "rec601").item() == pytest.approx(2 * 0.299 - 0.587 + 4 * 0.114)
    assert color.luminance(x, "average").item() == pytest.approx(5 / 3)
    assert color.luminance(x, "max").item() == 4
    assert color.luminance(x, (0.0, 0.0, 1.0)).item() == 4
    with pytest.raises(ValueError, match="no luminance weights 'rec708', known are rec709"):
        color.luminance(x, "rec708")


@pytest.mark.parametrize("name", color.LUMINANCE)
def test_luminance_weights_sum_to_one(name: str) -> None:
    assert sum(color.LUMINANCE[name]) == pytest.approx(1, abs=1e-6)


def test_saturation() -> None:
    x = ramp()
    assert torch.equal(color.saturation(x, 1), x)
    assert torch.allclose(color.saturation(x, 0), color.luminance(x).expand_as(x))
    grey = color.luminance(x)
    for amount in (0.5, 2.0, -1.0):
        assert torch.allclose(color.saturation(x, amount), grey + amount * (x - grey), rtol=1e-5, atol=1e-5)
    mixed = color.saturation(x, (1, 0, 2))
    assert torch.equal(mixed[0], x[0])
    assert torch.allclose(mixed[1], grey[0])


def test_stops_that_run_away_leave_black_black() -> None:
    x = torch.tensor([[[0.0, 1.0, -1.0]]])
    most = 2.0**127
    assert color.exposure(x, 5000.0).flatten().tolist() == [0, most, -most]
    assert color.exposure(x, -5000.0).flatten().tolist() == [0, 0, 0]


def test_exposure_keeps_sign_and_range() -> None:
    x = ramp()
    assert torch.equal(color.exposure(x, 2), x * 4)
    assert torch.equal(color.exposure(x, (0, 1, -1)), x * torch.tensor([1, 2, 0.5]).view(3, 1, 1))


def test_clamp() -> None:
    x = ramp()
    assert torch.equal(color.clamp(x), x.clamp(0, 1))
    assert torch.equal(color.clamp(x, None, None), x)
    assert torch.equal(color.clamp(x, 0, None), x.clamp_min(0))
    marked = color.clamp(x, 0, 1, -7, 9)
    assert set(marked[x < 0].tolist()) == {-7}
    assert set(marked[x > 1].tolist()) == {9}
    inside = (x >= 0) & (x <= 1)
    assert torch.equal(marked[inside], x[inside])


def test_matrix(device: torch.device) -> None:
    x = ramp(device)
    matrix = [0.5, 0.25, -1, 2, 0, 0.125, -0.5, 1, 1]
    expected = torch.einsum("ij,jhw->ihw", torch.tensor(matrix, device=device).view(3, 3), x)
    assert torch.allclose(color.color_matrix(x, matrix), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="a matrix of 4 numbers for 3 channels"):
        color.color_matrix(x, [1, 0, 0, 1])


def grade_reference(v: float, p: dict[str, float], reverse: bool, low: bool, high: bool, mode: str) -> float:
    span = p["whitepoint"] - p["blackpoint"]
    gain = p["multiply"] * ((p["white"] - p["black"]) / span if span else 10000)
    offset = p["add"] + p["black"] - gain * p["blackpoint"]
    gamma = p["gamma"]

    def clamped(v: float) -> float:
        if low and v < 0:
            return 0
        return 1 if high and v > 1 else v

    def bent(v: float, exponent: float) -> float:
        if v <= 0:
            return v
        return v**exponent if v < 1 or mode == "power" else 1 + (v - 1) * exponent

    if not reverse:
        v = clamped(gain * v + offset)
        if gamma <= 0:
            return 0 if v < 1 else math.inf if v > 1 else 1
        return bent(v, 1 / gamma)
    v = (1 if v > 0 else 0) if gamma <= 0 else bent(v, gamma)
    return clamped((v - offset) / gain if gain else v - offset)


GRADES = [
    {},
    {"gamma": 2.2},
    {"gamma": 0.5, "multiply": 1.5},
    {"gamma": 0.0},
    {"gamma": -1.0},
    {"blackpoint": 0.1, "whitepoint": 0.8, "black": 0.05, "white": 1.2, "multiply": 0.7, "add": -0.2, "gamma": 1.3},
    {"blackpoint": 0.5, "whitepoint": 0.5},
    {"multiply": 0.0, "add": 0.25},
]


@pytest.mark.parametrize("change", GRADES)
@pytest.mark.parametrize("mode", ["nuke", "power"])
def test_grade_is_exact(change: dict[str, float], mode: color.GammaMode, device: torch.device) -> None:
    names = ("blackpoint", "whitepoint", "black", "white", "multiply", "add", "gamma")
    p = dict(zip(names, (0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0), strict=True)) | change
    x = torch.tensor(STEPS[:-1], device=device).view(1, 1, -1)
    for reverse, low, high in product((False, True), repeat=3):
        got = color.grade(x, **p, reverse=reverse, black_clamp=low, white_clamp=high, gamma_mode=mode)
        expected = [grade_reference(v, p, reverse, low, high, mode) for v in STEPS[:-1]]
        assert got.flatten().tolist() == pytest.approx(expected, rel=2e-5, abs=2e-6), (reverse, low, high)


def test_grade_at_rest_is_the_picture_itself() -> None:
    x = ramp(channels=4)
    assert color.grade(x) is x
    assert torch.equal(color.grade(x, multiply=(1, 1, 1, 2))[:3], x[:3])


def test_grade_reversed_undoes_itself() -> None:
    x = ramp()[..., :-1]
    values = {"blackpoint": (0.1, 0.0, -0.1), "white": 1.4, "add": 0.05, "gamma": (1.2, 0.8, 1.0)}
    there = color.grade(x, **values)  # type: ignore[arg-type]
    back = color.grade(there, **values, reverse=True)  # type: ignore[arg-type]
    assert torch.allclose(back, x, rtol=1e-4, atol=1e-5)


def test_nan_and_infinity_stay_where_they_are() -> None:
    x = torch.tensor([math.nan, 0.5, math.inf]).view(1, 1, 3)
    got = color.grade(x, multiply=2, gamma=2, black_clamp=True).flatten().tolist()
    assert math.isnan(got[0])
    assert got[1] == 1
    assert got[2] == math.inf


def test_values_must_match_the_channels() -> None:
    with pytest.raises(ValueError, match="2 values for a picture of 3 channels"):
        color.grade(ramp(), multiply=(1, 2))


def correct_reference(rgb: list[float], c: dict[str, float]) -> list[float]:
    grey = sum(v * w for v, w in zip(rgb, color.LUMINANCE["rec709"], strict=True))
    result = []
    for v in rgb:
        v = grey + c.get("saturation", 1) * (v - grey)
        v = 0.18 * (v / 0.18) ** c.get("contrast", 1) if v > 0 else v
        v = v ** (1 / c.get("gamma", 1)) if v > 0 else v
        result.append(v * c.get("gain", 1) + c.get("offset", 0))
    return result


CORRECTION = {"saturation": 1.3, "contrast": 1.2, "gamma": 0.9, "gain": 1.5, "offset": 0.02}


def test_color_correct_master() -> None:
    x = ramp()
    got = color.color_correct(x, Correction(**CORRECTION))
    for i in range(len(STEPS)):
        assert got[:, 0, i].tolist() == pytest.approx(
            correct_reference(x[:, 0, i].tolist(), CORRECTION), rel=1e-4, abs=1e-5
        )
    assert color.color_correct(x) is x
    assert Correction(saturation=(1, 1, 1), offset=(0, 0, 0)).is_identity


def test_color_correct_ranges() -> None:
    grey = [-0.1, 0.0, 0.045, 0.09, 0.3, 0.5, 0.75, 1.0, 8.0]
    x = torch.tensor(grey).expand(3, 1, -1)
    shadow = [1, 1, 0.5, 0, 0, 0, 0, 0, 0]
    highlight = [0, 0, 0, 0, 0, 0, 0.5, 1, 1]
    middle = [1 - s - h for s, h in zip(shadow, highlight, strict=True)]
    for name, weights in {"shadows": shadow, "midtones": middle, "highlights": highlight}.items():
        got = color.color_correct(x, **{name: Correction(offset=1.0)})  # type: ignore[arg-type]
        assert (got - x)[0, 0].tolist() == pytest.approx(weights, abs=1e-5), name
    both = color.color_correct(x, Correction(gain=2), Correction(gain=3))
    assert both[1, 0].tolist() == pytest.approx(
        [2 * v * (1 + 2 * s) for v, s in zip(grey, shadow, strict=True)], abs=1e-5
    )


def test_contrast_of_nothing_keeps_black() -> None:
    x = torch.tensor([-1.0, 0.0, 0.5, 3.0]).expand(3, 1, -1)
    got = color.color_correct(x, Correction(contrast=0.0))
    assert got[0, 0].tolist() == pytest.approx([-1, 0, 0.18, 0.18])
