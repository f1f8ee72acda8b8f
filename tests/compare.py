"""The one comparison of pictures, with OpenImageIO's threshold, allowed share and hard limit."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rimlight.engine import Image

Pixels = Tensor | npt.NDArray[np.float32]


def assert_close(
    found: Pixels, expected: Pixels, threshold: float = 1e-6, allowed: float = 0.0, hard: float | None = None,
    relative: float = 0.0,
) -> None:  # fmt: skip
    """Fails unless at most a share `allowed` of values differs by more than `threshold`, and none by more than `hard`.

    relative : added to both limits, as a share of the expected value. hard : default `threshold` where nothing is
    allowed, else any. NaN equals NaN, an infinity itself. Arrays are `[H, W, C]`, tensors `[C, H, W]`, of the same
    shape.
    """
    a, b = (torch.as_tensor(x).detach().cpu().double() for x in (found, expected))
    assert a.shape == b.shape, f"the shape is {tuple(a.shape)}, expected {tuple(b.shape)}"
    same = (a == b) | (torch.isnan(a) & torch.isnan(b))
    difference = torch.where(same, 0.0, (a - b).abs()).nan_to_num(torch.inf)
    excess = difference - relative * torch.where(torch.isfinite(b), b.abs(), 0.0)
    beyond = excess > threshold
    share = float(beyond.double().mean()) if a.numel() else 0.0
    limit = hard if hard is not None else (torch.inf if allowed else threshold)
    if share > allowed or bool((excess > limit).any()):
        where = tuple(int(i) for i in np.unravel_index(int(excess.argmax()), tuple(a.shape)))
        raise AssertionError(
            f"{int(beyond.sum())} of {a.numel()} values ({share:.2%}, allowed {allowed:.2%}) differ by more than "
            f"{threshold:g}; the worst, at {where}, is {float(a[where]):.9g}, expected {float(b[where]):.9g}"
        )


def assert_same(found: Image | Mapping[str, Tensor], expected: Image | Mapping[str, Tensor]) -> None:
    """Fails unless both have the same layers, region and bits; NaN equals NaN."""
    if isinstance(found, Image) and isinstance(expected, Image):
        assert found.region == expected.region
    one = found.layers if isinstance(found, Image) else found
    two = expected.layers if isinstance(expected, Image) else expected
    assert set(one) == set(two)
    for name, x in two.items():
        assert_close(one[name], x, threshold=0.0)
