import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor

from rimlight.engine import (
    COLOR_ATTRIBUTES,
    EMPTY,
    RGBA,
    ColorTransform,
    ComputeContext,
    Context,
    FileInfo,
    FilePattern,
    Image,
    ImageInfo,
    InputSpace,
    Layer,
    Reader,
    Source,
    converts,
    downscale,
    input_space,
    listing,
    node,
    param,
    parse_frames,
    replace_missing,
    resolve_frame,
    source_region,
    stand_in,
)

from ..nuke.files import READ

_OUTSIDE = ("hold", "loop", "bounce", "black", "error")
_CHECK = 16
"""Side of a square of the checkerboard in pixels at full size."""


@dataclass(frozen=True)
class _Material:
    """What is shown at a frame: a file, or a stand-in of the same make where there is none."""

    path: str
    shown: Literal["file", "black", "checkerboard"]
    frames: tuple[int, int] | None


@node("image.read", see="image.write structure.disk_cache command_line#file-names", reads=("frame",), nuke=READ)
class Read(Source):
    """Reads a picture or a numbered sequence: EXR, PNG, TIFF, JPEG, HDR, DPX, Cineon and others.

    Write the frame number of a sequence as `####`, `%04d`, `<f>` or `$F4`. Layers, data window, pixel aspect and
    metadata come as the file has them. Colour layers are converted from the colour space of the file to the working
    space; normals, depths, mattes and ids are never changed. Deep files are refused.
    """

    file: str = param(default="", role="file", doc="the file, with #### for the frame number", place="top")
    view: str = param(default="", doc="view of a stereo file, such as left or right; empty takes the first")
    range: str = param(
        default="",
        role="frames",
        doc="first and last frame of the material, such as 1001-1100; empty takes what is on disk",
    )
    before: str = param(default="hold", choices=_OUTSIDE, doc="what is shown before the first frame")
    after: str = param(default="hold", choices=_OUTSIDE, doc="what is shown after the last frame")
    missing: str = param(
        default="error",
        choices=("error", "black", "checkerboard", "nearest", "hold"),
        doc="what is shown for a frame inside the range that has no file; hold takes the last one before it",
    )
    offset: int = param(default=0, soft=(-100, 100), unit="frames", doc="frames by which the material is moved later")
    colorspace: str = param(
        default="", role="colorspace", doc="colour space of the file; empty goes by the file and the config's rules"
    )
    raw: bool = param(default=False, doc="take the numbers as they are, without colour conversion")
    alpha: str = param(
        default="auto",
        choices=("auto", "premultiplied", "straight", "ignore"),
        doc="how colour and alpha go together in the file. premultiplied: colour is divided by alpha before the "
        "conversion and multiplied after it; straight: only multiplied; ignore: neither; auto: as the file says",
    )
    nonfinite: str = param(default="keep", choices=("keep", "zero"), doc="what becomes of NaN and infinity in the file")

    def info(self, ctx: Context) -> ImageInfo:
        material = self._material(ctx)
        found = self._file(ctx, material)
        if found is None:
            size = ctx.project.size
            info = ImageInfo(size.region, size.region, (RGBA,), size.pixel_aspect)
        else:
            info = found.image
            metadata = (
                info.metadata if self.raw else {k: v for k, v in info.metadata.items() if k not in COLOR_ATTRIBUTES}
            )
            info = info.with_(metadata=metadata)
        data = {"file": info.data, "black": EMPTY, "checkerboard": info.display}[material.shown]
        return info.with_(
            display=info.display.scaled(ctx.scale),
            data=data.scaled(ctx.scale),
            colorspace="" if self.raw else ctx.project.working,
            frames=material.frames,
        )

    def frame_key(self, ctx: Context) -> object:
        return None  # extra_key names the file, which is all that the frame decides

    def extra_key(self, ctx: Context) -> object:
        material = self._material(ctx)
        found = self._file(ctx, material)
        stamp = _reader(ctx).stamp(material.path) if material.path else None
        transform = None if found is None else self._transform(ctx, found)
        return stamp, material.shown, material.frames, None if transform is None else transform.key

    def source_files(self, ctx: Context) -> Sequence[str]:
        material = self._material(ctx)
        return (material.path,) if material.shown == "file" else ()

    def warnings(self, ctx: Context) -> Sequence[str]:
        return (*self._stood_in(ctx), *self._doubtful(ctx), *self._unread(ctx))

    def _unread(self, ctx: Context) -> Sequence[str]:
        found = self._file(ctx, self._material(ctx))
        if found is None or self.view or len(found.views) < 2:
            return ()
        return (f"the file has the views {listing(found.views)}, of which {found.views[0]} is read; name one in view",)

    def _doubtful(self, ctx: Context) -> Sequence[str]:
        found = self._file(ctx, self._material(ctx))
        told = None if found is None or self.raw or self.colorspace else self._space(ctx, found)
        if told is None or not told.doubt:
            return ()
        return (f"the file's {told.doubt}, so that it is taken for {told.space}; choose its colorspace",)

    def _stood_in(self, ctx: Context) -> Sequence[str]:
        pattern, material = self._path(ctx), self._material(ctx)
        if material.frames is None:
            return ()
        number = math.floor(ctx.frame - self.offset + 0.5)
        first, last = (frame - self.offset for frame in material.frames)
        shown = os.path.basename(material.path) if material.shown == "file" else material.shown
        if not first <= number <= last:
            # To go round or to be black is asked for; to be held is what happens when nobody has thought of it.
            held = (self.before if number < first else self.after) == "hold"
            return (f"frame {number} is outside {first}-{last}, {shown} is held",) if held else ()
        if material.shown == "file" and material.path == pattern.path(number):
            return ()
        return (f"frame {number} has no file, {shown} is shown in its place",)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        material = self._material(ctx)
        if material.shown != "file":
            return {name: self._stand_in(ctx, ctx.output.layer(name), material.shown) for name in ctx.layers}
        found = cast(FileInfo, self._file(ctx, material))
        transform = self._transform(ctx, found)
        region = source_region(ctx.region, ctx.scale).intersect(found.data)
        pixels = _reader(ctx).pixels(material.path, ctx.layers, region, self.view)
        out = {}
        for name in ctx.layers:
            ctx.check()
            layer = found.image.layer(name)
            x = pixels.pop(name).to(ctx.device)
            if self.nonfinite == "zero":
                x = x.nan_to_num(0.0, 0.0, 0.0)
            if converts(layer.kind):
                x = self._converted(ctx, x, layer, found, transform)
            x, covered = downscale(x, region, ctx.scale, layer.kind)
            out[name] = Image(ctx.output, covered, {name: x}).tensor(name, ctx.region).contiguous()
        return out

    def _path(self, ctx: Context) -> FilePattern:
        self.require(bool(self.file), "no file is chosen")
        return FilePattern.of(self.file, ctx.project.folder)

    def _material(self, ctx: Context) -> _Material:
        # A folder that a render writes into changes all the time, and each look at it lists it.
        return cast(_Material, ctx.once("material", lambda: self._found(ctx)))

    def _found(self, ctx: Context) -> _Material:
        pattern = self._path(ctx)
        if not pattern.numbered or os.path.isfile(pattern.text):
            return _Material(pattern.text, "file", None)
        present: Sequence[int] | None = None
        if self.range:
            numbers = parse_frames(self.range)
            first, last = min(numbers), max(numbers)
        elif present := _reader(ctx).frames(pattern):
            first, last = present[0], present[-1]
        else:
            first = last = math.floor(ctx.frame + 0.5) - self.offset
        frames = (first + self.offset, last + self.offset)
        number = resolve_frame(ctx.frame - self.offset, first, last, self.before, self.after)  # type: ignore[arg-type]
        if number is not None and os.path.isfile(pattern.path(number)):
            return _Material(pattern.path(number), "file", frames)
        if present is None:
            present = _reader(ctx).frames(pattern)
        like = stand_in(first if number is None else number, present, pattern)
        nearest = "" if like is None else pattern.path(like)
        if number is None:
            return _Material(nearest, "black", frames)
        instead = replace_missing(number, present, self.missing, pattern)  # type: ignore[arg-type]
        if instead is None:
            return _Material(nearest, cast(Literal["black", "checkerboard"], self.missing), frames)
        return _Material(pattern.path(instead), "file", frames)

    def _file(self, ctx: Context, material: _Material) -> FileInfo | None:
        return _reader(ctx).info(material.path, self.view) if material.path else None

    def _transform(self, ctx: Context, found: FileInfo) -> ColorTransform | None:
        if self.raw:
            return None
        space = self.colorspace or self._space(ctx, found).space
        return ctx.colors.convert(space, ctx.colors.working)

    def _space(self, ctx: Context, found: FileInfo) -> InputSpace:
        depth = next((layer.depth for layer in found.layers if converts(layer.kind)), found.depth)
        return input_space(ctx.colors, found.path, depth, found.metadata)

    def _converted(
        self, ctx: ComputeContext, x: Tensor, layer: Layer, found: FileInfo, transform: ColorTransform | None
    ) -> Tensor:
        """Colour `[C, h, w]` in the working space, multiplied by its alpha."""
        if layer.rgb is None or layer.rgb != (0, 1, 2) or x.shape[0] > 4:
            return x
        mode = self.alpha
        if mode == "auto":
            mode = "straight" if found.straight else "premultiplied" if layer.depth.startswith("uint") else "ignore"
        weight = x[3:4] if layer.alpha is not None and mode != "ignore" and not self.raw else None
        if transform is not None and not transform.identity:
            if weight is not None and mode == "premultiplied":
                x = torch.cat((x[:3] / weight.where(weight != 0, 1.0), weight))
            x = transform.apply(x, ctx.check)
        elif mode == "premultiplied":
            return x
        if weight is None:
            return x
        if mode == "premultiplied":
            weight = weight.where(weight != 0, 1.0)
        return torch.cat((x[:3] * weight, x[3:]))

    def _stand_in(self, ctx: ComputeContext, layer: Layer, shown: str) -> Tensor:
        """Black, or grey squares in the colour layers; both opaque nowhere but where there are squares."""
        region = ctx.region
        out = torch.zeros((len(layer.channels), region.height, region.width), device=ctx.device)
        if shown == "black" or not converts(layer.kind):
            return out
        side = _CHECK * ctx.scale
        rows = torch.arange(region.y0, region.y1, device=ctx.device).div(side, rounding_mode="floor")
        columns = torch.arange(region.x0, region.x1, device=ctx.device).div(side, rounding_mode="floor")
        squares = (rows[:, None] + columns[None, :]).remainder(2) * 0.2 + 0.1
        out[:] = squares
        if layer.alpha is not None:
            out[layer.alpha] = 1
        return out


def _reader(ctx: Context) -> Reader:
    return cast(Reader, ctx.service("reader"))
