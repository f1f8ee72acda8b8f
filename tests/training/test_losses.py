"""Losses are zero at the truth and take their closed forms elsewhere."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import LightGuess
from rimlight.training import losses

ALL = torch.ones(1, 1, 16, 16)


def light(direction: tuple[float, float, float] = (0.0, 0.0, 1.0), key: float = 1.0, around: float = 0.2) -> LightGuess:
    return LightGuess(
        torch.tensor([direction]), torch.full((1, 3), key), torch.tensor([5.0]), torch.full((1, 3, 8, 16), around)
    )


def noise(channels: int = 3) -> Tensor:
    return torch.rand(1, channels, 16, 16, generator=torch.Generator().manual_seed(0)) + 0.1


def test_the_truth_costs_nothing() -> None:
    x = noise()
    normal = torch.nn.functional.normalize(x, dim=1)
    assert losses.log_error(x, x, ALL) == 0
    assert losses.inverse_error(x, x, ALL) == 0
    assert losses.gradient_error(x, x, ALL) == 0
    assert float(losses.normal_error(normal, normal, ALL)) == pytest.approx(0, abs=1e-6)
    assert float(losses.similarity_error(x, x, ALL)) == pytest.approx(0, abs=1e-6)
    assert float(losses.light_error(light(), light())) == pytest.approx(0, abs=1e-6)


def test_a_stop_of_light_costs_its_nepers() -> None:
    x = torch.full((1, 3, 16, 16), 4.0)
    assert float(losses.log_error(2 * x, x, ALL, 0.0)) == pytest.approx(math.log(2))


def test_errors_where_nothing_is_do_not_count() -> None:
    weight = ALL.clone()
    weight[..., :8] = 0
    found, true = noise(), noise()
    found[..., :8] += 7
    assert losses.log_error(found, true, weight) == 0
    assert losses.gradient_error(found, true, weight, 1) == 0


def test_the_gradient_of_a_constant_error_is_nothing() -> None:
    x = noise()
    assert float(losses.gradient_error(x + 3, x, ALL)) == pytest.approx(0, abs=1e-5)


def test_a_right_angle_between_normals_costs_one_and_their_distance() -> None:
    a, b = (torch.tensor(v)[None, :, None, None].expand(1, 3, 16, 16) for v in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    assert float(losses.normal_error(a, b, ALL)) == pytest.approx(1 + 0.5 * 2 / 3)


def test_depth_is_relative_to_the_pictures_own_mean() -> None:
    depth = noise(1) * 100
    found = (depth.log() - depth.log().mean()).exp()
    assert float(losses.depth_error(found, depth, ALL)) == pytest.approx(0, abs=1e-5)
    assert float(losses.depth_error(found, depth * 50, ALL)) == pytest.approx(0, abs=1e-5)


def test_what_has_no_surface_is_best_a_screen_behind_everything() -> None:
    weight = ALL.clone()
    weight[..., 8:] = 0
    ahead = torch.zeros(1, 3, 16, 16)
    ahead[:, 2] = 1
    true_depth = noise(1) * 100
    far, even = torch.full((1, 1, 16, 16), 10.0), torch.zeros(1, 3, 16, 16)

    def cost(normal: Tensor = ahead, depth: Tensor = far, shading: Tensor = even) -> float:
        return float(losses.backdrop_error(normal, depth, shading, true_depth, weight, 1 - weight))

    assert cost() == 0
    assert cost(normal=ahead.roll(1, 1)) == pytest.approx(1 + 0.5 * 2 / 3)
    assert cost(depth=far / 100) > cost(depth=far / 20) > 0
    bright = even.clone()
    bright[..., 12] = 1
    assert cost(shading=bright) > 0
    bright[..., 12], bright[..., 4] = 0, 1  # on the surface others say what is right
    assert cost(shading=bright) == 0


def test_the_expected_error_that_costs_least_is_the_error() -> None:
    error = torch.full((1, 1, 16, 16), 0.3)
    cost = [float(losses.likelihood_error(error, torch.full_like(error, e), ALL)) for e in (0.2, 0.3, 0.45)]
    assert cost[1] == min(cost)


def test_a_key_from_the_other_side_costs_most_and_less_when_it_is_weak() -> None:
    ahead, behind = light(), light((0.0, 0.0, -1.0))
    aside = light((1.0, 0.0, 0.0))
    strong = float(losses.light_error(behind, ahead))
    assert strong > float(losses.light_error(aside, ahead)) > 0
    weak = light(key=0.01)
    assert float(losses.light_error(light((0.0, 0.0, -1.0), 0.01), weak)) < 0.1 * strong


def test_light_errors_do_not_depend_on_exposure() -> None:
    found, true = light((1.0, 0.0, 0.0), 2.0), light()
    plain = float(losses.light_error(found, true))
    bright = losses.light_error(light((1.0, 0.0, 0.0), 128.0, 12.8), light(key=64.0, around=12.8))
    assert float(bright) == pytest.approx(plain, rel=1e-4)


def test_unlike_codes_cost() -> None:
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert float(losses.code_error(a, a)) == pytest.approx(0, abs=1e-6)
    assert float(losses.code_error(a, b)) == pytest.approx(1)
