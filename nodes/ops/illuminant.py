"""The colour of the light from the statistics of a picture, without learning.

All rules are one: the Minkowski mean of order p of the picture or of its gradient (van de Weijer, Gevers and Gijsenij,
2007). Estimates are RGB with a largest channel of 1, so exposure does not matter; negative light counts as none.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import WorkingSpace

from .edges import EDGE_MARGIN, gradient
from .gaussian import gaussian_blur, gaussian_margin

RGB3 = tuple[float, float, float]
NO_LIGHT: RGB3 = (1.0, 1.0, 1.0)
"""The estimate where there is nothing to see."""
CONES: Mapping[str, np.ndarray[tuple[int, int], np.dtype[np.float64]]] = {
    "bradford": np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]),
    "cat02": np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]]),
}
"""From XYZ to the responses of cones, in which the eye adapts to a light."""
_FEWEST = 1e-6


def minkowski(values: Tensor, order: float) -> RGB3:
    """The Minkowski mean of `values [3, N]`: order 1 is grey world, 6 shades of grey; infinity the largest value."""
    x = values.double().clamp_min(0)
    top = float(x.amax()) if x.numel() else 0.0
    if top <= 0:
        return NO_LIGHT
    if math.isinf(order):
        return normalized(x.amax(1))
    # Summed by rows, so that the thread count does not matter.
    return normalized((x / top).pow(order).mean(1).pow(1 / order))


def white_patch(values: Tensor, share: float) -> RGB3:
    """Per channel the value of `values [3, N]` below which `share` (0 to 1) of them lie; black ones tell no light."""
    values = values[:, (values > 0).any(0)]
    if values.shape[1] == 0:
        return NO_LIGHT
    return normalized(values.kthvalue(1 + round(share * (values.shape[1] - 1)), dim=1).values.clamp_min(0))


def edge_light(x: Tensor, sigma: float) -> Tensor:
    """Size of the gradient of `x [3, H, W]` after a blur of `sigma` pixels, same size; the edges repeat."""
    margin = gaussian_margin(sigma) + EDGE_MARGIN
    padded = torch.nn.functional.pad(x[None], (margin,) * 4, mode="replicate")[0]
    return torch.hypot(*gradient(gaussian_blur(padded, sigma, sigma)))


def normalized(rgb: Tensor) -> RGB3:
    """`rgb [3]` with a largest channel of 1; no channel is less than a millionth. White where there is no light."""
    red, green, blue = rgb.double().tolist()
    top = max(red, green, blue)
    if not top > 0:
        return NO_LIGHT
    return max(red / top, _FEWEST), max(green / top, _FEWEST), max(blue / top, _FEWEST)


def angle(a: RGB3, b: RGB3) -> float:
    """The angle between two colours in degrees: the usual measure of the error of an estimate."""
    x, y = (torch.tensor(v, dtype=torch.float64) for v in (a, b))
    return math.degrees(math.atan2(float(torch.linalg.cross(x, y).norm()), float(x @ y)))


def channel_gains(light: RGB3, luminance: RGB3) -> tuple[float, ...]:
    """The matrix, nine numbers row by row, that scales the channels so that `light` is neutral at its own luminance."""
    source = np.array(light)
    return tuple(np.diag(source @ np.array(luminance) / source).flatten().tolist())


def cone_gains(light: RGB3, space: WorkingSpace, cones: str) -> tuple[float, ...]:
    """As `channel_gains`, but what is scaled are cone responses (von Kries), by a name of `CONES`."""
    source = np.array(light)
    target = np.full(3, source @ np.array(space.luminance))
    to_cones = CONES[cones] @ np.linalg.inv(np.array(space.from_xyz).reshape(3, 3))
    gain = (to_cones @ target) / (to_cones @ source)
    return tuple(np.linalg.solve(to_cones, gain[:, None] * to_cones).flatten().tolist())
