"""A subject that is a small part of a picture is looked at from near."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import DirectionalLight, Rig, Session, StudentModel, load_student
from rimlight.engine.inference import model as model_module
from rimlight.engine.inference.close import Part, part_of_subject

ROOT = Path(__file__).resolve().parents[3]
WIDE = (540, 960)
AT = (220, 500)
"""Where the small picture is put in a wider one, rows and columns."""


@pytest.fixture(scope="module")
def model() -> StudentModel:
    (manifest,) = (ROOT / "resources" / "models").glob("student-*.json")
    return load_student(manifest, half=False)


@pytest.fixture(scope="module")
def small() -> dict[str, Tensor]:
    """The head and shoulders of a rendered plate, with their normals, albedo and matte."""
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / "tea.0005.exr"))
    found = session.evaluate(read, layers=("rgba", "normal", "albedo", "matte"))
    shown = {name: found[name][:, :170, 220:390] for name in ("rgba", "normal", "albedo", "matte")}
    normal = F.normalize(shown["normal"][:3], dim=0)
    return {"plate": shown["rgba"][:3], "normal": normal, "albedo": shown["albedo"][:3], "matte": shown["matte"][:1]}


def put(layer: Tensor, behind: float = 0.0) -> Tensor:
    """A layer in a wider frame."""
    wide = torch.full((layer.shape[0], *WIDE), behind)
    wide[:, AT[0] : AT[0] + layer.shape[1], AT[1] : AT[1] + layer.shape[2]] = layer
    return wide


def wide(small: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The subject before an even wall, and its matte."""
    matte = put(small["matte"])
    return put(small["plate"]) * matte + 0.2 * (1 - matte), matte


def box(top: int, left: int, height: int, width: int, size: tuple[int, int] = (160, 284)) -> Tensor:
    matte = torch.zeros(1, 1, *size)
    matte[..., top : top + height, left : left + width] = 1
    return matte


def test_the_part_is_the_subject_with_some_of_what_is_around_it() -> None:
    part = part_of_subject(box(54, 72, 36, 18), (1080, 1920), 160)
    assert part is not None and part.share == 1
    assert part.height == part.width == pytest.approx(1.2 * 243, rel=0.02)
    assert (part.top + part.height / 2, part.left + part.width / 2) == pytest.approx((486, 548), abs=2)
    corner = part_of_subject(box(0, 266, 36, 18), (1080, 1920), 160)
    assert corner is not None and corner.top == 0 and corner.left + corner.width == 1920


@pytest.mark.parametrize("matte", [box(0, 0, 160, 284), box(9, 18, 142, 248), torch.zeros(1, 1, 160, 284)])
def test_a_large_subject_or_none_is_not_looked_at_again(matte: Tensor) -> None:
    assert part_of_subject(matte, (1080, 1920), 160) is None


def test_a_picture_that_is_small_itself_shows_no_more_from_near() -> None:
    assert part_of_subject(box(30, 40, 20, 10, (90, 160)), (90, 160), 160) is None
    few = part_of_subject(box(54, 72, 36, 18), (230, 408), 160)
    assert few is not None and few.share < 1


def test_specks_of_a_matte_do_not_count() -> None:
    matte = box(54, 72, 54, 54)
    clean = part_of_subject(matte, (1080, 1920), 160)
    matte[..., 156, 280] = 1
    assert clean is not None and part_of_subject(matte, (1080, 1920), 160) == clean


def test_the_part_follows_its_matte_without_steps() -> None:
    parts = [part_of_subject(box(54, 72, 36, 18) * (1 - k) + box(54, 74, 36, 18) * k, (1080, 1920), 160)
             for k in torch.linspace(0, 1, 25).tolist()]  # fmt: skip
    lefts = [part.left for part in parts if part is not None]
    assert len(lefts) == 25 and lefts[-1] - lefts[0] == pytest.approx(13.5, abs=1)
    assert max(abs(b - a) for a, b in pairwise(lefts)) <= 4


def test_the_form_of_a_small_subject_is_told_much_better(
    model: StudentModel, small: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    plate, matte = wide(small)
    where = (put(small["matte"]) > 0.98)[0]
    true_normal, true_albedo = put(small["normal"]), put(small["albedo"])

    def errors() -> tuple[float, float]:
        layers = model.decompose(model.examine(plate, matte))
        angle = torch.rad2deg(torch.acos((layers["normal"] * true_normal).sum(0).clamp(-1, 1)))[where].mean()
        found, true = layers["albedo"][:, where], true_albedo[:, where]
        found = found * (found * true).sum() / (found * found).sum()
        return float(angle), float((found - true).abs().mean())

    near = errors()
    monkeypatch.setattr(model_module, "part_of_subject", lambda *_: None)
    far = errors()
    assert near[0] < far[0] - 1, (near, far)
    assert near[1] < 0.85 * far[1], (near, far)


def test_what_is_around_the_subject_stays_and_the_ledger_closes(
    model: StudentModel, small: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    plate, matte = wide(small)
    near = model.decompose(model.examine(plate, matte))
    total = near["albedo"] * near["shading"] + near["specular"] + near["residual"]
    torch.testing.assert_close(total, plate, rtol=1e-6, atol=1e-6)
    assert all(bool(layer.isfinite().all()) for layer in near.values())
    monkeypatch.setattr(model_module, "part_of_subject", lambda *_: None)
    far = model.decompose(model.examine(plate, matte))
    away = F.max_pool2d(matte[None], 61, 1, 30)[0, 0] == 0
    for name in ("albedo", "shading", "specular"):
        assert torch.equal(near[name][:, away], far[name][:, away]), name
    for name in ("normal", "roughness", "depth"):  # from finer maps, which blend a little less
        gap = (near[name] - far[name]).abs()[:, away]
        assert float(gap.mean()) < 0.02 * float(far[name].abs().mean()), name


def test_exposure_multiplies_light_from_near_too(model: StudentModel, small: dict[str, Tensor]) -> None:
    plate, matte = wide(small)
    one, many = (model.decompose(model.examine(plate * k, matte)) for k in (1.0, 256.0))
    torch.testing.assert_close(many["shading"] / 256, one["shading"], rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(many["albedo"], one["albedo"], rtol=1e-2, atol=1e-3)


def test_a_small_subject_is_relit_as_it_is_from_near(model: StudentModel, small: dict[str, Tensor]) -> None:
    plate, matte = wide(small)
    rig = Rig((DirectionalLight(direction=(0.8, 0.3, 0.5), angle=10.0),))
    seen = model.examine(plate, matte)
    part = seen.near.part if seen.near is not None else None
    assert isinstance(part, Part) and seen.prediction.light is seen.near.prediction.light  # type: ignore[union-attr]
    alone = model.relight(model.examine(part.of(plate), part.of(matte)), rig)
    found = part.of(model.relight(seen, rig))
    inside = part.of(matte)[0] > 0.98
    ratio = float((found[:, inside] - alone[:, inside]).abs().mean() / alone[:, inside].mean())
    assert ratio < 0.15
    outside = put(small["matte"])[0] == 0
    assert torch.equal(model.relight(seen, rig)[:, outside], plate[:, outside])


@pytest.mark.gpu
def test_a_gpu_looks_closer_as_the_cpu_does(model: StudentModel, small: dict[str, Tensor]) -> None:
    plate, matte = wide(small)
    there = load_student(next((ROOT / "resources" / "models").glob("student-*.json")), "cuda", half=False)
    here, found = (m.decompose(m.examine(plate, matte)) for m in (model, there))
    assert dataclasses.is_dataclass(there)
    for name, layer in here.items():
        gap = (found[name].cpu() - layer).abs()
        assert float(gap.mean()) < 5e-3 * max(1e-3, float(layer.abs().mean())), name
