"""The viewer as an artist uses it: keys, mouse, and what it shows."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from calls import noted
from rimlight.app.viewer import cpu_canvas
from rimlight.app.viewer.cpu_canvas import CpuCanvas
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.reading import badges
from rimlight.app.viewer.settings import Channel, Compare
from rimlight.app.workspace import Workspace
from rimlight.engine import Expr
from viewers import drag, screen, settled

NONE = Qt.KeyboardModifier.NoModifier
NewViewer = Callable[[], ViewerPanel]


def press(qtbot: QtBot, viewer: ViewerPanel, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, key, held)


def test_it_shows_the_picture_through_the_view(new_viewer: NewViewer) -> None:
    viewer = new_viewer()
    plane = viewer.pictures.a.plane
    assert plane is not None
    assert plane.display.box == (0, 0, 64, 48)
    image = viewer.stage.canvas.codes()
    at = screen(viewer, 60, 24)
    shown = image.pixelColor(at.toPoint())
    dark = image.pixelColor(screen(viewer, 4, 44).toPoint())
    assert shown.red() > dark.red() + 20
    assert image.pixelColor(1, 1).red() == image.pixelColor(1, 1).blue()


@pytest.mark.parametrize(
    ("key", "channel"),
    [(Qt.Key.Key_R, Channel.RED), (Qt.Key.Key_G, Channel.GREEN), (Qt.Key.Key_B, Channel.BLUE),
     (Qt.Key.Key_A, Channel.ALPHA), (Qt.Key.Key_Y, Channel.LUMINANCE), (Qt.Key.Key_M, Channel.MATTE)],
)  # fmt: skip
def test_a_letter_isolates_a_channel_and_the_same_again_shows_all(
    new_viewer: NewViewer, qtbot: QtBot, key: Qt.Key, channel: Channel
) -> None:
    viewer = new_viewer()
    press(qtbot, viewer, key)
    assert viewer.settings.channel is channel
    press(qtbot, viewer, key)
    assert viewer.settings.channel is Channel.RGBA


def test_numbers_choose_inputs_and_shifted_ones_compare(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    press(qtbot, viewer, Qt.Key.Key_2)
    settled(viewer, qtbot)
    assert workspace.views().node_a == "G"
    viewer.desktop.actions.trigger("viewer.compare1")
    settled(viewer, qtbot)
    assert viewer.settings.compare is Compare.WIPE
    assert viewer.pictures.b.plane is not None
    assert workspace.views().node_b == "C"
    press(qtbot, viewer, Qt.Key.Key_W)
    settled(viewer, qtbot)
    assert viewer.settings.compare is Compare.OFF
    assert viewer.pictures.b.plane is None


def test_the_true_value_is_read_under_the_mouse(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.framing.zoom_to(0.5)
    at = screen(viewer, 40.5, 10.5)
    viewer.stage.hovered.emit(at)
    assert "40.5" in viewer.info_bar.pixel.text()
    assert "0.40000" in viewer.info_bar.pixel.text()


def test_panning_with_the_middle_button(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    before = viewer.view
    drag(viewer, qtbot, QPointF(100, 100), QPointF(130, 110), Qt.MouseButton.MiddleButton)
    assert (viewer.view.x - before.x, viewer.view.y - before.y) == (30, 10)


def test_another_script_does_not_begin_with_the_picture_of_the_last(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    assert viewer.pictures.a.plane is not None
    workspace.follow_session()
    assert viewer.pictures.a.plane is None
    assert badges(viewer.pictures, viewer.settings, stale=True)[0][0] == "Computing", "no picture, so no old one"
    settled(viewer, qtbot)
    assert viewer.pictures.a.plane is not None


def test_a_relight_without_lights_leads_to_them(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("light.relight", "C", name="R")
    workspace.view("R", 1)
    qtbot.waitUntil(viewer.notice.isVisible, timeout=10_000)
    assert viewer.notice.lights.isVisible() and not viewer.notice.rigs.isVisible()
    with qtbot.waitSignal(viewer.notice.lights_wanted):
        viewer.notice.lights.click()
    workspace.session.add("image.read", name="F")
    workspace.view("F", 1)
    qtbot.waitUntil(lambda: viewer.notice.title.text().startswith("F "), timeout=10_000)
    assert not viewer.notice.lights.isVisible()


def test_a_rig_that_is_there_is_wired_to_what_lacks_lights(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer, s = new_viewer(), workspace.session
    key = s.add("light.directional", name="Key")
    s.add("light.directional", key, name="Fill")
    s.add("light.relight", "C", name="R")
    workspace.view("R", 1)
    qtbot.waitUntil(viewer.notice.rigs.isVisible, timeout=10_000)
    assert viewer.notice.rigs.text() == "Connect Fill", "the end of the rig"
    viewer.notice.rigs.click()
    assert workspace.graph["R"].inputs["rig"] == "Fill"
    qtbot.waitUntil(lambda: not viewer.notice.isVisible(), timeout=10_000)
    s.add("light.directional", name="Other")
    s.add("light.relight", "C", name="R2")
    workspace.view("R2", 1)
    qtbot.waitUntil(viewer.notice.rigs.isVisible, timeout=10_000)
    viewer.notice.rigs.click()
    (menu,) = viewer.notice.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == ["Fill", "Other"]
    menu.actions()[1].trigger()
    assert workspace.graph["R2"].inputs["rig"] == "Other"
    menu.close()


@pytest.mark.parametrize("width", [300, 420, 800])
def test_what_a_notice_offers_can_be_read_in_a_narrow_viewer(
    width: int, new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer, s = new_viewer(), workspace.session
    s.add("light.directional", name="KeyDirectional1")
    s.add("light.relight", "C", name="R")
    workspace.view("R", 1)
    viewer.resize(width, 500)
    notice = viewer.notice
    qtbot.waitUntil(notice.rigs.isVisible, timeout=10_000)
    buttons = (notice.rigs, notice.lights, notice.button)
    qtbot.waitUntil(lambda: all(b.width() >= b.sizeHint().width() for b in buttons), timeout=10_000)
    assert all(notice.rect().contains(b.geometry()) and b.height() >= b.sizeHint().height() for b in buttons)
    assert all(label.height() >= label.heightForWidth(label.width()) > 0 for label in (notice.title, notice.text))


def test_a_frame_is_told_of_once_it_is_drawn(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.set("C", gain=Expr("frame"))
    settled(viewer, qtbot)
    canvas = viewer.stage.canvas
    assert isinstance(canvas, CpuCanvas)
    drawn: list[tuple[float, int | None]] = []

    def shown(name: str, frame: float) -> None:
        plane = canvas._shown.a if canvas._shown is not None else None
        drawn.append((frame, id(plane) if plane is viewer.pictures.a.plane else None))

    workspace.picture_shown.connect(shown)
    for frame in range(2, 7):
        workspace.set_frame(float(frame))
        qtbot.waitUntil(lambda frame=frame: any(told == frame for told, _ in drawn), timeout=10_000)
    workspace.picture_shown.disconnect(shown)
    assert all(plane is not None for _, plane in drawn), "a frame was told of that was not on the screen"


def test_a_draft_at_half_the_size_of_the_screen_fills_it(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    settled(viewer, qtbot)
    canvas = viewer.stage.canvas
    assert isinstance(canvas, CpuCanvas) and canvas._shown is not None
    view = canvas._shown.view
    image = QImage(-(-view.width // 2), -(-view.height // 2), QImage.Format.Format_RGB888)
    image.fill(QColor("red"))
    image.setDevicePixelRatio(canvas.devicePixelRatioF() * image.width() / view.width)
    canvas._image = image
    shown = canvas.grab().toImage()
    assert shown.pixelColor(shown.width() - 3, shown.height() - 3) == QColor("red")


def test_a_frame_is_rendered_exactly_once_it_stands(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = new_viewer()
    workspace.session.set("C", gain=Expr("frame"))
    settled(viewer, qtbot)
    canvas = viewer.stage.canvas
    assert isinstance(canvas, CpuCanvas)
    canvas._rest.setInterval(3_600_000)
    asked = noted(monkeypatch, (cpu_canvas, "render"), what=lambda frame, exact, check: exact)
    for frame in range(2, 7):
        with qtbot.waitSignal(workspace.picture_shown, check_params_cb=lambda _, told, frame=frame: told == frame):
            workspace.set_frame(float(frame))
    assert len(asked) >= 5 and not any(asked), "frames that the next one takes the place of are rendered quickly"
    assert canvas.current and not canvas.settled and not viewer.settled
    canvas._rest.start(0)
    settled(viewer, qtbot)
    assert asked[-1] and asked.count(True) == 1
