"""What an evaluation has measured until now, in a file that the next run of it goes on from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

from rimlight.engine import FileError, listing, write_safely

MEASURED = "measured.json"
"""The file in the folder of a report, until the report is there."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Kept:
    """Findings by name, each measured once, and written at once where there is a path.

    inputs : what they depend on, by what a sentence calls it. found : of JSON's types.
    """

    path: Path | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, inputs: Mapping[str, str], say: Callable[[str], None]) -> Self:
        """What an earlier run has left; nothing, and a sentence said, where that cannot be read or has other inputs."""
        if not path.exists():
            return cls(path, inputs)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            had, found = dict(values["inputs"]), dict(values["found"])
        except (OSError, ValueError, TypeError, LookupError):
            say(f"{path} is no whole file of what was measured: the evaluation begins anew")
            return cls(path, inputs)
        other = [name for name in inputs if had.get(name) != inputs[name]]
        if other:
            say(f"{path} was measured with other {listing(other)}: the evaluation begins anew")
            return cls(path, inputs)
        say(f"the evaluation goes on from {path}")
        return cls(path, inputs, found)

    def once(self, name: str, measure: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `measure` finds, or found when this was asked before. Raises FileError where it cannot be written."""
        if name not in self.found:
            self.found[name] = measure(*args, **kwargs)
            self._write()
        known: T = self.found[name]
        return known

    def remove(self) -> None:
        """Remove the file: all that was measured is in the report."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        if self.path is None:
            return
        try:
            write_safely(self.path, json.dumps({"inputs": dict(self.inputs), "found": self.found}).encode())
        except OSError as error:
            raise FileError(f"{self.path} could not be written: {error.strerror or error}") from None
