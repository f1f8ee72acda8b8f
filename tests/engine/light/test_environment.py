"""Light from all around: directions, irradiance, harmonics, gaussians, sampling, key light, conversions."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

import rimlight.engine.light.environment as environment_module
from rimlight.engine import (
    Environment,
    EnvironmentCache,
    Projection,
    RimlightError,
    blur_environment,
    convert_directions,
    extract_key,
    irradiance_map,
    project_harmonics,
    projected_size,
    rotate_environment,
)
from rimlight.engine.light import equirect, sg, sh
from rimlight.engine.light.environment import GgxLobe
from rimlight.engine.light.equirect import latlong_directions, latlong_solid_angles
from rimlight.engine.light.pose import turn
from rimlight.engine.light.sampling import lattice
from threads import on_threads


def noise(height: int = 32) -> Tensor:
    """Uneven surroundings with a small bright sun."""
    generator = torch.Generator().manual_seed(5)
    picture = equirect.resized(torch.rand(3, 4, 8, generator=generator), height, 2 * height)
    picture[:, height // 4, height // 2] += 200
    return picture


def brute_irradiance(picture: Tensor, normal: Tensor) -> Tensor:
    """Irradiance / pi `[C, N]` on normals `[3, N]`, pixel by pixel."""
    _, h, w = picture.shape
    around = latlong_directions(h, w, picture).reshape(3, -1)
    weights = (normal.T @ around).clamp_min(0) * latlong_solid_angles(h, w, picture).expand(1, h, w).reshape(1, -1)
    return (weights @ picture.reshape(picture.shape[0], -1).T).T / math.pi


def test_directions_follow_the_written_convention() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    around = latlong_directions(90, 180, like)
    for column, expected in ((90, (0, 0, -1)), (135, (1, 0, 0)), (45, (-1, 0, 0)), (0, (0, 0, 1))):
        torch.testing.assert_close(around[:, 45, column], like.new_tensor(expected), atol=0.03, rtol=0)
    assert float(around[1, 0].min()) > 0.99
    picture = torch.rand(2, 90, 180, dtype=torch.float64)
    torch.testing.assert_close(equirect.sample(picture, around), picture)
    assert float(latlong_solid_angles(90, 180, like).sum() * 180) == pytest.approx(4 * math.pi)


def test_constant_surroundings_give_pi_times_their_radiance(device: torch.device) -> None:
    environment = Environment(torch.full((3, 32, 64), 2.5, device=device))
    normal = latlong_directions(6, 12, environment.picture)
    torch.testing.assert_close(environment.diffuse(normal) * math.pi, torch.full_like(normal, 2.5 * math.pi))
    for roughness in (0.0, 0.3, 1.0):
        found = environment.reflected(normal, normal.new_full((1, 6, 12), roughness))
        torch.testing.assert_close(found, torch.full_like(normal, 2.5))


def test_convolution_is_the_sum_over_the_picture() -> None:
    picture = noise(32)
    for height in (32, 16, 8):
        normal = latlong_directions(height, 2 * height, picture).reshape(3, -1)
        found = irradiance_map(picture, height).reshape(3, -1)
        expected = brute_irradiance(picture, normal)
        torch.testing.assert_close(found, expected, rtol=0.01, atol=0.002)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (33, 66), (45, 80), (67, 134), (90, 160), (127, 254)])
def test_surroundings_of_any_size_light_surfaces(size: tuple[int, int]) -> None:
    picture = torch.rand(3, *size, generator=torch.Generator().manual_seed(2))
    environment, normal = Environment(picture), latlong_directions(6, 12, picture)
    assert bool(environment.reflected(normal, normal.new_full((1, 6, 12), 0.4)).isfinite().all())
    found = environment.diffuse(normal)
    assert float(picture.min()) - 1e-6 <= float(found.min()) and float(found.max()) <= float(picture.max()) + 1e-6
    if size[0] > 2:
        expected = brute_irradiance(picture, normal.reshape(3, -1)).reshape(3, 6, 12)
        torch.testing.assert_close(found, expected, rtol=0.01, atol=0.005)


@pytest.mark.parametrize("size", [(100, 200), (97, 200), (150, 200), (200, 400), (270, 540), (540, 1080)])
def test_a_sun_of_a_pixel_is_as_bright_wherever_it_lies(size: tuple[int, int], device: torch.device) -> None:
    height, width = size
    for row, column in ((height // 3, width // 5), (height // 2 - 3, width // 2), (height // 2 + 7, width - 1)):
        picture = torch.full((3, *size), 1e-3, device=device)
        picture[:, row, column] = 1e4
        normal = latlong_directions(height, width, picture)[:, row, column].reshape(3, 1, 1)
        expected = brute_irradiance(picture, normal.reshape(3, 1)).reshape(3, 1, 1)
        torch.testing.assert_close(Environment(picture).diffuse(normal), expected, rtol=0.015, atol=0)


@pytest.mark.parametrize("size", [(5, 10), (29, 31), (64, 200), (90, 128), (120, 150)])
def test_smaller_pictures_have_the_light_of_the_larger(size: tuple[int, int]) -> None:
    picture = 100 * torch.rand(3, 90, 200, dtype=torch.float64, generator=torch.Generator().manual_seed(3)) ** 8
    flux = (picture * latlong_solid_angles(90, 200, picture)).sum((1, 2))
    small = equirect.resized(picture, *size)
    assert small.shape == (3, *size)
    torch.testing.assert_close((small * latlong_solid_angles(*size, picture)).sum((1, 2)), flux)
    torch.testing.assert_close(equirect.resized(torch.full_like(picture, 2.5), *size), torch.full_like(small, 2.5))


def test_threads_change_no_bit_of_a_smaller_picture() -> None:
    picture = 100 * torch.rand(3, 1000, 2000, generator=torch.Generator().manual_seed(4))
    found = on_threads(lambda: equirect.resized(picture, 48, 96), 1, 2, 5)
    assert all(torch.equal(one, found[0]) for one in found)


def test_what_is_kept_of_kernels_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    lobes = tuple(GgxLobe(r) for r in (0.2, 0.5, 1.0))
    for rows in (16, 64):
        equirect._kept_weights.cache_clear()
        found = [equirect.convolve_all(noise(rows), lobes, rows, 2 * rows) for _ in range(2)]
        assert equirect._kept_weights.cache_info().hits == 1
        with monkeypatch.context() as m:
            m.setattr(equirect, "_KEPT", 0)
            alone = torch.stack([equirect.convolve(noise(rows), lobe, rows, 2 * rows) for lobe in lobes])
        assert equirect._kept_weights.cache_info().currsize == 1
        assert torch.equal(found[0], alone) and torch.equal(found[1], alone)


def test_kernels_are_kept_for_small_pictures_only_and_few_of_them() -> None:
    equirect._kept_weights.cache_clear()
    equirect.convolve(noise(256), GgxLobe(0.5), 256, 512)
    assert equirect._kept_weights.cache_info().currsize == 0
    for i in range(20):
        equirect.convolve(noise(8), GgxLobe(i / 20), 8, 16)
    assert equirect._kept_weights.cache_info().currsize == 8


def test_kept_kernels_serve_threads_devices_and_gradients(device: torch.device) -> None:
    equirect._kept_weights.cache_clear()
    picture = noise(16).to(device)

    def prepared(_: int) -> Tensor:
        with torch.inference_mode():
            return equirect.convolve_all(picture, (GgxLobe(0.3), GgxLobe(0.7)), 16, 32)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(prepared, range(16)))
    assert all(torch.equal(one, found[0]) for one in found)
    lit = picture.clone().requires_grad_()
    again = equirect.convolve_all(lit, (GgxLobe(0.3), GgxLobe(0.7)), 16, 32)
    (slope,) = torch.autograd.grad(again.sum(), lit)
    assert torch.equal(again.detach(), found[0]) and bool((slope > 0).all())


def test_what_is_kept_of_directions_cannot_be_written_to() -> None:
    like = torch.zeros(1)
    for of in (latlong_directions, latlong_solid_angles):
        before = of(8, 16, like)
        of(8, 16, like).zero_()
        assert torch.equal(of(8, 16, like), before)


def test_an_environment_for_each_row_is_as_each_alone() -> None:
    pictures = torch.stack([noise(8), noise(8).flip(-1) * 2, noise(8).roll(3, -1)])
    rows = latlong_directions(3, 40, pictures)
    rough = torch.rand(1, 3, 40, generator=torch.Generator().manual_seed(1))
    together = Environment(pictures)
    for i, picture in enumerate(pictures):
        alone, one = Environment(picture), slice(i, i + 1)
        torch.testing.assert_close(together.radiance(rows)[:, one], alone.radiance(rows[:, one]))
        torch.testing.assert_close(together.diffuse(rows)[:, one], alone.diffuse(rows[:, one]))
        found = together.reflected(rows, rough)[:, one]
        torch.testing.assert_close(found, alone.reflected(rows[:, one], rough[:, one]), rtol=1e-4, atol=1e-4)


def test_harmonic_irradiance_against_brute_force() -> None:
    """Order 2 and 3 give the same: a cosine has no third order. A point light is the worst case: 9.2 % off at most."""
    normal = latlong_directions(12, 24, torch.zeros(1, dtype=torch.float64)).reshape(3, -1)
    smooth = noise(32).double().clamp_max(2)
    expected = brute_irradiance(smooth, normal)
    for order in (2, 3):
        found = sh.irradiance(project_harmonics(smooth, order), normal)
        assert float((found - expected).abs().max() / expected.mean()) < 0.02
    point = torch.zeros(1, 64, 128, dtype=torch.float64)
    point[0, 20, 40] = 1
    expected = brute_irradiance(point, normal)
    error = (sh.irradiance(project_harmonics(point), normal) - expected).abs() / expected.max()
    assert float(error.max()) < 0.1 and float(error.mean()) < 0.035


def test_harmonics_are_orthonormal_and_rebuild_what_they_span() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    around = latlong_directions(128, 256, like)
    basis = sh.basis_at(around, 3)
    gram = torch.einsum("khw,lhw->kl", basis * latlong_solid_angles(128, 256, like), basis)
    torch.testing.assert_close(gram, torch.eye(16, dtype=torch.float64), atol=1e-3, rtol=0)
    coefficients = torch.randn(16, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    picture = sh.radiance(coefficients, around)
    torch.testing.assert_close(project_harmonics(picture, 3), coefficients, atol=5e-3, rtol=0)


def test_turned_harmonics_are_those_of_the_turned_picture() -> None:
    picture = noise(64).clamp_max(2).double()
    expected = project_harmonics(rotate_environment(picture, 45), 3)  # 45 degrees are whole pixels
    about = torch.from_numpy(turn((0, 45, 0), "ZXY"))
    torch.testing.assert_close(sh.rotated(project_harmonics(picture, 3), about), expected, atol=1e-3, rtol=0)


def test_rotation_adds_to_the_azimuth() -> None:
    picture = torch.zeros(3, 16, 32)
    picture[:, 8, 24] = 1  # at the picture's right: azimuth 90
    row, column = divmod(int(rotate_environment(picture, -90)[0].argmax()), 32)
    assert (row, column) == (8, 0) or (row, column) == (8, 31)  # at the camera: azimuth 0
    torch.testing.assert_close(rotate_environment(rotate_environment(picture, 90), -90), picture, atol=1e-4, rtol=0)


@pytest.mark.parametrize("sharpness", [0.1, 0.5, 1.0, 2.4, 2.6, 5.0, 20.0, 300.0])
def test_gaussian_irradiance_against_brute_force(sharpness: float) -> None:
    like = torch.zeros(1, dtype=torch.float64)
    axes, amplitudes = like.new_tensor([[0.0, 0.6, 0.8]]), torch.ones(1, 3, dtype=torch.float64)
    lobe = like.new_tensor([sharpness])
    around = latlong_directions(128, 256, like)
    picture = sg.radiance(axes, lobe, amplitudes, around)
    normal = latlong_directions(12, 24, like)
    expected = brute_irradiance(picture, normal.reshape(3, -1)).reshape_as(normal)
    found = sg.irradiance(axes, lobe, amplitudes, normal)
    assert float((found - expected).abs().max() / expected.max()) < 0.02
    total = (picture * latlong_solid_angles(128, 256, like)).sum((1, 2))
    torch.testing.assert_close(sg.integral(lobe).expand(3), total, rtol=2e-3, atol=0)


def test_importance_samples_find_the_energy() -> None:
    environment = Environment(noise(64))
    picture = environment.picture
    expected = (picture * latlong_solid_angles(64, 128, picture)).sum((1, 2))
    total = torch.zeros(3)
    for u in lattice(1024, picture):
        direction = environment.sample(u).reshape(3, 1, 1)
        total += (environment.radiance(direction) / environment.density(direction)).flatten() / 1024
    torch.testing.assert_close(total, expected, rtol=0.02, atol=0)
    around = latlong_directions(256, 512, picture)
    summed = (environment.density(around) * latlong_solid_angles(256, 512, picture)).sum()
    assert float(summed) == pytest.approx(1, abs=1e-3)


def test_key_light_and_rest_have_the_energy_of_the_whole() -> None:
    picture = noise(64)
    light, rest = extract_key(picture)
    areas = latlong_solid_angles(64, 128, picture)
    level = 2.0 ** float(light.exposure) * torch.as_tensor(light.color)
    found = math.pi * level + (rest * areas).sum((1, 2))
    torch.testing.assert_close(found, (picture * areas).sum((1, 2)), rtol=1e-5, atol=0)
    assert float(rest.min()) >= 0
    sun = latlong_directions(64, 128, picture)[:, 16, 32]
    assert float(torch.as_tensor(light.direction) @ sun) > math.cos(math.radians(3))
    assert float(light.angle) < 16


@pytest.mark.parametrize("size", [(97, 194), (150, 301), (270, 540), (540, 1080)])
def test_the_key_light_is_found_in_pictures_of_any_size(size: tuple[int, int]) -> None:
    height, width = size
    for row, column in ((height // 3, width // 7), (height // 4, width // 2 + 5), (2 * height // 5, width - 9)):
        picture = 0.1 + 0.3 * torch.rand(3, *size, generator=torch.Generator().manual_seed(1))
        picture[:, row - 1 : row + 2, column - 1 : column + 2] += 500
        light, _ = extract_key(picture)
        sun = latlong_directions(height, width, picture)[:, row, column]
        assert float(torch.as_tensor(light.direction) @ sun) > math.cos(math.radians(1))


def test_even_surroundings_have_no_key_light() -> None:
    for picture in (torch.ones(3, 16, 32), torch.zeros(3, 16, 32)):
        with pytest.raises(RimlightError, match="no key light"):
            extract_key(picture)


def test_blurring_keeps_the_mean_and_flattens() -> None:
    picture = noise(32)
    soft = blur_environment(picture, 0.5)
    assert torch.equal(blur_environment(picture, 0.0), picture)
    areas = latlong_solid_angles(32, 64, picture)
    torch.testing.assert_close((soft * areas).sum((1, 2)), (picture * areas).sum((1, 2)), rtol=0.03, atol=0)
    assert float(soft.max()) < 0.1 * float(picture.max())


@pytest.mark.parametrize("projection", ["cube", "mirror", "angular"])
def test_other_projections_come_back(projection: Projection) -> None:
    around = latlong_directions(32, 64, torch.zeros(1))
    picture = 1 + 0.5 * around + 0.3 * around.roll(1, 0) * around  # smooth
    there, mask = convert_directions(picture, "latlong", projection, 128)
    assert there.shape[1:] == projected_size(projection, 128)
    assert float(there[:, (mask == 0)[0]].abs().sum()) == 0
    back, _ = convert_directions(there, projection, "latlong", 32)
    close = around[2] > -0.9 if projection == "mirror" else around[2] < 0.95
    assert float((back - picture)[:, close].abs().max()) < 0.03


@pytest.mark.parametrize("projection", ["cube", "mirror", "angular"])
def test_a_small_sun_keeps_its_light_in_a_small_picture(projection: Projection) -> None:
    flux = latlong_solid_angles(256, 512, torch.zeros(1, dtype=torch.float64))
    for row, column in ((90, 90), (131, 400), (150, 130)):
        picture = torch.full((1, 256, 512), 0.01, dtype=torch.float64)
        picture[:, row - 1 : row + 2, column - 1 : column + 2] = 1000
        shape, _ = convert_directions(
            picture, "latlong", projection, {"cube": 256, "mirror": 512}.get(projection, 1024)
        )
        small, mask = convert_directions(shape, projection, "latlong", 30)
        assert small.shape == (1, 30, 60) and bool((mask == 1).all())
        found = (small * latlong_solid_angles(30, 60, picture)).sum()
        assert float(found) == pytest.approx(float((picture * flux).sum()), rel=0.03)


def test_balls_show_what_they_should() -> None:
    picture = latlong_directions(32, 64, torch.zeros(1))
    mirror, _ = convert_directions(picture, "latlong", "mirror", 65)
    angular, _ = convert_directions(picture, "latlong", "angular", 65)
    torch.testing.assert_close(mirror[:, 32, 32], torch.tensor([0.0, 0, 1]), atol=0.01, rtol=0)
    torch.testing.assert_close(angular[:, 32, 32], torch.tensor([0.0, 0, -1]), atol=0.01, rtol=0)
    assert float(mirror[0, 32, 54]) > 0.8 and float(mirror[1, 10, 32]) > 0.8
    assert float(angular[0, 32, 48]) > 0.9 and float(angular[1, 16, 32]) > 0.9


def test_the_cache_knows_pictures_by_their_content() -> None:
    cache = EnvironmentCache(limit=2)
    picture = noise(8)
    first = cache.get(picture)
    assert cache.get(picture.clone()) is first
    assert cache.get(picture + 1) is not first
    cache.get(picture + 2)
    assert cache.get(picture) is not first
    assert cache.get(picture.clone().requires_grad_()) is not cache.get(picture)


def test_a_picture_that_stays_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large one takes as long to read as all else, and each band of a frame asks for it."""
    read: list[object] = []
    plain = environment_module.hashlib.blake2b
    monkeypatch.setattr(environment_module.hashlib, "blake2b", lambda data: read.append(data) or plain(data))
    cache, picture = EnvironmentCache(), noise(8)
    first = cache.get(picture)
    assert cache.get(picture) is first and len(read) == 1
    double = cache.get(picture, picture.double())
    assert double.picture.dtype == torch.float64 and len(read) == 1
    picture.mul_(2)
    assert cache.get(picture) is not first and len(read) == 2
    with torch.inference_mode():
        other = noise(8) + 3
        assert cache.get(other) is cache.get(other) and len(read) == 3


def test_no_directions_show_nothing() -> None:
    """A band of a picture in which there is no surface."""
    picture = noise()
    for shape in ((3, 0), (3, 1, 0), (3, 4, 0)):
        assert equirect.sample(picture, torch.zeros(shape)).shape == shape
    levels = torch.stack((picture, picture))
    assert equirect.sample_levels(levels, torch.zeros(3, 1, 0), torch.zeros(1, 1, 0)).shape == (3, 1, 0)
