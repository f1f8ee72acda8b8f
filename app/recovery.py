"""What the window asks when an autosave holds more than the script: what it holds, and what becomes of it."""

import time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QVBoxLayout, QWidget

from .messagebar import Choice, MessageBars
from .scriptfiles import Offer, ScriptFiles

RECOVERY = "recovery"
"""The topic of its bar."""
_SIZE = (720, 420)


class DifferencesDialog(QDialog):
    """All that an autosave has otherwise than its script, a line each."""

    def __init__(self, offer: Offer, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What the autosave has otherwise")
        self.resize(*_SIZE)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.addItems(offer.differences)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(f"{_counted(offer)}, autosaved {_when(offer)}"))
        layout.addWidget(self.list)


def offer_recovery(files: ScriptFiles, bars: MessageBars, parent: QWidget, offer: Offer) -> None:
    """Ask in a bar. Esc leaves the autosave where it is, to be offered again."""
    known = "An autosave of this script holds more than the file" if files.path else "A script was never saved"
    bars.ask(
        RECOVERY,
        f"{known}, from {_when(offer)}: {_counted(offer)}, for example: {offer.differences[0]}",
        Choice("Recover", lambda: files.recover(offer), primary=True),
        Choice("Show all", lambda: DifferencesDialog(offer, parent).show(), stays=True),
        Choice("Discard it", lambda: files.discard(offer)),
        Choice("Later"),
    )


def _when(offer: Offer) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(offer.recovery.time))


def _counted(offer: Offer) -> str:
    count = len(offer.differences)
    return "1 difference" if count == 1 else f"{count} differences"
