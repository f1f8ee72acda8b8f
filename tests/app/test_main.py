"""The application from start to end, as `rimlight gui` runs it, and its screenshots."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from rimlight.app import main
from rimlight.app.preferences import write_json
from rimlight.app.window import MainWindow
from rimlight.engine.cli import run
from source import ROOT
from toy_nodes import Slow

DEMO = ROOT / "resources" / "scripts" / "demo.rim"

PROGRAM = """
import gc, json, sys
from pathlib import Path
gc.disable()
from rimlight.engine.commands.gui import load_desktop
desktop = load_desktop()
at = {name: place for place, name in enumerate(sys.modules)}
import rimlight.app.graph.panel
early = "networkx" in sys.modules
code = desktop.run(screenshot=Path(sys.argv[1]))
from PySide6.QtCore import QCoreApplication
collectors = [child for child in QCoreApplication.instance().children() if type(child).__name__ == "Collector"]
json.dump({
    "code": code,
    "before": [name for name in ("torch", "rimlight.nodes.light.relight") if at[name] < at["PySide6.QtCore"]],
    "early": early,
    "late": "networkx" in sys.modules,
    "collectors": len(collectors),
    "frozen": gc.get_freeze_count(),
}, sys.stdout)
sys.stdout.flush()
"""


def test_a_start(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RIMLIGHT_CONFIG": str(tmp_path)}
    picture = tmp_path / "window.png"
    command = [sys.executable, "-c", PROGRAM, str(picture)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["code"] == 0 and picture.stat().st_size > 0
    early = ["torch", "rimlight.nodes.light.relight"]
    assert found["before"] == early, "PySide reads the source of all that is imported after it"
    assert not found["early"], "what only a first picture needs holds up the window"
    assert found["late"], "the first edit of an empty script would wait for it"
    assert found["collectors"] == 1 and found["frozen"] > 100_000


def test_a_screenshot_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rimlight.engine.cli", "gui"]
    picture = [str(DEMO), "--screenshot", str(tmp_path / "a.png")]
    done = subprocess.run([*command, *picture], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() >= 1200 and image.height() >= 700
    write_json(tmp_path / "layouts" / "Later.json", {"version": 99, "docks": "AAAA", "panels": {}})
    environment = {**os.environ, "RIMLIGHT_CONFIG": str(tmp_path)}
    for name, sentence in (
        ("Nobody", "there is no layout 'Nobody'"),
        ("Later", "the layout 'Later' is damaged, or of"),
    ):
        layout = [*command, "--layout", name]
        done = subprocess.run(layout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and sentence in done.stderr
        assert "Traceback" not in done.stderr and "Signal source" not in done.stderr


def test_what_cannot_be_had_is_told_before_there_is_a_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rimlight.engine.commands.gui.signal.signal", lambda number, handler: None)
    monkeypatch.setattr(main, "start_application", lambda: pytest.fail("a window was begun"))
    assert run(["gui", str(DEMO), "--screenshot", str(tmp_path / "no" / "a.png")]) == 1
    assert "the screenshot cannot be written" in capsys.readouterr().err
    assert run(["gui", "nobody.rim"]) == 1
    assert "nobody.rim: there is no such script" in capsys.readouterr().err


def test_a_screenshot_that_cannot_be_saved_is_told(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(main, "QCoreApplication", SimpleNamespace(exit=codes.append))
    shot = main._Screenshot(window, tmp_path / "a.nothing", 0)
    qtbot.waitUntil(lambda: codes != [])
    shot.fail("once is enough")  # the window settles again while the application ends
    assert codes == [1] and "a.nothing: the screenshot cannot be written; expected a name" in shot.error


def test_a_screenshot_of_what_never_ends_is_given_up_and_says_why(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(main, "QCoreApplication", SimpleNamespace(exit=codes.append))
    workspace = window.workspace
    workspace.session.add("toy.coordinates", name="Source")
    workspace.session.add("toy.slow", "Source", name="Endless", seconds=1000.0)
    workspace.evaluations.request(workspace, "Endless", 1.0, lambda result: None)
    assert Slow.entered.wait(60)
    qtbot.waitUntil(lambda: workspace.evaluations.activity.computing == ["Endless"], timeout=60_000)
    shot = main._Screenshot(window, tmp_path / "a.png", 0.01)
    qtbot.waitUntil(lambda: codes == [1], timeout=60_000)
    assert shot.error == "the window was not drawn within 0.01 s; still computing: Endless"
    assert not (tmp_path / "a.png").exists()
