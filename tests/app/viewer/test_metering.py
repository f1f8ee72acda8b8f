"""What the spot meter says."""

import math

import pytest

from rimlight.app.viewer.metering import metered, ratio, stops


@pytest.mark.parametrize(
    ("light", "said"),
    [(0.18, "0.0"), (0.36, "+1.0"), (0.09, "-1.0"), (0.18 * 2**1.3, "+1.3"), (0.18 * 0.98, "0.0"), (1e-300, "-994.1"),
     (5e-324, "-1071.5"), (0.0, "no light"), (-0.0, "no light"), (-0.1, "negative"), (-math.inf, "negative"),
     (math.inf, "infinite"), (math.nan, "not a number")],
)  # fmt: skip
def test_light_is_told_in_stops_from_middle_grey(light: float, said: str) -> None:
    assert stops(light) == said


@pytest.mark.parametrize(
    ("reference", "light", "said"),
    [(0.8, 0.2, "+0.2 stops  4.0:1 / 2.0 stops"), (0.2, 0.8, "+2.2 stops  1:4.0 / -2.0 stops"),
     (0.3, 0.3, "+0.7 stops  1.0:1 / 0.0 stops"), (0.3, 0.301, "+0.7 stops  1.0:1 / 0.0 stops"),
     (200.0, 0.1, "-0.8 stops  2000:1 / 11.0 stops"), (0.8, 0.0, "no light  no ratio"),
     (0.8, math.nan, "not a number  no ratio"), (0.0, 0.18, "0.0 stops  no ratio"),
     (math.inf, 0.18, "0.0 stops  no ratio"), (2.0**127, 2.0**-149, "-146.5 stops  1.2e+83:1 / 276.0 stops")],
)  # fmt: skip
def test_a_reference_is_key_to_what_is_measured(reference: float, light: float, said: str) -> None:
    assert metered(light, reference) == said
    assert ratio(reference, light) in said


def test_without_a_reference_there_is_no_ratio() -> None:
    assert metered(0.36, None) == "+1.0 stops"
    assert metered(0.0, None) == "no light"
