"""Where the picture lies in the viewport. No Qt.

Picture coordinates are those of `engine/region.py` at scale 1: pixels, y down, in the plane of the display window.
Screen coordinates are the viewport's device pixels, y down.
"""

import math
from dataclasses import dataclass, replace

from rimlight.engine import Region

LEAST, MOST = 1 / 64, 128.0
"""Zoom, in device pixels per row of the picture."""


@dataclass(frozen=True)
class Box:
    """A rectangle with fractional corners, in picture or screen coordinates."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1

    def outwards(self) -> Region:
        """The smallest region of whole pixels around it."""
        return Region(math.floor(self.x0), math.floor(self.y0), math.ceil(self.x1), math.ceil(self.y1))


@dataclass(frozen=True)
class View:
    """Part of the picture that a viewport shows.

    width, height : of the viewport. x, y : where on the screen the picture's point 0, 0 is; whole numbers, so that
    at whole zooms pixels of the picture are made of whole pixels of the screen. zoom : screen pixels per row of the
    picture. aspect : width of the picture's pixels over their height.
    """

    width: int = 1
    height: int = 1
    x: int = 0
    y: int = 0
    zoom: float = 1.0
    aspect: float = 1.0

    @property
    def zoom_x(self) -> float:
        """Screen pixels per column of the picture."""
        return self.zoom * self.aspect

    @property
    def middle(self) -> tuple[float, float]:
        """The picture's point in the middle of the viewport."""
        return self.to_picture(self.width / 2, self.height / 2)

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        return self.x + x * self.zoom_x, self.y + y * self.zoom

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.x) / self.zoom_x, (y - self.y) / self.zoom

    def box_to_screen(self, box: "Region | Box") -> Box:
        return Box(*self.to_screen(box.x0, box.y0), *self.to_screen(box.x1, box.y1))

    def visible(self) -> Box:
        """What of the picture's plane the viewport shows."""
        return Box(*self.to_picture(0, 0), *self.to_picture(self.width, self.height))

    def panned(self, dx: float, dy: float) -> "View":
        return replace(self, x=round(self.x + dx), y=round(self.y + dy))

    def zoomed(self, zoom: float, x: float, y: float) -> "View":
        """At another zoom, the picture's point at the screen's point x, y staying there."""
        zoom = min(max(zoom, LEAST), MOST)
        px, py = self.to_picture(x, y)
        return replace(self, zoom=zoom, x=round(x - px * zoom * self.aspect), y=round(y - py * zoom))

    def looking_at(self, x: float, y: float) -> "View":
        """With the picture's point x, y in the middle."""
        return replace(self, x=round(self.width / 2 - x * self.zoom_x), y=round(self.height / 2 - y * self.zoom))

    def resized(self, width: int, height: int) -> "View":
        """Another viewport, the same point of the picture in its middle."""
        middle = self.middle
        return replace(self, width=max(1, width), height=max(1, height)).looking_at(*middle)

    def with_aspect(self, aspect: float) -> "View":
        middle = self.middle
        return replace(self, aspect=aspect).looking_at(*middle)

    def fitted(self, region: Region, width: float = 0, height: float = 0) -> "View":
        """All of a region visible, with a little air around it, in the viewport or in a pane of this size."""
        across, up = max(1.0, (width or self.width) * 0.96), max(1.0, (height or self.height) * 0.96)
        zoom = min(across / max(1, region.width) / self.aspect, up / max(1, region.height))
        middle = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
        return replace(self, zoom=min(max(zoom, LEAST), MOST)).looking_at(*middle)

    def moved_into(self, pane: Box) -> "View":
        """As seen in a part of the viewport: what was in the middle of the whole is in the middle of the pane."""
        x, y = pane.center
        return self.panned(round(x - self.width / 2), round(y - self.height / 2))
