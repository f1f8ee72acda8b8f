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
from rimlight.engine.inference.close import part_of_subject

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
    core = part.core
    assert core.side == pytest.approx(1.1 * 243, rel=0.02)
    assert (core.top + core.side / 2, core.left + core.side / 2) == pytest.approx((486, 548), abs=2)
    corner = part_of_subject(box(0, 266, 36, 18), (1080, 1920), 160)
    assert corner is not None and corner.core.top == 0 and corner.core.left + corner.core.side == 1920


def test_every_window_holds_the_subject_and_lies_in_the_frame() -> None:
    for top, left, height, width in ((0, 0, 30, 10), (54, 72, 36, 18), (120, 250, 40, 34), (61, 101, 3, 5)):
        part = part_of_subject(box(top, left, height, width), (1080, 1920), 160)
        assert part is not None and sum(window.weight for window in part.windows) == pytest.approx(1)
        core = part.core
        for window in part.windows:
            assert 0 <= window.weight <= 1 and window.top >= 0 and window.left >= 0
            assert window.top + window.side <= 1080 and window.left + window.side <= 1920
            assert window.top <= core.top + 1 and core.top + core.side <= window.top + window.side + 1
            assert window.left <= core.left + 1 and core.left + core.side <= window.left + window.side + 1


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
    found = part_of_subject(matte, (1080, 1920), 160)
    assert clean is not None and found is not None and found.core == clean.core and found.share == clean.share
    for one, other in zip(found.windows, clean.windows, strict=True):
        assert one[:3] == other[:3] and one.weight == pytest.approx(other.weight, abs=0.05)


def grown(share: float) -> Tensor:
    """A matte that moves to the right and grows, as an arm does."""
    matte = box(54, 72, 36, 18) * (1 - share)
    return torch.maximum(matte, box(50, 74, 44, 30) * share)


def test_what_is_looked_at_follows_its_matte_without_steps() -> None:
    parts = [part_of_subject(grown(k), (1080, 1920), 160) for k in torch.linspace(0, 1, 60).tolist()]
    sides = [part.core.side for part in parts if part is not None]
    assert len(sides) == 60 and sides[-1] - sides[0] > 40
    for before, after in pairwise(parts):
        assert before is not None and after is not None
        moved = max(abs(a - b) for a, b in zip(before.core[:3], after.core[:3], strict=True))
        weights = [{window[:3]: window.weight for window in part.windows} for part in (before, after)]
        change = sum(abs(weights[1].get(w, 0) - weights[0].get(w, 0)) for w in {**weights[0], **weights[1]})
        # Of a window's way to the next one 22 pixels long, along each side, and to the next size.
        assert change <= 2 * (moved * 48 / 1080 * 2 + moved / 40) + 0.1, (before, after)


def test_an_outline_that_wobbles_changes_no_window() -> None:
    first, second = (part_of_subject(x, (1080, 1920), 160) for x in (box(54, 72, 36, 18), box(54, 72, 36, 18) * 0.97))
    assert first is not None and second is not None
    assert [w[:3] for w in first.windows] == [w[:3] for w in second.windows]


def test_what_a_keyer_leaves_of_the_background_does_not_count() -> None:
    clean = part_of_subject(box(54, 72, 54, 54), (1080, 1920), 160)
    left = part_of_subject(box(54, 72, 54, 54).clamp_min(0.02), (1080, 1920), 160)
    assert clean is not None and left is not None
    assert left.core.side < 1.05 * clean.core.side and left.share == clean.share


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
    assert seen.near is not None and seen.prediction.light is seen.near.prediction.light
    window = max(seen.near.part.windows, key=lambda window: window.weight)
    alone = model.relight(model.examine(window.of(plate), window.of(matte)), rig)
    found = window.of(model.relight(seen, rig))
    inside = window.of(matte)[0] > 0.98
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
