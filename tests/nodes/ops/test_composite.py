"""The Merge operations against their formulas in plain Python, and premultiplication and mixes."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rimlight.nodes.ops import composite
from rimlight.nodes.ops.composite import OPERATIONS


def _screen(A: float, B: float) -> float:
    return A + B - A * B if A <= 1 or B <= 1 else max(A, B)


def _multiply(A: float, B: float) -> float:
    return A if A < 0 and B < 0 else A * B


def _hard(A: float, B: float) -> float:
    return _multiply(2 * A, B) if A < 0.5 else _screen(2 * A - 1, B)


def _soft(A: float, B: float) -> float:
    if A <= 0.5:
        return B - (1 - 2 * A) * B * (1 - B)
    if B <= 0.25:
        return B + (2 * A - 1) * (((16 * B - 12) * B + 4) * B - B)
    return B + (2 * A - 1) * (math.sqrt(B) - B)


def _conjoint(A: float, B: float, a: float, b: float) -> float:
    if a > b:
        return A
    return A + B if b <= 0 else A + B * (1 - a / b)


def _disjoint(A: float, B: float, a: float, b: float) -> float:
    if a >= 1:
        return A
    if a + b < 1:
        return A + B
    return A + B * (1 - a) if b <= 0 else A + B * (1 - a) / b


REFERENCE: dict[str, Callable[[float, float, float, float], float]] = {
    "over": lambda A, B, a, b: A + B * (1 - a),
    "under": lambda A, B, a, b: A * (1 - b) + B,
    "atop": lambda A, B, a, b: A * b + B * (1 - a),
    "xor": lambda A, B, a, b: A * (1 - b) + B * (1 - a),
    "in": lambda A, B, a, b: A * b,
    "out": lambda A, B, a, b: A * (1 - b),
    "mask": lambda A, B, a, b: B * a,
    "stencil": lambda A, B, a, b: B * (1 - a),
    "matte": lambda A, B, a, b: A * a + B * (1 - a),
    "copy": lambda A, B, a, b: A,
    "plus": lambda A, B, a, b: A + B,
    "minus": lambda A, B, a, b: A - B,
    "from": lambda A, B, a, b: B - A,
    "difference": lambda A, B, a, b: abs(A - B),
    "multiply": lambda A, B, a, b: _multiply(A, B),
    "divide": lambda A, B, a, b: 0 if B == 0 or (A < 0 and B < 0) else A / B,
    "screen": lambda A, B, a, b: _screen(A, B),
    "exclusion": lambda A, B, a, b: A + B - 2 * A * B,
    "max": lambda A, B, a, b: max(A, B),
    "min": lambda A, B, a, b: min(A, B),
    "average": lambda A, B, a, b: (A + B) / 2,
    "geometric": lambda A, B, a, b: 0 if A + B == 0 else 2 * A * B / (A + B),
    "hypot": lambda A, B, a, b: math.hypot(A, B),
    "conjoint-over": _conjoint,
    "disjoint-over": _disjoint,
    "hard-light": lambda A, B, a, b: _hard(A, B),
    "overlay": lambda A, B, a, b: _hard(B, A),
    "soft-light": lambda A, B, a, b: _soft(A, B),
    "color-dodge": lambda A, B, a, b: A if A >= 1 else min(1, B / (1 - A)),
    "color-burn": lambda A, B, a, b: A if A <= 0 else 1 - min(1, (1 - B) / A),
}
STEPS = [-2.0, -0.5, 0.0, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 16.0]
ALPHAS = [0.0, 0.25, 0.5, 1.0]


def grid(device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Every pair of values (columns) with every pair of alphas (rows); the second channel is A and B exchanged."""
    A, B = torch.cartesian_prod(torch.tensor(STEPS), torch.tensor(STEPS)).unbind(1)
    a, b = torch.cartesian_prod(torch.tensor(ALPHAS), torch.tensor(ALPHAS)).unbind(1)
    pair = torch.stack([A, B])[:, None, :].expand(2, len(a), -1).to(device)
    alphas = torch.stack([a, b])[:, :, None].expand(2, -1, len(A)).to(device)
    return pair, pair.flip(0), alphas[:1], alphas[1:]


def test_there_are_thirty() -> None:
    assert OPERATIONS.keys() == REFERENCE.keys()
    assert len(OPERATIONS) == 30
    assert next(iter(OPERATIONS)) == "over"


@pytest.mark.parametrize("name", REFERENCE)
def test_formula(name: str, device: torch.device) -> None:
    A, B, a, b = grid(device)
    got = composite.composite(name, A, B, a, b)
    assert got.shape == A.shape
    rows = zip(got.flatten(), A.flatten(), B.flatten(), a.expand_as(A).flatten(), b.expand_as(A).flatten(), strict=True)
    for result, *arguments in [tuple(v.item() for v in row) for row in rows]:
        x, y, xa, ya = arguments
        assert result == pytest.approx(REFERENCE[name](x, y, xa, ya), rel=1e-5, abs=1e-6), arguments


ABSENT = {
    ("B", "A"): "over under xor plus screen exclusion conjoint-over",
    ("B", "zero"): "atop stencil",
    ("zero", "zero"): "in mask multiply divide geometric",
    ("zero", "A"): "out copy",
    ("B", "formula"): "matte from",
    ("formula", "A"): "minus disjoint-over",
    ("formula", "formula"): "difference max min average hypot color-dodge",
    ("zero", "formula"): "hard-light color-burn",
    ("formula", "zero"): "overlay soft-light",
}
"""What an operation gives where A, and where B, has no pixels: the other as it is, zero, or what the formula says."""
WITHOUT = {name: absent for absent, names in ABSENT.items() for name in names.split()}


@pytest.mark.parametrize("name", OPERATIONS)
@given(value=st.floats(-4, 64, width=32), alpha=st.floats(0, 4, width=32))
def test_what_an_absent_input_gives(name: str, value: float, alpha: float) -> None:
    x = torch.full((1, 1, 1), value)
    w = torch.full((1, 1, 1), alpha)
    zero = torch.zeros(1, 1, 1)
    without_a, without_b = WITHOUT[name]
    if without_a in ("B", "zero"):
        assert torch.equal(OPERATIONS[name].apply(zero, x, zero, w), x if without_a == "B" else zero)
    if without_b in ("A", "zero"):
        assert torch.equal(OPERATIONS[name].apply(x, zero, w, zero), x if without_b == "A" else zero)


def test_inputs_are_left_alone(device: torch.device) -> None:
    A, B, a, b = (t.contiguous() for t in grid(device))
    before = [t.clone() for t in (A, B, a, b)]
    for name in OPERATIONS:
        composite.composite(name, A, B, a, b, alpha=1, alpha_masking=True)
    assert all(torch.equal(x, y) for x, y in zip((A, B, a, b), before, strict=True))


def test_alpha_masking(device: torch.device) -> None:
    a = torch.tensor([[[0.0, 0.5, 0.5, 1.0]]], device=device)
    b = torch.tensor([[[0.5, 0.0, 0.5, 1.0]]], device=device)
    A, B = torch.cat([a * 2, a]), torch.cat([b * 3, b])
    got = composite.composite("multiply", A, B, a, b, alpha=1, alpha_masking=True)
    assert torch.equal(got[0], torch.tensor([[1.5, 1.0, 1.5, 6.0]], device=device))
    assert torch.equal(got[1], torch.tensor([[0.5, 0.5, 0.75, 1.0]], device=device))
    plain = composite.composite("multiply", A, B, a, b, alpha=1)
    assert torch.equal(plain, A * B)
    assert torch.equal(composite.composite("plus", A, B, a, b, alpha=1, alpha_masking=True), A + B)


def test_unknown_operation() -> None:
    x = torch.zeros(1, 1, 1)
    with pytest.raises(ValueError, match="no merge operation 'overr', known are over, under"):
        composite.composite("overr", x, x, x, x)


def test_premultiplication_keeps_light_without_alpha(device: torch.device) -> None:
    color = torch.tensor([[[2.0, -4.0, 3.0]]], device=device)
    alpha = torch.tensor([[[0.5, 0.25, 0.0]]], device=device)
    assert composite.unpremultiply(color, alpha).flatten().tolist() == [4, -16, 3]
    assert composite.premultiply(color, alpha).flatten().tolist() == [1, -1, 0]


def test_mixes_are_exact_at_both_ends() -> None:
    one, two = torch.tensor([[[math.inf, 0.1, 3.0]]]), torch.tensor([[[0.3, math.inf, 5.0]]])
    assert torch.equal(composite.dissolve(one, two, 0), one)
    assert torch.equal(composite.dissolve(one, two, 1), two)
    assert composite.dissolve(one, two, 0.25)[0, 0, 2] == 3.5
    mask = torch.tensor([[[0.0, 0.0, 0.5]]])
    assert composite.keymix(one, two, mask).flatten().tolist() == [math.inf, pytest.approx(0.1), 4]
    assert composite.keymix(one, two, mask, 0.5)[0, 0, 2] == 3.5
    assert composite.keymix(one, two, 1 - mask).flatten().tolist() == [pytest.approx(0.3), math.inf, 4]
