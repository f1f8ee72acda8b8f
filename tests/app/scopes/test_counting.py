"""What the scopes count, on pixels whose answer is known."""

import numpy as np
import pytest
import torch

from rimlight.app.scopes import chromaticity, counting
from rimlight.app.scopes.computing import Asked, Kind, cloud, layers_for, parade, pixels_of, waveform
from rimlight.engine import (
    ACESCG,
    LINEAR_REC709,
    RGBA,
    Image,
    ImageInfo,
    Region,
    RimlightError,
    WorkingSpace,
    white_rgb,
)

WEIGHTS = (0.2126, 0.7152, 0.0722)


def flat(red: float, green: float, blue: float, shape: tuple[int, int] = (6, 8)) -> np.ndarray:
    return np.broadcast_to(np.array([red, green, blue], np.float32), (*shape, 3)).copy()


def bin_of(place: float) -> int:
    return int(place * counting.BINS)


def test_stops_count_from_a_grey_card() -> None:
    values = np.array([0.18, 0.36, 0.045, 0.0, -1.0, 0.18 * 2**8], np.float32)
    low, high = counting.STOPS
    expected = [(stops - low) / (high - low) for stops in (0, 1, -2)]
    place = counting.on_scale(values, "scene")
    assert place[:3] == pytest.approx(expected)
    assert (place[3:5] < 0).all(), "what has no logarithm lies below"
    assert place[5] == pytest.approx(1)


def test_ticks_lie_where_values_do() -> None:
    for share, text in counting.ticks("scene"):
        stops = 0.0 if "%" in text else float(text)
        place = counting.on_scale(np.array([0.18 * 2**stops], np.float32), "scene")
        assert place[0] == pytest.approx(share, abs=1e-5)
    for share, text in counting.ticks("display"):
        assert counting.on_scale(np.array([float(text)], np.float32), "display")[0] == pytest.approx(share)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (400, ["-8", "-6", "-4", "-2", "18 %", "+2", "+4", "+6", "+8"]), (60, ["-8", "-4", "18 %", "+4", "+8"]),
        (30, ["-8", "18 %", "+8"]), (0, ["18 %"]),
    ],
)  # fmt: skip
def test_words_of_an_axis_do_not_lie_on_each_other(length: float, words: list[str]) -> None:
    marks = counting.ticks("scene")
    spaced = counting.spaced(marks, length, 12)
    assert [share for share, _ in spaced] == [share for share, _ in marks]
    assert [text for _, text in spaced if text] == words


def test_a_flat_picture_is_one_line_in_each_channel() -> None:
    found = counting.histogram(flat(0.18, 0.36, 0.09), WEIGHTS, "scene")
    assert found.counts.sum(1).tolist() == [48] * 4
    low, high = counting.STOPS
    for channel, stops in enumerate((0, 1, -1)):
        assert found.counts[channel, bin_of((stops - low) / (high - low))] == 48
    assert (found.below, found.above) == (0, 0)


def test_negative_and_broken_pixels() -> None:
    rgb = flat(0.18, 0.18, 0.18)
    rgb[0, 0] = np.nan
    rgb[0, 1] = -0.5
    found = counting.histogram(rgb, WEIGHTS, "scene")
    assert found.counts[0].sum() == 47
    assert found.below == pytest.approx(1 / 47)
    assert counting.histogram(flat(np.nan, 0, 0), WEIGHTS, "scene").counts.sum() == 0


def test_a_ramp_rises_in_the_waveform() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 40, dtype=np.float32), (10, 40))
    counts = counting.trace(ramp, "display", 40)
    assert counts.sum() == 400
    rows = counts.argmax(0)
    assert (np.diff(rows) <= 0).all()
    assert rows[0] > rows[-1]
    assert (counts.max(0) == 10).all()


def test_parade_keeps_channels_apart() -> None:
    image = parade(flat(0.5, 0.25, 1.0, (20, 30)), "display")
    third = image.width() / 3
    low, high = counting.CODES
    for channel, value in enumerate((0.5, 0.25, 1.0)):
        row = int((1 - (value - low) / (high - low)) * counting.ROWS)
        color = image.pixelColor(int(third * channel + third / 2), row)
        parts = (color.red(), color.green(), color.blue())
        assert parts.index(max(parts)) == channel
    wave = waveform(flat(0.5, 0.5, 0.5, (20, 30)), "display")
    row = int((1 - (0.5 - low) / (high - low)) * counting.ROWS)
    assert wave.pixelColor(15, row).red() > 200
    assert wave.pixelColor(15, row).blue() > 200


@pytest.mark.parametrize("space", ["scene", "display"])
def test_grey_is_in_the_middle_of_the_vectorscope(space: counting.Space) -> None:
    assert counting.chroma(flat(0.3, 0.3, 0.3), WEIGHTS, space) == pytest.approx(0, abs=1e-6)


def test_exposure_does_not_move_scene_linear_chroma() -> None:
    rgb = flat(0.5, 0.2, 0.1)
    once = counting.chroma(rgb, WEIGHTS, "scene")
    assert counting.chroma(rgb * 16, WEIGHTS, "scene") == pytest.approx(once, abs=1e-6)
    assert counting.chroma(flat(1, 0, 0), WEIGHTS, "scene")[0, 1] == pytest.approx(1)
    assert len(counting.chroma(flat(0, 0, 0), WEIGHTS, "scene")) == 0


def test_points_are_scattered_with_y_up() -> None:
    counts = counting.scattered(np.array([[0.15, 0.95], [0.95, 0.15], [5, 5]], np.float32), (0, 0), (1, 1), 10)
    assert counts.sum() == 2
    assert counts[0, 1] == 1
    assert counts[8, 9] == 1
    assert cloud(counts).pixelColor(1, 0).red() > 100


def test_albedo_shares() -> None:
    albedo = flat(0.5, 0.4, 0.3, (4, 5))
    albedo[0] = 0.01
    albedo[1, :2] = 1.2
    albedo[3] = 0
    within, below, above, counts = counting.plausible(albedo)
    assert (within, below, above) == pytest.approx((8 / 15, 5 / 15, 2 / 15))
    assert counts.sum() == 15
    assert counting.plausible(flat(0, 0, 0))[:3] == (0, 0, 0)


@pytest.mark.parametrize("space", [ACESCG, LINEAR_REC709], ids=["acescg", "rec709"])
@pytest.mark.parametrize(("kelvin", "tint"), [(6504, 0), (3200, 0), (5600, 10), (9000, -10), (2000, 5)])
def test_the_temperature_of_a_light_is_found(space: WorkingSpace, kelvin: float, tint: float) -> None:
    rgb = np.array([white_rgb(kelvin, tint, space).tolist()], np.float32)
    u, v = map(float, chromaticity.uv_of(rgb, space)[0])
    found = chromaticity.nearest_white((u, v), space)
    assert found.kelvin == pytest.approx(kelvin, rel=2e-3)
    assert found.duv == pytest.approx(tint / 1000, abs=5e-5)


def test_neutral_is_d65() -> None:
    assert chromaticity.uv_of(np.ones((1, 3), np.float32), ACESCG)[0] == pytest.approx((0.19783, 0.46832), abs=1e-4)
    red, green, blue = chromaticity.primaries(LINEAR_REC709).tolist()
    assert red == pytest.approx((0.4507, 0.5229), abs=1e-3)
    assert green == pytest.approx((0.1250, 0.5625), abs=1e-3)
    assert blue == pytest.approx((0.1754, 0.1579), abs=1e-3)
    assert np.isnan(chromaticity.uv_of(np.zeros((1, 3), np.float32), ACESCG)).all()


def asked(area: Region | None = None, scale: float = 1.0) -> Asked:
    return Asked(frozenset(), "scene", "", scale, area, "", "")


def test_pixels_are_those_of_the_picture_unfiltered() -> None:
    frame = Region(0, 0, 960, 20)
    x = torch.arange(960.0).expand(4, 20, 960).clone()
    image = Image(ImageInfo(frame, frame, (RGBA,)), frame, {"rgba": x})
    found = pixels_of(image, "rgba", asked())
    assert found.shape == (10, 480, 3)
    assert found[0, :3, 0].tolist() == [0, 2, 4], "every second pixel, none of them a mean"
    part = pixels_of(image, "rgba", asked(Region(100, 0, 140, 10)))
    assert part.shape == (10, 40, 3)
    assert part[0, 0, 0] == 100
    with pytest.raises(RimlightError, match="no pixels"):
        pixels_of(image, "rgba", asked(Region(2000, 0, 2010, 10)))


def test_layers_that_are_needed() -> None:
    names = ("rgba", "albedo", "depth")
    assert layers_for(frozenset({Kind.HISTOGRAM}), names, "") == ("rgba",)
    assert layers_for(frozenset({Kind.ALBEDO}), names, "") == ("rgba", "albedo")
    assert layers_for(frozenset({Kind.ALBEDO}), names, "albedo") == ("albedo",)
    assert layers_for(frozenset(), ("depth",), "gone") == ("depth",)


@pytest.mark.parametrize("space", ["scene", "display"])
def test_huge_values_are_counted_at_their_end(space: counting.Space) -> None:
    for value, end in ((1e30, -1), (-1e30, 0)):
        counts = counting.histogram(flat(value, value, value), WEIGHTS, space).counts
        assert counts[0, end] == 48
        traced = counting.trace(flat(value, value, value)[..., 0], space, 8)
        assert traced[-1 - end].sum() == 48, "a waveform is bright at the top"
    assert counting.plausible(flat(1e30, 0.5, 0.5))[3][-1] == 48
