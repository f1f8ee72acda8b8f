"""Real photographs with shadows and light leaks put over them, whose truth without them is known exactly.

Photographs come from three places: pictures made for a display, brought back to scene-linear; views into panoramas,
which are photographs of full range; and the pictures of materials, which are grounds without any shading.

A shadow is a gain of the picture: 1 in the light, the share of the ambient light in the shadow, between the two a
penumbra that grows with the distance from the thing that throws it. At the edge colours part: red light reaches farther
under skin, and the sky lights the shadow. A leak is a gain above 1: a patch of light that falls where none was.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import ACESCG, Camera, Environment, FileError, Region, rotate_environment

from .assets import Assets
from .stage.shapes import BLOCKERS, outlines
from .stage.texture import decoded_srgb, read_linear, read_picture, to_acescg

Kind = Literal["shadow", "leak"]

_WIDTHS = (0.0, 0.004, 0.01, 0.022, 0.045, 0.09)
"""Penumbras, in shorter sides of the picture, between which every pixel finds its own."""


@dataclass(frozen=True, eq=False)
class ShadowPair:
    """A photograph with a shadow or a leak: scene-linear ACEScg `[3, h, w]`.

    truth : without it; `picture = truth * gain`. matte : `[1, h, w]`, 1 where the shadow or the leak is whole.
    """

    picture: Tensor
    truth: Tensor
    gain: Tensor
    matte: Tensor
    kind: Kind
    name: str

    def to(self, device: torch.device) -> Self:
        """The pair on a device, which is not waited for."""
        return self._each(lambda picture: picture.to(device, non_blocking=True))

    def mirrored(self) -> Self:
        """The pair with left and right changed over."""
        return self._each(lambda picture: picture.flip(-1))

    def pin_memory(self) -> Self:
        """In memory that a GPU copies from while the CPU goes on."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        changed: dict[str, Any] = {name: change(getattr(self, name)) for name in _PICTURES}
        return replace(self, **changed)


_PICTURES = ("picture", "truth", "gain", "matte")


def linearised(display: Tensor, shoulder: float = 0.0) -> Tensor:
    """Scene-linear ACEScg of a display picture `[3, h, w]` in 0..1.

    Inverts the sRGB encoding and, where `shoulder` is above 0, a roll-off of highlights `y = x (1 + s) / (1 + s x)`, of
    which cameras have one each and tell nobody. White stays 1.
    """
    linear = decoded_srgb(display)
    return to_acescg(linear / (1 + shoulder - shoulder * linear))


class Photographs:
    """The photographs of a split of the assets. Raises FileError when there are none."""

    def __init__(self, assets: Assets, split: str) -> None:
        self.assets = assets
        self._portraits = assets.photographs(split)
        self._panoramas = assets.panoramas(split)
        self._grounds = [folder / "albedo.jpg" for folder in assets.materials(split)]
        if not (self._portraits or self._panoramas or self._grounds):
            raise FileError(f"the folder of assets {assets.root} has no photographs of the split '{split}'")

    @property
    def files(self) -> list[Path]:
        """All that may be drawn."""
        return [*self._portraits, *self._panoramas, *self._grounds]

    @cached_property
    def _sources(self) -> list[tuple[float, list[Path], Callable[[Path, int, np.random.Generator], Tensor]]]:
        """How often each kind of photograph is drawn, its files, and what makes a square of one."""
        sources = [(0.55, self._portraits, _crop), (0.25, self._panoramas, _view), (0.2, self._grounds, _crop)]
        return [source for source in sources if source[1]]

    def draw(self, size: int, rng: np.random.Generator) -> tuple[Tensor, str]:
        """A random photograph `[3, size, size]`, scene-linear ACEScg, and its name."""
        shares = np.array([share for share, _, _ in self._sources])
        _, paths, make = self._sources[rng.choice(len(shares), p=shares / shares.sum())]
        path = paths[rng.integers(len(paths))]
        self.assets.licence([path])
        picture = make(path, size, rng)
        return (picture.flip(2) if rng.random() < 0.5 else picture), path.stem

    def behind(self, size: int, rng: np.random.Generator) -> Tensor:
        """A photograph as it may stand behind a subject `[3, size, size]`: more often than not out of focus."""
        picture, _ = self.draw(size, rng)
        if rng.random() > 0.6:
            return picture
        sigma = float(np.exp(rng.uniform(math.log(0.005), math.log(0.06)))) * size
        return torch.from_numpy(cv2.GaussianBlur(picture.permute(1, 2, 0).numpy(), (0, 0), sigma)).permute(2, 0, 1)

    def texture(self, size: int, rng: np.random.Generator) -> Tensor:
        """A square `[3, size, size]` for its detail: of a material, where there are some, or a small part of a
        photograph, in which no thing is whole.
        """
        if self._grounds and rng.random() < 0.6:
            path = self._grounds[rng.integers(len(self._grounds))]
            self.assets.licence([path])
            return _crop(path, size, rng)
        picture, _ = self.draw(3 * size, rng)
        top, left = rng.integers(2 * size + 1, size=2)
        return picture[:, top : top + size, left : left + size].contiguous()

    def pairs(self, size: int, seed: int) -> Iterator[ShadowPair]:
        """Endless photographs with shadows and leaks; the same for the same seed."""
        rng = np.random.default_rng([seed, 0x5AD0])
        while True:
            picture, name = self.draw(size, rng)
            yield overcast(picture, "shadow" if rng.random() < 0.8 else "leak", rng, name)


def backdrops(assets: Path | str, split: str) -> Photographs | None:
    """What may stand behind views; None without a folder of assets, or where it has no photographs."""
    try:
        return Photographs(Assets(Path(assets)), split) if assets else None
    except FileError:
        return None


@lru_cache(32)
def _display(path: Path) -> Tensor:
    return read_picture(path)[:3]


def _crop(path: Path, size: int, rng: np.random.Generator) -> Tensor:
    """A square of a display picture, half to all of it."""
    picture = _display(path)
    _, h, w = picture.shape
    side = int(min(h, w) * rng.uniform(0.5, 1.0))
    top, left = rng.integers(h - side + 1), rng.integers(w - side + 1)
    square = picture[:, top : top + side, left : left + side][None]
    square = F.interpolate(square, (size, size), mode="bilinear", antialias=True, align_corners=False)[0]
    return linearised(square.clamp(0, 1), float(rng.choice([0.0, rng.uniform(0, 2)])))


@lru_cache(8)
def _panorama(path: Path) -> Tensor:
    return read_linear(path).clamp_min(0)


def _view(path: Path, size: int, rng: np.random.Generator) -> Tensor:
    """A view into a panorama, exposed so that its mean of logarithms is a middle grey; nothing is clipped."""
    turned = rotate_environment(_panorama(path), float(rng.uniform(-180, 180)))
    rays = Camera.from_fov(size, size, float(rng.uniform(55, 95))).rays(Region(0, 0, size, size), turned)
    pitch = math.radians(rng.uniform(-25, 12))
    x, y, z = rays.unbind(0)
    rays = torch.stack((x, y * math.cos(pitch) - z * math.sin(pitch), y * math.sin(pitch) + z * math.cos(pitch)))
    picture = Environment(turned).radiance(rays)
    return picture * (0.18 / float(picture.mean(0).clamp_min(1e-4).log().mean().exp()))


def overcast(truth: Tensor, kind: Kind, rng: np.random.Generator, name: str = "") -> ShadowPair:
    """A photograph `[3, h, w]` under a random shadow or light leak."""
    _, h, w = truth.shape
    shape = silhouette(h, w, rng)
    bleed = float(rng.uniform(0, 0.5)) if rng.random() < 0.6 else 0.0
    softness = float(np.exp(rng.uniform(math.log(0.002), math.log(0.05))))
    growth = float(np.exp(rng.uniform(math.log(0.005), math.log(0.12))))
    angle = rng.uniform(0, 2 * math.pi)
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    away = (rows * math.sin(angle) + columns * math.cos(angle)).clamp(-1.5, 1.5) * 0.5 + 0.5
    width = softness + growth * away.clamp_min(0)
    shares = penumbra(shape, [width * (1 + bleed * side) for side in (1.0, 0.0, -0.5)])
    matte = shares[1:2]
    if kind == "shadow":
        ambient = float(np.exp(rng.uniform(math.log(0.06), math.log(0.6))))
        tint = np.exp(rng.normal(0, 0.12, 3) + np.array([-1, 0, 1]) * rng.normal(0.08, 0.12))
        left = ambient * tint / float(tint @ np.array(ACESCG.luminance))
        gain = 1 - shares * (1 - torch.from_numpy(np.minimum(left, 0.95)).float().reshape(3, 1, 1))
    else:
        strength = float(np.exp(rng.uniform(math.log(0.4), math.log(6))))
        warm = np.exp(rng.normal(0, 0.15, 3) + np.array([1, 0, -1]) * rng.normal(0.15, 0.25))
        gain = 1 + shares * torch.from_numpy(strength * warm).float().reshape(3, 1, 1)
    return ShadowPair(truth * gain, truth, gain, matte, kind, name)


def silhouette(height: int, width: int, rng: np.random.Generator) -> Tensor:
    """A random shape `[h, w]` in 0..1 that is neither next to nothing nor nearly all of the picture, bent as by uneven
    ground.
    """
    for _ in range(8):
        canvas = np.zeros((height, width), np.uint8)
        kind = str(rng.choice(BLOCKERS))
        middle = np.array([rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height])
        for line in outlines(kind, float(rng.uniform(0.4, 1.3)) * min(height, width), rng):
            points = np.round((line + middle) * 16).astype(np.int32)
            cv2.fillPoly(canvas, [points], 255, lineType=cv2.LINE_AA, shift=4)
        bent = _bent(canvas, rng)
        if 0.06 < float(bent.mean()) < 0.8:
            break
    return torch.from_numpy(bent)


def _bent(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture in 0..1 with its points shifted smoothly by up to some percent of its size."""
    h, w = canvas.shape
    amount = float(rng.uniform(0, 0.05)) * min(h, w)
    shifts = [cv2.resize(rng.normal(0, amount, (5, 5)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
              for _ in range(2)]  # fmt: skip
    rows, columns = np.mgrid[0:h, 0:w].astype(np.float32)
    moved = cv2.remap(canvas, columns + shifts[0], rows + shifts[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32) / 255


def penumbra(shape: Tensor, widths: Sequence[Tensor]) -> Tensor:
    """A shape `[h, w]` under penumbras `[h, w]` that may be of another width everywhere: `[len(widths), h, w]`.

    A width is the deviation of a Gaussian, in shorter sides of the picture, up to 0.09; interpolated between a few.
    """
    picture = shape.numpy()
    size = min(picture.shape)
    blurred = [cv2.GaussianBlur(picture, (0, 0), w * size, borderType=cv2.BORDER_REPLICATE) for w in _WIDTHS[1:]]
    layers, steps = torch.from_numpy(np.stack([picture, *blurred])), torch.tensor(_WIDTHS)
    out = []
    for width in widths:
        width = width.clamp(0, _WIDTHS[-1]).contiguous()
        upper = torch.searchsorted(steps, width).clamp(1, len(_WIDTHS) - 1)
        share = (width - steps[upper - 1]) / (steps[upper] - steps[upper - 1])
        low, high = layers.gather(0, (upper - 1)[None])[0], layers.gather(0, upper[None])[0]
        out.append(low * (1 - share) + high * share)
    return torch.stack(out)
