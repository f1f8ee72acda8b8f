"""Make the pictures of the desktop that the manual shows: `make screenshots`.

Opens the sample scripts in the real window, without a screen, waits until all is drawn, and saves JPEGs to
`docs/images`. Names of shots may be given to make only those; `--size 1280x800` and `--to FOLDER` to look at others.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL.ImageQt import fromqpixmap
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QWidget

from rimlight.app.main import start_application
from rimlight.app.properties.wedge import WedgeDialog
from rimlight.app.properties.wedge_values import Varied
from rimlight.app.shapepoints import feathered, smoothed
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Region

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "resources" / "scripts"
IMAGES = ROOT / "docs" / "images"
SIZE = (1920, 1080)
QUALITY = 86
"""Of the JPEGs: text has no fringes, and photographs stay below the size that the manual's pictures may have."""
SECONDS = 240
QUIET = 0.5
"""Seconds for which nothing may be under way before a picture is taken."""

Prepare = Callable[[MainWindow], QWidget | None]
"""Brings the window into a state and says which part of it to take, None for all."""


@dataclass(frozen=True)
class Shot:
    """A picture. script : in `resources/scripts`, empty for the start page."""

    name: str
    script: str
    layout: str
    prepare: Prepare


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def settle(window: MainWindow) -> None:
    """Wait until everything is drawn finally. Raises TimeoutError."""
    limit = time.monotonic() + SECONDS
    quiet = 0.0
    while quiet < QUIET:
        wait(0.1)
        quiet = quiet + 0.1 if window.settled else 0.0
        if time.monotonic() > limit:
            raise TimeoutError(f"the window was not drawn within {SECONDS} s")


def save(widget: QWidget, path: Path) -> None:
    """Save a widget as a JPEG whose colours are as fine as its greys, so that thin coloured lines stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = fromqpixmap(widget.grab()).convert("RGB")  # Qt's own writer halves colours
    picture.save(path, quality=QUALITY, subsampling=0, optimize=True, progressive=True)


def opened(*names: str, select: tuple[str, ...] = (), view: str = "", frame: float | None = None) -> Prepare:
    """Nodes with their properties open, the selected ones, what the viewer shows."""

    def prepare(window: MainWindow) -> None:
        workspace = window.workspace
        if frame is not None:
            workspace.set_frame(frame)
        if view:
            workspace.view(view, 1)
        for name in names:
            workspace.properties_requested.emit(name)
        workspace.select(select or names[-1:])

    return prepare


def panel(name: str, size: tuple[int, int], then: Prepare | None = None) -> Prepare:
    """A panel alone, as a window of its own."""

    def prepare(window: MainWindow) -> QWidget:
        window.show_panel(name)
        dock = window.docks[name]
        dock.setFloating(True)
        dock.resize(*size)
        if then is not None:
            then(window)
        return window.panels[name]

    return prepare


def start_page(window: MainWindow) -> None:
    window.show_start_page()


def script_run(window: MainWindow) -> None:
    """A short script, and what it printed."""
    editor = window.panels["scripteditor"]
    editor.edit.setPlainText(  # type: ignore[attr-defined]
        "# Half a stop less, and what every node puts out\n"
        "s.set('Expose', stops=(-0.8, -0.8, -0.8))\n"
        "for name in s.graph:\n"
        "    layers = s.info(name).layers\n"
        "    print(f'{name:10}', *(layer.name for layer in layers))\n\n"
        "s.evaluate('Expose', frame).numpy().max()\n"
    )
    editor.run()  # type: ignore[attr-defined]


def measured(window: MainWindow) -> None:
    """A CurveTool that has measured a part of the shot, and its curves."""
    workspace = window.workspace
    tool = workspace.session.add("CurveTool", "Tea", name="CurveTool1", area=(180.0, 60.0, 420.0, 260.0))
    workspace.view(tool, 1)
    workspace.set_frame(3)
    properties = window.panels["properties"]
    properties.open(tool).measure.measure()  # type: ignore[attr-defined]
    settle(window)
    workspace.curves_requested.emit(f"{tool}.luma")
    workspace.select((tool,))


def head_roto(window: MainWindow) -> None:
    """A head drawn by a Roto over the portrait of the sample: smooth points, some with feather, three chosen."""
    workspace = window.workspace
    places = [[190, 252], [166, 330], [156, 400], [172, 462], [222, 488]]
    places += [[276, 474], [300, 424], [296, 352], [262, 260]]
    points: list[Any] = [smoothed(places, i) for i in range(len(places))]
    for i in (2, 3, 4, 5, 6):
        points[i] = feathered(points, i, 14)
    name = workspace.session.add("Roto", "Portrait", name="Roto", shapes=[{"name": "head", "points": points}])
    workspace.view(name, 1)
    workspace.properties_requested.emit(name)
    workspace.select((name,))
    settle(window)
    viewer = window.panels["viewer"]
    top = viewer.stage.lenses()[0].from_artist(230, 505)  # type: ignore[attr-defined]
    viewer.framing.zoom_to(1.9, top)  # type: ignore[attr-defined]
    viewer.tools.shapes.choose({(name, "shapes", 0, len(points), i) for i in (4, 5, 6)})  # type: ignore[attr-defined]


def several_values(window: MainWindow) -> QWidget:
    """A wedge of the exposure of the lamp."""
    settle(window)
    row = window.panels["properties"].open("Lamp").row("exposure")  # type: ignore[attr-defined]
    dialog = WedgeDialog(row.shared.edits, Varied(row.parameter), window)
    dialog.resize(840, 270)
    dialog.show()
    dialog.line.setText("-3.6,-1.6,0.4")
    dialog.begin()
    settle(window)
    return dialog


def turned_ball(window: MainWindow) -> QWidget:
    """The ball of the sample, turned and made wider by hand: the handle of its Transform on the picture."""
    workspace = window.workspace
    workspace.session.set("Place", rotate=25.0, scale=(0.8, 0.55), translate=(-110.0, -40.0))
    workspace.view("Expose", 1)
    workspace.properties_requested.emit("Place")
    settle(window)
    viewer = window.panels["viewer"]
    viewer.framing.zoom_to(2.1)  # type: ignore[attr-defined]
    return viewer.stage  # type: ignore[attr-defined,no-any-return]


def light_in_stops(window: MainWindow) -> QWidget:
    """The viewer in false colour, the lit side of a face pinned as key, the wall pinned too, the mouse on the other."""
    settle(window)
    viewer = window.panels["viewer"]
    viewer.change(false_color=True, spot=15)  # type: ignore[attr-defined]
    for x, y, size in ((329, 95, 14), (126, 86, 1)):
        viewer.samples.pin(Region(x, y, x + size, y + size))  # type: ignore[attr-defined]
    settle(window)
    lens = viewer.stage.lenses()[0]  # type: ignore[attr-defined]
    viewer.stage.hovered.emit(lens.from_artist(281, 230))  # type: ignore[attr-defined]
    return viewer


def wanted_keys(window: MainWindow) -> None:
    window.panels["shortcuts"].field.setText("blur")  # type: ignore[attr-defined]
    window.panels["shortcuts"].field.setText("")  # type: ignore[attr-defined]
    window.panels["shortcuts"].choose("graph.disable")  # type: ignore[attr-defined]


SHOTS = (
    Shot("start", "", "Compositing", start_page),
    Shot("compositing", "demo.rim", "Compositing", opened("Warm", "Over", select=("Over",), frame=2)),
    Shot("lighting", "relight.rim", "Lighting", opened("Lamp", frame=3)),
    Shot("values", "relight.rim", "Lighting", several_values),
    Shot("animation", "demo.rim", "Animation", opened("Place", frame=2)),
    Shot("measuring", "relight.rim", "Animation", measured),
    Shot("tracking", "track_lamp.rim", "Compositing", opened("Tracker", view="Tracker", frame=4)),
    Shot("roto", "delight_relight_portrait.rim", "Compositing", head_roto),
    Shot("transform", "demo.rim", "Compositing", turned_ball),
    Shot("false_color", "relight.rim", "Lighting", light_in_stops),
    Shot("scripting", "demo.rim", "Scripting", script_run),
    Shot("help", "demo.rim", "Compositing", panel("nodehelp", (480, 640), opened("Warm"))),
    Shot("preferences", "demo.rim", "Compositing", panel("preferences", (760, 540))),
    Shot("shortcuts", "demo.rim", "Compositing", panel("shortcuts", (760, 480), wanted_keys)),
)


def take(shot: Shot, size: tuple[int, int], folder: Path, config: Path) -> None:
    """Open a window, take a picture, close it."""
    window = MainWindow(Workspace(), config, config / "autosave")
    window.resize(*size)
    window.apply_layout(shot.layout)
    window.show()
    window.apply_layout(shot.layout)
    if shot.script:
        window.open(SCRIPTS / shot.script)
        settle(window)
    part = shot.prepare(window)
    settle(window)
    save(part or window, folder / f"{shot.name}.jpg")
    window.workspace.session.history.mark_saved()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the manual.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(shot.name for shot in SHOTS)}; default all")
    parser.add_argument("--size", default="x".join(map(str, SIZE)), help="of the window")
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="rimlight-screenshots-") as config:
        os.environ["RIMLIGHT_CONFIG"] = config
        start_application()
        for shot in SHOTS:
            if not given.names or shot.name in given.names:
                take(shot, (width, height), given.to, Path(config))
                path = given.to / f"{shot.name}.jpg"
                sys.stdout.write(f"{path}  {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
