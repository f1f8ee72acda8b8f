"""The written convention of intensities and whites."""


import pytest
import torch

from rimlight.engine import ACESCG, LINEAR_REC709, DirectionalLight, WorkingSpace, light_level, white_rgb

SPACES = pytest.mark.parametrize("space", [ACESCG, LINEAR_REC709], ids=["ACEScg", "Rec.709"])


def chromaticity(rgb: torch.Tensor, space: WorkingSpace) -> tuple[float, float]:
    xyz = torch.linalg.solve(torch.tensor(space.from_xyz, dtype=torch.float64).reshape(3, 3), rgb)
    return float(xyz[0] / xyz.sum()), float(xyz[1] / xyz.sum())


@SPACES
def test_neutral_is_white_and_luminance_stays_one(space: WorkingSpace) -> None:
    torch.testing.assert_close(white_rgb(6504, 0, space), torch.ones(3, dtype=torch.float64))
    for kelvin in (1000, 2000, 3200, 4500, 5600, 10000, 25000):
        for tint in (-20, 0, 20):
            rgb = white_rgb(kelvin, tint, space)
            assert float(rgb @ rgb.new_tensor(space.luminance)) == pytest.approx(1)


@SPACES
@pytest.mark.parametrize(
    ("kelvin", "x", "y"),
    [(2000, 0.52669, 0.41331), (2856, 0.44758, 0.40745), (3500, 0.40535, 0.39075),  # black bodies
     (5003, 0.34567, 0.35850), (5503, 0.33242, 0.34743), (7504, 0.29902, 0.31485)],  # D50, D55, D75
)  # fmt: skip
def test_whites_have_the_published_chromaticities(kelvin: float, x: float, y: float, space: WorkingSpace) -> None:
    assert chromaticity(white_rgb(kelvin, 0, space), space) == pytest.approx((x, y), abs=4e-4)


@SPACES
def test_from_black_bodies_to_daylight_there_is_no_step(space: WorkingSpace) -> None:
    places = torch.tensor([chromaticity(white_rgb(k, 0, space), space) for k in range(3900, 5101, 2)])
    steps = places.diff(dim=0).norm(dim=1)
    assert float(steps.max()) < 3 * float(steps.min())


def test_tint_is_green_above_and_magenta_below() -> None:
    green, magenta = white_rgb(5600, 10, LINEAR_REC709), white_rgb(5600, -10, LINEAR_REC709)
    plain = white_rgb(5600, 0, LINEAR_REC709)
    assert green[1] > plain[1] > magenta[1]
    assert green[0] + green[2] < magenta[0] + magenta[2]


def test_warm_is_red_and_cool_is_blue() -> None:
    warm, cool = white_rgb(3200), white_rgb(9000)
    assert warm[0] > 1 > warm[2] and cool[2] > 1 > cool[0]


@SPACES
def test_the_luminance_weights_are_the_published(space: WorkingSpace) -> None:
    expected = (0.2722287, 0.6740818, 0.0536895) if space is ACESCG else (0.2126390, 0.7151687, 0.0721923)
    assert space.luminance == pytest.approx(expected, abs=1e-5)


def test_a_space_from_a_config_equals_the_one_from_primaries() -> None:
    to_ap0 = (0.6954522414, 0.1406786965, 0.1638690622, 0.0447945634, 0.8596711185, 0.0955343182,
              -0.0055258826, 0.0040252103, 1.0015006723)  # fmt: skip
    assert WorkingSpace.from_ap0(to_ap0, ACESCG.luminance).from_xyz == pytest.approx(ACESCG.from_xyz, abs=1e-5)


def test_a_stop_doubles_and_colors_multiply() -> None:
    light = DirectionalLight(exposure=1.0, color=(1.0, 0.5, 0.25))
    torch.testing.assert_close(light_level(light), torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64))
    torch.testing.assert_close(light_level(light.with_(kelvin=3200)), light_level(light) * white_rgb(3200))


def test_gradients_of_exposure_and_kelvin() -> None:
    def total(exposure: torch.Tensor, kelvin: torch.Tensor, tint: torch.Tensor) -> torch.Tensor:
        return light_level(DirectionalLight(exposure=exposure, kelvin=kelvin, tint=tint))

    values = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (0.7, 4300.0, 3.0)]
    assert torch.autograd.gradcheck(total, values, eps=1e-5, atol=1e-7)
