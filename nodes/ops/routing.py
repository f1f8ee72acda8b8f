"""Which channel goes where: the text of Shuffle and Copy, and what it means for given pictures.

A routing is written `rgba.R=diffuse.G rgba.A=1 light=A:key`, one assignment after the other, separated by spaces,
commas or new lines. On the left stands where a channel goes, on the right where it comes from:

    R G B A alpha rgb rgba      channels of the main layer
    diffuse.R  diffuse.rgb      channels of a layer
    diffuse                     a whole layer; channel by channel of the same name, or in order where the names differ
    1  0.18                     (right only) a number

`A:` or `B:` before a source names the input. One source fills every channel on its left.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    RGBA,
    Context,
    ImageInfo,
    Layer,
    RimlightError,
    find_channel,
    guess_kind,
    listing,
    take,
)  # fmt: skip

GROUPS = {"rgb": "RGB", "rgba": "RGBA", "alpha": "A", "a": "A", "r": "R", "g": "G", "b": "B"}
NAME = r"[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*"
_TARGET = re.compile(NAME + r"\Z")
_SOURCE = re.compile(rf"([AB]:)?{NAME}\Z")


@dataclass(frozen=True, slots=True)
class From:
    """One channel of an input: its socket, layer and index."""

    socket: str
    layer: str
    index: int


Origin = From | float
Routes = dict[str, tuple[Origin, ...]]
"""Where every channel of the altered layers comes from, by layer."""


@dataclass(frozen=True)
class Routing:
    """A routing applied to given inputs: the layers that come out, and the origin of each channel it alters."""

    layers: tuple[Layer, ...]
    routes: Routes

    def layers_of(self, socket: str, names: Sequence[str]) -> tuple[str, ...]:
        """The layers of an input that the altered layers `names` take channels from, in a fixed order."""
        origins = [o for name in names for o in self.routes[name]]
        return tuple(dict.fromkeys(o.layer for o in origins if isinstance(o, From) and o.socket == socket))

    def uses(self, socket: str) -> bool:
        return bool(self.layers_of(socket, list(self.routes)))

    def info(self, ctx: Context) -> ImageInfo:
        """What comes out of input B, over the pixels of A too where channels come from there."""
        info = ctx.info("B")
        data = info.data.union(ctx.info("A").data) if self.uses("A") else info.data
        return info.with_(layers=self.layers, data=data)


def check_routing(text: object) -> str:
    """The text with one space between assignments. Raises ValueError with a sentence when it cannot be read."""
    if not isinstance(text, str):
        raise ValueError("expected text such as 'rgba.R=diffuse.G rgba.A=1'")
    assignments = re.sub(r"\s*=\s*", "=", text.replace(",", " ")).split()
    for assignment in assignments:
        target, equals, source = assignment.partition("=")
        if not equals or not _TARGET.match(target) or (_number(source) is None and not _SOURCE.match(source)):
            raise ValueError(f"'{assignment}' is no assignment: expected 'layer.channel=layer.channel' or '=number'")
    return " ".join(assignments)


def route(text: str, inputs: Mapping[str, ImageInfo], main: str, default: str, missing_is_black: bool) -> Routing:
    """What a checked text means for `inputs`: `main` is the one that is altered, `default` the one that sources without
    a prefix name.

    Raises RimlightError with a sentence when a source is not there and `missing_is_black` is off.
    """
    out = {layer.name: layer for layer in inputs[main].layers}
    routes: dict[str, list[Origin]] = {}
    for assignment in text.split():
        target, _, source = assignment.partition("=")
        names, sources = _origins(source, inputs, default, missing_is_black)
        layer_name, channels = _target(target, out, names)
        _pair(assignment, out, routes, layer_name, channels, names, sources, main)
    for name, origins in routes.items():
        if not inputs[main].has(name) and name != MAIN:
            out[name] = _kinded(out[name], origins, inputs)
    if MAIN in out:  # the main picture stays first where the routing made it
        out = {MAIN: out[MAIN]} | out
    return Routing(tuple(out.values()), {name: tuple(origins) for name, origins in routes.items()})


def _kinded(layer: Layer, origins: Sequence[Origin], inputs: Mapping[str, ImageInfo]) -> Layer:
    """A new layer with its kind: that of its fixed name, else of the one layer it was made from, else guessed."""
    sources = {(o.socket, o.layer) if isinstance(o, From) else None for o in origins}
    source = sources.pop() if len(sources) == 1 else None
    if source is None or layer.name in LIGHT_LAYERS:
        return replace(layer, kind=guess_kind(layer.name, layer.channels))
    like = inputs[source[0]].layer(source[1])
    return replace(layer, kind=like.kind, depth=like.depth)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


def _origins(
    source: str, inputs: Mapping[str, ImageInfo], default: str, missing_is_black: bool
) -> tuple[tuple[str, ...], tuple[Origin, ...]]:
    """The channel names and origins on the right side; a number or what is missing has no names."""
    number = _number(source)
    if number is not None:
        return (), (number,)
    prefix, _, name = source.rpartition(":")
    socket = prefix or default
    if socket not in inputs:
        raise RimlightError(f"'{source}' takes from input '{socket}', which is not connected")
    info = inputs[socket]
    layer, channels = _named(name, info)
    found: list[tuple[str, Origin]] = []
    if layer is not None:
        found = [(c, From(socket, layer.name, layer.index(c))) for c in channels if c in layer.channels]
    if not found or (len(found) < len(channels) and not missing_is_black):
        if missing_is_black:
            return (), (0.0,)
        have = [f"{one.name}.{c}" for one in info.layers for c in one.channels]
        raise RimlightError(f"input '{socket}' has no '{name}', it has {listing(have, 24)}")
    return tuple(c for c, _ in found), tuple(o for _, o in found)


def _named(name: str, info: ImageInfo) -> tuple[Layer | None, tuple[str, ...]]:
    """The layer and the channel names that a source names; layer None where the picture has no such layer."""
    if info.has(name) and name != MAIN:
        return info.layer(name), info.layer(name).channels
    if name == MAIN:
        return (info.layer(MAIN), info.layer(MAIN).channels) if info.has(MAIN) else (None, ())
    if name.lower() in GROUPS:
        letters = tuple(GROUPS[name.lower()])
        single = find_channel(letters[0], info.layers) if len(letters) == 1 else None
        if single is not None:
            layer = info.layer(single[0])
            return layer, (layer.channels[single[1]],)
        return (info.layer(MAIN) if info.has(MAIN) else None), letters
    layer_name, _, channel = name.rpartition(".")
    if not info.has(layer_name):
        return None, ()
    layer = info.layer(layer_name)
    if channel in layer.channels:
        return layer, (channel,)
    return layer, tuple(GROUPS.get(channel.lower(), channel))


def _target(target: str, layers: Mapping[str, Layer], names: tuple[str, ...]) -> tuple[str, tuple[str, ...] | None]:
    """The layer and channel names on the left side; None for a whole layer."""
    if names if target == MAIN else target in layers:
        return target, None
    if target.lower() in GROUPS:
        return MAIN, tuple(GROUPS[target.lower()])
    layer_name, _, channel = target.rpartition(".")
    if not layer_name:
        return target, None
    if layer_name in layers and channel in layers[layer_name].channels:
        return layer_name, (channel,)
    return layer_name, tuple(GROUPS[channel]) if channel in ("rgb", "rgba", "alpha") else (channel,)


def _pair(
    assignment: str, out: dict[str, Layer], routes: dict[str, list[Origin]], name: str,
    channels: tuple[str, ...] | None, names: tuple[str, ...], origins: tuple[Origin, ...], main: str,
) -> None:  # fmt: skip
    """Write one assignment into `out` and `routes`."""
    if channels is None:
        known = out[name].channels if name in out else RGBA.channels if name == MAIN else ()
        channels = known if len(origins) == 1 and known else names
        if known and not set(channels) <= set(known):
            channels = known[: len(origins)]
        if not channels:
            raise RimlightError(f"'{assignment}' makes a layer without saying its channels, write '{name}.rgb=...'")
    elif len(origins) not in (1, len(channels)):
        raise RimlightError(
            f"'{assignment}' has {len(channels)} channels on the left and {len(origins)} on the right, "
            "expected as many, or one"
        )
    sources = origins * len(channels) if len(origins) == 1 else origins
    if name not in routes:
        kept = out[name].channels if name in out else ()
        routes[name] = [From(main, name, i) for i in range(len(kept))]
    for channel, origin in zip(channels, sources, strict=False):
        layer = out.get(name)
        if layer is None or channel not in layer.channels:
            out[name] = Layer(name, (channel,)) if layer is None else layer.with_channels((*layer.channels, channel))
            routes[name].append(origin)
        else:
            routes[name][layer.index(channel)] = origin


def gather(origins: tuple[Origin, ...], read: Callable[[str, str], Tensor], like: Tensor) -> Tensor:
    """The channels of one layer `[len(origins), h, w]`; a view where they lie side by side in one layer of an input.

    read : gives the tensor of (socket, layer). like : an empty tensor `[0, h, w]` that says size and device.
    """
    first = origins[0]
    if isinstance(first, From) and all(
        isinstance(o, From) and (o.socket, o.layer, o.index) == (first.socket, first.layer, first.index + i)
        for i, o in enumerate(origins)
    ):
        return take(read(first.socket, first.layer), tuple(range(first.index, first.index + len(origins))))
    size = (1, *like.shape[1:])
    return torch.cat(
        [
            read(o.socket, o.layer)[o.index : o.index + 1] if isinstance(o, From) else like.new_full(size, o)
            for o in origins
        ]
    )
