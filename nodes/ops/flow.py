"""Where things go from one picture to another: dense optical flow under changing light.

Flow compares brightness, and light changes it: exposure, a lamp that moves, shadows. So the pictures are compressed
first. Stops of brightness over the picture's own median have no exposure, and what is left after taking off their mean
and dividing by their spread within a neighbourhood is texture, whatever light lies on it. On that, flow is estimated by
DIS (dense inverse search, Kroeger and others 2016), both ways. Where going there and back does not end where it began
something is covered, comes into sight or cannot be told, and there the flow is not valid.

That search reaches an eighth of the frame. Where it finds next to nothing the camera may have gone further: the shift
that the pictures as wholes say (phase correlation, Kuglin and Hines 1975) is then where it begins. Where little agrees
even so there is a cut, and what agrees is chance, even walls most of all: nothing is valid.

Directions, everywhere in this file: vectors are in pixels of the tensors, x to the right and y DOWN, as rows are
stored. The motion from `a` to `b` belongs to the pixels of `a`: what is at p in `a` is at p + vectors(p) in `b`. So `b`
seen in the place of `a` is `followed(b, vectors)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from . import resize
from .fir import finite
from .progress import Progress, part, silent

WORK = 1024
"""Pixels of the longer side that flow is estimated at; larger pictures are reduced for it."""
_SMALLEST = 48  # pixels of a side that DIS needs for its pyramid
_TOE = 2.0**-6  # of the median, below which light says nothing
_AROUND = 10.0  # pixels, standard deviation of the neighbourhood
_BRIGHTEST = 1e30  # light above is as bright: sums of a few of them are numbers
_FAR = 2.0**40  # of the brightest light, below which what is darker is as dark
_FAINT = 0.2  # stops of texture below which there is none
_STRONG = 2.0  # spreads at which texture is compressed to 0.7 of the most
_UNSURE = 0.01  # weight of a picture where what it shows is not in the other one
_AWRY, _AWRY_SHARE = 0.75, 0.05  # pixels and share of the way by which there and back may differ
_LOST = 0.5  # of `_agreeing`: where it is less a shift of all is tried
_SHIFTED = 0.55  # where it is less after that shift, it is chance
_CUT, _SHOT = 0.22, 0.35  # where it is less there is a cut, where it is more there is none
_BESIDE = 3.0  # pixels; from twice that on nothing of what is found counts
_NO_TEXTURE = 0.01  # mean square of texture that tells nothing
_WHOLE = 256  # pixels of the longer side at which the shift of all is looked for


@dataclass(frozen=True)
class Motion:
    """The way of every pixel of one picture to another one.

    vectors : float32 `[2, H, W]`, pixels, x to the right and y down: p in the one is p + vectors(p) in the other.
    valid : float32 `[1, H, W]`, 1 where that place is in the other picture and shows the same thing, 0 where not; in
        between where there is doubt.
    """

    vectors: Tensor
    valid: Tensor


def motions_between(
    a: Tensor, b: Tensor, work: int = WORK, progress: Progress = silent, ready: tuple[Tensor, Tensor] | None = None
) -> tuple[Motion, Motion]:
    """The motion from `a` to `b`, of the pixels of `a`, and that from `b` to `a`: dense optical flow.

    Parameters
    ----------
    a, b : scene-linear `[C, H, W]` of one size, of any exposure each; the channels are averaged. Negative values count
        as black, NaN too. Changes of light between them do no harm so long as the texture shows.
    work : the longer side in pixels at which flow is estimated; larger pictures are reduced for it.
    progress : called between the steps with the share done; may raise to stop.
    ready : the two `compressed` to `work`, where that was done before.

    The same on every device (the estimate is made on the CPU, by OpenCV) and for every number of threads.
    Raises ValueError when the sizes differ.
    """
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(f"flow: the pictures are {tuple(a.shape[1:])} and {tuple(b.shape[1:])}, expected one size")
    height, width = a.shape[1:]
    if min(height, width) == 0:
        empty = Motion(a.new_zeros((2, height, width)), a.new_zeros((1, height, width)))
        return empty, empty
    progress(0.0)
    ready = ready or (compressed(a, work), compressed(b, work))
    progress(0.1)
    found = _both_ways(*ready, None, part(progress, 0, 2))
    agreed = _agreeing(found, *ready)
    if agreed < _LOST:
        shifted = _both_ways(*ready, _shift(*ready), part(progress, 1, 2))
        if _agreeing(shifted, *ready) > max(agreed, _SHIFTED):
            found, agreed = shifted, _agreeing(shifted, *ready)
    sure = min(1.0, max(0.0, (agreed - _CUT) / (_SHOT - _CUT)))
    # Ways across a cut lead nowhere, so nobody who takes them in spite of that shall get a torn picture.
    there, back = (Motion(motion.vectors * (sure > 0), motion.valid * sure) for motion in found)
    return _full_size(there, ready[0], a), _full_size(back, ready[1], b)


def _both_ways(a: Tensor, b: Tensor, shift: Tensor | None, progress: Progress) -> tuple[Motion, Motion]:
    """The motion between textures `[1, h, w]`, there and back, looked for about a shift `[2]` of all or about none."""
    there = _dis(a, b, shift)
    progress(0.5)
    back = _dis(b, a, None if shift is None else -shift)
    progress(0.9)
    return Motion(there, _agreement(there, back)), Motion(back, _agreement(back, there))


def _agreeing(found: tuple[Motion, Motion], a: Tensor, b: Tensor) -> float:
    """How far, 0 to 1, two textures `[1, h, w]` are one shot, the lesser of both ways: the share of what stays in the
    frame in which there and back agree, times how well what stays correlates. Either alone is large by chance, the one
    in small pictures, the other where a search for what is alike finds just that.
    """
    told = []
    for motion, here, there in zip(found, (a, b), (b, a), strict=True):
        stays = within(motion.vectors)
        moved = followed(there, motion.vectors, "linear")
        products = (motion.valid * stays, stays, here * moved * stays, here.square() * stays, moved.square() * stays)
        # Row by row, so that the number of threads does not change the sum.
        agreed, count, both, own, other = (float(x.sum(-1).double().sum()) for x in products)
        faint = count * _NO_TEXTURE
        alike = (both + faint) / max((own * other) ** 0.5 + faint, 1e-12)
        told.append(agreed / count * max(0.0, alike) if count > 0 else 0.0)
    return min(told)


def _shift(a: Tensor, b: Tensor) -> Tensor:
    """How far `[2]` the texture `b` as a whole is from `a`, both `[1, h, w]`; by nothing where that cannot be told."""
    height, width = a.shape[1:]
    if min(height, width) < 2:
        return torch.zeros(2)
    size = resize.within(height, width, _WHOLE)
    small = [F.interpolate(x[None], size, mode="area")[0, 0].double().numpy() for x in (a, b)]
    (x, y), _ = cv2.phaseCorrelate(*small)
    found = torch.tensor([x * width / size[1], y * height / size[0]], dtype=torch.float32)
    # The search reads wherever it is told to begin: a place that is no number would end the process.
    return found if bool(torch.isfinite(found).all()) else torch.zeros(2)


def followed(x: Tensor, vectors: Tensor, filter: str = "cubic") -> Tensor:
    """`x` of the other picture brought to the places of the one that `vectors` belong to: out(p) = x(p + vectors(p)).

    x : `[C, H, W]`, any layer. vectors : `[2, H, W]`, pixels, x to the right and y down; what is no number counts as 0.
    filter : `cubic` (it sharpens, and may overshoot), `linear` or `nearest`. Beyond the frame the edge pixels go on.
    Returns `[C, H, W]`; `x` itself where nothing moves at all.
    """
    if not bool(vectors.any()):
        return x
    _, height, width = x.shape
    vectors = torch.where(torch.isfinite(vectors), vectors, 0.0)
    columns = torch.arange(width, dtype=x.dtype, device=x.device) + 0.5
    rows = torch.arange(height, dtype=x.dtype, device=x.device)[:, None] + 0.5
    # The grid runs from -1 to 1 between the outer edges of the picture.
    grid = torch.stack(((columns + vectors[0]) * (2 / width) - 1, (rows + vectors[1]) * (2 / height) - 1), dim=-1)
    mode = {"cubic": "bicubic", "linear": "bilinear", "nearest": "nearest"}[filter]
    return F.grid_sample(x[None], grid[None], mode, "border", align_corners=False)[0]


def within(vectors: Tensor) -> Tensor:
    """Where `[1, H, W]`, 1 or 0, vectors `[2, H, W]` lead to pixels of the other picture, or beside them by less."""
    _, height, width = vectors.shape
    x = vectors[0] + torch.arange(width, device=vectors.device)
    y = vectors[1] + torch.arange(height, device=vectors.device)[:, None]
    return ((x > -1) & (x < width) & (y > -1) & (y < height))[None].to(vectors.dtype)


def chained(first: Motion, second: Motion) -> Motion:
    """The motion from a to c, of those from a to b and from b to c, which have one size."""
    carried = followed(torch.cat((second.vectors, second.valid)), first.vectors, "linear")
    return Motion(first.vectors + carried[:2], first.valid * carried[2:])


def on_the_way(
    first: Tensor, second: Tensor, there: Motion, back: Motion, share: float, filter: str = "cubic"
) -> Tensor:
    """A picture between two `[C, H, W]`, at `share` of the time from the first to the second.

    there, back : the motion from the first to the second and from the second to the first. filter : as in `followed`.
    Both are brought to the place where things are then, by the mean of the two ways weighed by time (as Jiang and
    others, Super SloMo, 2018, begin), and mixed; what is not in one of them is taken from the other. Across a cut,
    where nothing is valid, it is the nearer one.
    """
    if not bool(there.valid.any() | back.valid.any()):
        return first if share < 0.5 else second
    rest = 1 - share
    to_first = share * share * back.vectors - share * rest * there.vectors
    to_second = rest * rest * there.vectors - share * rest * back.vectors
    # What the second shows and the first does not has no valid way back, and the other way about.
    weights = [rest * (back.valid + _UNSURE), share * (there.valid + _UNSURE)]
    moved = [followed(x, way, filter) for x, way in ((first, to_first), (second, to_second))]
    return (moved[0] * weights[0] + moved[1] * weights[1]) / (weights[0] + weights[1])


def settled(motion: Motion, a: Tensor, b: Tensor) -> Motion:
    """A motion `chained` of many, without what the small errors of each have added up to.

    a, b : what its two pictures are `compressed` to, `[1, h, w]`, of one size. The second is brought to the place of
    the first, and what still moves then by less than `_BESIDE` is taken along; what moves further is another thing.
    Where the motion is valid stays as it is. The estimate is made on the CPU.
    """
    if not a.numel() or not bool(motion.valid.any()):
        return motion
    known = _resized(motion.vectors.cpu(), a.shape[1:])
    left = _dis(a, followed(b, known).clamp(-1, 1), None)
    left = left * (2 - torch.hypot(*left) / _BESIDE).clamp(0, 1)
    off = left + followed(known, left, "linear") - known
    return replace(motion, vectors=motion.vectors + _resized(off, motion.vectors.shape[1:]).to(motion.vectors))


def _resized(vectors: Tensor, size: Sequence[int]) -> Tensor:
    """Vectors `[2, H, W]` in pixels of a picture for those of the same one of another size, `[2, h, w]`."""
    height, width = vectors.shape[1:]
    if (height, width) == tuple(size):
        return vectors
    mode = "area" if size[0] < height else "bilinear"
    found = F.interpolate(vectors[None], tuple(size), mode=mode)[0]
    return found * found.new_tensor([size[1] / width, size[0] / height])[:, None, None]


def still(like: Tensor) -> Motion:
    """No motion at all, of the size of `like [C, H, W]`."""
    return Motion(torch.zeros_like(like[:1]).repeat(2, 1, 1), torch.ones_like(like[:1]))


def compressed(x: Tensor, work: int = WORK) -> Tensor:
    """`x [C, H, W]`, scene-linear, as texture without light: `[1, h, w]` in -1..1 on the CPU, `h` and `w` at most
    `work`.

    Neither exposure nor light that changes slowly over the picture shows in it.
    """
    grey = finite(x).mean(0, keepdim=True).nan_to_num(0.0).clamp(0, _BRIGHTEST)
    size = resize.within(grey.shape[1], grey.shape[2], work)
    if size != tuple(grey.shape[1:]):
        grey = F.interpolate(grey[None], size, mode="area")[0]
    grey = grey.cpu().float()
    lit = grey[grey > 0]
    if lit.numel() == 0:
        return grey
    # A few pixels of light among tails of blurs, 1e-40 and less, are lit all the same.
    level = torch.maximum(lit.median(), grey.max() / _FAR)
    stops: npt.NDArray[np.float32] = torch.log2(grey / level + _TOE)[0].numpy()
    off = stops - _blurred(stops)
    spread = np.sqrt(_blurred(off * off))
    off /= _STRONG * (spread + _FAINT)
    return torch.from_numpy(off / np.sqrt(1 + off * off))[None]


def _blurred(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(x, (0, 0), _AROUND, borderType=cv2.BORDER_REFLECT), np.float32)


def _dis(a: Tensor, b: Tensor, shift: Tensor | None) -> Tensor:
    """Flow `[2, h, w]` from `a` to `b`, which are `[1, h, w]` in -1..1, looked for about a shift `[2]` of all."""
    height, width = a.shape[1:]
    below, right = max(0, _SMALLEST - height), max(0, _SMALLEST - width)
    pictures = [
        cv2.copyMakeBorder(
            np.rint(127.5 + 127.5 * x[0].numpy()).astype(np.uint8), 0, below, 0, right, cv2.BORDER_REPLICATE
        )
        for x in (a, b)
    ]
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    known = None
    if shift is not None:
        known = np.broadcast_to(shift.numpy(), (*pictures[0].shape, 2)).copy()
    found = dis.calc(pictures[0], pictures[1], known)  # type: ignore[arg-type]  # None: no flow is known yet
    return torch.from_numpy(found[:height, :width]).permute(2, 0, 1).contiguous()


def _agreement(there: Tensor, back: Tensor) -> Tensor:
    """How far `[1, h, w]` the way `there` and the way `back` from where it ends come back to the start, 1 or less."""
    _, height, width = there.shape
    returned = followed(back, there, "linear")
    off = torch.hypot(*(there + returned))
    length = torch.hypot(*there) + torch.hypot(*returned)
    agreed = 2 - off / (_AWRY + _AWRY_SHARE * length)
    x = there[0] + torch.arange(width)
    y = there[1] + torch.arange(height)[:, None]
    # A pixel whose centre ends up within the frame is seen there.
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return (agreed.clamp(0, 1) * inside)[None]


def _full_size(motion: Motion, small: Tensor, picture: Tensor) -> Motion:
    """`motion`, found at the size of `small`, for the pixels of `picture`, on its device."""
    height, width = picture.shape[1:]
    if (height, width) == tuple(small.shape[1:]):
        return Motion(motion.vectors.to(picture.device), motion.valid.to(picture.device))
    both = torch.cat((motion.vectors, motion.valid))[None]
    both = F.interpolate(both, (height, width), mode="bilinear", align_corners=False)[0]
    both[0] *= width / small.shape[2]
    both[1] *= height / small.shape[1]
    both = both.to(picture.device)
    return replace(motion, vectors=both[:2], valid=both[2:])
