"""The pinned samples below the viewport, a row each. Rows stay while values come and go, as when a shot plays."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..widgets import flat_button, label_of, to_edge
from .infobar import METER_TIP, colored
from .samples import Values
from .sampling import Samples

LINES = 5
"""Of samples that are seen at once, an area and a pixel; the others are scrolled to. There is room for them from the
first sample on, so that the picture stays where it is while more are pinned.
"""
_NAMES = ("mean", "median", "minimum", "maximum")
"""Of the lines of an area; a pixel has the first alone."""
_HEIGHT = 18


class SampleList(QWidget):
    """The samples; hidden while there are none. removed, referred : number of a sample, which goes or is the reference
    now. cleared : all go.
    """

    removed = Signal(int)
    referred = Signal(int)
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._rows: dict[int, _Row] = {}
        self._space = label_of("dim")
        copy = flat_button("Copy all values to the clipboard", text="Copy")
        copy.clicked.connect(self._copy)
        clear = flat_button("Take all samples away", text="Clear")
        clear.clicked.connect(self.cleared)
        head = QHBoxLayout()
        head.addWidget(QLabel("Samples"))
        head.addWidget(self._space)
        head.addStretch(1)
        head.addWidget(copy)
        head.addWidget(clear)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(3 * theme.SPACE)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(6, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2 * theme.SPACE, 2, 2 * theme.SPACE, theme.SPACE)
        outer.setSpacing(2)
        outer.addLayout(head)
        inner = QWidget()
        column = to_edge(QVBoxLayout(inner))
        column.addLayout(self._grid)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFixedHeight(LINES * _HEIGHT)
        bar = self._scroll.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high: bar.setValue(high))  # to the sample that was pinned last
        outer.addWidget(self._scroll)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_samples(self, samples: Samples) -> None:
        """Show samples and what is there."""
        self._text = samples.text()
        found = [v for v in samples.values.values() if v is not None]
        spaces = {v.space + (f", at scale {v.scale:g}" if v.scale != 1 else "") for v in found}
        self._space.setText("; ".join(sorted(spaces)))
        numbers = [sample.number for sample in samples.samples]
        for gone in self._rows.keys() - set(numbers):
            self._rows.pop(gone).drop()
        for number in numbers:
            if number not in self._rows:
                self._rows[number] = _Row(number, self._grid, self.referred.emit, self.removed.emit)
            self._rows[number].show(samples.values.get(number), samples.compared(number), number == samples.reference)
        self.setVisible(bool(numbers))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)


class _Row:
    """A sample in a grid, where its number tells its place."""

    def __init__(
        self, number: int, grid: QGridLayout, refer: Callable[[int], object], remove: Callable[[int], object]
    ) -> None:
        self._grid, self._first = grid, number * len(_NAMES)
        self._reference = flat_button("Reference", text=f"{number}")
        self._reference.setFont(theme.font("body", bold=True))
        self._reference.setCheckable(True)
        self._reference.setFixedHeight(_HEIGHT)
        self._reference.clicked.connect(lambda: refer(number))
        gone = flat_button(f"Take sample {number} away", "close", ink="text.dim")
        gone.setIconSize(QSize(10, 10))
        gone.setFixedSize(_HEIGHT, _HEIGHT)
        gone.clicked.connect(lambda: remove(number))
        self._where = QLabel()
        self._all: list[QWidget] = []
        for column, widget in enumerate((self._reference, gone, self._where)):
            self._put(widget, 0, column)
        self._shown: list[tuple[QLabel, QLabel, QLabel]] = []
        self._line()

    def show(self, found: Values | None, compared: float | None, is_reference: bool) -> None:
        """Show what is there. compared : the luminance of the reference, None for itself."""
        tip = "The reference, which the others and the mouse are compared with" if is_reference else "Reference"
        self._reference.setToolTip(tip)
        self._reference.setChecked(is_reference)
        if found is None:
            self._where.setText("outside the picture")
        else:
            self._where.setText(found.where + (f", {found.bad} not finite" if found.bad else ""))
        names = () if found is None else _NAMES[:1] if found.count == 1 else _NAMES
        while len(self._shown) < len(names):
            self._line()
        for i, (title, values, meter) in enumerate(self._shown):
            for label in (title, values, meter):
                label.setVisible(i < len(names))
            if found is not None and i < len(names):
                title.setText(names[i] if found.count > 1 else "")
                values.setText(colored(found.channels, getattr(found, names[i])))
                meter.setText(found.meter(names[i], compared if i == 0 else None))

    def drop(self) -> None:
        """Take it out of the grid."""
        for widget in self._all:
            widget.hide()
            self._grid.removeWidget(widget)
            widget.deleteLater()

    def _line(self) -> None:
        line = len(self._shown)
        made = label_of("dim"), _fixed(), _fixed()
        made[2].setToolTip(METER_TIP)
        for column, label in enumerate(made, 3):
            self._put(label, line, column)
        self._shown.append(made)

    def _put(self, widget: QWidget, line: int, column: int) -> None:
        self._grid.addWidget(widget, self._first + line, column)
        self._all.append(widget)


def _fixed() -> QLabel:
    """For numbers that stand below each other, to be copied."""
    made = QLabel()
    made.setFont(theme.fixed_font())
    made.setFixedHeight(_HEIGHT)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
