"""`try_panel`: a panel on a session without a window, as plugins' tests use it, tried with the example plugin."""

import os
import subprocess
import sys

import pytest

import rimlight.app
from desktops import own_threads
from rimlight.app import Desktop, Panel, PanelDeclaration, try_panel
from rimlight.engine import Session
from source import ROOT


def test_the_example_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "plugins" / "todo"))
    monkeypatch.delitem(sys.modules, "rimlight_todo", raising=False)
    import rimlight_todo

    session = Session()
    session.add("Constant", name="Sky", note="todo: a real one")
    with try_panel(rimlight_todo.PANEL, session) as panel:
        assert isinstance(panel, rimlight_todo.TodoPanel) and panel.isVisible()
        assert [panel.list.item(i).text() for i in range(panel.list.count())] == ["Sky: a real one"]
        session.set("Sky", note="")
        assert panel.list.count() == 0
    assert own_threads() == []


def test_no_screen_is_needed() -> None:
    """A run of its own, as a process has one application: Qt would abort it where it looks for a screen in vain."""
    code = (
        "from PySide6.QtWidgets import QApplication\n"
        "from rimlight.app import Panel, PanelDeclaration, try_panel\n"
        "from rimlight.engine import Session\n"
        "with try_panel(PanelDeclaration('x', 'X', Panel), Session()) as panel:\n"
        "    print(panel.isVisible(), QApplication.platformName())\n"
    )
    without = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in without}
    made = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert made.stdout.split() == ["True", "offscreen"], made.stderr


def test_what_a_panel_raises_is_raised() -> None:
    def fail(_: Desktop) -> Panel:
        raise ValueError("no such lamp")

    with pytest.raises(ValueError, match="no such lamp"), try_panel(PanelDeclaration("x", "X", fail), Session()):
        pass
    assert own_threads() == []


def test_the_face_has_what_it_names() -> None:
    for name in rimlight.app.__all__:
        assert getattr(rimlight.app, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Lamp'"):
        getattr(rimlight.app, "Lamp")  # noqa: B009
