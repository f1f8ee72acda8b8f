"""Layers, their kinds, and the channel patterns with which nodes choose what they touch.

A layer is a named group of channels with one kind. The kind decides how it may be treated: only colour layers are
colour-managed, filtered as light, or exposed. The main picture is the layer `rgba`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .errors import RimlightError, listing
from .region import Region

MAIN = "rgba"


class LayerKind(StrEnum):
    """What the numbers of a layer are."""

    COLOR = "color"
    DATA = "data"
    NORMAL = "normal"
    POSITION = "position"
    DEPTH = "depth"
    MATTE = "matte"
    MOTION = "motion"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the EXR that a layer was read from holds it, so that it can be written as it came.

    part, view : names of the part and of its view. number : of the part in the file. data : the window of the part.
    channels : the names of the layer's channels there, without that of a view; none where they are not kept.
    """

    part: str
    view: str
    number: int
    data: Region
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer's description: its name, channel names in order, kind, and the bit depth it was stored with.

    `depth` is `half`, `float`, `uint8`, `uint10`, `uint16` or `uint32`: how a file stored it. In memory every layer is
    float32. The kind may be given as text, `"matte"`. `stored` is where it comes from and makes no other layer of it.
    Raises RimlightError for no name, no channels or no such kind.
    """

    name: str
    channels: tuple[str, ...]
    kind: LayerKind = LayerKind.COLOR
    depth: str = "half"
    stored: Stored | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.name or not self.channels:
            raise RimlightError(f"layer '{self.name}' has the channels {listing(self.channels)}: both need a name")
        if type(self.channels) is not tuple:
            object.__setattr__(self, "channels", tuple(self.channels))
        if type(self.kind) is not LayerKind:
            if self.kind not in list(LayerKind):
                raise RimlightError(f"layer '{self.name}': kind '{self.kind}': expected {listing(list(LayerKind))}")
            object.__setattr__(self, "kind", LayerKind(self.kind))
        if self.stored is not None and len(self.stored.channels) not in (0, len(self.channels)):
            object.__setattr__(self, "stored", replace(self.stored, channels=()))  # names of others

    def index(self, channel: str) -> int:
        """Position of a channel by name. Raises ValueError when the layer has no such channel."""
        return self.channels.index(channel)

    @property
    def alpha(self) -> int | None:
        """Index of the alpha channel, or None."""
        return self.channels.index("A") if "A" in self.channels and self.kind is LayerKind.COLOR else None

    @property
    def rgb(self) -> tuple[int, int, int] | None:
        """Indices of red, green and blue, or None when the layer lacks one of them."""
        if all(c in self.channels for c in "RGB"):
            return self.index("R"), self.index("G"), self.index("B")
        return None

    def with_channels(self, channels: Sequence[str]) -> "Layer":
        """A copy with other channels; kind, depth and name stay."""
        stored = self.stored
        if stored is not None and stored.channels:
            names = dict(zip(self.channels, stored.channels, strict=True))
            kept = tuple(names[c] for c in channels) if set(channels) <= names.keys() else ()
            stored = replace(stored, channels=kept)
        return replace(self, channels=tuple(channels), stored=stored)


RGBA = Layer(MAIN, ("R", "G", "B", "A"))
RGB = Layer(MAIN, ("R", "G", "B"))
ALPHA = Layer("alpha", ("A",), LayerKind.MATTE)


# The fixed names of the light layers (DESIGN 4): every producer and consumer of light uses these and no others.
LIGHT_LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer("albedo", ("R", "G", "B")),
        Layer("shading", ("R", "G", "B")),
        Layer("specular", ("R", "G", "B")),
        Layer("residual", ("R", "G", "B")),
        Layer("normal", ("X", "Y", "Z"), LayerKind.NORMAL),
        Layer("depth", ("Z",), LayerKind.DEPTH),
        Layer("position", ("X", "Y", "Z"), LayerKind.POSITION),
        Layer("roughness", ("V",), LayerKind.DATA),
        Layer("f0", ("R", "G", "B"), LayerKind.DATA),
        Layer("shadow", ("V",), LayerKind.MATTE),
        Layer("confidence", ("V",), LayerKind.MATTE),
    )
}

LEDGER_ERROR = "rimlight:ledger_error"
"""Attribute of a picture: how much of it no light layer explains, relative to its brightness."""

_KIND_BY_WORD: tuple[tuple[LayerKind, tuple[str, ...]], ...] = (
    (LayerKind.DEPTH, ("depth", "z", "mist", "zdepth")),
    (LayerKind.NORMAL, ("normal", "normals", "n", "nn", "bump")),
    (LayerKind.POSITION, ("position", "p", "pworld", "pref", "pos", "point")),
    (LayerKind.MOTION, ("motion", "motionvector", "vector", "forward", "backward", "velocity", "speed")),
    (LayerKind.MATTE, ("alpha", "mask", "matte", "shadow", "confidence", "coverage", "ao", "occlusion", "visibility")),
    (LayerKind.DATA, ("uv", "st", "id", "objectid", "materialid", "index", "crypto", "roughness", "f0", "samples")),
)  # fmt: skip


def guess_kind(name: str, channels: Sequence[str]) -> LayerKind:
    """The kind of a layer from its name and channel names, as renderers name them; colour where nothing says other."""
    word = name.lower().rsplit(".", 1)[-1].strip("_ ")
    bare = word.replace("_", "").replace(" ", "")
    if name in LIGHT_LAYERS:
        return LIGHT_LAYERS[name].kind
    if word.startswith(("crypto", "cryptomatte")) or "cryptomatte" in name.lower():
        return LayerKind.DATA
    for kind, words in _KIND_BY_WORD:
        if bare in words:
            return kind
    letters = {c.rsplit(".", 1)[-1].upper() for c in channels}
    if letters and letters <= {"R", "G", "B", "A", "Y", "RY", "BY", "RED", "GREEN", "BLUE", "ALPHA", "AR", "AG", "AB"}:
        return LayerKind.MATTE if letters <= {"A", "ALPHA"} else LayerKind.COLOR
    if letters == {"Z"} or letters == {"Z", "ZBACK"}:
        return LayerKind.DEPTH
    return LayerKind.DATA


# What a channel pattern resolves to: for each layer the indices of the chosen channels, in the layer's order.
Selection = dict[str, tuple[int, ...]]

_GROUPS = {"rgb": ("R", "G", "B"), "rgba": ("R", "G", "B", "A"), "alpha": ("A",), "a": ("A",)} | {
    c.lower(): (c,) for c in "RGB"
}


def select(pattern: str, layers: Iterable[Layer]) -> Selection:
    """The channels a pattern names.

    Patterns, separated by spaces or commas, `-` in front to take away: `all`, `none`, `rgb`, `rgba`, `alpha`, `r`, `g`,
    `b` (of the main layer), a layer name (`diffuse`, `light_*`), a layer with channels (`diffuse.rgb`, `normal.X`), a
    kind (`kind:color`, every layer of that kind without alpha). What the image does not have is left out silently, as
    in Nuke.
    """
    layers = tuple(layers)
    chosen: dict[str, set[int]] = {}
    for token in pattern.replace(",", " ").split():
        remove = token.startswith("-")
        for name, indices in _token(token.lstrip("-"), layers).items():
            found = chosen.setdefault(name, set())
            if remove:
                found.difference_update(indices)
            else:
                found.update(indices)
    return {layer.name: tuple(sorted(chosen[layer.name])) for layer in layers if chosen.get(layer.name)}


def _token(token: str, layers: Sequence[Layer]) -> Selection:
    every = {layer.name: tuple(range(len(layer.channels))) for layer in layers}
    if token in ("all", "*"):
        return every
    if token == "none":
        return {}
    if token in every and token not in _GROUPS:
        return {token: every[token]}
    if token in _GROUPS:
        main = next((layer for layer in layers if layer.name == MAIN), None)
        if main is None:
            return {}
        return {MAIN: tuple(i for i, c in enumerate(main.channels) if c in _GROUPS[token])}
    if token.startswith("kind:"):
        return {
            layer.name: tuple(i for i in every[layer.name] if i != layer.alpha)
            for layer in layers
            if layer.kind == token[5:]
        }
    if token.endswith("*"):
        return {name: indices for name, indices in every.items() if name.startswith(token[:-1])}
    name, _, channels = token.rpartition(".")
    layer = next((layer for layer in layers if layer.name == name), None)
    if layer is None:
        return {}
    wanted = _GROUPS.get(channels, (channels,))
    return {name: tuple(i for i, c in enumerate(layer.channels) if c in wanted or c.upper() in wanted)}


def find_channel(text: str, layers: Iterable[Layer]) -> tuple[str, int] | None:
    """One channel by name, `rgba.A`, `depth.Z`, `alpha` or `A`; None when the image has no such channel."""
    selection = select(text, layers)
    if not selection:
        named = [(layer.name, layer.channels.index(text)) for layer in layers if text in layer.channels]
        return named[0] if named else None
    name, indices = next(iter(selection.items()))
    return name, indices[0]


def light_of(layer: str) -> str:
    """The light whose light a layer is, by its name: `key` for `light_key_diffuse`, `light_key_specular` and
    `light_key`; empty for shadows and all others.
    """
    if not layer.startswith("light_"):
        return ""
    name = layer.removeprefix("light_")
    stem, _, part = name.rpartition("_")
    if part == "shadow":
        return ""
    return stem if part in ("diffuse", "specular") and stem else name
