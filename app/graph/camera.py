"""How a canvas is looked at: panned and zoomed without scroll bars, and led to a node."""

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from .. import theme
from .looks import FAR
from .scene import GraphScene

SMALLEST, LARGEST = 0.03, 4.0
"""Limits of the zoom, pixels for a unit."""
_EDGE, _STEP = 30.0, 160.0
"""How far a node in sight is from the edge at least, and how far one out of sight may be to count as near."""


class Camera(QGraphicsView):
    """Shows a part of a GraphScene: once all of it is framed, all, whatever size the view gets, until it is moved.

    zoomed : the scale or the place changed.
    """

    zoomed = Signal()

    def __init__(self, scene: GraphScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.graph_scene = scene
        self._middle: QPointF | None = None
        self._whole = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setBackgroundBrush(theme.color("surface.base"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that a pan copies what stays visible

    @property
    def zoom_level(self) -> float:
        """Pixels of the screen for a unit of the scene."""
        return self.transform().m11()

    @property
    def center(self) -> QPointF:
        """The point of the scene in the middle."""
        return self.mapToScene(QPoint(self.viewport().width() // 2, self.viewport().height() // 2))

    def look_at(self, center: QPointF, zoom: float | None = None) -> None:
        """Show a point of the scene in the middle, at a scale."""
        if zoom is not None:
            self._set_zoom(zoom)
        self.centerOn(center)
        self._middle, self._whole = center, False
        self.zoomed.emit()

    def zoom(self, factor: float, about: QPoint) -> None:
        """Zoom so that what lies under a point of the viewport stays there."""
        fixed = self.mapToScene(about)
        self._set_zoom(self.zoom_level * factor)
        self.pan(about - self.mapFromScene(fixed))
        self.zoomed.emit()

    def _set_zoom(self, zoom: float) -> None:
        zoom = min(max(zoom, SMALLEST), LARGEST)
        self.graph_scene.look.lod = zoom
        self.setRenderHint(QPainter.RenderHint.Antialiasing, zoom >= FAR)
        # From afar only flat rectangles are painted, which leave nothing behind in the painter.
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState, zoom < FAR)
        self.setTransform(self.transform().fromScale(zoom, zoom))

    def pan(self, way: QPoint) -> None:
        """Move the canvas by pixels."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - way.x())
        down.setValue(down.value() - way.y())
        self._middle, self._whole = self.center, False
        self.zoomed.emit()

    def frame(self, names: list[str]) -> None:
        """Show these nodes whole, all without any, no larger than they are."""
        items = [self.graph_scene.items_by_name[n] for n in names if n in self.graph_scene.items_by_name]
        rects = [item.rect for item in items or self.graph_scene.items_by_name.values()]
        area = QRectF()
        for rect in rects:
            area = area.united(rect)
        if area.isNull():
            self.look_at(QPointF(0, 0), 1.0)
            return
        area.adjust(-60, -60, 60, 60)
        port = self.viewport().rect()
        self.look_at(area.center(), min(1.0, port.width() / area.width(), port.height() / area.height()))
        self._whole = not items

    def show_item(self, name: str) -> None:
        """Bring a node into view, without zooming, unless it is there."""
        item = self.graph_scene.items_by_name.get(name)
        if item is None:
            return
        shown = QRectF(self.mapToScene(self.viewport().rect()).boundingRect())
        inner = shown.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        if inner.intersects(item.rect) or shown.intersects(item.rect.adjusted(-_STEP, -_STEP, _STEP, _STEP)):
            # Near: no further than it takes, so that what was in sight stays where the eye left it.
            across = min(0.0, item.rect.left() - inner.left()) or max(0.0, item.rect.right() - inner.right())
            down = min(0.0, item.rect.top() - inner.top()) or max(0.0, item.rect.bottom() - inner.bottom())
            if across or down:
                self.look_at(shown.center() + QPointF(across, down))
        else:
            self.look_at(item.rect.center())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._whole:
            self.frame([])
        elif self._middle is not None:  # the event's old size says nothing when the view was hidden in between
            self.centerOn(self._middle)
        self.zoomed.emit()
