"""The depth of shadows by the slopes of light in their penumbras."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.shadow import find_shadows
from rimlight.nodes.ops.shadow_gradient import depths_by_slopes
from rimlight.nodes.ops.shadow_light import log_gains, logs_of
from truth import SCENE, discs, grain, in_shadow, patches

SHARE = (0.2, 0.25, 0.32)
DEPTH = [-math.log(share) for share in SHARE]
TWO = ((45.0, 50.0, 28.0), (120.0, 70.0, 22.0))
MOST = 4.0


def told(picture: Tensor, v: Tensor, known: Tensor) -> Tensor:
    shadows = find_shadows(v)
    assert shadows is not None
    nearest = torch.from_numpy(shadows.nearest).long()
    return depths_by_slopes(logs_of(picture), v, nearest, known.expand(shadows.count, 3), MOST)


UNKNOWN = torch.zeros(3)


@pytest.mark.parametrize("ground", [grain, patches])
@pytest.mark.parametrize("penumbra", [2.0, 16.0])
def test_the_slopes_alone_tell_it(ground: Callable[[], Tensor], penumbra: float) -> None:
    v = discs(SCENE, penumbra, TWO[:1])
    (found,) = told(in_shadow(ground(), v, SHARE), v, UNKNOWN)
    assert found.tolist() == pytest.approx(DEPTH, abs=0.03)


def test_what_is_known_wrongly_is_put_right() -> None:
    v = discs(SCENE, 16.0, TWO[:1])
    (found,) = told(in_shadow(patches(), v, SHARE), v, torch.tensor(DEPTH) - 0.6)
    assert found.tolist() == pytest.approx(DEPTH, abs=0.05)


def test_neither_full_shadow_nor_a_lit_surface_like_it_is_wanted() -> None:
    v = 0.3 + 0.7 * discs(SCENE, 24.0, TWO[:1])
    light = grain()
    light[:, v[0] == 1] *= torch.tensor([3.0, 1.0, 0.4])[:, None]  # another material begins where the shadow ends
    (found,) = told(in_shadow(light, v, SHARE), v, UNKNOWN)
    assert found.tolist() == pytest.approx(DEPTH, abs=0.1)


def test_every_shadow_has_its_own_depth_and_no_line_parts_them() -> None:
    one, other = discs(SCENE, 4.0, TWO[:1]), discs(SCENE, 4.0, TWO[1:])
    picture = in_shadow(in_shadow(grain(), one, SHARE), other, (0.5, 0.5, 0.5))
    gains = log_gains(picture, torch.minimum(one, other), 24.0)
    for where, depth in ((one, DEPTH), (other, [math.log(2)] * 3)):
        assert gains[:, where[0] == 0].mean(1).tolist() == pytest.approx(depth, abs=0.2)
    assert float(gains[1, 60, 60:110].diff().abs().max()) < 0.05


def test_where_the_matte_does_not_lie_on_the_edge_what_is_known_decides() -> None:
    v = discs(SCENE, 2.0, TWO[:1])
    beside = discs(SCENE, 0.0, ((45.0, 50.0, 40.0),))
    (found,) = told(in_shadow(patches(), v, SHARE), beside, torch.tensor(DEPTH))
    assert found.tolist() == pytest.approx(DEPTH, abs=0.25)


def test_exposure_does_not_count_and_what_has_no_edge_tells_nothing() -> None:
    v = discs(SCENE, 8.0, TWO[:1])
    picture, believed = in_shadow(grain(), v, SHARE), torch.full((3,), 1.0)
    assert torch.allclose(told(picture * 64, v, believed), told(picture, v, believed), atol=1e-3)
    everywhere = torch.full_like(v, 0.25)
    assert torch.equal(told(picture, everywhere, believed), believed[None])
