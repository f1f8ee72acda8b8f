"""What the window asks when an autosave holds more than the script: what it holds, and what becomes of it."""

import time

from PySide6.QtWidgets import QWidget

from .dialogs import LinesDialog
from .messagebar import Choice, MessageBars
from .scriptfiles import Offer, ScriptFiles

RECOVERY = "recovery"
"""The topic of its bar."""


def offer_recovery(files: ScriptFiles, bars: MessageBars, parent: QWidget, offer: Offer) -> None:
    """Ask in a bar. Esc leaves the autosave where it is, to be offered again."""

    def show_all() -> None:
        heading = f"{_counted(offer)}, autosaved {_when(offer)}"
        LinesDialog("What the autosave has otherwise", heading, offer.differences, parent).show()

    known = "An autosave of this script holds more than the file" if files.path else "A script was never saved"
    bars.ask(
        RECOVERY,
        f"{known}, from {_when(offer)}: {_counted(offer)}, for example: {offer.differences[0]}",
        Choice("Recover", lambda: files.recover(offer), primary=True),
        Choice("Show all", show_all, stays=True),
        Choice("Discard it", lambda: files.discard(offer)),
        Choice("Later"),
    )


def _when(offer: Offer) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(offer.recovery.time))


def _counted(offer: Offer) -> str:
    count = len(offer.differences)
    return "1 difference" if count == 1 else f"{count} differences"
