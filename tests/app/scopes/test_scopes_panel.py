"""The scopes panel: what it shows of what is viewed."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from desktops import Held, Make
from rimlight.app import theme
from rimlight.app.evaluating import VIEWER
from rimlight.app.scopes.chromaticity import White
from rimlight.app.scopes.computing import Asked, Kind, Spot
from rimlight.app.scopes.light_plots import words_in
from rimlight.app.scopes.panel import PANEL, ScopesPanel
from rimlight.app.sharpening import Quality
from rimlight.app.workspace import Workspace
from rimlight.engine import Region
from toy_nodes import Slow

LEFT = Qt.MouseButton.LeftButton


def opened(make_panel: Make, qtbot: QtBot, *kinds: Kind) -> ScopesPanel:
    panel = make_panel(PANEL, ScopesPanel)
    if kinds:
        panel.show_kinds(kinds)
    settle(panel, qtbot)
    return panel


def settle(panel: ScopesPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)


@pytest.fixture
def grey(workspace: Workspace) -> str:
    s = workspace.session
    s.set_project(format="64x48")
    node = s.add("image.constant", color=(0.36, 0.18, 0.09, 1.0))
    workspace.view(node, 1)
    return node


def test_the_histogram_of_a_constant(workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)
    assert panel.scoped is not None
    found = panel.scoped.histogram
    assert found is not None
    assert (found.counts.max(1) == found.counts.sum(1)).all(), "one value in each channel"
    red, green, blue, _ = found.counts.argmax(1).tolist()
    assert red > green > blue
    assert panel.views[Kind.HISTOGRAM].words == "ACEScg, scene-linear"
    workspace.session.set(grey, color=(0.18, 0.18, 0.18, 1.0))
    settle(panel, qtbot)
    assert panel.scoped.histogram is not None
    assert len(set(panel.scoped.histogram.counts.argmax(1).tolist())) == 1


def test_they_look_at_the_viewer_that_is_used(workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot) -> None:
    other = workspace.session.add("image.constant", color=(1.0, 1.0, 1.0, 1.0))
    panel = opened(make_panel, qtbot, Kind.WAVEFORM)
    assert panel.about.text() == grey
    workspace.set_viewer_open("Viewer2", True)
    workspace.activate("Viewer2")
    workspace.view(other, 1)
    settle(panel, qtbot)
    assert panel.about.text() == other
    workspace.set_viewer_open("Viewer2", False)
    settle(panel, qtbot)
    assert panel.about.text() == grey


def test_where_rows_would_get_low_scopes_stand_beside_each_other(
    workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot, Kind.WAVEFORM, Kind.VECTOR)
    wave, vector = panel.views[Kind.WAVEFORM], panel.views[Kind.VECTOR]
    for size, beside in (((380, 500), False), ((380, 200), True), ((220, 260), False), ((600, 300), True)):
        panel.resize(*size)
        qtbot.waitUntil(lambda beside=beside: (wave.y() == vector.y()) is beside, timeout=2000)  # type: ignore[misc]
        assert wave.geometry().intersected(vector.geometry()).isEmpty()


def test_display_values_name_display_and_view(workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot, Kind.WAVEFORM, Kind.PARADE, Kind.VECTOR)
    panel.space_box.setCurrentIndex(1)
    panel.space_box.activated.emit(1)
    settle(panel, qtbot)
    assert panel.scoped is not None
    assert panel.scoped.space.startswith("sRGB - Display, ")
    assert None not in (panel.scoped.waveform, panel.scoped.parade, panel.scoped.vector)
    state = panel.save_state()
    panel.set_space("scene")
    panel.restore_state({"kinds": ["nonsense"], "space": 3})
    assert panel.kinds == ()
    panel.restore_state(state)
    assert panel.kinds == (Kind.WAVEFORM, Kind.PARADE, Kind.VECTOR)
    assert panel.space == "display"


def test_buttons_choose_scopes(grey: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot, Kind.WAVEFORM)
    qtbot.mouseClick(panel.buttons[Kind.VECTOR], LEFT)
    assert panel.kinds == (Kind.WAVEFORM, Kind.VECTOR)
    qtbot.mouseClick(panel.buttons[Kind.WAVEFORM], LEFT)
    assert panel.kinds == (Kind.VECTOR,)
    settle(panel, qtbot)


def test_in_a_narrow_panel_all_can_be_chosen_and_all_numbers_read(grey: str, make_panel: Make, qtbot: QtBot) -> None:
    """On a screen of 1366 pixels the choice of what the numbers are was missing, and a button, and names were cut."""
    panel = opened(make_panel, qtbot)
    panel.resize(335, 300)
    chosen = (*panel.buttons.values(), panel.space_box)
    qtbot.waitUntil(lambda: all(widget.isVisible() for widget in chosen))
    qtbot.waitUntil(lambda: all(widget.width() >= widget.minimumSizeHint().width() for widget in chosen))
    assert all(panel.rect().contains(QRect(widget.mapTo(panel, QPoint()), widget.size())) for widget in chosen)
    spot = Spot("shades of grey", (0.2, 0.46), White(5900.0, -0.0129))
    metrics = QFontMetrics(theme.font("small"))
    numbers = f"  {spot.white.text()}"
    whole = metrics.horizontalAdvance(f"shades of grey{numbers}")
    assert words_in(spot, metrics, whole) == f"shades of grey{numbers}"
    cut = words_in(spot, metrics, whole - 20)
    assert cut.endswith(f"…{numbers}") and metrics.horizontalAdvance(cut) <= whole - 20


def test_only_the_marked_area_counts(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(format="64x48")
    left = s.add("image.constant", color=(0.18, 0.18, 0.18, 1.0))
    right = s.add("image.constant", color=(0.72, 0.72, 0.72, 1.0))
    half = s.add("transform.crop", right, box=(32.0, 0.0, 64.0, 48.0))
    node = s.add("merge.merge", inputs={"A": half, "B": left})
    workspace.view(node, 1)
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)

    def values() -> int:
        assert panel.scoped is not None
        assert panel.scoped.histogram is not None
        return int((panel.scoped.histogram.counts[0] > 0).sum())

    assert values() == 2
    workspace.set_area(Region(2, 2, 20, 20))
    settle(panel, qtbot)
    assert values() == 1
    assert "marked area" in panel.about.text()
    workspace.set_area(None)
    settle(panel, qtbot)
    assert values() == 2


def test_the_light_of_a_picture_and_of_its_rig(workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot) -> None:
    s = workspace.session
    plate = grey
    s.set(grey, color=(0.5, 0.5, 0.5, 1.0))
    for layer, color in (("albedo", (0.5, 0.5, 0.5, 0)), ("normal", (0, 0, 1, 0))):
        plate = s.add("channel.add_layer", plate, layer=layer, color=color)
    warm = s.add("light.directional", light_name="warm", azimuth=0.0, elevation=0.0, kelvin=3200.0)
    fill = s.add("light.directional", warm, light_name="fill", azimuth=0.0, elevation=0.0, exposure=-2.0)
    lit = s.add("light.relight", inputs={"image": plate, "rig": fill})
    workspace.view(lit, 1)
    panel = opened(make_panel, qtbot, Kind.ILLUMINANT, Kind.RATIO, Kind.ALBEDO)
    scoped = panel.scoped
    assert scoped is not None
    assert [spot.name for spot in scoped.lights] == ["warm", "fill"]
    assert scoped.lights[0].white.kelvin == pytest.approx(3200, rel=0.01)
    assert scoped.lights[1].white.kelvin == pytest.approx(6504, rel=0.01)
    assert {spot.name for spot in scoped.estimates} == {"grey edge", "shades of grey", "white patch"}
    patch = next(spot for spot in scoped.estimates if spot.name == "white patch")
    assert 3200 < patch.white.kelvin < 4200, "four parts of warm light and one of white"
    assert scoped.measured is not None
    assert scoped.measured.ratio is not None
    assert scoped.measured.ratio.value == pytest.approx(5.0, rel=0.01)
    assert scoped.albedo is not None
    assert scoped.albedo.within == 1


def test_nothing_viewed_and_failing_nodes(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)
    assert panel.problem == "Nothing is viewed."
    node = workspace.session.add("image.read", file="/nowhere/x.exr")
    workspace.view(node, 1)
    settle(panel, qtbot)
    assert "/nowhere/x.exr" in panel.problem
    assert panel.views[Kind.HISTOGRAM].note == panel.problem


def test_a_hidden_panel_computes_nothing(workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)
    panel.hide()
    before = panel.scoped
    workspace.session.set(grey, color=(1.0, 1.0, 1.0, 1.0))
    assert not panel._timer.isActive()
    panel.show()
    settle(panel, qtbot)
    assert panel.scoped is not before


def test_an_edit_takes_an_error_away_and_another_script_the_scopes(
    workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)
    read = workspace.session.add("image.read", file="/nowhere/x.exr")
    workspace.view(read, 1)
    settle(panel, qtbot)
    assert "/nowhere/x.exr" in panel.views[Kind.HISTOGRAM].note
    workspace.session.set(read, file="")
    assert "/nowhere/x.exr" not in panel.views[Kind.HISTOGRAM].note, "what is wrong now is not known yet"
    workspace.view(grey, 1)
    settle(panel, qtbot)
    assert panel.scoped is not None
    workspace.follow_session()
    assert panel.scoped is None
    settle(panel, qtbot)


def test_after_esc_scopes_follow_what_is_viewed_again(
    workspace: Workspace, grey: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)
    slow = workspace.session.add("toy.slow", grey)
    workspace.view(slow, 1)
    qtbot.waitUntil(Slow.entered.is_set, timeout=10_000)
    assert not panel.settled
    workspace.evaluations.cancel_all()
    assert panel.settled, "nothing is under way"
    workspace.session.set(grey, color=(0.18, 0.18, 0.18, 1.0))
    workspace.view(grey, 1)
    settle(panel, qtbot)
    assert panel.scoped is not None and panel.scoped.histogram is not None
    assert len(set(panel.scoped.histogram.counts.argmax(1).tolist())) == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_true_values_wait_for_the_viewer_that_makes_them(
    stopped: bool, workspace: Workspace, make_panel: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = workspace.session
    s.set_project(format="640x48")
    grey = s.add("image.constant", color=(0.36, 0.18, 0.09, 1.0))
    workspace.view(grey, 1)
    panel = opened(make_panel, qtbot, Kind.HISTOGRAM)
    asked: list[float] = []
    request = ScopesPanel._request

    def note(panel: ScopesPanel, node: str, how: Asked, quality: Quality, final: bool) -> None:
        asked.append(quality.scale)
        request(panel, node, how, quality, final)

    monkeypatch.setattr(ScopesPanel, "_request", note)
    picture = Held(None)
    workspace.evaluations.run(workspace, lambda token: picture(), lambda _: None, urgency=VIEWER)
    qtbot.waitUntil(picture.begun.is_set)
    panel.scoped = None
    s.set(grey, color=(0.18, 0.18, 0.18, 1.0))
    qtbot.waitUntil(lambda: panel.scoped is not None)
    assert max(asked) < 1 and not panel.settled, "the draft is there, and the viewer not ready"
    if stopped:
        workspace.evaluations.cancel_all()
        assert panel.settled
    picture.gate.set()
    settle(panel, qtbot)
    assert asked.count(1.0) == (0 if stopped else 1)
