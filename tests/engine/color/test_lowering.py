"""Every torch operation against OpenColorIO's own CPU processor."""

from collections.abc import Callable
from typing import Any

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch
from torch import Tensor

from rimlight.engine.color.config import ColorConfig

FORWARD, INVERSE = ocio.TRANSFORM_DIR_FORWARD, ocio.TRANSFORM_DIR_INVERSE
NEGATIVE = ocio.NegativeStyle


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig()


def picture() -> Tensor:
    """Negatives, zero, shadows, values up to 40, in combinations of channels."""
    generator = torch.Generator().manual_seed(7)
    noise = torch.rand(3, 24, 37, generator=generator)
    scale = torch.tensor([0.01, 1.0, 1.0, 40.0]).repeat(10)[:37]
    x = (noise - 0.2) * scale
    x[:, 0, :3] = torch.tensor([0.0, 1.0, 0.18])
    x[:, 1, :30] = torch.linspace(-0.5, 1.5, 30)
    return x


def lut1d(half: bool = False) -> Any:
    if half:
        transform = ocio.Lut1DTransform(length=65536, inputHalfDomain=True)
        values = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
        values = np.nan_to_num(values, nan=0.0, posinf=65504.0, neginf=-65504.0)
        table = np.stack((np.cbrt(values), values * 0.5 + 1, np.tanh(values)), axis=1)
    else:
        transform = ocio.Lut1DTransform(length=33, inputHalfDomain=False)
        steps = np.linspace(0, 1, 33)
        table = np.stack((steps**2, 3 * np.sqrt(steps) - 1, np.sin(6 * steps)), axis=1)
    transform.setData(np.ascontiguousarray(table, dtype=np.float32).reshape(-1))
    return transform


def lut3d(interpolation: Any) -> Any:
    rng = np.random.default_rng(3)
    transform = ocio.Lut3DTransform(gridSize=6, interpolation=interpolation)
    transform.setData(rng.normal(size=6**3 * 3).astype(np.float32))
    return transform


def contrast(style: Any, direction: Any) -> Any:
    return ocio.ExposureContrastTransform(
        style=style, exposure=0.7, contrast=1.3, gamma=0.9, pivot=0.2, direction=direction
    )


def cdl(style: Any, direction: Any) -> Any:
    transform = ocio.CDLTransform([1.2, 0.9, 1.05], [0.02, -0.03, 0.01], [1.1, 0.8, 1.4], 1.3, direction=direction)
    transform.setStyle(style)
    return transform


def camera(direction: Any, linear_slope: list[float]) -> Any:
    return ocio.LogCameraTransform(
        linSideBreak=[0.02, 0.01, 0.03],
        base=10.0,
        logSideSlope=[0.24, 0.25, 0.26],
        logSideOffset=[0.38, 0.39, 0.4],
        linSideSlope=[5.5, 5.6, 5.7],
        linSideOffset=[0.05, 0.06, 0.07],
        linearSlope=linear_slope,
        direction=direction,
    )


def both(make: Callable[[Any], Any], name: str, tolerance: float) -> list[Any]:
    return [
        pytest.param(make(FORWARD), tolerance, id=name),
        pytest.param(make(INVERSE), tolerance, id=f"{name}-inverse"),
    ]


GAMMA = [2.2, 1.8, 2.4, 1.0]
CLOSED_FORM = 1e-6
FAST_POWER = 5e-5  # OCIO takes these powers with an approximation of its own
LUT = 2e-4
CASES = [
    *both(
        lambda d: ocio.MatrixTransform(
            [1.1, 0.2, -0.1, 0, 0, 0.9, 0.1, 0, 0.3, 0, 1.2, 0, 0, 0, 0, 1], [0.1, 0, -0.2, 0], d
        ),
        "matrix",
        CLOSED_FORM,
    ),
    *both(lambda d: ocio.ExponentTransform(GAMMA, NEGATIVE.NEGATIVE_CLAMP, d), "exponent-clamp", CLOSED_FORM),
    *both(lambda d: ocio.ExponentTransform(GAMMA, NEGATIVE.NEGATIVE_MIRROR, d), "exponent-mirror", CLOSED_FORM),
    *both(lambda d: ocio.ExponentTransform(GAMMA, NEGATIVE.NEGATIVE_PASS_THRU, d), "exponent-pass", CLOSED_FORM),
    *both(
        lambda d: ocio.ExponentWithLinearTransform(
            [2.4, 2.2, 1.9, 1.0], [0.055, 0.099, 0.02, 0.0], NEGATIVE.NEGATIVE_LINEAR, d
        ),
        "moncurve",
        CLOSED_FORM,
    ),
    *both(
        lambda d: ocio.ExponentWithLinearTransform(
            [2.4, 2.2, 1.9, 1.0], [0.055, 0.099, 0.02, 0.0], NEGATIVE.NEGATIVE_MIRROR, d
        ),
        "moncurve-mirror",
        CLOSED_FORM,
    ),
    *both(lambda d: ocio.LogTransform(10.0, d), "log10", CLOSED_FORM),
    *both(
        lambda d: ocio.LogAffineTransform([0.3, 0.2, 0.4], [0.4, 0.5, 0.6], [1.1, 1.2, 0.9], [0.02, 0.03, 0.04], d),
        "log-affine",
        CLOSED_FORM,
    ),
    *both(lambda d: camera(d, []), "log-camera", CLOSED_FORM),
    *both(lambda d: camera(d, [2.0, 2.1, 2.2]), "log-camera-slope", CLOSED_FORM),
    *both(lambda d: cdl(ocio.CDL_NO_CLAMP, d), "cdl", CLOSED_FORM),
    *both(lambda d: cdl(ocio.CDL_ASC, d), "cdl-asc", CLOSED_FORM),
    *both(lambda d: ocio.RangeTransform(0.1, 0.8, -0.5, 2.0, d), "range", CLOSED_FORM),
    pytest.param(ocio.RangeTransform(minInValue=0.1, minOutValue=0.1), CLOSED_FORM, id="range-low"),
    pytest.param(ocio.RangeTransform(maxInValue=0.9, maxOutValue=0.9), CLOSED_FORM, id="range-high"),
    *both(lambda d: contrast(ocio.EXPOSURE_CONTRAST_LINEAR, d), "contrast-linear", FAST_POWER),
    *both(lambda d: contrast(ocio.EXPOSURE_CONTRAST_VIDEO, d), "contrast-video", FAST_POWER),
    *both(lambda d: contrast(ocio.EXPOSURE_CONTRAST_LOGARITHMIC, d), "contrast-log", FAST_POWER),
    *both(lambda d: ocio.FixedFunctionTransform(ocio.FIXED_FUNCTION_LIN_TO_PQ, [], d), "pq", 1e-4),
    *both(
        lambda d: ocio.FixedFunctionTransform(ocio.FIXED_FUNCTION_REC2100_SURROUND, [0.78], d), "surround", CLOSED_FORM
    ),
    *both(
        lambda d: ocio.FixedFunctionTransform(
            ocio.FIXED_FUNCTION_ACES_GAMUT_COMP_13, [1.147, 1.264, 1.312, 0.815, 0.803, 0.88, 1.2], d
        ),
        "gamut-compression",
        FAST_POWER,
    ),
    pytest.param(lut1d(), LUT, id="lut1d"),
    pytest.param(lut1d(half=True), LUT, id="lut1d-half"),
    pytest.param(lut3d(ocio.INTERP_LINEAR), LUT, id="lut3d-trilinear"),
    pytest.param(lut3d(ocio.INTERP_TETRAHEDRAL), LUT, id="lut3d-tetrahedral"),
]


@pytest.mark.parametrize(("transform", "tolerance"), CASES)
def test_agrees_with_ocio(config: ColorConfig, device: torch.device, transform: Any, tolerance: float) -> None:
    """Relative to the largest channel of the pixel (at least 1e-3): a small one is a difference of large ones."""
    x = picture()
    if transform.getDirection() == INVERSE and any(word in str(transform) for word in ("PQ", "Log")):
        x = x.clamp(-0.9, 0.9)  # beyond, the exponentials leave float32
    made = config.group([transform], "test")
    assert made.native
    expected = made.apply(x)
    found = made.apply_ops(x.to(device)).cpu()
    scale = expected.abs().amax(dim=0).clamp_min(1e-3)
    assert ((found - expected).abs() / scale).max() <= tolerance
    assert not torch.equal(expected, x)


@pytest.mark.parametrize("transform", [case.values[0] for case in CASES], ids=[str(case.id) for case in CASES])
def test_non_finite_values_do_not_crash(config: ColorConfig, transform: Any) -> None:
    x = torch.full((3, 2, 4), 0.18)
    x[:, 0, 0], x[:, 0, 1], x[:, 0, 2] = torch.nan, torch.inf, -torch.inf
    made = config.group([transform], "test")
    for found in (made.apply(x), made.apply_ops(x)):
        assert found.shape == x.shape
        assert found[:, 1].isfinite().all()


def test_what_torch_cannot_do_is_left_to_ocio(config: ColorConfig) -> None:
    made = config.display_view()
    assert not made.native
    with pytest.raises(ValueError, match="torch cannot do"):
        made.apply_ops(picture())


def test_neutral_colours_walk_the_diagonal_of_a_cube(config: ColorConfig) -> None:
    """Equal weights on all three axes: the tetrahedral rule reads only the two diagonal corners."""
    size = 5
    steps = torch.linspace(0, 1, size)
    cube = torch.stack(torch.meshgrid(steps**2, steps, steps, indexing="ij"), dim=-1)
    transform = ocio.Lut3DTransform(gridSize=size, interpolation=ocio.INTERP_TETRAHEDRAL)
    transform.setData(cube.reshape(-1).numpy())
    x = torch.linspace(0, 1, 41).expand(3, 1, 41).contiguous()
    found = config.group([transform], "test").apply_ops(x)
    np.testing.assert_allclose(found[0, 0], np.interp(x[0, 0], steps, steps**2), atol=1e-6)
    np.testing.assert_allclose(found[1:], x[1:], atol=1e-6)
