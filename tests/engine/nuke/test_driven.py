"""Expressions over a knob's own animation."""

import pytest

from rimlight.engine import Curve
from rimlight.engine.nuke.curves import parse_curve
from rimlight.engine.nuke.driven import driven
from rimlight.engine.nuke.load import import_nuke


@pytest.mark.parametrize(
    ("source", "frame", "value"),
    [
        ("curve * 2", 1, 20), ("curve*2", 11, 80), ("curve / 10 - 1", 11, 3), ("-curve", 1, -10), ("curve", 11, 40),
        ("(curve + curve) * 0.5", 11, 40), ("curve(frame - 3)", 4, 10), ("curve(t-3)", 14, 40),
        ("2 * curve(frame + 5) + 1", 6, 81), ("curve(frame)", 1, 10), ("curve * 0 + 3", 7, 3),
    ],
)  # fmt: skip
def test_what_only_moves_or_scales_is_a_curve_again(source: str, frame: float, value: float) -> None:
    curve, _ = parse_curve("x1 10 x11 40")
    assert curve is not None
    made = driven(source, curve)
    assert made is not None and made.at(frame) == pytest.approx(value)


@pytest.mark.parametrize(
    "source",
    [
        "max(curve, 20)",
        "curve * frame",
        "curve * curve",
        "curve + Blur1.size",
        "curve + curve(frame - 1)",
        "12",
        "curve(",
    ],
)
def test_what_bends_it_or_asks_for_more_is_not(source: str) -> None:
    curve, _ = parse_curve("x1 10 x11 40")
    assert curve is not None and driven(source, curve) is None


def test_a_script_keeps_it() -> None:
    text = 'Blur {\n inputs 0\n size {{"curve * 2" x1 10 x11 40}}\n name Soft\n}\n'
    found = import_nuke(text)
    size = found.document.graph["Soft"].values["size"]
    first = size[0] if isinstance(size, tuple) else size
    assert isinstance(first, Curve) and (first.at(1), first.at(11)) == (20.0, 80.0)
    assert all("could not be kept" not in note for line in found.report.lines for note in line.notes)
