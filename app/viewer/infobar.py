"""Below the viewport: the format, how good the picture is, and what is under the mouse."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from .. import theme

_INKS = {"R": "channel.red", "G": "channel.green", "B": "channel.blue", "A": "channel.alpha",
         "X": "axis.x", "Y": "axis.y", "Z": "axis.z"}  # fmt: skip


METER_TIP = (
    "Spot meter: luminance of the picture in stops from middle grey (0.18), whatever the exposure of the view;\n"
    "then how the reference sample stands to it, as key to fill"
)


def ink(channel: str) -> str:
    """The colour in which a channel's value is written."""
    return theme.colors()[_INKS.get(channel, "text")]


def number(value: float) -> str:
    """A value in few characters, always with the same number of them."""
    size = abs(value)
    if value == 0 or 1e-3 <= size < 1e4:
        return f"{value:9.5f}"[:9] if size < 100 else f"{value:9.2f}"
    return f"{value:9.2e}"


def colored(channels: Sequence[str], values: Sequence[float]) -> str:
    """Values as rich text."""
    parts = (
        f'<span style="color:{ink(c)}">{number(v).replace(" ", "&nbsp;")}</span>'
        for c, v in zip(channels, values, strict=True)
    )
    return "&nbsp;".join(parts)


class Swatch(QWidget):
    """A little area of a colour."""

    def __init__(self) -> None:
        super().__init__()
        self._color: QColor | None = None
        self.setFixedSize(22, 12)

    def show_color(self, color: QColor | None) -> None:
        self._color = color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._color is not None:
            with QPainter(self) as painter:
                painter.fillRect(self.rect(), self._color)
                painter.setPen(theme.color("line.strong"))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class _Words(QLabel):
    """A line that ends in dots where it has no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "dim")
        self.setMinimumWidth(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        with QPainter(self) as painter:
            self.style().drawItemText(
                painter, self.rect(), flags, self.palette(), self.isEnabled(), shown, self.foregroundRole()
            )


class InfoBar(QWidget):
    """One line: the picture at the left, the pixel under the mouse at the right. There is room for the numbers of the
    pixel first, which would be read as others without their ends, then for the meter.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.picture, self.note = _Words(), _Words()
        self.pixel = QLabel()
        self.pixel.setFont(theme.fixed_font())
        self.pixel.setTextFormat(Qt.TextFormat.RichText)
        self.pixel.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.meter = _Words()
        self.meter.setProperty("role", "")
        self.meter.setFont(theme.fixed_font())
        self.meter.setToolTip(METER_TIP)
        self.swatch = Swatch()
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.SPACE, 2, 2 * theme.SPACE, 2)
        row.setSpacing(3 * theme.SPACE)
        row.addWidget(self.picture)
        row.addWidget(self.note)
        row.addStretch(1)
        row.addWidget(self.pixel)
        row.addWidget(self.meter)
        row.addWidget(self.swatch)
        self.setFixedHeight(theme.ROW)

    def show_picture(self, text: str, note: str) -> None:
        self.picture.setText(text)
        self.note.setText(note)

    def show_pixel(
        self, where: str, channels: Sequence[str], values: Sequence[float], color: QColor | None, meter: str = ""
    ) -> None:
        """The pixel under the mouse; nothing with an empty `where`. meter : what a spot meter says of it."""
        self.meter.setText(meter)
        self.pixel.setText(f"{where.replace(' ', '&nbsp;')}&nbsp;&nbsp;{colored(channels, values)}" if where else "")
        self.swatch.show_color(color)
        self._fit_meter()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_meter()

    def _fit_meter(self) -> None:
        """Give the meter what the pixel leaves."""
        row = self._row
        margins = row.contentsMargins()
        others = margins.left() + margins.right() + 5 * row.spacing() + self.swatch.width() + 2
        room = self.width() - others - self.pixel.sizeHint().width()
        self.meter.setFixedWidth(max(1, min(room, self.meter.sizeHint().width())))
