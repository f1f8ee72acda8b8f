"""The look: neutral greys, readable text, every name and icon there."""

import itertools
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDateEdit,
    QFileDialog,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

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
    assert theme.category_color("learned.delight") == theme.color("category.learned") != theme.color("category.other")
    assert theme.category_color("plugin.thing") == theme.color("category.other")
    assert theme.category_color("plugin.thing", menu="Filter/Mine") == theme.color("category.filter")
    assert theme.category_color("structure.viewer", menu="Image") == theme.color("category.other")
    assert theme.wire_color("Image") != theme.wire_color("Rig")


def test_every_icon_draws(qapp: QApplication) -> None:
    for path in theme._resource("icons").glob("*.svg"):
        image = theme.pixmap(path.stem, 32).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32)), path.stem


def test_the_style_sheet_is_filled_in(qapp: QApplication) -> None:
    assert "${" not in theme.style_sheet() and "#202020" in theme.style_sheet()


def strongest(widget: QWidget, left: int, top: int, width: int, height: int) -> float:
    """The contrast of what stands out most in a part of a widget from the first pixel of that part."""
    image = widget.grab().toImage()
    ratio = image.devicePixelRatio()
    at = [(round(x * ratio), round(y * ratio)) for x in range(left, left + width) for y in range(top, top + height)]
    ground = image.pixelColor(*at[0])
    return max(theme.contrast(image.pixelColor(*place), ground) for place in at)


@pytest.mark.parametrize("name", ["backButton", "forwardButton", "toParentButton", "newFolderButton"])
def test_buttons_of_file_dialogs_stand_out(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    dialog = QFileDialog(directory=str(tmp_path))
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.show()
    button = dialog.findChild(QToolButton, name)
    assert button is not None
    button.setEnabled(True)
    assert strongest(button, 2, 2, button.width() - 4, button.height() - 4) > 4.5


def test_arrows_of_fields_and_trees_stand_out(qtbot: QtBot) -> None:
    box, date, tree = QComboBox(), QDateEdit(), QTreeWidget()
    date.setCalendarPopup(True)
    QTreeWidgetItem(QTreeWidgetItem(tree, ["outer"]), ["inner"])
    for widget, height in ((box, 24), (date, 24), (tree, 120)):
        qtbot.addWidget(widget)
        widget.resize(160, height)
        widget.show()
    for field in (box, date):
        assert strongest(field, 140, 4, 14, 16) > 4.5
    branch = tree.visualItemRect(tree.topLevelItem(0))
    assert strongest(tree.viewport(), 0, branch.top(), tree.indentation(), branch.height()) > 4.5


def test_the_main_button_shows_that_it_does_nothing_now(qtbot: QtBot) -> None:
    button = QPushButton("Render")
    button.setProperty("primary", True)
    qtbot.addWidget(button)
    button.resize(120, 30)
    place = button.rect().center().x(), 5
    assert button.grab().toImage().pixelColor(*place) == theme.color("accent")
    button.setEnabled(False)
    assert button.grab().toImage().pixelColor(*place) == theme.color("surface.panel")
