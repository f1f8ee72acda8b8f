import pytest
import torch

from rimlight.nodes.ops import motion
from rimlight.nodes.ops.filters import splat
from rimlight.nodes.ops.motion import motion_margin, streak_kernel, vector_blur


def test_a_point_smears_along_its_path() -> None:
    kernel = streak_kernel((8.0, 0.0), start=0.0, end=1.0)
    m = motion_margin(8.0)
    x = torch.zeros(1, 3, 4 * m + 1)
    x[0, 1, 2 * m] = 1
    y = splat(x, kernel)[0, 1]
    assert y[:m].sum() == 0
    torch.testing.assert_close(y[m + 1 : 2 * m], torch.full((m - 1,), 1 / 8), atol=1e-3, rtol=0)
    assert float(y.sum()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("vector", [(0.0, 0.0), (0.4, 0.0), (0.0, -7.3), (12.0, 5.0), (-30.0, 44.0)])
def test_kernels_keep_energy_and_are_centred(vector: tuple[float, float]) -> None:
    kernel = streak_kernel(vector)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close(kernel, kernel.flip(0, 1))
    assert kernel.shape == (2 * motion_margin(vector[1] / 2) + 1, 2 * motion_margin(vector[0] / 2) + 1)


def test_no_motion_is_the_identity() -> None:
    x = torch.randn(2, 6, 7)
    assert torch.equal(splat(x, streak_kernel((0.0, 0.0))), x)
    torch.testing.assert_close(vector_blur(x, torch.zeros(2, 6, 7), 0), x)


def test_equal_vectors_blur_as_one_direction(device: torch.device) -> None:
    generator = torch.Generator().manual_seed(6)
    m = 8
    x = torch.rand(5, 30 + 2 * m, 20 + 2 * m, generator=generator)
    vectors = torch.tensor([6.0, -3.0]).view(2, 1, 1).expand(2, 30, 20)
    kernel = streak_kernel((6.0, -3.0), 0.0, 1.0)
    cut_y, cut_x = m - kernel.shape[0] // 2, m - kernel.shape[1] // 2
    expected = splat(x[:, cut_y : 30 + 2 * m - cut_y, cut_x : 20 + 2 * m - cut_x], kernel)
    y = vector_blur(x.to(device), vectors.to(device), m, 0.0, 1.0, samples=48).cpu()
    torch.testing.assert_close(y, expected, atol=1e-4, rtol=0)


def test_both_back_ends_agree() -> None:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(3, 40, 50, generator=generator)
    vectors = 4 * torch.randn(2, 28, 38, generator=generator).clamp(-1, 1)
    times = [-0.4, 0.0, 0.3]
    torch.testing.assert_close(
        motion._gather_cv(x, vectors, 6, times), motion._gather_torch(x, vectors, 6, times), atol=1e-4, rtol=0
    )


def test_long_paths_are_shortened_and_nan_stands_still() -> None:
    x = torch.arange(21.0).expand(1, 5, 21).contiguous()
    x = torch.nn.functional.pad(x, (0, 0, 8, 8), mode="replicate")
    vectors = torch.zeros(2, 5, 5)
    vectors[0] = 1000.0
    vectors[0, 2] = torch.nan
    y = vector_blur(x, vectors, 8, 0.0, 1.0, samples=64)
    torch.testing.assert_close(y[0, 0], torch.arange(8.0, 13.0) - 4, atol=1e-3, rtol=0)
    torch.testing.assert_close(y[0, 2], torch.arange(8.0, 13.0))


def test_bad_motion_is_refused() -> None:
    with pytest.raises(ValueError, match="expected \\(2, 4, 4\\)"):
        vector_blur(torch.zeros(1, 6, 6), torch.zeros(2, 6, 6), 1)
    with pytest.raises(ValueError, match="0 samples"):
        vector_blur(torch.zeros(1, 6, 6), torch.zeros(2, 4, 4), 1, samples=0)
