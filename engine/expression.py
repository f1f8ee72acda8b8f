"""The arithmetic of parameter expressions and of the per-pixel Expression node, in one language.

Python's own syntax, read with `ast` and cut down to an allow-list: numbers, names, arithmetic, comparisons, `and`,
`or`, `not`, `a if test else b` and the functions of `expression_functions`. No code is ever executed.
"""

import ast
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .expression_reading import read
from .expression_values import Scalars, Tensors, number_of


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
        return Expression(text, *read(text))

    def evaluate(self, lookup: Callable[[str], float]) -> float:
        """The value, with `lookup` giving the number behind each name. Everything is a float; truth is 1 or 0.

        Raises ExpressionError where the value is not a finite number. Only the chosen side of a condition is computed.
        """
        return Scalars(self.text, lookup).run(self._root)

    def evaluate_tensors(self, variables: Mapping[str, Tensor | float]) -> Tensor:
        """The value for every element of the variables, which broadcast: a float32 tensor of their common shape.

        Follows IEEE 754 where there is no finite value. Both sides of a condition on elements are computed. Raises
        ExpressionError for a name that is not among the variables.
        """
        tensors = [v for v in variables.values() if isinstance(v, Tensor)]
        shape = torch.broadcast_shapes(*(t.shape for t in tensors))  # type: ignore[no-untyped-call]
        result = number_of(Tensors(self.text, variables).run(self._root)).to(torch.float32)
        if tensors and result.device != tensors[0].device:
            result = result.to(tensors[0].device)
        return result.expand(shape)
