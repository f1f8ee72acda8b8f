"""Channels that receive what a node makes: those of the picture, and new ones where it lacks them."""

from rimlight.engine import LIGHT_LAYERS, MAIN, RGBA, ImageInfo, Layer, Selection, guess_kind, select

from .routing import GROUPS


def receiving(info: ImageInfo, pattern: str) -> tuple[ImageInfo, Selection]:
    """`info` with the channels that `pattern` names, and where they are.

    A channel or layer that is not there is made: `alpha`, `mask.A`, `matte` (a layer with one channel, A). Patterns
    such as `all` or `light_*` choose only from what is there.
    """
    tokens = []
    for token in pattern.replace(",", " ").split():
        chooses = token.startswith(("-", "kind:")) or token.endswith("*") or token in ("all", "none")
        if chooses or (info.has(token) and token.lower() not in GROUPS):
            tokens.append(token)
            continue
        name, channels = _named(token)
        info = _with(info, name, channels)
        tokens += [f"{name}.{channel}" for channel in channels]
    return info, select(" ".join(tokens), info.layers)


def _named(token: str) -> tuple[str, tuple[str, ...]]:
    """The layer and channel names of a token."""
    if token.lower() in GROUPS:
        return MAIN, tuple(GROUPS[token.lower()])
    name, dot, channel = token.rpartition(".")
    if dot:
        return name, tuple(GROUPS.get(channel.lower(), (channel,)))
    return token, LIGHT_LAYERS[token].channels if token in LIGHT_LAYERS else ("A",)


def _with(info: ImageInfo, name: str, channels: tuple[str, ...]) -> ImageInfo:
    if info.has(name):
        old = info.layer(name)
        new = tuple(c for c in channels if c not in old.channels and c.lower() not in old.channels)
        return info.with_layer(old.with_channels(old.channels + new)) if new else info
    if name == MAIN:
        return info.with_(layers=(RGBA.with_channels(channels), *info.layers))
    made = LIGHT_LAYERS.get(name) or Layer(name, channels, guess_kind(name, channels))
    return info.with_layer(made.with_channels(channels))
