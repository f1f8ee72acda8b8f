"""The canvas without a graphics card: pictures are rendered in workers and painted when they are there."""

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from rimlight.engine import CancelToken

from ..evaluating import VIEWER, Evaluations
from .cpu_render import Codes, render
from .frame import Frame

REST_MS = 120
"""For how long a frame has to stand before it is rendered exactly: in playback and drags the next one comes first."""


class CpuCanvas(QWidget):
    """Shows frames. Until the newest one is rendered the last one is shown, moved to where the picture is now.

    A quick rendering is finished before that of a newer frame begins: frames that come faster than they are rendered
    would else all be given up, and playback or a drag would show nothing until it ends.

    Drafts that are coarser than the screen are first rendered at half its size, which takes a quarter of the time.

    drawn : `settled` may differ.
    """

    drawn = Signal()
    failed = Signal(str)

    def __init__(self, evaluations: Evaluations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._evaluations = evaluations
        self._frame: Frame | None = None
        self._shown: Frame | None = None
        self._image = QImage()
        self._exact = True
        self._quick: Frame | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._sharpen)
        evaluations.stopped.connect(self._stopped)

    @property
    def settled(self) -> bool:
        """Whether what is shown is the newest frame, exactly."""
        return self.current and self._exact

    @property
    def current(self) -> bool:
        """Whether the newest frame is shown, if only quickly."""
        return self._frame is self._shown

    def show_frame(self, frame: Frame) -> None:
        """Show a frame soon: quickly first, then exactly once it stands."""
        self._frame = frame
        self._rest.stop()
        if self._quick is None:
            self._ask(exact=False)
        self.update()

    def _ask(self, exact: bool) -> None:
        frame = self._frame
        assert frame is not None
        self._quick = None if exact else frame

        def work(token: CancelToken) -> tuple[Frame, Codes, bool]:
            if not exact and frame.coarse:
                return frame, render(frame.halved(), exact, token.check), False
            same = (
                frame.display is None
                or not frame.through_view
                or frame.display.renderer.transform(frame.display.display, frame.display.view).native
            )
            return frame, render(frame, exact, token.check), exact or same

        self._evaluations.run(self, work, self._rendered, self._refused, channel="display", urgency=VIEWER)

    def _rendered(self, result: tuple[Frame, Codes, bool]) -> None:
        self._shown, codes, self._exact = result
        height, width = codes.shape[:2]
        self._image = QImage(codes.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._image.setDevicePixelRatio(self.devicePixelRatioF() * width / self._shown.view.width)
        self._quick = None
        self.update()
        if not self.current:
            self._ask(exact=False)
        elif not self._exact:
            self._rest.start()
        self.drawn.emit()

    def _stopped(self) -> None:
        """Esc: the pictures that are there are drawn all the same."""
        self._quick = None
        if self._frame is not None and not self.current:
            self._ask(exact=False)
        elif not self._exact:
            self._rest.start()

    def _sharpen(self) -> None:
        self._ask(exact=True)

    def _refused(self, error: Exception) -> None:
        tried, self._quick = self._quick or self._frame, None
        if tried is not self._frame:
            self._ask(exact=False)
            return
        self._shown, self._exact = self._frame, True
        self.failed.emit(str(error))
        self.drawn.emit()

    def codes(self) -> QImage:
        """What is shown, one pixel for each of the screen."""
        return self._image

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            frame, shown = self._frame, self._shown
            surround = QColor.fromRgbF(*frame.surround) if frame is not None else self.palette().window().color()
            painter.fillRect(self.rect(), surround)
            if frame is None or shown is None or self._image.isNull():
                return
            ratio = self.devicePixelRatioF()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._image.width() < shown.view.width)
            if frame.view == shown.view:
                # With a size, as at a point an image with less than a pixel for each of the screen stays small.
                painter.drawImage(QRectF(0, 0, shown.view.width / ratio, shown.view.height / ratio), self._image)
                return
            x0, y0 = frame.view.to_screen(*shown.view.to_picture(0, 0))
            x1, y1 = frame.view.to_screen(*shown.view.to_picture(shown.view.width, shown.view.height))
            painter.drawImage(QRectF(x0 / ratio, y0 / ratio, (x1 - x0) / ratio, (y1 - y0) / ratio), self._image)
