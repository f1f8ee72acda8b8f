"""Starting the desktop: until the window is painted, until a sample's picture is final, and what idling costs."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import Figure, versions

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "resources" / "scripts" / "demo.rim"
IDLE = 5.0
"""Seconds for which nothing is done."""

PROGRAM = """
import gc, json, sys, time
began = float(sys.argv[1])
gc.disable()  # as `rimlight` does
from rimlight.engine.commands.gui import load_desktop
start_application = load_desktop().start_application
from PySide6.QtCore import QEvent, QObject
from pathlib import Path
from rimlight.app.collecting import Collector
from rimlight.app.preferences import config_folder
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace

class Watch(QObject):
    painted = None
    events = 0
    def eventFilter(self, watched, event):
        if Watch.painted is None and event.type() == QEvent.Type.Paint and watched.isWidgetType():
            Watch.painted = time.time() - began, time.process_time()
        Watch.events += 1
        return False

application = start_application()
watch = Watch()
application.installEventFilter(watch)
window = MainWindow(Workspace(), config_folder(), config_folder() / "autosave")
window.show()
Collector(application)
window.open(Path(sys.argv[2]))
end = time.time() + 120
while time.time() < end and not (Watch.painted and window.files.path is not None and window.settled):
    application.processEvents()
    time.sleep(0.002)
ready = time.time() - began, time.process_time()
from PySide6.QtCore import QEventLoop, QTimer

def run(seconds):
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()

run(3.0)
Watch.events, used = 0, time.process_time()
run(float(sys.argv[3]))
idle = (time.process_time() - used) / float(sys.argv[3])
json.dump({"painted": Watch.painted, "ready": ready, "idle": idle, "events": Watch.events}, sys.stdout)
sys.stdout.flush()
window.close()
"""


def start(rounds: int) -> list[Figure]:
    """Seconds by the clock from the start of the process; beside them its processor time, medians of a few starts.

    Idling is told in percent of one core, with the events that came to the application in that time beside it.
    """
    found = [_run() for _ in range(max(2, min(rounds, 5)))][1:]  # the first one finds files that are not cached
    painted, ready = ([run[name] for run in found] for name in ("painted", "ready"))

    def figure(name: str, times: list[list[float]]) -> Figure:
        clock, used = (statistics.median(column) for column in zip(*times, strict=True))
        return Figure(name, clock, "s", versions=versions(), others={"processor": used})

    idle = statistics.median(run["idle"] for run in found)
    events = statistics.median(run["events"] for run in found)
    return [
        figure("start_to_window", painted),
        figure("start_to_final_picture", ready),
        Figure("idle", 100 * idle, "%", versions=versions(), others={"events": events}),
    ]


def _run() -> dict[str, list[float]]:
    with TemporaryDirectory() as folder:
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "RIMLIGHT_CONFIG": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once
        command = [sys.executable, "-c", PROGRAM, str(time.time()), str(SCRIPT), str(IDLE)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found
