"""Luminance weights of a linear colour space, through its matrix to ACES2065-1."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .pyocio import ocio, reported

# The Y row of AP0 to XYZ under the ACES white (SMPTE ST 2065-1).
_AP0_LUMINANCE = np.array((0.3439664498, 0.7281660966, -0.0721325464))


def luminance_weights(config: Any, space: str, aces: str) -> tuple[float, float, float]:
    """Weights of red, green and blue in Y for a linear `space` of an OCIO config, summing to 1.

    ACES2065-1 and ACEScg have the ACES white; every other space is taken to have D65, and the Bradford adaptation in
    its matrix is undone. aces : what the config calls ACES2065-1; where that is empty it gives its own luma weights.
    """
    if not aces:
        red, green, blue = config.getDefaultLumaCoefs()
        return float(red), float(green), float(blue)
    with reported(f"luminance of {space}"):
        to_ap0 = matrix_of(config.getProcessor(space, aces))
        raw = ocio().Config.CreateRaw()
        from_ap1 = matrix_of(raw.getProcessor(ocio().BuiltinTransform("ACEScg_to_ACES2065-1")))
        to_d65 = matrix_of(raw.getProcessor(ocio().BuiltinTransform("UTILITY - ACES-AP0_to_CIE-XYZ-D65_BFD")))
    aces_white = any(np.allclose(to_ap0, known, atol=1e-5) for known in (np.eye(3), from_ap1))
    row = (_AP0_LUMINANCE if aces_white else to_d65[1]) @ to_ap0
    red, green, blue = row / row.sum()
    return float(red), float(green), float(blue)


def matrix_of(processor: Any) -> npt.NDArray[np.float64]:
    """The matrix of a linear processor, read off the three unit vectors."""
    pixels = np.eye(3, dtype=np.float32)
    processor.getDefaultCPUProcessor().applyRGB(pixels)
    return pixels.T.astype(np.float64)
