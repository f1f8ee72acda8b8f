"""The arithmetic of parameter expressions and of the per-pixel Expression node, in one language.

Python's own syntax, read with `ast` and cut down to an allow-list: numbers, names, arithmetic, comparisons, `and`,
`or`, `not`, `a if test else b` and the functions of `expression_functions`. No code is ever executed.
"""

import ast
import functools
import keyword
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from .errors import RimlightError, listing
from .expression_functions import ARGUMENTS, SCALAR, TENSOR

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
"""Python's own words where they are parts of a dotted name, as the group: nodes may be called `in` or `class`. Numbers
come first, as the words in `1.if a else 2.` are words."""
_JOINED = re.compile(r"(?<!\w)(?:0[xX][\da-fA-F_]*+|(?!0[xX])\d[\w.]*?)(?=and|else|for|if|in|is|not|or)")
"""A number with a word right behind it, `1if`: Python reads it, and warns on standard error."""
_FOREIGN = {"?": "'a if test else b'", "&&": "'and'", "||": "'or'", "!": "'not'", "^": "'**' for a power"}


class ExpressionError(RimlightError, ValueError):
    """An expression that cannot be read or has no finite value. The position counts characters from 1."""


def _divided(a: Any, b: Any) -> Any:
    return torch.div(a, b, rounding_mode="floor")


_BINARY: Mapping[type[ast.operator], tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    ast.Add: (operator.add, torch.add),
    ast.Sub: (operator.sub, torch.sub),
    ast.Mult: (operator.mul, torch.mul),
    ast.Div: (operator.truediv, torch.true_divide),
    ast.FloorDiv: (operator.floordiv, _divided),
    ast.Mod: (operator.mod, torch.remainder),
    ast.Pow: (math.pow, TENSOR["pow"]),
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


@dataclass(frozen=True)
class Expression:
    """A checked expression. Made by `parse`; equal when the texts are.

    names : the dotted names it reads, `frame` among them when it does. `Grade1.matrix[3]` reads `Grade1.matrix.3`.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    _root: ast.expr = field(compare=False, repr=False)

    @staticmethod
    @functools.lru_cache(maxsize=1024)
    def parse(text: str) -> "Expression":
        """Read and check an expression. Raises ExpressionError with a sentence that says what is wrong and where."""
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
        return Expression(text, _checked(text, root), root)

    def evaluate(self, lookup: Callable[[str], float]) -> float:
        """The value, with `lookup` giving the number behind each name. Everything is a float; truth is 1 or 0.

        Raises ExpressionError where the value is not a finite number. Only the chosen side of a condition is computed.
        """
        return _Scalars(self.text, lookup).run(self._root)

    def evaluate_tensors(self, variables: Mapping[str, Tensor | float]) -> Tensor:
        """The value for every element of the variables, which broadcast: a float32 tensor of their common shape.

        Follows IEEE 754 where there is no finite value. Both sides of a condition on elements are computed. Raises
        ExpressionError for a name that is not among the variables.
        """
        tensors = [v for v in variables.values() if isinstance(v, Tensor)]
        shape = torch.broadcast_shapes(*(t.shape for t in tensors))  # type: ignore[no-untyped-call]
        result = _number(_Tensors(self.text, variables).run(self._root)).to(torch.float32)
        if tensors and result.device != tensors[0].device:
            result = result.to(tensors[0].device)
        return result.expand(shape)


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
    """The same as Python is to read it: blanks for line breaks and indentation, which mean nothing here, none at the
    beginning; the first letters of `_KEYWORD` in the wide form, which it reads as the plain one but not as its own
    words; and tabs, of which nothing else is left, behind the numbers of `_JOINED`.
    """
    flat = re.sub(r"\s", " ", text).lstrip()
    plain = _KEYWORD.sub(lambda found: chr(ord(found[1][0]) + 0xFEE0) + found[1][1:] if found[1] else found[0], flat)
    return _JOINED.sub(r"\g<0>\t", plain)


def _place(text: str, read: str) -> int:
    """The character of `text`, counted from 1, behind as much of it as Python has `read`."""
    return len(text) - len(text.lstrip()) + len(read) - read.count("\t") + 1


def _failure(text: str, node: ast.expr, reason: str) -> ExpressionError:
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
            raise _failure(text, node, f"'{name}' is a function, expected {name}(...)")
        elif name not in CONSTANTS:
            names.add(name)
    return frozenset(names)


def _children(text: str, node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            if value > _LARGEST:
                raise _failure(text, node, "the number is too large")
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() | ast.Not()):
            yield node.operand
        case ast.BinOp(op=ast.BitXor()):
            raise _failure(text, node, "'^' is not part of the language, write '**' for a power")
        case ast.BinOp() if type(node.op) in _BINARY:
            yield from (node.left, node.right)
        case ast.BoolOp():
            yield from node.values
        case ast.Compare() if all(type(op) in _COMPARE for op in node.ops):
            yield from (node.left, *node.comparators)
        case ast.IfExp():
            yield from (node.test, node.body, node.orelse)
        case ast.Call(func=ast.Name(id=name)):
            _check_call(text, node, name)
            yield from node.args
        case _:
            raise _failure(text, node, f"this is not part of the language: {_ALLOWED}")


def _check_call(text: str, node: ast.Call, name: str) -> None:
    if name not in ARGUMENTS:
        raise _failure(text, node, f"there is no function '{name}', known are {listing(sorted(ARGUMENTS), 99)}")
    least, most = ARGUMENTS[name]
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise _failure(text, node, f"{name} takes plain arguments only")
    if not least <= len(node.args) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        raise _failure(text, node, f"{name} takes {count} argument{'s' * (most > 1)}, found {len(node.args)}")


class _Scalars:
    """Evaluates on floats, lazily, with every intermediate result finite."""

    def __init__(self, text: str, lookup: Callable[[str], float]) -> None:
        self.text = text
        self.lookup = lookup

    def run(self, node: ast.expr) -> float:
        name = dotted(node)
        if name is not None:
            return self._name(node, name)
        try:
            value = float(self._value(node))
        except ZeroDivisionError:
            raise _failure(self.text, node, "division by zero") from None
        except OverflowError:
            raise _failure(self.text, node, "the result is too large") from None
        except ExpressionError:
            raise
        except ValueError:
            raise _failure(self.text, node, "has no real value here") from None
        if not math.isfinite(value):
            raise _failure(self.text, node, "the result is too large")
        return value

    def _value(self, node: ast.expr) -> float:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return not self.run(node.operand)
            case ast.UnaryOp():
                value = self.run(node.operand)
                return -value if isinstance(node.op, ast.USub) else value
            case ast.BinOp():
                return float(_BINARY[type(node.op)][0](self.run(node.left), self.run(node.right)))
            case ast.BoolOp(op=ast.And()):
                return all(self.run(v) for v in node.values)
            case ast.BoolOp():
                return any(self.run(v) for v in node.values)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                return self.run(node.body if self.run(node.test) else node.orelse)
            case ast.Call(func=ast.Name(id=name)):
                return SCALAR[name](*(self.run(a) for a in node.args))
        assert isinstance(node, ast.Constant)
        assert isinstance(node.value, (int, float))
        return node.value

    def _compare(self, node: ast.Compare) -> bool:
        left = self.run(node.left)
        for op, operand in zip(node.ops, node.comparators, strict=True):
            right = self.run(operand)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def _name(self, node: ast.expr, name: str) -> float:
        if name in CONSTANTS:
            return CONSTANTS[name]
        try:
            value = float(self.lookup(name))
        except KeyError:
            raise _failure(self.text, node, f"there is no '{name}'") from None
        if not math.isfinite(value):
            raise _failure(self.text, node, f"'{name}' is {value}, expected a finite number")
        return value


class _Tensors:
    """Evaluates on tensors. Single numbers are float64 CPU tensors without dimensions, which mix with any device."""

    def __init__(self, text: str, variables: Mapping[str, Tensor | float]) -> None:
        self.text = text
        self.variables = variables

    def run(self, node: ast.expr) -> Tensor:
        name = dotted(node)
        if name is not None:
            return self._name(node, name)
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return ~self._truth(node.operand)
            case ast.UnaryOp():
                value = _number(self.run(node.operand))
                return -value if isinstance(node.op, ast.USub) else value
            case ast.BinOp():
                return _binary(node.op, _number(self.run(node.left)), _number(self.run(node.right)))
            case ast.BoolOp():
                join = torch.logical_and if isinstance(node.op, ast.And) else torch.logical_or
                return functools.reduce(join, (self._truth(v) for v in node.values))
            case ast.Compare():
                values = [_number(self.run(v)) for v in (node.left, *node.comparators)]
                pairs = zip(node.ops, values, values[1:], strict=False)
                tests: list[Tensor] = [_COMPARE[type(op)](a, b) for op, a, b in pairs]
                return functools.reduce(torch.logical_and, tests)
            case ast.IfExp():
                test = self._truth(node.test)
                if test.dim() == 0 and test.device.type == "cpu":
                    return self.run(node.body if test else node.orelse)
                return torch.where(test, _number(self.run(node.body)), _number(self.run(node.orelse)))
            case ast.Call(func=ast.Name(id=name)):
                return TENSOR[name](*(_number(self.run(a)) for a in node.args))
        assert isinstance(node, ast.Constant)
        assert isinstance(node.value, (int, float))
        return _single(node.value)

    def _truth(self, node: ast.expr) -> Tensor:
        value = self.run(node)
        return value if value.dtype == torch.bool else value != 0

    def _name(self, node: ast.expr, name: str) -> Tensor:
        if name in CONSTANTS:
            return _single(CONSTANTS[name])
        if name not in self.variables:
            known = listing(sorted(self.variables), 40)
            raise _failure(self.text, node, f"there is no '{name}', known are {known}")
        value = self.variables[name]
        return value if isinstance(value, Tensor) else _single(value)


def _single(value: float) -> Tensor:
    return torch.tensor(float(value), dtype=torch.float64)


def _number(value: Tensor) -> Tensor:
    return value.to(torch.float32) if value.dtype == torch.bool else value


def _binary(op: ast.operator, a: Tensor, b: Tensor) -> Tensor:
    result: Tensor = _BINARY[type(op)][1](a, b)
    return result
