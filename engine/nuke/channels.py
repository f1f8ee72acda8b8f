"""Channels as Nuke names them, `rgba.red`, in our names."""

from .words import items

_LETTERS = {"red": "R", "green": "G", "blue": "B", "alpha": "A", "r": "R", "g": "G", "b": "B", "a": "A"}
_WHOLE = {("R", "G", "B"): "rgb", ("R", "G", "B", "A"): "rgba", ("A",): "alpha"}


def channel_of(text: str) -> str:
    """One channel, `rgba.A` for `rgba.alpha`, or a layer; what is switched off by a minus counts as `none`."""
    name = text.strip().strip("{}").strip()
    if name.startswith("-"):
        return "none"
    layer, _, channel = name.rpartition(".")
    if not layer:
        return f"rgba.{_LETTERS[name]}" if name in _LETTERS and len(name) > 1 else name
    return f"{layer}.{_LETTERS.get(channel, channel)}"


def channels_of(text: str) -> str:
    """A choice of channels, such as `rgb` for `{rgba.red rgba.green rgba.blue -rgba.alpha}`."""
    found = [channel_of(name.text) for word in items(text) for name in (items(word.text) if word.braced else [word])]
    chosen = [name for name in dict.fromkeys(found) if name != "none"]
    if not chosen:
        return "none"
    main = tuple(name[5:] for name in chosen if name.startswith("rgba."))
    if main in _WHOLE:
        chosen = [_WHOLE[main], *(name for name in chosen if not name.startswith("rgba."))]
    return " ".join(chosen)
