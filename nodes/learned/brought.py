"""Light layers that a picture brings along, rendered or from a node above: which there are, and what they say."""

from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, ImageInfo, RimlightError, listing, mean_of_all

LEDGER = ("albedo", "shading", "specular", "residual")
"""The layers that add up to the plate: `albedo * shading + specular + residual`."""
_DIM = 0.02
"""Albedo below which a given one tells little of the shading."""
_DISTANCES = ("depth", "position")
"""Layers that renderers write infinity into where they saw nothing."""


def follows_from(info: ImageInfo, name: str) -> bool:
    """Whether a light layer of a picture follows from the layers that it has."""
    if name in ("albedo", "shading"):
        return info.has("albedo") or info.has("shading")
    if name in ("specular", "residual"):
        return info.has("albedo") and info.has("shading")
    if name == "confidence":
        return info.has(name) or (info.has("albedo") and info.has("normal"))
    return info.has(name)


def require_channels(info: ImageInfo, name: str, socket: str) -> None:
    """Raise RimlightError where a picture has a light layer with too few channels. One may stand for three: grey."""
    wanted = LIGHT_LAYERS[name].channels
    there = info.layer(name).channels if info.has(name) else wanted
    if len(there) < len(wanted) and not (len(there) == 1 and _is_light(name)):
        raise RimlightError(
            f"layer '{name}' of input '{socket}' has the channels {listing(there)}, expected {listing(wanted)}; with"
            " layers on 'estimate' it is not looked at"
        )


def taken(name: str, x: Tensor) -> Tensor:
    """A light layer of a picture `[c, h, w]` with the channels that such have. Where it is no number there is no
    surface, and light arrives; distances stay as they are.
    """
    x = x[: len(LIGHT_LAYERS[name].channels)]
    if name in _DISTANCES:
        return x
    if _is_light(name) and x.shape[0] == 1:
        x = x.expand(3, -1, -1)
    nothing = 1.0 if name == "shadow" else 0.0
    return torch.nan_to_num(x, nothing, nothing, nothing)


def whole_depth(depth: Tensor) -> Tensor:
    """Depth `[1, h, w]`, above 0 everywhere: as far as anything that is seen where it is 0, infinite or no number."""
    there = torch.isfinite(depth) & (depth > 0)
    return torch.where(there, depth, torch.where(there, depth, 0.0).amax()).clamp_min(1e-6)


def _is_light(name: str) -> bool:
    return LIGHT_LAYERS[name].channels == ("R", "G", "B")


def completed(plate: Tensor, given: Mapping[str, Tensor], guessed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Albedo, shading, specular and residual `[3, h, w]` of a plate, the given ones as they are.

    given : from the picture, at least albedo or shading unless `guessed` has both. guessed : from the student. What
    only one of albedo and shading says follows by division, regular where that is black. The residual is what is left.
    """
    if "albedo" not in given and "shading" not in given:
        return {name: guessed[name] for name in LEDGER}
    both = "albedo" in given and "shading" in given
    specular = given.get("specular", None if both else guessed.get("specular"))
    specular = torch.zeros_like(plate) if specular is None else specular
    if both:
        albedo, shading = given["albedo"], given["shading"]
    else:
        diffuse = (torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0) - specular).clamp_min(0)
        if "albedo" in given:
            albedo = given["albedo"]
            about = guessed.get("shading", torch.zeros_like(plate))
            shading = about + (diffuse - albedo * about) * albedo / (albedo.square() + _DIM**2)
        else:
            shading = given["shading"]
            least = _DIM * mean_of_all(shading).clamp_min(1e-30)
            albedo = diffuse * shading / (shading.square() + least.square())
    return {
        "albedo": albedo, "shading": shading, "specular": specular,
        "residual": plate - (albedo * shading + specular),
    }  # fmt: skip
