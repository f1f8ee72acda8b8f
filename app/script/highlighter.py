"""Colours for Python."""

import builtins
import keyword
import re

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from .. import theme

_TOKENS = re.compile(
    r"(?P<comment>\#.*)"
    r"|(?P<triple>(?i:[rbfu]{0,2})(?P<quotes>\"\"\"|'''))"
    r"|(?P<string>(?i:[rbfu]{0,2})(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?))"
    r"|(?P<number>\b(?:0[xob][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:e[+-]?\d+)?)\b)"
    r"|(?P<name>[A-Za-z_]\w*)"
)
_QUOTES = ('"""', "'''")
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_OURS = frozenset(("session", "s", "frame", "selection"))


class Highlighter(QSyntaxHighlighter):
    """Keywords, strings, comments, numbers, built-in names, and those that the editor provides."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._looks = {
            "comment": _look("text.dim"),
            "string": _look("success"),
            "number": _look("information"),
            "keyword": _look("accent"),
            "builtin": _look("information"),
            "ours": _look("value.expression"),
        }

    def highlightBlock(self, text: str) -> None:
        at = 0
        self.setCurrentBlockState(0)
        inside = self.previousBlockState()
        if inside in (1, 2):
            at = self._string(text, 0, 0, _QUOTES[inside - 1])
        while found := _TOKENS.search(text, at):
            at = found.end()
            what = found.lastgroup if found["triple"] is None else "triple"
            if what == "triple":
                at = self._string(text, found.start(), found.end(), found["quotes"])
            elif what == "name":
                look = _kind_of_name(found["name"], text[: found.start()])
                if look:
                    self.setFormat(found.start(), len(found[0]), self._looks[look])
            elif what is not None:
                self.setFormat(found.start(), len(found[0]), self._looks[what])

    def _string(self, text: str, start: int, at: int, quotes: str) -> int:
        """Colour a long string to its end, or to the end of the line and on in the next one; returns where it ends."""
        end = text.find(quotes, at)
        if end < 0:
            self.setCurrentBlockState(1 + _QUOTES.index(quotes))
            end = len(text)
        else:
            end += len(quotes)
        self.setFormat(start, end - start, self._looks["string"])
        return end


def _kind_of_name(name: str, before: str) -> str:
    if before.endswith("."):
        return ""
    if keyword.iskeyword(name):
        return "keyword"
    return "ours" if name in _OURS else "builtin" if name in _BUILTINS else ""


def _look(color: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(theme.color(color))
    return made
