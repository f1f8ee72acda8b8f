"""The viewport: the canvas with the picture, and over it a layer that draws with QPainter and takes the mouse."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Region

from ..evaluating import Evaluations
from .cpu_canvas import CpuCanvas
from .frame import Frame, Pane
from .gl_canvas import GlCanvas, gl_works
from .lens import Lens
from .tools import Drag, Press, Tool

ZOOM_STEP = 1.15
"""Of one notch of the wheel."""

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

Canvas = CpuCanvas | GlCanvas


class Layer(QWidget):
    """What is drawn over the picture, and the mouse. Its parent stage does the work."""

    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self._stage = stage
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setMouseTracking(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._stage.paint_over(painter)


class Stage(QWidget):
    """Shows frames and hands the mouse to tools.

    claims : names the action of a key that the menus' mnemonics want too, empty for others; claimed : does it.
    tools : asked in order. paint : draws over everything, after the tools. resized : the size in screen pixels.
    hovered : where the mouse is, None outside. wheeled : a factor for the zoom and where.
    focused : it has the focus now. drawn : see the canvases. refused : why the graphics card is not used.
    """

    resized = Signal(int, int)
    hovered = Signal(object)
    wheeled = Signal(float, object)
    focused = Signal()
    drawn = Signal()
    refused = Signal(str)

    def __init__(self, evaluations: Evaluations, use_gl: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._evaluations = evaluations
        self.tools: Sequence[Tool] = ()
        self.claims: Callable[[QKeyEvent], str] = lambda event: ""
        self.claimed: Callable[[str], object] = lambda name: None
        self.paint: Callable[[QPainter, Sequence[Lens]], None] = lambda painter, lenses: None
        self._frame: Frame | None = None
        self._window: Region | None = None
        self._drag: Drag | None = None
        self._button = Qt.MouseButton.NoButton
        self.pressure = 1.0
        """Of a pen, 0 to 1; 1 of a mouse."""
        self.canvas: Canvas = self._make_canvas(use_gl and gl_works())
        self.layer = Layer(self)
        self.layer.installEventFilter(self)

    def _make_canvas(self, gl: bool) -> Canvas:
        canvas: Canvas = GlCanvas(self) if gl else CpuCanvas(self._evaluations, self)
        canvas.drawn.connect(self.drawn)
        canvas.failed.connect(self._canvas_failed)
        canvas.setGeometry(self.rect())
        return canvas

    @property
    def on_gpu(self) -> bool:
        return isinstance(self.canvas, GlCanvas)

    @property
    def frame(self) -> Frame | None:
        """What is shown."""
        return self._frame

    @property
    def ratio(self) -> float:
        """Screen pixels per unit of widgets."""
        return self.devicePixelRatioF()

    def screen_size(self) -> tuple[int, int]:
        """Of the viewport, in screen pixels."""
        return max(1, round(self.width() * self.ratio)), max(1, round(self.height() * self.ratio))

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    def show_frame(self, frame: Frame, window: Region | None) -> None:
        """Show a frame. window : the display window that tools refer to."""
        self._window = window
        if not frame.same_as(self._frame):
            self._frame = frame
            self.canvas.show_frame(frame)
        self.layer.update()

    def release(self) -> None:
        """The viewer is about to go: free what the graphics card holds for it."""
        if isinstance(self.canvas, GlCanvas):
            self.canvas.release()

    def lenses(self) -> list[Lens]:
        """One for each pane; none before there is a picture."""
        if self._frame is None or self._window is None:
            return []
        return [self._lens(pane) for pane in self._frame.panes]

    def lens_at(self, at: QPointF) -> Lens | None:
        """The lens of the pane at a point."""
        lenses = self.lenses()
        return next((lens for lens in lenses if lens.pane.contains(at)), lenses[0] if lenses else None)

    def _lens(self, pane: Pane) -> Lens:
        assert self._window is not None
        box, ratio = pane.box, self.ratio
        rect = QRectF(box.x0 / ratio, box.y0 / ratio, box.width / ratio, box.height / ratio)
        return Lens(pane.view, ratio, rect, self._window)

    def paint_over(self, painter: QPainter) -> None:
        """What the layer draws."""
        lenses = self.lenses()
        for lens in lenses:
            painter.save()
            painter.setClipRect(lens.pane)
            for tool in self.tools:
                painter.save()
                tool.paint(painter, lens)
                painter.restore()
            painter.restore()
        self.paint(painter, lenses)

    def cancel_drag(self) -> bool:
        """Take back the drag under way, else call off the tools that wait for one. False when there is neither."""
        drag, self._drag = self._drag, None
        armed = [tool for tool in self.tools if tool.armed and drag is None]
        if drag is not None:
            drag.cancel()
        for tool in armed:
            tool.disarm()
        self.layer.update()
        return drag is not None or bool(armed)

    # -- events ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.canvas.setGeometry(self.rect())
        self.layer.setGeometry(self.rect())
        self.resized.emit(*self.screen_size())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            armed = any(tool.armed for tool in self.tools)
            escaping = (armed or self._drag is not None) and event.key() == Qt.Key.Key_Escape
            completing = armed and event.key() in _RETURN
            if escaping or completing or self.claims(event):
                event.accept()
                return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:  # the window went to another screen
            self.resized.emit(*self.screen_size())
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.cancel_drag():
            return
        if event.key() in _RETURN and any(tool.armed and tool.complete() for tool in self.tools):
            self.layer.update()
            return
        if name := self.claims(event):
            self.claimed(name)
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QTabletEvent):
            # Not taken, so that it comes again as what a mouse does.
            self.pressure = 1.0 if kind == QEvent.Type.TabletRelease else event.pressure()
        elif isinstance(event, QMouseEvent):
            if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
                return self._press(event)
            if kind == QEvent.Type.MouseMove:
                self._move(event)
                return True
            if kind == QEvent.Type.MouseButtonRelease and self._drag is not None:
                if event.button() == self._button:
                    self._release(event)
                return True
        elif isinstance(event, QWheelEvent) and kind == QEvent.Type.Wheel:
            notches = event.angleDelta().y() / 120
            if notches:
                self.wheeled.emit(ZOOM_STEP**notches, event.position())
            event.accept()
            return True
        elif kind == QEvent.Type.Leave:
            self.hovered.emit(None)
        return False

    def _press(self, event: QMouseEvent) -> bool:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        lens = self.lens_at(event.position())
        if lens is None or self._drag is not None:
            return True
        press = Press(event.position(), event.button(), event.modifiers(), lens)
        for tool in self.tools:
            self._drag = tool.grab(press)
            if self._drag is not None:
                self._button = event.button()
                self.layer.update()
                return True
        return event.button() != Qt.MouseButton.RightButton

    def _release(self, event: QMouseEvent) -> None:
        """The button that began the drag."""
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.finish()
        self.layer.update()
        self._point(event.position())

    def _move(self, event: QMouseEvent) -> None:
        if self._drag is not None and not event.buttons():
            self._release(event)  # the release went elsewhere, as to a window that came up
        elif self._drag is not None:
            self._drag.move(event.position(), event.modifiers())
            self.layer.update()
        else:
            self._point(event.position())
        self.hovered.emit(event.position())

    def _point(self, at: QPointF) -> None:
        """Let the mouse look like what a press would do."""
        lens = self.lens_at(at)
        shapes = (tool.cursor(at, lens) for tool in self.tools) if lens is not None else ()
        self.layer.setCursor(next((shape for shape in shapes if shape is not None), Qt.CursorShape.ArrowCursor))

    def _canvas_failed(self, sentence: str) -> None:
        """The graphics card cannot: go on without it."""
        self.refused.emit(sentence)
        if not self.on_gpu:
            return
        old = self.canvas
        self.canvas = self._make_canvas(False)
        self.canvas.show()
        self.layer.raise_()
        if isinstance(old, GlCanvas):
            old.release()
        old.hide()
        old.deleteLater()
        if self._frame is not None:
            self.canvas.show_frame(self._frame)
