"""What the evaluation counts in. Pictures `[3, h, w]` scene-linear; masks `[1, h, w]`, counted where above one half."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import RimlightError

from .display import displayed


def inside(mask: Tensor) -> Tensor:
    """Where a mask counts, `[h, w]` bool."""
    return mask[0] > 0.5


def matched(found: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """`found` by the one factor that brings it closest to `true` in the least squares sense."""
    a, b = found[:, inside(mask)], true[:, inside(mask)]
    return found * float((a * b).sum() / (a * a).sum().clamp_min(1e-20))


def shown_exposure(true: Tensor, mask: Tensor) -> float:
    """The factor that brings the mean of a picture to 0.25, for looking at it."""
    return 0.25 / max(float(true[:, inside(mask)].mean()), 1e-9)


def display_psnr(found: Tensor, true: Tensor, mask: Tensor) -> float:
    """PSNR in dB of two pictures as they are shown: at the true one's exposure, sRGB, clipped."""
    exposure = shown_exposure(true, mask)
    a, b = displayed(found, exposure), displayed(true, exposure)
    return psnr(a[:, inside(mask)], b[:, inside(mask)])


def psnr(found: Tensor, true: Tensor) -> float:
    """PSNR in dB of values whose peak is 1, at most 99; 0 where any of them is no number."""
    error = float((found - true).square().mean())
    return min(99.0, -10 * math.log10(max(error, 1e-12))) if math.isfinite(error) else 0.0


def similarity(found: Tensor, true: Tensor, mask: Tensor) -> float:
    """SSIM (Wang et al. 2004) of two pictures as they are shown, in windows of 7 pixels, mean over the mask.

    Raises RimlightError where scikit-image is not installed.
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise RimlightError(
            f"evaluating needs the package scikit-image ({error}); install it with: pip install 'rimlight[train]'"
        ) from None
    exposure = shown_exposure(true, mask)
    a, b = (displayed(x, exposure).numpy() for x in (found, true))
    options = {"channel_axis": 0, "data_range": 1.0, "full": True}
    _, every = structural_similarity(a, b, **options)  # type: ignore[no-untyped-call]
    return float(every[:, inside(mask).numpy()].mean())


def flip(found: Tensor, true: Tensor, mask: Tensor) -> float | None:
    """LDR-FLIP, mean over the mask; None where `flip-evaluator` is not installed."""
    try:
        import flip_evaluator
    except ImportError:
        return None
    exposure = shown_exposure(true, mask)
    a, b = (displayed(x, exposure).permute(1, 2, 0).contiguous().numpy() for x in (found, true))
    error, _, _ = flip_evaluator.evaluate(b, a, "LDR", inputsRGB=True, applyMagma=False)
    return float(np.asarray(error)[..., 0][inside(mask).numpy()].mean())


def albedo_psnr(found: Tensor, true: Tensor, mask: Tensor) -> float:
    """PSNR in dB of albedos after the best single factor; linear, the peak is 1."""
    fitted = matched(found, true, mask)
    return psnr(fitted[:, inside(mask)], true[:, inside(mask)])


def constancy(albedos: Sequence[Tensor], mask: Tensor) -> float:
    """Standard deviation over mean of one surface's albedo under several lights, each brought to the same mean; 0 is
    best.
    """
    there = torch.stack([a[:, inside(mask)] for a in albedos])
    there = there / there.mean((1, 2), keepdim=True).clamp_min(1e-9)
    share = there.std(0) / there.mean(0).clamp_min(1e-3)
    return float(share.mean())


def angles(found: Tensor, true: Tensor, mask: Tensor) -> float:
    """Mean angle in degrees between normals."""
    a, b = (torch.nn.functional.normalize(x, dim=0) for x in (found, true))
    cosine = (a * b).sum(0).clamp(-1, 1)[inside(mask)]
    return float(torch.rad2deg(torch.acos(cosine)).mean())


def angle_between(a: Tensor, b: Tensor) -> float:
    """Angle in degrees between two vectors `[3]`: directions, or colours whatever their strength."""
    cosine = float((a @ b) / (a.norm() * b.norm()).clamp_min(1e-12))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def shadow_zones(visibility: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Where a cast shadow is, where none is, and its edge with 3 pixels on both sides; `[1, h, w]` bool."""
    dark = (visibility < 0.5).float()
    wide = torch.nn.functional.max_pool2d(dark[None], 7, 1, 3)[0]
    narrow = 1 - torch.nn.functional.max_pool2d(1 - dark[None], 7, 1, 3)[0]
    there = mask > 0.5
    edge = (wide > 0.5) & (narrow < 0.5)
    return {
        "inside": (narrow > 0.5) & there,
        "edge": edge & there,
        "outside": (wide < 0.5) & there,
    }
