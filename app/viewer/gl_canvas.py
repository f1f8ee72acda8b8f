"""The canvas on the graphics card."""

import logging
from functools import cache

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QGuiApplication, QImage, QOffscreenSurface, QOpenGLContext, QSurfaceFormat
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from .frame import Frame
from .gl_render import GLError, GLRenderer

log = logging.getLogger(__name__)

_HEADLESS = ("offscreen", "minimal", "vnc", "linuxfb")
"""Platforms of Qt on which OpenGL widgets show nothing."""
_COLOR_BUFFER = 0x4000


def surface_format() -> QSurfaceFormat:
    """OpenGL 4.0 core without depth, stencil or samples."""
    made = QSurfaceFormat()
    made.setVersion(4, 0)
    made.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    made.setDepthBufferSize(0)
    made.setStencilBufferSize(0)
    made.setSamples(0)
    return made


@cache
def gl_works() -> bool:
    """Whether this machine's OpenGL is good enough. Needs the application."""
    if not isinstance(QCoreApplication.instance(), QGuiApplication) or QGuiApplication.platformName() in _HEADLESS:
        return False
    context = QOpenGLContext()
    context.setFormat(surface_format())
    if not context.create() or context.format().version() < (4, 0):
        return False
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    works = surface.isValid() and context.makeCurrent(surface)
    context.doneCurrent()
    return bool(works)


class GlCanvas(QOpenGLWidget):
    """Shows frames. failed : why the graphics card cannot, once; whoever listens takes a `CpuCanvas` instead."""

    drawn = Signal()
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFormat(surface_format())
        self._frame: Frame | None = None
        self._renderer: GLRenderer | None = None
        self._refused = False
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.release)

    @property
    def settled(self) -> bool:
        """Always: whatever is grabbed is drawn first."""
        return True

    @property
    def current(self) -> bool:
        """Always: the next refresh of the screen draws it."""
        return True

    def show_frame(self, frame: Frame) -> None:
        """Show a frame with the next refresh of the screen."""
        self._frame = frame
        self.update()

    def codes(self) -> QImage:
        """What is shown, one pixel for each of the screen."""
        return self.grabFramebuffer()

    def initializeGL(self) -> None:
        self._renderer = GLRenderer()
        self.context().aboutToBeDestroyed.connect(self.release)

    def paintGL(self) -> None:
        if self._frame is None or self._renderer is None or self._refused:
            self._clear()
            return
        try:
            self._renderer.draw(self._frame)
        except GLError as error:
            log.warning("drawing by OpenGL failed: %s", error)
            self._refused = True
            self.failed.emit(str(error))
        self.drawn.emit()

    def release(self) -> None:
        """Free what the graphics card holds for us: before the widget or its context go, as it is too late after."""
        renderer, self._renderer = self._renderer, None
        if renderer is not None:
            self.makeCurrent()
            renderer.release()
            self.doneCurrent()

    def _clear(self) -> None:
        functions = self.context().functions()
        shade = self.palette().window().color()
        functions.glClearColor(shade.redF(), shade.greenF(), shade.blueF(), 1.0)
        functions.glClear(_COLOR_BUFFER)
