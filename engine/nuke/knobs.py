"""The knobs of a node of Nuke, read: numbers, curves, expressions, channels. What is read counts as dealt with."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..curve import Curve
from ..region import Format
from ..values import Expr
from .channels import channel_of, channels_of
from .curves import parse_curve
from .driven import driven
from .expressions import OTHER_NUMBERS, UntranslatableError, translate
from .naming import without_tcl
from .reading import NukeNode
from .values import FALSE, TRUE, Component, number_of, without_baked
from .words import Word, items

if TYPE_CHECKING:
    from .links import Links

_LINK = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+\Z")
_ELSEWHERE = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)\s*\((?=\s*(?:frame|t|x)\s*(?:[-+]\s*[\d.]+\s*)?\))")
"""A knob so many frames away."""
_AT_FRAME = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)\s*\(\s*(-?\d+\.?\d*)\s*\)")
"""A knob at one frame, `Blur1.size(10)`."""


class Knobs:
    """Reads knobs of one node, and keeps what could not be kept of them.

    format, frames : of the script. taken : knobs that were dealt with. notes : sentences; left : knobs without a
    counterpart. variables : names that mean something in expressions of pixels.
    """

    def __init__(self, node: NukeNode, names: "Links", ignored: str = "") -> None:
        self.node = node
        self.notes: list[str] = []
        self.taken: set[str] = set(ignored.split())
        self.left: list[str] = []
        self.variables: set[str] = set()
        self._names = names

    @property
    def format(self) -> Format:
        return self._names.format

    @property
    def frames(self) -> tuple[int, int]:
        return self._names.frames

    def leave(self, knob: str) -> None:
        """A knob has no counterpart."""
        self.taken.add(knob)
        text = " ".join(self.node.text(knob).split())
        told = f"{knob} {text[:60]}{'…' if len(text) > 60 else ''}".strip()
        if told not in self.left:
            self.left.append(told)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    @staticmethod
    def items(text: str) -> list[Word]:
        """The words of a list."""
        return items(text)

    @staticmethod
    def channel(text: str) -> str:
        """One channel in our names, `none` where it is switched off."""
        return channel_of(text)

    @staticmethod
    def channels(text: str) -> str:
        """A choice of channels in our names."""
        return channels_of(text)

    def curve(self, text: str) -> Curve | None:
        """The curve of the words behind `curve`, None where it has no keys; what is lost of it is noted."""
        found, lost = parse_curve(text)
        if lost:
            self.note(f"{lost} was left out")
        return found

    def component(self, row: Mapping[str, str], name: str) -> Component | None:
        """A number of a table, whose cells are in braces where they are animated; None where there is none."""
        words = items(row.get(name, ""))
        return self._component(name, words[0]) if words else None

    def pixel_expression(self, knob: str) -> str:
        """An expression of pixels in our language, empty where there is none or it cannot be kept, which is noted."""
        text = self.text(knob).strip()
        if not text:
            return ""
        try:
            return translate(text, self._pixel_name)
        except UntranslatableError as error:
            self.note(f"{knob} '{text[:60]}' could not be kept, because {error}")
            return ""

    def _pixel_name(self, name: str) -> str | None:
        """A name in an expression of pixels: channels, places, variables, and links to knobs."""
        front, _, rest = name.partition(".")
        side = front[:1] if front in ("A", "B") or (len(front) == 2 and front[0] in "AB") else ""
        if name in self.variables or name in ("width", "height", "frame", "pi", "e"):
            return name
        if name in ("x", "y"):  # which count pixels in Nuke, and are their centres here
            return f"({name} - 0.5)"
        if name in ("cx", "cy"):
            return "((x - width / 2) / (width / 2))" if name == "cx" else "((y - height / 2) / (width / 2))"
        letter = {"red": "r", "green": "g", "blue": "b", "alpha": "a"}.get(name, name)
        if letter in ("r", "g", "b", "a") or (side and len(name) == 2 and name[1] in "rgba"):
            return letter
        if side and rest:
            inner = channel_of(rest)
            return f"{side}{inner[5:].lower()}" if inner.startswith("rgba.") else f"{side}.{inner}"
        found = self._names(self.node, name)
        if found is not None:
            return found if re.fullmatch(r"-?[\d.e+-]+", found) else None
        inner = channel_of(name)
        return inner[5:].lower() if inner.startswith("rgba.") else inner if rest else None

    def length_of(self, number: int) -> tuple[int, int] | None:
        """First and last frame of what is wired to an input, where the script says so."""
        node = self.node.inputs[number] if number < len(self.node.inputs) else None
        for _ in range(1000):
            if node is None:
                return None
            knobs = ("first_frame", "last_frame") if node.cls == "FrameRange" else ("first", "last")
            first, last = (number_of(node.text(knob)) for knob in knobs)
            if node.cls in ("Read", "FrameRange"):
                return None if last is None else (round(first if first is not None else 1), round(last))
            node = node.inputs[0] if node.inputs else None
        return None

    def has(self, knob: str) -> bool:
        return knob in self.node.knobs

    def file(self, knob: str) -> str:
        """The file that a knob names, with the variables and the script's folder in our way of writing them; Tcl that
        says anything else is noted.
        """
        text = without_tcl(self.text(knob).strip(), self._names.root)
        if "[" in text:
            self.note(f"the file name holds Tcl, which is not run here: {text[:80]}")
        return text

    def text(self, knob: str, default: str = "") -> str:
        self.taken.add(knob)
        return self.node.text(knob, default)

    def flag(self, knob: str, default: bool = False) -> bool:
        """A switch; what is animated counts as its default, and is noted."""
        text = self.text(knob, str(default)).strip().lower()
        if text not in TRUE and text not in FALSE:
            self.leave(knob)
            return default
        return text in TRUE

    def numbers(self, knob: str) -> tuple[Component, ...]:
        """The numbers of a knob, some of which may be animated; empty where it has none, or one that cannot be read,
        which is noted.
        """
        found = self.each_number(knob)
        return tuple(c for c in found if c is not None) if None not in found else ()

    def each_number(self, knob: str) -> tuple[Component | None, ...]:
        """As `numbers`, with None for what has no value or cannot be read."""
        self.taken.add(knob)
        return tuple(self._component(knob, item) for item in self._words(knob))

    def _words(self, knob: str) -> list[Word]:
        """The words of a knob; of one that is split, `default 1 left 2`, those that hold for all views."""
        word = self.node.knobs.get(knob)
        words = items(word.text) if word is not None else []
        if len(words) > 1 and words[0] == Word("default", "", words[0].line):
            self.note(f"{knob}: the values of single views were left out")
            return items(words[1].text) if words[1].braced and not words[1].text.startswith("curve") else [words[1]]
        return words

    def number(self, knob: str, default: float = 0.0) -> Component:
        return next(iter(self.numbers(knob)), default)

    def plain(self, knob: str, *default: float) -> tuple[float, ...]:
        """Numbers of a knob that stay the same; of animated ones the first key, which is noted. One counts for all.

        default : what there is without the knob, as many as are wanted, or none.
        """
        found = self.numbers(knob)
        if not found:
            return default
        out = []
        for value in found:
            if isinstance(value, Expr):
                self.leave(knob)
                return default
            if isinstance(value, Curve):
                self.note(f"the animation of {knob} was left out")
            out.append(value.keys[0].value if isinstance(value, Curve) else value)
        return tuple(out) * max(len(default), 1) if len(out) == 1 else tuple(out)

    def _held(self, found: "re.Match[str]") -> str:
        """The number that a knob is at one frame; the text as it is where that cannot be told."""
        value = self._names.written(self.node, found[1])
        number = value.at(float(found[2])) if isinstance(value, Curve) else number_of(value or "")
        return found[0] if number is None else f"({number:.12g})"

    def _elsewhere(self, source: str) -> Curve | None:
        """The curve that an expression over another knob at another frame gives, `Blur1.size(frame - 3) * 2`, None
        where it is none or its other knob is not animated by keys.
        """
        names = {found[1] for found in _ELSEWHERE.finditer(source)}
        if len(names) != 1:
            return None
        (name,) = names
        found = self._names.written(self.node, name)
        if isinstance(found, str):
            number = number_of(found)
            found = None if number is None else Curve.of((0, number))
        plain = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", "curve", source)
        return None if found is None else driven(plain, found)

    def _component(self, knob: str, word: Word) -> Component | None:
        text = word.text.strip()
        if not word.quoting:
            number = number_of(text)
            if number is None:
                self.note(f"{knob}: '{text[:40]}' is no number")
            return number
        if not text:
            return None
        if re.match(r"curve(\s|$)", text):
            curve, lost = parse_curve(text[5:])
            if lost:
                self.note(f"{knob}: {lost} was left out")
            return None if curve is None else _plain(curve)
        parts = items(text)
        return self._expression(knob, text, parts) if parts else None

    def _expression(self, knob: str, text: str, parts: Sequence[Word]) -> Component | None:
        """What an expression comes to: a number or a curve where it is one in truth, else the same in our language, or
        the last value that Nuke wrote behind it. parts : the words of `text`.
        """
        source, baked = without_baked(parts[0].text if len(parts) == 1 else text, parts)
        source, held = _AT_FRAME.subn(self._held, source)
        if held and (number := number_of(source.strip(" ()"))) is not None:
            return number
        own = parse_curve(" ".join(part.text for part in parts[1:]))[0] if parts[0].quoting else None
        curve = driven(source, own) if own is not None else self._elsewhere(source)
        if curve is not None:
            return _plain(curve)
        told = f"the expression '{text[:60]}' of {knob}"
        if re.search(rf"\b({'|'.join(OTHER_NUMBERS)})\s*\(", source):
            self.note(f"{told} gives other numbers, though of the same make")
        try:
            if _LINK.match(source) and (curve := self._names.curve(self.node, source)) is not None:
                return curve
            return Expr(translate(source, lambda name: self._names(self.node, name)))
        except UntranslatableError as error:
            kept = " and was replaced by its last value" if baked is not None else ""
            self.note(f"{told} could not be kept{kept}, because {error}")
            return baked


def _plain(curve: Curve) -> Component:
    """The number that a curve always is, or itself."""
    return curve.keys[0].value if curve.is_constant else curve
