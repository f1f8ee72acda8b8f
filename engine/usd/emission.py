"""How bright a light of UsdLux is, in levels of ours.

UsdLux states what a light emits as luminance, in nits: `intensity * 2 ** exposure * color`, divided by the light's size
where `normalize` is on. A nit is a pixel value of 1, and so is our radiance of 1. Our `level` is what a white surface
reads that faces the light, from 100 cm where it stands somewhere: irradiance / pi. So for every shape

    level = intensity * 2 ** exposure * color * share

with the share that the functions below give. Lengths are in units of the stage after all scaling, `reach` is 100 cm
in them, angles are in degrees.
"""

import math


def distant_share(angle: float, normalize: bool) -> float:
    """Of a DistantLight `angle` wide. Normalised, and where it has no width, its intensity is in lux."""
    half = math.radians(min(max(angle, 0.0), 360.0)) / 2
    if half == 0:
        return 1 / math.pi
    sin2, wide = math.sin(half) ** 2, half > math.pi / 2
    if wide:  # a surface sees no more than the half of the sky that is above it
        return 1 / ((2 - sin2) * math.pi) if normalize else 1.0
    return 1 / math.pi if normalize else sin2


def sphere_share(radius: float, reach: float, normalize: bool) -> float:
    """Of a SphereLight: it is seen as a disc, its surface is four times as large."""
    return 1 / (4 * math.pi * reach**2) if normalize else (radius / reach) ** 2


def flat_share(area: float, reach: float, normalize: bool) -> float:
    """Of a RectLight or DiskLight on its axis, seen from so far that it is small."""
    return (1.0 if normalize else area) / (math.pi * reach**2)


def cylinder_share(radius: float, length: float, reach: float, normalize: bool) -> float:
    """Of a CylinderLight from its side: it is seen as a rectangle, its surface without the caps is pi times that."""
    return 1 / (math.pi * reach) ** 2 if normalize else 2 * radius * length / (math.pi * reach**2)


DISTANT_INTENSITY = math.pi
"""The intensity of a normalised DistantLight whose level is `2 ** exposure * color`."""


def sphere_intensity(reach: float) -> float:
    """The same of a SphereLight."""
    return 4 * math.pi * reach**2


def flat_intensity(reach: float) -> float:
    """The same of a RectLight or DiskLight."""
    return math.pi * reach**2
