"""What dropped files are read as: each alone, or as the sequence of all files like them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rimlight.engine import FileError, FilePattern, Reader

from ..properties.files import as_pattern
from ..properties.sequences import is_numbered

_CAMERA = re.compile(r"[A-Z0-9_]{4}\d{4}\.[^.]+")
"""How cameras name their files (JEITA CP-3461): `DSC_0123.JPG`, `_MG_0123.tif`."""
_PHOTOGRAPH = re.compile(r"[^.]*\.(jpe?g|jpe|heic|heif|avif|webp|dng|cr2|cr3|nef|arw|raf|orf|rw2)", re.IGNORECASE)
"""Formats of photographs, without the dot that frames of a shot have before their numbers."""


@dataclass(frozen=True)
class Dropped:
    """Files to be read. sequence : the pattern of all files like them, empty where they are no part of one, and how
    many there are in all. asks : whether both may be meant. told : why they are read alone, empty where that is plain.
    """

    files: tuple[str, ...]
    sequence: str = ""
    count: int = 0
    asks: bool = False
    told: str = ""

    def names(self, whole: bool) -> tuple[str, ...]:
        """What Reads read. whole : what was answered, where it asks."""
        return (self.sequence,) if self.sequence and (whole or not self.asks) else self.files


def dropped(paths: Sequence[Path]) -> list[Dropped]:
    """What files are read as: `a.####.exr` once for all frames of a sequence.

    Photographs have numbers too. Those beside which lie more of them, of another size, are read alone; of the same size
    they may be a time-lapse, and the user is asked. Reads folders, and headers of photographs.
    """
    folders: dict[Path, list[str]] = {}
    groups: dict[str, list[Path]] = {}
    for path in paths:
        if not path.is_file():
            continue
        if path.parent not in folders:
            folders[path.parent] = sorted(p.name for p in path.parent.iterdir())
        name = as_pattern(path, folders[path.parent]) if is_numbered(path.name) else str(path)
        groups.setdefault(name, []).append(path)
    return [_group(name, files, folders[files[0].parent]) for name, files in groups.items()]


def _group(name: str, files: Sequence[Path], beside: Sequence[str]) -> Dropped:
    alone = tuple(str(path) for path in files)
    if name == alone[0]:
        return Dropped(alone)
    pattern = FilePattern.typed(name)
    others = sorted(Path(pattern.path(frame)) for frame in pattern.frames())
    first = files[0]
    if len(files) == len(others) or not (_CAMERA.fullmatch(first.name) or _PHOTOGRAPH.fullmatch(first.name)):
        return Dropped(alone, name, len(others))
    place = others.index(first) if first in others else 0
    sizes = {_size(path) for path in others[max(place - 1, 0) : place + 2]}
    if len(sizes) > 1:
        them = f"{first.name} is" if len(files) == 1 else f"{len(files)} files like {first.name} are"
        return Dropped(alone, told=f"{them} read alone, as those beside are of other sizes")
    return Dropped(alone, name, len(others), asks=True)


def _size(path: Path) -> tuple[int, int] | None:
    try:
        display = Reader().info(path).display
    except FileError:
        return None
    return display.width, display.height


def answers(found: Iterable[Dropped]) -> tuple[str, str]:
    """What a menu offers for those that ask: to read them alone, and as sequences."""
    asked = [one for one in found if one.asks]
    files = [Path(file).name for one in asked for file in one.files]
    alone = f"Read {files[0]} Alone" if len(files) == 1 else f"Read {len(files)} Files, Each Alone"
    if len(asked) == 1:
        return alone, f"Read {Path(asked[0].sequence).name}, a Sequence of {asked[0].count} Files"
    return alone, f"Read All Files Like Them as {len(asked)} Sequences"
