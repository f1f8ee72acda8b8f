"""What all nodes share that move pixels by a matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, LayerKind, Need, Node, Region, param, port

from ..ops.matrices import inverse_matrix, needed_region, transformed_bounds
from ..ops.progress import part
from ..ops.resample import FILTERS, get_filter
from ..ops.warp import warp_matrix

LINEAR = (LayerKind.NORMAL, LayerKind.POSITION, LayerKind.DEPTH, LayerKind.MOTION)


def layer_filter(kind: LayerKind, chosen: str) -> str:
    """The filter for a kind of layer: numbers such as IDs are never mixed, vectors and depth only linearly, so that no
    filter rings in them; light and mattes as chosen.
    """
    if kind is LayerKind.DATA:
        return "impulse"
    return "triangle" if kind in LINEAR and chosen != "impulse" else chosen


def to_pixels(frame: Region, artist: Tensor, target: Region | None = None) -> Tensor:
    """An artist matrix (y up from the bottom left of `frame`) as a pixel matrix (y down), into `target` where that
    differs.
    """
    target = target or frame
    into = torch.tensor([[1, 0, -frame.x0], [0, -1, frame.y1], [0, 0, 1]], dtype=torch.float64)
    out = torch.tensor([[1, 0, target.x0], [0, -1, target.y1], [0, 0, 1]], dtype=torch.float64)
    matrix = out @ artist @ into
    if bool((matrix[2, :2].abs() < 1e-12 * matrix[2, 2].abs()).all()):
        matrix[2, :2] = 0.0  # what a solver left of no perspective; without it resampling is exact and faster
    return matrix


def _copies(matrix: Tensor) -> bool:
    """Whether a matrix takes pixels to whole pixels: moves, mirrors and quarter turns."""
    return bool(torch.equal(matrix, matrix.round())) and bool((matrix[:2, :2].abs().sum(1) == 1).all())


@dataclass(frozen=True)
class MatrixNode(Node):
    """A node that moves pixels by a matrix. In a row they filter once, with the filter of the last."""

    image: Image = port("the picture")
    filter: str = param(default="cubic", choices=tuple(FILTERS), doc="how pixels are mixed", place="bottom")
    black_outside: bool = param(
        default=True,
        doc="black around the picture; otherwise its edge pixels go on over the whole frame",
        place="bottom",
    )

    def edges(self) -> Literal["black", "repeat"]:
        return "black" if self.black_outside else "repeat"

    def fills_frame(self) -> bool:
        """Whether repeated edge pixels become part of the picture, over the whole frame."""
        return not self.black_outside

    def frame(self, ctx: Context) -> Region:
        """The display window of the result."""
        return ctx.info("image").display

    def info(self, ctx: Context) -> ImageInfo:
        info, frame = ctx.info("image"), self.frame(ctx)
        assert ctx.chain is not None
        if ctx.chain.info.data.is_empty:
            return info.with_(display=frame)
        data = Region(*transformed_bounds(ctx.chain.matrix, ctx.chain.info.data.box))
        if self.black_outside and not _copies(ctx.chain.matrix):
            data = data.expand(get_filter(self.filter).support)  # the border fades out over the reach of the filter
        if self.fills_frame():
            data = data.union(frame)
        return info.with_(display=frame, data=self.window(data, frame))

    def window(self, data: Region, frame: Region) -> Region:
        """The data window out of what the moved picture covers: at most a frame's size around the frame."""
        return data.intersect(frame.expand(frame.width, frame.height))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        assert ctx.chain is not None
        matrix, data = inverse_matrix(ctx.chain.matrix), ctx.chain.info.data
        bounds = (data.expand(1) if self.black_outside else data).box
        kernels = {name: layer_filter(ctx.info("image").layer(name).kind, self.filter) for name in layers}
        return [
            Need(
                "image",
                Region(*needed_region(matrix, region.box, kernel, bounds, self.edges())),
                tuple(name for name in layers if kernels[name] == kernel),
            )
            for kernel in sorted(set(kernels.values()))
        ]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        assert ctx.chain is not None
        matrix, image = inverse_matrix(ctx.chain.matrix), ctx.image("image")
        out = {}
        for i, name in enumerate(ctx.layers):
            ctx.check()
            kernel = layer_filter(ctx.output.layer(name).kind, self.filter)
            done = part(ctx.progress, i, len(ctx.layers))
            out[name] = warp_matrix(image[name], matrix, image.region.box, ctx.region.box, kernel, self.edges(), done)
            ctx.release("image", name)
        return out
