"""JSON as scripts use it: strict to read, laid out for people and for diffs to write; and JSON of others.

Strict means what a script can never mean is refused instead of guessed: a name that stands twice in one block, NaN and
infinity, text after the end, nesting without end.
"""

import json
import math
import re
import sys
from typing import Any, Never

from .errors import ScriptError

MAX_DEPTH = 200
WIDTH = 100

_DIGITS = sys.float_info.max_10_exp + 2
"""Digits and a sign that a whole number may have within the range of floats."""
_CUT = "the text ends in the middle: the file was cut short"
_SURROGATE = re.compile("[\ud800-\udfff]")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?|[{}\[\]]')


class Block(dict[str, Any]):
    """An object whose members are written one per line, so that a diff shows the members that changed."""


def parse(text: str, name: str) -> Any:
    """The data of a JSON text. Raises ScriptError with `name` and, for bad syntax, line and column."""
    try:
        data = json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant, parse_int=_whole_or_infinite)
    except json.JSONDecodeError as error:
        what = _CUT if _is_cut(error) else error.msg[:1].lower() + error.msg[1:]
        raise ScriptError(f"{name}: line {error.lineno}, column {error.colno}: {what}") from None
    except _DuplicateError as error:
        raise ScriptError(f"{name}: line {_duplicate_line(text)}: the name {error} stands twice in one block") from None
    except ValueError as error:  # a constant that is no number
        raise ScriptError(f"{name}: {error}") from None
    except RecursionError:
        raise ScriptError(f"{name}: nested deeper than {MAX_DEPTH} levels") from None
    problem = _problem(data)
    if problem:
        raise ScriptError(f"{name}: {problem}")
    return data


def from_json(text: str | bytes) -> Any:
    """The data of JSON that is no script, such as an attribute of a picture or what is on the clipboard.

    Raises ValueError with what is wrong, also for whole numbers beyond all floats and for nesting without end.
    """
    try:
        return json.loads(text, parse_int=_whole)
    except RecursionError:
        raise ValueError("it is nested without end") from None


def _whole(text: str) -> int:
    value = _whole_or_infinite(text)
    if isinstance(value, float) or _is_huge(value):
        raise ValueError(f"{text:.20}... is a number that is too large")
    return value


def _whole_or_infinite(text: str) -> int | float:
    """A whole number, infinity where it is beyond all floats: Python reads none with thousands of digits."""
    return int(text) if len(text) <= _DIGITS else math.inf


def _is_cut(error: json.JSONDecodeError) -> bool:
    """Whether a text is fine as far as it goes."""
    rest = error.doc[error.pos :].strip()
    unfinished = any(word.startswith(rest) for word in ("true", "false", "null", "-"))
    return bool(error.doc.strip()) and (error.msg.startswith("Unterminated string") or unfinished)


class _DuplicateError(Exception):
    pass


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateError(next(json.dumps(n) for i, n in enumerate(names) if n in names[:i]))
    return found


def _duplicate_line(text: str) -> int:
    """The line of the first name that stands twice in one block. Only asked for when there is one."""
    blocks: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            blocks.append(set())
        elif token[0] in "]}":
            blocks.pop()
        elif token[1] is not None:
            key = json.loads(token[0][: -len(token[1])])
            if key in blocks[-1]:
                return text.count("\n", 0, token.start()) + 1
            blocks[-1].add(key)
    return 1


def _no_constant(text: str) -> Never:
    raise ValueError(f"{text} stands for a number, expected a finite one")


def _problem(data: Any) -> str:
    """What is wrong with parsed data, as a sentence; empty when nothing is. Walks without recursion."""
    level = [("", data)] if _matters(data) else []
    for _ in range(MAX_DEPTH + 1):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            if isinstance(value, dict):
                below.extend((f"{path}.{k}" if path else k, v) for k, v in value.items() if _matters(v))
            elif isinstance(value, list):
                below.extend((path, v) for v in value if _matters(v))
            else:
                return f"{path or 'it'} holds a number that is too large"
        if not below:
            return ""
        level = below
    return f"nested deeper than {MAX_DEPTH} levels at {level[0][0]}"


def _matters(value: Any) -> bool:
    """Whether there may be a problem with a value or inside it."""
    kind = type(value)
    return kind is dict or kind is list or (kind is float and not math.isfinite(value)) or _is_huge(value)


def _is_huge(value: Any) -> bool:
    """Whether a whole number is beyond all floats, which what reads scripts makes of it."""
    return type(value) is int and value.bit_length() > sys.float_info.max_exp


def render(data: Any) -> str:
    """JSON text of plain data, ending with a line break; the same data always give the same text.

    `Block`s are written one member per line, everything else on one line where it fits. Numbers are in their shortest
    form that reads back the same. Raises ScriptError for what JSON cannot hold.
    """
    try:
        return _render(data, "", 0) + "\n"
    except (TypeError, ValueError) as error:
        raise ScriptError(f"the script holds something that no script can hold: {error}") from None
    except RecursionError:
        raise ScriptError(f"the script is nested deeper than {MAX_DEPTH} levels") from None


def _render(value: Any, indent: str, taken: int) -> str:
    """`taken` is how much of the line stands before the value."""
    inner = indent + "  "
    if not value or not isinstance(value, (dict, list, tuple)):
        return flat(value)
    if not isinstance(value, Block):
        line = flat(value)
        if taken + len(line) < WIDTH:
            return line
    if isinstance(value, dict):
        keys = ((flat(str(key)) + ": ", member) for key, member in value.items())
        lines = [inner + key + _render(member, inner, len(inner) + len(key)) for key, member in keys]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _render(member, inner, len(inner)) for member in value) + f"\n{indent}]"


def flat(value: Any) -> str:
    """JSON on one line. Raises TypeError and ValueError for what it cannot hold."""
    text = _encode(value)
    # Python spells a byte of a file name that is not UTF-8 as half of a surrogate pair; only its escape can be encoded.
    return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)
