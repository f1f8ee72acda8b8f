"""What a step computes, and that a GPU may record it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from elsewhere import PLACE, Elsewhere, sent
from rimlight.engine import Student
from rimlight.training.batch import Batch
from rimlight.training.batches import LitWindows, drawn
from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig, Supplies
from rimlight.training.distill import Teachers
from rimlight.training.gradients import Gradients
from rimlight.training.objective import estimate_losses, leading, precision, predict, relight_losses
from rimlight.training.photo_pairs import photo_pairs
from rimlight.training.photographs import ShadowPair
from tiny_stage import TINY, write_views

CPU = torch.device("cpu")
NONE = Teachers.read({})


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Four pairs of views, and one photograph with its shadow."""
    views = write_views(tmp_path_factory.mktemp("views"), train=2, test=0)
    config = DataConfig((str(views),), size=32, pairs=4, lightings=2, pool=4, workers=0)
    lit = next(drawn(config, iter(Supplies(config, 0)), np.random.default_rng(0), LitWindows(config)))
    matte = torch.rand(1, 32, 32)
    truth, gain = torch.rand(3, 32, 32) + 0.1, 1 - 0.7 * matte.expand(3, -1, -1)
    return Batch.joined((lit, photo_pairs([ShadowPair(truth * gain, truth, gain, matte, "shadow", "made up")])))


def config(relit: int = 2) -> TrainConfig:
    return TrainConfig(data=DataConfig(("views",), size=32, pairs=5), student=TINY, relit_pairs=relit, half=False)


def student() -> Student:
    torch.manual_seed(1)
    return Student(TINY)


def test_the_gradients_are_those_of_the_total(batch: Batch) -> None:
    learner = student()
    torch.manual_seed(0)
    losses = Gradients(config(), learner, NONE).of(batch, with_matte=True)
    assert all(not value.requires_grad for value in losses.values())
    parameter = learner.refiner.head.bias
    assert parameter is not None and parameter.grad is not None
    slope = float(parameter.grad[0])
    totals = []
    for step in (1e-3, -1e-3):
        moved = student()
        with torch.no_grad():
            moved.refiner.head.bias[0] += step  # type: ignore[index]
        torch.manual_seed(0)
        totals.append(float(Gradients(config(), moved, NONE).of(batch, with_matte=True)["total"]))
    assert (totals[0] - totals[1]) / 2e-3 == pytest.approx(slope, rel=0.05)


def test_each_step_begins_anew(batch: Batch) -> None:
    learner = student()
    gradients = Gradients(config(), learner, NONE)

    def slopes() -> list[Tensor]:
        torch.manual_seed(0)
        gradients.of(batch, with_matte=False)
        return [p.grad.clone() for p in learner.parameters() if p.grad is not None]

    for one, other in zip(slopes(), slopes(), strict=True):
        torch.testing.assert_close(one, other)


def test_more_pairs_are_not_relit_than_there_are_with_known_light(batch: Batch) -> None:
    many = Gradients(config(relit=5), student(), NONE).of(batch, with_matte=True)
    assert all(bool(value.isfinite()) for value in many.values())


def test_of_photographs_neither_light_nor_layers_are_learned(batch: Batch) -> None:
    learner = student()
    other = replace(batch, direction=batch.direction.clone(), environment=batch.environment.clone())
    other.direction[8:] = torch.tensor([1.0, 0.0, 0.0])
    other.environment[8:] = 7.0
    found = [estimate_losses(predict(learner, one, True, precision(CPU, False)), one.half()) for one in (batch, other)]
    for name, value in found[0].items():
        torch.testing.assert_close(value, found[1][name], msg=name)


def test_the_losses_ask_nothing_back_of_a_device(batch: Batch) -> None:
    """What waits for a GPU cannot be recorded."""
    with Elsewhere() as elsewhere:
        learner = student()
        sent(learner)
        there = batch.to(PLACE)
        with torch.no_grad():
            seen = predict(learner, there, True, precision(CPU, False))
            truth = there.half()
            losses = estimate_losses(seen, truth)
            losses |= relight_losses(learner, *leading(seen, truth.half(), 4), precision(CPU, False))
        assert elsewhere.asked_back == []
        assert all(value.device == PLACE for value in losses.values())


@pytest.mark.gpu
def test_a_recorded_step_is_the_step(batch: Batch) -> None:
    there = batch.to(torch.device("cuda"))
    other = replace(there, picture=there.picture * 1.5, matte=1 - there.matte)
    learner = student().cuda()
    gradients = Gradients(config(), learner, NONE)
    plain = Gradients(config(), student().cuda(), NONE)
    by_chance = {"code", "relit", "relit_shading", "relit_specular", "relit_similarity", "total"}
    for one, with_matte in ((there, True), (other, True), (there, False), (other, False), (there, True)):
        found = gradients.of(one, with_matte)
        expected = plain._learn(one, with_matte, 4)
        for name in expected.losses.keys() - by_chance:
            torch.testing.assert_close(found[name], expected.losses[name], rtol=1e-3, atol=1e-5, msg=name)
        head = learner.light.layers[-1].weight.grad
        assert head is not None and bool(head.isfinite().all()) and float(head.abs().max()) > 0
