"""Colours of lights in USD, linear Rec.709, and in the working space.

`colorTemperature` multiplies `color` by the colour of a black body, which UsdLux gives as Rec.709 of luminance 1. Our
whites are others: daylight from 5000 K on, and 6504 K is white. So of a temperature both keep the number, and `color`
takes up the difference: the product stays what it is.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from ..light.lights import NEUTRAL_KELVIN, Light
from ..light.photometry import LINEAR_REC709, WorkingSpace, white_rgb
from ..light.values import tensor_of, triple
from ..params import Vec3

KELVINS = (1000.0, 10000.0)
"""The lowest and highest temperature that UsdLux has."""
_FAINT = 1e-3
"""A share of red, green or blue in a white, below which it is not divided by."""


def to_rec709(rgb: Tensor, space: WorkingSpace) -> Tensor:
    """Linear Rec.709 of RGB `[3, ...]` in the working space; white stays (1, 1, 1)."""
    return torch.einsum("ij,j...->i...", space.matrix_to(LINEAR_REC709).to(rgb), rgb)


def from_rec709(rgb: Tensor, space: WorkingSpace) -> Tensor:
    """RGB `[3, ...]` in the working space of linear Rec.709."""
    return torch.einsum("ij,j...->i...", LINEAR_REC709.matrix_to(space).to(rgb), rgb)


_OLDER = {
    "acescg": "lin_ap1_scene", "aces2065-1": "lin_ap0_scene", "lin_rec709": "lin_rec709_scene",
    "lin_srgb": "lin_rec709_scene", "lin_rec2020": "lin_rec2020_scene", "lin_displayp3": "lin_p3d65_scene",
    "srgb_texture": "srgb_rec709_scene", "srgb": "srgb_rec709_scene",
}  # fmt: skip
"""Colour spaces as MaterialX and configs name them, in the words of USD."""
_PLAIN = ("", "lin_rec709_scene", "raw", "data", "unknown", "identity", "auto")


def rec709_of(pxr: Any, attribute: Any, rgb: Sequence[float], tell: Callable[[str], None]) -> list[float]:
    """Linear Rec.709 of a colour in the space that its attribute says, or the prims above it say for all of theirs."""
    color = [float(c) for c in rgb]
    if not attribute:
        return color
    name = str(pxr.Usd.ColorSpaceAPI.ComputeColorSpaceName(attribute, None))
    known = _OLDER.get(name.lower(), name)
    if known in _PLAIN:
        return color
    if not pxr.Gf.ColorSpace.IsValid(known):
        tell(f"its colour is in a space '{name}' that USD does not know, and is read as linear Rec.709")
        return color
    source, target = pxr.Gf.ColorSpace(known), pxr.Gf.ColorSpace(pxr.Gf.ColorSpaceNames.LinearRec709)
    return [float(c) for c in target.Convert(source, pxr.Gf.Vec3f(*color)).GetRGB()]


def color_read(
    pxr: ModuleType, color: Sequence[float], temperature: float | None, kelvin: float, tint: float, space: WorkingSpace
) -> tuple[Vec3, float, float]:
    """Colour, kelvin and tint of a light of ours for what a light of USD has.

    temperature : `colorTemperature` where it is enabled. kelvin, tint : how ours is to be expressed without one.
    """
    rgb = torch.tensor([float(c) for c in color], dtype=torch.float64)
    if temperature is not None:
        kelvin = min(max(temperature, KELVINS[0]), KELVINS[1])
        rgb = rgb * _black_body(pxr, kelvin)
    rgb = from_rec709(rgb, space)
    white = white_rgb(kelvin, tint, space)
    if float(white.abs().min()) < _FAINT:
        return triple(rgb), NEUTRAL_KELVIN, 0.0
    return triple(rgb / white), kelvin, tint


def color_written(pxr: ModuleType, light: Light, space: WorkingSpace) -> tuple[Vec3, float | None]:
    """`color` of a light in USD, and its `colorTemperature`, None where `color` has it all."""
    kelvin = float(light.kelvin)
    white = white_rgb(light.kelvin, light.tint, space)
    rgb = to_rec709(tensor_of(light.color, white) * white, space)
    if kelvin == NEUTRAL_KELVIN or not KELVINS[0] <= kelvin <= KELVINS[1]:
        return triple(rgb), None
    body = _black_body(pxr, kelvin)
    if float(body.min()) < _FAINT:
        return triple(rgb), None
    return triple(rgb / body), kelvin


def _black_body(pxr: ModuleType, kelvin: float) -> Tensor:
    return torch.tensor([float(c) for c in pxr.UsdLux.BlackbodyTemperatureAsRgb(kelvin)], dtype=torch.float64)
