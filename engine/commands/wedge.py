"""`rimlight wedge`: a node's picture at several values of some parameters, on one sheet."""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError, GraphError, ParameterError, RimlightError, listing
from .options import ArgumentError, AsJson, Device, Proxy, Quiet, Script, Tier_, Values, open_for_work, read_tier
from .output import SOME_FAILED, Output
from .progress import Tiles
from .stopping import stoppable

if TYPE_CHECKING:
    from ..session import Session
    from ..wedge.report import Wedge
    from ..wedge.vary import Vary


def wedge(
    script: Script,
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary", metavar="NODE.PARAM=V,V", help="A parameter and its values, 1,2,4 or 0-90x30; several times."
        ),
    ],
    output_: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="SHEET", help="The sheet: .exr, .png, .jpg or .tif.")
    ] = None,
    each: Annotated[
        Path | None, typer.Option("--each", metavar="FOLDER", help="Write every picture into this folder, too.")
    ] = None,
    node: Annotated[str, typer.Option("--node", metavar="NODE", help="Whose picture, default the Write node.")] = "",
    frame: Annotated[int | None, typer.Option("--frame", metavar="FRAME", help="Default the script's first.")] = None,
    size: Annotated[int, typer.Option("--size", metavar="PIXELS", help="Width of a tile.")] = 480,
    columns: Annotated[
        int, typer.Option("--columns", metavar="N", min=0, help="Tiles in a row, for a single parameter.")
    ] = 0,
    no_labels: Annotated[bool, typer.Option("--no-labels", help="Pictures alone, without their values.")] = False,
    set_: Values = None,
    device: Device = "cpu",
    tier: Tier_ = "final",
    proxy: Proxy = 1,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Show a picture at several values of parameters on one sheet.

    The first --vary goes along the rows, the second down the columns, others further down. EXR keeps the light as it
    is; PNG, JPEG and TIFF are what the script's display and view show. Exit code 3 when some pictures could not be
    made: their tiles are black, and the reasons are told.
    """
    with Output(as_json) as output:
        from ..wedge.sheet import is_linear
        from ..wedge.tiles import wedge as make

        if output_ is None and each is None:
            raise ArgumentError("nothing would be written: expected --output SHEET, --each FOLDER or both")
        if output_ is not None:
            with _arguments("--output "):
                is_linear(str(output_))
        quality = read_tier(tier)
        session = open_for_work(script, device, set_)
        varied = [_read_vary(session, text) for text in vary]
        chosen = _read_node(session, node, frame)
        kind = output_.suffix.lower() if output_ is not None else ".exr"
        made: list[Wedge] = []
        count = math.prod(len(one.values) for one in varied)
        with stoppable() as token, Tiles(count, as_json, quiet) as tiles:

            def begun(started: "Wedge") -> None:
                made.append(started)
                if output_ is not None:
                    started.check_file(output_)
                for sentence in started.warnings:
                    print(f"rimlight: warning: {sentence}", file=sys.stderr)

            try:
                with _arguments():
                    result = make(
                        session, chosen, varied, frame, size=size, columns=columns, each=each or "", kind=kind,
                        sheet=output_ is not None, scale=1 / proxy, tier=quality, token=token, done=tiles, begun=begun,
                    )  # fmt: skip
                if output_ is not None:
                    result.save(output_, not no_labels)
            finally:
                if made:
                    output.data = made[0].to_data() | {"error": ""}
        if not as_json and not quiet:
            there = f"{len(result.tiles) - len(result.failed)} of {len(result.tiles)} pictures"
            print(f"{there} in {result.seconds:.2f} s: {result.path or each}")
    if result.failed:
        raise typer.Exit(SOME_FAILED)


@contextmanager
def _arguments(option: str = "") -> Iterator[None]:
    """What is wrong with a value in here is wrong with an argument."""
    try:
        yield
    except (FileError, ParameterError) as error:
        raise ArgumentError(f"{option}{error}") from None


def _read_vary(session: "Session", text: str) -> "Vary":
    """Raises ArgumentError."""
    from ..wedge.vary import Vary

    try:
        return Vary.typed(session.graph, text)
    except RimlightError as error:
        raise ArgumentError(f"--vary {text}: {error}") from None


def _read_node(session: "Session", name: str, frame: int | None) -> str:
    """The node that is named, or the Write where all show one picture. Raises ArgumentError, GraphError where there is
    none.
    """
    from ..evaluate.survey import real
    from ..render.targets import sinks
    from ..tier import Tier

    if name:
        path = name.strip().replace(".", "/")
        try:
            session.graph.at(path)
        except GraphError as error:
            raise ArgumentError(f"--node {name}: {error}") from None
        return path
    found = sinks(session)
    if not found:
        raise GraphError("the script has no Write node that is not disabled; name a node with --node")
    at = float(session.project.frames[0] if frame is None else frame)
    vertices = session.evaluator.survey(session.graph, session.project, found, at, 1.0, Tier.FINAL)
    if len({real(vertices, (path, at)) for path in found}) > 1:
        raise ArgumentError(f"the Write nodes show different pictures, name one with --node: {listing(found)}")
    return found[0]
