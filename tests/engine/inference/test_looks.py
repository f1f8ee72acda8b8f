"""Several looks at a picture: what is averaged, and that it helps."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import rimlight.engine.inference.looks as looks_module
from compare import assert_close
from models import TINY
from rimlight.engine import (
    Cancelled,
    Prediction,
    Session,
    Student,
    StudentModel,
    load_student,
    picture_level,
    reduce_picture,
)
from rimlight.engine.inference.looks import FOR_COLOR, LOOKS, Looks, look
from source import ROOT


@pytest.fixture
def student() -> Student:
    torch.manual_seed(3)
    return Student(TINY).eval().requires_grad_(False)


def picture(height: int, width: int) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(5)) * 4


def shipped() -> StudentModel:
    (manifest,) = (ROOT / "resources" / "models").glob("student-*.json")
    return load_student(manifest)


def still(name: str) -> Tensor:
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / name))
    return session.evaluate(read, scale=0.5)["rgba"][:3]


def test_looks_are_given_the_picture_without_the_colour_found_so_far(student: Student) -> None:
    plate, matte = picture(60, 80), (torch.arange(80) < 50).float().expand(2, 1, 60, 80)

    def seen_at(size: tuple[int, int], color: Tensor) -> tuple[Prediction, Tensor]:
        small = reduce_picture(matte, *size)
        seen = student(reduce_picture(plate, *size) / color.exp(), small)
        weight = (-seen.error).exp() * reduce_picture(small, *seen.error.shape[-2:])
        found = (seen.shading.log() * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True)
        return seen, found - found.mean(1, keepdim=True)

    color = torch.zeros(2, 3, 1, 1)
    for _ in range(2):
        color = color + seen_at((24, 32), color)[1]
    looks, colors = zip(*(seen_at(size, color) for size in ((60, 80), (48, 64), (36, 48))), strict=True)
    color = color + torch.stack(colors).mean(0)
    seen = look(student, plate, matte)

    def mean(layers: list[Tensor]) -> Tensor:
        return torch.stack([F.interpolate(x, (30, 40), mode="bilinear") for x in layers]).mean(0)

    shadings = [one.shading.log() - tint for one, tint in zip(looks, colors, strict=True)]
    assert_close(seen.shading, (mean(shadings) + color).exp(), threshold=1e-5, relative=1e-4)
    for name in ("depth", "error"):
        assert_close(getattr(seen, name), mean([getattr(x, name).log() for x in looks]).exp(), relative=1e-4)
    for name in ("share", "roughness", "f0", "shadow"):
        assert_close(getattr(seen, name), mean([getattr(x, name) for x in looks]), threshold=1e-5, relative=1e-4)
    assert_close(seen.normal, F.normalize(mean([x.normal for x in looks]), dim=1), threshold=1e-4)
    assert_close(seen.code, looks[0].code, threshold=1e-4)
    keys = [(x.light.key.log() - tint[..., 0, 0]) for x, tint in zip(looks, colors, strict=True)]
    assert_close(seen.light.key, (torch.stack(keys).mean(0) + color[..., 0, 0]).exp(), relative=1e-3)
    assert torch.equal(seen.level, picture_level(plate, matte))


@pytest.mark.parametrize("size", [(60, 80), (97, 130)])
def test_the_number_of_threads_does_not_change_what_is_seen(student: Student, size: tuple[int, int]) -> None:
    plate, before = picture(*size), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(look(student, plate))
    finally:
        torch.set_num_threads(before)
    for seen in found[1:]:
        assert torch.equal(seen.shading, found[0].shading) and torch.equal(seen.normal, found[0].normal)
        assert torch.equal(seen.code, found[0].code) and torch.equal(seen.light.key, found[0].light.key)


def test_an_empty_matte_leaves_the_colour_unknown(student: Student) -> None:
    seen = look(student, picture(32, 32), torch.zeros(2, 1, 32, 32))
    assert bool(seen.shading.isfinite().all())


def test_a_strong_colour_of_the_light_is_told_from_paint() -> None:
    """Of a green that lies over all of a plate one look takes less for light than several."""
    model = shipped()
    plate = still("collins.exr")
    gain = torch.tensor([0.6, 1.4, 0.6])[:, None, None]

    def color(found: Tensor) -> Tensor:
        light = found.log().mean((1, 2))
        return light - light.mean()

    def taken(for_color: tuple[float, ...]) -> float:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(looks_module, "FOR_COLOR", for_color)
            plain, green = (model.decompose(model.examine(x))["shading"] for x in (plate, plate * gain))
        wanted = color(gain.expand_as(plate))
        return float((color(green) - color(plain)) @ wanted / (wanted @ wanted))

    once, several = taken(()), taken(FOR_COLOR)
    assert several > once + 0.2


def test_the_exposure_multiplies_what_is_light(student: Student) -> None:
    plate = picture(33, 47)
    dim, bright = look(student, plate), look(student, plate * 64)
    assert_close(bright.shading, dim.shading * 64, threshold=1e-4, relative=1e-4)
    assert_close(bright.normal, dim.normal, threshold=1e-5)


def test_what_nobody_wants_ends_between_looks(student: Student) -> None:
    for last in (1, 2, 3):
        asked = []

        def check(asked: list[int] = asked, last: int = last) -> None:
            asked.append(last)
            if len(asked) == last:
                raise Cancelled

        with pytest.raises(Cancelled):
            Looks(student)(picture(20, 30), None, check)
        assert len(asked) == last


def test_the_light_of_a_plate_is_as_dim_as_the_plate(student: Student) -> None:
    plain, dim = (look(student, picture(33, 47) * exposure).light for exposure in (1.0, 2.0**-80))
    for name in ("key", "environment"):
        assert_close(getattr(dim, name) * 2.0**80, getattr(plain, name), threshold=1e-5, relative=1e-3)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (2, 2)])
def test_the_smallest_pictures_are_looked_at(student: Student, height: int, width: int) -> None:
    seen = look(student, picture(height, width))
    assert seen.shading.shape[-2:] == ((height + 1) // 2, (width + 1) // 2)
    assert bool(seen.shading.isfinite().all())


def test_three_looks_see_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = shipped()
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
