"""Where a light points, and what goes where of it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError
from .lights import AreaLight, SpotLight, StandingLight
from .profile import Distribution
from .values import Carried, Scalar, Triple, dot, tensor_of, unit


def frame(aim: Triple, roll: Scalar, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Unit vectors `[3, 1, 1]` along `aim`, to the right and up, as seen from the light; up is the camera's, then
    rolled.
    """
    forward = unit(tensor_of(aim, like).flatten())
    level = like.new_tensor([0.0, 0.0, 1.0] if float(forward[1].detach().abs()) > 0.999 else [0.0, 1.0, 0.0])
    right = unit(torch.linalg.cross(forward, level))
    up = torch.linalg.cross(right, forward)
    angle = torch.deg2rad(tensor_of(roll, like))
    c, s = angle.cos(), angle.sin()
    first, second = c * right + s * up, c * up - s * right
    return forward.reshape(3, 1, 1), first.reshape(3, 1, 1), second.reshape(3, 1, 1)


class Beam(Carried):
    """The cone, falloff and gobo of a spot."""

    def __init__(self, light: SpotLight, like: Tensor) -> None:
        self.aim, self.right, self.up = frame(light.aim, light.roll, like)
        self.half = torch.deg2rad(tensor_of(light.cone, like)) / 2
        self.penumbra = torch.deg2rad(tensor_of(light.penumbra, like))
        self.falloff = light.falloff
        self.gobo = None if light.gobo is None else light.gobo.to(like)

    def share(self, direction: Tensor) -> Tensor:
        """What goes into unit vectors `[3, h, w]` from the light, relative to its axis: `[1 or 3, h, w]`."""
        cosine = dot(direction, self.aim)
        angle = torch.acos(cosine.clamp(-1 + 1e-7, 1 - 1e-7))
        x = ((self.half - angle) / self.penumbra.clamp_min(1e-6)).clamp(0, 1)
        share = x * x * (3 - 2 * x)
        if isinstance(self.falloff, Tensor) or self.falloff != 0:
            share = share * cosine.clamp_min(1e-6) ** tensor_of(self.falloff, share)
        if self.gobo is None:
            return share
        reach = (cosine.clamp_min(1e-6) * self.half.tan()).clamp_min(1e-12)
        _, h, w = self.gobo.shape
        across, down = dot(direction, self.right) / reach * (h / w), -dot(direction, self.up) / reach
        grid = torch.stack((across[0], down[0]), -1)[None]
        return share * F.grid_sample(self.gobo[None], grid, padding_mode="zeros", align_corners=False)[0]


def distribution_of(light: StandingLight, like: Tensor) -> Distribution | None:
    """What a light's profile says; None where it has none. Raises RimlightError where its file was not read."""
    if light.profile is not None:
        return Distribution(light.profile, light.profile_scale, like)
    if light.profile_file:
        raise RimlightError(f"{light.kind} light '{light.name}': its profile '{light.profile_file}' was not read")
    return None


class Pattern(Carried):
    """What a light's profile sends where."""

    def __init__(self, light: StandingLight, distribution: Distribution, like: Tensor) -> None:
        self.aim, self.right, self.up = frame(light.aim, light.roll, like)
        self.distribution = distribution

    def share(self, direction: Tensor) -> Tensor:
        """What goes into unit vectors `[3, h, w]` from the light, of the mean over all: `[1, h, w]`."""
        return self.distribution.share(*(dot(direction, axis) for axis in (self.aim, self.right, self.up)))


def sent_share(light: StandingLight, direction: Tensor) -> Tensor:
    """What a light sends into a direction `[3]`, of its level seen from afar, `[1]` or, through a gobo, `[3]`: by its
    profile, the side and the cosine of a flat light, and the cone of a spot. The whole light is seen: a gobo counts
    where the direction goes through it.
    """
    away = unit(direction)
    distribution = distribution_of(light, away)
    share = away.new_ones(1)
    if distribution is not None:
        share = Pattern(light, distribution, away).share(away.reshape(3, 1, 1)).reshape(1)
    if isinstance(light, AreaLight) and light.shape != "sphere":
        facing = dot(away, unit(tensor_of(light.aim, away).flatten())).clamp_min(0)
        share = share * (facing.sign() if light.profiled else facing)  # a profile has the cosine in it
    if isinstance(light, SpotLight):
        share = share * Beam(light, away).share(away.reshape(3, 1, 1)).flatten()
    return share
