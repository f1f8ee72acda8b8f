"""Movies as pictures one after the other: 8 bit RGB as a display shows it, without sound. By OpenCV and what it brings.

OpenCV turns the YUV of a movie to RGB by the matrix of BT.601, whatever the movie says, so saturated colours of HD
movies are off by some code values. Good to look at and to try things; frames that are to be comped come as pictures.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileError, listing
from .atomic import check_room, replacing

Picture = NDArray[np.uint8]
"""`[height, width, 3]`, RGB, row 0 at the top."""

CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".avi": "MJPG", ".mkv": "FFV1"}
"""What movies are written with: MPEG-4, frames of JPEG, or without loss."""
_READ = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".mxf", ".wmv", ".ogv", ".mts")


@dataclass(frozen=True)
class MovieInfo:
    """width, height : in pixels. fps : frames per second. frames : how many the movie says that it has, or 0."""

    width: int
    height: int
    fps: float
    frames: int


def is_movie(path: str | os.PathLike[str]) -> bool:
    """Whether a file has the name of a movie."""
    return PurePath(path).suffix.lower() in _READ


def read_movie(path: str) -> tuple[MovieInfo, Iterator[Picture]]:
    """What a movie says of itself, and its pictures in order. Raises FileError."""
    cv2 = _opencv()
    if not os.path.exists(path):
        raise FileError(f"{path}: there is no such file")
    file = cv2.VideoCapture(path)
    if not file.isOpened():
        raise FileError(f"{path} cannot be read as a movie")
    what = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_COUNT)
    width, height, fps, frames = map(file.get, what)
    return MovieInfo(int(width), int(height), float(fps), max(0, int(frames))), _pictures(cv2, file)


def _pictures(cv2: Any, file: Any) -> Iterator[Picture]:
    try:
        while True:
            there, bgr = file.read()
            if not there:
                return
            yield cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    finally:
        file.release()


def write_movie(path: str, fps: float, pictures: Iterable[Picture]) -> int:
    """Write pictures of one size as a movie, whose codec goes by its extension (`CODECS`); returns how many there were.

    A movie that exists is whole: it is written under another name first and read back, as OpenCV does not tell of a
    full disk. Odd sizes get one more row or column, as movies halve their colour. Raises FileError.
    """
    check_movie(path)
    cv2 = _opencv()
    code = cv2.VideoWriter_fourcc(*CODECS[PurePath(path).suffix.lower()])
    file, size, count = None, (0, 0), 0

    def verify(temporary: str) -> None:
        check_room(temporary)
        there = sum(1 for _ in _pictures(cv2, cv2.VideoCapture(temporary)))
        if there != count:
            raise FileError(
                f"{path} could not be written: {there} of {count} pictures arrived on the disk, which may be full"
            )

    with replacing(path, verify) as temporary:
        try:
            for picture in pictures:
                even = np.pad(picture, [(0, n % 2) for n in picture.shape[:2]] + [(0, 0)], "edge")
                if file is None:
                    size = even.shape[1], even.shape[0]
                    file = cv2.VideoWriter(temporary, code, fps, size)
                    if not file.isOpened():
                        check_room(temporary)
                        raise FileError(
                            f"{path}: a movie of {size[0]}x{size[1]} at {fps:g} fps cannot be written there"
                        )
                if (even.shape[1], even.shape[0]) != size:
                    raise FileError(
                        f"{path}: picture {count + 1} is {picture.shape[1]}x{picture.shape[0]}, those before are"
                        f" {size[0]}x{size[1]}; a movie has one size"
                    )
                file.write(cv2.cvtColor(even, cv2.COLOR_RGB2BGR))
                count += 1
            if file is None:
                raise FileError(f"{path}: there are no pictures to make a movie of")
        finally:
            if file is not None:
                file.release()
    return count


def check_movie(path: str) -> None:
    """Raise FileError where a movie of this name cannot be written."""
    if PurePath(path).suffix.lower() not in CODECS:
        raise FileError(f"{path}: movies of this type are not written, expected {listing(tuple(CODECS))}")


def _opencv() -> Any:
    """OpenCV, which prints nothing of what fails: here that is an error with a sentence."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2
