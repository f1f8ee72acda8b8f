"""What may be written in an expression: Python reads it, and all that is not on the list is refused with a sentence."""

import ast
import keyword
import math
import re
from collections.abc import Iterator, Mapping

from .errors import RimlightError, listing
from .expression_functions import ARGUMENTS, BINARY, COMPARE

MAX_LENGTH = 4000
MAX_DEPTH = 100
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}
"""Names with a fixed meaning; `frame` and all others are looked up."""

_ALLOWED = (
    "allowed are numbers, names such as frame or Blur1.size, + - * / // % **, comparisons, "
    "and, or, not, 'a if test else b' and functions"
)
_LARGEST = 1e300
_KEYWORD = re.compile(
    r"(?<![\w.])\d\w*\.\w*|((?<=\.)(?:{0})\b|(?<![\w.])(?:{0})(?=\.[A-Za-z_]))".format("|".join(keyword.kwlist))
)
"""Finds Python's own words in dotted names, as group 1: nodes may be called `in` or `class`. It matches numbers first,
without a group, as in `1.if a else 2.` the words behind the dots are meant as words."""
_JOINED = re.compile(r"(?<!\w)(?:0[xX][\da-fA-F_]*+|(?!0[xX])\d[\w.]*?)(?=and|else|for|if|in|is|not|or)")
"""A number with a word right behind it, `1if`: Python reads it, and warns on standard error."""
_FOREIGN = {"?": "'a if test else b'", "&&": "'and'", "||": "'or'", "!": "'not'", "^": "'**' for a power"}


class ExpressionError(RimlightError, ValueError):
    """An expression that cannot be read or has no finite value. The position counts characters from 1."""


def read(text: str) -> tuple[frozenset[str], ast.expr]:
    """The dotted names that an expression reads, and the expression itself. Raises ExpressionError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text)} characters, at most {MAX_LENGTH} are allowed")
    if not text.strip():
        raise ExpressionError("the expression is empty")
    if (place := text.find("\\") + 1) > 0:  # Python warns of some
        raise ExpressionError(f"'\\' is not part of the language (at character {place})")
    try:
        root = ast.parse(_spelled(text), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _unreadable(text, error) from None
    return _checked(text, root), root


def dotted(node: ast.expr) -> str | None:
    """`A.b.c` of nested attributes and whole-number subscripts, None for anything else."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
            parts.append(str(node.slice.value))
            node = node.value
        elif isinstance(node, ast.Name):
            return ".".join([node.id, *reversed(parts)])
        else:
            return None


def _spelled(text: str) -> str:
    """The text as it is given to Python, which reads the same out of it.

    Line breaks and tabs become blanks, as they mean nothing here, and there are none at the beginning. The words that
    `_KEYWORD` finds get a first letter in the wide form of Unicode: Python reads it as the plain one, but does not take
    the word for its own. Behind the numbers that `_JOINED` finds stands a tab; as there are no others, `_place` can
    tell which were put in.
    """
    flat = re.sub(r"\s", " ", text).lstrip()
    plain = _KEYWORD.sub(lambda found: chr(ord(found[1][0]) + 0xFEE0) + found[1][1:] if found[1] else found[0], flat)
    return _JOINED.sub(r"\g<0>\t", plain)


def _place(text: str, read: str) -> int:
    """The character of `text`, counted from 1, behind as much of it as Python has `read`."""
    return len(text) - len(text.lstrip()) + len(read) - read.count("\t") + 1


def failure(text: str, node: ast.expr, reason: str) -> ExpressionError:
    """The error for a part of an expression, with the place where that begins."""
    read = _spelled(text).encode()[: node.col_offset].decode(errors="ignore")
    return ExpressionError(f"{reason} (at character {_place(text, read)})")


def _unreadable(text: str, error: Exception) -> ExpressionError:
    for sign, meant in _FOREIGN.items():
        found = re.search(re.escape(sign) + r"(?!=)", text)
        if found:
            place = found.start() + 1
            return ExpressionError(f"'{sign}' is not part of the language, write {meant} (at character {place})")
    if not isinstance(error, SyntaxError):
        return ExpressionError("the expression is nested too deeply or holds characters that cannot be read")
    if not error.offset:  # Python found the end where it wanted more, and counts from the next line
        return ExpressionError("the expression cannot be read: something is missing at its end")
    read = _spelled(text)[: error.offset - 1]
    return ExpressionError(f"the expression cannot be read: {error.msg} (at character {_place(text, read)})")


def _checked(text: str, root: ast.expr) -> frozenset[str]:
    """The names a parsed expression reads, after refusing all that is not on the list."""
    names: set[str] = set()
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} levels deep")
        name = dotted(node)
        if name is None:
            waiting += [(child, depth + 1) for child in _children(text, node)]
        elif name in ARGUMENTS:
            raise failure(text, node, f"'{name}' is a function, expected {name}(...)")
        elif name not in CONSTANTS:
            names.add(name)
    return frozenset(names)


def _children(text: str, node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            if value > _LARGEST:
                raise failure(text, node, "the number is too large")
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() | ast.Not()):
            yield node.operand
        case ast.BinOp(op=ast.BitXor()):
            raise failure(text, node, "'^' is not part of the language, write '**' for a power")
        case ast.BinOp() if type(node.op) in BINARY:
            yield from (node.left, node.right)
        case ast.BoolOp():
            yield from node.values
        case ast.Compare() if all(type(op) in COMPARE for op in node.ops):
            yield from (node.left, *node.comparators)
        case ast.IfExp():
            yield from (node.test, node.body, node.orelse)
        case ast.Call(func=ast.Name(id=name)):
            _check_call(text, node, name)
            yield from node.args
        case _:
            raise failure(text, node, f"this is not part of the language: {_ALLOWED}")


def _check_call(text: str, node: ast.Call, name: str) -> None:
    if name not in ARGUMENTS:
        raise failure(text, node, f"there is no function '{name}', known are {listing(sorted(ARGUMENTS), 99)}")
    least, most = ARGUMENTS[name]
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise failure(text, node, f"{name} takes plain arguments only")
    if not least <= len(node.args) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        raise failure(text, node, f"{name} takes {count} argument{'s' * (most > 1)}, found {len(node.args)}")
