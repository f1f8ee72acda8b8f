"""Photographs as pairs of a batch: with and without a shadow that was put over them."""

import numpy as np
import torch

from .augment import Augmentation, photograph, recorded_gain
from .batch import Batch
from .photographs import ShadowPair


def photo_pair(pair: ShadowPair, rng: np.random.Generator, how: Augmentation) -> Batch:
    """The photograph and the same under its shadow or leak, both seen by cameras.

    What is known: the albedo is the same, the light differs by the gain, and of a shadow where it lies.
    """
    one = torch.ones_like(pair.matte)
    nothing, black = torch.zeros_like(one), torch.zeros_like(pair.truth)
    shadow = 1 - pair.matte if pair.kind == "shadow" else one
    parts = []
    for clean, gain, visible in ((pair.truth, torch.ones_like(pair.gain), one), (pair.picture, pair.gain, shadow)):
        seen = photograph(clean, rng, how)
        values = {
            "picture": seen, "clean": clean, "gain": recorded_gain(clean, seen, one), "matte": one, "surface": nothing,
            "albedo": black, "normal": black, "depth": nothing, "roughness": nothing, "f0": nothing, "shading": gain,
            "specular": black, "shadow": visible, "ratio": one,
        }  # fmt: skip
        parts.append(Batch(
            **{name: value[None] for name, value in values.items()},
            direction=torch.tensor([[0.0, 0.0, 1.0]]), key=torch.full((1, 3), 1e-6), angle=torch.tensor([10.0]),
            environment=torch.full((1, 3, 8, 16), 1e-6), fov=torch.tensor([30.0]), one_light=torch.tensor([False]),
            known=torch.tensor([False]),
        ))  # fmt: skip
    return Batch.joined(parts)
