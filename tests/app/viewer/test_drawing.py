"""What is written over the picture."""

import pytest

from rimlight.app.viewer.drawing import label_baseline, top_baseline


@pytest.mark.parametrize("edge", [0.0, 80.0, 92.0, 97.0, 100.0, 250.0])
def test_a_label_never_lies_across_the_edge_that_it_belongs_to(edge: float) -> None:
    y = label_baseline(edge, 100.0, ascent=10.0, descent=3.0)
    top, bottom = y - 10, y + 3
    assert bottom <= 100
    assert top > edge or bottom < edge
    assert (top > edge) == (edge <= 84), "below wherever there is room"


@pytest.mark.parametrize("edge", [-50.0, 0.0, 8.0, 14.0, 15.0, 60.0])
def test_a_label_above_an_edge_is_never_cut_by_the_pane(edge: float) -> None:
    y = top_baseline(edge, 0.0, ascent=10.0)
    assert y - 10 >= 1
    assert (y == edge - 4) == (edge >= 15), "above wherever there is room"
