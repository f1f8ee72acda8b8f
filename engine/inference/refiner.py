"""What physics has missed in a picture that is lit anew."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import CONTRAST, Block, bounded, quieten
from .codes import LightGuess, light_strength

_PHYSICS = 14
"""Channels of `physics_maps`."""


class Refiner(nn.Module):
    """The small network that corrects what physics shaded: cast shadows, bounced light, what estimates got wrong."""

    def __init__(self, fine: int, coarse: int, widths: tuple[int, int], code: int) -> None:
        super().__init__()
        near, far = widths
        self.start = nn.Conv2d(fine + _PHYSICS, near, 3, padding=1)
        self.before = Block(near, code)
        self.down = nn.Conv2d(near, far, 2, 2)
        self.coarse = nn.Conv2d(coarse, far, 1)
        self.far = nn.ModuleList(Block(far, code, dilation) for dilation in (2, 4))
        self.up = nn.Conv2d(far, near, 1)
        self.after = Block(near, code)
        self.head = nn.Conv2d(near, 6, 3, padding=1)
        quieten(self.head, 0.1)

    def forward(self, coarse: Tensor, fine: Tensor, physics: Tensor, code: Tensor) -> Tensor:
        """Natural log-ratios `[b, 6, h, w]` at 1/4 of the picture, at most 6: see `Student.relight`.

        coarse, fine : features of the picture at 1/8 and at 1/4 of it. physics : `[b, 14, h, w]`, of the
        size of the fine ones. code : `[b, code]`.
        """
        near = self.before(self.start(torch.cat((fine, physics.to(fine.dtype)), 1)), code)
        x = self.down(near) + self.coarse(coarse)
        for block in self.far:
            x = block(x, code)
        x = near + F.interpolate(self.up(x), scale_factor=2, mode="nearest")
        return bounded(self.head(self.after(x, code)).float(), 6.0)


def physics_maps(
    diffuse: Tensor, specular: Tensor, albedo: Tensor, normal: Tensor, roughness: Tensor, f0: Tensor, light: LightGuess
) -> Tensor:
    """What `Student.relight` looks at `[b, 14, h, w]`: shaded light relative to the light's strength, and the surface.

    diffuse, specular : `[b, 3, h, w]`, shading and specular light that physics gave for the target light, at 1/4 of the
    picture as all the others. albedo, normal : `[b, 3, h, w]`. roughness, f0 : `[b, 1, h, w]`.
    """
    total = light_strength(light)[:, None, None, None]
    facing = torch.einsum("bc,bchw->bhw", light.direction, normal)[:, None]
    dim = torch.log1p(CONTRAST * torch.cat((diffuse, specular), 1).clamp_min(0) / total)
    dark = torch.log1p(CONTRAST * albedo.clamp_min(0)).mean(1, keepdim=True)
    maps = torch.cat((dim, normal, facing, dark, roughness, f0), 1)
    return torch.cat((maps, maps.new_ones(maps[:, :1].shape)), 1)
