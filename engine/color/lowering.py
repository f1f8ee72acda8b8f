"""OpenColorIO's optimised op list as torch operations, so that a picture on a GPU stays there.

Formulas are those of the OpenColorIO 2 and Academy/ASC CLF specifications; every op is tested against OCIO's own CPU
processor. What is not here (ACES 2.0 output transforms, grading ops, exact LUT inversion) is left to the caller.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .fixed import fixed_function
from .luts import Op, lut1d, lut1d_half, lut3d
from .pyocio import ocio

_TINY = 1.17549435e-38  # smallest normal float32: keeps a logarithm finite


def lower(group: Any) -> tuple[Op, ...] | None:
    """The ops of an OCIO GroupTransform, in order, or None when one of them has no translation here."""
    ops: list[Op] = []
    for transform in group:
        translate = _TRANSLATORS.get(type(transform).__name__)
        op = translate(transform) if translate else None
        if op is None:
            return None
        ops.append(op)
    return tuple(ops)


def _inverse(transform: Any) -> bool:
    return bool(transform.getDirection() == ocio().TRANSFORM_DIR_INVERSE)


def _column(values: Sequence[float], x: Tensor) -> Tensor:
    return torch.tensor(values, dtype=x.dtype, device=x.device).view(3, 1, 1)


def _matrix(transform: Any) -> Op:
    full: npt.NDArray[np.float64] = np.array(transform.getMatrix(), dtype=np.float64).reshape(4, 4)
    offset: npt.NDArray[np.float64] = np.array(transform.getOffset(), dtype=np.float64)
    if _inverse(transform):
        full = np.asarray(np.linalg.inv(full))
        offset = np.asarray(-full @ offset)
    rows = full[:3, :3].tolist()
    shift = offset[:3].tolist()

    def apply(x: Tensor) -> Tensor:
        # Sums of planes rather than a matrix product: no reduced-precision (TF32) kernels, the same on every device.
        planes = [x[0] * row[0] + x[1] * row[1] + x[2] * row[2] + add for row, add in zip(rows, shift, strict=True)]
        return torch.stack(planes)

    return apply


def _exponent(transform: Any) -> Op | None:
    styles = ocio().NegativeStyle
    style = transform.getNegativeStyle()
    gamma = [1.0 / g if _inverse(transform) else g for g in transform.getValue()[:3]]

    def apply(x: Tensor) -> Tensor:
        power = x.abs().pow(_column(gamma, x))
        if style == styles.NEGATIVE_MIRROR:
            return power.copysign(x)
        if style == styles.NEGATIVE_PASS_THRU:
            return torch.where(x < 0, x, power)
        return torch.where(x < 0, 0.0, power)

    return apply if style != styles.NEGATIVE_LINEAR else None


def _exponent_with_linear(transform: Any) -> Op:
    """A power with a straight part near zero, as in sRGB and Rec.709: `((x + o) / (1 + o)) ** g` above the break."""
    mirror = transform.getNegativeStyle() == ocio().NegativeStyle.NEGATIVE_MIRROR
    inverse = _inverse(transform)
    # OCIO's own lower bounds, which keep the slope finite for a plain power or a straight line.
    gamma = [max(g, 1.000001) for g in transform.getGamma()[:3]]
    offset = [max(o, 0.000001) for o in transform.getOffset()[:3]]
    encoded_break = [o / (g - 1) for g, o in zip(gamma, offset, strict=True)]
    linear_break = [((b + o) / (1 + o)) ** g for b, g, o in zip(encoded_break, gamma, offset, strict=True)]
    slope = [lin / enc for lin, enc in zip(linear_break, encoded_break, strict=True)]

    def apply(x: Tensor) -> Tensor:
        g, o, s = _column(gamma, x), _column(offset, x), _column(slope, x)
        v = x.abs() if mirror else x
        if inverse:
            bound = _column(linear_break, x)
            curve = torch.where(v > bound, (1 + o) * v.clamp_min(0).pow(1 / g) - o, v / s)
        else:
            bound = _column(encoded_break, x)
            curve = torch.where(v > bound, ((v.clamp_min(0) + o) / (1 + o)).pow(g), v * s)
        return curve.copysign(x) if mirror else curve

    return apply


def _log(transform: Any) -> Op:
    scale = math.log2(transform.getBase())
    if _inverse(transform):
        return lambda x: torch.exp2(x * scale)
    return lambda x: x.clamp_min(_TINY).log2() / scale


def _log_affine(transform: Any) -> Op:
    scale = math.log2(transform.getBase())
    log_slope, log_offset = transform.getLogSideSlopeValue(), transform.getLogSideOffsetValue()
    lin_slope, lin_offset = transform.getLinSideSlopeValue(), transform.getLinSideOffsetValue()
    inverse = _inverse(transform)

    def apply(x: Tensor) -> Tensor:
        ls, lo, ns, no = (_column(v, x) for v in (log_slope, log_offset, lin_slope, lin_offset))
        if inverse:
            return (torch.exp2((x - lo) * (scale / ls)) - no) / ns
        return (x * ns + no).clamp_min(_TINY).log2() * (ls / scale) + lo

    return apply


def _log_camera(transform: Any) -> Op:
    """A logarithm with a straight part below a break, as camera log curves and ACEScct have."""
    scale = math.log2(transform.getBase())
    log_slope, log_offset = transform.getLogSideSlopeValue(), transform.getLogSideOffsetValue()
    lin_slope, lin_offset = transform.getLinSideSlopeValue(), transform.getLinSideOffsetValue()
    lin_break = transform.getLinSideBreakValue()
    inner = [ns * b + no for ns, b, no in zip(lin_slope, lin_break, lin_offset, strict=True)]
    log_break = [ls * math.log2(v) / scale + lo for ls, v, lo in zip(log_slope, inner, log_offset, strict=True)]
    if transform.isLinearSlopeValueSet():
        slope = list(transform.getLinearSlopeValue())
    else:  # continuous in the first derivative
        ln = scale * math.log(2.0)
        slope = [ls * ns / (v * ln) for ls, ns, v in zip(log_slope, lin_slope, inner, strict=True)]
    offset = [at - s * b for at, s, b in zip(log_break, slope, lin_break, strict=True)]
    curve, inverse = _log_affine(transform), _inverse(transform)

    def apply(x: Tensor) -> Tensor:
        s, o = _column(slope, x), _column(offset, x)
        straight = (x - o) / s if inverse else x * s + o
        return torch.where(x < _column(log_break if inverse else lin_break, x), straight, curve(x))

    return apply


def _saturate(x: Tensor, weights: Sequence[float], saturation: float) -> Tensor:
    luma = x[0] * weights[0] + x[1] * weights[1] + x[2] * weights[2]
    return luma + saturation * (x - luma)


def _cdl(transform: Any) -> Op:
    """ASC CDL v1.2: slope, offset, power, then saturation; the ASC style clamps to 0..1, the other never clamps."""
    slope, offset, power = transform.getSlope(), transform.getOffset(), transform.getPower()
    saturation, weights = transform.getSat(), transform.getSatLumaCoefs()
    clamps = transform.getStyle() == ocio().CDLStyle.CDL_ASC
    inverse = _inverse(transform)

    def bound(x: Tensor) -> Tensor:
        return x.clamp(0.0, 1.0) if clamps else x

    def raise_to(x: Tensor, exponent: Tensor) -> Tensor:
        return torch.where(x < 0, x, x.clamp_min(0).pow(exponent))

    def apply(x: Tensor) -> Tensor:
        s, o, p = _column(slope, x), _column(offset, x), _column(power, x)
        if inverse:
            x = bound(_saturate(bound(x), weights, 1.0 / saturation))
            return bound((raise_to(x, 1 / p) - o) / s)
        x = raise_to(bound(x * s + o), p)
        return bound(_saturate(x, weights, saturation))

    return apply


def _range(transform: Any) -> Op:
    low = (transform.getMinInValue(), transform.getMinOutValue()) if transform.hasMinInValue() else None
    high = (transform.getMaxInValue(), transform.getMaxOutValue()) if transform.hasMaxInValue() else None
    if _inverse(transform):
        low, high = (low[::-1] if low else None), (high[::-1] if high else None)
    scale = (high[1] - low[1]) / (high[0] - low[0]) if low and high else 1.0
    anchor = low or high or (0.0, 0.0)
    shift = anchor[1] - anchor[0] * scale
    clamps = transform.getStyle() == ocio().RANGE_CLAMP

    def apply(x: Tensor) -> Tensor:
        out = x * scale + shift
        return out.clamp(low[1] if low else None, high[1] if high else None) if clamps and (low or high) else out

    return apply


def _exposure_contrast(transform: Any) -> Op:
    styles = ocio().ExposureContrastStyle
    style, inverse = transform.getStyle(), _inverse(transform)
    contrast = max(1e-3, transform.getContrast() * transform.getGamma())
    exposure, pivot = transform.getExposure(), max(1e-3, transform.getPivot())
    if style == styles.EXPOSURE_CONTRAST_LOGARITHMIC:
        step = transform.getLogExposureStep()
        middle = max(0.0, math.log2(pivot / 0.18) * step + transform.getLogMidGray())
        if inverse:
            return lambda x: (x - middle) / contrast + middle - exposure * step
        return lambda x: (x + exposure * step - middle) * contrast + middle
    # The video style works on values encoded with the Rec.709 camera curve, taken as one power.
    power = 0.54644808743169399 if style == styles.EXPOSURE_CONTRAST_VIDEO else 1.0
    gain, anchor = 2.0 ** (exposure * power), pivot**power

    def apply(x: Tensor) -> Tensor:
        if not inverse:
            x = x * gain
        if contrast != 1.0:
            x = (x / anchor).clamp_min(0).pow(1.0 / contrast if inverse else contrast) * anchor
        return x / gain if inverse else x

    return apply


def _lut1d(transform: Any) -> Op | None:
    ident = ocio()
    if _inverse(transform) or transform.getHueAdjust() != ident.HUE_NONE or transform.getOutputRawHalfs():
        return None
    table = torch.from_numpy(np.array(transform.getData(), dtype=np.float32).reshape(-1, 3))
    return lut1d_half(table) if transform.getInputHalfDomain() else lut1d(table)


def _lut3d(transform: Any) -> Op | None:
    if _inverse(transform):
        return None
    size = transform.getGridSize()
    table = torch.from_numpy(np.array(transform.getData(), dtype=np.float32).reshape(size, size, size, 3))
    kinds = ocio().Interpolation
    return lut3d(table, transform.getInterpolation() in (kinds.INTERP_TETRAHEDRAL, kinds.INTERP_BEST))


def _fixed(transform: Any) -> Op | None:
    style = str(transform.getStyle()).rsplit(".", 1)[-1].removeprefix("FIXED_FUNCTION_")
    return fixed_function(style, list(transform.getParams()), _inverse(transform))


_TRANSLATORS: dict[str, Callable[[Any], Op | None]] = {
    "MatrixTransform": _matrix,
    "ExponentTransform": _exponent,
    "ExponentWithLinearTransform": _exponent_with_linear,
    "LogTransform": _log,
    "LogAffineTransform": _log_affine,
    "LogCameraTransform": _log_camera,
    "CDLTransform": _cdl,
    "RangeTransform": _range,
    "ExposureContrastTransform": _exposure_contrast,
    "Lut1DTransform": _lut1d,
    "Lut3DTransform": _lut3d,
    "FixedFunctionTransform": _fixed,
}
