"""A view: what a camera sees of a scene, with what light from each direction reaches, so that any light is a sum.

One safetensors file holds one view. Tensors, row 0 at the top:

| name | type | shape | what |
|---|---|---|---|
| albedo | f16 | 3 h w | diffuse reflectance, scene-linear, ACEScg |
| normal | f16 | 3 h w | camera space (x right, y up, z to the camera), unit; 0 where there is no surface |
| depth | f32 | 1 h w | centimetres along the camera's axis; 0 where there is no surface |
| roughness | u8 | 1 h w | perceptual roughness x 255 |
| f0 | u8 | 1 or 3 h w | reflectance from the front x 255 |
| matte | u8 | 1 h w | share of the pixel that is the subject x 255 |
| surface | u8 | 1 h w | share of the pixel that is any geometry x 255; the rest is background |
| directions | f32 | D 3 | unit vectors towards the light, the same for all pixels |
| weights | f32 | D | solid angle of each direction's cell, steradians; together 4 pi |
| visibility | u8 | D h ceil(w/8) | a bit a pixel, the first in the highest: 1 where light from the cell arrives |
| key_directions | f32 | K 3 | towards each key light |
| key_angles | f32 | K | its diameter in degrees |
| key_visibility | u8 | K h w | share of it that arrives x 255 |
| fov | f32 | 1 | degrees that the frame is wide |
| indirect | f16 | 3 h w | optional: albedo of what hides the sky, cosine-weighted (0 in the open, 1 inside white) |

The header names format, domain, subject, split, seed and licences.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rimlight.engine import Camera, FileError, Region

FORMAT = "1"

_TYPES = {
    "albedo": torch.float16, "normal": torch.float16, "depth": torch.float32, "roughness": torch.uint8,
    "f0": torch.uint8, "matte": torch.uint8, "surface": torch.uint8, "directions": torch.float32,
    "weights": torch.float32, "visibility": torch.uint8, "key_directions": torch.float32,
    "key_angles": torch.float32, "key_visibility": torch.uint8, "fov": torch.float32, "indirect": torch.float16,
}  # fmt: skip
_SHARES = ("roughness", "f0", "matte", "surface")
_OPTIONAL = ("indirect",)
_NOT_STORED = ("about", "frame", "grain")


@dataclass(frozen=True, eq=False)
class View:
    """Layers as float32 `[C, h, w]` on one device, see the table above; visibility stays packed.

    bits : `[D, h, ceil(w / 8)]` uint8; of a window (see `windowed`) shares `[D, h, w]`, bfloat16. key_visibility :
    `[K, h, w]` uint8. fov : degrees that the frame is wide. about : the strings of the file's header. frame : of a
    window, which part of which camera's frame it is. grain : pixels across over which neighbours know of different
    directions, so that only their mean is smooth.
    """

    albedo: Tensor
    normal: Tensor
    depth: Tensor
    roughness: Tensor
    f0: Tensor
    matte: Tensor
    surface: Tensor
    directions: Tensor
    weights: Tensor
    bits: Tensor
    key_directions: Tensor
    key_angles: Tensor
    key_visibility: Tensor
    fov: float
    indirect: Tensor | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    frame: tuple[Camera, Region] | None = None
    grain: int = 6

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.albedo.shape[1]

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.albedo.shape[2]

    @property
    def camera(self) -> Camera:
        """The camera whose frame, or of a window part of whose frame, this is."""
        return self.frame[0] if self.frame else Camera.from_fov(self.width, self.height, self.fov)

    @property
    def region(self) -> Region:
        """The part of the camera's frame that is seen."""
        return self.frame[1] if self.frame else Region(0, 0, self.width, self.height)

    @property
    def position(self) -> Tensor:
        """Camera-space positions `[3, h, w]` in centimetres; 0 where there is no surface."""
        return self.camera.position(self.depth, self.region)

    @property
    def middle(self) -> Tensor:
        """The middle of the surfaces `[3]`, on the camera's axis: from where lights with a position are looked at."""
        there = self.surface > 0.5
        distance = float(self.depth[there].median()) if bool(there.any()) else 100.0
        return torch.tensor([0.0, 0.0, -distance])

    def visibility(self, device: torch.device | str | None = None) -> Tensor:
        """1 where light from a direction's cell arrives at a pixel, else 0: `[D, h, w]` uint8; or shares of it."""
        if self.frame:
            return self.bits
        return unpack_bits(self.bits.to(device or self.bits.device), self.width)

    def visible_at(self, pixels: Tensor) -> Tensor:
        """The same `[D, n]` of pixels by their numbers `[n]`, which are all or some of them in rising order."""
        every = self.visibility().flatten(1)
        if len(pixels) == every.shape[1]:
            return every
        if every.dtype == torch.uint8 and pixels.device.type == "cpu":  # NumPy does it three times as fast
            return torch.from_numpy(np.take(every.numpy(), pixels.numpy(), axis=1))
        return every.index_select(1, pixels)

    def to(self, device: torch.device | str) -> Self:
        """The view with all tensors on a device."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        moved: dict[str, Any] = {k: v.to(device) for k, v in values.items() if isinstance(v, Tensor)}
        return replace(self, **moved)

    def save(self, path: Path | str) -> None:
        """Write the view, which must not be a window; the file is whole or not there. Raises FileError."""
        assert self.frame is None
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _NOT_STORED}
        values["visibility"] = values.pop("bits")
        values["fov"] = torch.tensor([self.fov])
        tensors = {name: _stored(name, value).cpu().contiguous() for name, value in values.items() if value is not None}
        target = Path(path)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            temporary.write_bytes(save(tensors, {"format": FORMAT, **self.about}))
            os.replace(temporary, target)
        except OSError as error:
            raise FileError(f"{path} could not be written: {error.strerror or error}") from None
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path | str, device: torch.device | str = "cpu") -> Self:
        """Read a view. Raises FileError with a sentence when the file is missing, damaged or of another format."""
        try:
            with safe_open(path, "pt", device=str(device)) as file:
                about = dict(file.metadata() or {})
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        except (OSError, SafetensorError) as error:
            raise FileError(f"{path} cannot be read as a view: {error}") from None
        _check(path, about, tensors)
        layers = {k: tensors[k].float() for k in ("albedo", "normal", "depth")}
        layers |= {k: tensors[k].float() / 255 for k in _SHARES}
        plain = {k: tensors[k] for k in ("directions", "weights", "key_directions", "key_angles", "key_visibility")}
        indirect = tensors["indirect"].float() if "indirect" in tensors else None
        return cls(
            **layers, **plain, bits=tensors["visibility"], fov=float(tensors["fov"]), indirect=indirect, about=about
        )


def _stored(name: str, value: Tensor) -> Tensor:
    if name in _SHARES:
        value = (value * 255).round().clamp(0, 255)
    return value.to(_TYPES[name])


def _check(path: Path | str, about: Mapping[str, str], tensors: Mapping[str, Tensor]) -> None:
    if about.get("format") != FORMAT:
        raise FileError(f"{path} is no view of format {FORMAT}: its header says {json.dumps(about.get('format'))}")
    for name, dtype in _TYPES.items():
        if name not in tensors and name not in _OPTIONAL:
            raise FileError(f"{path} lacks the tensor '{name}' that a view has")
        if name in tensors and tensors[name].dtype != dtype:
            raise FileError(f"{path}: the tensor '{name}' is {tensors[name].dtype}, expected {dtype}")
    _, h, w = tensors["albedo"].shape
    for name, tensor in tensors.items():
        wanted = (h, (w + 7) // 8) if name == "visibility" else (h, w)
        if tensor.ndim == 3 and tuple(tensor.shape[1:]) != wanted:
            raise FileError(f"{path}: the tensor '{name}' is {list(tensor.shape)}, expected {list(wanted)} pixels")


def pack_bits(seen: Tensor) -> Tensor:
    """Booleans `[..., w]` as bytes `[..., ceil(w / 8)]`, the first in the highest bit."""
    padded = torch.nn.functional.pad(seen.to(torch.uint8), (0, -seen.shape[-1] % 8))
    powers = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=seen.device)
    eights = padded.reshape(*padded.shape[:-1], -1, 8)
    return torch.sum(eights * powers, -1, dtype=torch.uint8)


def unpack_bits(bits: Tensor, width: int) -> Tensor:
    """The inverse of `pack_bits`: `[..., width]` uint8. On a CPU NumPy does it ten times as fast as torch."""
    if bits.device.type == "cpu":
        return torch.from_numpy(np.unpackbits(bits.numpy(), axis=-1, count=width))
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=bits.device)
    return ((bits[..., None] >> shifts) & 1).flatten(-2)[..., :width]
