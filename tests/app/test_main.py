"""The application from start to end, in a process of its own, as `rimlight gui` runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

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
    assert found["collectors"] == 1 and found["frozen"] > 100_000
