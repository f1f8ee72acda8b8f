"""`rimlight movie`: a movie of frames, or frames of a movie."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError
from .options import ArgumentError, read_frames
from .progress import Looking
from .stopping import stoppable

if TYPE_CHECKING:
    from ..context import CancelToken
    from ..io.movie import Picture

_SHOWN_AS_THEY_ARE = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".tga", ".gif", ".webp")
"""Pictures that are made for a display; others are shown as the viewer shows them."""


def movie(
    source: Annotated[str, typer.Argument(help="Frames, e.g. render/shot.####.exr, or a movie.")],
    target: Annotated[str, typer.Argument(help="A movie (.mp4, .mov, .avi, .mkv), or frames, e.g. plate.####.png.")],
    frames: Annotated[str, typer.Option("--frames", "-f", help="E.g. 1001-1050; those of a movie count from 1.")] = "",
    fps: Annotated[float, typer.Option(help="Frames per second of the movie.")] = 24.0,
    start: Annotated[int, typer.Option(help="Number of the first frame that is made of a movie.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Make a movie of frames to look at, or frames of a movie to read.

    EXR and other scene-linear frames go through the display and view of a new project; PNG, JPEG and TIFF as they are.
    """
    from ..io.movie import is_movie

    if is_movie(source) == is_movie(target):
        raise ArgumentError(f"{source} {target}: one of the two has to be a movie, the other frames such as a.####.png")
    wanted = read_frames(frames)
    with stoppable() as token:
        if is_movie(source):
            _to_frames(source, target, wanted, start, force, token)
        else:
            _to_movie(source, target, wanted, fps, force, token)


def _to_movie(
    source: str, target: str, wanted: Sequence[int] | None, fps: float, force: bool, token: "CancelToken"
) -> None:
    from ..io.movie import check_movie, write_movie
    from ..io.sequence import FilePattern

    pattern = FilePattern.of(source)
    frames = wanted or pattern.frames() if pattern.numbered else (1,)
    if not frames:
        raise FileError(f"{source}: there are no such frames")
    if not 0 < fps <= 1000:
        raise ArgumentError(f"--fps {fps:g}: expected more than 0, at most 1000")
    check_movie(target)
    _free(target, force)
    with Looking("movie", len(frames), quiet=False) as looked:
        count = write_movie(target, fps, _shown(source, frames, token, looked))
    print(f"made {target}: {count} frames at {fps:g} fps")


def _shown(source: str, frames: Sequence[int], token: "CancelToken", looked: Looking) -> "Iterator[Picture]":
    """The frames as a display shows them."""
    import torch

    from ..session import Session

    session = Session()
    as_it_is = PurePath(source).suffix.lower() in _SHOWN_AS_THEY_ARE
    shown = session.add("Read", file=os.path.abspath(source), raw=as_it_is)
    if not as_it_is:
        shown = session.add("OCIODisplay", shown)
    for frame in frames:
        image = session.evaluate(shown, frame=frame, layers=("rgba",), token=token)
        rgb = image.tensor("rgba", image.info.display)[:3]
        yield torch.nan_to_num(rgb).clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        looked(frame)


def _to_frames(
    source: str, target: str, wanted: Sequence[int] | None, start: int, force: bool, token: "CancelToken"
) -> None:
    import torch

    from ..image import Image, ImageInfo
    from ..io.movie import read_movie
    from ..io.sequence import FilePattern
    from ..io.write import write_image
    from ..layers import RGB
    from ..region import Region

    pattern = FilePattern.of(target)
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
    with Looking("frames", len(wanted) if wanted else info.frames, quiet=False) as looked:
        for number, picture in enumerate(pictures, 1):
            token.check()
            if last is not None and number > last:
                break
            if wanted is not None and number not in wanted:
                continue
            path = _free(pattern.path(start + number - 1), force)
            x = torch.from_numpy(picture).permute(2, 0, 1).to(torch.float32) / 255
            write_image(Image(ImageInfo(region, region, (layer,)), region, {layer.name: x}), path)
            made.append(start + number - 1)
            looked(number)
    if not made:
        raise FileError(f"{source}: none of the frames that were asked for is in it; they count from 1")
    print(f"made {target}: {len(made)} frames, {made[0]}-{made[-1]}, of a movie at {info.fps:g} fps")


def _free(path: str, force: bool) -> str:
    if os.path.exists(path) and not force:
        raise FileError(f"{path} exists; use --force to replace it")
    return path
