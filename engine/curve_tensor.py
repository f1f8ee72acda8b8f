"""Curves as functions of tensors."""

from itertools import pairwise

import torch
from torch import Tensor

from .curve import Curve, Extend


def apply_curve(x: Tensor, curve: Curve) -> Tensor:
    """The value of `curve` at every element of `x`, floats of any shape, with the curve's own extension outside; `x`
    itself where the curve leaves all as it is.

    To float precision: a sum of cubics, each of `x` clamped to the piece between two keys. One pass a key, without the
    table look-ups that are slow on tensors.
    """
    x = _folded(x, curve)
    knots, _, rows = (part.tolist() for part in curve.pieces())
    value, slope = rows[0][:2]
    jumps = {b.frame: b.value - a.value for a, b in pairwise(curve.keys) if a.interp == "constant"}
    if not any(jumps.values()) and all(row[1:] == [slope, 0, 0] for row in rows):
        return _line(x, slope, value - slope * knots[0])
    result = torch.full_like(x, value)
    # Terms with a slope of zero are left out, so that an infinite value meets no zero.
    if slope:
        result.add_((x - knots[0]).clamp_max_(0), alpha=slope)
    for start, end, (_, slope, square, cube) in zip(knots, [*knots[1:], None], rows[1:], strict=True):
        if jumps.get(start):
            result.add_((x >= start).to(x.dtype), alpha=jumps[start])
        if square or cube:
            u = (x - start).clamp_(0, end - start)
            result.addcmul_(u, (u * cube).add_(square).mul_(u).add_(slope))
        elif slope:
            result.add_((x - start).clamp_(0, None if end is None else end - start), alpha=slope)
    return result


def _line(x: Tensor, slope: float, intercept: float) -> Tensor:
    if slope == 0:
        return torch.full_like(x, intercept)
    if intercept == 0:
        return x if slope == 1 else x * slope
    return x * slope + intercept


def _folded(x: Tensor, curve: Curve) -> Tensor:
    """`x` moved into the range of a curve that repeats."""
    first, last = curve.range()
    span = last - first
    if span == 0:
        return x
    below = _repeated(x, curve.before, first, span)
    above = below if curve.after == curve.before else _repeated(x, curve.after, first, span)
    return x if below is x and above is x else torch.where(x < first, below, torch.where(x > last, above, x))


def _repeated(x: Tensor, extend: Extend, first: float, span: float) -> Tensor:
    """`x` folded into the span behind `first`, where an extension repeats."""
    if extend == "bounce":
        return (x - first).remainder_(2 * span).sub_(span).abs_().neg_().add_(first + span)
    return (x - first).remainder_(span).add_(first) if extend == "loop" else x
