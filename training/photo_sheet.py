"""Real photographs through the nodes, as an artist gets them: what there is no truth of has to be looked at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import DirectionalLight, EnvironmentLight, FileError, Rig

from .assets import Assets
from .display import displayed, exposure_of, sheet
from .nodes import run_node

COLUMNS = (
    "picture", "albedo", "shading", "normal", "shadow", "delit", "warm key from the right", "cool key from the left",
    "shadow-free",
)  # fmt: skip
PHOTOGRAPHS = "photographs.jpg"
"""The file beside a report."""
PORTRAITS = 2
_SIZE, _TILE = 352, 208
"""Pixels of the longer side that nodes see, and of the width of a tile."""
_OF_ASSETS = {
    "exr/openexr-images/ScanLines/Desk.exr": "a desk in a window's light",
    "exr/oiio-images/tahoe-gps.jpg": "a forest in winter",
}
"""Photographs among the assets that no training reads, as they are no portraits, panoramas or materials."""
_OF_PLATES = {"room.exr": "an interior", "garden.0001.exr": "an exterior"}
"""Views into panoramas that training reads too."""


@dataclass(frozen=True)
class Photograph:
    """A file, what it shows, its licence, and whether nothing like it was trained on."""

    path: Path
    what: str
    licence: str
    held_out: bool

    def __str__(self) -> str:
        return f"{self.what} ({self.path.stem}, {self.licence}; {'held out' if self.held_out else 'trained on'})"


def find_photographs(assets: Assets | None, split: str = "test") -> list[Photograph]:
    """Portraits of a split, a still life, an interior and an exterior, as far as there are any."""
    return list(_find(assets, split))


def _find(assets: Assets | None, split: str) -> Iterator[Photograph]:
    if assets is not None:
        for path in assets.photographs(split)[:PORTRAITS]:
            yield Photograph(path, "a portrait", assets.licence([path]), split == "test")
    package = find_spec("skimage")
    for folder in package.submodule_search_locations or () if package else ():
        coffee = Path(folder) / "data" / "coffee.png"
        if coffee.exists():
            yield Photograph(coffee, "a cup", "CC0-1.0, Rachel Michetti", True)
    for name, what in _OF_ASSETS.items():
        if assets is not None and name in assets.licences and (assets.root / name).exists():
            yield Photograph(assets.root / name, what, assets.licence([assets.root / name]), True)
    plates = Path(str(files("rimlight.resources").joinpath("plates")))
    for name, what in _OF_PLATES.items():
        yield Photograph(plates / name, what, "CC0-1.0, Poly Haven", False)


def write_photographs(
    path: Path, photographs: Sequence[Photograph], student: str, progress: Callable[[str], None] = lambda said: None
) -> None:
    """Write a JPEG with a row for each photograph, in the order of `COLUMNS`, by the student of a manifest.

    Raises FileError.
    """
    rows = []
    for photograph in photographs:
        progress(f"nodes on {photograph.path.stem}")
        tiles = photograph_tiles(_picture(photograph.path), student)
        _, height, width = tiles[0].shape
        rows.append(sheet([tiles], (round(_TILE * height / width), _TILE)))
    pixels = (torch.cat(rows, 1).clamp(0, 1) * 255).round().byte().flip(0).permute(1, 2, 0).numpy()
    if not cv2.imwrite(str(path), np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, 85]):
        raise FileError(f"{path} could not be written")


def photograph_tiles(picture: Tensor, student: str) -> list[Tensor]:
    """What nodes make of a picture `[3, h, w]`, as it is shown, in the order of `COLUMNS`."""
    image: dict[str, Tensor | Rig] = {"image": picture}
    asked: dict[str, Any] = {"student": student}
    layers = run_node("Intrinsics", image, ("albedo", "shading", "normal", "shadow"), **asked)
    warm, cool = (run_node("Relight", image | {"rig": rig}, **asked)["rgba"] for rig in (_key(1), _key(-1)))
    light = [picture, run_node("Delight", image, **asked)["rgba"], warm, cool]
    free = run_node("ShadowRemove", image, **asked)["rgba"]
    # All at the exposure of the picture, but for layers, which have units of their own.
    lit, delit, right, left, without = (displayed(x, exposure_of(picture), shoulder=True) for x in (*light, free))
    albedo = displayed(layers["albedo"], 1.0, shoulder=True)
    shading = displayed(layers["shading"], exposure_of(layers["shading"]), shoulder=True)
    return [lit, albedo, shading, layers["normal"] * 0.5 + 0.5, layers["shadow"], delit, right, left, without]


def _key(side: int) -> Rig:
    """A key from above on one side, warm on the right and cool on the left, and dim light from all around."""
    kelvin = 3200.0 if side > 0 else 9000.0
    key = DirectionalLight(name="key", direction=(0.8 * side, 0.4, 0.45), kelvin=kelvin, angle=10.0, exposure=1.0)
    around = EnvironmentLight(name="around", pixels=torch.ones(3, 16, 32), exposure=-2.0)
    return Rig((key, around))


def _picture(path: Path) -> Tensor:
    """The picture `[3, h, w]` as a Read gives it, small enough to look at."""
    picture = run_node("Read", {}, file=str(path))["rgba"]
    scale = min(1.0, _SIZE / max(picture.shape[1:]))
    size = [round(side * scale) for side in picture.shape[1:]]
    return F.interpolate(picture[None], size, mode="area")[0]
