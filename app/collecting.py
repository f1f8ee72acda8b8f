"""Garbage collection in the GUI thread only, between two events.

Python collects in whichever thread makes the object too many. In a window that may be one that evaluates, and a widget
whose last reference lies in a circle would be taken apart there, which Qt does not bear. `rimlight` starts with the
collector off, so here it is run by hand, as often as Python would or less.
"""

import gc

from PySide6.QtCore import QAbstractEventDispatcher, QObject

YOUNG = 2000
"""New objects after which those that are young are looked at, which takes a millisecond or two."""
FULL = 30
"""Passes over young objects after which all are looked at that were made since the start."""


class Collector(QObject):
    """Collects while the event loop has nothing to do, for as long as it lives; nothing polls.

    What is there when it is made, modules and the window, is never looked at again: a pass over these quarter of a
    million objects would hold up the window for a tenth of a second or two each time.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        QAbstractEventDispatcher.instance().aboutToBlock.connect(self._collect)

    def _collect(self) -> None:
        young, _, passes = gc.get_count()
        if passes >= FULL:
            gc.collect()
        elif young >= YOUNG:
            gc.collect(1)
