"""Every key that compositors' hands know does what they expect, or the manual says why it is left out."""

import pytest

from rimlight.app.actions import GLOBAL, normalized
from rimlight.app.commands import COMMANDS
from rimlight.app.panels import discover
from rimlight.app.settings.keys_page import ABSENT, keys_page

ACTIONS = [*COMMANDS, *(action for panel in discover()[0] for action in panel.actions)]

KNOWN = {
    "graph": (
        "R W O P K G C B M T . Alt+N Shift+R Shift+W Shift+O Shift+K Shift+G Shift+C Shift+B Shift+M Shift+T"
        " Tab D L F / J 1 2 3 4 5 6 7 8 9 0 Shift+1 Shift+2 Shift+3 Shift+4 Shift+5 Shift+6 Shift+7 Shift+8 Shift+9"
        " Shift+0 Y Shift+Y Alt+Y U Shift+X Ctrl+D Ctrl+Shift+X Alt+B Alt+C Alt+K Ctrl+K Alt+Shift+K Ctrl+Shift+C"
        " Ctrl+Alt+V Ctrl+C Ctrl+X Ctrl+V Ctrl+Alt+A Ctrl+G Ctrl+Alt+G Ctrl+Return Alt+P Alt+H Alt+E Ctrl+B I Q X"
        " Return Del Backspace Alt+Up Alt+Down Alt+Shift+Up | \\ Ctrl+F7 Ctrl+F8 Ctrl+F9 Ctrl+F10"
        " Shift+F7 Shift+F8 Shift+F9 Shift+F10 Ctrl+Shift+P"
    ),
    GLOBAL: (
        "Ctrl+N Ctrl+O Ctrl+S Ctrl+Shift+S Alt+Shift+S Ctrl+Z Ctrl+Shift+Z S Shift+S F5 F7 Esc F12 Ctrl+P Alt+F Alt+G"
        " Alt+S Ctrl+T Alt+` Ctrl+I"
    ),
    "viewer": (
        "R G B A Y M PgUp PgDown W Shift+W Alt+W P U Q J K L Left Right Shift+Left Shift+Right Ctrl+Shift+Left"
        " Ctrl+Shift+Right Ctrl+Left Ctrl+Right Alt+I Alt+O ; ' F Shift+F Return 1 Shift+1"
    ),
    "curves": "K L Z R C H X",
}
"""By place."""


@pytest.mark.parametrize(("place", "key"), [(place, key) for place, keys in KNOWN.items() for key in keys.split()])
def test_a_known_key_works_or_is_said_to_be_left_out(place: str, key: str) -> None:
    here = {normalized(k) for action in ACTIONS if {place, GLOBAL} & set(action.contexts) for k in action.shortcuts}
    assert (normalized(key) in here) != (key in ABSENT and (place, key) != ("viewer", "P"))


def test_the_page_has_them_all() -> None:
    page = keys_page(ACTIONS)
    assert all(f"`{key}`" in page for key in (*ABSENT, "Ctrl+B", "Alt+Shift+Up"))
