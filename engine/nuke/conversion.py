"""One node of Nuke on its way to be one of ours: its knobs read, what they set here, and what was left over."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError, told
from ..kinds import registry
from ..params import Spec
from ..values import check_value
from .channels import channel_of, channels_of
from .knobs import Knobs
from .naming import space_of
from .reading import NukeNode
from .values import FALSE, TRUE, bare, format_text, scaled

if TYPE_CHECKING:
    from ..nodebase import Node
    from .declare import NukeClass
    from .links import Links

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


class NukeConversion(Knobs):
    """Handed to the `convert` of a `NukeClass`: reads knobs, sets parameters. What it reads counts as dealt with.

    sources : our names of the nodes wired to the inputs, by number, None where none is.
    values, wires : what is set so far, by parameter and by socket.
    """

    def __init__(
        self, node: NukeNode, cls: "type[Node]", declared: "NukeClass", sources: list[str | None], names: "Links"
    ) -> None:
        super().__init__(node, names, declared.ignored)
        self.cls, self.declared, self.sources = cls, declared, sources
        self.values: dict[str, Any] = dict(declared.values)
        self.wires: dict[str, str] = {}
        self.make: Callable[[str, Mapping[str, str], Mapping[str, Any]], str] = _no_more_nodes

    def become(self, kind: str) -> None:
        """Go on as a node of another kind, by what that declares; what was set is set no more."""
        self.cls = registry.find(kind)
        self.declared = self.cls.nuke[0]
        self.taken |= set(self.declared.ignored.split())
        self.values = dict(self.declared.values)
        if self.declared.convert is not None:
            self.declared.convert(self)

    # -- setting --------------------------------------------------------------------------------------------------

    def set(self, parameter: str, value: Any, knob: str = "") -> bool:
        """Set a parameter; a value that is not legal here is noted, and False returned."""
        try:
            self.values[parameter] = check_value(self.cls.spec(parameter), value)
        except (ParameterError, KeyError) as error:
            self.note(f"{knob or parameter}: {str(error).partition(': ')[2] or error}")
            return False
        return True

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
        """What has no value, or cannot be read, stays as it is without the knob."""
        found = [None if value is None else scaled(value, factor) for value in self.each_number(knob)]
        if all(value is None for value in found):
            return
        if spec.size == 1:
            value = next(v for v in found if v is not None)
            self.set(spec.name, value, knob)
            if any(v not in (value, None) for v in found):
                self.note(f"{knob}: only the first of {len(found)} numbers was taken")
            return
        without = self.values.get(spec.name, spec.default)
        found = (found * spec.size if len(found) == 1 else [*found, *[None] * spec.size])[: spec.size]
        self.set(spec.name, tuple(w if v is None else v for v, w in zip(found, without, strict=True)), knob)

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
            try:
                self.declared.convert(self)
            except (Exception, SystemExit) as error:  # noqa: BLE001  of a damaged script, or of a plugin
                self.note(f"not all of it could be read: {told(error)}")
        names = {spec.name for spec in self.cls.specs}
        for knob in self.node.knobs:
            if knob in self.taken or knob in _COSMETIC or "*" in self.taken or self._is_user(knob):
                continue
            try:
                parameter, factor = self.declared.parameter(knob)
                if parameter in names:
                    self.knob(knob, parameter, factor)
                else:
                    self.leave(knob)
            except (Exception, SystemExit) as error:  # noqa: BLE001  of a damaged script, or of a plugin
                self.note(f"{knob} could not be read: {told(error)}")
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
