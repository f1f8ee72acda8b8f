"""Which colour space a file is in when nobody says so, and which layers have a colour at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..layers import LayerKind
from .config import ColorConfig
from .interchange import AP0

SRGB = (
    "srgb_rec709_scene",
    "srgb_texture",
    "srgb_tx",
    "sRGB - Texture",
    "Utility - sRGB - Texture",
    "sRGB",
    "texture_paint",
)
REC709 = (
    "lin_rec709_scene",
    "lin_rec709",
    "lin_srgb",
    "Utility - Linear - sRGB",
    "Linear Rec.709 (sRGB)",
    "Linear sRGB",
)
VIDEO = ("g24_rec709_scene", "g24_rec709", "g24_rec709_tx", "Utility - Rec.709 - Display", "Rec.709", "rec709")
LOG = ("compositing_log", "Cineon", "lg10", "ADX10", "color_timing")
AP1 = ("lin_ap1_scene", "lin_ap1", "ACEScg")

# Red, green, blue and white x, y, as the EXR attribute `chromaticities` holds them, and the names of the space.
_PRIMARIES: tuple[tuple[tuple[float, ...], tuple[str, ...]], ...] = (
    ((0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290), REC709),
    ((0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767), AP0),
    ((0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767), AP1),
    (
        (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
        ("lin_rec2020_scene", "lin_rec2020", "Linear Rec.2020"),
    ),
    ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290), ("lin_p3d65_scene", "lin_p3d65", "Linear P3-D65")),
    ((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290), ("lin_adobergb_scene", "lin_adobergb", "Linear AdobeRGB")),
)

# What readers write into `oiio:ColorSpace` that is no name of a config.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "srgb": SRGB,
    "srgb_rec709_scene": SRGB,
    "lin_rec709_scene": REC709,
    "lin_ap0_scene": AP0,
    "lin_ap1_scene": AP1,
    "rec709": VIDEO,
    "g24_rec709_scene": VIDEO,
    "kodaklog": LOG,
    "data": ("data", "Raw", "Utility - Raw"),
}

_LOG_FILES = (".dpx", ".cin")
_RADIANCE = (".hdr", ".rgbe", ".pic", ".pfm")
_FLOATS = ("half", "float", "double")


@dataclass(frozen=True, slots=True)
class InputSpace:
    """The colour space chosen for a file and one clause that says why, to be shown to the artist.

    doubt : what the file says of its colours that nothing here knows, a clause; empty where there is nothing.
    """

    space: str
    reason: str
    doubt: str = ""


def converts(kind: LayerKind) -> bool:
    """Whether layers of this kind are colour-converted: only colour is; normals, depth, mattes are numbers."""
    return kind is LayerKind.COLOR


def input_space(config: ColorConfig, path: str, depth: str, attributes: Mapping[str, Any] | None = None) -> InputSpace:
    """The colour space of a picture file, by the first of these that has an answer.

    1. what the file says: `acesImageContainerFlag`, `colorInteropID`, `oiio:ColorSpace`, `chromaticities`,
       `dpx:Transfer`;
    2. the config's file rules, except the built-in config's rule that every EXR is ACES2065-1, which renders are not;
    3. its type: float is scene-linear in the working space, Radiance HDR linear Rec.709, DPX and Cineon log,
       integers sRGB.

    `depth` is a layer's depth (`half`, `float`, `uint8`, ...), `attributes` the file's metadata by OpenImageIO's names.
    """
    suffix = PurePath(path).suffix.lower()
    by_file = _declared(config, attributes or {})
    if by_file is not None:
        return by_file
    rule = config.file_rule(path)
    if rule is not None and not (config.builtin and suffix == ".exr"):
        return InputSpace(config.resolve(rule[1]), f"the config's file rule '{rule[0]}'")
    if suffix in _LOG_FILES:
        return _first(config, LOG, f"{suffix[1:].upper()} files are log unless they say otherwise")
    if suffix in _RADIANCE:
        return _first(config, REC709, f"{suffix[1:].upper()} files are linear Rec.709")
    if depth in _FLOATS:
        reason = f"{depth} pixels without a declared space are in the working space"
        return InputSpace(config.working, reason, _strange(attributes or {}))
    return _first(config, SRGB, f"{depth} pixels without a declared space are sRGB")


def _strange(attributes: Mapping[str, Any]) -> str:
    """What is told of primaries that are none of the known ones."""
    values = attributes.get("chromaticities")
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != 8:
        return ""
    shown = [f"{float(v):.4g}" for v in values]
    pairs = ", ".join(f"{x} {y}" for x, y in zip(shown[::2], shown[1::2], strict=True))
    return f"chromaticities {pairs} are those of no colour space known here"


def attributes_of(config: ColorConfig, space: str) -> dict[str, Any]:
    """The attributes of an EXR that `input_space` reads back to `space`: its name, and its known primaries."""
    name = config.resolve(space)
    found: dict[str, Any] = {"oiio:ColorSpace": name}
    for primaries, names in _PRIMARIES:
        if any(config.has(n) and config.resolve(n) == name for n in names):
            found |= {"colorInteropID": names[0], "chromaticities": primaries}
    return found


COLOR_ATTRIBUTES = frozenset(
    {"acesImageContainerFlag", "colorInteropID", "oiio:ColorSpace", "chromaticities", "dpx:Transfer"}
)
"""Attributes that speak of the colour of the file they came from; wrong once the pixels are converted."""


def _declared(config: ColorConfig, attributes: Mapping[str, Any]) -> InputSpace | None:
    if attributes.get("acesImageContainerFlag"):
        return _find(config, AP0, "the file is an ACES container")
    for attribute in ("colorInteropID", "oiio:ColorSpace"):
        name = str(attributes.get(attribute, "")).strip()
        names = (name, *_WORDS.get(name.lower(), ()))
        found = _find(config, names, f"the file's {attribute} is '{name}'") if name else None
        if found is not None:
            return found
    values = attributes.get("chromaticities")
    if isinstance(values, Sequence) and not isinstance(values, str) and len(values) == 8:
        for primaries, names in _PRIMARIES:
            if all(abs(float(v) - p) < 1e-3 for v, p in zip(values, primaries, strict=True)):
                return _find(config, names, "the file's chromaticities")
    transfer = str(attributes.get("dpx:Transfer", "")).lower()
    if transfer == "linear":
        return InputSpace(config.working, "the DPX header says linear")
    if transfer.startswith(("itu-r", "smpte 274", "rec", "ccir")):
        return _find(config, VIDEO, f"the DPX header says {attributes['dpx:Transfer']}")
    return None


def _find(config: ColorConfig, names: Sequence[str], reason: str) -> InputSpace | None:
    name = next((n for n in names if config.has(n)), None)
    return None if name is None else InputSpace(config.resolve(name), reason)


def _first(config: ColorConfig, names: Sequence[str], reason: str) -> InputSpace:
    missing = f"{reason}, but the config has no such space: taken as the working space"
    return _find(config, names, reason) or InputSpace(config.working, missing)
