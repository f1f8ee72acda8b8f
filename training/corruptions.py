"""The corruptions of cameras, one by one.

On a CPU blur and JPEG are OpenCV's, and noise is NumPy's; on other devices the same is done there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .display import ACESCG_TO_REC709
from .jpeg import compressed
from .stage.texture import REC709_TO_ACESCG

Random = np.random.Generator
Numbers = Sequence[float]
"""What a corruption needs to know of one picture, as many for all: a batch is told them in one tensor."""


@dataclass(frozen=True)
class Corruption:
    """Something that happens to pictures relative to their level.

    draw : its numbers for one picture. apply : pictures `[n, 3, h, w]` with their numbers `[n, k]` on their device,
    and the noise. noisy : whether it takes noise `[n, 3, h, w]` of deviation 1.
    """

    draw: Callable[[Random], Numbers]
    apply: Callable[[Tensor, Tensor, Tensor], Tensor]
    noisy: bool = False

    def __call__(self, x: Tensor, rng: Random) -> Tensor:
        """One picture `[3, h, w]`."""
        numbers = sent([self.draw(rng)], x.device)
        noise = normals((1, *x.shape), [int(rng.integers(1 << 62))], x.device) if self.noisy else x[None]
        return self.apply(x[None], numbers, noise)[0]


def sent(rows: Sequence[Numbers], device: torch.device) -> Tensor:
    """Numbers as float32 on a device, which is not waited for."""
    return torch.tensor(np.asarray(rows, np.float32)).to(device, non_blocking=True)


def normals(shape: Sequence[int], seeds: Sequence[int], device: torch.device) -> Tensor:
    """Noise of deviation 1 for pictures of a shape `[n, ...]`, each from a seed of its own.

    It is drawn where it is needed: by a device for all pictures at once, other noise than a CPU's.
    """
    if device.type == "cpu":
        every = [np.random.default_rng(seed).standard_normal(tuple(shape[1:]), np.float32) for seed in seeds]
        return torch.from_numpy(np.stack(every))
    return torch.randn(tuple(shape), generator=generator_on(device, hash(tuple(seeds)) & (1 << 62) - 1), device=device)


def generator_on(device: torch.device, seed: int) -> torch.Generator:
    """Random numbers of a seed, drawn on a device."""
    return torch.Generator(device).manual_seed(seed)


def _columns(numbers: Tensor) -> tuple[Tensor, ...]:
    """Numbers `[n, k]` as k tensors `[n, 1, 1, 1]`."""
    return numbers[:, :, None, None, None].unbind(1)


def _draw_vignetting(rng: Random) -> Numbers:
    y, x = rng.normal(0, 0.3, 2)
    return y, x, rng.uniform(0.05, 0.5)


def _vignetted(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    y0, x0, strength = _columns(numbers)
    rows = torch.linspace(-1, 1, x.shape[2], device=x.device)[:, None] - y0
    columns = torch.linspace(-1, 1, x.shape[3], device=x.device) - x0
    return x / (1 + strength * (rows.square() + columns.square()) / 2).square()


_GHOSTS = 4
"""Of a flare at most; what there is less of is black."""


def _draw_flare(rng: Random) -> Numbers:
    place, step = rng.uniform(0, 1, 2), rng.normal(0, 0.3, 2)
    ghosts = []
    for number in range(rng.integers(1, _GHOSTS + 1)):
        radius, soft, tint = rng.uniform(0.02, 0.25), rng.uniform(0.01, 0.08), rng.uniform(0.2, 1.0, 3)
        ghosts += [*(place + step * number), radius, soft, *(tint * rng.exponential(0.15))]
    return ghosts + [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0] * (_GHOSTS - len(ghosts) // 7)


def _flared(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    h, w = x.shape[2:]
    ghosts = numbers.reshape(-1, _GHOSTS, 7)
    cy, cx, radius, soft = ghosts[..., :4, None, None].unbind(2)
    rows = torch.arange(h, device=x.device)[:, None] / h - cy
    columns = torch.arange(w, device=x.device) / w - cx
    discs = torch.sigmoid((radius - torch.hypot(rows, columns)) / soft)
    return x + torch.einsum("nghw,ngc->nchw", discs, ghosts[..., 4:])


def _draw_glare(rng: Random) -> Numbers:
    share = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
    return 1 - share, share, rng.uniform(0.5, 2)


def _glared(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    kept, share, gain = _columns(numbers)
    wide = F.adaptive_avg_pool2d(x, (4, 4))
    wide = F.interpolate(wide, x.shape[2:], mode="bicubic", align_corners=False).clamp_min(0)
    veil = 0.5 * wide + 0.5 * x.mean((2, 3), keepdim=True)
    return x * kept + veil * share * gain


def _blurred(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    if x.device.type != "cpu":
        return gaussian(x, numbers[:, 0])
    pictures = zip(x.permute(0, 2, 3, 1).numpy(), numbers[:, 0].tolist(), strict=True)
    return torch.stack([torch.from_numpy(cv2.GaussianBlur(one, (0, 0), sigma)) for one, sigma in pictures]).permute(
        0, 3, 1, 2
    )


_REACH = 6
"""Pixels: four deviations of the widest blur."""


def gaussian(x: Tensor, sigma: Tensor) -> Tensor:
    """Pictures `[n, c, h, w]` blurred by deviations `[n]` of up to 1.4 pixels, as OpenCV does it: four deviations far,
    mirrored at the edges.
    """
    n, c, h, w = x.shape
    steps = torch.arange(-_REACH, _REACH + 1, device=x.device)
    weights = torch.exp(-0.5 * (steps / sigma[:, None]).square())
    weights = weights * (steps.abs() <= torch.div((8 * sigma + 1).round(), 2, rounding_mode="floor")[:, None])
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(c, 0)[:, None]
    out = F.pad(x.reshape(1, n * c, h, w), (_REACH,) * 4, mode="reflect")
    out = F.conv2d(out, weights[:, :, None], groups=n * c)
    return F.conv2d(out, weights[..., None], groups=n * c).reshape(n, c, h, w)


def _draw_balance(rng: Random) -> Numbers:
    red, blue = np.exp(rng.normal(0, 0.15, 2))
    return red, np.exp(rng.normal(0, 0.03)), blue


def _tinted(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    return x * numbers[:, :, None, None]


def _draw_gel(rng: Random) -> Numbers:
    r, g, b = np.exp(rng.normal(0, 0.45, 3))
    return r, g, b


def _draw_matrix(rng: Random) -> Numbers:
    m = np.eye(3) + rng.normal(0, 0.05, (3, 3))
    m /= m.sum(1, keepdims=True)
    numbers: list[float] = m.ravel().tolist()
    return numbers


def _mixed(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    return torch.einsum("nij,njhw->nihw", numbers.reshape(-1, 3, 3), x).clamp_min(0)


def _draw_noise(rng: Random) -> Numbers:
    shot = float(np.exp(rng.uniform(np.log(3e-5), np.log(6e-3))))
    return shot, (2 * shot) ** 2


def _noisy(x: Tensor, numbers: Tensor, noise: Tensor) -> Tensor:
    shot, read = _columns(numbers)
    return x + (shot * x.clamp_min(0) + read).sqrt() * noise


def _draw_exposure(rng: Random) -> Numbers:
    shot = float(np.exp(rng.uniform(np.log(3e-5), np.log(1e-3))))
    return 2 ** rng.uniform(-4, 4), 2 ** rng.uniform(2, 5), shot, (2 * shot) ** 2


def _exposed(x: Tensor, numbers: Tensor, noise: Tensor) -> Tensor:
    gain, white, shot, read = _columns(numbers)
    light = x * gain
    light = light + (shot * light.clamp_min(0) + read).sqrt() * noise
    return torch.minimum(light, white) / gain


def _draw_clipping(rng: Random) -> Numbers:
    white = float(2 ** rng.uniform(1.0, 5.0))
    knee = float(rng.uniform(0.6, 1.0)) * white
    return white, knee, max(white - knee, 1e-6), float(knee < white * 0.98)


def _clipped(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    white, knee, span, soft = _columns(numbers)
    over = (x - knee).clamp_min(0)
    rolled = torch.where(x > knee, knee + span * (1 - torch.exp(-over / span)), x)
    return torch.where(soft > 0, rolled, torch.minimum(x, white))


def _draw_response(rng: Random) -> Numbers:
    exposure = float(0.18 * 2 ** (rng.normal(0.2, 0.8)))
    power, contrast = 1 / float(rng.uniform(1.9, 2.6)), float(rng.normal(0.1, 0.2))
    return exposure, power, contrast, int(rng.integers(40, 98)) if rng.random() < 0.7 else 0


def _developed(x: Tensor, numbers: Tensor, _: Tensor) -> Tensor:
    exposure, power, contrast, quality = _columns(numbers)
    to, back = _display_matrices(x.device)
    exposed = (torch.einsum("ij,njhw->nihw", to, x) * exposure).clamp(0, 1)
    shown = exposed**power
    shown = (shown + contrast * shown * (1 - shown) * (2 * shown - 1)).clamp(0, 1)
    levels = (shown * 255).round() / 255
    if x.device.type == "cpu":
        qualities = quality.flatten().int().tolist()
        shown = torch.stack(
            [jpeg(one, q) if q else plain for one, plain, q in zip(shown, levels, qualities, strict=True)]
        )
    else:
        shown = torch.where(quality > 0, compressed(shown, quality.flatten().clamp_min(1)), levels)
    linear = torch.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return torch.einsum("ij,njhw->nihw", back, linear) / 0.18


@lru_cache(8)
def _display_matrices(device: torch.device) -> tuple[Tensor, Tensor]:
    return ACESCG_TO_REC709.to(device), REC709_TO_ACESCG.to(device)


def jpeg(shown: Tensor, quality: int) -> Tensor:
    """A display-referred picture `[3, h, w]` in 0..1 through JPEG, on the CPU."""
    pixels = (shown.flip(0).permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return torch.from_numpy(decoded).permute(2, 0, 1).flip(0).to(shown.dtype) / 255


vignetting = Corruption(_draw_vignetting, _vignetted)
"""Corners darken by up to 60 %, about a middle that need not be the crop's."""
flare = Corruption(_draw_flare, _flared)
"""Ghosts: a few soft coloured discs on a line through the frame."""
glare = Corruption(_draw_glare, _glared)
"""Veiling glare: 2 to 20 % of the light is spread widely over the frame, half of it evenly."""
blur = Corruption(lambda rng: (rng.uniform(0.3, 1.3),), _blurred)
"""A lens or a resampling that is not sharp: Gaussian, up to 1.3 pixels."""
balance = Corruption(_draw_balance, _tinted)
"""A white balance that is off."""
gel = Corruption(_draw_gel, _tinted)
"""Light of one strong colour over all of it, as of a gel or of coloured lamps."""
matrix = Corruption(_draw_matrix, _mixed)
"""Another camera's colours: a 3x3 matrix near identity that keeps greys grey."""
noise = Corruption(_draw_noise, _noisy, noisy=True)
"""Shot and read noise, from what ISO 100 has to ISO 12800."""
exposure = Corruption(_draw_exposure, _exposed, noisy=True)
"""A sensor exposed wrong by up to four stops, developed to where it should be: where it was too much the picture clips,
where it was too little its noise is great. The sensor is full two to five stops above the level of a picture exposed
right.
"""
clipping = Corruption(_draw_clipping, _clipped)
"""Highlights roll off and clip, one to five stops above the picture's level."""
response = Corruption(_draw_response, _developed)
"""A display-referred picture, developed with some curve and exposure, as JPEG or in 8 bits, and linearised as if it
were sRGB."""

CORRUPTIONS: Mapping[str, Corruption] = {
    "vignetting": vignetting, "flare": flare, "glare": glare, "blur": blur, "balance": balance, "gel": gel,
    "matrix": matrix, "noise": noise, "exposure": exposure, "clipping": clipping, "response": response,
}  # fmt: skip
"""Every corruption by name, in the order that light meets them, on pictures relative to their level."""
