"""`rimlight measure`: the numbers that nodes tell of their pictures, frame by frame."""

import csv
import io
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    ArgumentError,
    AsJson,
    Device,
    Frames,
    Proxy,
    Script,
    Tier_,
    Values,
    apply_settings,
    node_paths,
    open_session,
    read_frames,
    read_tier,
)
from .output import Output
from .stopping import stoppable

if TYPE_CHECKING:
    from ..nodebase import Node
    from ..session import Session

Row = dict[str, float | None]


def measure(
    script: Script,
    nodes: Annotated[
        list[str] | None, typer.Option("--nodes", "-n", metavar="A,B", help="Nodes, default all that measure.")
    ] = None,
    frames: Frames = "",
    set_: Values = None,
    device: Device = "cpu",
    tier: Tier_ = "final",
    proxy: Proxy = 1,
    csv_: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a table to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what nodes measure, such as FlickerMeter or LightMatch.

    They are evaluated at every frame. The last line is the mean. Numbers that a frame does not have, such as the
    flicker of the first one, stay empty.
    """
    with Output(as_json) as output:
        from ..io.atomic import check_place
        from ..measuring import measured_at
        from ..render.render import wanted_frames

        quality, numbers = read_tier(tier), read_frames(frames)
        session = open_session(script, device)
        apply_settings(session, set_)
        chosen = _measuring(session, nodes)
        if csv_ is not None:
            check_place(str(csv_))
        rows: dict[str, Row] = {}
        warnings: list[str] = []
        output.data = {"frames": rows, "warnings": warnings}
        with stoppable() as token, _kept(csv_, rows):
            for frame in numbers if numbers is not None else wanted_frames(session, ""):
                row: Row = {}
                for path in chosen:
                    told = measured_at(session, session.graph, path, float(frame), token, quality, 1 / proxy)
                    names = (name.rpartition(":")[2] for name in _names(session, path))
                    row |= {f"{path}.{name}": told.get(name) for name in names}
                rows[f"{frame:.12g}"] = row
                if not as_json:
                    print(_line(f"{frame:.12g}", row), flush=True)
        for path in chosen:
            if sentence := _doubt(session, path, list(rows.values())):
                warnings.append(f"{path}: {sentence}")
                print(f"rimlight: warning: {path}: {sentence}", file=sys.stderr)
        mean = output.data["mean"] = _mean(list(rows.values()))
        if not as_json:
            print(_line("mean", mean))


@contextmanager
def _kept(path: Path | None, rows: Mapping[str, Row]) -> Iterator[None]:
    """Write the table at the end, whatever the end is: an hour of numbers is not lost to the frame that fails."""
    try:
        yield
    finally:
        if path is not None and rows:
            _write(path, {**rows, "mean": _mean(list(rows.values()))})


def _doubt(session: "Session", path: str, rows: list[Row]) -> str:
    """What a node says of its first number where that is 0 at every frame that has one."""
    cls, column = _class(session, path), f"{path}.{_names(session, path)[0].rpartition(':')[2]}"
    found = {row[column] for row in rows} - {None}
    return cls.all_zero if cls is not None and found == {0.0} else ""


def _measuring(session: "Session", given: list[str] | None) -> list[str]:
    """The nodes that are named, or all that measure. Raises ArgumentError."""
    names = node_paths(given)
    there = [path for path, _ in session.graph.walk() if _names(session, path)]
    for name in names:
        if name not in there:
            measuring = ", ".join(there) or "none does"
            raise ArgumentError(f"--nodes: {name} is no node that measures something; these do: {measuring}")
    if not there:
        raise ArgumentError("no node of this script measures anything; add one, such as FlickerMeter")
    return names or there


def _class(session: "Session", path: str) -> "type[Node] | None":
    from ..kinds import registry

    return registry.get(session.graph.at(path).kind)


def _names(session: "Session", path: str) -> tuple[str, ...]:
    """What a node tells."""
    cls = _class(session, path)
    return cls.measures if cls is not None else ()


def _mean(rows: list[Row]) -> Row:
    """The mean of every column over the frames that have a number."""
    found: Row = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [value for row in rows if (value := row.get(name)) is not None]
        found[name] = math.fsum(values) / len(values) if values else None
    return found


def _line(frame: str, row: Row) -> str:
    told = (f"{name} {value:.4g}" for name, value in row.items() if value is not None)
    return f"{frame}: {', '.join(told) or 'nothing'}"


def _write(path: Path, rows: Mapping[str, Row]) -> None:
    """Write a table with a line for each frame and one for the mean; its folder is made. Raises FileError."""
    from ..errors import file_errors
    from ..safefile import write_safely

    text = io.StringIO()
    table = csv.DictWriter(text, ["frame", *dict.fromkeys(name for row in rows.values() for name in row)])
    table.writeheader()
    table.writerows({"frame": frame, **row} for frame, row in rows.items())
    with file_errors(f"{path} cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_safely(path, text.getvalue().encode())
