"""What cameras do to light: the student's input during training, and the corruptions of the evaluation.

Each step takes and gives scene-linear pictures `[3, h, w]`, relative to their own level where it matters. Only the
input of the network goes through here; what it is to answer stays clean.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import picture_level

from .display import ACESCG_TO_REC709
from .stage.texture import REC709_TO_ACESCG

Random = np.random.Generator


@dataclass(frozen=True)
class Augmentation:
    """How often each thing happens to a picture; see the function of the same name. `clean` of all stay untouched."""

    clean: float = 0.2
    vignetting: float = 0.3
    flare: float = 0.15
    glare: float = 0.35
    blur: float = 0.3
    balance: float = 0.5
    matrix: float = 0.4
    noise: float = 0.6
    clipping: float = 0.3
    response: float = 0.4


def photograph(picture: Tensor, rng: Random, how: Augmentation) -> Tensor:
    """The picture `[3, h, w]` as some camera would have recorded it."""
    if rng.random() < how.clean:
        return picture
    level = picture_level(picture[None])[0]
    x = picture / level
    for name in ("vignetting", "flare", "glare", "blur", "balance", "matrix", "noise"):
        if rng.random() < getattr(how, name):
            x = CORRUPTIONS[name](x, rng)
    if rng.random() < how.response:
        x = response(x, rng)
    elif rng.random() < how.clipping:
        x = clipping(x, rng)
    return x * level


def recorded_gain(clean: Tensor, recorded: Tensor, where: Tensor) -> Tensor:
    """By how much a camera has scaled each channel `[3]`, as the median over the lit part of a picture.

    A tint of the whole picture cannot be told from a tint of its light, so the light that is to be found has it.
    """
    level = picture_level(clean[None])[0]
    lit = (clean.amin(0) > 0.05 * level[0]) & (recorded.amin(0) > 0.02 * level[0]) & (where[0] > 0.5)
    if int(lit.sum()) < 16:
        return torch.ones(3)
    ratio = (recorded[:, lit] / clean[:, lit]).log().median(1).values
    return ratio.clamp(-2, 2).exp()


def vignetting(x: Tensor, rng: Random) -> Tensor:
    """Corners darken by up to 60 %, about a middle that need not be the crop's."""
    y0, x0 = rng.normal(0, 0.3, 2)
    rows = torch.linspace(-1, 1, x.shape[1])[:, None] - y0
    columns = torch.linspace(-1, 1, x.shape[2])[None] - x0
    fall = 1 + float(rng.uniform(0.05, 0.5)) * (rows.square() + columns.square()) / 2
    out: Tensor = x / fall.square()
    return out


def flare(x: Tensor, rng: Random) -> Tensor:
    """Ghosts: a few soft coloured discs on a line through the frame."""
    _, h, w = x.shape
    place, step = rng.uniform(0, 1, 2), rng.normal(0, 0.3, 2)
    rows, columns = torch.arange(h)[:, None] / h, torch.arange(w)[None] / w
    for number in range(rng.integers(1, 5)):
        cy, cx = place + step * number
        radius, soft = rng.uniform(0.02, 0.25), rng.uniform(0.01, 0.08)
        disc = torch.sigmoid((radius - torch.hypot(rows - cy, columns - cx)) / soft)
        tint = torch.tensor(rng.uniform(0.2, 1.0, 3), dtype=x.dtype)[:, None, None]
        x = x + disc * tint * float(rng.exponential(0.15))
    return x


def glare(x: Tensor, rng: Random) -> Tensor:
    """Veiling glare: 2 to 20 % of the light is spread widely over the frame, half of it evenly."""
    share = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
    wide = F.adaptive_avg_pool2d(x[None], (4, 4))
    wide = F.interpolate(wide, x.shape[1:], mode="bicubic", align_corners=False)[0].clamp_min(0)
    veil = 0.5 * wide + 0.5 * x.mean((1, 2), keepdim=True)
    return x * (1 - share) + veil * share * float(rng.uniform(0.5, 2))


def blur(x: Tensor, rng: Random) -> Tensor:
    """A lens or a resampling that is not sharp: Gaussian, up to 1.3 pixels."""
    sigma = float(rng.uniform(0.3, 1.3))
    return torch.from_numpy(cv2.GaussianBlur(x.permute(1, 2, 0).numpy(), (0, 0), sigma)).permute(2, 0, 1)


def balance(x: Tensor, rng: Random) -> Tensor:
    """A white balance that is off."""
    red, blue = np.exp(rng.normal(0, 0.15, 2))
    return x * torch.tensor([red, np.exp(rng.normal(0, 0.03)), blue], dtype=x.dtype)[:, None, None]


def matrix(x: Tensor, rng: Random) -> Tensor:
    """Another camera's colours: a 3x3 matrix near identity that keeps greys grey."""
    m = np.eye(3) + rng.normal(0, 0.05, (3, 3))
    m /= m.sum(1, keepdims=True)
    return torch.einsum("ij,jhw->ihw", torch.tensor(m, dtype=x.dtype), x).clamp_min(0)


def noise(x: Tensor, rng: Random) -> Tensor:
    """Shot and read noise, from what ISO 100 has to ISO 12800."""
    shot = float(np.exp(rng.uniform(np.log(3e-5), np.log(6e-3))))
    deviation = (shot * x.clamp_min(0) + (2 * shot) ** 2).sqrt()
    return x + deviation * torch.from_numpy(rng.standard_normal(x.shape, np.float32))


def clipping(x: Tensor, rng: Random) -> Tensor:
    """Highlights roll off and clip, one to five stops above the picture's level."""
    white = float(2 ** rng.uniform(1.0, 5.0))
    knee = float(rng.uniform(0.6, 1.0)) * white
    over = (x - knee).clamp_min(0)
    span = max(white - knee, 1e-6)
    rolled = knee + span * (1 - torch.exp(-over / span))
    return torch.where(x > knee, rolled, x) if knee < white * 0.98 else x.clamp_max(white)


def response(x: Tensor, rng: Random) -> Tensor:
    """A display-referred picture, developed with some curve and exposure, as JPEG or in 8 bits, and linearised as if it
    were sRGB.
    """
    rgb = torch.einsum("ij,jhw->ihw", ACESCG_TO_REC709, x)
    exposed = (rgb * float(0.18 * 2 ** (rng.normal(0.2, 0.8)))).clamp(0, 1)
    shown = exposed ** (1 / float(rng.uniform(1.9, 2.6)))
    contrast = float(rng.normal(0.1, 0.2))
    shown = (shown + contrast * shown * (1 - shown) * (2 * shown - 1)).clamp(0, 1)
    shown = jpeg(shown, int(rng.integers(40, 98))) if rng.random() < 0.7 else (shown * 255).round() / 255
    linear = torch.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return torch.einsum("ij,jhw->ihw", REC709_TO_ACESCG, linear) / 0.18


def jpeg(shown: Tensor, quality: int) -> Tensor:
    """A display-referred picture `[3, h, w]` in 0..1 through JPEG."""
    pixels = (shown.flip(0).permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return torch.from_numpy(decoded).permute(2, 0, 1).flip(0).to(shown.dtype) / 255


CORRUPTIONS: Mapping[str, Callable[[Tensor, Random], Tensor]] = {
    "vignetting": vignetting, "flare": flare, "glare": glare, "blur": blur, "balance": balance, "matrix": matrix,
    "noise": noise, "clipping": clipping, "response": response,
}  # fmt: skip
"""Every corruption by name, on pictures relative to their level."""
