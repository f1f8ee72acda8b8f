"""The looks and measures of a rig come to rest, whatever is held up, dropped or out of sight meanwhile."""

from types import SimpleNamespace

from pytestqt.qtbot import QtBot

from desktops import Held, Make, let_go_late
from rimlight.app.rig.panel import PANEL, LightRigPanel
from rimlight.app.rig.projection import Side
from rimlight.app.rig.scene import Scene, find_scene
from rimlight.app.rig.watching import Wanted, Watch
from rimlight.app.workspace import Workspace

LOOK = SimpleNamespace(levels={}, ratio=None)


def measure(middle: float) -> SimpleNamespace:
    return SimpleNamespace(levels={}, ratio=None, subject=(0.0, 0.0, middle))


def watch_of(workspace: Workspace, look: Held, measured: Held) -> Watch:
    """A watch on the scene of a light and a picture lit by it, which looks and measures as it is told."""
    scene = Scene(rig="Key", lit="Lit")
    watch = Watch(workspace, lambda: Wanted(scene, Side.FRONT, 64), lambda: False, workspace)
    watch._looker = SimpleNamespace(look=look, measure=measured)  # type: ignore[assignment]
    return watch


def at_once(answer: object) -> Held:
    held = Held(answer)
    held.gate.set()
    return held


def test_another_rig_comes_to_rest_while_the_old_one_is_measured(workspace: Workspace, qtbot: QtBot) -> None:
    old, new = Held(measure(-300)), at_once(measure(-500))
    watch = watch_of(workspace, at_once(LOOK), old)
    moved: list[float] = []
    watch.moved.connect(lambda: moved.append(watch.subject[2]))
    watch.changed()
    qtbot.waitUntil(old.begun.is_set, timeout=20_000)
    watch.forget()
    watch._looker.measure = new  # type: ignore[method-assign]
    watch.changed()
    qtbot.waitUntil(lambda: watch._measuring, timeout=20_000)  # the new one waits for the thread that is at the old one
    assert not new.begun.is_set() and not watch.settled
    let_go_late(old, workspace, qtbot)
    qtbot.waitUntil(lambda: watch.settled, timeout=20_000)
    assert watch.picture is new.answer and moved == [-500]


def test_a_change_while_one_is_measured_is_measured_after_it(workspace: Workspace, qtbot: QtBot) -> None:
    held = Held(measure(-300))
    watch = watch_of(workspace, at_once(LOOK), held)
    watch.changed()
    qtbot.waitUntil(held.begun.is_set, timeout=20_000)
    watch._looker.measure = new = at_once(measure(-500))  # type: ignore[method-assign]
    watch.changed()
    qtbot.waitUntil(lambda: watch._sharp and not watch._looking and watch._measure_timer.isActive(), timeout=20_000)
    assert not watch.settled
    held.gate.set()
    qtbot.waitUntil(lambda: watch.settled, timeout=20_000)
    assert watch.picture is new.answer and watch.subject[2] == -500


def test_esc_leaves_nothing_to_wait_for_and_the_next_change_is_measured(workspace: Workspace, qtbot: QtBot) -> None:
    measured = Held(measure(-300))
    watch = watch_of(workspace, at_once(LOOK), measured)
    watch.changed()
    qtbot.waitUntil(measured.begun.is_set, timeout=20_000)
    watch.changed()  # with both timers under way
    workspace.evaluations.cancel_all()
    assert watch.settled
    let_go_late(measured, workspace, qtbot)
    assert watch.settled and watch.picture is None
    watch.changed()
    assert not watch.settled
    qtbot.waitUntil(lambda: watch.settled, timeout=20_000)
    assert watch.picture is measured.answer


def test_it_is_told_when_there_is_nothing_to_wait_for_any_more(workspace: Workspace, qtbot: QtBot) -> None:
    watch = watch_of(workspace, at_once(LOOK), at_once(measure(-300)))
    watch.changed()
    qtbot.waitUntil(lambda: watch.settled, timeout=20_000)
    watch._wanted = lambda: None  # type: ignore[method-assign, assignment]
    told: list[bool] = []
    watch.settled_changed.connect(lambda: told.append(watch.settled))
    watch.resharpen()
    assert told == [True] and watch.look is None


def test_a_panel_that_hid_before_it_was_sharp_shows_its_rig_again(
    workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    workspace.session.add("light.directional", name="Key")
    workspace.select(("Key",))
    assert find_scene(workspace.session, "Key", None).rig == "Key"
    panel = make_panel(PANEL, LightRigPanel)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    workspace.session.set("Key", azimuth=50.0)
    panel.hide()  # behind another tab, in the pause before sharp pictures
    qtbot.waitUntil(lambda: panel.settled and not panel.watch._sharpen_timer.isActive(), timeout=20_000)
    panel.show()
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert panel.watch.look is not None and panel.dome.handles and panel.dome.look is panel.watch.look
