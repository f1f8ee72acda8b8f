"""What light shadows took, and where they are."""

import math
from typing import Any

import pytest
import torch

from compare import assert_close
from rimlight.nodes.ops.penumbra import hardened, softened
from rimlight.nodes.ops.shadow_edges import snapped
from rimlight.nodes.ops.shadow_find import Hints, paired_shadows
from rimlight.nodes.ops.shadow_light import log_gains, share_of_light, spread_known
from truth import SCENE, discs, grain, in_shadow, patches

SHARE = (0.2, 0.25, 0.32)
TWO = ((45.0, 50.0, 28.0), (120.0, 70.0, 22.0))


@pytest.mark.parametrize("ground", [grain, patches])
@pytest.mark.parametrize("penumbra", [2.0, 16.0])
def test_the_depth_of_shadows_is_found_channel_by_channel(ground: Any, penumbra: float) -> None:
    v = discs(SCENE, penumbra, TWO)
    gains = log_gains(in_shadow(ground(), v, SHARE), v, 24.0)
    found = (-gains[:, v[0] == 0]).exp().mean(1)
    assert found.tolist() == pytest.approx(SHARE, rel=0.12)


def test_a_bright_thing_beside_it_does_not_make_a_shadow_deeper() -> None:
    v, light = discs(SCENE, 2.0, TWO[:1]), grain()
    light[:, :, 70:84] = torch.tensor([2.4, 2.5, 2.6])[:, None, None]
    gains = log_gains(in_shadow(light, v, SHARE), v, 24.0)
    assert float((-gains[1, v[0] == 0]).exp().mean()) == pytest.approx(SHARE[1], rel=0.15)


def test_the_share_of_light_is_one_in_light_and_what_is_left_in_shadow() -> None:
    v = torch.tensor([[[0.0, 0.5, 1.0]]])
    share = share_of_light(v, torch.full((3, 1, 3), math.log(4)))
    assert_close(share[0], torch.tensor([[0.25, 0.625, 1.0]]), threshold=1e-6)


def test_what_is_known_spreads_to_where_nothing_is() -> None:
    known = torch.zeros(1, 40, 60)
    known[:, :, :6] = 1
    known[:, :, -6:] = 1
    x = torch.where(torch.arange(60) < 30, 2.0, 5.0).expand(1, 40, 60)
    out = spread_known(x, known, 2.0)
    assert float(out[0, 20, 1]) == pytest.approx(2, abs=0.05) and float(out[0, 20, 58]) == pytest.approx(5, abs=0.05)
    assert bool((out[0, 20].diff() > -1e-3).all())


def test_rough_mattes_move_to_the_edges_of_the_picture() -> None:
    v = discs(SCENE, 4.0, TWO[:1])
    rough = (v < 0.5).float().roll((3, -3), (1, 2))
    found = snapped(rough, in_shadow(grain(), v), 24.0, 24.0)
    assert float((found - v).abs().mean()) < 0.7 * float((1 - rough - v).abs().mean())
    assert torch.equal(snapped(rough, in_shadow(grain(), v), 0.0, 24.0), 1 - rough)


def test_pairs_of_pieces_tell_shadow_from_paint() -> None:
    v = discs(SCENE, 2.0, TWO)
    plain = torch.zeros_like(v)
    up = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, *v.shape[1:])
    hints = Hints(plain + 0.5, plain, up)
    found = paired_shadows(in_shadow(grain(), v), hints).shadow
    assert float(found[v < 0.2].mean()) > 0.6 > 0.3 > float(found[v > 0.9].mean())
    paint = torch.where(v < 0.5, torch.tensor([0.3, 0.02, 0.02])[:, None, None], grain())
    assert float(paired_shadows(paint, hints).shadow[v < 0.2].mean()) < 0.3
    assert float(paired_shadows(torch.zeros_like(paint), hints).shadow.abs().max()) == 0


def test_penumbras_get_wider_and_narrower() -> None:
    v, ground = discs(SCENE, 8.0, TWO[:1]), torch.full_like(grain(), 0.5)
    width = torch.full_like(v, 6.0)

    def wide(x: torch.Tensor) -> int:
        return int(((x > 0.1) & (x < 0.9)).sum())

    assert wide(hardened(v, width, 24.0)) < 0.6 * wide(v) and wide(softened(v, ground, 4 * width)) > 1.5 * wide(v)
    assert torch.equal(softened(v, ground, 0 * width), v) and torch.equal(hardened(v, 0 * width, 24.0), v)


def test_a_shadow_that_is_half_there_gets_a_hard_edge_and_stays_half() -> None:
    v = 0.4 + 0.6 * discs(SCENE, 12.0, TWO[:1])
    out = hardened(v, torch.full_like(v, 9.0), 24.0)
    assert float(out.min()) > 0.38 and float(out.max()) == pytest.approx(1, abs=1e-4)
    between = [int(((x > 0.46) & (x < 0.94)).sum()) for x in (out, v)]
    assert between[0] < 0.6 * between[1]


def test_it_tells_how_far_it_is() -> None:
    v = discs(SCENE)
    told: list[float] = []
    log_gains(in_shadow(grain(), v, SHARE), v, 24.0, progress=told.append)
    assert len(told) > 4 and told == sorted(told) and 0 <= told[0] < told[-1] <= 1
