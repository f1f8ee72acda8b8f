"""A sheet of random views under random lightings, with their layers: what wants looking at before it is trained on."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import EnvironmentCache, FileError

from .assets import Assets
from .display import displayed, exposure_of, sheet, write_png
from .photographs import Photographs
from .stage.lighting import Surroundings, sample_lighting
from .stage.relit import LightStage
from .stage.view import View

_LIT = 3
_TILE = (128, 128)


def contact_sheet(
    views: Path,
    out: Path,
    count: int,
    seed: int,
    surroundings: Sequence[Surroundings],
    behind: Photographs | None = None,
) -> int:
    """Write a PNG of `count` random views of a folder, and say how many there are in it.

    Each has three lit pictures, albedo, normal, shading and shadow of the first, depth and indirect. behind : what
    stands behind some. Raises FileError when the folder has no views.
    """
    files = sorted(views.glob("*.safetensors"))
    if not files:
        raise FileError(f"the folder {views} has no views")
    rng = np.random.default_rng(seed)
    chosen = [files[k] for k in sorted(rng.permutation(len(files))[:count])]
    cache = EnvironmentCache(64)
    strips = [_strip(View.load(path), rng, surroundings, behind, cache) for path in chosen]
    columns = 2 if len(strips) > 12 else 1
    rows = [[t for strip in strips[k : k + columns] for t in strip] for k in range(0, len(strips), columns)]
    write_png(out, sheet(rows, _TILE))
    return len(chosen)


def photograph_sheet(assets: Assets, split: str, out: Path, count: int, seed: int) -> int:
    """Write a PNG of photographs with shadows and leaks: the picture, its truth and its matte. Says how many."""
    pairs = islice(Photographs(assets, split).pairs(192, seed), count)
    tiles = []
    for pair in pairs:
        exposure = exposure_of(pair.truth)
        tiles.append([*(displayed(x, exposure, shoulder=True) for x in (pair.picture, pair.truth)), pair.matte])
    rows = [[t for strip in tiles[k : k + 4] for t in strip] for k in range(0, len(tiles), 4)]
    write_png(out, sheet(rows, _TILE))
    return len(tiles)


@torch.inference_mode()
def _strip(
    view: View, rng: np.random.Generator, surroundings: Sequence[Surroundings], behind: Photographs | None,
    cache: EnvironmentCache,
) -> list[Tensor]:  # fmt: skip
    stage = LightStage(view, cache)
    pictures = [behind.behind(view.height, rng)] if behind else []
    lit = [stage.light(sample_lighting(rng, surroundings, pictures)) for _ in range(_LIT)]
    tiles = [displayed(one.beauty, exposure_of(one.beauty, view.surface), shoulder=True) for one in lit]
    first = lit[0]
    near = view.depth[view.depth > 0].min() if bool((view.depth > 0).any()) else torch.tensor(1.0)
    tiles += [
        displayed(view.albedo),
        view.normal * 0.5 + 0.5,
        displayed(first.shading, 0.6 * exposure_of(first.shading, view.surface), shoulder=True),
        first.shadow,
        torch.where(view.depth > 0, near / view.depth.clamp_min(1e-3), 0.0),
        view.roughness,
        view.matte,
    ]
    if view.indirect is not None:
        tiles.append(displayed(view.indirect))
    return tiles
