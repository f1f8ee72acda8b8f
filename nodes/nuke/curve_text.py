"""Nuke's text of curves, as Roto and RotoPaint keep shapes and strokes in it: words, numbers, keys, attributes.

Numbers may be the bits of a float in hexadecimal, and lists of keys `{time value}` where they are animated.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rimlight.engine import Curve, Key, NukeConversion

from ..ops.drawn import Number

_DEPTH = 30
_MOST_KEYS = 5000
Track = float | tuple[tuple[float, float], ...]
"""A number, or its keys: frames and values."""
Words = list[tuple[str, bool]]
"""Words, and whether each was in braces."""


def words_of(c: NukeConversion, text: str) -> Words:
    """The words of a list."""
    return [(word.text, word.braced) for word in c.items(text)]


class Found(NamedTuple):
    """A shape, `curvegroup`, or a stroke, `cubiccurve`. layers : the transforms of those around it that move it."""

    head: str
    name: str
    parts: Words
    layers: tuple[tuple[Track, ...], ...]


def elements_of(
    c: NukeConversion, text: str, depth: int = 0, layers: tuple[tuple[Track, ...], ...] = ()
) -> Iterator[Found]:
    """The shapes and strokes in a tree of layers, in its order: the first lies on top."""
    if depth > _DEPTH:
        return
    parts = words_of(c, text)
    head = parts[0][0] if parts and not parts[0][1] else ""
    if head in ("curvegroup", "cubiccurve"):
        yield Found(head, parts[1][0], parts, layers)
        return
    if head == "layer":
        given = (tuple(numbers_of(c, p)) for p, braced in parts if braced and p.startswith(("t ", "tx ")))
        layers = (*layers, *(numbers for numbers in given if moves(list(numbers))))
    for part, braced in parts:
        if braced:
            yield from elements_of(c, part, depth + 1, layers)


def tracks_of(c: NukeConversion, text: str) -> list[Track]:
    """Numbers that may be animated."""
    return [track_of(c, part, braced) for part, braced in words_of(c, text)]


def track_of(c: NukeConversion, text: str, braced: bool) -> Track:
    """A number; what is animated is a list of keys, with an expression before them if it has one."""
    if not braced:
        return _float(text)
    keys = []
    parts = words_of(c, text)
    for part, inner in parts:
        numbers = [_float(p) for p, b in words_of(c, part)[:2] if not b] if inner else []
        if len(numbers) == 2:
            keys.append((numbers[0], numbers[1]))
    if not keys:  # one key without braces of its own, or the value behind an expression
        numbers = [_float(p) for p, b in parts if not b and not p.startswith("=")]
        if len(numbers) >= 2 and not text.startswith("="):
            return numbers[1]
        return numbers[-1] if numbers else 0.0
    keys = sorted(dict(keys).items())[:_MOST_KEYS]
    return keys[0][1] if len(keys) == 1 else tuple(keys)


def _float(text: str) -> float:
    if text.startswith("x") and len(text) == 9:
        number = float(struct.unpack(">f", bytes.fromhex(text[1:]))[0])
    else:
        number = float(int(text, 16)) if text.startswith("0x") else float(text)
    return number if abs(number) < 1e7 else 0.0


def numbers_of(c: NukeConversion, text: str) -> list[Track]:
    """The numbers of a transform: the pivot, then translation, rotation and scale, three each.

    `tx` has the frame of its one key in front.
    """
    found = tracks_of(c, text.split(None, 1)[1] if len(text.split()) > 1 else "")
    return found[1:] if text.startswith("tx") else found


def attributes_of(c: NukeConversion, text: str) -> dict[str, Track]:
    """The attributes of a shape or stroke that are not at their defaults."""
    parts = words_of(c, text)[1:]
    return {name: track_of(c, *value) for (name, _), value in zip(parts[::2], parts[1::2], strict=False)}


def moves(numbers: list[Track]) -> bool:
    """Whether a transform does anything."""
    rest = [*numbers[3:6], *numbers[6:9]]
    return any(n != 0 for n in rest) or any(n not in (0, 1) for n in numbers[9:12])


def at_frame(track: Track, frame: float) -> float:
    """A number at a frame."""
    return track if isinstance(track, float) else curve_of(track).at(frame)


def curve_of(track: tuple[tuple[float, float], ...]) -> Curve:
    """Keys as a curve."""
    return Curve(tuple(Key(frame, value) for frame, value in track))


def layer_of(c: NukeConversion, elements: Sequence[Found]) -> dict[str, Any]:
    """What moves all elements as one, as members of a node, where that is one layer; else it is noted."""
    around = {element.layers for element in elements}
    if around <= {()}:
        return {}
    if len(around) == 1 and len(layers := next(iter(around))) == 1 and len(layers[0]) >= 11:
        return placement_of(list(layers[0]))
    for element in elements:
        if element.layers:
            c.note(f"the transform of the layer around {element.name} was left out")
    return {}


def placement_of(numbers: list[Track]) -> dict[str, Any]:
    """A transform of 11 numbers and more as the members of a stroke or shape."""
    at = [number_of(n) for n in numbers]
    return {"center": (at[0], at[1]), "translate": (at[3], at[4]), "rotate": at[8], "scale": (at[9], at[10])}


def number_of(track: Track) -> Number:
    """A number as shapes hold it."""
    return track if isinstance(track, float) else curve_of(track)
