"""Colours of parameters on the screen, as the viewer would show them: one small thing that all swatches share."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

RGB = tuple[float, float, float]

_AP1_TO_709 = ((1.70505, -0.62179, -0.08326), (-0.13026, 1.14080, -0.01055), (-0.02400, -0.12897, 1.15297))
"""ACEScg to linear Rec.709, with the white adapted (ACES TB-2014-004, Bradford)."""
_KEPT = 4096
"""Colours that are remembered; a display costs a tenth of a millisecond each."""


class Swatches(QObject):
    """Shows scene-linear colours of the working space. changed : colours look different now."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: object = None
        self._render: Callable[[RGB], RGB] | None = None
        self._known: dict[RGB, QColor] = {}

    def follow(self, key: object, render: Callable[[RGB], RGB]) -> None:
        """Show colours by this display. key : equal where it is the same. render : to codes from 0 to 1."""
        if key != self._key:
            self._key, self._render = key, render
            self._known.clear()
            self.changed.emit()

    def color(self, rgb: Sequence[float]) -> QColor:
        """A colour on the screen, cut at what that has. Until a viewer says more, ACEScg as sRGB."""
        r, g, b = (round(float(v), 5) for v in rgb[:3])
        found = self._known.get((r, g, b))
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            codes = self._render((r, g, b)) if self._render is not None else srgb((r, g, b))
            found = self._known[r, g, b] = QColor.fromRgbF(*(min(max(v, 0.0), 1.0) for v in codes))
        return found


def srgb(rgb: RGB) -> RGB:
    """Codes of a colour of ACEScg, cut at what sRGB has."""
    r, g, b = (_encoded(sum(m * v for m, v in zip(row, rgb, strict=True))) for row in _AP1_TO_709)
    return r, g, b


def _encoded(v: float) -> float:
    v = min(max(v, 0.0), 1.0)
    return 12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055
