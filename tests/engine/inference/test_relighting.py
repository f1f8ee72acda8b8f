"""Relighting as a GPU records it: nothing in it waits, it brings nothing there, and dragged lights are followed."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from elsewhere import PLACE, Elsewhere, sent
from models import TINY
from rimlight.engine import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Examined,
    Manifest,
    PointLight,
    Rig,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
    Student,
    StudentModel,
)
from rimlight.engine.inference.recording import tensors_of, with_tensors
from rimlight.engine.inference.relighting import View, relit, target_of

VIEW = View(30.0, 100.0)
Send = Callable[[Tensor], Tensor]


def model(device: str = "cpu") -> StudentModel:
    torch.manual_seed(4)
    manifest = Manifest(
        id="student", version="0", file="s", sha256="0", licence="Apache-2.0", data="none", input="scene-linear",
        parameters=1, config=TINY, working_size=64,
    )  # fmt: skip
    student = Student(TINY).requires_grad_(False).to(device)
    return StudentModel(student, manifest, torch.device(device), half=False)


def looked_at(student: StudentModel, send: Send) -> Examined:
    g = torch.Generator().manual_seed(5)
    return student.examine(
        send(torch.rand(3, 70, 90, generator=g)), send((torch.rand(1, 70, 90, generator=g) > 0.3) * 1.0)
    )


def rig(kind: str, step: float, send: Send = lambda x: x) -> Rig:
    """A rig of a kind, `step` along its way while it is dragged."""
    pixels = send(torch.rand(3, 16, 32, generator=torch.Generator().manual_seed(6)))
    around = EnvironmentLight(name="around", pixels=pixels, rotation=40 * step)
    aim = (-0.5, -0.5 + 0.1 * step, -0.5)
    place = (60.0 - 20 * step, 60.0, -20.0)
    axes, sharp = torch.tensor([[0.0, 1.0, 0.0], [0.6, 0.0, 0.8]]), torch.tensor([4.0, 20.0 + step])
    sun = DirectionalLight(direction=(0.8, 0.4 + 0.1 * step, 0.45), kelvin=3200.0 + 100 * step, angle=10.0 + step)
    lights = {
        "key": (sun, around),
        "sharp": (DirectionalLight(direction=(0.8, 0.4, 0.45 + 0.1 * step), diffuse=0.5 + 0.1 * step),),
        "two": (PointLight(position=place, size=5.0), PointLight(position=(-30.0, 20.0, -60.0), exposure=0.5 * step)),
        "spot": (SpotLight(position=place, aim=aim, falloff=2.0, cone=40.0 + step),),
        "window": (AreaLight(position=place, width=40.0 + step, height=20.0, aim=aim), around),
        "disc": (AreaLight(position=place, width=40.0 + step, shape="disc", aim=aim),),
        "balloon": (AreaLight(position=place, width=40.0 + step, shape="sphere"),),
        "lobes": (SphericalGaussians(axes=axes, sharpness=sharp, amplitudes=torch.ones(2, 3)), sun),
        "harmonics": (SphericalHarmonics(coefficients=torch.full((9, 3), 0.1), rotation=30 * step), sun),
    }[kind]
    return Rig(lights, 1.0)


KINDS = ("key", "sharp", "two", "spot", "window", "disc", "balloon", "lobes", "harmonics")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_asks_nothing_back_and_brings_nothing(kind: str) -> None:
    with Elsewhere() as elsewhere:
        there = StudentModel(model().student, model().manifest, PLACE, half=False)
        sent(there.student)
        seen = looked_at(there, lambda x: x.to(PLACE))
        albedo = there.decompose(seen)["albedo"][None]
        target = target_of(rig(kind, 0.0, lambda x: x.to(PLACE)), VIEW, seen.prediction.normal)
        assert all(x.device == PLACE for x in tensors_of(target))
        work = partial(relit, there.student, there._precision, VIEW, seen.prediction, seen.small, target)
        with torch.inference_mode():
            work(albedo, seen.plate, seen.matte)  # constants are brought there once
            assert elsewhere.brought
            elsewhere.brought.clear()
            elsewhere.asked_back.clear()
            work(albedo, seen.plate, seen.matte)
        assert elsewhere.asked_back == [] and elsewhere.brought == []


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_a_light_that_is_dragged_is_in_its_tensors(kind: str) -> None:
    """What was recorded for one rig serves another of its kind when its tensors are filled anew."""
    here = model()
    seen = looked_at(here, lambda x: x)
    first, second = (target_of(rig(kind, step), VIEW, seen.prediction.normal) for step in (0.0, 1.0))
    assert first.settings() == second.settings()
    work = partial(relit, here.student, here._precision, VIEW, seen.prediction, seen.small)
    albedo = here.decompose(seen)["albedo"][None]
    with torch.inference_mode():
        before, after = (work(target, albedo, seen.plate, seen.matte) for target in (first, second))
        moved = work(with_tensors(first, tensors_of(second)), albedo, seen.plate, seen.matte)
    assert torch.equal(moved, after) and not torch.equal(before, after)


def test_rigs_that_want_other_work_are_told_apart() -> None:
    like = torch.zeros(1, 3, 4, 4)
    rigs = [rig(kind, 0.0) for kind in KINDS] + [Rig((PointLight(position=(0.0, 0.0, -50.0)),)), Rig()]
    settings = {target_of(x, VIEW, like).settings() for x in rigs}
    assert len(settings) == len(rigs)


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
def test_recorded_relighting_follows_a_dragged_light(kind: str) -> None:
    there, plain = model("cuda"), model("cuda")
    seen = looked_at(there, Tensor.cuda)
    albedo = there.decompose(seen)["albedo"]
    for number in range(5):
        moved = rig(kind, 0.2 * number, Tensor.cuda)
        found = there.relight(seen, moved, albedo=albedo), *there.refinement(seen, moved)
        fresh = StudentModel(plain.student, plain.manifest, plain.device, half=False)  # it has recorded nothing yet
        expected = fresh.relight(seen, moved, albedo=albedo), *fresh.refinement(seen, moved)
        for one, two in zip(found, expected, strict=True):
            torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)
