"""The student on a device that is not the CPU: nothing is left behind, and it says the same."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from elsewhere import PLACE, Elsewhere, sent
from models import TINY
from rimlight.engine import (
    DirectionalLight,
    EnvironmentLight,
    LightGuess,
    Manifest,
    Rig,
    Student,
    StudentModel,
)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as mode:
        yield mode


def model() -> StudentModel:
    torch.manual_seed(4)
    manifest = Manifest(
        id="student", version="0", file="s", sha256="0", licence="Apache-2.0", data="none", input="scene-linear",
        parameters=1, config=TINY, working_size=64,
    )  # fmt: skip
    return StudentModel(Student(TINY).requires_grad_(False), manifest, torch.device("cpu"), half=False)


def answers(student: StudentModel, send: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    """All that the product asks of a student."""
    g = torch.Generator().manual_seed(5)
    picture, matte = torch.rand(3, 70, 90, generator=g), (torch.rand(1, 70, 90, generator=g) > 0.3).float()
    seen = student.examine(send(picture), send(matte))
    key = DirectionalLight(name="key", direction=(0.8, 0.4, 0.45), kelvin=3200.0, angle=10.0)
    rig = Rig((key, EnvironmentLight(name="around", pixels=send(torch.ones(3, 16, 32)))))
    found: dict[str, Any] = dict(student.decompose(seen))
    found |= vars(seen.prediction.light)
    found["relit"] = student.relight(seen, rig)
    found["relit as it was"] = student.relight(seen, student.estimate_light(seen), like=seen)
    found["without shadow"] = student.without_shadow(seen)
    found["mixed"] = student.mixed_code([(0.5, seen), (0.5, seen)])
    return found


def test_all_that_is_asked_of_a_student_stays_on_its_device(elsewhere: Elsewhere) -> None:
    plain = answers(model(), lambda tensor: tensor)
    moved = replace(model(), device=PLACE)
    sent(moved.student)
    found = answers(moved, lambda tensor: tensor.to(PLACE))
    assert set(found) == set(plain) >= set(LightGuess.__dataclass_fields__)
    for name, value in found.items():
        assert value.device == PLACE, name
        torch.testing.assert_close(value.cpu(), plain[name], rtol=1e-4, atol=1e-5, msg=name)
