"""Showing how a render goes: bars on a terminal, plain lines in a log."""

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from ..errors import one_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from ..evaluate.events import NodeEvent
    from ..render.report import FrameResult, Report
    from ..wedge.report import Tile


_EVERY = 10.0
"""Seconds between two lines of a look at many frames in a log."""


class _Bar:
    """A bar on a terminal, where one is wanted; nothing elsewhere. A context manager."""

    def __init__(self, what: str, total: int, wanted: bool) -> None:
        self._bars = _bars() if wanted and _on_terminal() else None
        self._task = self._bars.add_task(what, total=total) if self._bars is not None else None
        self._total = total
        self._count = 0

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bars is not None:
            with suppress(OSError):  # the terminal may be gone
                self._bars.stop()

    def _advance(self) -> None:
        self._count += 1
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=self._count)

    def _say(self, line: str) -> None:
        """A line above the bar, or with how far it is in a log."""
        line = one_line(line)
        with suppress(OSError):  # a log that takes no more, as on a full disk, stops no work
            if self._bars is not None:
                self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
            else:
                print(f"[{self._count}/{self._total}] {line}", file=sys.stderr, flush=True)


class Looking(_Bar):
    """How far a look at all frames has come: a bar on a terminal, a line every ten seconds elsewhere, nothing when
    quiet. Called with each frame.
    """

    def __init__(self, what: str, total: int, quiet: bool) -> None:
        super().__init__(what, total, not quiet)
        self._what = what
        self._last = time.monotonic()
        self._quiet = quiet

    def __call__(self, frame: int) -> None:
        self._advance()
        if self._bars is not None:
            return
        now = time.monotonic()
        if not self._quiet and now - self._last >= _EVERY:
            self._last = now
            with suppress(OSError):  # a log that takes no more
                line = f"{self._what}: frame {frame}, {self._count} of {self._total}"
                print(line, file=sys.stderr, flush=True)


class Progress(_Bar):
    """A bar of frames and the node at work on a terminal; one line a frame elsewhere.

    Warnings of a kind are told once as they come, and at the end with the other frames that have them.

    quiet : only what fails, and warnings. silent : nothing at all.
    """

    def __init__(self, total: int, silent: bool = False, quiet: bool = False) -> None:
        from ..render.sentences import Repeats  # which loads torch, and commands are listed without

        super().__init__("rendering", total, not (silent or quiet))
        self._silent = silent
        self._quiet = quiet
        self._warned = Repeats()

    def __exit__(self, *failure: object) -> None:
        super().__exit__(*failure)
        for line in () if self._silent else self._warned.again():
            with suppress(OSError):
                print(f"warning: {one_line(line)}", file=sys.stderr, flush=True)

    def node(self, event: "NodeEvent") -> None:
        """A node started, moved or finished."""
        if self._bars is not None and self._task is not None and event.state == "start":
            self._bars.update(self._task, description=f"frame {event.frame:.12g}  {event.path}")

    def frame(self, result: "FrameResult") -> None:
        """A frame is written or has failed."""
        self._advance()
        for line in () if self._silent else self._lines(result):
            self._say(line)

    def _lines(self, result: "FrameResult") -> list[str]:
        name = f"{result.node} frame {result.frame:.12g}"
        took = "is there" if result.skipped else f"{result.seconds:.2f} s"
        lines = [f"{name}: {result.path} ({took})"] if result.ok and not self._quiet else []
        lines += [] if result.ok else [f"FAILED {result.error}"]
        warned = self._warned.first(result.node, round(result.frame), result.warnings)
        return lines + [f"{name}: warning: {w}" if self._quiet else f"  warning: {w}" for w in warned]

    def summary(self, report: "Report") -> None:
        """What was written and how long each node took."""
        if self._silent or self._quiet:
            return
        frames = max(1, len({r.frame for r in report.results}))
        width = max(map(len, report.node_seconds), default=4)
        print(f"{'node':{width}}  ms per frame")
        for path, seconds in sorted(report.node_seconds.items(), key=lambda item: -item[1]):
            print(f"{path:{width}}  {1000 * seconds / frames:12.1f}")
        there = len(report.skipped)
        written = len(report.results) - len(report.failed) - there
        more = f", {there} were there" if there else ""
        print(f"{written} of {len(report.results)} written in {report.seconds:.2f} s{more}")
        for result in report.failed:
            print(f"failed: {result.error}")


class Tiles(_Bar):
    """How far a wedge has come: a bar on a terminal, a line for each tile. Called with each tile.

    Each warning is told once. quiet : only what fails, and warnings. silent : nothing at all.
    """

    def __init__(self, total: int, silent: bool = False, quiet: bool = False) -> None:
        super().__init__("wedge", total, not (silent or quiet))
        self._silent = silent
        self._quiet = quiet
        self._warned: set[str] = set()

    def __call__(self, tile: "Tile") -> None:
        self._advance()
        if self._silent:
            return
        if tile.error:
            self._say(f"FAILED {tile.told}: {tile.error}")
        elif not self._quiet:
            self._say(f"{tile.told} ({tile.seconds:.2f} s)")
        for sentence in tile.warnings:
            if sentence not in self._warned:
                self._warned.add(sentence)
                self._say(f"  warning: {sentence}")


def _on_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def _bars() -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Bars(*columns, console=Console(stderr=True), transient=True)
