"""The viewer: bringing a picture on the screen at 1080p and 4K, and how soon a knob's change is seen.

Offscreen only the way without a graphics card is measured; for the other run under a display, as
`QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1920x1080x24" python benchmarks/desktop.py viewer`.
"""

import itertools
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from rimlight.app.actions import Actions
from rimlight.app.commands import COMMANDS
from rimlight.app.main import start_application
from rimlight.app.panels import Desktop
from rimlight.app.preferences import FOLDER_VARIABLE, Preferences
from rimlight.app.scriptfiles import ScriptFiles
from rimlight.app.viewer.cpu_render import render
from rimlight.app.viewer.frame import Display, Frame, open_display
from rimlight.app.viewer.geometry import View
from rimlight.app.viewer.gl_canvas import gl_works, surface_format
from rimlight.app.viewer.gl_render import GLRenderer
from rimlight.app.viewer.panel import PANEL, ViewerPanel
from rimlight.app.viewer.plane import level_for, pack
from rimlight.app.viewer.settings import ViewerSettings
from rimlight.app.viewing import Views
from rimlight.app.workspace import Workspace
from rimlight.engine import RGBA, Colors, Image, ImageInfo, Project, Region, Session, Settings

import torch
from harness import Figure, versions, warm_up
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject
from relight import three_lights, write_layers

SIZES = {"1080p": (1920, 1080), "4k": (3840, 2160)}
WINDOW = (1600, 900)
GIB = 1 << 30
Spent = tuple[float, float]
"""Milliseconds by the clock and of the processor."""
REST = 0.7
"""Seconds between measurements, so that the last picture is on the screen before the next knob is turned."""
LONG = 60.0
"""Seconds after which a picture is given up."""


def viewer(rounds: int) -> list[Figure]:
    """Medians by the clock; beside them the processor time of all threads, which a busy machine does not lengthen."""
    start_application()
    display = open_display(Colors(), Project(), "", "")
    found = [item for name, size in SIZES.items() for item in _pictures(name, size, display, rounds)]
    with TemporaryDirectory() as folder:
        os.environ[FOLDER_VARIABLE] = folder
        found += _grading(rounds) + _relighting(Path(folder) / "layers.exr", rounds)
    return found


def _pictures(name: str, size: tuple[int, int], display: Display, rounds: int) -> list[Figure]:
    """What it takes from the engine's tensors to the viewport's pixels."""
    window = Region(0, 0, *size)
    x = torch.rand(4, size[1], size[0], generator=torch.Generator().manual_seed(1)).pow(3) * 8
    image = Image(ImageInfo(window, window, (RGBA,)), window, {"rgba": x})
    fitted = View(*WINDOW).fitted(window)
    level = level_for(fitted.zoom, 1.0)
    found = [
        _figure(f"viewer_pack_{name}", _times(lambda: pack(image, "rgba", 1.0, level), rounds)),
        _figure(f"viewer_pack_{name}_at_1_to_1", _times(lambda: pack(image, "rgba", 1.0, 1), rounds)),
    ]
    plane = pack(image, "rgba", 1.0, level)
    stops = itertools.count(1)

    def frame(false_color: bool = False) -> Frame:
        settings = ViewerSettings(exposure=next(stops) / 1000, false_color=false_color)
        return Frame(fitted, plane, None, settings, display)

    found.append(_figure(f"viewer_cpu_exact_{name}", _times(lambda: render(frame()), min(rounds, 5))))
    found.append(_figure(f"viewer_cpu_quick_{name}", _times(lambda: render(frame(), exact=False), rounds)))
    found.append(_figure(f"viewer_cpu_false_color_{name}", _times(lambda: render(frame(True)), rounds)))
    if gl_works():
        found += _on_gpu(name, image, level, frame, fitted, display, rounds)
    return found


def _on_gpu(
    name: str, image: Image, level: int, frame: Callable[..., Frame], view: View, display: Display, rounds: int
) -> list[Figure]:
    """Drawing with pixels that are there, as while exposure is dragged, and with new ones; finished, not queued."""
    context = QOpenGLContext()
    context.setFormat(surface_format())
    context.create()
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    context.makeCurrent(surface)
    renderer, target = GLRenderer(), QOpenGLFramebufferObject(*WINDOW)
    target.bind()
    device = context.functions().glGetString(0x1F01)
    fresh = [pack(image, "rgba", 1.0, n) for n in (level, level, 1, 1)]

    def draw(made: Frame) -> None:
        renderer.draw(made)
        context.functions().glFinish()

    def upload(planes: itertools.cycle) -> None:  # type: ignore[type-arg]
        draw(Frame(view, next(planes), None, ViewerSettings(), display))

    reduced, whole = itertools.cycle(fresh[:2]), itertools.cycle(fresh[2:])
    found = [
        _figure(f"viewer_gl_draw_{name}", _times(lambda: draw(frame()), rounds), str(device)),
        _figure(f"viewer_gl_draw_false_color_{name}", _times(lambda: draw(frame(True)), rounds), str(device)),
        _figure(f"viewer_gl_new_picture_{name}", _times(lambda: upload(reduced), rounds), str(device)),
        _figure(f"viewer_gl_new_picture_{name}_at_1_to_1", _times(lambda: upload(whole), rounds), str(device)),
    ]
    target.release()
    renderer.release()
    context.doneCurrent()
    return found


def _grading(rounds: int) -> list[Figure]:
    """A chain on a 1080p picture: a knob of its last node and one of its first."""
    session = Session(Settings(host_bytes=2 * GIB))
    session.add("image.color_bars", name="Bars")
    session.add("filter.blur", "Bars", name="Soft", size=(30.0, 30.0))
    session.add("color.grade", "Soft", name="First")
    session.add("filter.blur", "First", name="Blur", size=(12.0, 12.0))
    session.add("color.saturation", "Blur", name="Saturation", saturation=1.2)
    session.add("color.grade", "Saturation", name="Last")
    knobs = {
        "last_grade": lambda i: session.set("Last", multiply=1 + i / 1000),
        "first_grade": lambda i: session.set("First", multiply=1 + i / 1000),
    }
    return _latencies(session, "Last", knobs, rounds)


def _relighting(path: Path, rounds: int) -> list[Figure]:
    """Three lights on 1080p layers: the sun is moved, with the others as they are."""
    write_layers(path)
    session = three_lights(path, "cpu")
    knobs = {"light": lambda i: session.set("Sun", azimuth=60 + i / 7)}
    return _latencies(session, "Relight", knobs, min(rounds, 5))


def _latencies(session: Session, node: str, knobs: dict[str, Callable[[int], object]], rounds: int) -> list[Figure]:
    """From a knob's change until the first picture after it is on the screen, and until the final one is."""
    application = start_application()
    workspace = Workspace(session)
    actions = Actions([*COMMANDS, *PANEL.actions])
    files = ScriptFiles(workspace, Path(os.environ[FOLDER_VARIABLE]))
    panel = PANEL.factory(Desktop(workspace, files, actions, Preferences, lambda name: None))
    assert isinstance(panel, ViewerPanel)
    panel.resize(*WINDOW)
    panel.show()
    workspace.set_views(Views({1: node}))
    drawn: list[int] = []
    panel.stage.drawn.connect(lambda: drawn.append(1))

    def until(done: Callable[[], bool]) -> None:
        end = time.perf_counter() + LONG
        while not done() and time.perf_counter() < end:
            application.processEvents()
            time.sleep(0.0005)

    def settled() -> bool:
        return panel.settled and not workspace.evaluations.busy and workspace.facts.settled

    until(settled)
    found = []
    for name, turn in knobs.items():
        first: list[Spent] = []
        final: list[Spent] = []
        for i in range(rounds + 2):
            begin = _now()
            turn(i + 1)
            until(lambda: panel.pictures.a.fresh)
            drawn.clear()
            until(lambda: bool(drawn))
            first.append(_since(begin))
            until(lambda: panel.settled)
            final.append(_since(begin))
            until(settled)
            _rest(until)
        way = "OpenGL" if panel.stage.on_gpu else "cpu"
        found.append(_figure(f"viewer_knob_to_draft_{name}", first[2:], way))
        found.append(_figure(f"viewer_knob_to_final_{name}", final[2:], way))
    panel.deleteLater()
    application.processEvents()
    workspace.close()
    return found


def _rest(until: Callable[[Callable[[], bool]], None]) -> None:
    end = time.perf_counter() + REST
    until(lambda: time.perf_counter() > end)


def _now() -> Spent:
    return time.perf_counter(), time.process_time()


def _since(begin: Spent) -> Spent:
    clock, used = _now()
    return 1000 * (clock - begin[0]), 1000 * (used - begin[1])


def _times(run: Callable[[], object], rounds: int) -> list[Spent]:
    warm_up(run, "cpu")
    times = []
    for _ in range(rounds):
        begin = _now()
        run()
        times.append(_since(begin))
    return times


def _figure(name: str, times: list[Spent], device: str = "cpu") -> Figure:
    clock, used = (statistics.median(column) for column in zip(*times, strict=True))
    return Figure(name, clock, "ms", device=device, versions=versions(), others={"processor": used})
