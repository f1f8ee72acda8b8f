"""Which part of an EXR holds which layers, under which names and over which window.

Layers that were read from an EXR keep their parts, names and windows as far as a reader finds the same layers by them;
others get the names of the standard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..image import Image
from ..layers import MAIN, Layer
from ..region import EMPTY, Region
from .naming import StoredChannel, StoredPart, base_name, layers_of

if TYPE_CHECKING:
    from .write import WriteOptions


@dataclass(frozen=True, slots=True)
class LayerSettings:
    """A layer as it is to be stored."""

    layer: Layer
    depth: str
    compression: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part to write: its layers with the names of their channels, and the window that these had in their file."""

    name: str
    view: str
    layers: tuple[tuple[LayerSettings, tuple[str, ...]], ...]
    data: Region = EMPTY

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(name for _, names in self.layers for name in names)


def parts_of(settings: Sequence[LayerSettings], options: "WriteOptions") -> list[Part]:
    """The parts of a file, in order."""
    if options.parts == "auto":
        for named in (True, False):
            parts = _as_read(settings, options.view, named)
            if _reads_back(parts):
                return parts
    groups: dict[str, list[LayerSettings]] = {}
    for s in settings:
        groups.setdefault(s.layer.name if options.parts == "layers" else s.compression, []).append(s)
    alone = len(groups) == 1
    return [
        Part(_with_view(group[0].layer.name, options.view), options.view, _named(group, alone))
        for group in groups.values()
    ]


def windows_of(parts: Sequence[Part], image: Image, region: Region) -> list[Region]:
    """The windows of the parts of a picture that has pixels in `region`: smaller ones that the parts came with are kept
    where nothing lies outside.
    """
    together = EMPTY
    for part in parts:
        together = together.union(part.data)
    if len(parts) == 1 or together != region or any(part.data.is_empty for part in parts):
        return [region] * len(parts)
    return [part.data if _black_outside(part, image) else region for part in parts]


def _black_outside(part: Part, image: Image) -> bool:
    planes = (image[s.layer.name] for s, _ in part.layers)
    rows, columns = image.region.slices_of(part.data)
    return all(int(x.count_nonzero()) == int(x[:, rows, columns].count_nonzero()) for x in planes)


def _named(group: Sequence[LayerSettings], alone: bool) -> tuple[tuple[LayerSettings, tuple[str, ...]], ...]:
    return tuple((s, channel_names(s.layer, alone)) for s in group)


def channel_names(layer: Layer, alone: bool) -> tuple[str, ...]:
    """The names of a layer's channels by the standard: `R`, `diffuse.R`.

    In a file of one part (`alone`) the channel of a layer with the same name is only called by it: `mask`. In other
    parts a name without a layer would be taken for a channel of the layer that the part is named after.
    """
    if layer.name == MAIN:
        return layer.channels
    last = layer.name.rsplit(".", 1)[-1]
    if alone and layer.channels in ((last,), (layer.name,)):
        return (layer.name,)
    return tuple(f"{layer.name}.{channel}" for channel in layer.channels)


def _as_read(settings: Sequence[LayerSettings], view: str, named: bool) -> list[Part]:
    """The parts as the layers came in them; layers of no file are in the part of the first that has one."""
    known = [s.layer.stored for s in settings if s.layer.stored is not None]
    homes = [s.layer.stored or next(iter(known), None) for s in settings]
    groups: dict[tuple[int, str, str, str], list[LayerSettings]] = {}
    for s, home in zip(settings, homes, strict=True):
        key = (home.number, home.part, home.view, s.compression) if home is not None else (0, "", "", s.compression)
        groups.setdefault(key, []).append(s)
    alone, parts, taken = len(groups) == 1, [], set[str]()
    for (_, part, old, _), group in sorted(groups.items(), key=lambda item: item[0][0]):
        name = part if not view or view == old else _with_view(base_name(part, old), view)
        if not part or name in taken:
            name = _with_view(group[0].layer.name, view or old)
        taken.add(name)
        data = EMPTY
        for s in group:
            data = data.union(s.layer.stored.data) if s.layer.stored is not None else data
        standard = _named(group, alone)
        kept = tuple((s, (named and s.layer.stored and s.layer.stored.channels) or names) for s, names in standard)
        parts.append(Part(name, view or old, kept, data))
    return parts


def _with_view(name: str, view: str) -> str:
    return ".".join(word for word in (name, view) if word)


def _reads_back(parts: Sequence[Part]) -> bool:
    """Whether a reader of the file, where channels are sorted by name, finds what was written, and nothing else."""
    names = [part.name for part in parts]
    if len(set(names)) < len(names) or any(len(set(p.channels)) < len(p.channels) for p in parts):
        return False
    _, found = layers_of([
        StoredPart(part.name, part.view, (), tuple(StoredChannel(i, name, "") for name in sorted(part.channels)))
        for i, part in enumerate(parts)
    ])  # fmt: skip
    if any(f.luma for f in found):  # read as red, green and blue, which nothing is that is written as Y
        return False
    read = {f.layer.name: {(c, s.part, s.name) for c, s in zip(f.layer.channels, f.stored, strict=True)} for f in found}
    return read == {
        s.layer.name: {(channel, i, name) for channel, name in zip(s.layer.channels, names, strict=True)}
        for i, part in enumerate(parts)
        for s, names in part.layers
    }
