"""The page of the manual that lists all keys, from the declarations of the actions."""

from collections.abc import Iterable

from ..actions import Action
from .shortcuts import PLACES, lines

INTRO = """# Keys

Keys go to the panel under the mouse, or to the one that `F6` gave them to; those under *everywhere* always count. All
can be changed under *Edit ▸ Keyboard Shortcuts*. Made from the declarations of the actions by `make docs`.
"""

ABSENT = {
    "Alt+F": "flipbook: the viewer plays from the cache itself",
    "Ctrl+Shift+P": "precomp: a Write and a Read, or DiskCache, do the same in one script",
    ";": "previous view: pictures have one view",
    "'": "next view: pictures have one view",
}
"""Keys of other compositors that are left out here, and why."""


def keys_page(declared: Iterable[Action]) -> str:
    """The keys by place as Markdown; an action with several places stands under the first."""
    by_place: dict[str, list[str]] = {}
    for line in lines(declared, {}):
        if line.keys:
            others = [PLACES.get(place, place) for place in line.action.contexts[1:]]
            also = f" (also {', '.join(others)})" if others else ""
            keys = ", ".join(f"`{key}`".replace("|", "\\|") for key in line.keys)
            by_place.setdefault(line.action.contexts[0], []).append(f"| {keys} | {line.title}{also} |")
    order = [*PLACES, *sorted(set(by_place) - set(PLACES))]
    parts = [INTRO]
    for place in order:
        if place in by_place:
            heading = PLACES.get(place, place).capitalize()
            parts += [f"## {heading}\n", "| key | |\n|---|---|\n" + "\n".join(by_place[place]) + "\n"]
    left_out = "\n".join(f"| `{key}` | {why} |" for key, why in ABSENT.items())
    parts.append(f"## Left out\n\nHands may look for these.\n\n| key | |\n|---|---|\n{left_out}\n")
    return "\n".join(parts)
