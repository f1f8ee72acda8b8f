"""`rimlight new`: an empty script, or one from a template."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError, ScriptError
from .options import ArgumentError, Force, check_free, check_script_name, starting

if TYPE_CHECKING:
    from ..io.sequence import FilePattern

_SHOWN = 200
"""Characters of frame ranges that a line tells at most."""


def new(
    script: Annotated[Path, typer.Argument(metavar="SCRIPT", help="The script to make, a .rim file.")],
    format_: Annotated[
        str,
        typer.Option("--format", metavar="SIZE", help="Frame size, e.g. 2048x1080; default that of --read, else HD."),
    ] = "",
    frames: Annotated[
        str,
        typer.Option(
            "--frames",
            "-f",
            metavar="RANGE",
            help="First and last frame; default those of --read, 1 for a still, or 1-100.",
        ),
    ] = "",
    fps: Annotated[float, typer.Option(metavar="FPS", help="Frames per second.")] = 24.0,
    read: Annotated[
        str, typer.Option(metavar="FILES", help="A sequence or a still to start from, e.g. plate.####.exr.")
    ] = "",
    force: Force = False,
) -> None:
    """Make a new script.

    With --read it has a Read and a Write node for those pictures, which writes into the folder `render` beside it.
    """
    from ..io.sequence import FilePattern, format_frames
    from ..session import Session

    check_script_name(script, "")
    check_free(script, force)
    folder = script.resolve().parent
    placed = os.path.isabs(read) or read.startswith(("~", "$"))
    file = read if placed or not read else Path(os.path.relpath(Path(read).absolute(), folder)).as_posix()
    pattern = FilePattern.of(file, str(folder)) if read else FilePattern("")
    found = pattern.frames()
    there = found if frames else _together(found)
    usual = (1, 1) if read and not pattern.numbered else (1, 100)
    wanted = _first_and_last(frames) if frames else (there[0], there[-1]) if there else usual
    with starting():
        session = Session()
    try:
        session.set_project(format=format_ or _size(pattern, there), frames=list(wanted), fps=fps)
    except ScriptError as error:
        raise ArgumentError(str(error)) from None
    told = ""
    if read:
        source = session.add("Read", file=file)
        session.add("Write", source, file=f"render/{script.stem}.####.exr")
        told = f": {read} at {wanted[0]}-{wanted[1]}, written to {folder / 'render'}"
    session.save(script)
    print(f"made {script}{told}")
    if read and not there and not os.path.exists(pattern.path(wanted[0])):
        print(f"rimlight: {_missing(read, script)}", file=sys.stderr)
    told_more = []
    if left := sorted(set(found) - set(there)):
        told_more.append(
            f"{_shortened(format_frames(left))} stand far from the other frames, so the script's range is without them,"
            " unless --frames says so"
        )
    within = [frame for frame in there if wanted[0] <= frame <= wanted[1]]
    if within and (gaps := within[-1] - within[0] + 1 - len(within)):
        told_more.append(
            f"{gaps} of the frames {within[0]}-{within[-1]} have no file, which is an error unless `missing` of the"
            " Read says what stands in for them; render those that there are with --frames"
            f" {_shortened(format_frames(within))}"
        )
    if told_more:
        print(f"rimlight: {'; '.join(told_more)}", file=sys.stderr)


def _missing(read: str, script: Path) -> str:
    """Why a Read finds no file of the sequence."""
    from ..io.sequence import FilePattern

    if FilePattern.typed(os.path.abspath(read)).frames():
        return (
            f"the folders of {read} have a place for the frame in their names, as # is, so the Read of {script} does"
            " not find it; make the script inside of them"
        )
    return f"there is no file {read} yet; the Read of {script} looks for it there"


def _together(frames: Sequence[int]) -> Sequence[int]:
    """The frames without those beyond wide gaps, such as a slate at 0 or a stray still: of each such gap the side with
    more frames goes on, until no more frames are missing than are there.
    """
    while frames and frames[-1] - frames[0] + 1 > 2 * len(frames):
        cut = max(range(1, len(frames)), key=lambda i: frames[i] - frames[i - 1])
        frames = max(frames[cut:], frames[:cut], key=len)
    return frames


def _size(pattern: "FilePattern", frames: Sequence[int]) -> str:
    """The size of the pictures of a sequence; HD where none can be read."""
    from ..io.read import read_info

    path = pattern.path(frames[0]) if frames else pattern.text
    try:
        info = read_info(path)
    except FileError:
        return "HD"
    aspect = "" if info.pixel_aspect == 1 else f"@{info.pixel_aspect:g}"
    return f"{info.display.width}x{info.display.height}{aspect}"


def _shortened(frames: str) -> str:
    return frames if len(frames) <= _SHOWN else f"{frames[:_SHOWN].rpartition(',')[0]},..."


def _first_and_last(text: str) -> tuple[int, int]:
    first, dash, last = text.rpartition("-")
    if not dash or not first.lstrip("-").isdecimal() or not last.isdecimal() or int(last) < int(first):
        raise ArgumentError(f"--frames {text}: expected FIRST-LAST, e.g. 1001-1100")
    return int(first), int(last)
