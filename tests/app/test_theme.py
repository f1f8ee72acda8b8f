"""The look: neutral greys, readable text, every name and icon there."""

import itertools

import pytest
from PySide6.QtWidgets import QApplication

from rimlight.app import theme

TEXT = ("text", "text.strong", "text.dim", "error", "warning", "success", "information")
SURFACES = ("surface.deep", "surface.base", "surface.panel", "surface.raised", "surface.field")


@pytest.mark.parametrize(("text", "surface"), [*itertools.product(TEXT, SURFACES)])
def test_text_is_readable(text: str, surface: str) -> None:
    assert theme.contrast(theme.color(text), theme.color(surface)) >= 4.5


@pytest.mark.parametrize("name", [n for n in theme.colors() if n.startswith(("wire.", "state.", "value.", "channel."))])
def test_marks_stand_out(name: str) -> None:
    assert theme.contrast(theme.color(name), theme.color("surface.panel")) >= 2.5


def test_known_contrasts() -> None:
    assert theme.contrast(theme.QColor("#000000"), theme.QColor("#ffffff")) == pytest.approx(21)
    assert theme.contrast(theme.QColor("#777777"), theme.QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)
    assert theme.contrast(theme.color("text.on_accent"), theme.color("accent")) >= 4.5
    assert theme.contrast(theme.color("text.strong"), theme.color("selection")) >= 4.5


def test_what_surrounds_the_picture_is_neutral() -> None:
    for name in theme.colors():
        if name.startswith(("surface.", "line", "viewer.")):
            c = theme.color(name)
            assert c.red() == c.green() == c.blue(), name


def test_node_and_wire_colors() -> None:
    assert theme.category_color("color.grade") == theme.color("category.color")
    assert theme.category_color("plugin.thing") == theme.color("category.other")
    assert theme.wire_color("Image") != theme.wire_color("Rig")


def test_every_icon_draws(qapp: QApplication) -> None:
    for path in theme._resource("icons").glob("*.svg"):
        image = theme.pixmap(path.stem, 32).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32)), path.stem


def test_the_style_sheet_is_filled_in(qapp: QApplication) -> None:
    assert "${" not in theme.style_sheet() and "#202020" in theme.style_sheet()
