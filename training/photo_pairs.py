"""Photographs as pairs of a batch: with and without a shadow that was put over them."""

from collections.abc import Sequence

import torch

from .batch import Batch
from .photographs import ShadowPair


def photo_pairs(pairs: Sequence[ShadowPair]) -> Batch:
    """Photographs and the same under their shadows or leaks, not yet seen by a camera.

    What is known: the albedo is the same, the light differs by the gain, and of a shadow where it lies.
    """
    clean = torch.stack([picture for pair in pairs for picture in (pair.truth, pair.picture)])
    one = torch.ones_like(clean[:, :1])
    gains = torch.stack([gain for pair in pairs for gain in (torch.ones_like(pair.gain), pair.gain)])
    shadows = [1 - pair.matte if pair.kind == "shadow" else torch.ones_like(pair.matte) for pair in pairs]
    visible = torch.stack([seen for shadow in shadows for seen in (torch.ones_like(shadow), shadow)])
    nothing, black = torch.zeros_like(one), torch.zeros_like(clean)
    count = len(clean)
    towards = torch.zeros_like(clean[:, :, 0, 0])
    towards[:, 2] = 1
    false = torch.zeros(count, dtype=torch.bool, device=clean.device)
    return Batch(
        picture=clean, clean=clean, gain=clean.new_ones(count, 3), matte=one, surface=nothing, albedo=black,
        normal=black, depth=nothing, roughness=nothing, f0=nothing, shading=gains, specular=black, shadow=visible,
        direction=towards, key=clean.new_full((count, 3), 1e-6), angle=clean.new_full((count,), 10.0),
        environment=clean.new_full((count, 3, 8, 16), 1e-6), fov=clean.new_full((count,), 30.0), one_light=false,
        known=false, ratio=one,
    )  # fmt: skip
