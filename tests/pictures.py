"""Small generated pictures with known values, by name. Every call gives the same pixels."""

from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, RGB, RGBA, Image, ImageInfo, Layer, Region

FRAME = Region(0, 0, 16, 12)


def picture(
    layers: Mapping[str, Tensor] | Tensor, display: Region = FRAME, data: Region | None = None, **about: object
) -> Image:
    """An Image of these tensors `[C, h, w]`; one tensor is the main layer, RGBA or RGB by its channels."""
    tensors = {"rgba": layers} if isinstance(layers, Tensor) else dict(layers)
    window = display if data is None else data
    described = tuple(_layer(name, x) for name, x in tensors.items())
    return Image(ImageInfo(display, window, described, **about), window, tensors)  # type: ignore[arg-type]


def _layer(name: str, x: Tensor) -> Layer:
    if name == "rgba":
        return RGBA if x.shape[0] == 4 else RGB
    if name in LIGHT_LAYERS:
        return LIGHT_LAYERS[name]
    return Layer(name, tuple("RGBA"[: x.shape[0]]))


def noise(channels: int, region: Region, seed: int = 1) -> Tensor:
    """Random light `[C, h, w]`: mostly 0 to 1, some values far above one and some negative ones."""
    generator = torch.Generator().manual_seed(seed)
    shape = (channels, region.height, region.width)
    x = torch.rand(shape, generator=generator)
    x = torch.where(torch.rand(shape, generator=generator) < 0.1, x * 50 + 1, x)
    return torch.where(torch.rand(shape, generator=generator) < 0.1, -x.clamp(max=2), x)


def matte(region: Region, seed: int = 2) -> Tensor:
    """Random coverage `[1, h, w]` from 0 to 1, with some exact zeros and ones."""
    x = torch.rand((1, region.height, region.width), generator=torch.Generator().manual_seed(seed))
    return ((x - 0.2) / 0.6).clamp(0, 1)


def plate(region: Region, seed: int = 1) -> Tensor:
    """Random light with coverage as alpha, `[4, h, w]`."""
    return torch.cat((noise(3, region, seed), matte(region, seed + 1)))


def coordinates(region: Region) -> tuple[Tensor, Tensor]:
    """x and y of the pixel centres, `[h, w]` each, in pixel space (y down)."""
    y, x = torch.meshgrid(
        torch.arange(region.y0, region.y1) + 0.5, torch.arange(region.x0, region.x1) + 0.5, indexing="ij"
    )
    return x, y


def ramp() -> Image:
    """Red rises to the right, green downwards, blue is their sum; opaque."""
    x, y = coordinates(FRAME)
    return picture(torch.stack((x / 16, y / 12, x / 16 + y / 12, torch.ones_like(x))))


def impulse() -> Image:
    """One bright pixel, 100 in every channel, on black."""
    x = torch.zeros(4, 12, 16)
    x[:, 6, 8] = 100
    return picture(x)


def negatives() -> Image:
    return picture(-ramp()["rgba"])


def above_one() -> Image:
    return picture(ramp()["rgba"] * 60)


def hdr() -> Image:
    """Light of every size with coverage, some values negative, some far above one."""
    return picture(plate(FRAME))


def not_finite() -> Image:
    """NaN and both infinities, one pixel each, in random light."""
    x = plate(FRAME).clone()
    x[:3, 2, 3], x[:3, 4, 5], x[:3, 7, 9] = torch.nan, torch.inf, -torch.inf
    return picture(x)


def tiny() -> Image:
    one = Region(0, 0, 1, 1)
    return picture(torch.tensor([0.5, 2.0, -0.25, 1.0]).reshape(4, 1, 1), one)


def empty() -> Image:
    """A frame whose data window has no pixels."""
    return picture(torch.zeros(4, 0, 0), data=Region(0, 0, 0, 0))


def inside() -> Image:
    """A data window smaller than the frame, as a rendered element has."""
    data = Region(3, 2, 13, 9)
    return picture(plate(data), data=data)


def overscan() -> Image:
    """A data window larger than the frame, with negative origin."""
    data = Region(-3, -2, 19, 15)
    return picture(plate(data), data=data)


def apart() -> Image:
    """A data window that reaches out of one corner of the frame, and a frame that does not start at the origin."""
    display, data = Region(4, -3, 20, 9), Region(-2, -5, 11, 4)
    return picture(plate(data), display=display, data=data)


def layered(data: Region = FRAME, seed: int = 1) -> Image:
    """A rendered frame: main layer, a light, normals, depth and metadata, half as wide as high pixels."""
    normal = torch.nn.functional.normalize(noise(3, data, seed + 4), dim=0)
    layers = {
        "rgba": plate(data, seed), "diffuse": noise(3, data, seed + 3), "normal": normal,
        "depth": noise(1, data, seed + 5).abs() + 0.1,
    }  # fmt: skip
    return picture(layers, data=data, pixel_aspect=2.0, metadata={"shot": "A010", "take": 3}, frames=(1, 10))


def at(frame: float) -> Image:
    """A picture whose every value is its frame number: the frame of a clip."""
    return picture(torch.full((4, 12, 16), float(frame)), frames=(1, 10))
