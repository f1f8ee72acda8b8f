"""What a training says of itself: losses into log.csv, and how far it is on standard error."""

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class RunLog:
    """The mean losses of every few steps, a row of `log.csv` each, and a line for who waits, twice a minute at most.

    every : steps to a row. minutes : that the run takes in all. Rows are appended to a log that is there; one of other
    losses is put aside first, as `log-until-STEP.csv`. Standard output is left to the result.
    """

    _PAUSE = 0.5

    def __init__(self, path: Path, every: int, minutes: float) -> None:
        self._path = path
        self._every = every
        self._of = minutes
        self._sums: dict[str, float] = {}
        self._counted = 0
        self._told: tuple[int, float] | None = None

    def add(self, step: int, minutes: float, losses: Mapping[str, float]) -> None:
        """The losses of one more step, `total` among them. minutes : spent by now, also before the run was resumed."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._counted += 1
        self._told = self._told or (step, minutes)
        if step % self._every == 0:
            self.write(step, minutes)

    def write(self, step: int, minutes: float) -> None:
        """The row of the steps since the last one, if there are any: at the end there may be fewer than `every`."""
        if not self._counted:
            return
        means = {name: value / self._counted for name, value in self._sums.items()}
        self._sums, self._counted = {}, 0
        self._append({"step": step, "minutes": round(minutes, 3)} | {k: round(v, 6) for k, v in means.items()}, step)
        before, then = self._told or (step, minutes)
        if minutes - then >= self._PAUSE:
            pace = (step - before) / (minutes - then)
            said = f"step {step}, minute {minutes:.1f} of {self._of:g}: loss {means['total']:.3f}"
            print(f"{said}, {pace:.0f} steps a minute", file=sys.stderr, flush=True)
            self._told = step, minutes

    def _append(self, row: Mapping[str, Any], step: int) -> None:
        path = self._path
        if path.exists() and path.read_text(encoding="utf-8").partition("\n")[0].strip() != ",".join(row):
            path.rename(path.with_name(f"log-until-{step}.csv"))
        fresh = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if fresh:
                writer.writeheader()
            writer.writerow(row)
