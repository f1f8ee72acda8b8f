"""What the student is measured by while it learns. No loss needs a network.

All take maps `[b, c, h, w]`, with a weight `[b, 1, h, w]` of 0 to 1 where there is a surface, and give one number.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import LightGuess, light_strength

DARK = 0.03
"""Light, relative to the picture's level, below which errors count in proportion no more."""


def mean(error: Tensor, weight: Tensor) -> Tensor:
    """The weighted mean of an error over pixels and channels."""
    return (error * weight).sum() / (weight.sum() * error.shape[1]).clamp_min(1)


def logs(x: Tensor, dark: float | Tensor = DARK) -> Tensor:
    """Natural logarithms that go over into a line for light below `dark`."""
    return (x.clamp_min(0) + dark).log()


def log_error(found: Tensor, true: Tensor, weight: Tensor, dark: float | Tensor = DARK) -> Tensor:
    """Mean absolute error in nepers."""
    return mean((logs(found, dark) - logs(true, dark)).abs(), weight)


def inverse_error(found: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute error of `1 / (S + 1)`: counts dark shading most, where albedo is most in danger."""
    return mean((1 / (found.clamp_min(0) + 1) - 1 / (true.clamp_min(0) + 1)).abs(), weight)


def gradient_error(found: Tensor, true: Tensor, weight: Tensor, scales: int = 3) -> Tensor:
    """Mean absolute error of the differences between neighbours, at several sizes: edges where they belong."""
    total = found.new_zeros(())
    for scale in range(scales):
        if min(found.shape[-2:]) < 4:
            break
        for dim in (-1, -2):
            both = torch.minimum(*_neighbours(weight, dim))
            total = total + mean((found - true).diff(dim=dim).abs(), both)
        if scale < scales - 1:
            found, true, weight = (F.avg_pool2d(x, 2) for x in (found, true, weight))
    return total / scales


def _neighbours(x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    size = x.shape[dim] - 1
    return x.narrow(dim, 0, size), x.narrow(dim, 1, size)


def normal_error(found: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """Mean of one minus the cosine, and of the distance, which stays steep near zero."""
    return mean(1 - (found * true).sum(1, keepdim=True), weight) + 0.5 * mean((found - true).abs(), weight)


def depth_error(found: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """Error of the logarithm of depth about its mean over each picture's surface."""
    centred = _centred(true, weight)
    return mean((found.log() - centred).abs(), weight) + gradient_error(found.log(), centred, weight)


def _centred(depth: Tensor, weight: Tensor) -> Tensor:
    """The logarithm of depth about its mean over each picture's surface."""
    log = depth.clamp_min(1e-6).log()
    total = weight.sum((1, 2, 3), keepdim=True).clamp_min(1)
    return log - (log * weight).sum((1, 2, 3), keepdim=True) / total


def backdrop_error(
    normal: Tensor, depth: Tensor, shading: Tensor, true_depth: Tensor, weight: Tensor, away: Tensor
) -> Tensor:
    """How far what has no surface is from a screen behind everything, under light without edges.

    Nothing is true of a sky or a photograph behind a subject, but without a matte it is lit too, and any other answer
    is seen as a smudge or a halo. shading : its logarithm. true_depth, weight : of the surfaces. away : the weight of
    what has none.
    """
    farthest = torch.where(weight > 0.5, _centred(true_depth, weight), -1.0).amax((1, 2, 3), keepdim=True)
    ahead = torch.zeros_like(normal)
    ahead[:, 2].fill_(1)
    behind = mean((farthest - depth.log()).clamp_min(0), away)
    return normal_error(normal, ahead, away) + behind + gradient_error(shading, torch.zeros_like(shading), away)


def similarity_error(found: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """One minus SSIM (Wang et al. 2004) of compressed light, in windows of 7 pixels."""
    a, b = (torch.log1p(4 * x.clamp_min(0)) for x in (found, true))

    def box(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 7, 1, 3, count_include_pad=False)

    ma, mb = box(a), box(b)
    va, vb, cov = box(a * a) - ma * ma, box(b * b) - mb * mb, box(a * b) - ma * mb
    ssim = (2 * ma * mb + 1e-3) * (2 * cov + 1e-3) / ((ma * ma + mb * mb + 1e-3) * (va + vb + 1e-3))
    return mean(1 - ssim, weight)


def likelihood_error(error: Tensor, expected: Tensor, weight: Tensor) -> Tensor:
    """Negative log likelihood of an absolute error under a Laplace distribution of the expected width."""
    return mean(error / expected + expected.log(), weight)


def light_error(found: LightGuess, true: LightGuess, weight: Tensor | None = None) -> Tensor:
    """Error of an estimated light: the key's direction as far as there is a key, levels and surroundings in nepers.

    weight : `[b]`, what each picture counts; all the same where it is left out.
    """
    total = light_strength(true)
    weight = torch.ones_like(total) if weight is None else weight
    share = (true.key.mean(1) / total).clamp(0, 1)
    direction = (1 - (found.direction * true.direction).sum(1)) * share
    dark = DARK * total[:, None]
    key = (logs(found.key, dark) - logs(true.key, dark)).abs().mean(1)
    angle = (found.angle.log() - true.angle.clamp_min(0.3).log()).abs() * share
    dark = dark[..., None, None]
    around = (logs(found.environment, dark) - logs(true.environment, dark)).abs().mean((1, 2, 3))
    error = 2 * direction + 0.3 * key + 0.1 * angle + 0.3 * around
    return (error * weight).sum() / weight.sum().clamp_min(1)


def code_error(found: Tensor, true: Tensor) -> Tensor:
    """One minus the cosine between codes `[b, n]`."""
    return (1 - F.cosine_similarity(found, true, dim=1)).mean()
