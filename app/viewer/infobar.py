"""Below the viewport: the format, how good the picture is, what is under the mouse, and the pinned samples."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from .sampling import Samples

_INKS = {"R": "channel.red", "G": "channel.green", "B": "channel.blue", "A": "channel.alpha",
         "X": "axis.x", "Y": "axis.y", "Z": "axis.z"}  # fmt: skip


METER_TIP = (
    "Spot meter: luminance of the picture in stops from middle grey (0.18), whatever the exposure of the view;\n"
    "then how the reference sample stands to it, as key to fill"
)
LINES = 6
"""Of samples that are seen at once; the others are scrolled to."""


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


class SampleList(QWidget):
    """The pinned samples, a row each; hidden while there are none. removed, referred : number of a sample, which goes
    or is the reference now. cleared : all go.
    """

    removed = Signal(int)
    referred = Signal(int)
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._space = QLabel()
        self._space.setProperty("role", "dim")
        copy = QToolButton()
        copy.setText("Copy")
        copy.setToolTip("Copy all values to the clipboard")
        copy.clicked.connect(self._copy)
        clear = QToolButton()
        clear.setText("Clear")
        clear.setToolTip("Take all samples away")
        clear.clicked.connect(self.cleared)
        for button in (copy, clear):
            button.setAutoRaise(True)
        head = QHBoxLayout()
        head.addWidget(QLabel("Samples"))
        head.addWidget(self._space)
        head.addStretch(1)
        head.addWidget(copy)
        head.addWidget(clear)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(3 * theme.SPACE)
        self._grid.setVerticalSpacing(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2 * theme.SPACE, 2, 2 * theme.SPACE, theme.SPACE)
        outer.setSpacing(2)
        outer.addLayout(head)
        inner = QWidget()
        inner.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer.addWidget(self._scroll)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_samples(self, samples: Samples) -> None:
        """Show samples and what is there."""
        self._text = samples.text()
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        line = 0
        found = [v for v in samples.values.values() if v is not None]
        spaces = {v.space + (f", at scale {v.scale:g}" if v.scale != 1 else "") for v in found}
        self._space.setText("; ".join(sorted(spaces)))
        for sample in samples.samples:
            line = self._add(sample.number, samples, line)
        self._grid.setColumnStretch(6, 1)
        self._scroll.setFixedHeight(min(line, LINES) * 18 + 2)
        self.setVisible(bool(samples.samples))

    def _add(self, number: int, samples: Samples, line: int) -> int:
        """A sample's lines from `line` on; the line after them."""
        found, first = samples.values.get(number), number == samples.reference
        self._grid.addWidget(self._reference(number, first), line, 0)
        remove = QToolButton()
        remove.setIcon(theme.icon("close", "text.dim"))
        remove.setAutoRaise(True)
        remove.setIconSize(QSize(10, 10))
        remove.setFixedSize(18, 18)
        remove.setToolTip(f"Take sample {number} away")
        remove.clicked.connect(lambda: self.removed.emit(number))
        self._grid.addWidget(remove, line, 1)
        if found is None:
            self._grid.addWidget(QLabel("outside the picture"), line, 2)
            return line + 1
        where = found.where + (f", {found.bad} not finite" if found.bad else "")
        self._grid.addWidget(QLabel(where), line, 2)
        names = ("mean",) if found.count == 1 else ("mean", "median", "minimum", "maximum")
        for name in names:
            if found.count > 1:
                label = QLabel(name)
                label.setProperty("role", "dim")
                self._grid.addWidget(label, line, 3)
            values = _fixed(colored(found.channels, getattr(found, name)))
            meter = _fixed(found.meter(name, samples.compared(number) if name == "mean" else None))
            meter.setToolTip(METER_TIP)
            self._grid.addWidget(values, line, 4)
            self._grid.addWidget(meter, line, 5)
            line += 1
        return line

    def _reference(self, number: int, on: bool) -> QToolButton:
        """The number of a sample, which makes it the reference."""
        button = QToolButton()
        button.setText(f"{number}")
        button.setFont(theme.font("body", bold=True))
        button.setAutoRaise(True)
        button.setCheckable(True)
        button.setChecked(on)
        button.setFixedHeight(18)
        button.setToolTip("The reference, which the others and the mouse are compared with" if on else "Reference")
        button.clicked.connect(lambda: self.referred.emit(number))
        return button

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)


def _fixed(text: str) -> QLabel:
    """Numbers that stand below each other, to be copied."""
    made = QLabel(text)
    made.setFont(theme.fixed_font())
    made.setFixedHeight(18)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
