"""The chain and the ten point operations written by hand for other libraries, with reused memory where the library
allows it.

Every program takes pictures as float32 `[height, width, 4]` (torch: `[4, height, width]`), premultiplied, and gives one
back.
"""

from typing import Any

import cv2
import numpy as np
import torch

EXPOSURE = 2.0**0.5
GAMMA = 1 / 1.2
SATURATION = 0.8
SIGMA = 8.0
AP1 = (0.2722287168, 0.6740817658, 0.0536895174)

Array = np.ndarray[Any, np.dtype[np.float32]]


def saturation_matrix(amount: float) -> Array:
    """`luminance + amount * (colour - luminance)` as a matrix over RGB."""
    return ((1 - amount) * np.array([AP1] * 3) + amount * np.eye(3)).astype(np.float32)


def with_alpha(matrix: Array) -> Array:
    out = np.eye(4, dtype=np.float32)
    out[:3, :3] = matrix
    return out


class OpenCv:
    """An OpenCV program: interleaved pictures, destination buffers made once."""

    name = "opencv"

    def __init__(self, a: Array, b: Array) -> None:
        self.a, self.b = a, b
        self.x, self.y = np.empty_like(a), np.empty_like(a)
        self.alpha = np.empty(a.shape[:2], np.float32)
        self.alpha4 = np.empty_like(a)

    def chain(self) -> Array:
        x, y = self.x, self.y
        cv2.multiply(self.a, (EXPOSURE, EXPOSURE, EXPOSURE, 1.0), dst=x)
        self._gamma(x, y, GAMMA)
        cv2.transform(y, with_alpha(saturation_matrix(SATURATION)), dst=x)
        cv2.GaussianBlur(x, (0, 0), SIGMA, dst=y, borderType=cv2.BORDER_REPLICATE)
        cv2.extractChannel(y, 3, dst=self.alpha)
        cv2.subtract(1.0, self.alpha, dst=self.alpha)
        cv2.merge((self.alpha,) * 4, dst=self.alpha4)
        cv2.multiply(self.b, self.alpha4, dst=x)
        return cv2.add(x, y, dst=x)

    def _gamma(self, source: Array, out: Array, exponent: float) -> None:
        """Positive values to a power, negative ones kept, alpha kept."""
        cv2.max(source, 0.0, dst=out)
        cv2.pow(out, exponent, dst=out)
        negative = cv2.min(source, 0.0)
        cv2.add(out, negative, dst=out)
        cv2.mixChannels([source], [out], [3, 3])

    def ten(self) -> Array:
        x, y = self.x, self.y
        cv2.multiply(self.a, (EXPOSURE, EXPOSURE, EXPOSURE, 1.0), dst=x)
        self._gamma(x, y, GAMMA)
        cv2.transform(y, with_alpha(saturation_matrix(SATURATION)), dst=x)
        cv2.multiply(x, (1.1, 1.05, 0.95, 1.0), dst=x)
        cv2.add(x, (0.01, 0.02, 0.03, 0.0), dst=x)
        cv2.transform(x, with_alpha(MATRIX), dst=y)
        cv2.multiply(y, (0.9, 0.9, 0.9, 1.0), dst=y)
        cv2.add(y, (-0.05, -0.05, -0.05, 0.0), dst=y)
        cv2.max(y, 0.0, dst=x)
        cv2.subtract((1.0, 1.0, 1.0, 0.0), x, dst=y)
        cv2.mixChannels([x], [y], [3, 3])
        return y


MATRIX = np.array([[0.9, 0.08, 0.02], [0.03, 0.94, 0.03], [0.01, 0.09, 0.9]], np.float32)


class NumPy:
    """The chain in NumPy, the blur from OpenCV's separable filter with the same taps."""

    name = "numpy"

    def __init__(self, a: Array, b: Array) -> None:
        self.a, self.b = a, b

    def chain(self) -> Array:
        rgb = self.a[..., :3] * np.float32(EXPOSURE)
        rgb = np.where(rgb > 0, np.maximum(rgb, 0) ** np.float32(GAMMA), rgb)
        luminance = rgb @ np.array(AP1, np.float32)
        rgb = luminance[..., None] + np.float32(SATURATION) * (rgb - luminance[..., None])
        x = np.concatenate((rgb, self.a[..., 3:]), -1)
        taps = gaussian_taps(SIGMA)
        x = cv2.sepFilter2D(x, -1, taps, taps, borderType=cv2.BORDER_REPLICATE)
        out: Array = x + self.b * (1 - x[..., 3:])
        return out


class Torch:
    """Careful torch: planar, in place, one depthwise convolution per direction."""

    name = "torch"

    def __init__(self, a: Array, b: Array) -> None:
        self.a = torch.from_numpy(a).permute(2, 0, 1).contiguous()
        self.b = torch.from_numpy(b).permute(2, 0, 1).contiguous()
        self.x = torch.empty_like(self.a)
        self.taps = torch.from_numpy(gaussian_taps(SIGMA))

    def chain(self) -> Array:
        x = self.x.copy_(self.a)
        rgb = x[:3].mul_(EXPOSURE)
        torch.where(rgb > 0, rgb.clamp_min(0).pow_(GAMMA), rgb, out=rgb)
        luminance = rgb[0] * AP1[0] + rgb[1] * AP1[1] + rgb[2] * AP1[2]
        rgb.mul_(SATURATION).add_(luminance, alpha=1 - SATURATION)
        radius = len(self.taps) // 2
        padded = torch.nn.functional.pad(x[None], (radius,) * 4, mode="replicate")[0][:, None]
        y = torch.nn.functional.conv2d(padded, self.taps.view(1, 1, 1, -1))
        y = torch.nn.functional.conv2d(y, self.taps.view(1, 1, -1, 1))[:, 0]
        out = torch.addcmul(y, self.b, 1 - y[3:])
        return out.permute(1, 2, 0).numpy()


class OpenImageIo:
    """The chain in OpenImageIO's image algebra, what `oiiotool` runs; the blur as two one-dimensional kernels."""

    name = "oiiotool"

    def __init__(self, a: Array, b: Array) -> None:
        import OpenImageIO as oiio

        self.oiio = oiio
        self.a, self.b = self._buffer(a), self._buffer(b)
        taps = gaussian_taps(SIGMA)
        self.row = self._kernel(taps[None, :])
        self.column = self._kernel(taps[:, None])

    def _buffer(self, x: Array) -> Any:
        buffer = self.oiio.ImageBuf(self.oiio.ImageSpec(x.shape[1], x.shape[0], x.shape[2], "float"))
        buffer.specmod().alpha_channel = 3
        buffer.set_pixels(self.oiio.ROI(), np.ascontiguousarray(x))
        return buffer

    def _kernel(self, taps: Array) -> Any:
        spec = self.oiio.ImageSpec(taps.shape[1], taps.shape[0], 1, "float")
        spec.x, spec.y = -(taps.shape[1] // 2), -(taps.shape[0] // 2)
        kernel = self.oiio.ImageBuf(spec)
        kernel.set_pixels(self.oiio.ROI(), np.ascontiguousarray(taps[..., None]))
        return kernel

    def chain(self) -> Array:
        algebra = self.oiio.ImageBufAlgo
        x = algebra.mul(self.a, (EXPOSURE, EXPOSURE, EXPOSURE, 1.0))
        x = algebra.pow(x, (GAMMA, GAMMA, GAMMA, 1.0))
        matrix = with_alpha(saturation_matrix(SATURATION))
        x = algebra.colormatrixtransform(x, tuple(float(v) for v in matrix.T.ravel()), False)
        x = algebra.convolve(algebra.convolve(x, self.row), self.column)
        x.specmod().alpha_channel = 3
        out: Array = algebra.over(x, self.b).get_pixels(self.oiio.FLOAT)
        return out


def gaussian_taps(sigma: float) -> Array:
    """Normalised taps out to 4.5 sigma."""
    radius = int(np.ceil(4.5 * sigma))
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return (taps / taps.sum()).astype(np.float32)
