"""Lifting dark pictures: how bright the light falls, which curve lifts it, and what becomes of noise.

Everything is relative to the picture's own light, so that results scale with the exposure.
"""

import torch
from torch import Tensor

from .denoise import denoise, denoise_margin, estimate_noise, sample_rows, stabilize, unstabilize
from .edge_aware import guided_enlarged, guided_whole
from .fir import finite
from .progress import Progress, part, silent
from .resize import resized, within

_SMALL = 480  # pixels of the long side at which illumination is measured
_BOX = 0.06  # of the long side, within which light is taken to change evenly
_EDGE = 0.8  # stops of the plate that make an edge of light
_DARKEST = 2.0**-20  # of the brightest light
_WHITE = 0.995  # of the picture is darker than its white
_TOE = 2.0  # stops over which the lift begins
_KNEE = 3.0  # how sharply it settles
_MEMORY = 16.0  # pixels over which the colour of what is too dark to tell is averaged
_ALIKE = 0.25  # of the noise, a difference of brightness over which such colour does not run
_LUMA, _CHROMA = 1.4, 1.5  # strengths of the denoiser: grains that it leaves would be lifted too
_UNTOLD = 0.15  # of the noise at black: light that is darker than this cannot be told from none


def luminance(x: Tensor) -> Tensor:
    """What of `x [3, H, W]` counts as bright: the mean of the mean and the largest channel, `[1, H, W]`."""
    return (x.mean(0, keepdim=True) + x.amax(0, keepdim=True)) / 2


def illumination(x: Tensor, shading: Tensor | None = None, trust: Tensor | None = None, read: float = 0.0) -> Tensor:
    """How much light falls on what a picture `x [3, H, W]` without noise shows, in stops, `[1, H, W]`.

    Smooth but for the edges of the picture's own light. shading : `[3, H, W]`, an estimate of it that counts as much as
    trust, `[1, H, W]`, 0 to 1, says. read : the noise that there was at black; what is left of it makes no holes.
    """
    bright = luminance(finite(x)).clamp_min(0)
    bright = (bright.square() + (_UNTOLD * read) ** 2).sqrt() if read > 0 else bright
    base = bright.amax().clamp_min(1e-30)
    logs = (bright / base).clamp_min(_DARKEST).log2()
    size = within(x.shape[1], x.shape[2], _SMALL)
    guide = resized(logs, size)
    light = guide
    if shading is not None and trust is not None:
        told = (luminance(finite(shading)) / base).clamp_min(_DARKEST).log2()
        told, share = resized(told, size), resized(finite(trust).clamp(0, 1), size)
        # Only how it varies is taken: albedo makes it brighter than the picture everywhere.
        light = torch.lerp(guide, told + (guide - told).median(), share)
    return guided_enlarged(light, guide, logs, max(3.0, _BOX * max(size)), _EDGE) + base.log2()


def white_of(light: Tensor) -> float:
    """The brightest light of an illumination `[1, H, W]` in stops, but for the few brightest pixels."""
    values = light.flatten()
    return float(values.kthvalue(1 + round(_WHITE * (values.numel() - 1))).values)


def lift(light: Tensor, amount: float, white: float, protect: float, contrast: float) -> Tensor:
    """By how much to multiply, `[1, H, W]`: 2**amount in the dark and exactly 1 in highlights.

    light : stops. white, protect : from `white - protect` stops on nothing is lifted. Below that the lift grows with
    every stop by at most `1 - contrast` stops, so that brighter stays brighter, and settles at the amount.
    """
    if amount == 0:
        return torch.ones_like(light)
    below = (white - protect - light).clamp_min(0)
    soft = below.clamp_max(_TOE)
    steep = (1 - contrast) * (soft * soft / (2 * _TOE) + below - soft)
    return torch.exp2(steep / (1 + (steep / amount) ** _KNEE) ** (1 / _KNEE))


def noise_of(x: Tensor) -> tuple[float, float]:
    """Noise of a picture `[3, H, W]` at black and per unit of light, see `estimate_noise`."""
    return estimate_noise(sample_rows(x))


def cleaned(x: Tensor, noise: tuple[float, float], levels: int, steady: float, progress: Progress = silent) -> Tensor:
    """A picture `[3, H, W]` without its noise, the colour of what is too dark to tell taken from around it.

    noise : at black and per unit of light. levels : scales of the denoiser. steady : 0 to 1, of the colour.
    """
    read, shot = noise
    if read == 0 and shot == 0:
        return x
    pad = denoise_margin(levels)
    clean = denoise(_padded(finite(x), pad), read, shot, _LUMA, _CHROMA, levels, part(progress, 0, 2))
    progress(0.5)
    if steady == 0:
        return clean
    # In the even scale, and along its brightness: a bright thing does not colour the dark beside it.
    even = stabilize(clean, read, shot)
    gray = even.mean(0, keepdim=True)
    progress(0.5)
    around = guided_whole(even - gray, gray, _MEMORY, _ALIKE, progress=part(progress, 1, 2))
    progress(1.0)
    light = clean.mean(0, keepdim=True).clamp_min(0)
    told = light / (read * read + shot * light).sqrt().clamp_min(1e-30)
    doubt = steady / (1 + told.square())
    return unstabilize(gray + torch.lerp(even - gray, around, doubt), read, shot)


def lifted(x: Tensor, clean: Tensor, gain: Tensor, strength: float) -> Tensor:
    """`x * gain` with the noise, `x - clean`, lifted by less: strength 1 leaves it as strong as it was. Where the gain
    is 1 it is `x` bit for bit. x, clean : `[3, H, W]`. gain : `[1, H, W]`. strength : 0 to 1.
    """
    return x * gain + (clean - x) * (strength * (gain - 1))


def _padded(x: Tensor, pad: int) -> Tensor:
    return torch.nn.functional.pad(x[None], (pad,) * 4, mode="replicate")[0]
