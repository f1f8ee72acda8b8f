"""Curves on tensors agree with the curves themselves."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rimlight.engine import Curve, Key, apply_curve

SMALL = st.integers(-64, 64).map(lambda i: i / 8)
KEYS = st.one_of(
    st.builds(Key, SMALL, SMALL, st.sampled_from(["constant", "linear", "smooth"])),
    st.builds(Key, SMALL, SMALL, st.just("free"), SMALL, SMALL),
)
CURVES = st.builds(
    lambda keys, before, after: Curve(tuple(sorted(keys, key=lambda k: k.frame)), before=before, after=after),
    st.lists(KEYS, min_size=1, max_size=6, unique_by=lambda k: k.frame),
    st.sampled_from(["hold", "linear", "loop", "bounce"]),
    st.sampled_from(["hold", "linear", "loop", "bounce"]),
)


@given(CURVES)
def test_agrees_with_the_curve(curve: Curve) -> None:
    xs = torch.linspace(-20.0625, 20.0625, 322).view(1, 2, -1)
    expected = torch.from_numpy(curve.sample(xs.numpy()))
    size = max(1.0, *(abs(k.value) for k in curve.keys), *(abs(k.left) + abs(k.right) for k in curve.keys)) * 20
    assert torch.allclose(apply_curve(xs, curve).double(), expected, atol=2e-5 * size)


def test_runs_on_every_device(device: torch.device) -> None:
    x = torch.linspace(-1, 8, 19, device=device).view(1, 1, -1)
    curve = Curve((Key(0, 1, "constant"), Key(2, 3, "smooth"), Key(6, 1, "smooth")), before="hold", after="loop")
    got = apply_curve(x, curve)
    assert got.device == x.device
    assert got.flatten().tolist() == pytest.approx(curve.sample(x.cpu().numpy()).flatten().tolist(), abs=1e-5)


def test_a_straight_line_changes_nothing() -> None:
    x = torch.tensor([[[-math.inf, -3.3, 0.1, 7.7, math.inf]]])
    identity = Curve.of((0, 0), (0.3, 0.3), (1, 1), extend="linear")
    assert torch.equal(apply_curve(x, identity), x)


def test_infinity_is_held_where_the_curve_holds() -> None:
    x = torch.tensor([[[-math.inf, math.inf]]])
    assert apply_curve(x, Curve.of((0, 1), (1, 3))).flatten().tolist() == [1, 3]
    steps = Curve((Key(0, 1, "constant"), Key(1, 3, "constant")), before="linear", after="linear")
    assert apply_curve(x, steps).flatten().tolist() == [1, 3]
