"""The student that ships with the product: what it declares is so, and it does what students promise."""

from pathlib import Path

import pytest
import torch

from rimlight.engine import DirectionalLight, Manifest, Rig, StudentModel, load_student

MODELS = Path(__file__).resolve().parents[3] / "resources" / "models"
MANIFESTS = sorted(MODELS.glob("student-*.json"))


@pytest.fixture(scope="module")
def model() -> StudentModel:
    return load_student(MANIFESTS[-1], half=False)


def test_a_student_ships() -> None:
    assert MANIFESTS


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda p: p.stem)
def test_its_manifest_is_whole(path: Path) -> None:
    manifest = Manifest.read(path)
    student = load_student(path).student
    assert path.stem == f"student-{manifest.version}" == Path(manifest.file).stem
    assert (MODELS / manifest.file).stat().st_size < 16_000_000
    assert manifest.parameters == sum(p.numel() for p in student.parameters()) <= 5_000_000
    assert manifest.licence and "Synthetic" in manifest.data and "scene-linear" in manifest.input
    assert {"evaluation", "equivariance", "speed"} <= set(manifest.metrics)


def test_its_ledger_closes_and_it_scales_with_the_picture(model: StudentModel) -> None:
    x = torch.rand(3, 200, 150, generator=torch.Generator().manual_seed(0)) * 3
    layers = model.decompose(model.examine(x))
    total = layers["albedo"] * layers["shading"] + layers["specular"] + layers["residual"]
    torch.testing.assert_close(total, x, rtol=1e-6, atol=1e-6)
    assert float(layers["residual"].abs().max()) < 1e-5
    bright = model.decompose(model.examine(x * 1000))
    torch.testing.assert_close(bright["shading"], layers["shading"] * 1000, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(bright["albedo"], layers["albedo"], rtol=1e-2, atol=1e-3)


def test_light_from_one_side_brightens_that_side_of_a_ball(model: StudentModel) -> None:
    rows, columns = torch.meshgrid(torch.linspace(1.2, -1.2, 160), torch.linspace(-1.2, 1.2, 160), indexing="ij")
    z2 = 1 - rows**2 - columns**2
    inside = (z2 > 0).float()
    shading = (0.3 + (columns * 0.3 + rows * 0.5 + z2.clamp_min(0).sqrt() * 0.6).clamp_min(0)) * inside
    picture = shading.expand(3, -1, -1) * 0.5 + 0.05 * (1 - inside)
    seen = model.examine(picture, inside[None])

    def sides(x: float) -> float:
        relit = model.relight(seen, Rig((DirectionalLight(direction=(x, 0.0, 0.6)),)))
        right = (columns > 0.2) * (z2 > 0.1)
        return float(relit[:, right].mean() / relit[:, right.flip(1)].mean())

    assert sides(1.0) > sides(-1.0)
