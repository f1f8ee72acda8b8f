"""A panel that lists what is still to do in a script: the nodes whose note begins with `todo`."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout

from rimlight.app import Desktop, Panel, PanelDeclaration

_PATH = Qt.ItemDataRole.UserRole


class TodoPanel(Panel):
    """A line for each of them, in the order of the script; a click selects the node and brings it into view."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.list = QListWidget()
        self.list.itemClicked.connect(self._go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.workspace.document_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        """After every edit, of whatever panel: the script is the only place where anything is kept."""
        self.list.clear()
        for path, node in self.workspace.graph.walk():
            note = str(node.values.get("note", ""))
            if note.lower().startswith("todo"):
                item = QListWidgetItem(f"{path}: {note[4:].lstrip(': ') or 'something'}")
                item.setData(_PATH, path)
                self.list.addItem(item)

    def _go(self, item: QListWidgetItem) -> None:
        path = item.data(_PATH)
        self.workspace.select([path])
        self.workspace.reveal_requested.emit(path)


PANEL = PanelDeclaration("todo", "Todo", TodoPanel, area="right")
