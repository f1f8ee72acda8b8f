"""Windows of views: lit small, they look as the same part of the view does that was lit large and made small."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Region
from rimlight.training.stage import View
from rimlight.training.stage.lighting import sample_lighting
from rimlight.training.stage.relit import LightStage
from rimlight.training.stage.window import alone, windowed
from tiny_stage import tiny_view

TOP, LEFT, SIDE, SIZE = 20, 8, 72, 36


@pytest.fixture(scope="module")
def view() -> View:
    return tiny_view(5, size=96)


def made_small(image: Tensor) -> Tensor:
    part = image[None, :, TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    return F.interpolate(part, (SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False)[0]


@pytest.mark.parametrize("seed", range(4))
def test_lit_small_is_lit_large_and_made_small(view: View, seed: int) -> None:
    lighting = sample_lighting(np.random.default_rng(seed))
    large = LightStage(view).light(lighting)
    small = LightStage(windowed(view, (TOP, LEFT, SIDE), SIZE)).light(lighting)
    expected = made_small(large.beauty)
    inside = made_small(view.surface)[0] > 0.999
    error = (small.beauty - expected)[:, inside].abs()
    assert float(error.median()) < 0.02 * float(expected[:, inside].mean())
    assert float(error.mean()) < 0.08 * float(expected[:, inside].mean())
    assert small.rig.key() == large.rig.key()


def test_layers_are_means_over_the_surface(view: View) -> None:
    small = windowed(view, (TOP, LEFT, SIDE), SIZE)
    expected = made_small(view.albedo * view.surface) / made_small(view.surface).clamp_min(1e-3)
    there = small.surface[0] > 0.01
    torch.testing.assert_close(small.albedo[:, there], expected[:, there], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(small.normal.norm(dim=0)[there], torch.ones(int(there.sum())))
    torch.testing.assert_close(small.matte, made_small(view.matte), rtol=1e-4, atol=1e-5)
    assert small.visibility().shape == (32, SIZE, SIZE)
    seen = small.visibility().float()
    assert float(seen.min()) >= 0 and float(seen.max()) <= 1.01


def test_the_camera_looks_past_the_middle(view: View) -> None:
    small = windowed(view, (TOP, LEFT, SIDE), SIZE)
    assert small.region == Region(4, 10, 40, 46) and (small.camera.width, small.camera.height) == (48, 48)
    there = (made_small(view.surface)[0] > 0.999) & (made_small(view.surface.square())[0] > 0.999)
    positions = made_small(view.position)
    assert float((small.position - positions)[:, there].abs().median()) < 0.01 * float(view.depth.max())
    whole, part = (torch.tan(torch.deg2rad(torch.tensor(v.fov)) / 2) for v in (view, small))
    assert float(whole / part) == pytest.approx(96 / SIDE)


def test_the_whole_view_at_its_own_size_is_the_view(view: View) -> None:
    same = windowed(view, (0, 0, 96), 96)
    assert same.region == view.region and same.fov == pytest.approx(view.fov) and same.grain == view.grain
    for name in ("albedo", "depth", "roughness", "surface", "key_visibility"):
        torch.testing.assert_close(getattr(same, name), getattr(view, name), rtol=1e-4, atol=1e-4)
    there = view.surface[0] > 0
    assert torch.equal(same.visibility()[:, there].float(), view.visibility()[:, there].float())


def test_a_window_is_never_taken_for_a_file(view: View, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        windowed(view, (0, 0, 48), 24).save(tmp_path / "window.safetensors")


def test_beyond_a_view_is_nothing(view: View) -> None:
    beyond = windowed(view, (-48, -24, 192), 96)
    inside = slice(24, 72), slice(12, 60)
    half = windowed(view, (0, 0, 96), 48)
    for name in ("albedo", "depth", "surface", "matte", "position"):
        found, expected = getattr(beyond, name), getattr(half, name)
        # Windows cut at the view's edge weigh the pixels at it otherwise.
        torch.testing.assert_close(found[:, *inside][:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], rtol=1e-3, atol=1e-3)
        outside = torch.ones(96, 96, dtype=torch.bool)
        outside[23:73, 11:61] = False
        assert float(found[:, outside].abs().max()) == 0
    assert beyond.region == Region(-12, -24, 84, 72) and beyond.visibility().shape == (32, 96, 96)


def test_a_subject_alone_is_lit_as_before(view: View) -> None:
    lighting = sample_lighting(np.random.default_rng(2))
    subject, whole = (LightStage(v).light(lighting) for v in (alone(view), view))
    there = view.matte[0] > 0.99
    assert 0 < int(there.sum()) < there.numel()
    # Light of single directions is smoothed over neighbours, of which there are fewer now.
    torch.testing.assert_close(subject.beauty[:, there], whole.beauty[:, there], rtol=0.05, atol=0.02)
    assert float(alone(view).surface[view.matte == 0].max()) == 0
