"""How light changed in one frame of a shot, carried to another frame.

The change is what a picture is multiplied by to get its relit version, in stops, and the little that no factor gives.
Part of it follows from where surfaces face: that part is a smooth function of the normals, fitted once, and asked anew
of the normals in the other frame, so that light does not stick to what turns. The rest moves with the surfaces. Where
nothing is known to have moved there, it is continued from places alike: near, facing alike, of the same colour.

Pictures are scene-linear `[3, H, W]`, normals `[3, H, W]` unit, in the space of their own frame's camera.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import mean_of_all, sum_of_all

from .fir import finite
from .joint import joint_upsampled
from .progress import Progress
from .quotient import level
from .resize import within
from .smoothing import smoothed

TERMS = 16
"""Of the function of normals: the spherical harmonics up to the third order."""
_DARK = 2.0**-7  # of the picture's level: factors of what is darker tell little
_MOST = 4096  # places that a fit looks at
_ROUNDS = 4
_OUTLIER = 0.3  # stops of error beyond which a place counts less
_HELD = 1e-3  # of all places' weight, how much terms are held back
_TURNED = 0.02  # squared distance of unit normals at which they count half for how the camera turned
_UNTURNED = 0.02  # of all places' weight, how much speaks for a camera that did not turn
_SMALL = 128  # pixels of the long side at which light is continued
_KNOWN = 1200  # places that it is continued from
_NEAR = 0.1  # of the width, how far away those count that are alike
_FACING = 0.3  # how far apart unit normals, and
_COLOR, _BRIGHT = 0.4, 1.0  # how many stops apart colours, and brightness, are that count
_SAME, _OTHER = 0.25, 0.8
"""Stops apart at which looks are the same, wherever motion leads, and at which they are another thing's."""
_FOLLOWED = 0.05  # of the picture, of which motion is known at least where looks alone may decide elsewhere
_LARGER = 384  # pixels of the long side at which what is guessed is fitted to what is known beside it
_REACH = 0.08  # of the long side, how far that goes where there is no edge
_EDGE = 0.5  # of what places are compared by, that makes an edge
_FAINT = 1e-3  # of a place's weight, from where on what is known is too far away
_LEAST = 0.05  # of one place alike, how much a mean of all places counts


@dataclass(frozen=True)
class Change:
    """How light changes in a frame: `relit = plate * 2**stops + rest`, all `[3, H, W]`, exactly.

    The factor alone does nearly all of it; the rest is what a factor cannot: light on black, and negative values.
    """

    stops: Tensor
    rest: Tensor

    @classmethod
    def of(cls, plate: Tensor, relit: Tensor) -> "Change":
        """Scales with either picture: stops shift by its exposure, and the rest grows with that of the relit one."""
        return cls.beside(plate, stops_over(plate), relit)

    @classmethod
    def beside(cls, plate: Tensor, stops: Tensor, relit: Tensor) -> "Change":
        """As `of`, where the plate's `stops_over` are known."""
        stops = stops_over(relit).sub_(stops)
        rest = relit - plate * stops.exp2()
        return cls(stops, torch.where(torch.isfinite(rest), rest, 0.0))


def stops_over(light: Tensor) -> Tensor:
    """Stops `[3, H, W]` of a picture, regular where it is dark beside its own level."""
    least = (_DARK * level(light)).clamp_min(1e-30).to(light.dtype)
    return finite(light).clamp_min(0).add_(least).log2_()


def fitted_to_normals(stops: Tensor, normal: Tensor, counts: Tensor) -> Tensor:
    """The function of normals that says the most of `stops`: `[1, TERMS, 3]`, for `by_normals`.

    counts : `[1, H, W]`, how much places do. By least squares in which outliers, such as cast shadows, count less
    (Huber 1964).
    """
    b = _harmonics(_some(normal)).double()
    wanted = _some(stops).double()
    counts = _some(counts).double()[0] + 1e-9
    middle = (wanted * counts).sum(1, keepdim=True) / counts.sum()
    weight = counts
    terms = b.new_zeros(TERMS, 3)
    held = _HELD * torch.eye(TERMS, dtype=b.dtype, device=b.device)
    held[0, 0] = 0  # the exposure is not held back
    for _ in range(_ROUNDS):
        share = b * (weight / weight.sum())
        terms = torch.linalg.solve(share @ b.T + held, share @ (wanted - middle).T)
        off = (terms.T @ b - (wanted - middle)).abs().mean(0)
        weight = counts / (off / _OUTLIER).clamp_min(1)
    terms[:1] += middle.T
    return terms[None].to(stops.dtype)


def by_normals(terms: Tensor, normal: Tensor) -> Tensor:
    """Stops `[3, H, W]` that a fitted function says of normals `[3, H, W]`."""
    return torch.einsum("kc,khw->chw", terms[0], _harmonics(normal))


def turn_between(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """How the camera turned: `[3, 3]` that takes normals `a` to normals `b` of the same surfaces, `[3, H, W]` each.

    weight : `[1, H, W]`. What turns by itself is an outlier (iterated weights around the method of Kabsch 1976).
    """
    a, b, weight = _some(a).double(), _some(b).double(), _some(weight).double()[0]
    turn = torch.eye(3, dtype=a.dtype, device=a.device)
    for _ in range(_ROUNDS + 1):
        off = (b - turn @ a).square().sum(0)
        share = weight / (1 + off / _TURNED).square()
        both = (b * (share / share.sum().clamp_min(1e-9))) @ a.T + _UNTURNED * torch.eye(3, dtype=a.dtype).to(a)
        left, _, right = torch.linalg.svd(both)
        mirrored = torch.ones_like(left[0])
        mirrored[2] = torch.linalg.det(left @ right).sign()
        turn = left @ torch.diag(mirrored) @ right
    return turn.float()


def agreed(valid: Tensor, seen: Tensor, moved: Tensor, inside: Tensor) -> Tensor:
    """Where light may be carried `[1, H, W]`, 0 to 1: as motion is `valid`, and as things look the same.

    seen, moved : stops `[3, H, W]` of a frame, and of another brought to its place. inside : `[1, H, W]`, where that
    one has pixels. Where nothing has texture motion is not known, and does not matter: there the look decides, unless
    motion is known nowhere, as across a cut. A change of exposure between the two does not count.
    """
    off = seen - moved
    places = _some(torch.cat((off, valid * inside)))
    held = places[:3, places[3] > 0.5]
    if held.numel():
        off = off - held.median(dim=1).values.reshape(3, 1, 1)
    off = _around(off).square_().mean(0, keepdim=True)
    same, other = torch.exp(off / -(_SAME**2)), torch.exp(off / -(_OTHER**2))
    same = same * (mean_of_all(valid * inside) / _FOLLOWED).clamp_max(1)
    return torch.maximum(valid, same) * other * inside


def continued(values: Tensor, valid: Tensor, plate: Tensor, normal: Tensor | None, progress: Progress) -> Tensor:
    """`values [R, 3, H, W]`, R of them, where they are `valid [R, 1, H, W]`, 0 to 1, and elsewhere as places alike.

    plate : stops `[3, H, W]` of the picture. normal : its unit normals `[3, H, W]`, where it has any.

    A mean over places, each by how near it is, how alike it faces and how alike its colour is (Nadaraya 1964, Watson
    1964), far from all that is alike the mean of everything; by what that is off beside where it counts it is put
    right, along the edges of the picture. All at a small size, enlarged along the edges.
    """
    count, _, height, width = values.shape
    places = _alike(plate, normal)
    size, larger = within(height, width, _SMALL), within(height, width, _LARGER)
    alike, guide = _small(places, size), _small(places, larger)
    known = values * valid
    guesses = []
    for one, light, seen in zip(values, known, valid, strict=True):
        cover = _small(seen, size)
        small = (_small(light, size) / cover.clamp_min(1e-6)).flatten(1)
        found = _mean_of_alike(small, cover.flatten(), alike.flatten(1), _everywhere(one, light, seen))
        guesses.append(found.reshape(3, *size))
    guess = joint_upsampled(torch.cat(guesses), alike, guide, 1.0).reshape(count, 3, *larger)
    cover = torch.stack([_small(seen, larger) for seen in valid])
    light = torch.stack([_small(x, larger) for x in known])
    off = (light / cover.clamp_min(1e-6) - guess) * cover
    across, along = (torch.exp(guide[2:].double().diff(dim=d).square().sum(0) / -(_EDGE**2)) for d in (2, 1))
    both = torch.cat((off, cover), 1).double().flatten(0, 1)
    even = smoothed(both, across, along, _REACH * max(larger), progress).reshape(count, 4, *larger)
    guess = guess + (even[:, :3] / (even[:, 3:] + _FAINT)).to(guess)
    full = joint_upsampled(guess.flatten(0, 1), guide, places, 1.0).reshape(values.shape)
    return torch.lerp(full, values, valid)


def _everywhere(values: Tensor, known: Tensor, valid: Tensor) -> Tensor:
    """The mean `[3]` of values where they are valid, and of all where they are nowhere; known : both multiplied."""
    weight = sum_of_all(valid)
    if not float(weight) > 0:
        return torch.stack([mean_of_all(x) for x in values])
    return torch.stack([sum_of_all(x) for x in known]) / weight.clamp_min(1e-6)


def _mean_of_alike(light: Tensor, cover: Tensor, alike: Tensor, everywhere: Tensor) -> Tensor:
    """Light `[3, n]` as the mean of places alike that are covered; `everywhere [3]` where there is none."""
    known = (cover > 0.5).nonzero()[:, 0]
    known = known[_spaced(known.numel(), _KNOWN, known.device)]
    here = alike[:, known]
    # Minus half their squared distance, all in one large matrix.
    share = (alike.T @ here).sub_(alike.square().sum(0)[:, None] / 2).sub_(here.square().sum(0)[None] / 2)
    share.clamp_max_(0).exp_().mul_(cover[known])
    found = (share @ light[:, known].T + _LEAST * everywhere) / (share.sum(1, keepdim=True) + _LEAST)
    return found.T


def _around(x: Tensor) -> Tensor:
    """The mean of the pixels beside and at each one, of `x [C, H, W]`: by adding, which is quicker than pooling."""
    for dim in (1, 2):
        size = x.shape[dim]
        total = x.clone()
        total.narrow(dim, 1, size - 1).add_(x.narrow(dim, 0, size - 1))
        total.narrow(dim, 0, size - 1).add_(x.narrow(dim, 1, size - 1))
        total.narrow(dim, 1, max(0, size - 2)).div_(3)
        for end in {0, size - 1}:
            total.narrow(dim, end, 1).div_(min(2, size))
        x = total
    return x


def _alike(stops: Tensor, normal: Tensor | None) -> Tensor:
    """What places are compared by `[C, H, W]`: where they are, their colour and brightness, and how they face."""
    height, width = stops.shape[1:]
    x = torch.arange(width, device=stops.device, dtype=stops.dtype)[None].expand(height, width) / width
    y = torch.arange(height, device=stops.device, dtype=stops.dtype)[:, None].expand(height, width) / width
    bright = stops.mean(0, keepdim=True)
    parts = [torch.stack((x, y)) / _NEAR, (stops - bright) / _COLOR, (bright - mean_of_all(bright)) / _BRIGHT]
    return torch.cat(parts if normal is None else [*parts, normal / _FACING])


def _small(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x[None], size, mode="area")[0]


def _some(x: Tensor) -> Tensor:
    """Some of the places of `x [C, H, W]`, evenly spaced `[C, n]`."""
    flat = x.flatten(1)
    return flat[:, _spaced(flat.shape[1], _MOST, x.device)]


def _spaced(count: int, most: int, device: torch.device) -> Tensor:
    """Up to `most` of `count` numbers from 0 on."""
    if count <= most:
        return torch.arange(count, device=device)
    return torch.linspace(0, count - 1, most, dtype=torch.float64, device=device).round().long()


def _harmonics(normal: Tensor) -> Tensor:
    """The real spherical harmonics up to the third order, without their factors, of unit vectors `[3, ...]`."""
    x, y, z = normal
    return torch.stack((
        torch.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y, y * (3 * x * x - y * y),
        x * y * z, y * (5 * z * z - 1), z * (5 * z * z - 3), x * (5 * z * z - 1), z * (x * x - y * y),
        x * (x * x - 3 * y * y),
    ))  # fmt: skip
