"""The list of undo steps; a click goes to a step."""

from PySide6.QtWidgets import QListWidget, QVBoxLayout

from . import theme
from .panels import Desktop, Panel, PanelDeclaration


class HistoryPanel(Panel):
    """All steps, oldest first, the undone ones dimmed; the current one is selected."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.list = QListWidget()
        self.list.itemClicked.connect(lambda item: self._go(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: self._go(self.list.row(item)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.setFocusProxy(self.list)
        self._labels: list[str] = []
        self.workspace.history_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        history = self.workspace.session.history
        labels = ["Opened", *history.labels]
        if labels != self._labels:
            same = next((i for i, pair in enumerate(zip(labels, self._labels, strict=False)) if len({*pair}) > 1), None)
            same = min(len(labels), len(self._labels)) if same is None else same
            while self.list.count() > same:
                self.list.takeItem(self.list.count() - 1)
            self.list.addItems(labels[same:])
            self._labels = labels
        for line in range(self.list.count()):
            done = line <= history.position
            self.list.item(line).setForeground(theme.color("text" if done else "text.disabled"))
        self.list.setCurrentRow(history.position)
        self.list.scrollToItem(self.list.item(history.position))

    def _go(self, position: int) -> None:
        self.workspace.session.history.go(position)


PANEL = PanelDeclaration("history", "History", HistoryPanel, area="right")
