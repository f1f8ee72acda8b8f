"""Curves of colours."""

import math

import torch

from rimlight.engine import Curve
from rimlight.nodes.ops.curves import lookup


def test_a_straight_line_changes_nothing() -> None:
    x = torch.tensor([[[-math.inf, -3.3, 0.1, 7.7, math.inf]]])
    assert torch.equal(lookup(x, Curve.of((0, 0), (1, 1))), x)


def test_lookup_goes_straight_on_beyond_the_ends() -> None:
    x = torch.tensor([-1.0, 0.5, 3.0]).expand(3, 1, -1)
    master = Curve.of((0, 0), (1, 2), interp="linear")
    assert lookup(x, master)[1, 0].tolist() == [-2, 1, 6]
    mixed = lookup(x, master, (None, Curve.of((0, 1), (1, 1)), Curve.of((0, 0), (1, -1))))
    assert mixed[:, 0].tolist() == [[-2, 1, 6], [1, 1, 1], [2, -1, -6]]
