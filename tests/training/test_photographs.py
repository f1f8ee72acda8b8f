"""Photographs: brought back to scene-linear, and shadows whose truth is exact."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from asset_pack import make_pack
from rimlight.engine import FileError
from rimlight.training.assets import Assets
from rimlight.training.photographs import Photographs, linearised, overcast, penumbra, silhouette

pytest.importorskip("trimesh", reason="the tests' assets are written by trimesh")


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Assets:
    return Assets(make_pack(tmp_path_factory.mktemp("pack")))


def test_display_pictures_become_scene_linear() -> None:
    grey = torch.tensor([0.0, 0.5, 1.0]).expand(3, 1, 3)
    assert linearised(grey)[0, 0].tolist() == pytest.approx([0.0, 0.21404, 1.0], abs=1e-4)
    rolled = linearised(grey, 1.5)[0, 0]
    encoded = rolled * 2.5 / (1 + 1.5 * rolled)
    assert encoded.tolist() == pytest.approx([0.0, 0.21404, 1.0], abs=1e-4)


@pytest.mark.parametrize("kind", ["shadow", "leak"])
def test_shadows_and_leaks_are_gains(kind: str) -> None:
    rng = np.random.default_rng(3)
    truth = torch.rand(3, 64, 80, generator=torch.Generator().manual_seed(1)) * 4
    for _ in range(8):
        pair = overcast(truth, kind, rng)
        assert torch.equal(pair.picture, truth * pair.gain) and pair.truth is truth
        assert float(pair.matte.min()) >= 0 and float(pair.matte.max()) <= 1
        open_, whole = (pair.matte[0] < 0.002), (pair.matte[0] > 0.998)
        if kind == "shadow":
            assert float(pair.gain.min()) > 0.02 and float(pair.gain.max()) <= 1.0001
        else:
            assert float(pair.gain.min()) >= 0.9999 and float(pair.gain.max()) < 20
        if bool(open_.any() and whole.any()):
            green = pair.gain[1]
            assert torch.allclose(green[open_], torch.tensor(1.0), atol=0.02)
            assert float(green[whole].std()) < 0.02 * float((green[whole] - 1).abs().mean()) + 1e-3


def test_penumbras_are_as_wide_as_asked() -> None:
    """A blurred edge rises as the error function does: from a tenth to nine tenths in 2.56 deviations."""
    edge = (torch.arange(200) >= 100).float().expand(200, 200).contiguous()
    asked = torch.linspace(0.01, 0.09, 200)[:, None].expand(200, 200)
    soft = penumbra(edge, [asked])[0]
    for row in (20, 100, 190):
        rising = ((soft[row] > 0.1) & (soft[row] < 0.9)).sum()
        assert float(rising) == pytest.approx(2.56 * float(asked[row, 0]) * 200, rel=0.2, abs=2)
    sharp = penumbra(edge, [torch.zeros(200, 200)])[0]
    assert torch.equal(sharp, edge)


def test_silhouettes_fill_a_part() -> None:
    rng = np.random.default_rng(5)
    shares = [float(silhouette(64, 64, rng).mean()) for _ in range(30)]
    assert 0.05 < np.median(shares) < 0.8 and max(shares) <= 1 and min(shares) >= 0


def test_pairs_repeat_by_seed_and_know_their_licence(assets: Assets) -> None:
    first, second = (list(islice(Photographs(assets, "train").pairs(32, 9), 5)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.picture, b.picture) and a.name == b.name and a.picture.shape == (3, 32, 32)
    assert bool(torch.isfinite(first[0].picture).all())
    (assets.root / "LICENSES.csv").rename(assets.root / "gone.csv")
    try:
        with pytest.raises(FileError, match="manifest of licences"):
            next(Photographs(Assets(assets.root), "train").pairs(32, 9))
    finally:
        (assets.root / "gone.csv").rename(assets.root / "LICENSES.csv")


def test_no_photographs_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no photographs of the split 'test'"):
        Photographs(Assets(tmp_path), "test")


def test_textures_are_of_materials_or_of_small_parts_of_photographs(assets: Assets) -> None:
    photographs = Photographs(assets, "train")
    textures = [photographs.texture(32, np.random.default_rng(seed)) for seed in range(12)]
    assert all(one.shape == (3, 32, 32) and bool(one.isfinite().all()) and float(one.min()) >= 0 for one in textures)
    assert torch.equal(textures[3], photographs.texture(32, np.random.default_rng(3)))
    assert len({float(one.mean()) for one in textures}) > 6
