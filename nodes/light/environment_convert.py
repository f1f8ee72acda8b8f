from typing import cast

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    ImageInfo,
    Projection,
    Region,
    convert_directions,
    node,
    param,
    projected_size,
)  # fmt: skip

from .surroundings import Surroundings, color_layers, finite

_KINDS = ("latlong", "cube", "cross", "mirror", "angular")

_HALF_TURN = {"latlong": 1.0, "cube": 2.0, "cross": 2 / 3, "mirror": 1.0, "angular": 0.5}
"""How many of its heights a projection has for 180 degrees."""

_CROSS = ((0, 1, 2), (1, 0, 1), (1, 1, 5), (1, 2, 0), (1, 3, 4), (2, 1, 3))
"""Row and column in the cross, and number in the row of faces."""


@node(
    "light.environment_convert",
    see="light.environment_rotate light.environment light#surroundings",
    label="EnvironmentConvert",
)
class EnvironmentConvert(Surroundings):
    """Converts a picture of the surroundings from one shape to another.

    - `latlong` is twice as wide as high, with the direction that the camera looks in the middle.
    - `cube` has six faces in a row: right, left, up, down, towards the camera, away from it.
    - `cross` has them unfolded, four wide and three high, with the direction that the camera looks at the second place
      of the middle row.
    - `mirror` is a chrome ball seen from far away, `angular` a disc whose radius is the angle from where the camera
      looks; both are black, also in alpha, outside.

    What is straight behind a mirror ball it does not show: its rim is drawn out. Only colour layers are kept, and
    pixels that are not finite are black.
    """

    source: str = param(default="latlong", choices=_KINDS, doc="shape of the input", place="top")
    target: str = param(default="mirror", choices=_KINDS, doc="shape of the result", place="top")
    height: int = param(
        default=0, hard=(0, 16384), soft=(0, 2048), unit="px", doc="rows of the result; 0: as many as keep detail"
    )

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        frame = info.display
        if self.source != "latlong":
            rows, columns = _size(self.source, _base(self.source, frame.height))
            self.require(
                (frame.height, frame.width) == (rows, columns),
                f"a picture of the shape {self.source} of {frame.width} x {frame.height} pixels: expected"
                f" {columns} x {rows} at this height",
            )
        rows, columns = _size(self.target, self._rows(info))
        frame = Region(0, 0, columns, rows)
        layers = tuple(info.layer(name) for name in color_layers(info))
        return info.with_(display=frame, data=frame, pixel_aspect=1.0, layers=layers)

    def altered(self, x: Tensor, layer: str, ctx: ComputeContext) -> Tensor:
        x = finite(x)
        if self.source == "cross":
            x = _unfolded(x)
        found, _ = convert_directions(
            x, _projection(self.source), _projection(self.target), self._rows(ctx.info("image"))
        )
        return _folded(found) if self.target == "cross" else found

    def _rows(self, info: ImageInfo) -> int:
        """Rows of the result, of a cross those of a face."""
        height = self.height or round(info.display.height * _HALF_TURN[self.source] / _HALF_TURN[self.target])
        return _base(self.target, max(1, height))


def _projection(kind: str) -> Projection:
    return "cube" if kind == "cross" else cast(Projection, kind)


def _base(kind: str, height: int) -> int:
    return max(1, round(height / 3)) if kind == "cross" else height


def _size(kind: str, rows: int) -> tuple[int, int]:
    """Height and width of a picture of `rows`, of a cross those of a face."""
    return (3 * rows, 4 * rows) if kind == "cross" else projected_size(_projection(kind), rows)


def _folded(faces: Tensor) -> Tensor:
    """A cross `[C, 3 s, 4 s]` of six faces `[C, s, 6 s]`."""
    channels, s, _ = faces.shape
    out = faces.new_zeros(channels, 3 * s, 4 * s)
    for row, column, face in _CROSS:
        out[:, row * s : (row + 1) * s, column * s : (column + 1) * s] = faces[..., face * s : (face + 1) * s]
    return out


def _unfolded(cross: Tensor) -> Tensor:
    """The six faces of a cross, in a row."""
    s = cross.shape[1] // 3
    places = sorted(_CROSS, key=lambda place: place[2])
    return torch.cat([cross[:, r * s : (r + 1) * s, c * s : (c + 1) * s] for r, c, _ in places], -1)
