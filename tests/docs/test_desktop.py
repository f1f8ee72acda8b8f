"""The page about the desktop: its keys are those of the declarations, its pictures are there and small."""

import re
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from rimlight.app.actions import Action
from rimlight.app.commands import COMMANDS
from rimlight.app.panels import discover
from rimlight.app.settings.keys_page import keys_page

DOCS = Path(__file__).parents[2] / "docs"


def declared() -> list[Action]:
    panels, failures = discover()
    assert failures == []
    return [*COMMANDS, *(action for panel in panels for action in panel.actions)]


def test_the_keys_are_those_of_the_actions() -> None:
    assert (DOCS / "keys.md").read_text(encoding="utf-8") == keys_page(declared()), "run make docs"


def test_the_keys_that_the_page_names_exist() -> None:
    keys = {key for action in declared() for key in action.shortcuts}
    named = re.findall(r"`([A-Z][\w+.\[\]]*)`", (DOCS / "desktop.md").read_text(encoding="utf-8"))
    mouse = {"Shift", "Alt", "Ctrl", "RIMLIGHT_CONFIG", "RIMLIGHT_TOOLSET_PATH"}
    same = {"Enter": "Return"}
    unknown = {key for key in named if key not in mouse and key not in keys and same.get(key) not in keys}
    assert unknown == set()


def test_the_pictures_are_there_and_small() -> None:
    shown = set()
    for page in (DOCS / "desktop.md", DOCS / "tracking.md", DOCS.parent / "README.md"):
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / name).is_file(), f"{page.name} shows {name}, run make screenshots"
            shown.add((page.parent / name).resolve())
    sizes = [path.stat().st_size for path in shown if path.parent.name == "images"]
    assert sizes and max(sizes) < 300_000 and sum(sizes) < 2_000_000
