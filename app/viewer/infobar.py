"""Below the viewport: the format, how good the picture is, what is under the mouse, and the pinned samples."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
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
from .samples import Sample, Values

_INKS = {"R": "channel.red", "G": "channel.green", "B": "channel.blue", "A": "channel.alpha",
         "X": "axis.x", "Y": "axis.y", "Z": "axis.z"}  # fmt: skip


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
            painter = QPainter(self)
            painter.fillRect(self.rect(), self._color)
            painter.setPen(theme.color("line.strong"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class InfoBar(QWidget):
    """One line: the picture at the left, the pixel under the mouse at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.picture = QLabel()
        self.picture.setProperty("role", "dim")
        self.note = QLabel()
        self.note.setProperty("role", "dim")
        self.pixel = QLabel()
        self.pixel.setFont(theme.fixed_font())
        self.pixel.setTextFormat(Qt.TextFormat.RichText)
        self.swatch = Swatch()
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.SPACE, 2, 2 * theme.SPACE, 2)
        row.setSpacing(3 * theme.SPACE)
        row.addWidget(self.picture)
        row.addWidget(self.note)
        row.addStretch(1)
        row.addWidget(self.pixel)
        row.addWidget(self.swatch)
        self.setFixedHeight(theme.ROW)

    def show_picture(self, text: str, note: str) -> None:
        self.picture.setText(text)
        self.note.setText(note)

    def show_pixel(self, where: str, channels: Sequence[str], values: Sequence[float], color: QColor | None) -> None:
        """The pixel under the mouse; nothing with an empty `where`."""
        self.pixel.setText(f"{where.replace(' ', '&nbsp;')}&nbsp;&nbsp;{colored(channels, values)}" if where else "")
        self.swatch.show_color(color)


class SampleList(QWidget):
    """The pinned samples, a row each; hidden while there are none. removed : number of a sample. cleared : all go."""

    removed = Signal(int)
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

    def show_samples(self, samples: Sequence[Sample], values: dict[int, Values | None], text: str) -> None:
        """Show samples and what is there; text : for the clipboard."""
        self._text = text
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        line = 0
        found = [v for v in values.values() if v is not None]
        spaces = {v.space + (f", at scale {v.scale:g}" if v.scale != 1 else "") for v in found}
        self._space.setText("; ".join(sorted(spaces)))
        for sample in samples:
            line = self._add(sample, values.get(sample.number), line)
        self._grid.setColumnStretch(3, 1)
        self._scroll.setFixedHeight(min(line, LINES) * 18 + 2)
        self.setVisible(bool(samples))

    def _add(self, sample: Sample, found: Values | None, line: int) -> int:
        number_label = QLabel(f"{sample.number}")
        number_label.setFont(theme.font("body", bold=True))
        self._grid.addWidget(number_label, line, 0)
        remove = QToolButton()
        remove.setIcon(theme.icon("close", "text.dim"))
        remove.setAutoRaise(True)
        remove.setIconSize(QSize(10, 10))
        remove.setFixedSize(18, 18)
        remove.setToolTip(f"Take sample {sample.number} away")
        remove.clicked.connect(lambda _=False, n=sample.number: self.removed.emit(n))
        self._grid.addWidget(remove, line, 4)
        if found is None:
            self._grid.addWidget(QLabel("outside the picture"), line, 1)
            return line + 1
        where = found.where + (f", {found.bad} not finite" if found.bad else "")
        self._grid.addWidget(QLabel(where), line, 1)
        names = ("mean",) if found.count == 1 else ("mean", "median", "minimum", "maximum")
        for name in names:
            if found.count > 1:
                label = QLabel(name)
                label.setProperty("role", "dim")
                self._grid.addWidget(label, line, 2)
            values = QLabel(colored(found.channels, getattr(found, name)))
            values.setFont(theme.fixed_font())
            values.setFixedHeight(18)
            values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(values, line, 3)
            line += 1
        return line

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
