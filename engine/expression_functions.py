"""The functions and operators of expressions, once for numbers and once for tensors, with the same results.

Numbers raise the exceptions of `math` where there is no finite answer; tensors follow IEEE 754.
"""

import ast
import functools
import math
import operator
import struct
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

# The finalizer lowbias32 (Wellons 2018): each input bit changes each output bit with a probability near one half.
_MIX = ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1))
_STEP = 0x9E3779B9
_WORD = 0xFFFFFFFF


def _hash(words: list[Any]) -> Any:
    """A 32-bit hash of 32-bit words, Python integers or int64 tensors."""
    state: Any = 0
    for word in words:
        state = (state + _STEP + word) & _WORD
        for shift, factor in _MIX:
            # Halves are multiplied apart, so that int64 never overflows.
            state = state ^ (state >> shift)
            low, high = (state & 0xFFFF) * factor, ((state >> 16) * factor & 0xFFFF) << 16
            state = (low + high) & _WORD
    return state


def _bits(x: float) -> int:
    """The bits of the nearest float32; zero has one sign."""
    return int(struct.unpack("<I", struct.pack("<f", x + 0.0))[0])


def _rand(*seeds: float) -> float:
    return float(_hash([_bits(s) for s in seeds]) >> 8) / 2**24


def _rand_tensor(*seeds: Tensor) -> Tensor:
    words = [(s.to(torch.float32) + 0.0).contiguous().view(torch.int32).to(torch.int64) & _WORD for s in seeds]
    hashed: Tensor = _hash(words)
    return (hashed >> 8).to(torch.float32) / 2**24


def _noise(floor: Callable[[Any], Any], rand: Callable[..., Any], place: tuple[Any, ...]) -> Any:
    """Value noise in -1..1: random values at whole numbers, a smooth (quintic) blend between."""
    cells = [floor(x) for x in place]
    fades = [t * t * t * (t * (t * 6 - 15) + 10) for t in (x - c for x, c in zip(place, cells, strict=True))]
    corners = [rand(*(c + (corner >> i & 1) for i, c in enumerate(cells))) for corner in range(2 ** len(place))]
    for fade in fades:
        corners = [a + (b - a) * fade for a, b in zip(corners[::2], corners[1::2], strict=True)]
    return corners[0] * 2 - 1


def _clamp(x: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(x, low), high)


def _smoothstep(low: float, high: float, x: float) -> float:
    t = _clamp((x - low) / (high - low))
    return t * t * (3 - 2 * t)


SCALAR: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "atan2": math.atan2,
    "ceil": math.ceil,
    "clamp": _clamp,
    "cos": math.cos,
    "degrees": math.degrees,
    "exp": math.exp,
    "floor": math.floor,
    "fract": lambda x: x - math.floor(x),
    "hypot": math.hypot,
    "int": math.trunc,
    "lerp": lambda a, b, t: a + (b - a) * t,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "noise": lambda *place: float(_noise(math.floor, _rand, place)),
    "pow": math.pow,
    "radians": math.radians,
    "rand": _rand,
    "round": round,
    "sign": lambda x: (x > 0) - (x < 0),
    "sin": math.sin,
    "smoothstep": _smoothstep,
    "sqrt": math.sqrt,
    "step": lambda edge, x: x >= edge,
    "tan": math.tan,
    "trunc": math.trunc,
}
"""By name, on numbers. `round` takes halves to the even neighbour; angles are in radians."""


def _clamp_tensor(x: Tensor, low: Tensor | float = 0.0, high: Tensor | float = 1.0) -> Tensor:
    if isinstance(low, float) and isinstance(high, float):
        return x.clamp(low, high)
    return torch.minimum(torch.maximum(x, torch.as_tensor(low)), torch.as_tensor(high))


def _smoothstep_tensor(low: Tensor, high: Tensor, x: Tensor) -> Tensor:
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _power(x: Tensor, exponent: Tensor) -> Tensor:
    # As a plain number, an exponent such as 2 takes torch's fast path.
    return x.pow(exponent.item() if exponent.dim() == 0 and exponent.device.type == "cpu" else exponent)


TENSOR: Mapping[str, Callable[..., Tensor]] = {
    "abs": torch.abs,
    "acos": torch.acos,
    "asin": torch.asin,
    "atan": torch.atan,
    "atan2": torch.atan2,
    "ceil": torch.ceil,
    "clamp": _clamp_tensor,
    "cos": torch.cos,
    "degrees": torch.rad2deg,
    "exp": torch.exp,
    "floor": torch.floor,
    "fract": lambda x: x - torch.floor(x),
    "hypot": torch.hypot,
    "int": torch.trunc,
    "lerp": lambda a, b, t: a + (b - a) * t,
    "log": torch.log,
    "log10": torch.log10,
    "log2": torch.log2,
    "max": lambda *xs: functools.reduce(torch.maximum, xs),
    "min": lambda *xs: functools.reduce(torch.minimum, xs),
    "noise": lambda *place: _noise(torch.floor, _rand_tensor, place),
    "pow": _power,
    "radians": torch.deg2rad,
    "rand": _rand_tensor,
    "round": torch.round,
    "sign": torch.sign,
    "sin": torch.sin,
    "smoothstep": _smoothstep_tensor,
    "sqrt": torch.sqrt,
    "step": lambda edge, x: x >= edge,
    "tan": torch.tan,
    "trunc": torch.trunc,
}
"""The same on float tensors that broadcast. Single values may be CPU tensors without dimensions beside GPU tensors."""

_MANY = 64
ARGUMENTS: Mapping[str, tuple[int, int]] = dict.fromkeys(SCALAR, (1, 1)) | {
    "atan2": (2, 2),
    "clamp": (1, 3),
    "hypot": (2, 2),
    "lerp": (3, 3),
    "max": (2, _MANY),
    "min": (2, _MANY),
    "noise": (1, 3),
    "pow": (2, 2),
    "rand": (1, 4),
    "smoothstep": (3, 3),
    "step": (2, 2),
}
"""By name, the least and the most arguments."""


def _floor_divided(a: Tensor, b: Tensor) -> Tensor:
    return torch.div(a, b, rounding_mode="floor")


BINARY: Mapping[type[ast.operator], tuple[Callable[[float, float], float], Callable[[Tensor, Tensor], Tensor]]] = {
    ast.Add: (operator.add, torch.add),
    ast.Sub: (operator.sub, torch.sub),
    ast.Mult: (operator.mul, torch.mul),
    ast.Div: (operator.truediv, torch.true_divide),
    ast.FloorDiv: (operator.floordiv, _floor_divided),
    ast.Mod: (operator.mod, torch.remainder),
    ast.Pow: (math.pow, _power),
}
"""What an operator does to numbers, and to tensors."""
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
"""What a comparison does to either."""
