"""Experts: larger networks that know one domain each, trained by the same code as the student.

- `synthetic`: views with true intrinsics under every kind of light.
- `one_light`: the same under one light at a time, as on a light stage.
- `photographs`: half of what it sees are real photographs with and without shadows that were put over them; of these
  the albedo is known to be the same and the light to differ by the shadow. The other half are views, for all other
  layers.

Each is hardened for its domain by how its inputs are augmented: renders see every camera; a light stage's captures are
clean, sharp and dark around, so its expert sees little but noise, clipping and glare.
"""

from dataclasses import replace
from pathlib import Path

from rimlight.engine import Manifest, RimlightError, StudentConfig

from .augment import Augmentation
from .config import TrainConfig
from .data import DataConfig
from .growth import deepened

EXPERT = StudentConfig(
    widths=(48, 96, 144, 224, 288), encoder=(1, 3, 3, 3, 2), decoder=(1, 3, 3, 2), code=128, refiner=(64, 96)
)
"""About three times the student in parameters and time, where an expert is trained from nothing."""

_STAGE = Augmentation(
    clean=0.4, vignetting=0.1, flare=0.0, glare=0.2, blur=0.1, balance=0.2, gel=0.0, matrix=0.2, noise=0.6,
    clipping=0.5, response=0.1,
)  # fmt: skip
"""What the cameras of light stages do: no flare, little glare, sharp and well balanced."""
DOMAINS: dict[str, DataConfig] = {
    "synthetic": DataConfig(),
    "one_light": DataConfig(lighting="one", augmentation=_STAGE),
    "photographs": DataConfig(photographs=0.5),
}


def expert_config(
    domain: str, data: DataConfig, minutes: float, network: StudentConfig = EXPERT, start: Path | None = None,
    processes: int = 0,
) -> TrainConfig:  # fmt: skip
    """The configuration of a domain's expert; of `data` its folders, sizes and counts are taken.

    start : manifest of a network that it grows out of, in place of `network`: deeper, and from the beginning as good.
    Raises RimlightError when there is no such domain, FileError when the manifest cannot be read.
    """
    if domain not in DOMAINS:
        raise RimlightError(f"there is no expert for '{domain}', there are {', '.join(DOMAINS)}")
    preset = DOMAINS[domain]
    own = replace(data, lighting=preset.lighting, augmentation=preset.augmentation, photographs=preset.photographs)
    sizes = network if start is None else deepened(Manifest.read(start).config)
    return TrainConfig(data=own, student=sizes, minutes=minutes, start=str(start or ""), processes=processes)
