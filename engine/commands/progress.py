"""Showing how a render goes: bars on a terminal, plain lines in a log."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from ..evaluate.run import NodeEvent
from ..render import FrameResult, Report


class Progress:
    """A bar of frames and the node at work on a terminal; one line a frame elsewhere; nothing when quiet."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._quiet = quiet
        self._total = total
        self._count = 0
        self._begin = time.perf_counter()
        self._bars: Bars | None = None
        self._task = TaskID(0)
        if self._console.is_terminal and not quiet:
            self._bars = Bars(
                TextColumn("{task.description}", table_column=None), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), console=self._console, transient=True,
            )  # fmt: skip
            self._task = self._bars.add_task("rendering", total=total)

    def __enter__(self) -> "Progress":
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def node(self, event: NodeEvent) -> None:
        """A node started, moved or finished."""
        if self._bars is not None and event.state == "start":
            self._bars.update(self._task, description=f"frame {event.frame:g}  {event.path}")

    def frame(self, result: FrameResult) -> None:
        """A frame is written or has failed."""
        self._count += 1
        if self._bars is not None:
            self._bars.update(self._task, completed=self._count)
        if self._quiet:
            return
        text = f"{result.node} frame {result.frame:g}: "
        text += f"{result.path} ({result.seconds:.2f} s)" if result.ok else f"FAILED {result.error}"
        for line in (text, *(f"  warning: {w}" for w in result.warnings)):
            if self._bars is not None:
                self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
            else:
                print(f"[{self._count}/{self._total}] {line}", file=sys.stderr, flush=True)

    def summary(self, report: Report) -> None:
        """What was written and how long each node took."""
        table = Table(title=None, box=None, pad_edge=False)
        table.add_column("node")
        table.add_column("ms per frame", justify="right")
        frames = max(1, len({r.frame for r in report.results}))
        for path, seconds in sorted(report.node_seconds.items(), key=lambda item: -item[1]):
            table.add_row(path, f"{1000 * seconds / frames:.1f}")
        out = Console()
        out.print(table)
        written = len(report.results) - len(report.failed)
        out.print(f"{written} of {len(report.results)} written in {report.seconds:.2f} s", highlight=False)
        for result in report.failed:
            out.print(f"failed: {result.error}", markup=False, highlight=False, soft_wrap=True)
