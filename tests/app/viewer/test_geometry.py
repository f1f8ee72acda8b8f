"""Where the picture lies in the viewport."""

import pytest

from rimlight.app.viewer.frame import Mixing, panes_of
from rimlight.app.viewer.geometry import Box, View
from rimlight.app.viewer.settings import Compare
from rimlight.engine import Region

HD = Region(0, 0, 1920, 1080)


def test_fitted_shows_all_in_the_middle() -> None:
    view = View(1000, 500).fitted(HD)
    box = view.box_to_screen(HD)
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= 1000 and box.y1 <= 500
    assert box.height == pytest.approx(480, abs=1)
    assert box.center == pytest.approx((500, 250), abs=1)


def test_pixel_aspect_widens_the_picture() -> None:
    view = View(1000, 500, aspect=2.0).fitted(Region(0, 0, 1828, 1556))
    box = view.box_to_screen(Region(0, 0, 1828, 1556))
    assert box.width / box.height == pytest.approx(2 * 1828 / 1556)


def test_screen_and_picture_are_inverse() -> None:
    view = View(640, 480, 17, -30, 2.5, 1.09)
    assert view.to_picture(*view.to_screen(12.25, 99.5)) == pytest.approx((12.25, 99.5))


def test_zooming_keeps_the_point_under_the_mouse() -> None:
    view = View(800, 600, 10, 20, 1.0)
    before = view.to_picture(300, 200)
    after = view.zoomed(4.0, 300, 200).to_picture(300, 200)
    assert after == pytest.approx(before, abs=0.13)


def test_at_whole_zooms_pixels_of_the_picture_are_whole_pixels_of_the_screen() -> None:
    view = View(801, 601).looking_at(100.3, 50.7).zoomed(2.0, 33, 44)
    x, y = view.to_screen(7, 9)
    assert (x, y) == (int(x), int(y))


def test_resizing_keeps_the_middle() -> None:
    view = View(800, 600, 3, 4, 1.5)
    assert view.resized(400, 900).middle == pytest.approx(view.middle, abs=1)


def test_split_panes_show_the_same_point_in_their_middles() -> None:
    view = View(800, 600).fitted(HD)
    a, b = panes_of(view, Compare.SPLIT_H)
    assert (a.mixing, b.mixing) == (Mixing.A, Mixing.B)
    assert a.box == Box(0, 0, 400, 600) and b.box == Box(400, 0, 800, 600)
    for pane in (a, b):
        assert pane.view.to_picture(*pane.box.center) == pytest.approx(view.middle, abs=2)
