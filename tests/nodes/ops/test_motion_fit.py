"""Motions fitted to points: exact where the points determine them, least squares where there are more."""

import math

import numpy as np
import pytest
import torch

from rimlight.nodes.ops.matrices import affine_matrix, corner_pin_matrix
from rimlight.nodes.ops.motion_fit import FEWEST, Model, fit_motion, model_for, smoothed

POINTS = [(10.0, 20.0), (90.0, 15.0), (80.0, 70.0), (12.0, 66.0), (45.0, 40.0)]


def moved(matrix: torch.Tensor, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    p = matrix @ torch.tensor([[x, y, 1] for x, y in points], dtype=torch.float64).T
    return [(x, y) for x, y in (p[:2] / p[2]).T.tolist()]


MOTIONS: dict[Model, torch.Tensor] = {
    "translate": affine_matrix((5.0, -3.0)),
    "rotate": affine_matrix((5.0, -3.0), 25.0, center=(30.0, 30.0)),
    "similarity": affine_matrix((5.0, -3.0), 25.0, (1.3, 1.3), center=(30.0, 30.0)),
    "affine": affine_matrix((5.0, -3.0), 25.0, (1.3, 0.8), 0.2, center=(30.0, 30.0)),
    "perspective": corner_pin_matrix(POINTS[:4], [(12.0, 18.0), (95.0, 22.0), (70.0, 75.0), (15.0, 60.0)]),
}


@pytest.mark.parametrize("model", MOTIONS)
def test_a_motion_of_the_model_is_found_exactly_from_as_few_points_as_it_takes_and_from_more(model: Model) -> None:
    matrix = MOTIONS[model] / MOTIONS[model][2, 2]
    for count in (FEWEST[model], 5):
        points = POINTS[:count]
        found = fit_motion(points, moved(matrix, points), [0.5] * count, model)
        assert torch.allclose(found / found[2, 2], matrix, atol=1e-8)


@pytest.mark.parametrize("model", MOTIONS)
def test_noise_on_many_points_averages_out(model: Model) -> None:
    random = np.random.default_rng(1)
    points = [(float(x), float(y)) for x, y in random.uniform(0, 100, (200, 2))]
    noisy = [(x + dx, y + dy) for (x, y), (dx, dy) in
             zip(moved(MOTIONS[model], points), random.normal(size=(200, 2)) * 0.5, strict=True)]  # fmt: skip
    found = fit_motion(points, noisy, [1.0] * 200, model)
    assert max(math.dist(a, b) for a, b in zip(moved(found, POINTS), moved(MOTIONS[model], POINTS), strict=True)) < 0.2


def test_a_point_of_small_weight_counts_little() -> None:
    target = [(x + 1, y) for x, y in POINTS]
    target[0] = (500.0, 500.0)
    found = fit_motion(POINTS, target, [1e-9, 1, 1, 1, 1], "affine")
    assert torch.allclose(found, affine_matrix((1.0, 0.0)), atol=1e-3)


def test_points_that_do_not_determine_it_are_a_sentence() -> None:
    line, one = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], [(1.0, 1.0)] * 2
    with pytest.raises(ValueError, match="'affine' takes 3 points or more, found 2"):
        fit_motion(line[:2], line[:2], [1, 1], "affine")
    with pytest.raises(ValueError, match="in one line, which says nothing of an affine"):
        fit_motion(line, line, [1, 1, 1], "affine")
    with pytest.raises(ValueError, match="in one place, which says nothing of a rotation"):
        fit_motion(one, one, [1, 1], "similarity")
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    with pytest.raises(ValueError, match="in one line, which says nothing of a perspective"):
        fit_motion([*line, (5.0, 0.0)], square, [1] * 4, "perspective")
    with pytest.raises(ValueError, match="changed sides"):
        fit_motion(square, [square[1], square[0], square[2], square[3]], [1] * 4, "perspective")
    with pytest.raises(ValueError, match="no finite number"):
        fit_motion([(math.nan, 0.0)], [(0.0, 0.0)], [1], "translate")


def test_the_model_follows_the_number_of_points() -> None:
    assert [model_for(n) for n in (1, 2, 3, 4, 8)] == ["translate", "similarity", "affine", "affine", "affine"]


def test_smoothing_keeps_even_movement_also_at_the_end_of_a_clip() -> None:
    for offsets in (range(-15, 16), range(16), range(1)):
        line = [(3.0 + 2 * k, 5.0 - k) for k in offsets]
        assert smoothed(line, offsets, 10.0) == pytest.approx((3.0, 5.0))


def test_smoothing_takes_quick_movement_away() -> None:
    offsets = range(-15, 16)
    jitter = [(10 + (1.0 if k % 2 else -1.0), 0.0) for k in offsets]
    assert smoothed(jitter, offsets, 10.0)[0] == pytest.approx(10, abs=0.01)
