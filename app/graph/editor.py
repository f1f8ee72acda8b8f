"""Edits of the level that is shown, each one step of the history; a refused one is a sentence in the status bar."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from rimlight.engine import Graph, GraphError, Image, NodeState, RimlightError, insert_on_wire, parse_format, registry

from ..panels import Desktop
from ..rig.building import free_name
from .operations import DOT_KIND, create
from .placing import STEP_Y, Point, homed, moved, room_below
from .scene import GraphScene, Wire
from .status import tooltip
from .view import GraphView

DECLARED_FOR = (1920, 1080)
"""The frame for which declarations give the corners of pictures, and places that are looked for across it."""


class Editor:
    """What gestures and commands do to the script. Names are those of nodes of the level that is shown."""

    def __init__(self, desktop: Desktop, scene: GraphScene, view: GraphView, used: Callable[[str], None]) -> None:
        self.desktop = desktop
        self.workspace = desktop.workspace
        self.scene = scene
        self.view = view
        self._used = used

    @property
    def graph(self) -> Graph:
        return self.workspace.level_graph

    @property
    def selection(self) -> list[str]:
        """Names of the selected nodes of this level, in the order of selecting."""
        split = [path.rpartition("/") for path in self.workspace.selection]
        return [name for inside, _, name in split if inside == self.workspace.level]

    @property
    def nodes(self) -> list[str]:
        """The selected nodes; GraphError when there is none."""
        if not self.selection:
            raise GraphError("select a node first")
        return self.selection

    def select(self, names: Iterable[str]) -> None:
        self.workspace.select(self.workspace.path(name) for name in names)

    def state(self, name: str) -> NodeState:
        return self.graph[name]

    def do(self, label: str, change: Callable[[Graph], Graph], merge: object = None) -> bool:
        """Do an edit as one step. False when it was refused, which is told."""
        try:
            after = change(homed(self.graph, self.scene.at))
        except RimlightError as error:
            self.refuse(str(error))
            return False
        self.workspace.put_level(after, label, merge)
        return True

    def do_selected(self, verb: str, change: Callable[[Graph, list[str]], Graph]) -> bool:
        """Do an edit of the selected nodes. verb : what the step is called, before their names."""
        return self.do(f"{verb} {listed(self.selection)}", lambda graph: change(graph, self.nodes))

    def make(self, label: str, change: Callable[[Graph], tuple[Graph, str | Sequence[str]]]) -> list[str]:
        """Do an edit that makes nodes, and select them; returns their names, none when it was refused."""
        made: list[str] = []

        def changed(graph: Graph) -> Graph:
            after, names = change(graph)
            made.extend([names] if isinstance(names, str) else names)
            return after

        if not self.do(label, changed):
            return []
        self.select(made)
        return made

    def refuse(self, sentence: str) -> None:
        """Tell why something was not done."""
        self.workspace.tell(f"{sentence[:1].upper()}{sentence[1:]}", "warning")

    def create(self, kind: str, branch: bool = False, values: Mapping[str, object] | None = None) -> list[str]:
        """A new node after the selection, with the user's own defaults."""
        source = self.selection[-1] if self.selection else None
        values = {**self.first_values(kind, source), **(values or {})}
        first_is_b = self.desktop.preferences().merge_first_is_b
        selection, at, cursor = self.selection, self.scene.at, self.view.cursor_place
        return self.add(
            kind,
            lambda graph: create(
                graph, kind, selection, at, cursor, branch=branch, first_is_b=first_is_b, values=values
            ),
        )

    def first_values(self, kind: str, source: str | None) -> dict[str, object]:
        """What a new node starts with: the user's own defaults, its corners at those of the picture it gets, or of the
        project, its places where they are declared, points in proportion to each other, and a name for a light whose
        own another has.
        """
        cls = registry.find(kind)
        info = self.workspace.facts.info(self.workspace.path(source)) if source is not None else None
        frame = info.display if info is not None else parse_format(self.workspace.document.project.format)
        across, up = frame.width / DECLARED_FOR[0], frame.height / DECLARED_FOR[1]
        across_all = (0, DECLARED_FOR[0])
        fits = [s for s in cls.specs if s.role == "corner" or (s.size == 2 and s.soft == across_all)]
        least = min(across, up)  # by which a face stays one in a frame of another form
        at: dict[str, object] = {}
        for spec in fits:
            by = (least, least) if spec.role == "point" else (across, up)
            ends = zip(spec.default, by, DECLARED_FOR, (frame.width, frame.height), strict=True)
            at[spec.name] = tuple(round((x - declared / 2) * k + size / 2, 1) for x, k, declared, size in ends)
        fitted = at if (across, up) != (1, 1) else {}
        return {**fitted, **free_name(self.workspace.graph, cls), **self.workspace.presets.defaults(kind)}

    def add(self, kind: str, change: Callable[[Graph], tuple[Graph, str]]) -> list[str]:
        """Do an edit that makes a node of a kind, which counts as used, and bring it into sight."""
        made = self.make(f"add {kind.rpartition('.')[2]}", change)
        if made:
            self._used(kind)
            self.view.show_item(made[0])
            if kind != DOT_KIND and self.desktop.preferences().properties_new:
                self.open_properties(made[0])
                if self._lives_by_file(made[0]):
                    self.workspace.file_requested.emit(self.workspace.path(made[0]))
        return made

    def _lives_by_file(self, name: str) -> bool:
        """Whether a node reads or writes a file, which is not chosen yet, and has no picture by wire in its place."""
        state = self.graph[name]
        if state.cls is None:
            return False
        found = any(spec.name == "file" and spec.role == "file" and not spec.cosmetic for spec in state.cls.specs)
        given = any(port.optional and port.type is Image and port.name in state.inputs for port in state.cls.ports)
        return found and not given and not state.value("file")

    def insert(self, name: str, wire: Wire, places: Mapping[str, Point]) -> bool:
        """Put a node, let go of at a place, into a wire, and make room for it. False when it does not fit."""

        def inserted(graph: Graph) -> Graph:
            source = graph[wire[0]].inputs[wire[1]]
            graph = moved(insert_on_wire(graph, name, *wire), places)
            x, y = places[name]
            at = {**self.scene.at, name: (x, max(y, self.scene.at[source][1] + STEP_Y / 2))}
            return moved(graph, room_below(graph, at, name, at[name])) if at[wire[0]][1] > y else graph

        return self.do(f"insert {name}", inserted)

    def rewire(self, source: str, leaves: Wire | None, enters: Wire) -> None:
        """Wire a node into an input; leaves : the input where that wire ended before."""

        def wired(graph: Graph) -> Graph:
            if leaves is not None and leaves != enters:
                graph = graph.connect(*leaves, None)
            return graph.connect(*enters, source)

        self.do(f"connect {enters[0]}.{enters[1]}", wired)

    def unwire(self, wire: Wire) -> None:
        """Take a wire away."""
        self.do(f"disconnect {wire[0]}.{wire[1]}", lambda graph: graph.connect(*wire, None))

    def open_properties(self, name: str) -> None:
        """Let the panel of properties show a node."""
        self.workspace.properties_requested.emit(self.workspace.path(name))

    def tooltip(self, name: str) -> str:
        return tooltip(self.workspace, self.workspace.path(name), self.graph[name])


def listed(names: Sequence[str]) -> str:
    """Names of nodes for the label of a step; of many only how many."""
    return ", ".join(names) if len(names) < 4 else f"{len(names)} nodes"
