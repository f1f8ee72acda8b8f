"""Finding by a few letters, and remembering what is used most."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True)
class Entry:
    """Something that can be chosen. key : what it stands for. text : its name. where : its category or place.

    more : words that find it, too, less well. tint : a colour, `#rrggbb`. tip : a sentence about it. short : a
    shorter name, such as `environment` of EnvironmentLight, which comes first among those that begin with it.
    """

    key: str
    text: str
    where: str = ""
    more: str = ""
    tint: str = ""
    tip: str = ""
    short: str = ""


def score(query: str, text: str) -> float:
    """How well a query fits a text, 0 when it does not: its letters in order, best at the beginnings of words.

    The whole name is 100, its beginning 80 and more, beginnings of words 60 and more, a part 50 and more, scattered
    letters less.
    """
    wanted, plain = query.lower().replace(" ", ""), text.lower()
    if not wanted:
        return 1.0
    if plain == wanted:
        return 100.0
    brief = min(len(wanted) / max(1, len(plain)), 1.0) * 10
    if plain.startswith(wanted):
        return 80 + brief
    starts = [found.start() for found in _WORDS.finditer(text)]
    if _by_starts(wanted, plain, starts):
        return 60 + brief
    if wanted in plain.replace(" ", ""):
        return 50 + brief
    gaps = _gaps(wanted, plain)
    return 0.0 if gaps is None else max(5.0, 30 + brief - 5 * gaps)


def _by_starts(wanted: str, plain: str, starts: list[int]) -> bool:
    """Whether the letters are beginnings of the words, `cc` of ColorCorrect, `colco` too."""
    reached = {0}
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(plain)
        word = plain[start:end]
        for done in tuple(reached):
            length = 0
            while done + length < len(wanted) and length < len(word) and wanted[done + length] == word[length]:
                length += 1
                reached.add(done + length)
    return len(wanted) in reached


def _gaps(wanted: str, plain: str) -> int | None:
    """How many pieces the letters are scattered into, None when they are not all there in this order."""
    at, gaps = -1, 0
    for letter in wanted:
        found = plain.find(letter, at + 1)
        if found < 0:
            return None
        gaps += found != at + 1
        at = found
    return gaps


def ranked(query: str, entries: Iterable[Entry], uses: Mapping[str, int] | None = None) -> list[Entry]:
    """The entries that fit, best first; among those that fit alike what is used more."""
    uses, wanted = uses or {}, query.lower()
    found = []
    for number, entry in enumerate(entries):
        fit = max(score(query, entry.text), 0.6 * score(query, entry.more), 0.4 * score(query, entry.where))
        if fit > 0:
            fit += bool(wanted) and entry.short.startswith(wanted)
            found.append((-(fit + 4 * log2(1 + uses.get(entry.key, 0))), number, entry))
    return [entry for _, _, entry in sorted(found, key=lambda f: f[:2])]
