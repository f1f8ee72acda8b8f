"""Following one point from frame to frame: what is looked for, where, and when it is lost."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..region import Region
from .pattern import MARGIN, Found, Motion, Pattern, Place, Window

Update = Literal["never", "changes", "always"]

_ASTRAY = 1 / 8
"""Of the pattern's size, from which on what is found was somewhere else in the frame before."""
_AS_CLEAR = 0.002
"""By how much more it may differ there than the pattern does here."""


@dataclass(frozen=True)
class How:
    """How a point is followed.

    pattern : width and height of what is looked for. search : width and height of the box in which it is looked for.
    motion : what may become of it beyond moving. update : when the pattern is taken anew from the last frame.
    max_error : how much it may differ, 1 minus the correlation.
    """

    pattern: tuple[float, float]
    search: tuple[float, float]
    motion: Motion = "similarity"
    update: Update = "changes"
    max_error: float = 0.25

    @property
    def reach(self) -> tuple[int, int]:
        """How far the point may go from one frame to the next, in x and y."""
        x, y = (max(0, int((s - p) // 2)) for s, p in zip(self.search, self.pattern, strict=True))
        return x, y


class Lost(Exception):
    """The point cannot be followed any further; the text says why, after the name of the track and the frame."""


class Follower:
    """One point under way. Places are in pixels, y down."""

    def __init__(self, how: How, place: Place) -> None:
        self.how = how
        self.place = place
        self._before = place
        self._pattern: Pattern | None = None
        self._last: Window | None = None
        self._linear = np.eye(2)

    @property
    def expected(self) -> Place:
        """Where the point is in the next frame if it goes on as it did; the search reaches back to where it is now."""
        x, y = (
            now + min(max(now - old, -reach / 2), reach / 2)
            for now, old, reach in zip(self.place, self._before, self.how.reach, strict=True)
        )
        return x, y

    @property
    def box(self) -> Region:
        """The pixels that are looked at in the next frame, or in the first."""
        x, y = self.expected
        half = [max(s, p) / 2 + MARGIN for s, p in zip(self.how.search, self.how.pattern, strict=True)]
        return Region(int(x - half[0]), int(y - half[1]), int(x + half[0]) + 1, int(y + half[1]) + 1)

    def begin(self, window: Window, picture: Region) -> None:
        """Take the pattern from the first frame. picture : where there are pixels. Raises Lost."""
        if any(s < p + 2 for s, p in zip(self.how.search, self.how.pattern, strict=True)):
            (w, h), (pw, ph) = self.how.search, self.how.pattern
            raise Lost(f"the search box, {w:g} x {h:g}, is not larger than the pattern, {pw:g} x {ph:g}")
        if not _inside(self.place, picture):
            raise Lost(f"the point is outside of the picture, which has {picture.width} x {picture.height} pixels")
        self._take(window)

    @property
    def slides(self) -> bool:
        """Whether the pattern is a straight edge, along which the point may slide unseen."""
        return self._pattern is not None and self._pattern.slides

    def go_on(self, window: Window, picture: Region) -> float:
        """Find the point in the next frame; returns the error. Raises Lost, and the place stays what it was."""
        assert self._pattern is not None
        how = self.how
        found = self._pattern.find(window, self.expected, how.reach, self._linear, how.motion)
        if found.error > how.max_error and how.update == "changes" and self._last is not None:
            # The pattern has changed since it was taken: once more with what it looked like just now.
            fresh = _pattern(self._last, self.place, how.pattern)
            if fresh is not None:
                again = fresh.find(window, self.expected, how.reach, np.eye(2), how.motion)
                if again.error <= how.max_error:
                    self._pattern, found = fresh, again
        half = [side / 2 for side in how.pattern]
        if not _inside(found.place, picture) or (
            found.error > how.max_error and not _inside(self.expected, picture.expand(-half[0], -half[1]))
        ):
            raise Lost("it has left the picture")
        if found.error > how.max_error:
            raise Lost(f"the pattern is found with an error of {found.error:.2f}, expected {how.max_error:g} at most")
        away = self._away(found, window)
        if away > max(how.pattern) * _ASTRAY:
            raise Lost(f"what is found is something alike, which was {away:.0f} pixels from the point one frame before")
        self._before, self.place, self._linear, self._last = self.place, found.place, found.linear, window
        if how.update == "always" or (how.update == "changes" and found.error > how.max_error / 2):
            fresh = _pattern(window, self.place, how.pattern)
            if fresh is not None:
                self._pattern, self._linear = fresh, np.eye(2)
        return found.error

    def _away(self, found: Found, window: Window) -> float:
        """How many pixels from the point the frame before shows what was found; 0 where it shows that less clearly, and
        along a straight edge, which looks the same everywhere (Kalal, Mikolajczyk and Matas 2010).
        """
        how, fresh = self.how, _pattern(window, found.place, self.how.pattern)
        if fresh is None or self.slides or self._last is None:
            return 0.0
        then = fresh.find(self._last, self.place, how.reach, np.eye(2), how.motion)
        return math.dist(then.place, self.place) if then.error < found.error + _AS_CLEAR else 0.0

    def _take(self, window: Window) -> None:
        try:
            self._pattern = Pattern(window, self.place, self.how.pattern)
        except ValueError as error:
            raise Lost(str(error)) from None
        self._linear, self._last = np.eye(2), window


def _pattern(window: Window, place: Place, size: tuple[float, float]) -> Pattern | None:
    try:
        return Pattern(window, place, size)
    except ValueError:
        return None


def _inside(place: Place, picture: Region) -> bool:
    x, y = place
    return picture.x0 <= x < picture.x1 and picture.y0 <= y < picture.y1
