import pytest
import torch

from rimlight.nodes.ops.noise import (
    _mix,
    fractal_noise,
    fractal_noise_at,
    fractal_noise_through,
    gradient_noise,
    white_noise,
)

REGION = (-20, -10, 80, 60)


def reference_mix(h: int) -> int:
    h = ((h ^ (h >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return h ^ (h >> 16)


def test_hash_is_the_same_on_every_device(device: torch.device) -> None:
    values = torch.tensor([0, 1, -1, 12345, 2**31 - 1, -(2**31), 987654321], dtype=torch.int32)
    found = _mix(values.to(device)).cpu().tolist()
    assert [value & 0xFFFFFFFF for value in found] == [reference_mix(v & 0xFFFFFFFF) for v in values.tolist()]


@pytest.mark.parametrize("distribution", ["uniform", "gaussian"])
def test_white_noise_statistics(distribution: str) -> None:
    x = white_noise(3, (0, 0, 300, 300), 7, 2, distribution).double()  # type: ignore[arg-type]
    mean, deviation = (0.5, 12**-0.5) if distribution == "uniform" else (0.0, 1.0)
    assert float(x.mean()) == pytest.approx(mean, abs=0.006)
    assert float(x.std()) == pytest.approx(deviation, rel=0.006)
    z = (x - mean) / deviation
    for other in (z[:, :, 1:] * z[:, :, :-1], z[:, 1:] * z[:, :-1], z[1:] * z[:-1]):
        assert abs(float(other.mean())) < 0.01
    assert bool(torch.isfinite(x).all())


def test_the_largest_hash_is_below_one_and_no_infinite_grain() -> None:
    """A pixel whose hash has all bits set, one of 17 million: in a 4K frame there is one or two."""
    largest = (19, 349, 20, 350)
    assert float(white_noise(1, largest, 7, 1)) == 1 - 2.0**-24
    assert 5 < float(white_noise(1, largest, 7, 1, "gaussian")) < 5.3


def test_white_noise_tiles_seeds_and_frames(device: torch.device) -> None:
    whole = white_noise(2, REGION, 1, 5)
    assert torch.equal(white_noise(2, (3, 4, 30, 20), 1, 5, device=device).cpu(), whole[:, 14:30, 23:50])
    for seed, frame in ((2, 5), (1, 6), (-1, 5), (5, 1)):
        other = white_noise(2, REGION, seed, frame)
        assert abs(float(((whole - 0.5) * (other - 0.5)).mean())) < 0.004


def test_gradient_noise_is_smooth_and_zero_on_the_lattice() -> None:
    whole = torch.arange(-5.0, 6.0, dtype=torch.float64)
    assert float(gradient_noise(whole, whole, 3.0, 1).abs().max()) == 0
    fine = torch.arange(-4, 4, 1 / 64, dtype=torch.float64)
    n = gradient_noise(fine, fine, 0.4, 1)
    assert float(n.diff(dim=0).abs().max()) < 4 / 64
    assert float(n.diff(dim=1).abs().max()) < 4 / 64
    assert 0.4 < float(n.abs().max()) < 1.1
    step = gradient_noise(fine, fine, 0.999999, 1) - gradient_noise(fine, fine, 1.000001, 1)
    assert float(step.abs().max()) < 1e-4


def test_gradient_noise_has_no_mean_and_depends_on_seed_and_depth() -> None:
    at = torch.arange(0, 60, 0.37, dtype=torch.float64)
    a, b, c = (gradient_noise(at, at, z, seed) for z, seed in ((0.5, 1), (0.5, 2), (8.5, 1)))
    power = float(a.square().mean())
    assert abs(float(a.mean())) < 0.02
    assert abs(float((a * b).mean())) < 0.1 * power
    assert abs(float((a * c).mean())) < 0.1 * power


def test_neither_axis_nor_sign_is_preferred() -> None:
    at = torch.arange(0, 200, 0.53, dtype=torch.float64)
    n = gradient_noise(at, at, 0.3, 9)
    across, down = float(n.diff(dim=1).square().mean()), float(n.diff(dim=0).square().mean())
    assert across == pytest.approx(down, rel=0.05)
    assert float((n > 0).float().mean()) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("turbulence", [False, True])
def test_fractal_tiles_proxies_and_devices(turbulence: bool, device: torch.device) -> None:
    knobs = {"size": (37.0, 21.0), "seed": 3, "z": 1.7, "turbulence": turbulence}
    whole = fractal_noise(REGION, **knobs)  # type: ignore[arg-type]
    tile = fractal_noise((3, 4, 30, 20), **knobs, device=device).cpu()  # type: ignore[arg-type]
    torch.testing.assert_close(tile, whole[:, 14:30, 23:50], rtol=0, atol=1e-6)
    # A pixel of a third of the size has its centre where the middle one of nine pixels has it.
    third = fractal_noise((0, 0, 20, 15), **knobs, scale=1 / 3)  # type: ignore[arg-type]
    torch.testing.assert_close(third, whole[:, 11:56:3, 21:81:3][:, :15, :20], rtol=0, atol=1e-5)
    assert (float(whole.min()) >= 0) == turbulence


def test_fractal_octaves_add_detail() -> None:
    rough = [float(fractal_noise(REGION, (40.0, 40.0), 1, octaves=n).diff(dim=2).square().mean()) for n in (1, 3, 6)]
    assert rough[0] < rough[1] < rough[2]
    with pytest.raises(ValueError, match="cannot have size 0x40"):
        fractal_noise(REGION, (0.0, 40.0), 1)


def test_noise_at_any_place_is_that_of_the_grid(device: torch.device) -> None:
    x, y = (torch.linspace(a, b, n, dtype=torch.float64, device=device) for a, b, n in ((-7.3, 9.1, 40), (3, -4.4, 30)))
    points = torch.stack((x.expand(30, 40), y[:, None].expand(30, 40), torch.full_like(x.expand(30, 40), 2.7)))
    for octaves in (1, 3):
        found, expected = fractal_noise_through(points, 5, octaves), fractal_noise_at(x, y, 2.7, 5, octaves)
        assert float((found - expected).abs().max()) < 1e-5
