"""Pictures of a colour chart of known colours, seen from anywhere."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import ACESCG, Region
from rimlight.nodes.ops.color_chart import reference
from rimlight.nodes.ops.matrices import corner_pin_matrix
from rimlight.nodes.ops.warp import warp_matrix

FRAME = Region(0, 0, 160, 120)
TRUE = reference("since_2014", ACESCG)
CORNERS = ((30.0, 20.0), (132.0, 26.0), (126.0, 92.0), (24.0, 100.0))
"""Artist's places of the outer patches: bottom left, bottom right, top right, top left."""
CAMERA = torch.tensor([[0.9, 0.15, -0.05], [0.08, 1.1, -0.12], [0.02, -0.2, 0.8]], dtype=torch.float64)


def chart(
    colors: Tensor = TRUE,
    noise: float = 0.0,
    corners: Any = CORNERS,
    seed: int = 1,
    frame: Region = FRAME,
    around: float | Tensor = 0.25,
) -> Tensor:
    """A picture `[3, h, w]` of a chart `[24, 3]` between black frames, on grey or on a picture."""
    gap, side = 6, 40
    front = torch.full((3, 4 * side + 5 * gap, 6 * side + 7 * gap), 0.02)
    for i, color in enumerate(colors.float()):
        top, left = gap + (i // 6) * (side + gap), gap + (i % 6) * (side + gap)
        front[:, top : top + side, left : left + side] = color[:, None, None]
    height, width = front.shape[1:]
    outer = ((gap, height - gap), (width - gap, height - gap), (width - gap, gap), (gap, gap))
    back = torch.linalg.inv(corner_pin_matrix(outer, [(x, frame.height - y) for x, y in corners]))
    seen = warp_matrix(torch.cat((front, torch.ones_like(front[:1]))), back, (0, 0, width, height), frame.box, "cubic")
    out = around * (1 - seen[3:]) + seen[:3]
    grain = torch.randn(out.shape, generator=torch.Generator().manual_seed(seed))
    return out + noise * grain * out.abs().sqrt()


def held(degrees: float, middle: Sequence[float] = (80.0, 60.0), width: float = 100.0, tilt: float = 0.1) -> Any:
    """The corners of a chart that is turned counter-clockwise, its right side nearer to the camera by `tilt`."""
    cos, sin, height = math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), width * 178 / 270
    found = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        u, v = x * width, y * height * (1 + 2 * x * tilt)
        found.append((middle[0] + cos * u - sin * v, middle[1] + sin * u + cos * v))
    return tuple(found)
