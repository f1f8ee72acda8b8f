"""One node of Nuke on its way to be one of ours: its knobs read, what they set here, and what was left over."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..curve import Curve
from ..errors import ParameterError
from ..params import Spec
from ..region import Format
from ..values import Expr, check_value
from .channels import channel_of, channels_of
from .curves import parse_curve
from .expressions import OTHER_NUMBERS, UntranslatableError, translate
from .naming import space_of
from .reading import NukeNode
from .values import FALSE, TRUE, Component, bare, format_text, number_of, scaled, without_baked
from .words import Word, items

if TYPE_CHECKING:
    from ..nodebase import Node
    from .declare import NukeClass

Names = Callable[[NukeNode, str], str | None]
"""Gives our text for a name in an expression of a node, None where it leads nowhere."""

_KNOBS = (
    "inputs name xpos ypos selected label tile_color gl_color note_font note_font_size note_font_color postage_stamp "
    "postage_stamp_frame hide_input bookmark dope_sheet cached help icon indicators lifetimeStart lifetimeEnd "
    "useLifetime onCreate onDestroy knobChanged updateUI autolabel panel panelDropped rootNodeUpdated process_mask "
    "maskChannel maskChannelInput maskChannelMask maskFrom maskFromFlag enable_mix_luminance mapsize bdwidth bdheight "
    "z_order appearance border_width window version cliptype clipType shutteroffset shuttercustomoffset shutter "
    "gpuName useGPUIfAvailable useGpu vectorize rootKnob xform_order metainput rangeinput"
)
_COSMETIC = frozenset(_KNOBS.split())
"""Knobs that any node may have and that change no pixel here, or that are dealt with for all nodes alike."""


class NukeConversion:
    """Handed to the `convert` of a `NukeClass`: reads knobs, sets parameters. What it reads counts as dealt with.

    format, frames : of the script. sources : our names of the nodes wired to the inputs, by number, None where none is.
    values, wires : what is set so far, by parameter and by socket.
    """

    def __init__(
        self,
        node: NukeNode,
        cls: "type[Node]",
        declared: "NukeClass",
        sources: list[str | None],
        names: Names,
        root: tuple[Format, tuple[int, int]],
    ) -> None:
        self.node, self.cls, self.declared, self.sources = node, cls, declared, sources
        self.format, self.frames = root
        self.values: dict[str, Any] = dict(declared.values)
        self.wires: dict[str, str] = {}
        self.notes: list[str] = []
        self.taken: set[str] = set(declared.ignored.split())
        self.left: list[str] = []
        self._names = names
        self.variables: set[str] = set()
        self.make: Callable[[str, Mapping[str, str], Mapping[str, Any]], str] = _no_more_nodes

    # -- the language ---------------------------------------------------------------------------------------------

    @staticmethod
    def items(text: str) -> list[Word]:
        """The words of a list."""
        return items(text)

    @staticmethod
    def channel(text: str) -> str:
        """One channel in our names, `none` where it is switched off."""
        return channel_of(text)

    @staticmethod
    def channels(text: str) -> str:
        """A choice of channels in our names."""
        return channels_of(text)

    def curve(self, text: str) -> Curve | None:
        """The curve of the words behind `curve`, None where it has no keys; what is lost of it is noted."""
        found, lost = parse_curve(text)
        if lost:
            self.note(f"{lost} was left out")
        return found

    def component(self, row: Mapping[str, str], name: str) -> Component | None:
        """A number of a table, whose cells are in braces where they are animated; None where there is none."""
        words = items(row.get(name, ""))
        return self._component(name, words[0]) if words else None

    def pixel_expression(self, knob: str) -> str:
        """An expression of pixels in our language, empty where there is none or it cannot be kept, which is noted."""
        text = self.text(knob).strip()
        if not text:
            return ""
        try:
            return translate(text, self._pixel_name)
        except UntranslatableError as error:
            self.note(f"{knob} '{text[:60]}' could not be kept, because {error}")
            return ""

    def _pixel_name(self, name: str) -> str | None:
        """A name in an expression of pixels: channels, places, variables, and links to knobs."""
        front, _, rest = name.partition(".")
        side = front[:1] if front in ("A", "B") or (len(front) == 2 and front[0] in "AB") else ""
        if name in self.variables or name in ("width", "height", "frame", "pi", "e"):
            return name
        if name in ("x", "y"):  # which count pixels in Nuke, and are their centres here
            return f"({name} - 0.5)"
        if name in ("cx", "cy"):
            return "((x - width / 2) / (width / 2))" if name == "cx" else "((y - height / 2) / (width / 2))"
        letter = {"red": "r", "green": "g", "blue": "b", "alpha": "a"}.get(name, name)
        if letter in ("r", "g", "b", "a") or (side and len(name) == 2 and name[1] in "rgba"):
            return letter
        if side and rest:
            inner = channel_of(rest)
            return f"{side}{inner[5:].lower()}" if inner.startswith("rgba.") else f"{side}.{inner}"
        found = self._names(self.node, name)
        if found is not None:
            return found if re.fullmatch(r"-?[\d.e+-]+", found) else None
        inner = channel_of(name)
        return inner[5:].lower() if inner.startswith("rgba.") else inner if rest else None

    def length_of(self, number: int) -> tuple[int, int] | None:
        """First and last frame of what is wired to an input, where the script says so."""
        node = self.node.inputs[number] if number < len(self.node.inputs) else None
        for _ in range(1000):
            if node is None:
                return None
            knobs = ("first_frame", "last_frame") if node.cls == "FrameRange" else ("first", "last")
            first, last = (number_of(node.text(knob)) for knob in knobs)
            if node.cls in ("Read", "FrameRange"):
                return None if last is None else (round(first if first is not None else 1), round(last))
            node = node.inputs[0] if node.inputs else None
        return None

    # -- reading --------------------------------------------------------------------------------------------------

    def has(self, knob: str) -> bool:
        return knob in self.node.knobs

    def text(self, knob: str, default: str = "") -> str:
        self.taken.add(knob)
        return self.node.text(knob, default)

    def flag(self, knob: str, default: bool = False) -> bool:
        """A switch; what is animated counts as its default, and is noted."""
        text = self.text(knob, str(default)).strip().lower()
        if text not in TRUE and text not in FALSE:
            self.leave(knob)
            return default
        return text in TRUE

    def numbers(self, knob: str) -> tuple[Component, ...]:
        """The numbers of a knob, some of which may be animated; empty where it has none."""
        self.taken.add(knob)
        word = self.node.knobs.get(knob)
        if word is None:
            return ()
        found = [self._component(knob, item) for item in items(word.text)]
        return tuple(c for c in found if c is not None) if None not in found else ()

    def number(self, knob: str, default: float = 0.0) -> Component:
        return next(iter(self.numbers(knob)), default)

    def plain(self, knob: str, *default: float) -> tuple[float, ...]:
        """Numbers of a knob that stay the same; of animated ones the first key, which is noted. One counts for all.

        default : what there is without the knob, as many as are wanted, or none.
        """
        found = self.numbers(knob)
        if not found:
            return default
        out = []
        for value in found:
            if isinstance(value, Expr):
                self.leave(knob)
                return default
            if isinstance(value, Curve):
                self.note(f"the animation of {knob} was left out")
            out.append(value.keys[0].value if isinstance(value, Curve) else value)
        return tuple(out) * max(len(default), 1) if len(out) == 1 else tuple(out)

    def _component(self, knob: str, word: Word) -> Component | None:
        if not word.quoting:
            return number_of(word.text)
        text = word.text.strip()
        if re.match(r"curve(\s|$)", text):
            curve, lost = parse_curve(text[5:])
            if lost:
                self.note(f"{knob}: {lost} was left out")
            return curve if curve is None or not curve.is_constant else curve.keys[0].value
        parts = items(text)
        told = f"the expression '{text[:60]}' of {knob}"
        source = parts[0].text if parts and (parts[0].quoting or len(parts) == 1) else text
        source, baked = without_baked(source if len(parts) == 1 or parts[0].quoting else text, parts)
        if re.search(rf"\b({'|'.join(OTHER_NUMBERS)})\s*\(", source):
            self.note(f"{told} gives other numbers, though of the same make")
        try:
            return Expr(translate(source, lambda name: self._names(self.node, name)))
        except UntranslatableError as error:
            kept = " and was replaced by its last value" if baked is not None else ""
            self.note(f"{told} could not be kept{kept}, because {error}")
            return baked

    # -- setting --------------------------------------------------------------------------------------------------

    def set(self, parameter: str, value: Any, knob: str = "") -> bool:
        """Set a parameter; a value that is not legal here is noted, and False returned."""
        try:
            self.values[parameter] = check_value(self.cls.spec(parameter), value)
        except (ParameterError, KeyError) as error:
            self.note(f"{knob or parameter}: {str(error).partition(': ')[2] or error}")
            return False
        return True

    def leave(self, knob: str) -> None:
        """A knob has no counterpart."""
        self.taken.add(knob)
        text = " ".join(self.node.text(knob).split())
        told = f"{knob} {text[:60]}{'…' if len(text) > 60 else ''}".strip()
        if told not in self.left:
            self.left.append(told)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def knob(self, knob: str, parameter: str = "", factor: float = 1.0) -> None:
        """Set a parameter from a knob, by the type and role of the parameter."""
        self.taken.add(knob)
        if knob not in self.node.knobs:
            return
        spec = self.cls.spec(parameter or knob)
        text = self.node.text(knob).strip()
        if spec.type in (float, int) or (spec.type is bool and text.lower() not in (*TRUE, *FALSE)):
            self._set_numbers(spec, knob, factor)
        elif spec.type is bool:
            self.set(spec.name, (text.lower() in TRUE) == (factor > 0))
        elif spec.type is str and spec.choices:
            self._set_choice(spec, knob, text)
        elif spec.type is str:
            self._set_text(spec, knob, text)
        else:
            self.leave(knob)

    def _set_numbers(self, spec: Spec, knob: str, factor: float) -> None:
        found = tuple(scaled(value, factor) for value in self.numbers(knob))
        if not found:
            return
        if spec.size == 1:
            self.set(spec.name, found[0], knob)
            if any(value != found[0] for value in found[1:]):
                self.note(f"{knob}: only the first of {len(found)} numbers was taken")
            return
        if len(found) == 1:
            found *= spec.size
        elif len(found) < spec.size:
            default = spec.default
            found = (*found, *default[len(found) :])
        self.set(spec.name, found[: spec.size], knob)

    def _set_choice(self, spec: Spec, knob: str, text: str) -> None:
        mapped_to = self.declared.choices.get(spec.name, {}).get(text)
        known = {bare(choice): choice for choice in spec.choices}
        found = mapped_to if mapped_to is not None else known.get(bare(text))
        if found is None:
            self.leave(knob)
        else:
            self.set(spec.name, found, knob)

    def _set_text(self, spec: Spec, knob: str, text: str) -> None:
        if spec.role == "channels":
            text = channels_of(text)
        elif spec.role in ("channel", "layer"):
            text = channel_of(text)
        elif spec.role == "colorspace":
            text = space_of(text)
        elif spec.role == "format":
            text = format_text(text)
        elif "[" in text and re.search(r"\[(value|python|expr|file|knob|lindex|format|getenv)\b", text):
            self.note(f"{knob} holds Tcl, which is not run here: {' '.join(text.split())[:60]}")
        self.set(spec.name, text, knob)

    # -- the rest -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Look at all knobs: those of the class first, then all others by their names."""
        if self.declared.convert is not None:
            self.declared.convert(self)
        names = {spec.name for spec in self.cls.specs}
        for knob in self.node.knobs:
            if knob in self.taken or knob in _COSMETIC or "*" in self.taken or self._is_user(knob):
                continue
            parameter, factor = self.declared.parameter(knob)
            if parameter in names:
                self.knob(knob, parameter, factor)
            else:
                self.leave(knob)
        for knob in self.left:
            self.note(f"not kept: {knob}")

    def _is_user(self, knob: str) -> bool:
        return any(re.match(rf"\S+\s+{re.escape(knob)}(\s|$)", word.text) for word in self.node.user)

    def wire(self) -> None:
        """Wire the inputs as they are declared, and the mask, wherever it comes from."""
        sockets = self.declared.sockets(self.cls, len(self.sources))
        for number, (socket, source) in enumerate(zip(sockets, self.sources, strict=True)):
            if source is None:
                continue
            port = self.cls.port(socket) if socket else None
            if port is None:
                self.note(f"input {number}, wired to {source}, has no counterpart")
            else:
                self.wires.setdefault(socket, source)
        self._mask()

    def _mask(self) -> None:
        if self.cls.port("mask") is None:
            return
        own, other = (channel_of(self.text(k)) for k in ("maskChannelMask", "maskChannelInput"))
        other = channel_of(self.text("maskChannel")) if not other and self.has("maskChannel") else other
        if "mask" in self.wires:
            if other not in ("", "none", "rgba.A"):
                self.set("mask_channel", other)
            elif other == "none":
                self.note(f"the mask {self.wires.pop('mask')} is switched off")
        elif chosen := next((c for c in (own, other) if c not in ("", "none")), ""):
            main = self.wires.get(self.cls.ports[0].name)
            if main is not None:
                self.wires["mask"] = main
                self.set("mask_channel", chosen)


def _no_more_nodes(kind: str, inputs: Mapping[str, str], values: Mapping[str, Any]) -> str:
    raise AssertionError("nodes can be made only while a script is built")
