"""Standard output of a command: text, or one JSON document and nothing else."""

import json
import math
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

from .stopping import stopped_at_start

PROBLEMS = 1
"""Exit code of a command that found some."""
SOME_FAILED = 3
"""Exit code of a command that did all but some of its work, and lists these."""

_UNDER_WAY: list["Output"] = []
"""Those of commands that print a document; one command has one."""


class Output:
    """With `--json`, prints `data` when the command ends, with `error` added when it fails; a context manager.

    Meanwhile what anything else prints, such as a plugin, goes to standard error. Without `--json` it does nothing.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.data: Any = {}
        self._stdout: TextIO = sys.stdout

    def __enter__(self) -> "Output":
        if self.as_json:
            self._stdout, sys.stdout = sys.stdout, sys.stderr
            _UNDER_WAY.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.as_json:
            return
        sys.stdout = self._stdout
        _UNDER_WAY.remove(self)
        if error is not None and not hasattr(error, "exit_code"):  # a typer.Exit is no failure
            self._failed("stopped" if stopped_at_start() else str(error) or "stopped")
        self._print()

    def _failed(self, sentence: str) -> None:
        known = self.data if isinstance(self.data, dict) else {}
        self.data = known | {"error": sentence}

    def _print(self) -> None:
        print(json.dumps(_plain(self.data), indent=2, allow_nan=False), file=self._stdout, flush=True)


def fail_now(sentence: str) -> None:
    """Print the document of the command that is under way, if it has one, with an error: its process is to end here."""
    for output in _UNDER_WAY:
        output._failed(sentence)
        output._print()


def _plain(value: Any) -> Any:
    """What JSON can hold; everything else as text."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
