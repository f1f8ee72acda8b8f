"""Files of photometric profiles: IES (ANSI/IES LM-63 of 1986 to 2019) and EULUMDAT.

Both list candelas by direction, and leave out what symmetry tells. What is read is the profile as it stands, with the
file's multipliers and ballast factor; how a lamp dims when it is tilted in use (TILT) depends on how it hangs, which no
light says, and is left out.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from ..errors import FileError, RimlightError, file_errors
from ..safefile import read_regular
from .profile import Goniometer, Profile
from .values import plainly

_MAX_BYTES = 16 << 20
_MOST = 1 << 21
"""Directions that a file may list."""
_CLOSE = 1e-3
"""Degrees that an angle may be off the one it is meant to be."""
_GONIOMETERS: dict[int, Goniometer] = {1: "C", 2: "B", 3: "A"}


def load_profile(path: Path) -> Profile:
    """The profile of a `.ldt` file, or else of an IES file, which may lie in a package of USD; read once as long as the
    file stays the same. Raises FileError.
    """
    from ..usd.package import unpacked

    with file_errors(f"{path}: the profile cannot be read"):
        file = Path(unpacked(str(path)))
        status = file.stat()
        return _loaded(file, status.st_mtime_ns, status.st_size)


@lru_cache(64)
def _loaded(path: Path, changed: int, size: int) -> Profile:
    """`changed` and `size` are here for the cache to tell a file from the one that was under the name before."""
    data = read_regular(path, _MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what is not ASCII is a name
    with plainly():
        return read_ldt(text, str(path)) if path.suffix.lower() == ".ldt" else read_ies(text, str(path))


class _Numbers:
    """The numbers of a file, one after the other."""

    def __init__(self, name: str, words: Iterator[str]) -> None:
        self.name, self._words = name, words

    def next(self, what: str) -> float:
        """The next number. Raises FileError, which says what it was to be."""
        word = next(self._words, None)
        if word is None:
            raise FileError(f"{self.name}: the file ends where {what} is expected")
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            found = f"'{word[:40]}'" if word else "an empty line"
            raise FileError(f"{self.name}: {found} stands where {what} is expected, a number")
        return value

    def skip(self, count: int) -> None:
        """Pass over words that are no numbers."""
        for _ in range(count):
            next(self._words, None)

    def count(self, what: str, most: int = _MOST) -> int:
        value = self.next(what)
        if value != int(value) or not 1 <= value <= most:
            raise FileError(f"{self.name}: {what} is {value:g}, expected a whole number from 1")
        return int(value)

    def several(self, count: int, what: str) -> Tensor:
        return torch.tensor([self.next(f"{what} {i} of {count}") for i in range(1, count + 1)], dtype=torch.float64)


def read_ies(text: str, name: str) -> Profile:
    """The profile of an IES file. name : of the file, for errors. Raises FileError with what is wrong."""
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if line.upper().replace(" ", "").startswith("TILT=")), None)
    if at is None:
        raise FileError(f"{name}: this is no IES file: it has no line that begins with TILT=")
    words = (word for line in lines[at + 1 :] for word in line.replace(",", " ").split())
    numbers = _Numbers(name, words)
    if lines[at].upper().replace(" ", "") == "TILT=INCLUDE":
        numbers.next("the lamp's way of standing in its housing")
        tilts = numbers.count("the number of tilts")
        numbers.several(2 * tilts, "tilt and its factor,")
    numbers.next("the number of lamps")
    numbers.next("the lumens of a lamp")
    factor = numbers.next("the multiplier of the candelas")
    rows, turns = numbers.count("the number of vertical angles"), numbers.count("the number of horizontal angles")
    if rows * turns > _MOST:
        raise FileError(f"{name}: {rows} x {turns} directions are too many, up to {_MOST} are read")
    kind = numbers.count("the type of photometry")
    if kind not in _GONIOMETERS:
        raise FileError(f"{name}: the type of photometry is {kind}, expected 1 (C), 2 (B) or 3 (A)")
    if numbers.count("the unit of lengths") not in (1, 2):
        raise FileError(f"{name}: the unit of lengths is unknown, expected 1 (feet) or 2 (metres)")
    numbers.several(3, "width, length, height:")
    factor *= numbers.next("the ballast factor")
    own = numbers.next("the ballast's photometric factor, or what took its place")
    if _old(lines[:at]) and own > 0:
        factor *= own
    numbers.next("the watts")
    vertical, horizontal = numbers.several(rows, "vertical angle"), numbers.several(turns, "horizontal angle")
    candela = numbers.several(rows * turns, "candela value").reshape(turns, rows) * factor
    return _whole(_GONIOMETERS[kind], vertical, horizontal, candela, name)


def _old(head: list[str]) -> bool:
    """Whether a file is of 1986 or 1991, when the factor beside that of the ballast still counted."""
    return not any(line.strip().upper().startswith(("IESNA:LM-63-", "IES:LM-63-")) for line in head)


def _whole(kind: Goniometer, vertical: Tensor, horizontal: Tensor, candela: Tensor, name: str) -> Profile:
    """The profile with what symmetry leaves out."""
    if kind == "C":
        horizontal, candela = _around(horizontal, candela, name)
    elif float(horizontal[0]) == 0 and len(horizontal) > 1:
        horizontal = torch.cat((-horizontal.flip(0)[:-1], horizontal))
        candela = torch.cat((candela.flip(0)[:-1], candela))
    elif len(horizontal) == 1:
        raise FileError(f"{name}: type {kind} of photometry needs several horizontal angles, there is one")
    return _made(kind, vertical, horizontal, candela, name)


def _made(kind: Goniometer, vertical: Tensor, horizontal: Tensor, candela: Tensor, name: str) -> Profile:
    try:
        return Profile(kind, vertical.float(), horizontal.float(), candela.float())
    except RimlightError as error:
        raise FileError(f"{name}: {error}") from None


def _around(horizontal: Tensor, candela: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """All turns from 0 to 360 degrees: of a quarter, a half or nearly all of them."""
    if len(horizontal) == 1:
        return horizontal.new_zeros(1), candela
    if bool((horizontal.diff() <= 0).any()):
        raise FileError(f"{name}: the horizontal angles do not rise")
    first, last = float(horizontal[0]), float(horizontal[-1])
    if _is(first, 90) and _is(last, 270):
        return _wrapped(*_mirrored(horizontal, candela, 270.0))
    if _is(first, 0) and _is(last, 90):
        (horizontal, candela), last = _mirrored(horizontal, candela, 90.0), 180.0
    if _is(first, 0) and _is(last, 180):
        return _wrapped(*_mirrored(horizontal, candela, 180.0))
    if first < -_CLOSE or last > 360 + _CLOSE or last - first <= 180:
        raise FileError(
            f"{name}: the horizontal angles go from {first:g} to {last:g}, expected 0 alone, or 0 to 90, 180 or 360, or"
            " 90 to 270"
        )
    return _wrapped(horizontal, candela)


def _wrapped(horizontal: Tensor, candela: Tensor) -> tuple[Tensor, Tensor]:
    """Turns from 0 to 360: those at hand, once each, and at both ends what is between the last and the first."""
    horizontal = torch.where((horizontal % 360 - 360).abs() < _CLOSE, 0.0, horizontal % 360)
    order = horizontal.argsort(stable=True)
    horizontal, candela = horizontal[order], candela[order]
    new = torch.cat((horizontal.new_ones(1, dtype=torch.bool), horizontal.diff() > _CLOSE))
    horizontal, candela = horizontal[new], candela[new]
    gap = horizontal[0] + 360 - horizontal[-1]
    seam = torch.lerp(candela[-1:], candela[:1], (360 - horizontal[-1]) / gap)
    if float(horizontal[0]) < _CLOSE:
        horizontal, candela = horizontal[1:], candela[1:]
    ends = horizontal.new_tensor([0.0]), horizontal.new_tensor([360.0])
    return torch.cat((ends[0], horizontal, ends[1])), torch.cat((seam, candela, seam))


def _is(angle: float, wanted: float) -> bool:
    return abs(angle - wanted) < _CLOSE


_MEASURES = 14
"""Lines of EULUMDAT with names and sizes, between the steps of the angles and the shares of light."""
_RATIOS = 10
_PER_SET = 6
"""Lines about each set of lamps."""


def read_ldt(text: str, name: str) -> Profile:
    """The profile of a EULUMDAT file, a line for each value. Raises FileError with what is wrong.

    Its planes count from across the lamp, those of IES from along it, so its plane 90 is plane 0 of IES.
    """
    lines = [line.strip() for line in text.splitlines()]
    numbers = _Numbers(name, (line.replace(",", ".") for line in lines[1:]))  # the first names the company
    numbers.next("the kind of lamp")
    symmetry = int(numbers.next("the symmetry"))
    planes = numbers.count("the number of planes", 721)
    numbers.next("the step between planes")
    rows = numbers.count("the number of angles", 361)
    numbers.next("the step between angles")
    numbers.skip(_MEASURES)
    numbers.next("the share of light that goes down")
    numbers.next("the share of light that leaves the lamp")
    factor = numbers.next("the factor of the intensities")
    numbers.next("the tilt")
    sets = numbers.count("the number of sets of lamps", 20)
    numbers.skip(2)
    lumens = abs(numbers.next("the lumens of the lamps"))
    numbers.skip(sets * _PER_SET - 3)
    numbers.several(_RATIOS, "ratio")
    around = numbers.several(planes, "plane")
    vertical = numbers.several(rows, "angle")
    there = _planes(symmetry, around, name)
    candela = numbers.several(len(there) * rows, "intensity").reshape(len(there), rows) * (factor * lumens / 1000)
    if len(there) == 1:
        return _made("C", vertical, there.new_zeros(1), candela, name)
    if symmetry in (2, 4):
        there, candela = _mirrored(there, candela, 180.0 if symmetry == 2 else 90.0)
    if symmetry == 4:
        there, candela = _mirrored(there, candela, 180.0)
    if symmetry == 3:
        there, candela = torch.cat((there, 180 - there)), torch.cat((candela, candela))
    return _made("C", vertical, *_wrapped((there - 90) % 360, candela), name)


def _planes(symmetry: int, around: Tensor, name: str) -> Tensor:
    """The planes that are listed, of all `around`."""
    count = len(around)
    half, quarter = count // 2 + 1, count // 4 + 1
    parts = {0: (0, count), 1: (0, 1), 2: (0, half), 3: (1 - quarter, quarter), 4: (0, quarter)}
    if symmetry not in parts:
        raise FileError(f"{name}: the symmetry is {symmetry}, expected 0 to 4")
    first, last = parts[symmetry]
    return torch.stack([around[i] for i in range(first, last)])


def _mirrored(around: Tensor, candela: Tensor, last: float) -> tuple[Tensor, Tensor]:
    """Planes from 0 to `last`, and those beyond it that are like them."""
    return torch.cat((around, 2 * last - around)), torch.cat((candela, candela))
