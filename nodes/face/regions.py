"""Parts of the face in its uv: soft masks around landmarks, and what skin is like there.

The numbers of the table are ours: places and sizes as they are on the model, roughness and reflectance in the order in
which measurements of skin have them (Weyrich et al. 2006): nose, forehead and lips gloss more than cheeks.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from rimlight.engine import Region

from .model import face_model

SKIN_ROUGHNESS, SKIN_F0 = 0.48, 0.028
EYE_ROUGHNESS, EYE_F0 = 0.09, 0.025


@dataclass(frozen=True)
class Part:
    """A part of the face.

    at : landmarks whose mean in uv it is around, and how far from there it lies. reach : radii in u and v at which its
    mask has fallen to 60 %. roughness : of its skin. skin : whether light can be told from it: brows, lips and nostrils
    have paint of their own.
    """

    name: str
    at: tuple[str, ...]
    off: tuple[float, float]
    reach: tuple[float, float]
    roughness: float
    skin: bool = True


PARTS = (
    Part("forehead", ("brow_left_inner", "brow_right_inner"), (0.0, 0.10), (0.14, 0.06), 0.40),
    Part("nose", ("nose_tip",), (0.0, 0.0), (0.035, 0.04), 0.33),
    Part("nose_bridge", ("nose_bridge",), (0.0, -0.05), (0.02, 0.05), 0.36),
    Part("cheek_left", ("nose_left",), (-0.12, 0.03), (0.07, 0.06), 0.46),
    Part("cheek_right", ("nose_right",), (0.12, 0.03), (0.07, 0.06), 0.46),
    Part("chin", ("chin",), (0.0, 0.02), (0.05, 0.04), 0.42),
    Part("lid_left", ("eye_left_top",), (0.0, 0.02), (0.045, 0.02), 0.38),
    Part("lid_right", ("eye_right_top",), (0.0, 0.02), (0.045, 0.02), 0.38),
    Part("brow_left", ("brow_left_outer", "brow_left_inner"), (0.0, 0.0), (0.065, 0.018), 0.55, False),
    Part("brow_right", ("brow_right_outer", "brow_right_inner"), (0.0, 0.0), (0.065, 0.018), 0.55, False),
    Part("rim_left", ("eye_left_outer", "eye_left_inner"), (0.0, 0.0), (0.045, 0.012), 0.35, False),
    Part("rim_right", ("eye_right_outer", "eye_right_inner"), (0.0, 0.0), (0.045, 0.012), 0.35, False),
    Part("nostrils", ("nose_left", "nose_right"), (0.0, 0.005), (0.05, 0.012), 0.5, False),
    Part("lips", ("mouth_left", "mouth_right"), (0.0, 0.0), (0.07, 0.03), 0.30, False),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Regions:
    """Maps over the uv, `[1, h, w]`: skin that light can be told from, eyes (0 or 1), roughness, f0."""

    skin: Tensor
    eyes: Tensor
    roughness: Tensor
    f0: Tensor


_MASK = (0.5, 0.56, 0.27, 0.28)
"""Middle and radii, in u and v, of the face itself: from hairline to chin, without ears, scalp and neck."""


def within_mask(uv: Tensor, softness: float = 0.0) -> Tensor:
    """How much places `[2, h, w]` of the uv belong to the face itself with its eyes, `[1, h, w]`, 0 to 1.

    softness : how wide its edge is, of its radius; it lies inside of the face.
    """
    u, v, across, up = _MASK
    away = (((uv[:1] - u) / across).square() + ((uv[1:2] - v) / up).square()).sqrt()
    share = ((1 - away) / max(softness, 1e-3)).clamp(0, 1)
    return torch.where(_in_eyes(uv), 1.0, share * share * (3 - 2 * share))


def _in_eyes(uv: Tensor) -> Tensor:
    """Which places `[2, h, w]` of the uv are in the patches of the eyes, `[1, h, w]`, bool."""
    model = face_model()
    patches = torch.from_numpy(model.uv[model.eye]).to(uv.device)
    inside = torch.zeros_like(uv[:1], dtype=torch.bool)
    for side in (patches[:, 0] < 0.5, patches[:, 0] >= 0.5):
        low, high = patches[side].amin(0), patches[side].amax(0)
        middle, radius = (low + high) / 2, (high - low) / 2
        inside |= (((uv[:1] - middle[0]) / radius[0]) ** 2 + ((uv[1:2] - middle[1]) / radius[1]) ** 2) < 1.2
    return inside


@lru_cache(4)
def regions(region: Region, device: torch.device) -> Regions:
    """The maps of the texels of a region, which the uv from 0 to 1 fill."""
    model = face_model()
    u = (torch.arange(region.width, device=device) + 0.5) / max(1, region.width)
    v = 1 - (torch.arange(region.height, device=device)[:, None] + 0.5) / max(1, region.height)
    corner = {int(vertex): number for number, vertex in reversed(list(enumerate(model.corners)))}
    shape = (1, region.height, region.width)
    skin = torch.ones(shape, device=device)
    weight, gloss = torch.full(shape, 0.15, device=device), torch.full(shape, 0.15 * SKIN_ROUGHNESS, device=device)
    for part in PARTS:
        spots = [model.uv[corner[int(i)]] for name in part.at for i in model.landmarks[name]]
        a, b = (sum(spot[k] for spot in spots) / len(spots) + part.off[k] for k in (0, 1))
        mask = (-0.5 * (((u - a) / part.reach[0]) ** 2 + ((v - b) / part.reach[1]) ** 2)).exp()[None]
        weight, gloss = weight + mask, gloss + mask * part.roughness
        if not part.skin:
            # Beyond their rims these parts end: what is left of the mask there counts as skin.
            skin = skin * (1 - (2.2 * mask).clamp(0, 1))
    eyes = _in_eyes(torch.stack((u.expand(region.height, -1), v.expand(-1, region.width))))
    return Regions(
        torch.where(eyes, 0.0, skin), eyes.float(), torch.where(eyes, EYE_ROUGHNESS, gloss / weight),
        torch.where(eyes, EYE_F0, SKIN_F0),
    )  # fmt: skip
