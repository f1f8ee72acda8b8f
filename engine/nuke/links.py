"""Where a name in an expression of Nuke leads, as a link of ours, or as the number that stands there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..curve import Curve
from ..expression_reading import CONSTANTS
from ..graph.links import write_link
from .curves import parse_curve
from .expressions import UntranslatableError
from .reading import NukeNode, NukeScript
from .words import items

if TYPE_CHECKING:
    from ..nodebase import Node
    from ..region import Format
    from .declare import NukeClass

_PLACES = {"x": 0, "y": 1, "w": 0, "h": 1, "r": 0, "g": 1, "b": 2, "a": 3, "red": 0, "green": 1, "blue": 2, "alpha": 3}
_TRACK = {"track_x": ["x"], "track_y": ["y"]}
"""Columns of a Tracker's table that have a parameter here."""
_BOX = {"x": 0, "y": 1, "r": 2, "t": 3}
_DEPTH = 20


class Links:
    """Looks names up in one script. paths : ours, by node. classes : what stands for each class of Nuke's.

    root : the script's Root. format, frames : what it says of them.
    """

    def __init__(
        self,
        script: NukeScript,
        paths: Mapping[NukeNode, str],
        classes: "Mapping[str, tuple[type[Node], NukeClass]]",
        root: "tuple[Format, tuple[int, int], float]",
    ) -> None:
        self.paths, self.classes, self.root = paths, classes, script.root
        self.format, self.frames, fps = root
        size, (first, last) = self.format, self.frames
        self._root = {
            "first_frame": first, "last_frame": last, "fps": fps, "width": size.width, "height": size.height,
            "format.w": size.width, "format.h": size.height, "format.width": size.width, "format.height": size.height,
            "pixel_aspect": size.pixel_aspect, "format.pixel_aspect": size.pixel_aspect,
        }  # fmt: skip
        self._levels: dict[NukeNode | None, dict[str, NukeNode]] = {}
        for node in paths:
            self._levels.setdefault(node.parent, {}).setdefault(node.name, node)

    def __call__(self, node: NukeNode, name: str) -> str | None:
        """Our text for a name in an expression of `node`; None where it leads nowhere. Raises UntranslatableError for
        a knob that is animated on a node that has no such parameter.
        """
        if name in ("frame", "x") or name in CONSTANTS:
            return "frame" if name == "x" else name
        found = self._found(node, name.split("."), 0)
        if isinstance(found, Curve):
            raise UntranslatableError(f"'{name}' is animated on a node without such a parameter here")
        return found

    def curve(self, node: NukeNode, name: str) -> Curve | None:
        """The animation that a name leads to, where no parameter of ours has it."""
        found = self._found(node, name.split("."), 0)
        return found if isinstance(found, Curve) else None

    def written(self, node: NukeNode, name: str) -> Curve | str | None:
        """What is written at a knob that a name leads to, in Nuke's numbers: its animation or its number as text. None
        where that is an expression or no number.
        """
        return self._found(node, name.split("."), 0, written=True)

    def _found(self, node: NukeNode, parts: list[str], depth: int, written: bool = False) -> str | Curve | None:
        if depth > _DEPTH:
            return None
        if parts[0] == "root":
            return self._at_root(".".join(parts[1:]))
        target: NukeNode | None
        if parts[0] == "this":
            target, rest = node, parts[1:]
        elif parts[0] in ("parent", "input", "input0"):
            target, rest = self._walked(node, parts)
        else:
            target = self._levels.get(node.parent, {}).get(parts[0]) if len(parts) > 1 else None
            rest = parts[1:]
            if target is None:
                target, rest = node, parts
        while target is not None and target.inside is not None and len(rest) > 1:
            inner = self._levels.get(target, {}).get(rest[0])
            if inner is None:
                break
            target, rest = inner, rest[1:]
        if target is None or not rest:
            return None
        return self._knob(node, target, rest, depth, written)

    def _walked(self, node: NukeNode, parts: list[str]) -> tuple[NukeNode | None, list[str]]:
        """Up through groups, or to what is wired, and to a node there if one is named."""
        at: NukeNode | None = node
        rest = parts
        while rest and at is not None and rest[0] in ("parent", "input", "input0"):
            if rest[0] == "parent":
                at = at.parent
                beside = self._levels.get(at.parent if at is not None else None, {})
                if len(rest) > 2 and rest[1] in beside:
                    return beside[rest[1]], rest[2:]
            else:
                at = at.inputs[0] if at.inputs else None
            rest = rest[1:]
        return at, rest

    def _at_root(self, name: str) -> str | None:
        if name == "frame":
            return "frame"
        return f"{self._root[name]:.12g}" if name in self._root else None

    def _knob(
        self, node: NukeNode, target: NukeNode, rest: list[str], depth: int, written: bool = False
    ) -> str | Curve | None:
        """The text for a knob of a node, and for one of its numbers; a curve where that is animated and no parameter
        of ours, or what is `written` there is asked for.
        """
        dotted = ".".join(rest[:2])  # some knobs have a dot in their names
        knob = dotted if dotted in target.knobs else rest[0]
        after = rest[knob.count(".") + 1 :]
        for word in target.user:
            parts = [item.text for item in items(word.text)]
            if len(parts) > 1 and parts[1] == knob and "T" in parts[:-1] and parts[0] == "41":
                inner = parts[parts.index("T") + 1].split(".")
                door = self._levels.get(target, {}).get(inner[0])
                return (
                    self._knob(node, door, inner[1:] + after, depth + 1, written) if door and len(inner) > 1 else None
                )
        found = None if written else self._parameter(node, target, knob, after)
        if found is not None:
            return found
        if knob in ("width", "height") and knob not in target.knobs:
            return self._at_root(knob)
        value = target.knobs.get(knob)
        if value is None:
            return "0" if any(f" {knob}" in f" {word.text}" for word in target.user) else None
        numbers = [item.text for item in items(value.text)]
        place = _place(after, len(numbers))
        text = numbers[place] if place < len(numbers) else ""
        text = {"true": "1", "false": "0"}.get(text, text)
        if text.split()[:1] == ["curve"]:
            return parse_curve(text.strip()[5:])[0]
        try:
            return f"{float(text):.12g}"
        except ValueError:
            return None

    def _parameter(self, node: NukeNode, target: NukeNode, knob: str, after: list[str]) -> str | None:
        known = self.classes.get(target.cls)
        if known is None or target.inside is not None:
            return None
        cls, declared = known
        parameter, factor = declared.parameter(knob)
        if knob == "tracks" and len(after) == 2 and after[1] in _TRACK:  # Tracker1.tracks.1.track_x
            parameter, after = f"track{after[0]}", _TRACK[after[1]]
        spec = next((s for s in cls.specs if s.name == parameter), None)
        if spec is None or spec.type not in (float, int, bool):
            return None
        scope = self.paths[node].rpartition("/")[0]
        front = "self" if target is node else write_link(scope, self.paths[target])
        text = f"{front}.{parameter}"
        if spec.size > 1:
            text += f"[{min(_place(after, spec.size), spec.size - 1)}]"
        return text if factor == 1 else f"({text} / {factor:g})"


def _place(after: list[str], size: int) -> int:
    """Which of several numbers is meant; the first where nothing is said."""
    if not after:
        return 0
    if after[0].isdigit():
        return int(after[0][:3])
    return (_BOX if size == 4 and after[0] in "xyt" else _PLACES).get(after[0], 0)
