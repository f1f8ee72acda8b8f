"""The viewport without a graphics card, pixel by pixel against what it should be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import viewport
from rimlight.app.viewer.bands import BANDS
from rimlight.app.viewer.cpu_render import band_at, render
from rimlight.app.viewer.frame import BAD, CHECKERS, CLIPPED, NEGATIVE, UNSURE, Display, Frame
from rimlight.app.viewer.geometry import View
from rimlight.app.viewer.plane import Plane, pack
from rimlight.app.viewer.settings import Background, Channel, Compare, ViewerSettings, Zebra
from rimlight.engine import RGBA, Image, ImageInfo, Region, to_uint8


@pytest.fixture(scope="module")
def display() -> Display:
    return viewport.display()


def flat(display: Display, rgba: tuple[float, ...], settings: ViewerSettings, other: tuple[float, ...] = ()) -> Frame:
    """A viewport that a picture of one colour fills."""
    window = Region(0, 0, 40, 30)

    def plane(color: tuple[float, ...]) -> Plane:
        x = torch.tensor(color).reshape(4, 1, 1).expand(4, 30, 40).contiguous()
        return pack(Image(ImageInfo(window, window, (RGBA,)), window, {"rgba": x}), "rgba", 1.0, 1)

    return Frame(View(40, 30), plane(rgba), plane(other) if other else None, settings, display)


def shown(display: Display, rgb: tuple[float, ...], **settings: float) -> list[int]:
    """The codes of a colour by the engine's own renderer."""
    x = torch.tensor(rgb).reshape(3, 1, 1)
    return to_uint8(display.renderer.render(x, display.display, display.view, **settings)).flatten().tolist()


def test_light_is_shown_as_the_engine_shows_it(display: Display) -> None:
    settings = ViewerSettings(exposure=0.5, gamma=1.2)
    codes = render(flat(display, (0.4, 0.2, 0.05, 1.0), settings))
    assert codes[15, 20].tolist() == shown(display, (0.4, 0.2, 0.05), exposure=0.5, gamma=1.2)


@pytest.mark.parametrize(("channel", "seen"), [(Channel.RED, 0.4), (Channel.GREEN, 0.2), (Channel.BLUE, 0.05)], ids=str)
def test_a_channel_is_seen_as_grey(display: Display, channel: Channel, seen: float) -> None:
    codes = render(flat(display, (0.4, 0.2, 0.05, 1.0), ViewerSettings(channel=channel)))
    assert codes[15, 20].tolist() == shown(display, (seen,) * 3)


def test_luminance_uses_the_working_space(display: Display) -> None:
    codes = render(flat(display, (0.4, 0.2, 0.05, 1.0), ViewerSettings(channel=Channel.LUMINANCE)))
    y = sum(w * v for w, v in zip(display.weights, (0.4, 0.2, 0.05), strict=True))
    assert np.abs(codes[15, 20].astype(int) - shown(display, (y,) * 3)).max() <= 1


def test_alpha_is_data(display: Display) -> None:
    codes = render(flat(display, (9.0, 9.0, 9.0, 0.5), ViewerSettings(channel=Channel.ALPHA)))
    assert codes[15, 20].tolist() == [128, 128, 128]


def test_the_wipe_has_a_on_the_left_and_b_on_the_right(display: Display) -> None:
    codes = render(flat(display, (0.5, 0.5, 0.5, 1), ViewerSettings(compare=Compare.WIPE), (0.1, 0.1, 0.1, 1)))
    assert codes[15, 19].tolist() == shown(display, (0.5,) * 3)
    assert codes[15, 20].tolist() == shown(display, (0.1,) * 3)
    turned = ViewerSettings(compare=Compare.WIPE, wipe_angle=90.0)
    codes = render(flat(display, (0.5, 0.5, 0.5, 1), turned, (0.1, 0.1, 0.1, 1)))
    assert codes[5, 5].tolist() == shown(display, (0.1,) * 3), "turned by 90 degrees, B is above"
    assert codes[25, 5].tolist() == shown(display, (0.5,) * 3)


@pytest.mark.parametrize(
    ("compare", "expected"),
    [(Compare.OVER, 0.3 + 0.5 * (1 - 0.25)), (Compare.UNDER, 0.5), (Compare.DIFFERENCE, 0.2 * 2), (Compare.ONION, 0.4)],
)
def test_comparisons_are_made_in_light(display: Display, compare: Compare, expected: float) -> None:
    settings = ViewerSettings(compare=compare, gain=2.0)
    codes = render(flat(display, (0.3, 0.3, 0.3, 0.25), settings, (0.5, 0.5, 0.5, 1)))
    assert np.abs(codes[15, 20].astype(int) - shown(display, (expected,) * 3)).max() <= 1


def test_the_background_is_seen_through_what_is_transparent(display: Display) -> None:
    settings = ViewerSettings(background=Background.CHECKER)
    codes = render(flat(display, (0.1, 0.1, 0.1, 0.5), settings))
    for x, behind in ((3, CHECKERS[0]), (11, CHECKERS[1])):
        assert np.abs(codes[3, x].astype(int) - shown(display, (0.1 + 0.5 * behind,) * 3)).max() <= 1
    black = render(flat(display, (0.1, 0.1, 0.1, 0.5), ViewerSettings()))
    assert black[3, 3].tolist() == shown(display, (0.1,) * 3)


def test_zebra_marks_what_clips_and_what_is_no_number(display: Display) -> None:
    settings = ViewerSettings(zebra=Zebra.CLIPPING)
    codes = render(flat(display, (500.0, 500.0, 500.0, 1), settings))
    striped = (codes != 255).any(-1)
    assert 0.2 < striped.mean() < 0.5
    assert not (render(flat(display, (0.2, 0.2, 0.2, 1), settings)) != shown(display, (0.2,) * 3)).any()
    codes = render(flat(display, (float("nan"), 0.0, 0.0, 1), settings))
    assert codes[15, 20].tolist() == [round(255 * v) for v in BAD]


def test_zebra_marks_low_confidence(display: Display) -> None:
    frame = viewport.frame(display, ViewerSettings(zebra=Zebra.CONFIDENCE, threshold=0.3))
    codes = render(frame)
    marked = (codes == [round(255 * v) for v in UNSURE]).all(-1)
    assert 0.05 < marked.mean() < 0.15, "a third of the pixels of which three tenths are below the threshold"


def test_zebra_marks_implausible_albedo_dark_and_bright(display: Display) -> None:
    frame = viewport.frame(display, ViewerSettings(zebra=Zebra.ALBEDO))
    assert frame.a is not None and frame.a.extra is not None
    extra = np.ones_like(frame.a.extra)
    extra[: extra.shape[0] // 2, :, 0], extra[extra.shape[0] // 2 :, :, 0] = 0, 2
    codes = render(replace(frame, a=replace(frame.a, extra=extra)))
    dark, bright = ((codes == [round(255 * v) for v in ink]).all(-1) for ink in (NEGATIVE, CLIPPED))
    assert dark.any() and bright.any()
    assert np.argwhere(dark)[:, 0].max() < np.argwhere(bright)[:, 0].min()


def band(name: str) -> list[int]:
    """The codes of a band of false colour."""
    return [round(255 * v) for v in next(band.color for band in BANDS if band.name == name)]


FALSE = ViewerSettings(false_color=True)


@pytest.mark.parametrize(
    "settings",
    [FALSE, FALSE.with_(exposure=3.0, gamma=2.0), FALSE.with_(background=Background.GREY),
     FALSE.with_(channel=Channel.LUMINANCE), FALSE.with_(compare=Compare.WIPE, wipe_x=1.0)],
    ids=["plain", "exposed", "background", "luminance", "wipe"],
)  # fmt: skip
def test_false_colour_tells_the_light_of_the_picture_however_it_is_viewed(
    display: Display, settings: ViewerSettings
) -> None:
    light = tuple(v * 2.0**1.9 for v in (0.18, 0.18, 0.18))
    codes = render(flat(display, (*light, 0.3), settings, (9.0, 9.0, 9.0, 1)))
    assert codes[15, 20].tolist() == band("+2")


def test_false_colour_weighs_channels_as_the_working_space_does(display: Display) -> None:
    green = 0.18 / display.weights[1]
    assert render(flat(display, (0.0, green, 0.0, 1), FALSE))[15, 20].tolist() == band("0")
    red = FALSE.with_(channel=Channel.RED)
    assert render(flat(display, (0.36, green, 0.0, 1), red))[15, 20].tolist() == band("+1"), (
        "of a channel, its own light"
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_false_colour_marks_what_is_no_number(display: Display, bad: float) -> None:
    frame = flat(display, (bad, 0.18, 0.18, 1), FALSE)
    assert render(frame)[15, 20].tolist() == [round(255 * v) for v in BAD]
    assert band_at(frame, 20, 15) is None
    assert render(flat(display, (-0.2, -0.2, -0.2, 1), FALSE))[15, 20].tolist() == band("below")


def test_what_is_no_light_has_no_false_colour(display: Display) -> None:
    for layer in ("normal", "depth"):
        frame = viewport.frame(display, FALSE, layer)
        assert (render(frame) == render(viewport.frame(display, ViewerSettings(), layer))).all()
        assert band_at(frame, 150, 100) is None
    alpha = ViewerSettings(channel=Channel.ALPHA)
    seen = render(flat(display, (1.0, 1.0, 1.0, 0.5), alpha.with_(false_color=True)))
    assert (seen == render(flat(display, (1.0, 1.0, 1.0, 0.5), alpha))).all()


@pytest.mark.parametrize("zebra", [Zebra.CLIPPING, Zebra.CONFIDENCE, Zebra.ALBEDO], ids=str)
def test_zebra_stripes_false_colour_where_it_stripes_the_picture(display: Display, zebra: Zebra) -> None:
    plain, false = ViewerSettings(), FALSE
    striped = [
        (render(viewport.frame(display, s.with_(zebra=zebra))) != render(viewport.frame(display, s))).any(-1)
        for s in (plain, false)
    ]
    assert striped[0].any()
    differ = (striped[0] != striped[1]).mean()
    assert differ < 0.001, "but for a pixel that has the colour of the stripes, or is no number"


@pytest.mark.parametrize("compare", list(Compare), ids=str)
@pytest.mark.parametrize("zoom", viewport.ZOOMS)
def test_the_band_under_the_mouse_is_the_one_that_is_seen(display: Display, compare: Compare, zoom: float) -> None:
    frame = viewport.frame(display, FALSE.with_(compare=compare, gain=2.0), zoom=zoom)
    codes, told = render(frame), 0
    for y in range(3, 200, 28):
        for x in range(3, 300, 28):
            found = band_at(frame, x + 0.6, y + 0.4)
            if found is not None:
                assert codes[y, x].tolist() == [round(255 * v) for v in BANDS[found].color]
                told += 1
    assert told > 5
    assert band_at(frame, -5.0, 10.0) is None


def test_around_the_picture_is_the_surround(display: Display) -> None:
    frame = viewport.frame(display, ViewerSettings(), zoom=0.37)
    surround = to_uint8(torch.tensor(frame.surround).reshape(3, 1, 1)).flatten().tolist()
    codes = render(frame)
    assert codes[2, 2].tolist() == surround
    assert codes[100, 150].tolist() != surround


def test_magnified_pixels_are_squares(display: Display) -> None:
    frame = viewport.frame(display, ViewerSettings(), zoom=4.0)
    view = frame.view
    codes = render(frame)
    x, y = (round(v) for v in view.to_screen(140, 90))
    square = codes[y : y + 4, x : x + 4]
    assert (square == square[0, 0]).all()


def row(alpha: list[float], zoom: float, width: int) -> list[int]:
    """The codes of a row of pixels, shown as data from the left edge on."""
    x = torch.tensor(alpha).expand(4, 2, len(alpha)).contiguous()
    window = Region(0, 0, len(alpha), 2)
    plane = pack(Image(ImageInfo(window, window, (RGBA,)), window, {"rgba": x}), "rgba", 1.0, 1)
    frame = Frame(View(width, 2, zoom=zoom), plane, None, ViewerSettings(channel=Channel.ALPHA), None)
    return [int(code) for code in render(frame)[0, :, 0]]


@pytest.mark.parametrize("zoom", [1.0, 1.32, 2.0, 2.5, 3.7])
def test_screen_pixels_on_an_edge_of_magnified_pixels_show_their_share_of_both(zoom: float) -> None:
    alpha = [0.0, 1.0, 0.0, 0.5, 1.0, 1.0, 0.25, 0.0]
    width = int(len(alpha) * zoom) - 1
    fine = 1000
    places = ((np.arange(width * fine) + 0.5) / fine / zoom).astype(int)
    shares = np.array(alpha)[places].reshape(width, fine).mean(1)
    assert np.abs(np.array(row(alpha, zoom, width)) - 255 * shares).max() < 3
    if zoom == int(zoom):
        assert set(row(alpha, zoom, width)) == {0, 255, 128, 64}


def test_an_infinite_pixel_is_seen_where_it_is() -> None:
    assert row([0.5, np.inf, 0.5, 0.0], 2.0, 8) == [128, 128, 255, 255, 128, 128, 0, 0]
    assert row([0.5, np.inf, np.inf, np.inf, 0.5], 0.999, 5) == [128, 255, 255, 255, 128]  # blended


def test_a_draft_is_blended_as_its_pixels_are_not_those_of_the_picture(display: Display) -> None:
    frame = viewport.frame(display, ViewerSettings(), zoom=4.0)
    assert frame.a is not None
    draft = replace(frame.a, scale=0.25)
    assert Frame(frame.view, draft, None, ViewerSettings(), display).smooth(draft)
    assert not Frame(frame.view, frame.a, None, ViewerSettings(), display).smooth(frame.a)
