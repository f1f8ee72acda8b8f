"""Run by test_gl.py in a process of its own, with a display. Exits with 77 where there is no OpenGL 4.0 core."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject
from PySide6.QtWidgets import QApplication

import viewport
from rimlight.app.viewer.cpu_render import Codes, render
from rimlight.app.viewer.frame import Frame
from rimlight.app.viewer.gl_canvas import gl_works, surface_format
from rimlight.app.viewer.gl_render import GLRenderer

ROUNDING = 1e-4
"""By which parts of itself light may differ between the two ways to draw, most of it on edges of magnified pixels."""


def codes_of(image: QImage) -> Codes:
    """uint8 [H, W, 3]."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def drawn(renderer: GLRenderer, frame: Frame) -> Codes:
    """A frame by OpenGL."""
    target = QOpenGLFramebufferObject(frame.view.width, frame.view.height)
    target.bind()
    renderer.draw(frame)
    target.release()
    return codes_of(target.toImage())


def largest(one: Codes, other: Codes) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def off_edges(frame: Frame) -> npt.NDArray[np.bool_]:
    """Where light is not on the edge of a band of false colour, so that rounding does not decide: bool [H, W]."""
    if not frame.settings.false_color:
        return np.ones((frame.view.height, frame.view.width), bool)
    factors = np.float32(1 - ROUNDING), np.float32(1 + ROUNDING)
    planes = [[p and replace(p, pixels=p.pixels * f) for p in (frame.a, frame.b)] for f in factors]
    less, more = (render(replace(frame, a=a, b=b)) for a, b in planes)
    return (less == more).all(-1)


def compare() -> dict[str, int]:
    """The largest difference of codes between the two ways to draw, by case."""
    context = QOpenGLContext()
    context.setFormat(surface_format())
    context.create()
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    context.makeCurrent(surface)
    renderer, display = GLRenderer(), viewport.display()
    found = {}
    for name, settings in viewport.CASES.items():
        for layer in viewport.LAYERS:
            for zoom in viewport.ZOOMS:
                frame = viewport.frame(display, settings, layer, zoom)
                found[f"{name} {layer} {zoom}"] = largest(
                    drawn(renderer, frame)[fine := off_edges(frame)], render(frame)[fine]
                )
    renderer.release()
    context.doneCurrent()
    return found


def window(application: QApplication) -> dict[str, object]:
    """A real window with a viewer; its picture against the processor's."""
    import toy_nodes
    from rimlight.app.viewer.panel import ViewerPanel
    from rimlight.app.viewing import Views
    from rimlight.app.window import MainWindow
    from rimlight.app.workspace import Workspace
    from rimlight.engine import Session, Settings

    with TemporaryDirectory() as folder, toy_nodes.use():
        workspace = Workspace(Session(Settings()))
        made = MainWindow(workspace, Path(folder), Path(folder) / "autosave")
        made.show()
        workspace.session.add("toy.coordinates", name="C", gain=0.001)
        workspace.set_views(Views({1: "C"}))
        viewer = made.panels["viewer"]
        assert isinstance(viewer, ViewerPanel)
        end = time.monotonic() + 60
        while time.monotonic() < end and not (made.settled and viewer.pictures.a.plane is not None):
            application.processEvents()
            time.sleep(0.01)
        surround = viewer.stage._frame
        assert surround is not None
        seen = codes_of(viewer.stage.canvas.codes())
        found = {"on_gpu": viewer.stage.on_gpu, "difference": largest(seen, render(surround))}
        workspace.session.history.mark_saved()
        QTimer.singleShot(0, application.quit)
        application.exec()
        made.close()
    return found


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    if not gl_works():
        sys.exit(77)
    sys.stdout.write(json.dumps(compare() if sys.argv[1] == "compare" else window(application)) + "\n")
