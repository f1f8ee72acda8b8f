"""Taking the key light out of an environment."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import RimlightError
from . import equirect
from .equirect import latlong_directions, latlong_solid_angles
from .lights import DirectionalLight
from .photometry import ACESCG, WorkingSpace
from .values import dot, unit


def extract_key(picture: Tensor, radius: float = 8.0, space: WorkingSpace = ACESCG) -> tuple[DirectionalLight, Tensor]:
    """The brightest lobe of an environment `[3, h, w]` as a directional light, and the environment without it.

    Looks for the cap of `radius` degrees that shines most, and takes from it what is brighter than the ring around
    it, with a soft edge to twice the radius. The light's irradiance on a facing surface is the radiance taken, summed
    over solid angle: residual and key together have the energy of the environment, channel by channel. The light's
    `angle` is that of an even disc as spread out as what was taken.

    Raises RimlightError when no direction is brighter than its surroundings.
    """
    _, h, w = picture.shape
    luminance = picture.new_tensor(space.luminance).reshape(3, 1, 1)
    inner = math.radians(radius)
    bright, rows, columns = dot(picture, luminance), min(h, 64), min(w, 128)
    if w % columns:
        bright = equirect.resized(bright, rows, columns)
    brightness = equirect.convolve(bright, _Cap(inner), rows, columns)
    found = int(brightness.argmax())
    start = latlong_directions(rows, columns, picture).reshape(3, -1)[:, found].reshape(3, 1, 1)

    around = latlong_directions(h, w, picture)
    areas = latlong_solid_angles(h, w, picture).expand(1, h, w)
    cosine = dot(around, start)
    ring = areas * (cosine < math.cos(2 * inner)) * (cosine > math.cos(3 * inner))
    sums = torch.cat((picture * ring, ring)).sum((1, 2), keepdim=True)
    ambient = sums[:-1] / sums[-1:].clamp_min(1e-12)
    taken = _Cap(inner)(cosine) * (picture - ambient).clamp_min(0)
    flux = (taken * areas).sum((1, 2))
    total = float(flux @ luminance.flatten())
    if not total > 0:
        raise RimlightError("the environment has no key light: no direction is brighter than its surroundings")

    pull = (dot(taken, luminance) * areas * around).sum((1, 2))
    axis = unit(pull)
    mean_cosine = min(1.0, float(pull.norm()) / total)
    level = flux / math.pi
    brightest = float(level @ luminance.flatten())
    red, green, blue = (level / brightest).tolist()
    x, y, z = axis.tolist()
    light = DirectionalLight(
        name="key",
        direction=(x, y, z),
        angle=2 * math.degrees(math.acos(max(-1.0, 2 * mean_cosine - 1))),
        exposure=math.log2(brightest),
        color=(red, green, blue),
    )
    return light, picture - taken


@dataclass(frozen=True)
class _Cap:
    """1 within the angle `inner`, in radians, falling smoothly to 0 at twice that."""

    inner: float

    def __call__(self, cosine: Tensor) -> Tensor:
        x = (2 - torch.acos(cosine.clamp(-1, 1)) / self.inner).clamp(0, 1)
        return x * x * (3 - 2 * x)
