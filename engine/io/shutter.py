"""How much light a camera took in, from what its files say of shutter, aperture and sensitivity.

Exif has `ExposureTime` in seconds, `FNumber` and `PhotographicSensitivity` (`ISOSpeedRatings` before Exif 2.3), or the
first two as powers of two (APEX, `ShutterSpeedValue` and `ApertureValue`). OpenEXR's own attributes are `expTime`,
`aperture` and `isoSpeed`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_SECONDS = ("ExposureTime", "Exif:ExposureTime", "expTime")
_F_NUMBER = ("FNumber", "Exif:FNumber", "aperture")
_ISO = ("Exif:PhotographicSensitivity", "Exif:ISOSpeedRatings", "isoSpeed")


def exposures_of(metadata: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """Exposures of several pictures in stops, up to a constant that all share; None for one without a shutter time.

    log2(seconds * iso / aperture squared). Aperture and sensitivity count where all pictures tell them: without, all
    are taken to have the same.
    """
    seconds = [_seconds(each) for each in metadata]
    stops: list[float | None] = [None if found is None else math.log2(found) for found in seconds]
    for found, weight in (([_f_number(m) for m in metadata], -2.0), ([_first(m, _ISO) for m in metadata], 1.0)):
        known = [value for value in found if value is not None]
        if len(known) == len(metadata):
            stops = [
                None if s is None else s + weight * math.log2(value) for s, value in zip(stops, known, strict=True)
            ]
    return stops


def _seconds(metadata: Mapping[str, Any]) -> float | None:
    found = _first(metadata, _SECONDS)
    return found if found is not None else _apex(metadata, "Exif:ShutterSpeedValue", -1.0)


def _f_number(metadata: Mapping[str, Any]) -> float | None:
    found = _first(metadata, _F_NUMBER)
    return found if found is not None else _apex(metadata, "Exif:ApertureValue", 0.5)


def _apex(metadata: Mapping[str, Any], name: str, power: float) -> float | None:
    value = _number(metadata.get(name))
    return 2.0 ** (power * value) if value is not None and abs(value) < 64 else None


def _first(metadata: Mapping[str, Any], names: Sequence[str]) -> float | None:
    """The first of some attributes that is a number above zero: lenses without contacts are written as f/0."""
    for name in names:
        value = _number(metadata.get(name))
        if value is not None and value > 0:
            return value
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, tuple) and len(value) == 2:  # a rational
        value = value[0] / value[1] if value[1] else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
