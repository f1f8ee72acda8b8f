"""Fields that offer something: a list to choose from, or a text with suggestions behind a button."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from .. import theme


class ChoiceField(QWidget):
    """One of a few texts. chosen : another one.

    Up and down go to the neighbour, a letter to the next one that begins with it, space and Enter open the list.
    """

    chosen = Signal(str)
    component: int | None = None

    def __init__(self, choices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choices = tuple(choices)
        self.text = ""
        self.modified = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(220)

    def sizeHint(self) -> QSize:
        return QSize(120, theme.ROW - 2)

    def show_text(self, text: str, modified: bool) -> None:
        if (text, modified) != (self.text, self.modified):
            self.text, self.modified = text, modified
            self.update()

    def open_list(self) -> None:
        """Show the list."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setMinimumWidth(self.width())
        for choice in self.choices:
            action = menu.addAction(choice or "(none)")
            action.setCheckable(True)
            action.setChecked(choice == self.text)
            if choice == self.text:
                menu.setActiveAction(action)
            action.setData(choice)
        menu.triggered.connect(self._triggered)
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _triggered(self, action: object) -> None:
        self.chosen.emit(action.data())  # type: ignore[attr-defined]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.open_list()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _own(event):
            event.accept()  # the beginning of a choice, or the list, not the key of a command
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, text = event.key(), event.text().lower()
        if key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4):
            self.open_list()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.choices:
            at = self.choices.index(self.text) if self.text in self.choices else 0
            at = min(max(at + (1 if key == Qt.Key.Key_Down else -1), 0), len(self.choices) - 1)
            self.chosen.emit(self.choices[at])
        elif _letter(event):
            begin = [c for c in self.choices if c.lower().startswith(text)]
            if begin:
                after = begin.index(self.text) + 1 if self.text in begin else 0
                self.chosen.emit(begin[after % len(begin)])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = "accent" if self.hasFocus() else "line.strong" if self.underMouse() else "line"
            painter.setPen(theme.color(edge))
            painter.setBrush(theme.color("surface.raised"))
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS - 1, theme.RADIUS - 1
            )
            painter.setPen(theme.color("text.strong" if self.modified else "text"))
            box = QRectF(self.rect()).adjusted(7, 0, -18, 0)
            text = painter.fontMetrics().elidedText(
                self.text or "(none)", Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            draw_chevron(painter, self.width() - 11.0, self.height() / 2)


def _letter(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return plain and event.text().isalnum()


def _own(event: QKeyEvent) -> bool:
    return _letter(event) or event.key() == Qt.Key.Key_Space


def draw_chevron(painter: QPainter, x: float, y: float) -> None:
    """A small arrow downwards, centred at a point."""
    painter.setPen(QPen(theme.color("text.dim"), 1.4))
    at = QPointF(x, y)
    painter.drawPolyline(QPolygonF([at + QPointF(-4, -2), at + QPointF(0, 2), at + QPointF(4, -2)]))
