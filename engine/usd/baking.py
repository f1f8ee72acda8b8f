"""Pictures of lights that are no files, written beside the USD file that names them."""

from pathlib import Path

import torch
from torch import Tensor

from ..color.rules import REC709 as REC709_NAMES
from ..errors import ParameterError
from ..image import Image, ImageInfo
from ..layers import RGB
from ..light import sg
from ..light.equirect import latlong_directions
from ..light.lights import EnvironmentLight, SphericalGaussians, SphericalHarmonics
from ..light.photometry import WorkingSpace
from ..light.shading import picture_of
from ..region import Region
from .colors import to_rec709

_ROWS = (128, 1024)
"""The least and the most rows of a picture of gaussians."""
_PER_LOBE = 8
"""Rows that the width of a lobe has at least, from where it is at half its height to the other side, nearly."""


class Baker:
    """Collects pictures and writes them, named after the frame where a light's differ from frame to frame."""

    def __init__(self, path: Path, space: WorkingSpace) -> None:
        self._path = path
        self._space = space
        self._pictures: dict[Path, Tensor] = {}
        self._last: dict[str, Path] = {}

    def add(self, name: str, frame: float, picture: Tensor) -> str:
        """Write `[3, h, w]` of the working space later; the file's name, relative to the rig's."""
        plain = to_rec709(picture.detach().cpu().double(), self._space).float()
        target = self._path.with_name(f"{self._path.stem}.{name}.exr")
        last = self._last.setdefault(name, target)
        if torch.equal(self._pictures.get(last, plain), plain):
            target = last
        else:
            target = self._last[name] = target.with_suffix(f".{int(frame):04d}.exr")
        self._pictures[target] = plain
        return target.name

    def write(self) -> None:
        """Write all pictures. Raises FileError."""
        from ..io.metadata import REC709
        from ..io.write import WriteOptions, write_image

        for target, picture in self._pictures.items():
            _, h, w = picture.shape
            frame = Region(0, 0, w, h)
            metadata = {"chromaticities": REC709, "colorInteropID": REC709_NAMES[0], "envmap": "latlong"}
            info = ImageInfo(frame, frame, (RGB,), 1.0, metadata=metadata)
            options = WriteOptions(depth="float", compression="zip", metadata=metadata)
            write_image(Image(info, frame, {RGB.name: picture}), target, options)


def picture_around(light: EnvironmentLight | SphericalGaussians | SphericalHarmonics) -> Tensor:
    """The lat-long picture `[3, h, w]` of a light from all around, before its level and rotation. Raises
    ParameterError where it was not read.
    """
    if isinstance(light, EnvironmentLight) and light.pixels is None:
        raise ParameterError(f"environment light '{light.name}' has no picture, and no file")
    if not isinstance(light, SphericalGaussians):
        return picture_of(light, torch.empty(0))
    sharpest = float(light.sharpness.max())
    rows = _ROWS[0]
    while rows < _ROWS[1] and rows < _PER_LOBE * sharpest**0.5 * 1.4:
        rows *= 2
    like = torch.empty(0, dtype=torch.float64)
    around = latlong_directions(rows, 2 * rows, like)
    return sg.radiance(light.axes.to(like), light.sharpness.to(like), light.amplitudes.to(like), around)
