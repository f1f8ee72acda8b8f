"""Where the feather of points ends, in closed form."""

import math
from typing import Any

import pytest
from PySide6.QtCore import QRectF

from rimlight.app.viewer.geometry import View
from rimlight.app.viewer.lens import Lens
from rimlight.app.viewer.outlines import feather_path
from rimlight.engine import Region

K = 4 / 3 * (math.sqrt(2) - 1)
LENS = Lens(View(100, 100, 1.0), 1.0, QRectF(0, 0, 100, 100), Region(0, 0, 100, 100))


def circle(r: float, feather: float, handles: float | None = None) -> dict[str, Any]:
    """Around 50, 50. handles : of the feather outline, as of a circle of that radius; None to turn with the other."""
    points = []
    for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        k = K * r
        point = {"at": [50 + r * x, 50 + r * y], "in": [k * y, -k * x], "out": [-k * y, k * x]}
        point["feather"] = [feather * x, feather * y]
        if handles is not None:
            k = K * handles
            point |= {"feather_in": [k * y, -k * x], "feather_out": [-k * y, k * x]}
        points.append(point)
    return {"points": points}


def radii(shape: dict[str, Any]) -> list[float]:
    path, (x, y) = feather_path(shape, LENS), (LENS.from_artist(50, 50).x(), LENS.from_artist(50, 50).y())
    return [
        math.hypot(path.elementAt(i).x - x, path.elementAt(i).y - y)  # type: ignore[attr-defined]
        for i in range(path.elementCount())
    ]


@pytest.mark.parametrize("handles", [None, 30.0])
def test_the_feather_of_a_circle_is_a_circle(handles: float | None) -> None:
    found = radii(circle(20, 10, handles))
    assert len(found) > 40 and found == pytest.approx([30] * len(found), rel=2e-3)


def test_without_handles_a_feather_outline_of_its_own_is_a_square() -> None:
    found = radii(circle(20, 10, 0))
    assert max(found) == pytest.approx(30, rel=1e-6) and min(found) == pytest.approx(30 * math.sqrt(0.5), rel=1e-3)


def test_points_without_feather_have_no_such_outline() -> None:
    assert radii({"points": [[0, 0], [9, 0], [9, 9]]}) == []
