"""Where there is no display to open a window on."""

import os
import subprocess
import sys

import pytest

from rimlight.app.display import require_display
from rimlight.engine import RimlightError

PLATFORM = "QT_QPA_PLATFORM"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are named on Linux alone")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(PLATFORM, "")


@pytest.mark.parametrize(
    ("display", "why"), [("", "neither DISPLAY nor WAYLAND_DISPLAY is set"), (":987", "DISPLAY is :987, where none")]
)
def test_a_window_wants_one(display: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(RimlightError, match=f"no display to open the window on: {why}"):
        require_display(picture_only=False)
    assert not os.environ[PLATFORM]


def test_a_picture_of_one_is_drawn_without() -> None:
    require_display(picture_only=True)
    assert os.environ[PLATFORM] == "offscreen"


@pytest.mark.parametrize(("name", "value"), [(PLATFORM, "minimal"), ("WAYLAND_DISPLAY", "wayland-0")])
def test_what_is_asked_for_counts(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    require_display(picture_only=False)
    assert os.environ[name] == value


def test_the_command_ends_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rimlight.engine.cli", "gui"],
        env={**os.environ, PLATFORM: ""}, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("rimlight: there is no display") and done.stderr.count("\n") == 1
