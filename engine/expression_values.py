"""What expressions come to, on numbers and on tensors."""

import ast
import functools
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .errors import listing
from .expression_functions import BINARY, COMPARE, SCALAR, TENSOR
from .expression_reading import CONSTANTS, ExpressionError, dotted, failure


class Scalars:
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
            raise failure(self.text, node, "division by zero") from None
        except OverflowError:
            raise failure(self.text, node, "the result is too large") from None
        except ExpressionError:
            raise
        except ValueError:
            raise failure(self.text, node, "has no real value here") from None
        if not math.isfinite(value):
            raise failure(self.text, node, "the result is too large")
        return value

    def _value(self, node: ast.expr) -> float:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return not self.run(node.operand)
            case ast.UnaryOp():
                value = self.run(node.operand)
                return -value if isinstance(node.op, ast.USub) else value
            case ast.BinOp():
                return float(BINARY[type(node.op)][0](self.run(node.left), self.run(node.right)))
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
            if not COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def _name(self, node: ast.expr, name: str) -> float:
        if name in CONSTANTS:
            return CONSTANTS[name]
        try:
            value = float(self.lookup(name))
        except KeyError:
            raise failure(self.text, node, f"there is no '{name}'") from None
        if not math.isfinite(value):
            raise failure(self.text, node, f"'{name}' is {value}, expected a finite number")
        return value


class Tensors:
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
                value = number_of(self.run(node.operand))
                return -value if isinstance(node.op, ast.USub) else value
            case ast.BinOp():
                return BINARY[type(node.op)][1](number_of(self.run(node.left)), number_of(self.run(node.right)))
            case ast.BoolOp():
                join = torch.logical_and if isinstance(node.op, ast.And) else torch.logical_or
                return functools.reduce(join, (self._truth(v) for v in node.values))
            case ast.Compare():
                values = [number_of(self.run(v)) for v in (node.left, *node.comparators)]
                pairs = zip(node.ops, values, values[1:], strict=False)
                tests: list[Tensor] = [COMPARE[type(op)](a, b) for op, a, b in pairs]
                return functools.reduce(torch.logical_and, tests)
            case ast.IfExp():
                test = self._truth(node.test)
                if test.dim() == 0 and test.device.type == "cpu":
                    return self.run(node.body if test else node.orelse)
                return torch.where(test, number_of(self.run(node.body)), number_of(self.run(node.orelse)))
            case ast.Call(func=ast.Name(id=name)):
                return TENSOR[name](*(number_of(self.run(a)) for a in node.args))
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
            raise failure(self.text, node, f"there is no '{name}', known are {known}")
        value = self.variables[name]
        return value if isinstance(value, Tensor) else _single(value)


def _single(value: float) -> Tensor:
    return torch.tensor(float(value), dtype=torch.float64)


def number_of(value: Tensor) -> Tensor:
    """Truth as 1 and 0, numbers as they are."""
    return value.to(torch.float32) if value.dtype == torch.bool else value
