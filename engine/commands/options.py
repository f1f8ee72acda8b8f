"""Reading what is typed on a command line, and opening the script that it is about."""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError, RimlightError
from .output import fail_now

if TYPE_CHECKING:
    from ..render.watchdog import Watchdog
    from ..session import Session
    from ..tier import Tier


Script = Annotated[Path, typer.Argument(metavar="SCRIPT", help="The script, a .rim file.")]
Writes = Annotated[
    list[str] | None, typer.Option("--nodes", "-n", metavar="A,B", help="Write nodes, `A` or `Group1.A`; default all.")
]
Frames = Annotated[
    str, typer.Option("--frames", "-f", metavar="RANGE", help="E.g. 1-10x2,20; default the script's range.")
]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="NODE.PARAM=VALUE", help="Set a parameter; may be given several times."),
]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="Where to compute: cpu, cuda, cuda:0.")]
Tier_ = Annotated[str, typer.Option("--tier", metavar="TIER", help="draft, student or final.")]
Proxy = Annotated[int, typer.Option(metavar="N", min=1, max=32, help="At 1/N of the size.")]
Output_ = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="SCRIPT", help="Where to save, default the script.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell only what is wrong, and warnings.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what exists.")]


class ArgumentError(RimlightError):
    """A wrong argument of a command: exit code 2."""


PATIENT_START = 120.0
"""Seconds that the start may take however small --stall is: it imports, at times over a busy network."""
START = "the start with its plugins"


def starting() -> "Watchdog":
    """Around an import of plugins: ends the process where one of them hangs, its document printed."""
    from ..render.watchdog import Watchdog

    return Watchdog(PATIENT_START, fail_now, START)


def load_nodes() -> None:
    """Load the nodes of the library and of plugins. Raises PluginError where the library's own are missing."""
    from ..plugins import load_plugins, require_builtin

    with starting():
        require_builtin(load_plugins())


def open_session(script: Path, device: str = "cpu", watched: bool = False) -> "Session":
    """A session on a script. Ends what `main` began: what was imported stays, so the collector need not look at it.

    watched : whether the caller ends the process where a plugin hangs as it is imported; else it is ended here.
    """
    with nullcontext() if watched else starting():
        from ..session import Session

        try:
            session = Session(device=device)
        except RimlightError as error:
            if str(error).startswith("device "):
                raise ArgumentError(f"--device: {error}") from None
            raise
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    session.load(script)
    return session


def open_for_work(script: Path, device: str, settings: list[str] | None, watched: bool = False) -> "Session":
    """As `open_session`, with the script's warnings on standard error and `--set` applied."""
    session = open_session(script, device, watched)
    for warning in session.warnings:
        print(f"rimlight: warning: {warning}", file=sys.stderr)
    apply_settings(session, settings)
    return session


def check_free(path: str | Path, force: bool) -> None:
    """Raise FileError where something would be replaced that may not be."""
    if os.path.exists(path) and not force:
        raise FileError(f"{path} exists; use --force to replace it")


def check_script_name(path: Path, option: str = "--output ") -> None:
    """Raise ArgumentError unless a script may have this name."""
    if path.suffix != ".rim":
        raise ArgumentError(f"{option}{path}: the name of a script ends with .rim")


def read_frames(text: str) -> list[int] | None:
    """The frames of a range, None for an empty text. Raises ArgumentError."""
    from ..io.sequence import parse_frames

    if not text:
        return None
    try:
        return list(parse_frames(text))
    except (RimlightError, ValueError) as error:
        raise ArgumentError(f"--frames: {error}") from None


def read_tier(text: str) -> "Tier":
    """A quality tier by name. Raises ArgumentError."""
    from ..tier import Tier

    try:
        return Tier.named(text)
    except RimlightError as error:
        raise ArgumentError(f"--tier: {error}") from None


def node_paths(given: Sequence[str] | None) -> list[str]:
    """The paths of nodes that are named, `A` or `Group1.A`, several with commas."""
    return [name.strip().replace(".", "/") for text in given or () for name in text.split(",") if name.strip()]


def read_nodes(session: "Session", given: list[str] | None) -> list[str]:
    """The Write nodes that are named, see `node_paths`; all for none.

    Raises ArgumentError for one that cannot be rendered, GraphError when there is nothing to render at all.
    """
    from ..render.targets import check_sinks, sinks

    names = node_paths(given)
    if not names:
        names = sinks(session)
        check_sinks(session, names)
        return names
    try:
        check_sinks(session, names)
    except RimlightError as error:
        raise ArgumentError(f"--nodes: {error}") from None
    return list(dict.fromkeys(names))


def apply_settings(session: "Session", settings: list[str] | None) -> None:
    """Apply `Node.param=value` settings to the script in memory; `Node.param=expr:...` sets an expression.

    Raises ArgumentError for a setting that does not parse, names no node or no parameter, or has no legal value.
    """
    for text in settings or ():
        try:
            _apply(session, text)
        except RimlightError as error:
            raise ArgumentError(f"--set {text}: {error}") from None


def _apply(session: "Session", text: str) -> None:
    from ..typed import find_parameter, typed_value

    left, equals, right = text.partition("=")
    node, dot, parameter = left.strip().rpartition(".")
    if not equals or not dot or not node or not parameter:
        raise ArgumentError("expected Node.param=value")
    if node == "project":
        _set_project(session, parameter, right)
        return
    path, parameter, spec = find_parameter(session.graph, left)
    session.set(path, **{parameter: typed_value(right, spec)})


def _set_project(session: "Session", name: str, text: str) -> None:
    from dataclasses import fields

    from ..settings import Project
    from ..typed import plain_value

    texts = {f.name for f in fields(Project) if f.type in (str, "str")}
    session.set_project(**{name: text if name in texts else plain_value(text)})
