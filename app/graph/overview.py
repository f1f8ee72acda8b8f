"""The whole graph, small in the corner, with what the view shows of it; a click goes there."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from .. import theme
from .notes import Area
from .scene import GraphScene
from .view import GraphView

SIZE = QSize(200, 140)


class Overview(QWidget):
    """on : whether it is wanted."""

    def __init__(self, view: GraphView, scene: GraphScene) -> None:
        super().__init__(view)
        self._view = view
        self._scene = scene
        self._picture: QPixmap | None = None
        self._area = QRectF()
        self.on = False
        self.resize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_on(self, on: bool) -> None:
        self.on = on
        self.setVisible(on)
        self.refresh()
        self.place()

    def refresh(self) -> None:
        """The graph is another: draw it anew when it is shown next."""
        self._picture = None
        if self.on:
            self.update()

    def place(self) -> None:
        """Keep to the corner, and show what the view shows now."""
        if self.on:
            self.move(self._view.width() - self.width() - 8, self._view.height() - self.height() - 8)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._draw()
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._picture)
            shown = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
            painter.setPen(theme.color("accent"))
            painter.drawRect(self._to_widget(shown).intersected(QRectF(self.rect()).adjusted(0, 0, -1, -1)))

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.color("surface.deep", 0.85))
        items = list(self._scene.items_by_name.values())
        area = QRectF()
        for item in items:
            area = area.united(item.rect)
        self._area = area.adjusted(-100, -100, 100, 100)
        with QPainter(picture) as painter:
            painter.setPen(theme.color("line"))
            painter.drawRect(0, 0, self.width() - 1, self.height() - 1)
            for item in sorted(items, key=lambda item: not isinstance(item, Area)):
                rect = self._to_widget(item.rect)
                color = item.fill_color
                if isinstance(item, Area):
                    color.setAlphaF(0.4)
                painter.fillRect(rect.adjusted(0, 0, max(0.0, 2 - rect.width()), max(0.0, 2 - rect.height())), color)
        return picture

    def _scale(self) -> float:
        wide, high = max(1.0, self._area.width()), max(1.0, self._area.height())
        return min(self.width() / wide, self.height() / high)

    def _to_widget(self, rect: QRectF) -> QRectF:
        scale, middle = self._scale(), self._area.center()
        return QRectF(
            (rect.left() - middle.x()) * scale + self.width() / 2,
            (rect.top() - middle.y()) * scale + self.height() / 2,
            rect.width() * scale,
            rect.height() * scale,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def _go(self, at: QPointF) -> None:
        scale, middle = self._scale(), self._area.center()
        x = (at.x() - self.width() / 2) / scale + middle.x()
        y = (at.y() - self.height() / 2) / scale + middle.y()
        self._view.look_at(QPointF(x, y))
