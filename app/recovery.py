"""What the window asks when an autosave holds more than the script: what it holds, and what becomes of it.

All such autosaves, also of scripts without a file, are in a list.
"""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from .dialogs import LINES_SIZE, LinesDialog
from .messagebar import Choice, MessageBars
from .scriptfiles import Offer, ScriptFiles
from .widgets import resize_window

RECOVERY = "recovery"
"""The topic of its bar."""


def offer_recovery(files: ScriptFiles, bars: MessageBars, parent: QWidget, offer: Offer) -> None:
    """Ask in a bar. Esc leaves the autosave where it is, to be offered again."""

    def show_all() -> None:
        heading = f"{_counted(offer)}, autosaved {_when(offer)}"
        LinesDialog("What the autosave has otherwise", heading, offer.differences, parent).show()

    known = (
        "An autosave of this script holds more than the file"
        if files.path
        else "An autosave of a script without a name"
    )
    bars.ask(
        RECOVERY,
        f"{known}, from {_when(offer)}: {_counted(offer)}, for example: {offer.differences[0]}",
        Choice("Recover", lambda: files.recover(offer), primary=True),
        Choice("Show all", show_all, stays=True),
        Choice("Discard it", lambda: files.discard(offer)),
        Choice("Later"),
    )


def sentence_of(offer: Offer) -> str:
    """When an autosave was written, how large its script is, and what became of the file."""
    script, count = offer.recovery.script, sum(1 for _ in offer.loaded.document.graph.walk())
    name = script.name if script is not None else "A script without a name"
    held = f"{count} node{'s' if count != 1 else ''}, autosaved {_when(offer)}"
    if script is None:
        return f"{name}: {held}; never saved"
    if offer.recovery.lost:
        return f"{name}: {held}; no script can be read any more at {script.parent}"
    return f"{name}: {held}, {_counted(offer)} to the file in {script.parent}"


class RecoverDialog(QDialog):
    """Autosaves that hold more than their scripts, to be taken or thrown away. It blocks nothing.

    recover, discard : what is done with the one that is chosen.
    """

    def __init__(
        self, offers: Sequence[Offer], recover: Callable[[Offer], object], discard: Callable[[Offer], object],
        parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._offers = list(offers)
        self._recover, self._discard = recover, discard
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Recover")
        resize_window(self, LINES_SIZE)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for offer in offers:
            item = QListWidgetItem(sentence_of(offer), self.list)
            item.setToolTip("\n".join(offer.differences[:12]))
        self.list.setCurrentRow(0)
        self.list.itemActivated.connect(self._take)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        take = buttons.addButton("Recover", QDialogButtonBox.ButtonRole.ActionRole)
        take.setProperty("primary", True)
        take.setDefault(True)
        drop = buttons.addButton("Discard it", QDialogButtonBox.ButtonRole.ActionRole)
        take.clicked.connect(self._take)
        drop.clicked.connect(self._drop)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("Autosaves that hold more than their scripts"))
        layout.addWidget(self.list)
        layout.addWidget(buttons)

    def _take(self, *_: object) -> None:
        offer = self._offers[self.list.currentRow()]
        self.close()
        self._recover(offer)

    def _drop(self) -> None:
        row = self.list.currentRow()
        self._discard(self._offers.pop(row))
        self.list.takeItem(row)
        if not self._offers:
            self.close()


def _when(offer: Offer) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(offer.recovery.time))


def _counted(offer: Offer) -> str:
    count = len(offer.differences)
    return "1 difference" if count == 1 else f"{count} differences"
