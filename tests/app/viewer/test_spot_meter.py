"""The spot meter and false colour as a lead of lighting uses them."""

import math
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.bands import BANDS
from rimlight.app.viewer.infobar import InfoBar
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.reading import badges
from rimlight.app.viewer.samples import pixel_at, probe
from rimlight.app.workspace import Workspace
from rimlight.engine import Region
from viewers import screen, settled

NewViewer = Callable[[], ViewerPanel]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def light(viewer: ViewerPanel, x: float, y: float) -> float:
    """The luminance at a point in artist's coordinates."""
    plane, display = viewer.pictures.a.plane, viewer.pictures.display
    assert plane is not None and display is not None
    values = probe(plane, *plane.display.from_artist(x, y))
    assert values is not None
    return sum(weight * value for weight, value in zip(display.weights, values[:3], strict=True))


def pinned(viewer: ViewerPanel, qtbot: QtBot, *points: tuple[float, float]) -> None:
    plane = viewer.pictures.a.plane
    assert plane is not None
    for point in points:
        viewer.samples.pin(pixel_at(*plane.display.from_artist(*point)))
    qtbot.waitUntil(lambda: len(viewer.samples.values) == len(viewer.samples.samples))


def button(viewer: ViewerPanel, qtbot: QtBot, text: str) -> QToolButton:
    """A button of the samples that stands there now."""

    def found() -> list[QToolButton]:
        buttons = viewer.sample_list.findChildren(QToolButton)
        return [b for b in buttons if b.text() == text and b.isVisibleTo(viewer.sample_list)]

    qtbot.waitUntil(lambda: len(found()) == 1)
    return found()[0]


def stops_at(viewer: ViewerPanel, x: float, y: float) -> str:
    """What the bar should say of a point."""
    return f"{math.log2(light(viewer, x, y) / 0.18):+.1f} stops"


def test_the_light_under_the_mouse_is_told_in_stops_whatever_the_exposure(new_viewer: NewViewer) -> None:
    viewer = new_viewer()
    viewer.stage.hovered.emit(screen(viewer, 60.5, 10.5))
    assert viewer.info_bar.meter.text() == stops_at(viewer, 60.5, 10.5)
    viewer.change(exposure=3.0)
    viewer.stage.hovered.emit(screen(viewer, 60.5, 10.5))
    assert viewer.info_bar.meter.text() == stops_at(viewer, 60.5, 10.5)
    viewer.stage.hovered.emit(None)
    assert viewer.info_bar.meter.text() == ""


def test_the_mouse_is_compared_with_the_first_sample_or_the_one_that_is_chosen(
    new_viewer: NewViewer, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    pinned(viewer, qtbot, (60.5, 10.5), (8.5, 40.5))
    here = light(viewer, 30.5, 30.5)

    def compared(x: float, y: float) -> str:
        away = math.log2(light(viewer, x, y) / here)
        factor = f"{2**away:.1f}:1" if away > 0 else f"1:{2**-away:.1f}"
        return f"{stops_at(viewer, 30.5, 30.5)}  {factor} / {away:.1f} stops"

    def said() -> str:
        viewer.stage.hovered.emit(screen(viewer, 30.5, 30.5))  # again, as the list of samples may move the picture
        return viewer.info_bar.meter.text()

    assert said() == compared(60.5, 10.5)
    assert viewer.samples.reference == 1
    before = viewer.info_bar.meter.text()
    qtbot.mouseClick(button(viewer, qtbot, "2"), Qt.MouseButton.LeftButton)
    assert viewer.info_bar.meter.text() != before, "at once"
    assert viewer.samples.reference == 2
    assert button(viewer, qtbot, "2").isChecked() and not button(viewer, qtbot, "1").isChecked()
    assert said() == compared(8.5, 40.5)
    viewer.samples.remove(2)
    assert viewer.samples.reference == 1
    assert said() == compared(60.5, 10.5)
    viewer.samples.clear()
    assert said() == stops_at(viewer, 30.5, 30.5)


def test_the_reference_holds_for_another_picture(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    pinned(viewer, qtbot, (60.5, 10.5), (30.5, 30.5))
    before = viewer.samples.text()
    assert before.count(":1 / ") == 1, "the reference is not compared with itself"
    workspace.view("G", 1)
    settled(viewer, qtbot)
    qtbot.waitUntil(lambda: viewer.samples.text() != before)
    assert before.rpartition("  ")[2] == viewer.samples.text().rpartition("  ")[2], "both are a tenth"


def test_the_spot_takes_in_what_was_chosen_and_is_seen(new_viewer: NewViewer) -> None:
    viewer = new_viewer()
    viewer.stage.hovered.emit(screen(viewer, 3.5, 44.5))
    alone = viewer.info_bar.meter.text()
    assert viewer.overlay.spot is None
    viewer.desktop.actions.trigger("viewer.spot45")
    assert viewer.settings.spot == 45 and viewer.desktop.actions.qaction("viewer.spot45").isChecked()
    assert viewer.info_bar.meter.text() != alone
    spot = viewer.overlay.spot
    assert spot is not None and spot.width() == pytest.approx(45 * viewer.view.zoom / viewer.stage.ratio)
    viewer.desktop.actions.trigger("viewer.spot1")
    assert viewer.info_bar.meter.text() == alone and viewer.overlay.spot is None


def test_data_has_no_stops(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    pinned(viewer, qtbot, (60.5, 10.5))
    viewer.change(layer="depth", false_color=True)
    settled(viewer, qtbot)
    qtbot.waitUntil(lambda: viewer.samples.reference_light is None)
    viewer.stage.hovered.emit(screen(viewer, 30.5, 30.5))
    assert viewer.info_bar.pixel.text() and viewer.info_bar.meter.text() == ""
    assert viewer.overlay.band is None
    assert ("False colour: 'depth' is no light", "warning") in badges(viewer.pictures, viewer.settings, stale=False)


def test_a_key_shows_false_colour_and_the_script_keeps_it(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    viewer.stage.hovered.emit(screen(viewer, 60.5, 10.5))
    assert viewer.overlay.band is None
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Y, SHIFT)
    assert viewer.settings.false_color and viewer.view_bar.buttons["false_color"].isChecked()
    assert workspace.look()["false_color"] is True
    settled(viewer, qtbot)
    at = screen(viewer, 60.5, 10.5)
    viewer.stage.hovered.emit(at)
    band = viewer.overlay.band
    assert band is not None and BANDS[band].low <= light(viewer, 60.5, 10.5)
    seen = viewer.stage.canvas.codes().pixelColor((at * viewer.stage.ratio).toPoint()).getRgbF()[:3]
    assert seen == pytest.approx(BANDS[band].color, abs=0.003)
    qtbot.mouseClick(viewer.view_bar.buttons["false_color"], Qt.MouseButton.LeftButton)
    assert not viewer.settings.false_color and viewer.overlay.band is None
    settled(viewer, qtbot)


@pytest.mark.parametrize("height", [175, 210, 300, 480, 700])
def test_the_legend_marks_the_band_under_the_mouse(new_viewer: NewViewer, qtbot: QtBot, height: int) -> None:
    viewer = new_viewer()
    viewer.resize(900, height)
    viewer.change(false_color=True)
    settled(viewer, qtbot)
    plain = viewer.stage.grab().toImage()
    viewer.stage.hovered.emit(screen(viewer, 60.5, 10.5))
    assert viewer.overlay.band is not None
    marked = viewer.stage.grab().toImage()
    differ = [
        x for x in range(plain.width()) if any(plain.pixel(x, y) != marked.pixel(x, y) for y in range(plain.height()))
    ]
    assert differ and min(differ) > (0.8 if height > 250 else 0.6) * plain.width(), "on the right and nowhere else"


def test_in_a_narrow_viewer_there_is_room_for_the_meter_first(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    pinned(viewer, qtbot, (60.5, 10.5))
    viewer.resize(800, 480)
    viewer.stage.hovered.emit(screen(viewer, 30.5, 30.5))
    bar = viewer.info_bar
    qtbot.waitUntil(lambda: bar.picture.width() < bar.picture.sizeHint().width())
    for label in (bar.pixel, bar.meter):
        assert label.width() >= label.sizeHint().width()


def test_where_there_is_no_room_the_meter_is_cut_before_the_numbers(qtbot: QtBot) -> None:
    bar = InfoBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.show_picture("640 x 360 final", "")
    for width in (1200, 560):
        bar.resize(width, bar.height())
        bar.show_pixel("x 281.0 y 230.0", "RGBA", (0.1, 0.2, 0.3, 1.0), None, "-1.6 stops  19.3:1 / 4.3 stops")
        qtbot.waitUntil(lambda: bar.pixel.width() >= bar.pixel.sizeHint().width())
        whole = bar.meter.width() >= bar.meter.sizeHint().width()
        assert whole == (width == 1200) and bar.meter.width() > 1
        qtbot.waitUntil(lambda: bar.swatch.geometry().right() < bar.width())


def test_buttons_of_samples_stay_while_the_picture_changes(new_viewer: NewViewer, qtbot: QtBot) -> None:
    """A press and its release may be in different pictures, as when a shot plays."""
    viewer = new_viewer()
    pinned(viewer, qtbot, (60.5, 10.5), (20.5, 10.5))
    second = button(viewer, qtbot, "2")
    qtbot.mousePress(second, Qt.MouseButton.LeftButton)
    before = dict(viewer.samples.values)
    viewer.workspace.session.set("C", gain=0.02)
    qtbot.waitUntil(lambda: viewer.samples.values[2] != before[2] and viewer.settled, timeout=20_000)
    qtbot.mouseRelease(second, Qt.MouseButton.LeftButton)
    assert viewer.samples.reference == 2
    viewer.samples.pin(Region(10, 10, 14, 14))
    qtbot.waitUntil(lambda: 3 in viewer.samples.values)
    texts = [label.text() for label in viewer.sample_list.findChildren(QLabel) if label.isVisibleTo(viewer.sample_list)]
    assert [name for name in ("mean", "median", "minimum", "maximum") if name in texts] == [
        "mean", "median", "minimum", "maximum",
    ]  # fmt: skip
    viewer.samples.remove(1)
    assert viewer.samples.reference == 2 and button(viewer, qtbot, "2") is second


def test_the_picture_stays_where_it_is_while_more_samples_are_pinned(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    pinned(viewer, qtbot, (10.5, 10.5))
    QApplication.processEvents()
    before = viewer.framing.view
    pinned(viewer, qtbot, *((x + 0.5, 10.5) for x in (12, 14, 16, 18, 20)))
    last = button(viewer, qtbot, "6")
    qtbot.waitUntil(lambda: not last.visibleRegion().isEmpty())
    assert viewer.framing.fits and viewer.framing.view == before


def test_an_area_and_a_pixel_are_seen_whole(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.samples.pin(Region(8, 8, 16, 16))
    pinned(viewer, qtbot, (10.5, 10.5))
    rows = [button(viewer, qtbot, text) for text in ("1", "2")]
    qtbot.waitUntil(lambda: all(row.visibleRegion().boundingRect() == row.rect() for row in rows))
