"""What files say of exposures, in the names that each format has for it."""

from typing import Any

import pytest

from rimlight.engine import exposures_of


@pytest.mark.parametrize(
    ("about", "stops"),
    [
        ([{"ExposureTime": 0.01}, {"ExposureTime": 0.04}], [0, 2]),
        ([{"expTime": (1, 60)}, {"expTime": (1, 15)}], [0, 2]),
        ([{"Exif:ShutterSpeedValue": 6.0}, {"Exif:ShutterSpeedValue": 4.0}], [0, 2]),
        ([{"ExposureTime": 0.01, "FNumber": 8.0}, {"ExposureTime": 0.01, "FNumber": 4.0}], [0, 2]),
        ([{"ExposureTime": 0.01, "Exif:ApertureValue": 6.0}, {"ExposureTime": 0.01, "aperture": 4.0}], [0, 2]),
        ([{"ExposureTime": 1, "isoSpeed": 100.0}, {"ExposureTime": 1, "Exif:PhotographicSensitivity": 400}], [0, 2]),
        # A lens without contacts says f/0, and what only one picture tells compares nothing.
        ([{"ExposureTime": 1, "FNumber": 0.0}, {"ExposureTime": 2, "FNumber": 0.0}], [0, 1]),
        ([{"ExposureTime": 1, "isoSpeed": 800.0}, {"ExposureTime": 2}], [0, 1]),
    ],
)
def test_stops_between_pictures(about: list[dict[str, Any]], stops: list[float]) -> None:
    first, second = exposures_of(about)
    assert first is not None and second is not None
    assert second - first == pytest.approx(stops[1])


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "1/60", (1, 0), True, None])
def test_a_time_that_is_none_is_none(value: Any) -> None:
    assert exposures_of([{"ExposureTime": value}, {"ExposureTime": 1.0}]) == [None, 0.0]
