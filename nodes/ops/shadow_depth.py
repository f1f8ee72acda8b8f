"""How deep the shadows of a picture are that are known only softly, as a network sees them.

Over an edge of a shadow light changes by as much as visibility does times what full shadow lacks, whatever lies under
it; edges of paint, of form and of things are anywhere. So of all steps of visibility the ratio is taken on which most
agree: the same lights are missing in all shadows of a picture. Steps against what a camera cut off tell of no shadow,
and neither do those at which a network that sees shadows changes its mind by little, as at the edges of hair and hats.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .gaussian import blurred
from .morphology import largest_around
from .shadow_light import agreed_ratio, logs_of

_SCALES = (2.0, 4.0, 8.0)  # pixels, of a picture of about 256, over which steps are taken
_STEP = 0.25  # of full visibility, from which a step tells how deep shadows are
_HINT = 0.1  # of full visibility, from which a step is one of shadow or not
_FEW = 50  # steps that tell nothing
_MOST = 4.0  # nepers
_SAMPLES = 3000
_DIFFERS = 0.7  # of the depth, that the brightness of steps may differ from it by
_COLOR = 0.25  # nepers that the colour of a step may differ by, and as much again for every neper of the step
_AROUND = 12.0  # pixels over which steps speak for what is beside them
_FARTHER, _LESS = 4.0, 0.05  # how much farther they are heard, and by how much less
_DOUBT = 1e-4  # of a step, that counts as much as none
_HALF, _HALF_SEEN = 0.5, 0.3  # of the steps, that are enough, where all count and where as far as a network sees them
SEEN, _SEEN_WIDTH = 1.0, 0.3  # logits of visibility for every neper of a step, from which a network sees it as shadow's
_SMALL = 0.3  # nepers, beside which a step is of no account
_KNOWN = 0.05  # of the light beside a step, under which it tells nothing


def agreed_depth(x: Tensor, visibility: Tensor, known: Tensor) -> Tensor:
    """Nepers `[3]` that full shadow lacks in a small picture `[3, h, w]`, about 256 pixels wide, from its visibility
    `[1, h, w]`; 0 where too few steps say anything. known : `[1, h, w]`, how far the picture tells how bright it was.
    """
    ratios, weights = [], []
    for light, seen, sure, _ in _steps(x, visibility, known):
        light, seen, sure = light.flatten(1), seen.flatten(), sure.flatten()
        told = (seen.abs() > _STEP) & (sure > _KNOWN)
        ratios.append(light[:, told] / seen[told])
        weights.append(seen[told].abs() * sure[told])
    if sum(len(weight) for weight in weights) < _FEW:
        return x.new_zeros(3)
    pairs, counts = torch.cat(ratios, 1), torch.cat(weights)
    every = max(1, len(counts) // _SAMPLES)
    some, counted = (y[..., ::every].double().cpu().numpy() for y in (pairs, counts))
    return x.new_tensor(agreed_ratio(some, counts=counted)).clamp(0, _MOST)


def agreeing(
    x: Tensor, visibility: Tensor, depth: Tensor, known: Tensor, logits: Tensor | None = None, least: float = SEEN
) -> Tensor:
    """How far `[1, h, w]`, 0 to 1, what is taken for shadow has edges of a shadow of this depth `[3]`; see above.

    How bright a step is depends on how softly the shadow was seen; its colour does not, so that it has to fit more
    closely: a dark paint, hair or cloth mostly differs from what is beside it in colour too. Where light is not `known`
    an edge speaks against a shadow, as all that is dark has such edges there.

    logits : `[1, h, w]`, of visibility as a network sees it; a step counts by how much they change with the light.
    least : logits for every neper of light from which on it does.
    """
    depth = depth.to(x).reshape(3, 1, 1)
    deep = depth.mean()
    tint = (depth - deep) / deep.clamp_min(1e-6)  # of a step, for every neper of it
    told = torch.zeros_like(visibility)
    agrees = torch.zeros_like(visibility)
    for light, seen, sure, mind in _steps(x, visibility, known, logits):
        weight = (seen.abs() - _HINT).clamp_min(0)
        even = light.mean(0, keepdim=True)
        missing = (even - seen * deep).square() / (seen.square() * deep.square() + 1e-6) / _DIFFERS**2
        color = (light - even - tint * even).square().sum(0, keepdim=True) / (_COLOR * (1 + even.abs())).square()
        told = told + weight
        if logits is not None:
            change = mind * even.sign() / (even.abs() + _SMALL)
            sure = sure * torch.sigmoid((change - least) / _SEEN_WIDTH)
        agrees = agrees + weight * sure * torch.exp(-(missing + color) / 2)
    near, far = (blurred(torch.cat((agrees, told)), _AROUND * wider) for wider in (1.0, _FARTHER))
    heard = near + _LESS * far
    half = _HALF if logits is None else _HALF_SEEN
    return ((heard[:1] + _DOUBT / 2) / (heard[1:] + _DOUBT) / half).clamp(0, 1)


def _steps(
    x: Tensor, visibility: Tensor, known: Tensor, logits: Tensor | None = None
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Steps of light `[3, h, w]`, in nepers, and of visibility `[1, h, w]` across every pixel, at all scales and both
    ways, how far the light on both sides of them is known `[1, h, w]`, and the steps of logits `[1, h, w]`, if given.
    """
    whole = torch.cat((logs_of(x), visibility, torch.zeros_like(visibility) if logits is None else logits))
    for scale in _SCALES:
        both = blurred(whole, scale)
        reach = int(scale)
        # Known is only what nothing unknown was blurred into.
        told = -largest_around(-known, reach)
        apart = int(2 * scale)
        for dim in (1, 2):
            count = x.shape[dim] - apart
            if count < 1:
                continue
            first, second = (torch.cat((both, told)).narrow(dim, start, count) for start in (0, apart))
            step = torch.cat((second[:5] - first[:5], torch.minimum(first[5:], second[5:])))
            pads = (apart // 2, apart - apart // 2)
            step = F.pad(step, (*pads, 0, 0) if dim == 2 else (0, 0, *pads))
            yield step[:3], step[3:4], step[5:], step[4:5]
