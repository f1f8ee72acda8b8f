"""Parts of what carries light from frame to frame, each in closed form."""

import math

import torch

from compare import assert_close
from light_scenes import sphere_normals
from pictures import noise
from rimlight.engine import Region
from rimlight.nodes.ops.light_carry import (
    Change,
    agreed,
    by_normals,
    continued,
    fitted_to_normals,
    stops_over,
    turn_between,
)
from rimlight.nodes.ops.progress import silent

SIZE = Region(0, 0, 40, 30)


def about_y(degrees: float) -> torch.Tensor:
    a = math.radians(degrees)
    return torch.tensor([[math.cos(a), 0.0, math.sin(a)], [0.0, 1.0, 0.0], [-math.sin(a), 0.0, math.cos(a)]])


def test_a_change_gives_the_relit_picture_whatever_that_is() -> None:
    plate, relit = noise(3, SIZE, 1), noise(3, SIZE, 2)
    change = Change.of(plate, relit)
    assert_close(plate * change.stops.exp2() + change.rest, relit, threshold=1e-5, relative=1e-5)
    brighter = Change.of(plate * 8, relit * 2)
    assert_close(brighter.stops, change.stops - 2, threshold=1e-4)
    assert_close(brighter.rest, change.rest * 2, threshold=1e-4, relative=1e-4)


def test_what_follows_from_normals_is_found_beside_shadows() -> None:
    normal, inside = sphere_normals(48)
    true = torch.stack((normal[0], 2 * normal[1] * normal[2], 0.5 - normal[2] ** 2)) + 3
    shadowed = true.clone()
    shadowed[:, 20:28, 10:20] -= 4
    terms = fitted_to_normals(shadowed, normal, torch.ones_like(inside, dtype=torch.float32))
    off = (by_normals(terms, normal) - true).abs()
    assert float(off.mean()) < 0.12 and terms.shape == (1, 16, 3)


def test_the_turn_of_the_camera_is_told_from_things_that_turn_by_themselves() -> None:
    normal, _ = sphere_normals(48)
    turned = torch.einsum("ij,jhw->ihw", about_y(20), normal)
    turned[:, 30:40, 20:30] = torch.einsum("ij,jhw->ihw", about_y(-50), normal)[:, 30:40, 20:30]
    found = turn_between(normal, turned, torch.ones(1, 48, 48))
    assert float((found - about_y(20)).abs().max()) < 0.02
    wall = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1).expand(3, 8, 8)
    assert_close(turn_between(wall, wall, torch.ones(1, 8, 8))[None], torch.eye(3)[None], threshold=1e-5)


def test_looks_decide_where_motion_does_not() -> None:
    seen = torch.zeros(3, 20, 20)
    moved = seen + 2.0  # the plate became two stops darker: that does not count
    moved[:, :10, :10] -= 3
    valid = torch.ones(1, 20, 20)
    valid[:, 14:] = 0
    inside = torch.ones(1, 20, 20)
    inside[:, :, 18:] = 0
    found = agreed(valid, seen, moved, inside)[0]
    assert float(found[2:8, 2:8].max()) < 0.1  # another thing
    assert float(found[16:, :16].min()) > 0.5 and float(found[:, 18:].max()) == 0
    assert float(agreed(torch.zeros_like(valid), seen, seen, inside).max()) == 0  # across a cut


def test_light_goes_on_alike_and_not_into_other_things() -> None:
    """Two surfaces of different colour, lit differently, with a hole over both."""
    plate = torch.full((3, 48, 64), 0.5)
    plate[0, :, 32:] = 0.05
    light = torch.ones(3, 48, 64)
    light[:, :, 32:] = -1
    valid = torch.ones(1, 48, 64)
    valid[:, 16:32, 24:40] = 0
    wrong = torch.where(valid > 0, light, 9.0)
    both, known = torch.stack((wrong, 2 * wrong)), torch.stack((valid, valid))
    found = continued(both, known, stops_over(plate), None, silent)
    assert_close(found[0], light, threshold=0.1)
    assert_close(found[1] / 2, light, threshold=0.1)
    assert_close(found[:1], continued(wrong[None], valid[None], stops_over(plate), None, silent), threshold=1e-5)
    nowhere = continued(wrong[None], torch.zeros(1, 1, 48, 64), stops_over(plate), None, silent)
    assert bool(torch.isfinite(nowhere).all())
