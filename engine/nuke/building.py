"""From the nodes of a Nuke script to a document of ours, and what became of each node."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ..color.config import ColorConfig
from ..errors import RimlightError, ScriptError
from ..graph.clones import CLONE
from ..graph.edits import POSITION
from ..graph.graph import Graph, NodeState
from ..graph.groups import GROUP, INPUT, OUTPUT, group_inputs
from ..kinds import registry
from ..nodebase import Node
from ..region import parse_format
from ..script.document import Document
from ..script.script import dumps, loads
from .conversion import NukeConversion
from .declare import NukeClass, nuke_classes
from .links import Links
from .naming import free_name
from .project import project_of
from .reading import GROUPS, NukeNode, NukeScript, knob_lines
from .report import Fate, ImportLine, ImportReport
from .values import real, whole
from .words import items

FOREIGN = "structure.foreign"
_SCALE = 1.5
"""Ours are larger tiles: places of Nuke's are taken this much apart."""
_TILE, _DOT = (40.0, 10.0), (6.0, 6.0)
"""From a tile's corner, where Nuke says it is, to its middle."""
_DEEPEST = 40
_SHOWN = 4000


def build(script: NukeScript) -> tuple[Document, ImportReport]:
    """The document of a script. Raises ScriptError for one without nodes."""
    if not script.nodes:
        raise ScriptError("this is no script of Nuke: there is no node in it")
    builder = _Builder(script)
    return builder.document()


class _Builder:
    def __init__(self, script: NukeScript) -> None:
        self.script = script
        self.classes = nuke_classes()
        self.general: list[str] = list(script.skipped)
        self.lines: list[ImportLine] = []
        self.groups: dict[NukeNode, NodeState] = {}
        self.project, lost = project_of(script.root)
        self.general += lost
        self.paths: dict[NukeNode, str] = {}
        self._name(script.nodes, "", 0)
        self.cloned = {n.original: f"nuke{i}" for i, n in enumerate(self.paths) if n.original is not None}
        size = parse_format(self.project.format)
        self.links = Links(script, self.paths, self.classes, (size, self.project.frames, self.project.fps))

    def document(self) -> tuple[Document, ImportReport]:
        graph = self._level(self.script.nodes, "")
        # Read as any script is: what does not fit is named, and what is wrong is not lost.
        loaded = loads(dumps(Document(graph, self.project)), "nuke")
        self.general += [sentence.removeprefix("nuke: ") for sentence in loaded.warnings]
        return loaded.document, ImportReport(tuple(self.lines), tuple(dict.fromkeys(self.general)))

    def _name(self, nodes: list[NukeNode], prefix: str, depth: int) -> None:
        """Give every node a name of its own, as close to its own as can be."""
        taken: set[str] = set()
        for node in nodes:
            name = free_name(node.name, f"{node.cls.rpartition('.')[2]}1", taken)
            taken.add(name)
            self.paths[node] = prefix + name
            if node.inside is not None:
                if depth >= _DEEPEST:
                    self.general.append(f"{prefix}{name}: what is inside was left out, groups are nested too deeply")
                    node.inside = []
                self._name(node.inside, f"{prefix}{name}/", depth + 1)

    def _level(self, nodes: list[NukeNode], prefix: str) -> Graph:
        states: dict[str, NodeState] = {}
        taken = {self.paths[node][len(prefix) :] for node in nodes}
        for node in nodes:
            name = self.paths[node][len(prefix) :]
            state, line = self._node(node, states, taken)
            states[name] = state
            self.lines.append(line)
        return Graph(states)

    def _node(self, node: NukeNode, states: dict[str, NodeState], taken: set[str]) -> tuple[NodeState, ImportLine]:
        path = self.paths[node]
        sources = [self._source(node, source) for source in node.inputs]
        if node.inside is not None:
            return self._group(node, path, sources)
        if node.original in self.groups:
            return self._group_again(node, path, sources)
        if node.cls in ("Input", "Output") and node.parent is not None:
            return self._door(node, path, sources)
        known = self.classes.get(node.cls)
        if known is None or (node.cls in GROUPS and node.original is None):
            return self._foreign(node, path, sources)
        cls, declared = known
        conversion = NukeConversion(node, cls, declared, sources, self.links)

        def make(kind: str, inputs: Mapping[str, str], values: Mapping[str, Any]) -> str:
            made = registry.find(kind)
            name = free_name("", f"{made.label}1", taken)
            taken.add(name)
            states[name] = NodeState(made.kind, made.version, values, inputs)
            return name

        conversion.make = make
        conversion.run()
        conversion.wire()
        self._common(conversion)
        self._check_colors(conversion)
        cls = conversion.cls
        values = {name: value for name, value in conversion.values.items() if value != cls.spec(name).default}
        state = NodeState(cls.kind, cls.version, values, conversion.wires, self._looks(node, cls))
        notes = tuple(conversion.notes)
        return state, ImportLine(path, node.cls, cls.label, "approximated" if notes else "mapped", notes)

    def _check_colors(self, conversion: NukeConversion) -> None:
        """Note colour spaces and displays that the config does not have: they must be chosen anew."""
        for name, value in conversion.values.items():
            role = conversion.cls.spec(name).role
            if role in ("colorspace", "display") and value and self.config is not None:
                known = self.config.has(value) if role == "colorspace" else value in self.config.displays
                if not known:
                    conversion.note(f"{name} '{value}' is not in the colour config: choose another")

    @cached_property
    def config(self) -> ColorConfig | None:
        """The colour config of the script; None where it cannot be read, which is told."""
        try:
            return ColorConfig(self.project.ocio, self.project.working)
        except RimlightError as error:
            self.general.append(str(error))
            return None

    def _source(self, node: NukeNode, source: NukeNode | None) -> str | None:
        """The name of what is wired, where it is on the same level."""
        if source is None:
            return None
        if source.parent is not node.parent:
            self.general.append(f"{self.paths[node]}: a wire from {self.paths[source]} leads through a group's wall")
            return None
        return self.paths[source].rpartition("/")[2]

    def _common(self, conversion: NukeConversion) -> None:
        """What every node has: whether it is disabled, and its label."""
        if conversion.has("disable"):
            conversion.knob("disable")
        if note := label_text(conversion.text("label")):
            conversion.values.setdefault(conversion.declared.parameter("label")[0].replace("label", "note"), note)

    def _group(self, node: NukeNode, path: str, sources: list[str | None]) -> tuple[NodeState, ImportLine]:
        assert node.inside is not None
        inner = self._level(node.inside, f"{path}/")
        doors = sorted(
            (n for n in node.inside if n.cls == "Input"), key=lambda n: whole(n.text("number"), 0)
        )  # fmt: skip
        sockets = [self.paths[n].rpartition("/")[2] for n in doors]
        cls = registry.find(GROUP)
        conversion = NukeConversion(node, cls, NukeClass(""), [], self.links)
        for number, source in enumerate(sources):
            if source is not None and number < len(sockets):
                conversion.wires[sockets[number]] = source
            elif source is not None:
                conversion.note(f"input {number}, wired to {source}, has no Input inside")
        promoted = self._promoted(node, conversion)
        self._common(conversion)
        state = NodeState(
            GROUP, cls.version, conversion.values, conversion.wires, self._looks(node, cls), inner, promoted
        )
        self.groups[node] = state
        fate: Fate = "approximated" if conversion.notes else "mapped"
        return state, ImportLine(path, node.cls, cls.label, fate, tuple(conversion.notes))

    def _group_again(self, node: NukeNode, path: str, sources: list[str | None]) -> tuple[NodeState, ImportLine]:
        """A clone of a group, whose nodes the script has only once."""
        assert node.original is not None
        first, cls = self.groups[node.original], registry.find(GROUP)
        doors = zip(group_inputs(first), sources, strict=False)
        wires = {socket: source for socket, source in doors if source is not None}
        looks = self._looks(node, cls)
        return first.with_(inputs=wires, ui=looks), ImportLine(path, node.cls, cls.label, "mapped")

    def _promoted(self, node: NukeNode, conversion: NukeConversion) -> dict[str, str]:
        """Knobs of a group that are links to inner ones, as promoted parameters."""
        promoted: dict[str, str] = {}
        assert node.inside is not None
        by_name = {n.name: n for n in node.inside}
        for word in node.user:
            parts = [item.text for item in items(word.text)]
            if len(parts) < 2 or parts[0] != "41" or "T" not in parts[:-1]:
                continue
            name, _, knob = parts[parts.index("T") + 1].partition(".")
            target = by_name.get(name)
            known = self.classes.get(target.cls) if target is not None else None
            parameter = known[1].parameter(knob)[0] if known is not None else ""
            if target is None or known is None or all(s.name != parameter for s in known[0].specs):
                conversion.note(f"the knob {parts[1]}, a link to {name}.{knob}, was left out")
                continue
            promoted[parts[1]] = f"{self.paths[target].rpartition('/')[2]}.{parameter}"
        return {k: v for k, v in promoted.items() if re.fullmatch(r"[A-Za-z_]\w*", k) and k not in ("disable", "note")}

    def _door(self, node: NukeNode, path: str, sources: list[str | None]) -> tuple[NodeState, ImportLine]:
        kind = INPUT if node.cls == "Input" else OUTPUT
        cls = registry.find(kind)
        wires = {"image": sources[0]} if kind == OUTPUT and sources and sources[0] is not None else {}
        values = {"number": min(max(whole(node.text("number"), 0) + 1, 1), 99)} if kind == INPUT else {}
        if note := label_text(node.text("label")):
            values["note"] = note  # type: ignore[assignment]
        state = NodeState(kind, cls.version, values, wires, self._looks(node, cls))
        return state, ImportLine(path, node.cls, cls.label, "mapped")

    def _foreign(self, node: NukeNode, path: str, sources: list[str | None]) -> tuple[NodeState, ImportLine]:
        cls = registry.find(FOREIGN)
        wires = {"image" if i == 0 else f"image{i + 1}": s for i, s in enumerate(sources) if s is not None}
        conversion = NukeConversion(node, cls, NukeClass(""), [], self.links)
        self._common(conversion)
        knobs = {k: w for k, w in node.knobs.items() if k not in ("xpos", "ypos", "selected", "name", "inputs")}
        text = knob_lines(knobs)
        values = conversion.values | {"what": f"{node.cls} of Nuke", "settings": text[:_SHOWN]}
        state = NodeState(cls.kind, cls.version, values, wires, self._looks(node, cls))
        passes = "the picture passes through" if wires else "it has no input"
        if node.text("file").endswith(".nk"):
            passes += f"; its nodes are in {node.text('file')}, which was not read"
        return state, ImportLine(path, node.cls, "", "unknown", (f"{passes}; knobs kept to read: {len(knobs)}",))

    def _looks(self, node: NukeNode, cls: type[Node]) -> dict[str, Any]:
        looks: dict[str, Any] = {}
        place = real(node.text("xpos"), None), real(node.text("ypos"), None)
        size = real(node.text("bdwidth"), 0.0), real(node.text("bdheight"), 0.0)
        if place[0] is not None and place[1] is not None:
            middle = _DOT if node.cls == "Dot" else (size[0] / 2, size[1] / 2) if all(size) else _TILE
            looks[POSITION] = [round((p + m) * _SCALE) for p, m in zip(place, middle, strict=True)]
        if all(size):
            looks["size"] = [round(s * _SCALE) for s in size]
        color = whole(node.text("tile_color"), 0)
        if color & 0xFFFFFF00:
            looks["color"] = f"#{(color >> 8) & 0xFFFFFF:06x}"
        for knob, look in (("hide_input", "hide_inputs"), ("postage_stamp", "thumbnail"), ("bookmark", "bookmark")):
            if node.text(knob) == "true" and cls.ports:
                looks[look] = True
        original = node.original or node
        if original in self.cloned:
            looks[CLONE] = self.cloned[original]
        return looks


def label_text(text: str) -> str:
    """A label without the parts that are Tcl or markup."""
    text = re.sub(r"\[[^\]]*\]", "", text)
    return re.sub(r"</?[A-Za-z][^<>]*>", "", text).strip()
