"""`rimlight movie`: a movie of frames, or frames of a movie."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError
from .options import ArgumentError, AsJson, Force, Quiet, check_free, read_frames, starting
from .output import Output
from .progress import Looking
from .stopping import stoppable

if TYPE_CHECKING:
    from ..cancel import CancelToken
    from ..io.movie import Picture
    from ..io.sequence import FilePattern

_SHOWN_AS_THEY_ARE = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".tga", ".gif", ".webp")
"""Pictures that are made for a display; others are shown as the viewer shows them."""


def movie(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Frames, e.g. render/shot.####.exr, or a movie to take apart.")
    ],
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="A movie (.mp4, .mov, .avi, .mkv), or frames, e.g. plate.####.png."),
    ],
    frames: Annotated[
        str,
        typer.Option("--frames", "-f", metavar="RANGE", help="E.g. 1001-1050; those of a movie count from 1."),
    ] = "",
    fps: Annotated[float, typer.Option(metavar="FPS", help="Frames per second of the movie.")] = 24.0,
    start: Annotated[int, typer.Option(metavar="FRAME", help="Number of the first frame made of a movie.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a movie of frames to look at, or frames of a movie to read.

    EXR and other scene-linear frames go through the display and view of a new project; PNG, JPEG and TIFF as they are.
    """
    from ..io.movie import is_movie

    with Output(as_json) as output:
        if is_movie(source) == is_movie(target):
            raise ArgumentError(
                f"{source} {target}: one of the two has to be a movie, the other frames such as a.####.png"
            )
        wanted = read_frames(frames)
        with stoppable() as token:
            if is_movie(source):
                made = _to_frames(source, target, wanted, start, force, quiet or as_json, token)
            else:
                made = _to_movie(source, target, wanted, fps, force, quiet or as_json, token)
        output.data = {"made": target, "frames": len(made.frames), "first": made.frames[0], "fps": made.fps}
        if not quiet and not as_json:
            print(f"made {target}: {made.sentence}")


@dataclasses.dataclass(frozen=True)
class _Made:
    """What a movie, or frames of one, came to."""

    frames: Sequence[int]
    fps: float
    sentence: str


def _pattern(name: str) -> "FilePattern":
    """The files that a name on the command line means: folders that are there are taken as they are called."""
    from ..io.sequence import FilePattern
    from ..paths import full_path

    return FilePattern.typed(full_path(name))


def _to_movie(
    source: str, target: str, wanted: Sequence[int] | None, fps: float, force: bool, quiet: bool, token: "CancelToken"
) -> _Made:
    from ..io.movie import check_movie, write_movie

    pattern = _pattern(source)
    frames = wanted or pattern.frames() if pattern.numbered else (1,)
    if not frames:
        raise FileError(f"{source}: there are no such frames")
    if not 0 < fps <= 1000:
        raise ArgumentError(f"--fps {fps:g}: expected more than 0, at most 1000")
    check_movie(target)
    check_free(target, force)
    with Looking("movie", len(frames), quiet) as looked:
        count = write_movie(target, fps, _shown(pattern, frames, token, looked))
    return _Made(frames, fps, f"{count} frames at {fps:g} fps")


def _shown(pattern: "FilePattern", frames: Sequence[int], token: "CancelToken", looked: Looking) -> "Iterator[Picture]":
    """The frames as a display shows them."""
    import torch

    from ..script.script import Loaded
    from ..session import Session

    with starting():
        session = Session()
    beside = dataclasses.replace(session.project, folder=pattern.text[: pattern.fixed])
    session.adopt(Loaded(session.document.with_(project=beside)))
    as_it_is = PurePath(pattern.text).suffix.lower() in _SHOWN_AS_THEY_ARE
    shown = session.add("Read", file=pattern.text, raw=as_it_is)
    if not as_it_is:
        shown = session.add("OCIODisplay", shown)
    for frame in frames:
        image = session.evaluate(shown, frame=frame, layers=("rgba",), token=token)
        rgb = image.tensor("rgba", image.info.display)[:3]
        yield torch.nan_to_num(rgb).clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        looked(frame)


def _to_frames(
    source: str, target: str, wanted: Sequence[int] | None, start: int, force: bool, quiet: bool, token: "CancelToken"
) -> _Made:
    import torch

    from ..image import Image, ImageInfo
    from ..io.movie import read_movie
    from ..io.write import write_image
    from ..layers import RGB
    from ..region import Region

    pattern = _pattern(target)
    if PurePath(target).suffix.lower() not in _SHOWN_AS_THEY_ARE:
        raise ArgumentError(
            f"{target}: the frames of a movie are colours of a display, so expected .png, .tif or .jpg; a Read of those"
            " and a Write make scene-linear EXR of them"
        )
    if not pattern.numbered:
        raise ArgumentError(f"{target}: expected a name with a place for the number, such as plate.####.png")
    info, pictures = read_movie(source)
    region, layer = Region(0, 0, info.width, info.height), dataclasses.replace(RGB, depth="uint8")
    last = max(wanted) if wanted else None
    made = []
    with Looking("frames", len(wanted) if wanted else info.frames, quiet) as looked:
        for number, picture in enumerate(pictures, 1):
            token.check()
            if last is not None and number > last:
                break
            if wanted is not None and number not in wanted:
                continue
            path = pattern.path(start + number - 1)
            check_free(path, force)
            x = torch.from_numpy(picture).permute(2, 0, 1).to(torch.float32) / 255
            write_image(Image(ImageInfo(region, region, (layer,)), region, {layer.name: x}), path)
            made.append(start + number - 1)
            looked(number)
    if not made:
        raise FileError(f"{source}: none of the frames that were asked for is in it; they count from 1")
    sentence = f"{len(made)} frames, {made[0]}-{made[-1]}, of a movie at {info.fps:g} fps"
    return _Made(made, info.fps, sentence)
