"""Networks that grow out of others say the same at first, and what is new in them learns."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from rimlight.engine import Manifest, Prediction, RimlightError, Student, StudentConfig, load_student, write_weights
from rimlight.training.config import TrainConfig
from rimlight.training.growth import begin_with, check_growth
from rimlight.training.networks import NETWORKS
from rimlight.training.shipping import installed_student
from rimlight.training.train import make_optimizers
from tiny_stage import TINY

WIDER = replace(TINY, widths=(10, 20, 24, 30, 28), refiner=(12, 20))
DEEPER = replace(TINY, encoder=(2, 1, 1, 3, 1), decoder=(1, 2, 1, 1))


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """The manifest of a network drawn at random."""
    torch.manual_seed(5)
    sha256 = write_weights(Student(TINY).state_dict(), tmp_path / "w")
    Manifest("student", "1", "w", sha256, "MIT", "", "rgb", 1, TINY).write(tmp_path / "start.json")
    return tmp_path / "start.json"


def grown(config: StudentConfig, start: Path) -> Student:
    torch.manual_seed(6)
    student = Student(config)
    begin_with(student, start)
    return student


def said(student: Student, picture: Tensor, physics: Tensor) -> dict[str, Tensor]:
    """All that a network says of a picture, by name."""
    with torch.inference_mode():
        seen: Prediction = student(picture)
        light = {f"light {name}": value for name, value in vars(seen.light).items()}
        layers = {name: value for name, value in vars(seen).items() if name not in ("light", "features")}
        return {**layers, **light, "relit": student.relight(seen, physics, seen.code)}


def assert_alike(a: Student, b: Student) -> None:
    g = torch.Generator().manual_seed(7)
    picture = torch.rand(2, 3, 72, 90, generator=g) ** 3 * 4
    physics = torch.randn(2, 14, 18, 23, generator=g).abs()
    found, expected = said(a, picture, physics), said(b, picture, physics)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert (found[name] - value).abs().max() < 1e-3 * value.abs().max(), name


@pytest.mark.parametrize(
    "config",
    [WIDER, DEEPER, replace(WIDER, encoder=DEEPER.encoder, decoder=DEEPER.decoder), replace(TINY, refiner=(8, 9))],
)
def test_it_says_the_same_at_first(config: StudentConfig, start: Path) -> None:
    assert_alike(grown(config, start), load_student(start).student)


def test_it_is_the_same_where_nothing_grows(start: Path) -> None:
    state, known = grown(TINY, start).state_dict(), load_student(start).student.state_dict()
    assert all(torch.equal(value, known[name]) for name, value in state.items())


def test_the_full_network_grows_out_of_the_products() -> None:
    start = installed_student()
    assert_alike(grown(NETWORKS["full"], start), load_student(start, half=False).student)


def new_rows(student: Student, old: dict[str, Tensor]) -> dict[str, Tensor]:
    """What makes new channels, by name."""
    rows = {}
    for name, weight in student.named_parameters():
        had, has = old[name].shape[0], weight.shape[0]
        if ".film." in name:
            rows[f"{name} scales"] = weight.detach()[had // 2 : has // 2]
            rows[f"{name} shifts"] = weight.detach()[has // 2 + had // 2 :]
        elif has > had:
            rows[name] = weight.detach()[had:]
    return rows


def test_every_new_channel_learns(start: Path) -> None:
    student = grown(WIDER, start)
    old = load_student(start).student.state_dict()
    assert len(new_rows(student, old)) > 50
    assert not any(rows.any() for rows in new_rows(student, old).values())
    optimizers = make_optimizers(student, TrainConfig(student=WIDER))
    for step in range(2):
        seen = student(torch.rand(2, 3, 64, 64))
        relit = student.relight(seen, torch.randn(2, 14, 16, 16), seen.code)
        layers = (seen.shading.log(), seen.normal, seen.depth, seen.roughness, seen.light.key.log(), relit)
        student.zero_grad()
        torch.cat([layer.square().flatten() for layer in layers]).mean().backward()
        for optimizer in optimizers:
            optimizer.step()
        for name, rows in new_rows(student, old).items():
            if step > 0 or not name.endswith("scales"):  # of what is zero until then
                assert rows.reshape(len(rows), -1).abs().amax(1).min() > 0, (step, name)


@pytest.mark.parametrize(
    "smaller",
    [
        replace(WIDER, widths=(10, 20, 24, 30, 22)),
        replace(WIDER, refiner=(12, 7)),
        replace(TINY, encoder=(1, 1, 0, 1, 1)),
        replace(WIDER, code=32),
        replace(WIDER, queries=2),
        replace(TINY, widths=TINY.widths[:4], encoder=(1,) * 4, decoder=(1,) * 3),
    ],
)
def test_a_smaller_network_and_one_of_another_kind_are_told(smaller: StudentConfig, start: Path) -> None:
    with pytest.raises(
        RimlightError, match=r"cannot begin with .*start\.json, which is of a network of the widths \[8, 12"
    ) as told:
        check_growth(smaller, start)
    assert "\n" not in str(told.value)
