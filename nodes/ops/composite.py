"""Putting one picture over another: the Merge operations, premultiplication and mixes.

Channels are `[C, H, W]`, alphas `[1, H, W]`. Colour is premultiplied unless a function says otherwise. The arithmetic
of the operations is Nuke's, with the guards of Natron and Gaffer where Nuke documents none; soft-light, color-dodge and
color-burn are the closed forms of W3C Compositing and Blending Level 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import mix_by


@dataclass(frozen=True)
class Operation:
    """How two pictures combine, channel by channel.

    apply : `(A, B, a, b) -> result`, A and B of the same shape, a and b their alphas.
    formula : for menus and the manual.
    maskable : alpha masking has a meaning for it (see `composite`).
    """

    name: str
    apply: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    formula: str
    maskable: bool = False


def over(A: Tensor, B: Tensor, a: Tensor) -> Tensor:
    """`A + B (1 - a)`."""
    return torch.addcmul(A, B, 1 - a)


def _in(A: Tensor, B: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return A * b


def _cross(A: Tensor, wa: Tensor, B: Tensor, wb: Tensor) -> Tensor:
    return torch.addcmul(A * wa, B, wb)


def _multiply(A: Tensor, B: Tensor) -> Tensor:
    return torch.where(torch.maximum(A, B) < 0, A, A * B)


def _divide(A: Tensor, B: Tensor) -> Tensor:
    return torch.where((B == 0) | (torch.maximum(A, B) < 0), 0.0, A / B)


def _screen(A: Tensor, B: Tensor) -> Tensor:
    return torch.where(torch.minimum(A, B) > 1, torch.maximum(A, B), torch.addcmul(A + B, A, B, value=-1))


def _geometric(A: Tensor, B: Tensor) -> Tensor:
    total = A + B
    return torch.where(total == 0, 0.0, A * B * 2 / total)


def _conjoint_over(A: Tensor, B: Tensor, a: Tensor, b: Tensor) -> Tensor:
    share = torch.where(b > 0, 1 - a / b, 1.0)
    return torch.addcmul(A, B, torch.where(a > b, 0.0, share))


def _disjoint_over(A: Tensor, B: Tensor, a: Tensor, b: Tensor) -> Tensor:
    share = torch.where(b > 0, (1 - a) / b, 1 - a)
    share = torch.where(a + b < 1, 1.0, share)
    return torch.addcmul(A, B, torch.where(a >= 1, 0.0, share))


def _hard_light(A: Tensor, B: Tensor) -> Tensor:
    return torch.where(A < 0.5, _multiply(2 * A, B), _screen(2 * A - 1, B))


def _soft_light(A: Tensor, B: Tensor) -> Tensor:
    k = 2 * A - 1
    lighten = torch.where(B <= 0.25, ((16 * B - 12) * B + 3) * B, B.clamp_min(0).sqrt() - B)
    return torch.addcmul(B, k, torch.where(A <= 0.5, B * (1 - B), lighten))


def _color_dodge(A: Tensor, B: Tensor) -> Tensor:
    return torch.where(A >= 1, A, (B / (1 - A)).clamp_max(1))


def _color_burn(A: Tensor, B: Tensor) -> Tensor:
    return torch.where(A <= 0, A, 1 - ((1 - B) / A).clamp_max(1))


_TABLE = (
    Operation("over", lambda A, B, a, b: over(A, B, a), "A + B(1 - a)"),
    Operation("under", lambda A, B, a, b: over(B, A, b), "A(1 - b) + B"),
    Operation("atop", lambda A, B, a, b: _cross(A, b, B, 1 - a), "Ab + B(1 - a)"),
    Operation("xor", lambda A, B, a, b: _cross(A, 1 - b, B, 1 - a), "A(1 - b) + B(1 - a)"),
    Operation("in", _in, "Ab"),
    Operation("out", lambda A, B, a, b: A * (1 - b), "A(1 - b)"),
    Operation("mask", lambda A, B, a, b: B * a, "Ba"),
    Operation("stencil", lambda A, B, a, b: B * (1 - a), "B(1 - a)"),
    Operation("matte", lambda A, B, a, b: _cross(A, a, B, 1 - a), "Aa + B(1 - a)"),
    Operation("copy", lambda A, B, a, b: A, "A"),
    Operation("plus", lambda A, B, a, b: A + B, "A + B"),
    Operation("minus", lambda A, B, a, b: A - B, "A - B", maskable=True),
    Operation("from", lambda A, B, a, b: B - A, "B - A", maskable=True),
    Operation("difference", lambda A, B, a, b: (A - B).abs(), "|A - B|", maskable=True),
    Operation("multiply", lambda A, B, a, b: _multiply(A, B), "AB; A if both are negative", maskable=True),
    Operation("divide", lambda A, B, a, b: _divide(A, B), "A/B; 0 if B = 0 or both < 0", maskable=True),
    Operation("screen", lambda A, B, a, b: _screen(A, B), "A + B - AB; max(A, B) if both are above 1"),
    Operation("exclusion", lambda A, B, a, b: A + B - 2 * A * B, "A + B - 2AB", maskable=True),
    Operation("max", lambda A, B, a, b: torch.maximum(A, B), "max(A, B)", maskable=True),
    Operation("min", lambda A, B, a, b: torch.minimum(A, B), "min(A, B)", maskable=True),
    Operation("average", lambda A, B, a, b: (A + B) * 0.5, "(A + B)/2", maskable=True),
    Operation("geometric", lambda A, B, a, b: _geometric(A, B), "2AB/(A + B); 0 if A + B = 0", maskable=True),
    Operation("hypot", lambda A, B, a, b: torch.hypot(A, B), "sqrt(A² + B²)", maskable=True),
    Operation("conjoint-over", _conjoint_over, "A + B(1 - a/b); A if a > b; A + B if b <= 0"),
    Operation(
        "disjoint-over", _disjoint_over, "A + B(1 - a)/b; A if a >= 1; A + B if a + b < 1; A + B(1 - a) if b <= 0"
    ),
    Operation(
        "hard-light",
        lambda A, B, a, b: _hard_light(A, B),
        "multiply(2A, B) if A < 0.5, else screen(2A - 1, B)",
        maskable=True,
    ),
    Operation("overlay", lambda A, B, a, b: _hard_light(B, A), "hard-light with A and B exchanged", maskable=True),
    Operation(
        "soft-light",
        lambda A, B, a, b: _soft_light(A, B),
        "B - (1 - 2A)B(1 - B) if A <= 1/2; else B + (2A - 1)(D - B), D = ((16B - 12)B + 4)B if B <= 1/4, else sqrt(B)",
        maskable=True,
    ),
    Operation("color-dodge", lambda A, B, a, b: _color_dodge(A, B), "min(1, B/(1 - A)); A if A >= 1", maskable=True),
    Operation("color-burn", lambda A, B, a, b: _color_burn(A, B), "1 - min(1, (1 - B)/A); A if A <= 0", maskable=True),
)
OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in _TABLE}
"""All operations by their name in Nuke's menu. Only color-dodge and color-burn limit values, by their definition."""


def composite(
    operation: str, A: Tensor, B: Tensor, a: Tensor, b: Tensor, alpha: int | None = None, alpha_masking: bool = False
) -> Tensor:
    """Combine A and B `[C, H, W]` with alphas a and b `[1, H, W]`.

    With `alpha_masking`, for the operations that are `maskable`, each picture stays as it is where the other's alpha is
    zero, and the result's alpha (channel number `alpha`, None without one) is `a + b - ab`. Raises ValueError for an
    unknown operation.
    """
    if operation not in OPERATIONS:
        raise ValueError(f"there is no merge operation '{operation}', known are {', '.join(OPERATIONS)}")
    entry = OPERATIONS[operation]
    result = entry.apply(A, B, a, b)
    if not (alpha_masking and entry.maskable):
        return result
    result = torch.where(a == 0, B, torch.where(b == 0, A, result))
    if alpha is not None:
        result[alpha] = torch.addcmul(a + b, a, b, value=-1)[0]
    return result


def add_mix(
    A: Tensor, B: Tensor, a: Tensor, seen: Tensor, hidden: Tensor, alpha: int | None, premultiplied: bool = True
) -> Tensor:
    """`A / a * seen + B (1 - hidden)`, channels `[C, H, W]`, the rest `[1, H, W]`; where a is 0, A is added as it is.

    seen, hidden : how much of A is seen and of B is hidden, from the alpha a of A. alpha : the number of the alpha
    channel, None without one; it becomes `seen + b (1 - hidden)`. premultiplied : whether A is multiplied by a.
    """
    weight = torch.where(a == 0, 1.0, seen / torch.where(a == 0, 1.0, a)) if premultiplied else seen
    result = torch.addcmul(A * weight, B, 1 - hidden)
    if alpha is not None:
        result[alpha] = torch.addcmul(seen, B[alpha : alpha + 1], 1 - hidden)[0]
    return result


def premultiply(color: Tensor, alpha: Tensor) -> Tensor:
    """`color [C, H, W]` times `alpha [1, H, W]`."""
    return color * alpha


def unpremultiply(color: Tensor, alpha: Tensor) -> Tensor:
    """`color [C, H, W]` divided by `alpha [1, H, W]`; as it is where alpha is 0, so that glows survive."""
    return color / torch.where(alpha == 0, 1.0, alpha)


def dissolve(first: Tensor, second: Tensor, mix: float) -> Tensor:
    """`first` at mix 0, `second` at 1, a blend between; exact at both ends, also beside infinities."""
    if mix in (0, 1):
        return second if mix else first
    return torch.lerp(first, second, mix)


def keymix(B: Tensor, A: Tensor, mask: Tensor, mix: float = 1.0) -> Tensor:
    """`B + (A - B) mask mix` with `mask [1, H, W]`: what a mask does to an effect, B being its input."""
    return mix_by(B, A, mask if mix == 1 else mask * mix)
