"""Several looks at a picture: what is averaged, and that it helps."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import rimlight.engine.inference.looks as looks_module
from compare import assert_close
from models import TINY
from rimlight.engine import Session, Student, load_student, reduce_picture, side_by_side
from rimlight.engine.inference.looks import LOOKS, look
from source import ROOT


@pytest.fixture
def student() -> Student:
    torch.manual_seed(3)
    return Student(TINY).eval().requires_grad_(False)


def picture(height: int, width: int) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(5)) * 4


def test_layers_are_means_and_the_light_is_the_first_ones(student: Student) -> None:
    plate, matte = picture(60, 80), torch.ones(2, 1, 60, 80)
    looks = [(reduce_picture(plate, *s), reduce_picture(matte, *s)) for s in ((60, 80), (48, 64), (36, 48))]
    singles = side_by_side([partial(student, *one) for one in looks])  # by as many threads, for the same digits
    seen = look(student, plate, matte)

    def mean(name: str, log: bool) -> Tensor:
        layers = [getattr(one, name).log() if log else getattr(one, name) for one in singles]
        even = torch.stack([F.interpolate(x, (30, 40), mode="bilinear") for x in layers]).mean(0)
        return even.exp() if log else even

    for name in ("shading", "depth", "error"):
        assert_close(getattr(seen, name), mean(name, True), threshold=1e-6, relative=1e-5)
    for name in ("share", "roughness", "f0", "shadow"):
        assert_close(getattr(seen, name), mean(name, False), threshold=1e-6, relative=1e-5)
    assert_close(seen.normal, F.normalize(mean("normal", False), dim=1), threshold=1e-5)
    first = singles[0]
    assert torch.equal(seen.code, first.code) and torch.equal(seen.level, first.level)
    assert torch.equal(seen.light.environment, first.light.environment)
    assert all(map(torch.equal, seen.features, first.features))


def test_the_exposure_multiplies_what_is_light(student: Student) -> None:
    plate = picture(33, 47)
    dim, bright = look(student, plate), look(student, plate * 64)
    assert_close(bright.shading, dim.shading * 64, threshold=1e-4, relative=1e-4)
    assert_close(bright.normal, dim.normal, threshold=1e-5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (2, 2)])
def test_the_smallest_pictures_are_looked_at(student: Student, height: int, width: int) -> None:
    seen = look(student, picture(height, width))
    assert seen.shading.shape[-2:] == ((height + 1) // 2, (width + 1) // 2)
    assert bool(seen.shading.isfinite().all())


def test_three_looks_see_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    (manifest,) = (ROOT / "resources" / "models").glob("student-*.json")
    model = load_student(manifest)
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / "tea.0005.exr"))
    found = session.evaluate(read, scale=0.5, layers=("rgba", "normal"))
    true = F.normalize(found["normal"][:3], dim=0)

    def error() -> float:
        normal = model.decompose(model.examine(found["rgba"][:3], size=90))["normal"]
        return float(torch.rad2deg(torch.acos((normal * true).sum(0).clamp(-1, 1))).mean())

    several = error()
    assert len(LOOKS) > 1
    monkeypatch.setattr(looks_module, "LOOKS", (1.0,))
    assert several < error()
