"""What became of the nodes of a Nuke script: a line each, for people to read."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Fate = Literal["mapped", "approximated", "unknown"]


@dataclass(frozen=True)
class ImportLine:
    """What became of one node. path : where it is now; cls : its class in Nuke; label : what it is here.

    notes : what differs: knobs that have no counterpart, expressions that could not be kept.
    """

    path: str
    cls: str
    label: str
    fate: Fate
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = "no counterpart" if self.fate == "unknown" else self.label
        notes = f": {'; '.join(self.notes)}" if self.notes else ""
        return f"{self.fate:12} {self.path} ({self.cls} -> {what}){notes}"


@dataclass(frozen=True)
class ImportReport:
    """Of a whole script. general : sentences on the script itself."""

    lines: tuple[ImportLine, ...] = ()
    general: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        """How many nodes became what they were, something like it, or a Foreign node."""
        return Counter(line.fate for line in self.lines)[fate]

    def summary(self) -> str:
        """`12 nodes of Nuke: 10 mapped, 1 approximated, 1 unknown`."""
        fates: tuple[Fate, ...] = ("mapped", "approximated", "unknown")
        found = ", ".join(f"{self.count(fate)} {fate}" for fate in fates)
        return f"{len(self.lines)} nodes of Nuke: {found}"

    def warnings(self) -> tuple[str, ...]:
        """What somebody should know: all but the nodes that were mapped without a rest."""
        return (*self.general, *(str(line) for line in self.lines if line.notes or line.fate != "mapped"))
