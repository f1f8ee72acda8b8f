"""Pictures that lights carry: from a file or from a wire, `[3, h, w]` in the working space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    FilePattern,
    Image,
    ImageInfo,
    Layer,
    Need,
    Reader,
    RimlightError,
    converts,
    input_space,
    listing,
    unpacked,
)  # fmt: skip


@dataclass(frozen=True)
class PictureFile:
    """An image file by its full path, of a numbered sequence the one of the frame, also in a package of USD:
    `rig.usdz[sky.exr]`.
    """

    path: str
    colorspace: str

    @classmethod
    def of(cls, ctx: Context, file: str, colorspace: str, frame: float) -> "PictureFile | None":
        """The file that a parameter names, relative to the script's folder; None where it names none."""
        if not file:
            return None
        return cls(FilePattern.of(file, ctx.project.folder).path(frame), colorspace)

    def key(self, ctx: Context) -> object:
        """What identifies the file's present content and its conversion. Raises FileError when it cannot be read."""
        reader = cast(Reader, ctx.service("reader"))
        return reader.stamp(unpacked(self.path)), self._transform(ctx).key

    def load(self, ctx: ComputeContext) -> Tensor:
        """The picture over the file's frame; read once as long as the file stays the same."""

        def make() -> dict[str, Tensor]:
            reader = cast(Reader, ctx.service("reader"))
            file = unpacked(self.path)
            found = reader.info(file)
            layer = _colors(found.image, f"{self.path}: the file")
            pixels = reader.pixels(file, (layer.name,), found.image.data)
            x = Image(found.image, found.image.data, pixels).tensor(layer.name, found.image.display).to(ctx.device)
            return {"picture": self._transform(ctx).apply(_rgb(layer, x), ctx.check)}

        return ctx.part(("picture", self.path, self.key(ctx)), ("picture",), make)["picture"]

    def _transform(self, ctx: Context) -> Any:
        found = cast(Reader, ctx.service("reader")).info(unpacked(self.path))
        config = ctx.colors
        layer = next((layer for layer in found.layers if converts(layer.kind)), None)
        depth = found.depth if layer is None else layer.depth
        space = self.colorspace or input_space(config, found.path, depth, found.metadata).space
        return config.convert(space, config.working)


def wired_needs(ctx: Context, socket: str) -> Sequence[Need]:
    """The pixels of the whole frame of an image input; nothing where it is not connected."""
    if not ctx.connected(socket):
        return ()
    info = ctx.info(socket)
    return (Need(socket, info.display, (_colors(info, f"input '{socket}'").name,)),)


def wired_picture(ctx: ComputeContext, socket: str) -> Tensor:
    """The frame of an image input as a picture of its own."""
    image = ctx.image(socket)
    layer = _colors(image.info, f"input '{socket}'")
    return _rgb(layer, image.tensor(layer.name, image.info.display))


def _colors(info: ImageInfo, where: str) -> Layer:
    """The main layer, or the first that has red, green and blue."""
    for layer in sorted(info.layers, key=lambda layer: layer.name != MAIN):
        if layer.rgb is not None:
            return layer
    raise RimlightError(f"{where} has no layer with red, green and blue, it has {listing(info.names)}")


def _rgb(layer: Layer, x: Tensor) -> Tensor:
    """A copy of red, green and blue; what is not finite is black."""
    return x[torch.tensor(layer.rgb, device=x.device)].nan_to_num_(0.0, 0.0, 0.0)
