"""What the script editor remembers: its text and what was run, newest last, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

KEPT = 50
FILE = "script_editor.json"


@dataclass(frozen=True)
class Ran:
    """A text that was run. when : `2026-11-25 17:04`. mark : `done`, `failed` or `stopped`."""

    text: str
    when: str
    mark: str = "done"

    @property
    def title(self) -> str:
        """Its first line that says something."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        first = next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")
        return first if len(first) <= 60 else f"{first[:57]}…"


@dataclass(frozen=True)
class Memory:
    """The text in the editor, and the runs."""

    text: str = ""
    runs: tuple[Ran, ...] = ()

    def with_run(self, ran: Ran) -> "Memory":
        """With a run at the end; one with the same text just before gives way to it."""
        runs = self.runs[:-1] if self.runs and self.runs[-1].text == ran.text else self.runs
        return replace(self, runs=(*runs, ran)[-KEPT:])

    def to_data(self) -> dict[str, Any]:
        return {"text": self.text, "runs": [[ran.text, ran.when, ran.mark] for ran in self.runs]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Memory":
        """Read plain data; what is malformed is left out."""
        text, given = data.get("text"), data.get("runs")
        runs = [
            Ran(*entry)
            for entry in (given if isinstance(given, list) else ())
            if isinstance(entry, list) and len(entry) == 3 and all(isinstance(part, str) for part in entry)
        ]
        return cls(text if isinstance(text, str) else "", tuple(runs[-KEPT:]))
