import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    RimlightError,
    full_path,
    listing,
    node,
    param,
    port,
    read_regular,
    reason_of,
)  # fmt: skip

from ..nuke.keying import CRYPTOMATTE
from ..ops.cryptomatte import (
    Wanted,
    attributes_of,
    coverage,
    edges_of,
    id_colors,
    id_of_float,
    layer_types,
    parse_manifest,
    parse_matte_list,
    toggled,
    wanted_ids,
)
from ..ops.receive import receiving
from .base import MatteNode

_EDGE = (1.0, 0.9, 0.1)
"""Colour of the outline of what is chosen."""
_MAX_BYTES = 256 << 20
_DIM = 0.25
"""How bright what is not chosen stays in the picture of all ids."""


def _checked_list(text: object) -> str:
    if not isinstance(text, str):
        raise ValueError("expected text such as 'car*, road'")
    parse_matte_list(text)
    return text.strip()


@node(
    "key.cryptomatte",
    see="merge.keymix desktop#transforms recipes#a-rim-light-that-leaves-the-ground-alone",
    label="Cryptomatte",
    nuke=CRYPTOMATTE,
)
class Cryptomatte(MatteNode):
    """Mattes of objects, materials or assets by their names, from the ids that renderers write as Cryptomatte.

    In the viewer, with the properties open, Alt+Shift+click puts the thing under the mouse into the list, or takes it
    out again. Or write names with commas between: `/hero/head, /hero/arm*, -*_eye`. `*` and `?` stand for any letters,
    `-` in front takes away what was chosen before it. Names with commas or spaces at their ends are put in quotes, and
    an id goes in `<...>`, as a number or as the eight digits of the manifest.

    The matte is the sum of the coverages of all that is chosen, exact at soft edges and through motion blur. The
    manifest comes from the picture's metadata or from a file beside it; names that it lacks are hashed, so that only
    wildcards need one. Cryptomatte layers must reach this node untouched, at full precision.
    """

    image: Image = port("the picture with the cryptomatte layers")
    crypto_layer: str = param(
        default="", place="top", doc="which cryptomatte, such as crypto_object; empty takes the first"
    )
    matte_list: str = param(
        default="", role="text", parse=_checked_list, place="top", doc="what is in the matte: names with commas between"
    )
    preview: str = param(
        default="none", choices=("none", "edges", "colors"),
        doc="what red, green and blue show: the picture, with an outline of the matte, or a colour for every thing",
    )  # fmt: skip
    manifest_file: str = param(
        default="", role="file", doc="JSON file with names and ids; empty takes what the metadata holds"
    )

    def layers_read(self, ctx: Context) -> tuple[str, tuple[str, ...]]:
        """The cryptomatte's name and its ranked layers. Raises RimlightError."""
        info = ctx.info("image")
        types = layer_types(info)
        self.require(bool(types), f"the picture has no cryptomatte layers, it has {listing(info.names)}")
        name = self.crypto_layer or next(iter(types))
        self.require(name in types, f"there is no cryptomatte '{name}', there are {listing(list(types))}")
        return name, types[name]

    def manifest(self, ctx: Context) -> Mapping[str, int]:
        """Bits of ids by name; nothing where no manifest is known. Raises RimlightError."""
        if self.manifest_file:
            path = self._file(ctx)
            return _manifest_of_file(path, *ctx.service("reader").stamp(path)[1:])
        text = attributes_of(ctx.info("image").metadata, self.layers_read(ctx)[0]).get("manifest", "")
        return _manifest(text) if text else {}

    def _file(self, ctx: Context) -> str:
        return full_path(self.manifest_file, ctx.project.folder)

    def picture(self, ctx: Context) -> ImageInfo:
        info = super().picture(ctx)
        return info if self.preview == "none" else receiving(info, "rgb")[0]

    def info(self, ctx: Context) -> ImageInfo:
        self.layers_read(ctx)
        return super().info(ctx)

    def extra_key(self, ctx: Context) -> object:
        return ctx.service("reader").stamp(self._file(ctx)) if self.manifest_file else None

    def source_files(self, ctx: Context) -> Sequence[str]:
        return (self._file(ctx),) if self.manifest_file else ()

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        shown = {MAIN} if self.preview != "none" and self.mix else set()
        return super().changes(ctx, layers) | shown & set(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        wanted = dict.fromkeys((*(n for n in layers if info.has(n)), *self.layers_read(ctx)[1]))
        around = region.expand(1) if self.preview == "edges" else region
        return (Need("image", around, tuple(wanted)), *self.mask_needs(ctx, region))

    def warnings(self, ctx: Context) -> Sequence[str]:
        name, layers = self.layers_read(ctx)
        info = ctx.info("image")
        half = [n for n in layers if info.layer(n).depth not in ("float", "uint32")]
        found = [f"{listing(half)} comes as {info.layer(half[0]).depth}: ids need 32 bits"] if half else []
        entries, manifest = parse_matte_list(self.matte_list), self.manifest(ctx)
        beside = attributes_of(info.metadata, name).get("manif_file", "")
        if not manifest and any(not entry.quoted and set(entry.name) & set("*?") for entry in entries):
            hint = f"; it is in '{beside}' beside the picture, choose it as manifest file" if beside else ""
            return (*found, f"wildcards need a manifest, and the metadata has none{hint}")
        if manifest:
            lost = [e.name for e in entries if not wanted_ids([_kept(e)], manifest) & set(manifest.values())]
            found += [f"not in the manifest: {listing(lost)}"] if lost else []
        return found

    def chosen(self, ctx: Context) -> frozenset[int]:
        """Bits of the ids in the matte. Raises RimlightError."""
        return wanted_ids(parse_matte_list(self.matte_list), self.manifest(ctx))

    def pick_layers(self, ctx: Context) -> Sequence[str]:
        return self.layers_read(ctx)[1]

    def picked(self, ctx: Context, pixel: Mapping[str, Tensor]) -> Mapping[str, Any]:
        ranks = torch.cat([pixel[name] for name in self.layers_read(ctx)[1]])
        bits = id_of_float(float(ranks[0::2][int(ranks[1::2].argmax())]))
        if bits == 0:
            return {}
        return {"matte_list": toggled(self.matte_list, bits, self.manifest(ctx))}

    def matte(self, ctx: ComputeContext) -> Tensor:
        return self._coverage(ctx, ctx.region)

    def _coverage(self, ctx: ComputeContext, region: Region) -> Tensor:
        image = ctx.image("image")
        ranks = [image.tensor(name, region) for name in self.layers_read(ctx)[1]]
        # Renderers round: a pixel that is covered wholly may add up to a little more than one.
        return coverage(ranks, self.chosen(ctx)).clamp(0, 1)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out = dict(super().compute(ctx))
        found = ctx.output.layer(MAIN).rgb if MAIN in out and self.preview != "none" else None
        if found is None:
            return out
        rgb, x = list(found), out[MAIN].clone()
        x[rgb] = self.blend(ctx, x[rgb], self._preview(ctx, x[rgb]))
        return out | {MAIN: x}

    def _preview(self, ctx: ComputeContext, rgb: Tensor) -> Tensor:
        if self.preview == "edges":
            matte = self._coverage(ctx, ctx.region.expand(1))
            edge = edges_of(matte)[:, 1:-1, 1:-1]
            return torch.where(edge > 0, rgb.new_tensor(_EDGE)[:, None, None], rgb)
        ranks = [ctx.image("image").tensor(name, ctx.region) for name in self.layers_read(ctx)[1]]
        colors = id_colors(ranks)
        return torch.lerp(colors * _DIM, colors, self._coverage(ctx, ctx.region)) if self.matte_list else colors


def _kept(entry: Wanted) -> Wanted:
    return Wanted(entry.name, entry.bits, entry.quoted)


@functools.lru_cache(maxsize=16)
def _manifest(text: str) -> Mapping[str, int]:
    return parse_manifest(text)


@functools.lru_cache(maxsize=16)
def _manifest_of_file(path: str, changed: int, size: int) -> Mapping[str, int]:
    """The manifest in a file, read once per content."""
    try:
        text = read_regular(Path(path), _MAX_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RimlightError(f"the manifest file '{path}' cannot be read: {reason_of(error)}") from None
    return parse_manifest(text)
