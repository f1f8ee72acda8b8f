"""Held-out photographs with a shadow put over them, as cases of the evaluation."""

from collections.abc import Iterator

import torch

from rimlight.engine import Rig, guess_of_rig

from .assets import Assets
from .cases import Case, Planned
from .photographs import Photographs, ShadowPair
from .stage.relit import Lit
from .stage.view import View

PHOTOGRAPHS = "photographs"
"""The domain's name."""


def make_photo_cases(assets: Assets, split: str = "test", count: int = 12, size: int = 256) -> Iterator[Case]:
    """Photographs of a split under a shadow each, the same every time. Of their layers nothing is known.

    Raises FileError when there are no photographs of the split.
    """
    pairs = Photographs(assets, split).pairs(size, 0xE7A1)
    found = (pair for pair in pairs if pair.kind == "shadow")
    for number in range(count):
        yield case_of_pair(next(found), number)


def plan_photo_cases(assets: Assets, split: str = "test", count: int = 12) -> Iterator[Planned]:
    """The same, to be asked for: they are made in any case, as each is drawn after the one before."""
    return (_planned(case) for case in make_photo_cases(assets, split, count))


def _planned(case: Case) -> Planned:
    return Planned(case.name, case.domain, lambda: case)


def case_of_pair(pair: ShadowPair, number: int = 0) -> Case:
    """A photograph and the same under a shadow; `shadow_free` is the photograph."""
    _, height, width = pair.picture.shape
    black, one = torch.zeros_like(pair.picture), torch.ones_like(pair.matte)
    none = torch.zeros(0, 3)
    view = View(
        albedo=black, normal=black, depth=one * 100, roughness=one, f0=black, matte=one, surface=one,
        directions=none, weights=none[:, 0], bits=torch.zeros(0, height, (width + 7) // 8, dtype=torch.uint8),
        key_directions=none, key_angles=none[:, 0], key_visibility=torch.zeros(0, height, width, dtype=torch.uint8),
        fov=30.0, about={"domain": PHOTOGRAPHS, "seed": f"{number} {pair.name}"},
    )  # fmt: skip
    lit = Lit(
        beauty=pair.picture, shading=pair.gain, specular=black, shadow=1 - pair.matte, rig=Rig(), key=-1
    )  # fmt: skip
    return Case(
        name=f"{PHOTOGRAPHS} {number} {pair.name}", domain=PHOTOGRAPHS, picture=pair.picture, matte=None, view=view,
        source=lit, target=lit, source_light=guess_of_rig(Rig(), black), shadow_free=pair.truth, mask=one,
        known=False,
    )  # fmt: skip
