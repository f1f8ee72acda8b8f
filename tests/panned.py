"""A camera that turns in one place: pictures of textured surroundings, seen in directions that are known."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Pose
from rimlight.engine.light import equirect
from rimlight.nodes.ops.turn_view import Lens

Change = Callable[[Tensor, int], tuple[Tensor, Tensor | None]]
"""Makes of a picture and its number another one, and a matte of what moves by itself."""

HEIGHT, WIDTH = 144, 256


def lens(degrees: float = 50.0) -> Lens:
    tan = math.tan(math.radians(degrees) / 2)
    return Lens(tan, tan * HEIGHT / WIDTH)


def surroundings() -> Tensor:
    """Texture of three sizes all around, `[3, 512, 1024]`, above zero."""
    draw = torch.Generator().manual_seed(7)
    total = torch.zeros(1, 3, 512, 1024)
    for rows, weight in ((16, 1.0), (64, 1.0), (160, 0.7)):
        noise = torch.randn(1, 3, rows, 2 * rows, generator=draw)
        total += weight * F.interpolate(noise, (512, 1024), mode="bicubic")
    return torch.exp2(total[0])


AROUND = surroundings()


def seen(pose: Pose, view: Lens | None = None) -> Tensor:
    view = view or lens()
    y, x = torch.meshgrid(
        (torch.arange(HEIGHT, dtype=torch.float64) + 0.5) * 2 / HEIGHT,
        (torch.arange(WIDTH, dtype=torch.float64) + 0.5) * 2 / WIDTH,
        indexing="ij",
    )
    rays = torch.stack(((x - 1) * view.tan_x, (1 - y) * view.tan_y, -torch.ones_like(x)))
    return equirect.sample(AROUND, torch.einsum("ij,jhw->ihw", torch.from_numpy(pose.rotation), rays).float())


def off(found: npt.NDArray[np.float64], first: Pose, now: Pose) -> float:
    """Degrees between the camera found and the true one."""
    gap = (first.rotation @ found.T).T @ now.rotation
    return math.degrees(2 * math.asin(min(1.0, float(np.linalg.norm(gap - np.eye(3))) / math.sqrt(8))))


def subject(wide: float) -> Change:
    """Puts something textured into the middle of the frame, so much of it wide, that the camera follows."""
    cloth = F.interpolate(
        torch.rand(1, 3, 36, 64, generator=torch.Generator().manual_seed(3)), (HEIGHT, WIDTH), mode="bicubic"
    )[0].clamp_min(0.05)

    def change(picture: Tensor, i: int) -> tuple[Tensor, Tensor]:
        matte = torch.zeros(1, HEIGHT, WIDTH)
        half = round(wide * WIDTH / 2)
        matte[:, 10:, WIDTH // 2 - half : WIDTH // 2 + half] = 1
        return torch.lerp(picture, 2 * cloth, matte), matte

    return change
