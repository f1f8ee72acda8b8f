"""Layouts: which panels they show, on what screens they fit, saving and restoring them."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rimlight.app import layouts
from rimlight.app.window import MainWindow


@pytest.mark.parametrize("name", list(layouts.LAYOUTS))
def test_layouts_show_their_panels(window: MainWindow, name: str) -> None:
    assert window.apply_layout(name)

    def named(part: "str | layouts.Split") -> set[str]:
        return {part} if isinstance(part, str) else {p for inner in part.parts for p in named(inner)}

    wanted = named(layouts.LAYOUTS[name]) & window.docks.keys()
    assert wanted == {panel for panel, dock in window.docks.items() if not dock.isHidden()}


@pytest.mark.parametrize("name", list(layouts.LAYOUTS))
def test_every_layout_fits_a_screen_of_1280_by_720(window: MainWindow, name: str) -> None:
    window.workspace.session.add("PointLight", name="Key")
    window.workspace.select(("Key",))
    assert window.apply_layout(name)
    QApplication.processEvents()
    least = window.minimumSizeHint()
    assert least.width() <= 1280 and least.height() <= 720 - 32, least


def test_layouts_are_saved_and_come_back(window: MainWindow, qtbot: QtBot, config: Path) -> None:
    window.docks["history"].hide()
    window.save_layout("Mine")
    qtbot.waitUntil((config / "layouts" / "Mine.json").exists, timeout=5000)
    window.apply_layout(layouts.DEFAULT)
    assert not window.docks["history"].isHidden()
    assert "Mine" in window.layout_names and window.apply_layout("Mine")
    assert window.docks["history"].isHidden()
    assert not window.apply_layout("Nobody's")
    assert layouts.SavedLayouts(config).names == ["Mine"]


def test_a_saved_layout_shows_the_panels_that_were_seen_alone(window: MainWindow) -> None:
    def seen() -> set[str]:
        return {panel for panel, dock in window.docks.items() if not dock.isHidden()}

    window.show()
    window.apply_layout("Lighting")
    lighting, size = seen(), window.size()
    window.save_layout("Mine")
    for other in ("Mine", "Animation", "Scripting", "Compositing"):
        assert window.apply_layout(other)
        window.show_panel("render")
        assert window.apply_layout("Mine")
        QApplication.processEvents()
        assert seen() == lighting and window.size() == size


def test_the_keys_stay_in_the_window_with_a_saved_layout(window: MainWindow, qtbot: QtBot) -> None:
    window.choose_layout("Lighting")
    window.save_layout("Mine")
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    window.show_panel("nodegraph")
    window.choose_layout("Mine")
    assert window.docks.focused is window.docks["nodegraph"]


def test_a_damaged_layout_is_used_as_far_as_it_goes_or_told(window: MainWindow) -> None:
    window.save_layout("Mine")
    saved = window._saved_layouts
    odd = {"timeline": {"range": {}, "loop": [], "every": False}, "scopes": {"space": []}}
    huge = {
        "scripteditor": {"sizes": [1, 10**20]},
        "lightrig": {"sizes": [-(10**20), {}]},
        "properties": {"limit": 1 << 31},
    }
    for damaged in (["curves"], odd, huge, {"curves": ["snap"], "timeline": {"every": True}}):
        saved.put("Odd", {**(saved.get("Mine") or {}), "panels": damaged})
        assert window.apply_layout("Odd")
    assert window.panels["timeline"].save_state()["every"] is True
    seen = {panel for panel, dock in window.docks.items() if not dock.isHidden()}
    for torn in ("?", "Zm9v"):
        saved.put("Torn", {"docks": torn})
        window.choose_layout("Torn")
        assert seen == {panel for panel, dock in window.docks.items() if not dock.isHidden()}
    assert window.status.text == "The layout “Torn” is damaged, or of a later version; save it anew"


def test_a_panel_that_cannot_take_back_its_state_stops_no_other(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(state: dict[str, Any]) -> None:
        raise LookupError("no such tab")

    window.save_layout("Mine")
    window.panels["timeline"].restore_state({"every": True})
    monkeypatch.setattr(window.panels["curves"], "restore_state", fails)  # as a plugin's
    assert window.apply_layout("Mine")
    assert window.panels["timeline"].save_state()["every"] is False
    assert "panel curves: what the layout remembers of it is left out: LookupError: no such tab" in caplog.text
