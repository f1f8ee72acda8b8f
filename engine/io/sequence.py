"""Numbered files: patterns, frame ranges, and which frame stands in for one that is not there.

Patterns, in the file name or its folders: `####` (padded to four digits), `%04d` and `%d`, `<f>` and `<f04>`, `$F4`
and `$F`. Ranges: `5`, `1-10`, `1-10x2` or `1-10:2` (every second), `10-1` (backwards), joined by commas; frames may be
negative.
"""

import bisect
import glob
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..errors import FileError, ParameterError, listing
from ..paths import full_path

Outside = Literal["hold", "loop", "bounce", "black", "error"]
"""What is shown before the first and after the last frame."""

Missing = Literal["error", "black", "checkerboard", "nearest", "hold"]
"""What is shown for a frame inside the range that has no file."""

MAX_FRAMES = 10_000_000
"""In a range."""

MAX_DIGITS = 12
"""Of a frame number: so it stays exact as a float, and is shown whole in sentences."""

_MAX_WIDTH = 64
"""Digits that a place for the frame number may have."""

_TOKEN = re.compile(r"(?P<hash>#+)|%(?P<percent>0\d+)?d|<f(?P<angle>0?\d+)?>|\$F(?:(?P<dollar>\d+)|(?!\w))")
_RANGE = re.compile(r"(-?\d+)(?:-(-?\d+)(?:[x:](\d+))?)?")


def frame_number(frame: float) -> int:
    """The whole frame that a time lies in: halves go up."""
    return math.floor(frame + 0.5)


@dataclass(frozen=True)
class FilePattern:
    """A file name with places for the frame number; a name without is a single file.

    fixed : so many characters at its beginning are no places for it, whatever they look like.
    """

    text: str
    fixed: int = 0

    @classmethod
    def of(cls, name: str, folder: str = "") -> "FilePattern":
        """The files that a name means in a script of `folder`, by their full names. The folders around that script are
        taken as they are called: `shot#3` is no place for the frame. Raises FileError as `full_path` does.
        """
        path = full_path(name, folder)
        return cls(path, len(os.path.commonpath([path, os.path.abspath(folder)])))._checked()

    @classmethod
    def typed(cls, name: str) -> "FilePattern":
        """The files that a name means which somebody types. Folders that are there are taken as they are called.

        Raises FileError.
        """
        folder = os.path.dirname(name)
        while folder and not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        return cls(name, len(folder))._checked()

    def _checked(self) -> "FilePattern":
        if (widest := max(self._pieces[1], default=0)) > _MAX_WIDTH:
            short = self.text if len(self.text) <= _MAX_WIDTH else f"{self.text[:_MAX_WIDTH]}..."
            raise FileError(f"{short}: the place for the frame has {widest} digits, at most {_MAX_WIDTH} are possible")
        return self

    @cached_property
    def _pieces(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        texts, widths, position = [], [], 0
        for match in _TOKEN.finditer(self.text, self.fixed):
            texts.append(self.text[position : match.start()])
            digits = match["percent"] or match["angle"] or match["dollar"] or "0"
            widths.append(len(match["hash"]) if match["hash"] else int(digits))
            position = match.end()
        return (*texts, self.text[position:]), tuple(widths)

    @property
    def numbered(self) -> bool:
        """Whether there is a place for the frame number."""
        return bool(self._pieces[1])

    def path(self, frame: float) -> str:
        """The file of a frame. A minus sign counts as a digit, as in C: frame -1 of `####` is `-001`."""
        texts, widths = self._pieces
        number = frame_number(frame)
        out = [texts[0]]
        for width, text in zip(widths, texts[1:], strict=True):
            out += [f"{number:0{width}d}" if width else str(number), text]
        return "".join(out)

    def frames(self) -> tuple[int, ...]:
        """The frames that have a file on disk, in order. Only names that `path` makes count: `x.7.exr` is none of
        `x.####.exr`.
        """
        numbers = set()
        for path, places in self._numbered():
            if len(places[0]) <= MAX_DIGITS:
                number = int(places[0])
                if self.path(number) == path:
                    numbers.add(number)
        return tuple(sorted(numbers))

    def unequal(self) -> str:
        """A file on disk whose places for the frame hold different numbers, so that it is no frame; else empty."""
        return min((path for path, places in self._numbered() if len(set(map(int, places))) > 1), default="")

    def _numbered(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The files on disk with a number in every place for the frame, and these."""
        texts, widths = self._pieces
        if not widths:
            return
        folder, name = os.path.split(self.text)
        expression = re.compile(r"(-?\d+)".join(re.escape(t) for t in texts))
        if _TOKEN.search(folder, self.fixed):
            found = glob.glob("*".join(glob.escape(t) for t in texts))
        else:
            start = self.text[: len(self.text) - len(name)]
            try:
                with os.scandir(folder or ".") as entries:
                    found = [start + entry.name for entry in entries]
            except OSError:
                return
        for path in found:
            match = expression.fullmatch(path)
            if match is not None:
                yield path, match.groups()

    def __str__(self) -> str:
        return self.text


def parse_frames(text: str) -> tuple[int, ...]:
    """The frames of a range such as `1-10x2,20`, in the order they are named, each once. Raises ParameterError.

    Spaces part ranges as commas do, but for those beside `-`, `x`, `:` and commas.
    """
    if not isinstance(text, str):
        raise ParameterError(f"{text!r:.60} is no frame range: expected a text, such as '1-10x2,20'")
    frames: dict[int, None] = {}
    for piece in re.sub(r"\s+", ",", re.sub(r"\s*([-x:,])\s*", r"\1", text.strip())).split(","):
        match = _RANGE.fullmatch(piece)
        if match is None:
            shown = piece or text
            raise ParameterError(
                f"'{shown}' is no frame range: expected 5, 1-10, 1-10x2 or several of them joined by commas or spaces"
            )
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        step = 1 if match[3] is None else int(match[3])
        if max(abs(first), abs(last)) >= 10**MAX_DIGITS:
            raise ParameterError(f"'{piece}' is no frame range: a frame number has at most {MAX_DIGITS} digits")
        if step == 0:
            raise ParameterError(f"'{piece}' is no frame range: the step must be 1 or more")
        if abs(last - first) // step + len(frames) >= MAX_FRAMES:
            raise ParameterError(f"'{piece}' has more than {MAX_FRAMES} frames")
        frames.update(dict.fromkeys(range(first, last + 1, step) if first <= last else range(first, last - 1, -step)))
    return tuple(frames)


def format_frames(frames: Sequence[int]) -> str:
    """A short text that `parse_frames` reads back to the same frames."""
    pieces, i = [], 0
    while i < len(frames):
        run = _run(frames, i)
        step = frames[i + 1] - frames[i] if run > 1 else 0
        if run == 1 or (run == 2 and abs(step) != 1):
            pieces.append(str(frames[i]))
            i += 1
            continue
        pieces.append(f"{frames[i]}-{frames[i + run - 1]}" + ("" if abs(step) == 1 else f"x{abs(step)}"))
        i += run
    return ",".join(pieces)


def _run(frames: Sequence[int], start: int) -> int:
    """How many frames from `start` on are evenly spaced."""
    if start + 1 >= len(frames):
        return 1
    step, end = frames[start + 1] - frames[start], start + 2
    while end < len(frames) and frames[end] - frames[end - 1] == step:
        end += 1
    return end - start


def resolve_frame(frame: float, first: int, last: int, before: Outside, after: Outside) -> int | None:
    """The frame of the material `first` to `last` that is shown at `frame`, or None where that is black.

    Bounce turns at the ends without showing them twice: 1 2 3 2 1. Raises FileError where the rule is `error`.
    """
    number = frame_number(frame)
    if first <= number <= last:
        return number
    rule = before if number < first else after
    if rule == "black":
        return None
    if rule == "hold":
        return first if number < first else last
    count = last - first + 1
    if rule == "loop" and count > 0:
        return first + (number - first) % count
    if rule == "bounce" and count > 0:
        phase = (number - first) % max(1, 2 * (count - 1))
        return first + min(phase, 2 * (count - 1) - phase)
    raise FileError(f"frame {number} is outside {first}-{last}, and outside the range is set to error")


def nearest_frame(frame: int, present: Sequence[int]) -> int | None:
    """The frame of the sorted `present` nearest to `frame`, the earlier of two; None when there is none."""
    if not present:
        return None
    i = bisect.bisect_left(present, frame)
    around = present[max(0, i - 1) : i + 1]
    return min(around, key=lambda p: (abs(p - frame), p))


def held_frame(frame: int, present: Sequence[int]) -> int | None:
    """The last frame of the sorted `present` up to `frame`, else the first there is; None when there is none."""
    if not present:
        return None
    return present[max(0, bisect.bisect_right(present, frame) - 1)]


def stand_in(frame: int, present: Sequence[int], pattern: FilePattern, hold: bool = False) -> int | None:
    """The frame of `present` whose file stands in for `frame`: the nearest one, with `hold` the last one before it.

    Names of something else, such as links to nothing, are passed over. None when no file is left.
    """
    left = list(present)
    while (found := held_frame(frame, left) if hold else nearest_frame(frame, left)) is not None:
        path = pattern.path(found)
        if os.path.isfile(path) or not os.path.lexists(path):  # one that went since it was listed is told as such
            break
        left.remove(found)
    return found


def replace_missing(frame: int, present: Sequence[int], policy: Missing, pattern: FilePattern) -> int | None:
    """The frame shown for `frame`, which has no file; None where the policy shows a pattern or black.

    Raises FileError where the policy is `error`, or nothing is there to take its place.
    """
    if policy in ("black", "checkerboard"):
        return None
    if frame in present:  # a name is there, of a folder or a pipe
        if policy == "error":
            path = pattern.path(frame)
            if locked := _locked(os.path.dirname(path)):
                raise FileError(f"{pattern}: frame {frame} is there, but {locked}")
            what = "a link to nothing" if os.path.islink(path) else "no file"
            raise FileError(f"{pattern}: what is there for frame {frame} is {what}")
        present = [other for other in present if other != frame]
    found = None if policy == "error" else stand_in(frame, present, pattern, hold=policy == "hold")
    if found is None:
        there = f"the frames on disk are {_shown(present)}" if present else _nothing(pattern)
        raise FileError(f"{pattern}: frame {frame} has no file; {there}")
    return found


def _nothing(pattern: FilePattern) -> str:
    """Why there is no file at all: on a farm it is mostly the folder, which another machine does not have."""
    folder = os.path.dirname(pattern.text) or "."
    if _TOKEN.search(folder, pattern.fixed) is not None:
        while not os.path.isdir(folder) and folder != os.path.dirname(folder):
            folder = os.path.dirname(folder)
        if (place := _TOKEN.search(folder, pattern.fixed)) is not None:
            return f"{place[0]} in the folder {folder} is for the frame; a folder that is called so needs another name"
        if other := pattern.unequal():
            return f"{other} is there, whose numbers differ, and all places are for that of the frame"
    else:
        if locked := _locked(folder):
            return locked
        if not os.path.isdir(folder):
            if os.path.islink(folder):
                return f"the folder {folder} is a link to nothing"
            return f"there is no folder {folder} on this machine"
    return "there is no file of that name at all"


def _locked(folder: str) -> str:
    """Which folder on the way to the files of `folder` may not be looked into; empty where all may."""
    while not os.path.isdir(folder) and folder not in ("", os.path.dirname(folder)):
        folder = os.path.dirname(folder)
    allowed = os.access(folder or ".", os.R_OK | os.X_OK)
    return "" if allowed else f"the folder {folder} may not be read: permission denied"


def _shown(frames: Sequence[int]) -> str:
    return listing(format_frames(frames).split(","), 6)
