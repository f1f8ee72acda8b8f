from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar, cast

import torch

from rimlight.engine import (
    COLOR_ATTRIBUTES,
    Chromaticities,
    ColorConfig,
    ColorTransform,
    Context,
    FilePattern,
    Image,
    ImageInfo,
    Layer,
    Node,
    Region,
    RimlightError,
    Tier,
    WriteOptions,
    attributes_of,
    converts,
    defaulted,
    input_space,
    listing,
    model_stamps,
    node,
    param,
    port,
    select,
    take,
    write_formats,
)

from ..nuke.files import WRITE

_DEPTHS = ("auto", "half", "float", "uint8", "uint10", "uint12", "uint16", "uint32")
_COMPRESSIONS = (
    "auto", "none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab", "lzw", "packbits",
)  # fmt: skip
_STRAIGHT = (".png", ".tga")
_TEXT_ONLY = (".tif", ".tiff", ".jpg", ".jpeg", ".dpx", ".tga")
"""Formats that keep a description but no attributes of other names."""


@dataclass(frozen=True)
class _Rule:
    """How the layers that a pattern names are stored."""

    pattern: str
    depth: str
    compression: str


@node(
    "image.write",
    see="image.read light.write_rig draw.dither command_line#rendering command_line#what-an-exr-keeps",
    reads=("frame", "tier"),
    version=2,
    nuke=WRITE,
    upgrades={1: defaulted(parts="single")},
)
class Write(Node):
    """Writes its input to a file: EXR with all its layers, or PNG, TIFF, JPEG, HDR, DPX or Targa with one.

    The file appears under its name only when it is whole. Folders are made. Colour layers are converted from the
    working space to that of the file; other layers are written as they are. The image passes through unchanged.
    """

    image: Image = port("the image to write")
    sink: ClassVar[bool] = True

    file: str = param(default="", role="file", doc="the file, with #### for the frame number", place="top")
    channels: str = param(
        default="all",
        role="channels",
        doc="layers and channels to write; formats with one layer take the main one of all",
    )
    depth: str = param(default="auto", choices=_DEPTHS, doc="bits of a channel; auto keeps what the layer came with")
    compression: str = param(default="auto", choices=_COMPRESSIONS, doc="auto is zip for EXR and TIFF")
    layer_options: str = param(
        default="",
        doc="depth and compression of single layers, such as `depth=float crypto*=float:zips`; "
        "layers with another compression become parts of their own",
    )
    dwa_level: float = param(
        default=45.0, hard=(0, 10000), soft=(0, 200), doc="loss of dwaa and dwab, higher is smaller"
    )
    jpeg_quality: int = param(
        default=95, hard=(1, 100), soft=(1, 100), doc="quality of JPEG: higher is larger, with less loss"
    )
    parts: str = param(
        default="auto",
        choices=("auto", "single", "layers"),
        doc="parts of an EXR: auto keeps those that layers came in, with their names and windows; single is one for "
        "all layers, layers one for each",
    )
    tile: int = param(
        default=0, hard=(0, 4096), soft=(0, 512), doc="side of the tiles of an EXR in pixels, 0 for scanlines"
    )
    window: str = param(
        default="data", choices=("data", "display"), doc="pixels of an EXR: all there are, or those of the frame"
    )
    view: str = param(default="", doc="name of the view, such as left, written into an EXR")
    colorspace: str = param(
        default="", role="colorspace", doc="colour space of the file; empty is what Read takes such a file for"
    )
    raw: bool = param(
        default=False, doc="write the numbers as they are, without colour conversion, such as behind an OCIODisplay"
    )
    alpha: str = param(
        default="auto",
        choices=("auto", "premultiplied", "straight"),
        doc="whether colour is divided by alpha before it is written; auto does so for PNG and Targa",
    )
    metadata: bool = param(default=True, doc="write the metadata of the image")
    allow_draft: bool = param(default=False, doc="write pictures of draft quality too")

    def identity(self, ctx: Context) -> str | None:
        return "image"

    def target(self, ctx: Context) -> str:
        """The file of a frame. Raises RimlightError when there is none to write, the picture is only a draft, or it
        could not be written as the parameters say.
        """
        self.require(bool(self.file), "no file is chosen")
        self.require(
            self.allow_draft or ctx.tier is not Tier.DRAFT,
            "drafts are not written; render at the final tier or allow drafts",
        )
        suffix = PurePath(self.file).suffix.lower()
        self.require(
            suffix in write_formats(),
            f"file '{self.file}': pictures of type '{suffix}' are not written, expected {listing(write_formats(), 20)}",
        )
        path = FilePattern.of(self.file, ctx.project.folder).path(ctx.frame)
        # Before the picture is computed, which may take an hour.
        chosen = self._chosen(ctx.info("image"))
        self._transform(chosen, path, ctx)
        info = ctx.info("image").with_(layers=tuple(layer for layer, _ in chosen))
        ctx.service("writer").check(info, path, self._options(info, {}))
        return path

    def wanted(self, info: ImageInfo) -> tuple[Region, tuple[str, ...]]:
        """The region and layers to evaluate."""
        layers = tuple(layer.name for layer, _ in self._chosen(info))
        whole = self._is_exr and self.window == "data"
        return (info.data if whole else info.data.intersect(info.display)), layers

    def write(self, image: Image, path: str, provenance: Mapping[str, str], ctx: Context) -> list[str]:
        """Write a frame; returns warnings. Raises FileError, and leaves what was there before."""
        chosen = self._chosen(image.info)
        config, space, transform = self._transform(chosen, path, ctx)
        pixels = {}
        for layer, indices in chosen:
            x = take(image[layer.name], indices)
            if converts(layer.kind) and layer.rgb == (0, 1, 2) and x.shape[0] <= 4:
                if self._divides and layer.alpha is not None:
                    alpha = x[3:4]
                    x = torch.cat((x[:3] / alpha.where(alpha != 0, 1.0), alpha))
                x = x if transform is None else transform.apply(x)
            pixels[layer.name] = x
        info = image.info.with_(layers=tuple(layer for layer, _ in chosen))
        ready = Image(info, image.region, pixels)
        if self._is_exr and self.window == "display" and image.region != info.display:
            ready = Image(info, info.display, {name: ready.tensor(name, info.display) for name in pixels})
        attributes = {} if self.raw or not self._is_exr else _colors_of(config, space)
        options = self._options(info, self._metadata(info, attributes, provenance))
        written = cast(list[str], ctx.service("writer").write(ready, path, options))
        return [*_no_numbers(image, [layer.name for layer, _ in chosen]), *written]

    def warnings(self, ctx: Context) -> Sequence[str]:
        info, config = ctx.info("image"), ctx.colors
        if self.raw or info.colorspace in ("", config.working, ctx.project.working):
            return ()
        return (
            f"the picture is in {info.colorspace} already and is converted once more, as if it were in "
            f"{config.working}; tick raw",
        )

    @property
    def _suffix(self) -> str:
        return PurePath(self.file).suffix.lower()

    @property
    def _is_exr(self) -> bool:
        return self._suffix == ".exr"

    @property
    def _divides(self) -> bool:
        return self.alpha == "straight" or (self.alpha == "auto" and self._suffix in _STRAIGHT)

    def _chosen(self, info: ImageInfo) -> list[tuple[Layer, tuple[int, ...]]]:
        """The layers to write, with the chosen channels."""
        if not self._is_exr and self.channels.strip() in ("all", "*"):
            colors = [layer for layer in info.layers if converts(layer.kind)] or list(info.layers)
            return [(layer, tuple(range(len(layer.channels)))) for layer in colors[:1]]
        found = select(self.channels, info.layers)
        if not found:
            raise RimlightError(
                f"channels '{self.channels}' names nothing of the image, which has {listing(info.names)}"
            )
        return [
            (info.layer(name).with_channels([info.layer(name).channels[i] for i in indices]), indices)
            for name, indices in found.items()
        ]

    def _transform(
        self, chosen: list[tuple[Layer, tuple[int, ...]]], path: str, ctx: Context
    ) -> tuple[ColorConfig, str, ColorTransform | None]:
        """The config, the file's colour space and the way into it, None where the numbers stay as they are."""
        config = ctx.colors
        space = self.colorspace or input_space(config, path, self._stored_depth(chosen)).space
        return config, space, None if self.raw else config.convert(config.working, space)

    def _stored_depth(self, chosen: list[tuple[Layer, tuple[int, ...]]]) -> str:
        """The depth by which the file's colour space is told: that of a reader who sees the file."""
        if self.depth != "auto":
            return self.depth
        return "half" if self._suffix in (".exr", ".hdr") else _integer(chosen[0][0].depth, self._suffix)

    def _metadata(
        self, info: ImageInfo, attributes: Mapping[str, object], provenance: Mapping[str, str]
    ) -> dict[str, object]:
        # What a raw Read left of the file's colours still holds where nothing is converted here either.
        left_out = frozenset() if self.raw else COLOR_ATTRIBUTES
        kept = {} if not self.metadata else {k: v for k, v in info.metadata.items() if k not in left_out}
        provenance = {**model_stamps(info.metadata), **provenance}
        found = {**kept, **attributes, **provenance}
        if self._suffix in _TEXT_ONLY and provenance:
            found["ImageDescription"] = " ".join(f"{name}={value}" for name, value in provenance.items())
        return found

    def _options(self, info: ImageInfo, metadata: Mapping[str, object]) -> WriteOptions:
        depths, compressions = {}, {}
        for rule in _rules(self.layer_options):
            for name in select(rule.pattern, info.layers):
                if rule.depth:
                    depths[name] = rule.depth
                if rule.compression:
                    compressions[name] = rule.compression
        return WriteOptions(
            layers=info.names,
            depth=self.depth,  # type: ignore[arg-type]
            compression="" if self.compression == "auto" else self.compression,
            depths=depths,  # type: ignore[arg-type]
            compressions=compressions,
            dwa_level=self.dwa_level,
            jpeg_quality=self.jpeg_quality,
            parts=self.parts,  # type: ignore[arg-type]
            tile=self.tile,
            view=self.view,
            metadata=metadata,
        )


def _no_numbers(image: Image, names: Sequence[str]) -> list[str]:
    """A sentence for each colour layer with pixels that are no numbers, which spread through every filter."""
    found = []
    for name in names:
        x, layer = image[name], image.info.layer(name)
        # The sum tells it in one pass; infinities of both signs give one, too, and are looked at closer.
        if not converts(layer.kind) or not bool(x.sum().isnan()):
            continue
        bad = x.isnan().any(0)
        if count := int(bad.sum()):
            y, column = divmod(int(bad.flatten().to(torch.uint8).argmax()), bad.shape[1])
            at = image.info.display.to_artist(image.region.x0 + column + 0.5, image.region.y0 + y + 0.5)
            told = "1 pixel that is no number" if count == 1 else f"{count} pixels that are no numbers"
            found.append(f"layer '{name}' has {told} (NaN), the first at {at[0]:g}, {at[1]:g}")
    return found


def _integer(depth: str, suffix: str) -> str:
    return depth if suffix in (".tif", ".tiff") else "uint8"


def _colors_of(config: ColorConfig, space: str) -> dict[str, object]:
    found = attributes_of(config, space)
    if "chromaticities" in found:
        found["chromaticities"] = Chromaticities(*found["chromaticities"])
    return found


def _rules(text: str) -> list[_Rule]:
    """`depth=float crypto*=float:zips` as rules. Raises RimlightError."""
    rules = []
    for token in text.replace(",", " ").split():
        pattern, found, value = token.partition("=")
        words = value.split(":")
        unknown = [w for w in words if w not in _DEPTHS and w not in _COMPRESSIONS]
        if not found or not pattern or unknown or len(words) > 2:
            raise RimlightError(
                f"layer options '{token}': expected layer=depth, layer=compression or layer=depth:compression"
            )
        depth = next((w for w in words if w in _DEPTHS), "")
        rules.append(_Rule(pattern, depth, next((w for w in words if w in _COMPRESSIONS and w != depth), "")))
    return rules
