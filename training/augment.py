"""What cameras do to light: the student's input during training, and the corruptions of the evaluation.

Each step takes and gives scene-linear pictures, relative to their own level where it matters. Only the input of the
network goes through here; what it is to answer stays clean.

What happens to a picture is drawn first, and then done to all pictures of a batch at once, on their device: so there
is little to send to a GPU and little to start on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import picture_level

from .corruptions import CORRUPTIONS, Numbers, Random, normals, sent

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Augmentation:
    """How often each thing happens to a picture; see the corruption of the same name. `clean` of all stay untouched."""

    clean: float = 0.2
    vignetting: float = 0.3
    flare: float = 0.15
    glare: float = 0.35
    blur: float = 0.3
    balance: float = 0.5
    gel: float = 0.2
    matrix: float = 0.4
    noise: float = 0.6
    clipping: float = 0.3
    response: float = 0.4
    exposure: float = 0.1


@dataclass(frozen=True, eq=False)
class Recording:
    """What a camera does to one picture: the numbers of corruptions by name, and the seed of its noise."""

    numbers: Mapping[str, Numbers]
    seed: int


def draw_recording(rng: Random, how: Augmentation) -> Recording | None:
    """What some camera does to a picture; None where it stays untouched."""
    if rng.random() < how.clean:
        return None
    numbers: dict[str, Numbers] = {}
    for name in ("vignetting", "flare", "glare", "blur", "balance", "gel", "matrix", "noise", "exposure"):
        if rng.random() < getattr(how, name):
            numbers[name] = CORRUPTIONS[name].draw(rng)
    for name in ("response", "clipping"):  # what develops a picture clips it too
        if rng.random() < getattr(how, name):
            numbers[name] = CORRUPTIONS[name].draw(rng)
            break
    return Recording(numbers, int(rng.integers(1 << 62)))


def record(pictures: Tensor, recordings: Sequence[Recording | None]) -> Tensor:
    """Pictures `[n, 3, h, w]` as their cameras record them; others stay what they are."""
    seen = [i for i, recording in enumerate(recordings) if recording is not None]
    cameras = [recording for recording in recordings if recording is not None]
    if not seen:
        return pictures
    where = _indices(seen, pictures.device)
    x = pictures.index_select(0, where)
    level = picture_level(x)
    x = x / level
    for name, corruption in CORRUPTIONS.items():
        chosen = [i for i, camera in enumerate(cameras) if name in camera.numbers]
        if not chosen:
            continue
        some = _indices(chosen, x.device)
        part = x.index_select(0, some)
        noise = normals(part.shape, [cameras[i].seed for i in chosen], x.device) if corruption.noisy else part
        numbers = sent([cameras[i].numbers[name] for i in chosen], x.device)
        x = x.index_copy(0, some, corruption.apply(part, numbers, noise))
    return pictures.index_copy(0, where, x * level)


def recorded_gains(clean: Tensor, recorded: Tensor, where: Tensor) -> Tensor:
    """By how much cameras have scaled each channel `[n, 3]` of pictures `[n, 3, h, w]`, as the median over the lit part
    where the mask `[n, 1, h, w]` is above half.

    A tint of the whole picture cannot be told from a tint of its light, so the light that is to be found has it.
    """
    level = picture_level(clean)
    lit = (clean.amin(1, True) > 0.05 * level) & (recorded.amin(1, True) > 0.02 * level) & (where > 0.5)
    ratio = torch.where(lit, recorded / clean, torch.nan).flatten(2).nanmedian(2).values
    enough = lit.sum((1, 2, 3)) >= 16
    return torch.where(enough[:, None], ratio.log().clamp(-2, 2).exp(), 1.0)


def _indices(numbers: Sequence[int], device: torch.device) -> Tensor:
    return torch.tensor(numbers).to(device, non_blocking=True)
