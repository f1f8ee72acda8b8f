"""The field for frames per second."""

from PySide6.QtWidgets import QDoubleSpinBox

from .. import theme

RATES = (1.0, 6.0, 8.0, 12.0, 15.0, 23.976, 24.0, 25.0, 29.97, 30.0, 47.952, 48.0, 50.0, 59.94, 60.0, 90.0, 100.0,
         119.88, 120.0, 240.0)  # fmt: skip
"""To which the arrows go; any other is typed."""
_SAME = 0.0005
"""Half the last digit that is shown."""


class RateField(QDoubleSpinBox):
    """1 to 240 frames per second, to three digits. Arrows, keys and wheel go to the next usual rate."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(RATES[0], RATES[-1])
        self.setDecimals(3)
        self.setSuffix(" fps")
        self.setFixedWidth(88)
        self.lineEdit().setTextMargins(theme.SPACE, 0, 0, 0)
        self.setKeyboardTracking(False)
        self.setToolTip("Frames per second of the project")

    def stepBy(self, steps: int) -> None:
        rate = self.value()
        beyond = [r for r in RATES if r > rate + _SAME] if steps > 0 else [r for r in RATES[::-1] if r < rate - _SAME]
        if beyond:
            self.setValue(beyond[min(abs(steps), len(beyond)) - 1])
