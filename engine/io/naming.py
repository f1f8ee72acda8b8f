"""From the channel names of a file to layers.

Programs name channels differently: `diffuse.R` (OpenEXR, Arnold), `ViewLayer.Diffuse Color.R` (Blender), `diffuse.red`
or a part `diffuse` with `red` (Nuke), `diffuse.left.R` or `left.diffuse.R` for the left view. All become a layer
`diffuse` with R, G, B.

- R, G, B, A without a layer are the layer `rgba`; a file with alpha alone gives `rgba` with the channel A.
- Z without a layer is `depth`; any other channel without a layer is a layer of its own name.
- In a file of several parts, channels without a layer in a part that is not the main one belong to the layer of the
  part's name.
- A channel whose name begins or ends with a dot is a layer of its own name.
- Y alone is grey: R = G = B = Y. Y with RY and BY is luminance and chroma, and is read as R, G, B.
- A layer with R, G, B and other channels is split: `character.Z` is a layer of its own, so that colour is treated as
  colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..errors import FileError, listing
from ..layers import MAIN, Layer, LayerKind, Stored, guess_kind
from ..region import EMPTY, Region


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """A channel of a file: the part it is in, its name there and how it is stored."""

    part: int
    name: str
    depth: str


@dataclass(frozen=True, slots=True)
class StoredPart:
    """What the names of a part depend on, and the window that its layers have."""

    name: str
    view: str
    views: tuple[str, ...]
    channels: tuple[StoredChannel, ...]
    data: Region = EMPTY


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A layer and the stored channels it is read from.

    `stored` are in the order of the layer's channels; for luminance and chroma (`luma`) they are Y or Y, RY, BY, then
    A.
    """

    layer: Layer
    stored: tuple[StoredChannel, ...]
    luma: bool = False


@dataclass(slots=True)
class _Named:
    stored: StoredChannel
    view: str
    layer: str
    channel: str


_MAIN_WORDS = frozenset({"", "rgba", "rgb", "main", "default", "combined", "subimage00"})
_LONG = {"red": "R", "green": "G", "blue": "B", "alpha": "A", "r": "R", "g": "G", "b": "B", "a": "A"}
_LONG |= {"x": "X", "y": "Y", "z": "Z", "w": "W"}
_ORDER = {c: i for i, c in enumerate("RGBAXYZWUVuv")}
_COLOR = frozenset("RGBA")
_LUMA = ("Y", "RY", "BY")


def layers_of(parts: Sequence[StoredPart], view: str = "") -> tuple[tuple[str, ...], tuple[LayerSource, ...]]:
    """The views of a file, the default one first, and the layers of `view` (default: the first), the main layer first.

    Raises FileError when the file has views, but not this one.
    """
    named = [n for part in parts for n in _split_views(part)]
    views = _views(parts, named)
    if view and views and view not in views:
        raise FileError(f"has no view '{view}', it has {listing(views)}")
    chosen = view or (views[0] if views else "")
    kept = _of_view(named, chosen) if views else named
    _strip_blender(kept)
    _place(kept, parts, {n.stored.part for n in kept})
    groups: dict[str, list[_Named]] = {}
    for n in kept:
        groups.setdefault(n.layer, []).append(n)
    sources = [_kept(source, parts, chosen) for name, group in groups.items() for source in _sources(name, group)]
    return views, tuple(sorted(sources, key=lambda s: s.layer.name != MAIN))


def _split_views(part: StoredPart) -> list[_Named]:
    named = []
    for stored in part.channels:
        words, view = _words(stored.name, part)
        named.append(_Named(stored, view, ".".join(words[:-1]), words[-1]))
    return named


def _words(name: str, part: StoredPart) -> tuple[list[str], str]:
    """The words of a channel's name without that of its view, and its view."""
    words, view = name.split("."), part.view
    if not all(words):  # `x.`, `.R`: one of the two would have no name
        words = [name]
    if not view and part.views:
        if len(words) == 1:
            view = part.views[0]
        elif words[-2] in part.views:
            view = words.pop(-2)
        elif words[0] in part.views:
            view = words.pop(0)
    return words, view


def _kept(source: LayerSource, parts: Sequence[StoredPart], view: str) -> LayerSource:
    """The source of a layer of a view, which knows where it is stored."""
    layer, number = source.layer, source.stored[0].part
    part = parts[number]
    # The main layer is called R, G, B, A whatever it was, as every program looks for these.
    alike = layer.name != MAIN and not source.luma and all(c.part == number for c in source.stored)
    names = tuple(".".join(_words(c.name, part)[0]) for c in source.stored) if alike else ()
    stored = Stored(part.name, part.view or (view if part.views else ""), number, part.data, names)
    return replace(source, layer=replace(layer, stored=stored))


def _views(parts: Sequence[StoredPart], named: Iterable[_Named]) -> tuple[str, ...]:
    used = {n.view for n in named} - {""}
    listed = [v for part in parts for v in (*part.views, part.view)]
    return tuple(dict.fromkeys(v for v in listed if v in used))


def _of_view(named: Sequence[_Named], view: str) -> list[_Named]:
    """The channels of a view and those that name none; where both have a name, the view's own."""
    own = {(n.layer, n.channel) for n in named if n.view == view}
    return [n for n in named if n.view == view or (not n.view and (n.layer, n.channel) not in own)]


def _strip_blender(named: Iterable[_Named]) -> None:
    """Take `ViewLayer.` off the front of the first view layer's passes; Combined is its main picture."""
    prefix = next((n.layer[: -len(".Combined")] for n in named if n.layer.endswith(".Combined")), None)
    if prefix is None:
        return
    for n in named:
        if n.layer.startswith(prefix + "."):
            bare = n.layer[len(prefix) + 1 :]
            n.layer = {"Combined": "", "Depth": "depth"}.get(bare, bare)


def base_name(part: str, view: str) -> str:
    """A part's name without its view: `depth.left` and `depth_left` are `depth`, `left` is nothing."""
    if not view:
        return part
    return "" if part == view else part.removesuffix("." + view).removesuffix("_" + view)


def _place(named: Sequence[_Named], parts: Sequence[StoredPart], present: set[int]) -> None:
    """Find a layer for channels that name none, and keep parts with the same names apart."""
    bare = {p: [n for n in named if n.stored.part == p and not n.layer] for p in sorted(present)}
    main = {p for p in bare if base_name(parts[p].name, parts[p].view).lower() in _MAIN_WORDS}
    if not any(_is_color(n.channel) for p in main for n in bare[p]):
        main |= {next((p for p in bare if any(_is_color(n.channel) for n in bare[p])), -1)}
    taken: set[tuple[str, str]] = set()
    for p, channels in bare.items():
        base = base_name(parts[p].name, parts[p].view)
        if len(parts) > 1 and p not in main:
            for n in channels:
                n.layer = base
        elif {(MAIN, n.channel) for n in channels} & taken:
            for n in channels:
                n.layer = parts[p].name or f"part{p}"
        else:
            _place_bare(channels)
        taken |= {(n.layer, n.channel) for n in channels}
    seen: set[tuple[str, str]] = set()
    for n in named:
        n.layer = MAIN if n.layer in ("RGBA", "rgb", "RGB", "Combined") and _is_free(n.layer, named) else n.layer
        name, count = n.layer, 2
        while (n.layer, n.channel) in seen:
            n.layer, count = f"{name}_{count}", count + 1
        seen.add((n.layer, n.channel))


def _is_color(channel: str) -> bool:
    return _LONG.get(channel.lower(), channel) in ("R", "G", "B") or channel in _LUMA


def _is_free(name: str, named: Iterable[_Named]) -> bool:
    """Whether no other channels claim to be the main layer."""
    return not any(n.layer == MAIN for n in named if n.layer != name)


def _place_bare(channels: Sequence[_Named]) -> None:
    names = {n.channel for n in channels}
    for n in channels:
        letter = _LONG.get(n.channel.lower(), n.channel)
        if n.channel in _LUMA or (letter in _COLOR and (letter == n.channel or letter not in names)):
            n.layer, n.channel = MAIN, n.channel if n.channel in _LUMA else letter
        elif n.channel == "Z":
            n.layer = "depth"
        else:
            n.layer = n.channel


def _sources(name: str, group: Sequence[_Named]) -> list[LayerSource]:
    letters = {n.channel: _LONG.get(n.channel.lower(), n.channel) for n in group}
    by_letter = {letters[n.channel]: n.stored for n in group}
    unique = len(by_letter) == len(group) and (set(by_letter) <= _COLOR or _COLOR - {"A"} <= set(by_letter))
    if not unique and not set(by_letter) <= set("XYZW"):
        by_letter = {n.channel: n.stored for n in group}
    if "Y" in by_letter and set(by_letter) <= {*_LUMA, "A"} and guess_kind(name, ("Y",)) is LayerKind.COLOR:
        return [_luma(name, by_letter)]
    if _COLOR - {"A"} <= set(by_letter) and set(by_letter) - _COLOR:
        rest = [n for n in group if letters[n.channel] not in _COLOR]
        by_letter = {c: s for c, s in by_letter.items() if c in _COLOR}
        return [
            _source(name, by_letter),
            *(_source(f"{name}.{n.channel}" if name != MAIN else n.channel, {n.channel: n.stored}) for n in rest),
        ]
    return [_source(name, by_letter)]


def _source(name: str, stored: dict[str, StoredChannel]) -> LayerSource:
    channels = sorted(stored, key=lambda c: (_ORDER.get(c, len(_ORDER)), list(stored).index(c)))
    kind = LayerKind.COLOR if name == MAIN else guess_kind(name, channels)
    return LayerSource(Layer(name, tuple(channels), kind, _depth(stored.values())), tuple(stored[c] for c in channels))


def _luma(name: str, stored: dict[str, StoredChannel]) -> LayerSource:
    chroma = "RY" in stored and "BY" in stored
    order = [*(_LUMA if chroma else ("Y",)), *(("A",) if "A" in stored else ())]
    channels = ("R", "G", "B", "A") if "A" in stored else ("R", "G", "B")
    layer = Layer(name, channels, LayerKind.COLOR, _depth(stored[c] for c in order))
    return LayerSource(layer, tuple(stored[c] for c in order), luma=True)


def _depth(stored: Iterable[StoredChannel]) -> str:
    depths = {s.depth for s in stored}
    return depths.pop() if len(depths) == 1 else "float"
