import torch
from torch import Tensor

from rimlight.engine import Context, ImageInfo, Region, node, param, parse_format

from ..nuke.geometry import REFORMAT
from ..ops.matrices import affine_matrix, translate_matrix
from .base import MatrixNode, to_pixels

RESIZES = ("width", "height", "fit", "fill", "distort", "none")


@node("transform.reformat", see="transform.crop transform.transform", nuke=REFORMAT)
class Reformat(MatrixNode):
    """Brings the picture to another format, to a size, or to a multiple of its size.

    `width` and `height` fit that side, `fit` shows all of it, `fill` leaves no border, `distort` stretches, `none` only
    changes the frame. Pixel aspects are taken into account. Joined with transforms above, so the picture is filtered
    once.
    """

    type: str = param(
        default="format", choices=("format", "size", "scale"), doc="what the new frame is given by", place="top"
    )
    format: str = param(default="", role="format", doc="the new format; empty: that of the project", place="top")
    width: int = param(default=1920, hard=(1, 65536), unit="px", doc="width of the new frame, where `type` is size")
    height: int = param(default=1080, hard=(1, 65536), unit="px", doc="height of the new frame, where `type` is size")
    scale: float = param(
        default=1.0, hard=(0.001, 100), soft=(0.1, 4), doc="multiple of the input's frame, where `type` is scale"
    )
    resize: str = param(default="width", choices=RESIZES, doc="how the picture is fitted into the frame")
    center: bool = param(default=True, doc="put the picture in the middle, not at the bottom left")
    flip: bool = param(default=False, doc="upside down")
    flop: bool = param(default=False, doc="left to right")
    turn: bool = param(default=False, doc="by a quarter, clockwise")
    preserve_bbox: bool = param(default=False, doc="keep pixels outside the new frame")
    black_outside: bool = param(
        default=False,
        doc="let the border of the picture fade into black instead of repeating its edge pixels",
        place="bottom",
    )

    def fills_frame(self) -> bool:
        return False

    def _target(self, ctx: Context) -> tuple[Region, float]:
        """The new frame and its pixel aspect."""
        info = ctx.info("image")
        if self.type == "size":
            return Region(0, 0, self.width, self.height), info.pixel_aspect
        if self.type == "scale":
            d = info.display
            return Region(
                0, 0, max(1, round(d.width * self.scale)), max(1, round(d.height * self.scale))
            ), info.pixel_aspect
        wanted = parse_format(self.format) if self.format else ctx.project.size
        return wanted.region.scaled(ctx.scale), wanted.pixel_aspect

    def frame(self, ctx: Context) -> Region:
        return self._target(ctx)[0]

    def identity(self, ctx: Context) -> str | None:
        frame, aspect = self._target(ctx)
        info = ctx.info("image")
        same = frame == info.display and aspect == info.pixel_aspect and not (self.flip or self.flop or self.turn)
        return "image" if same and (self.preserve_bbox or frame.contains(info.data)) else None

    def info(self, ctx: Context) -> ImageInfo:
        return super().info(ctx).with_(pixel_aspect=self._target(ctx)[1])

    def window(self, data: Region, frame: Region) -> Region:
        return super().window(data, frame) if self.preserve_bbox else data.intersect(frame)

    def pixel_matrix(self, ctx: Context) -> Tensor:
        info = ctx.info("image")
        frame, aspect = self._target(ctx)
        width, height = info.display.width, info.display.height
        self.require(width > 0 and height > 0, "the input has an empty frame")
        turn = torch.eye(3, dtype=torch.float64)
        if self.turn:
            turn = affine_matrix(rotate=-90.0, translate=(0.0, float(width)))
            width, height = height, width
        shape = info.pixel_aspect / aspect
        scale = self._scale(frame, width * shape, height)
        sx, sy = scale[0] * shape, scale[1]
        x, y = (frame.width - width * sx) / 2, (frame.height - height * sy) / 2
        if not self.center or self.resize == "distort":
            x, y = 0.0, 0.0
        mirror = affine_matrix(
            scale=(-1.0 if self.flop else 1.0, -1.0 if self.flip else 1.0), center=(frame.width / 2, frame.height / 2)
        )
        artist = mirror @ translate_matrix(x, y) @ affine_matrix(scale=(sx, sy)) @ turn
        return to_pixels(info.display, artist, frame)

    def _scale(self, frame: Region, width: float, height: float) -> tuple[float, float]:
        x, y = frame.width / width, frame.height / height
        chosen = {"width": x, "height": y, "fit": min(x, y), "fill": max(x, y), "none": 1.0}
        return (x, y) if self.resize == "distort" else (chosen[self.resize], chosen[self.resize])
