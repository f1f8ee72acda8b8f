"""A picture under another light, by the quotient of what falls on its surfaces: `picture * after / before`.

Texture, grain and negative values stay, as nothing but a smooth factor is applied. Factors are in stops.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import mean_of_all, sum_of_all

from .edge_aware import guided_enlarged, guided_whole
from .gaussian import blurred
from .morphology import without_texture
from .resize import reduced

_DARKEST = 1e-3  # of the mean: light below this counts as this
_GUIDE_FLOOR = 0.01  # of the mean brightness
_EDGE = 0.5  # stops
_TEXTURE = 3  # of the size of smoothing, in parts: things thinner than this are texture
_WIDE = 64  # pixels
_SOLID = 0.98  # alpha
_EDGE_WIDTH = 200  # of the long side, in parts: how far in the values for a soft edge are taken from


def stops_of(light: Tensor) -> Tensor:
    """Stops `[3, h, w]` of light `[3, h, w]`, regular where it is black: relative to its mean nothing is darker than a
    thousandth.
    """
    least = (_DARKEST * mean_of_all(light.clamp_min(0))).clamp_min(torch.finfo(light.dtype).tiny)
    return light.clamp_min(least).log2()


def brightness_of(light: Tensor, luminance: tuple[float, float, float]) -> Tensor:
    """Stops `[1, h, w]` of the luminance of light `[3, h, w]`, as `stops_of`."""
    weights = light.new_tensor(luminance).reshape(3, 1, 1)
    return stops_of((light.clamp_min(0) * weights).sum(0, keepdim=True))


def along_edges(stops: Tensor, plate: Tensor, size: float) -> Tensor:
    """Stops `[C, h, w]` smoothed within the edges of a plate `[3, h, w]`, over `size` pixels; 0 leaves them.

    The guide is the plate's brightness in stops, relative to its mean, so it does not depend on the exposure. It has
    the plate's outlines but no texture, which would go into the stops wherever they change at an outline.
    """
    if size <= 0 or min(plate.shape[-2:]) == 0:
        return stops
    bright = torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0).mean(0, keepdim=True)
    guide = (bright / mean_of_all(bright).clamp_min(torch.finfo(bright.dtype).tiny) + _GUIDE_FLOOR).log2()
    return guided_whole(stops, untextured(guide, size), size, _EDGE)


def untextured(stops: Tensor, size: float) -> Tensor:
    """Stops `[C, h, w]` with the outlines that they have, without texture that is fine beside `size` pixels."""
    return without_texture(stops, size / _TEXTURE)


def limited(stops: Tensor, limit: float) -> Tensor:
    """Stops that go smoothly to at most `limit`, above 0, from their mean either way; up to half of it they stay."""
    off, knee = stops - mean_of_all(stops), limit / 2
    beyond = (off.abs() - knee).clamp_min(0)
    return stops - off.sign() * (beyond - knee * torch.tanh(beyond / knee))


def level(plate: Tensor, weight: Tensor | None = None) -> Tensor:
    """The brightness of a plate `[3, h, w]`: the power mean with exponent 1/2 over what is above black, which hardly
    sees highlights. weight : `[1, h, w]`, how much places count. 0 where there is no light.
    """
    light = torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min_(0).mean(0, keepdim=True).double()
    lit = light > 0
    if weight is None:
        return (sum_of_all(light.sqrt_()) / lit.sum().double().clamp_min(1e-12)).square()
    count = lit * weight.clamp(0, 1).double()
    return (sum_of_all(light.sqrt_() * count) / sum_of_all(count).clamp_min(1e-12)).square()


def kept_exposure(plate: Tensor, stops: Tensor, share: float, weight: Tensor | None = None) -> Tensor:
    """`stops [3, h, w]` moved so that the plate keeps its level, or changes it by a share of what they do to it."""
    before, after = level(plate, weight), level(plate * stops.exp2(), weight)
    if share == 1 or not (before > 0 and after > 0):
        return stops
    return stops - (1 - share) * float((after / before).log2())


def from_inside(stops: Tensor, alpha: Tensor) -> Tensor:
    """Stops `[C, h, w]` at the soft edges of a premultiplied picture as they are inside, where alpha `[1, h, w]` is 1.

    What is estimated there takes the fall of the alpha for shade.
    """
    solid = -F.max_pool2d(-(alpha >= _SOLID).to(stops.dtype)[None], 3, 1, 1)[0]
    if bool(solid.all()) or not bool(solid.any()):
        return stops
    sigma = max(2.0, max(stops.shape[-2:]) / _EDGE_WIDTH)
    *sums, weight = blurred(torch.cat((stops * solid, solid)), sigma)
    filled = torch.stack(sums) / weight.clamp_min(1e-4)
    return torch.where(solid > 0, stops, torch.where(weight > 1e-4, filled, stops))


def softened(seen: Tensor, guide: Tensor, width: float) -> Tensor:
    """Visibility `[1, h, w]` with edges `width` pixels wide, and jumps where the guide `[1, h, w]` has edges, in stops.

    What is wide is worked out smaller, where it is `_WIDE` pixels wide, and drawn along the edges at full size.
    """
    if width < 1:
        return seen
    guide = guide.float()
    less = int(width / _WIDE)
    if less < 2:
        return guided_whole(seen, guide, width, _EDGE)
    size = (-(-seen.shape[1] // less), -(-seen.shape[2] // less))
    return guided_enlarged(reduced(seen, size), reduced(guide, size), guide, width / less, _EDGE)
