"""Cameras: what each corruption does to a picture, and which part of it counts as light."""

from dataclasses import fields

import cv2
import numpy as np
import pytest
import torch

from rimlight.training.augment import Augmentation, draw_recording, record, recorded_gains
from rimlight.training.corruptions import (
    CORRUPTIONS,
    blur,
    clipping,
    exposure,
    gaussian,
    glare,
    jpeg,
    matrix,
    noise,
    normals,
    vignetting,
)
from rimlight.training.jpeg import compressed

NEVER = Augmentation(**dict.fromkeys((f.name for f in fields(Augmentation)), 0.0))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def picture() -> torch.Tensor:
    return torch.rand(3, 40, 56, generator=torch.Generator().manual_seed(1)) * 2 + 0.05


def photograph(x: torch.Tensor, rng: np.random.Generator, how: Augmentation) -> torch.Tensor:
    """The picture as some camera would have recorded it."""
    return record(x[None], [draw_recording(rng, how)])[0]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_changes_the_picture_and_keeps_it_one(name: str) -> None:
    x = picture() * 8 if name == "clipping" else picture()
    before = x.clone()
    changed = [CORRUPTIONS[name](x, rng(seed)) for seed in range(4)]
    assert torch.equal(x, before)
    assert all(y.shape == x.shape and y.isfinite().all() and y.dtype == x.dtype for y in changed)
    assert any(not torch.equal(y, x) for y in changed)
    assert torch.equal(CORRUPTIONS[name](x, rng(2)), changed[2])


def test_a_lens_only_darkens_towards_its_corners() -> None:
    assert (vignetting(torch.ones(3, 32, 32), rng()) <= 1).all()


def test_glare_lifts_the_darkest_and_blur_keeps_the_mean() -> None:
    x = picture()
    x[:, :10] = 0
    assert glare(x, rng())[:, :10].min() > 0
    assert float(blur(x, rng()).mean()) == pytest.approx(float(x.mean()), rel=0.02)


def test_another_cameras_matrix_keeps_greys_grey() -> None:
    grey = torch.rand(1, 20, 20).expand(3, -1, -1)
    torch.testing.assert_close(matrix(grey, rng()), grey)


def test_noise_has_no_bias() -> None:
    x = torch.full((3, 200, 200), 0.5)
    assert float(noise(x, rng()).mean()) == pytest.approx(0.5, abs=2e-3)


def test_clipping_keeps_what_is_below_the_knee_and_never_exceeds_white() -> None:
    x = torch.linspace(0, 100, 300).reshape(1, 10, 30).expand(3, -1, -1)
    y = clipping(x, rng())
    assert (y[x < 1] == x[x < 1]).all() and y.max() <= 32
    assert (y.flatten(1).diff() >= 0).all()


def test_a_sensor_exposed_too_much_clips_and_one_exposed_too_little_is_noisy() -> None:
    x = torch.linspace(0, 2, 64).expand(1, 3, 48, 64)
    grain = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    over, under = (exposure.apply(x, torch.tensor([[k, 4.0, 1e-3, 4e-6]]), grain) for k in (16.0, 1 / 16))
    assert float(over.max()) == 0.25 and float((over - x)[..., :6].abs().max()) < 0.1
    # At a light of 2, of which a sixteenth arrives, the deviation is sqrt(1e-3 / 8 + 4e-6) * 16.
    assert float((under - x)[..., -1].std()) == pytest.approx(0.18, rel=0.15) and float(under.max()) > 2


def test_noise_is_another_one_for_every_seed_and_the_same_for_the_same() -> None:
    always = Augmentation(
        **dict.fromkeys((f.name for f in fields(Augmentation)), 0.0) | {"noise": 1.0, "exposure": 1.0}
    )
    first, second = (draw_recording(rng(seed), always) for seed in range(2))
    assert first is not None and second is not None and set(first.numbers) == {"noise", "exposure"}
    pictures = picture().expand(3, -1, -1, -1)
    seen = record(pictures, [first, second, first])
    assert torch.equal(seen[0], seen[2]) and not torch.equal(seen[0], seen[1])
    (grain,) = normals((1, 3, 40, 56), [first.seed], torch.device("cpu"))
    assert abs(float(grain.mean())) < 0.05 and float(grain.std()) == pytest.approx(1, abs=0.05)


def test_jpeg_is_close_at_high_quality() -> None:
    smooth = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4), (64, 64), mode="bicubic")[0].clamp(0, 1)
    assert float((jpeg(smooth, 98) - smooth).abs().mean()) < 0.01
    assert float((jpeg(smooth, 5) - smooth).abs().mean()) > float((jpeg(smooth, 98) - smooth).abs().mean())


def test_nothing_happens_when_nothing_is_to_happen() -> None:
    x = picture()
    torch.testing.assert_close(photograph(x, rng(), NEVER), x, rtol=1e-6, atol=0)
    assert torch.equal(photograph(x, rng(), Augmentation(clean=1)), x)


def test_a_camera_does_not_care_about_exposure() -> None:
    x = picture()
    for seed in range(6):
        plain, bright = (photograph(x * k, rng(seed), Augmentation(clean=0)) for k in (1.0, 64.0))
        # Rounding of the level may turn an 8-bit value over.
        assert float((bright / 64 - plain).abs().mean()) < 1e-3


def test_the_gain_of_a_camera_is_found_whatever_else_it_did() -> None:
    x, where = picture(), torch.ones(1, 40, 56)
    gain = torch.tensor([1.3, 0.9, 0.7])
    recorded = x * gain[:, None, None]
    recorded[:, :5] = 0.1
    pictures = torch.stack((x, x * 0, x))
    found = recorded_gains(pictures, torch.stack((recorded, recorded, x)), where.expand(3, 1, -1, -1))
    torch.testing.assert_close(found[0], gain, rtol=1e-3, atol=0)
    assert torch.equal(found[1:], torch.ones(2, 3))


def test_pictures_together_are_what_each_is_alone() -> None:
    how = Augmentation(clean=0.3)
    pictures = torch.stack([picture() * k for k in (0.1, 1.0, 3.0, 1.0, 7.0, 0.5)])
    cameras = [draw_recording(rng(seed), how) for seed in range(6)]
    assert {camera is None for camera in cameras} == {True, False}
    alone = torch.cat([record(x[None], [camera]) for x, camera in zip(pictures, cameras, strict=True)])
    torch.testing.assert_close(record(pictures, cameras), alone, rtol=1e-5, atol=1e-6)
    again = torch.stack([photograph(x, rng(seed), how) for seed, x in enumerate(pictures)])
    torch.testing.assert_close(again, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 0.45, 0.8, 1.3])
def test_a_devices_blur_is_that_of_opencv(sigma: float) -> None:
    x = picture()
    expected = torch.from_numpy(cv2.GaussianBlur(x.permute(1, 2, 0).numpy(), (0, 0), sigma)).permute(2, 0, 1)
    found = gaussian(torch.stack((x * 2, x)), torch.tensor([1.0, sigma]))[1]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("quality", [40, 60, 85, 97])
def test_a_devices_jpeg_is_that_of_opencv(quality: int) -> None:
    coarse = torch.rand(1, 3, 9, 12, generator=torch.Generator().manual_seed(1))
    smooth = torch.nn.functional.interpolate(coarse, (45, 61), mode="bicubic")[0].clamp(0, 1)
    expected = jpeg(smooth, quality)
    found = compressed(torch.stack((smooth, 1 - smooth)), torch.tensor([float(quality), 90.0]))[0]
    off, damage = float((found - expected).abs().mean()), float((expected - smooth).abs().mean())
    assert off < 0.25 * damage and off < 1.5 / 255
