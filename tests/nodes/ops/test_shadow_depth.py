"""How deep shadows are that are seen softly, and which of them have the edges of one."""

import pytest
import torch

from rimlight.engine import Region
from rimlight.nodes.ops.shadow_depth import agreed_depth, agreeing
from truth import discs, grain, in_shadow

FRAME = Region(0, 0, 160, 128)
ALL = torch.ones(1, 128, 160)
LEFT = (0.2, 0.24, 0.3)
DEPTH = -torch.tensor(LEFT).log()


def both() -> tuple[torch.Tensor, torch.Tensor]:
    """Visibility of two shadows, and where it is told that there is one though there is none."""
    return discs(FRAME, 4.0, ((50.0, 50.0, 24.0), (50.0, 100.0, 16.0))), discs(FRAME, 4.0, ((118.0, 64.0, 22.0),))


@pytest.mark.parametrize("blur", [1, 9])
def test_the_depth_is_that_of_most_edges_however_softly_they_are_seen(blur: int) -> None:
    v, wrong = both()
    told = torch.minimum(v, wrong)
    seen = torch.nn.functional.avg_pool2d(told[None], blur, 1, blur // 2, count_include_pad=False)[0]
    found = agreed_depth(in_shadow(grain(FRAME), v, LEFT), seen, ALL)
    torch.testing.assert_close(found, DEPTH, rtol=0, atol=0.25)


def test_exposure_changes_nothing() -> None:
    v, wrong = both()
    x, told = in_shadow(grain(FRAME), v, LEFT), torch.minimum(v, wrong)
    one, other = (agreed_depth(x * k, told, ALL) for k in (1.0, 40.0))
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    maps = [agreeing(x * k, told, one, ALL) for k in (1.0, 40.0)]
    torch.testing.assert_close(*maps, rtol=1e-3, atol=1e-3)


def test_what_has_other_edges_is_no_shadow() -> None:
    v, wrong = both()
    bright = in_shadow(grain(FRAME), v, LEFT) * (2 - wrong)
    agrees = agreeing(bright, torch.minimum(v, wrong), DEPTH, ALL)
    assert float(agrees[v < 0.5].mean()) > 0.9
    assert float(agrees[wrong < 0.5].mean()) < 0.5


def test_paint_as_dark_as_the_shadow_but_of_another_colour_is_none() -> None:
    v, wrong = both()
    paint = (-DEPTH + torch.tensor([1.4, -1.4, 0.0])).exp()[:, None, None]
    x = in_shadow(grain(FRAME), v, LEFT)
    x = torch.where(wrong < 0.5, x * paint, x)
    agrees = agreeing(x, torch.minimum(v, wrong), DEPTH, ALL)
    assert float(agrees[v < 0.5].mean()) > 0.9
    assert float(agrees[wrong < 0.5].mean()) < 0.5


def test_an_edge_against_what_was_cut_off_is_none_of_a_shadow() -> None:
    v, wrong = both()
    x = in_shadow(grain(FRAME), v, LEFT)
    # All that is cut off is around the second disc, which is as much darker than it as the shadow.
    blown = (torch.arange(160) > 84).expand_as(v) & (wrong > 0.5)
    x = torch.where(blown, 1.0, torch.where(wrong < 0.5, x * torch.tensor(LEFT)[:, None, None] / x.mean(), x))
    told, known = torch.minimum(v, wrong), (~blown).float()
    depth = agreed_depth(x, told, known)
    torch.testing.assert_close(depth, DEPTH, rtol=0, atol=0.25)
    agrees = agreeing(x, told, depth, known)
    assert float(agrees[v < 0.5].mean()) > 0.9 and float(agrees[wrong < 0.5].mean()) < 0.1
    assert float(agreeing(x, told, depth, ALL)[wrong < 0.5].mean()) > 0.5


@pytest.mark.parametrize("blur", [1, 9])
def test_edges_that_a_network_does_not_see_as_those_of_shadow_are_none(blur: int) -> None:
    v, wrong = both()
    told = torch.minimum(v, wrong)
    x = in_shadow(grain(FRAME), told, LEFT)  # hair as dark as the shadow, and of its colour
    assert float(agreeing(x, told, DEPTH, ALL)[wrong < 0.5].mean()) > 0.9
    for offset in (0.0, 5.0):  # only how the network's mind changes counts, not how much it takes for shadow at all
        mind = torch.nn.functional.avg_pool2d((6 * v + 0.5 * wrong)[None], blur, 1, blur // 2, count_include_pad=False)
        agrees = agreeing(x, told, DEPTH, ALL, mind[0] - offset)
        assert float(agrees[v < 0.5].mean()) > 0.9
        assert float(agrees[wrong < 0.5].mean()) < 0.3
    # Who asks for more gets it.
    assert float(agreeing(x, told, DEPTH, ALL, mind[0], 0.0)[wrong < 0.5].mean()) > 0.7


def test_no_edges_no_depth() -> None:
    x = grain(FRAME)
    assert torch.equal(agreed_depth(x, torch.ones_like(x[:1]), ALL), torch.zeros(3))
    for size in ((3, 1, 1), (3, 2, 5)):
        small = torch.ones(size)
        assert torch.equal(agreed_depth(small, small[:1], small[:1]), torch.zeros(3))
        assert agreeing(small, small[:1], torch.zeros(3), small[:1]).shape == small[:1].shape
