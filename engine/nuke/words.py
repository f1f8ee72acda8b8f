"""The words of a Nuke script. They are written as a Tcl list: bare, in quotes, or in braces that nest.

The reader takes whatever it is given: what is never closed ends with the text, a brace too many is skipped. So every
text has words, in time that grows with its length alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_SPACE = re.compile(r"(?:[ \t\r\f\v;]|\\\r?\n)+")
_BARE = re.compile(r"(?:[^\s;{}\"\\\[]|\\.)+", re.DOTALL)
_BRACES = re.compile(r"[{}]|\\.", re.DOTALL)
_QUOTE = re.compile(r'"|\\.', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]]|\\.", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{1,4})|x([0-9A-Fa-f]{1,2})|(\r?\n[ \t]*)|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Word(NamedTuple):
    """A word without its quotes or braces. quoting : `{`, `"` or empty; line : the number of the line it begins in."""

    text: str
    quoting: str = ""
    line: int = 1

    @property
    def braced(self) -> bool:
        return self.quoting == "{"


NEWLINE = Word("\n", "\n")
"""Stands between the words of two lines."""


def scan(text: str, line: int = 1) -> Iterator[Word]:
    """The words of a text, and `NEWLINE` at the end of each line that is in no word; lines after a # are left out."""
    at, fresh = 0, True
    while at < len(text):
        sign = text[at]
        if space := _SPACE.match(text, at):
            line += space[0].count("\n")
            at = space.end()
            continue
        if sign == "\n":
            yield NEWLINE
            at, line, fresh = at + 1, line + 1, True
            continue
        if sign == "#" and fresh:
            end = text.find("\n", at)
            at = end if end >= 0 else len(text)
            continue
        fresh = False
        if sign == "}":
            at += 1
            continue
        word, end = _word(text, at, line)
        yield word
        line += text.count("\n", at, end)
        at = end


def items(text: str) -> list[Word]:
    """The words of a list, line ends being blanks."""
    return [word for word in scan(text.replace("\n", " ")) if word is not NEWLINE]


def _word(text: str, at: int, line: int) -> tuple[Word, int]:
    """The word that begins at a place, and where it ends."""
    if text[at] == "{":
        end = _closing(text, at, _BRACES, "{", "}")
        return Word(text[at + 1 : end], "{", line), end + 1
    if text[at] == '"':
        found = next((m for m in _QUOTE.finditer(text, at + 1) if m[0] == '"'), None)
        end = found.start() if found else len(text)
        return Word(unescaped(text[at + 1 : end]), '"', line), end + 1
    parts, start = [], at
    while at < len(text):
        if bare := _BARE.match(text, at):
            parts.append(unescaped(bare[0]))
            at = bare.end()
        elif text[at] == "[":
            end = min(_closing(text, at, _BRACKETS, "[", "]") + 1, len(text))
            parts.append(text[at:end])
            at = end
        elif text[at] in '"{\\' and at > start:
            parts.append(text[at])
            at += 1
        else:
            break
    if at == start:  # a lone sign that begins no word
        return Word(text[at], "", line), at + 1
    return Word("".join(parts), "", line), at


def _closing(text: str, at: int, signs: re.Pattern[str], opens: str, closes: str) -> int:
    """Where the bracket that opens at a place is closed; the end of the text where it never is."""
    depth = 0
    for found in signs.finditer(text, at):
        depth += (found[0] == opens) - (found[0] == closes)
        if depth == 0:
            return found.start()
    return len(text)


def unescaped(text: str) -> str:
    """With what a backslash introduces replaced by what it means."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))
    return " " if found[3] else _LETTERS.get(found[4], found[4])
