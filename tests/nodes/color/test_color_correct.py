"""ColorCorrect group by group at values computed by hand."""

import pytest
import torch

from pictures import picture
from rimlight.engine import Region
from stage import run


def correct(rgb: tuple[float, float, float], **knobs: object) -> list[float]:
    """One colour through ColorCorrect."""
    image = picture(torch.tensor(rgb).view(3, 1, 1), display=Region(0, 0, 1, 1))
    found: list[float] = run("ColorCorrect", image, **knobs)["rgba"].flatten().tolist()
    return found


def test_saturation_goes_by_rec709_luminance() -> None:
    rgb = (0.2, 0.4, 0.8)
    grey = 0.2126 * 0.2 + 0.7152 * 0.4 + 0.0722 * 0.8
    assert correct(rgb, saturation=0.5) == pytest.approx([grey + 0.5 * (v - grey) for v in rgb], abs=1e-6)
    assert correct(rgb, saturation=0) == pytest.approx([grey] * 3, abs=1e-6)


def test_contrast_pivots_about_middle_grey_and_spares_negatives() -> None:
    assert correct((0.18, 0.36, -0.5), contrast=2) == pytest.approx([0.18, 0.72, -0.5], abs=1e-6)


def test_gamma_gain_and_offset() -> None:
    assert correct((0.25, 4.0, -0.5), gamma=2) == pytest.approx([0.5, 2, -0.5], abs=1e-6)
    assert correct((0.25, 4.0, -0.5), gain=2, offset=(0.5, 0, 1)) == pytest.approx([1, 8, 0], abs=1e-6)


def test_order_is_saturation_contrast_gamma_gain_offset() -> None:
    """Grey 0.36: contrast 2 makes 0.72, gamma 2 its root, then times 3 plus 1."""
    found = correct((0.36, 0.36, 0.36), saturation=0.2, contrast=2, gamma=2, gain=3, offset=1)
    assert found == pytest.approx([0.72**0.5 * 3 + 1] * 3, abs=1e-5)


@pytest.mark.parametrize(
    ("grey", "shadows", "highlights"),
    [
        (-1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.045, 0.5, 0.0), (0.09, 0.0, 0.0),
        (0.3, 0.0, 0.0), (0.75, 0.0, 0.5), (1.0, 0.0, 1.0), (9.0, 0.0, 1.0),
    ],
)
def test_ranges_are_weighed_by_luminance(grey: float, shadows: float, highlights: float) -> None:
    """Every range is offset by another amount, so that the result shows the weights."""
    found = correct((grey,) * 3, shadows_offset=1, midtones_offset=10, highlights_offset=100)
    weight = shadows + 10 * (1 - shadows - highlights) + 100 * highlights
    assert found == pytest.approx([grey + weight] * 3, abs=2e-4)


def test_master_comes_after_the_ranges() -> None:
    assert correct((2.0, 2.0, 2.0), highlights_gain=3, offset=1, gain=2) == pytest.approx([13] * 3, abs=1e-5)
