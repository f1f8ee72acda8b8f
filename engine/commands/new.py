"""`rimlight new`: an empty script, or one from a template."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import FileError
from ..session import Session
from ..settings import Settings


def new(
    script: Annotated[Path, typer.Argument(help="The script to make, a .rim file.")],
    format_: Annotated[str, typer.Option("--format", help="Frame size, e.g. HD or 2048x1080.")] = "HD",
    frames: Annotated[str, typer.Option(help="First and last frame, e.g. 1001-1100.")] = "1-100",
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 24.0,
    read: Annotated[str, typer.Option(help="A sequence to start from, e.g. plate.####.exr.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing script.")] = False,
) -> None:
    """Make a new script, with a Read and a Write node when a sequence is given."""
    if script.exists() and not force:
        raise FileError(f"{script} exists; use --force to replace it")
    first, dash, last = frames.rpartition("-")
    if not dash or not first.lstrip("-").isdigit() or not last.isdigit():
        raise typer.BadParameter(f"--frames {frames}: expected FIRST-LAST, e.g. 1001-1100")
    session = Session(Settings.from_environment())
    session.set_project(format=format_, frames=[int(first), int(last)], fps=fps)
    if read:
        source = session.add("Read", file=read)
        session.add("Write", source, file=f"{script.stem}.####.exr")
    session.save(script)
    print(f"made {script}")
