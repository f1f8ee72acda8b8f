"""What became of the nodes of another program, to be read after its script was opened or its nodes were pasted."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from rimlight.engine import ImportLine, ImportReport

from . import theme
from .widgets import resize_window
from .workspace import Workspace

_PATH = Qt.ItemDataRole.UserRole
_SIZE = (720, 420)
_MARKS = {"unknown": "error", "approximated": "warning"}


class ImportDialog(QDialog):
    """The nodes that are not the same here, what has no counterpart first. A click or Enter leads to the node."""

    def __init__(self, report: ImportReport, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Imported from Nuke")
        resize_window(self, _SIZE)
        self.summary = QLabel(f"{report.summary()}.")
        self.list = QListWidget()
        self.list.setWordWrap(True)
        for sentence in report.general:
            self.list.addItem(QListWidgetItem(theme.icon("warning", "warning"), sentence))
        for fate in _MARKS:
            for line in report.lines:
                if line.fate == fate:
                    self.list.addItem(_item(line))
        self.list.itemActivated.connect(self._lead)
        self.list.itemClicked.connect(self._lead)
        layout = QVBoxLayout(self)
        layout.addWidget(self.summary)
        layout.addWidget(self.list)

    def _lead(self, item: QListWidgetItem) -> None:
        if path := item.data(_PATH):
            self._workspace.reveal(path)


def _item(line: ImportLine) -> QListWidgetItem:
    mark = _MARKS[line.fate]
    what = "no counterpart" if line.fate == "unknown" else f"as {line.label}"
    text = f"{line.path}: {line.cls}, {what}. {_sentence('; '.join(line.notes))}"
    item = QListWidgetItem(theme.icon(mark, mark), text)
    item.setData(_PATH, line.path)
    item.setToolTip("Go to the node")
    return item


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def show_report(report: ImportReport, workspace: Workspace, parent: QWidget) -> None:
    """Show a report, unless every node is the same here: then its summary is told in the status bar."""
    if report.warnings():
        ImportDialog(report, workspace, parent).show()
    workspace.tell(report.summary())
