"""Colours, lookups and sections are opened and edited by keys alone."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties import menu
from rimlight.app.properties.node_properties import NodePanel
from rimlight.app.properties.number_rows import ColorRow
from rimlight.app.properties.openers import Swatch
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.rows import Row
from rimlight.app.properties.value_rows import LookupRow
from rimlight.app.workspace import Workspace

Open = Callable[..., NodePanel]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def choose(row: Row, text: str) -> None:
    """Choose from the menu of a row."""
    built = menu.build(row, None)
    next(action for action in built.actions() if action.text() == text).trigger()
    built.deleteLater()
    QApplication.processEvents()


def focus(qtbot: QtBot, panel: PropertiesPanel, widget: QWidget) -> None:
    panel.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


def multiply(workspace: Workspace) -> tuple[float, ...]:
    return tuple(float(v) for v in workspace.session.value("Grade1", "multiply"))


def test_the_wheel_by_keys(panel: PropertiesPanel, opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("color.grade", multiply=(1.0, 0.5, 0.5, 1.0)).row("multiply")
    assert isinstance(row, ColorRow)
    choose(row, "Colour Wheel")
    assert row.wheel is not None
    hue, saturation, value = row.wheel.bars[:3]
    assert all(bar in panel.tab_order() for bar in row.wheel.bars)
    steps = len(workspace.session.history.labels)
    focus(qtbot, panel, value)
    qtbot.keyClick(value, Qt.Key.Key_Right)
    assert multiply(workspace) == pytest.approx((1.04, 0.52, 0.52, 1.0))
    qtbot.keyClick(value, Qt.Key.Key_Up, SHIFT)
    assert multiply(workspace) == pytest.approx((1.44, 0.72, 0.72, 1.0))
    assert len(workspace.session.history.labels) == steps + 2
    focus(qtbot, panel, saturation)
    qtbot.keyClick(saturation, Qt.Key.Key_Left, SHIFT)
    assert multiply(workspace) == pytest.approx((1.44, 0.864, 0.864, 1.0))
    focus(qtbot, panel, hue)
    qtbot.keyClick(hue, Qt.Key.Key_Down)
    red, green, blue, _ = multiply(workspace)
    assert red == pytest.approx(1.44) and blue > green
    choose(row, "Colour Wheel")
    assert row.wheel is None


def test_components_are_edited_one_by_one_from_the_menu(opened: Open) -> None:
    row = opened("color.grade").row("multiply")
    assert isinstance(row, ColorRow) and not row.split
    choose(row, "Edit Components One by One")
    assert row.split
    built = menu.build(row, None)
    assert next(a for a in built.actions() if a.text() == "Edit Components One by One").isChecked()
    built.deleteLater()


def test_a_lookup_opens_by_space(panel: PropertiesPanel, opened: Open, qtbot: QtBot) -> None:
    node = opened("color.curves")
    row = next(row for row in node.rows if isinstance(row, LookupRow))
    assert row.picture in panel.tab_order()
    focus(qtbot, panel, row.picture)
    qtbot.keyClick(row.picture, Qt.Key.Key_Space)
    assert row.view is not None
    qtbot.keyClick(row.picture, Qt.Key.Key_Return)
    assert row.view is None


def test_a_swatch_marks_what_a_screen_does_not_show(workspace: Workspace, qtbot: QtBot) -> None:
    swatch = Swatch(workspace.swatches)
    qtbot.addWidget(swatch)
    right, left = QPoint(swatch.width() - 5, 4), QPoint(4, 4)

    def drawn(*rgb: float) -> QImage:
        swatch.show_color(rgb)
        return swatch.grab().toImage()

    plain = drawn(0.5, 0.5, 0.5)
    assert plain.pixel(right) == plain.pixel(left)
    above, below = drawn(2.0, 0.5, 0.5), drawn(0.5, -0.5, 0.5)
    assert above.pixel(right) != above.pixel(left) and below.pixel(right) != below.pixel(left)


def test_a_closed_section_opens_by_space(panel: PropertiesPanel, opened: Open, qtbot: QtBot) -> None:
    node = opened("color.grade")
    section = next(section for section in node.sections if section.title == "Node")
    assert section.button in panel.tab_order() and not section.rows
    focus(qtbot, panel, section.button)
    qtbot.keyClick(section.button, Qt.Key.Key_Space)
    assert section.open and all(row.isVisible() for row in section.rows)
    qtbot.keyClick(section.button, Qt.Key.Key_Space)
    assert not section.open
