"""Which part of the picture the viewport shows."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Signal

from .geometry import View
from .settings import Compare

if TYPE_CHECKING:
    from .panel import ViewerPanel


class Framing(QObject):
    """Shows all of a panel's picture, also when its format or the viewport changes, until the view is moved by hand.

    fits : whether it is not moved yet. moved : the view is another one.
    """

    moved = Signal()

    def __init__(self, panel: "ViewerPanel") -> None:
        super().__init__(panel)
        self.view = View()
        self.fits = True
        self._panel = panel
        self._ratio = 1.0

    def set_view(self, view: View) -> None:
        """Show another part of the picture."""
        self.fits = False
        self._put(view)

    def _put(self, view: View) -> None:
        if view != self.view:
            self.view = view
            self.moved.emit()

    def fit(self) -> None:
        """Show all of the picture from now on."""
        self.fits = True
        self.refit()

    def refit(self) -> None:
        """Show all of the picture, unless the view was moved by hand."""
        pictures, settings = self._panel.pictures, self._panel.settings
        plane = pictures.shown
        if plane is None or not self.fits:
            return
        width, height = self.view.width, self.view.height
        compare = settings.compare if pictures.b.plane is not None else Compare.OFF
        width = width // 2 if compare is Compare.SPLIT_H else width
        height = height // 2 if compare is Compare.SPLIT_V else height
        self._put(replace(self.view, aspect=plane.aspect).fitted(plane.display, width, height))

    def follow(self) -> None:
        """Another picture is there, whose format and pixels may have another shape."""
        plane = self._panel.pictures.shown
        if self.fits:
            self.refit()
        elif plane is not None and plane.aspect != self.view.aspect:
            self._put(self.view.with_aspect(plane.aspect))

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """zoom : units of the interface per row of the picture. at : the point that stays, default the middle."""
        ratio = self._panel.stage.ratio
        x, y = (at.x() * ratio, at.y() * ratio) if at is not None else (self.view.width / 2, self.view.height / 2)
        self.set_view(self.view.zoomed(zoom * ratio, x, y))

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """As `zoom_to`, relative to the zoom as it is."""
        self.zoom_to(self.zoom * factor, at)

    @property
    def zoom(self) -> float:
        """Units of the interface per row of the picture."""
        return self.view.zoom / self._panel.stage.ratio

    def resized(self, width: int, height: int) -> None:
        """The viewport has another size, in screen pixels, or is on another screen."""
        view, ratio = self.view.resized(width, height), self._panel.stage.ratio
        if ratio != self._ratio:  # another screen: in units of the interface everything stays as large as it was
            view = view.zoomed(view.zoom * ratio / self._ratio, width / 2, height / 2)
            self._ratio = ratio
        self.view = view
        self.refit()
