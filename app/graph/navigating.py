"""Getting about: framing, searching, bookmarks and places, along the wires, into groups and out of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF

from rimlight.engine import NodeState, main_socket

from .. import theme
from ..properties.parameter import parameters_of
from .actions import PLACE_KEYS
from .fuzzy import Entry
from .placing import downstream
from .sockets import PASSIVE

if TYPE_CHECKING:
    from .panel import GraphPanel

PLACES = "places"
"""In the `ui` of a script: level, centre and zoom by number."""
_PLACES = range(1, len(PLACE_KEYS) + 1)


class Navigating:
    """The commands that lead to nodes and places."""

    def __init__(self, panel: "GraphPanel") -> None:
        self.panel = panel
        self.editor = panel.editor
        self.scene = panel.scene
        self.view = panel.view
        self.workspace = panel.workspace

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """By the id of the action."""
        return {
            "graph.frame": lambda: self.view.frame(self.editor.selection),
            "graph.zoom_in": partial(self.zoom, 1.25),
            "graph.zoom_out": partial(self.zoom, 0.8),
            "graph.search": self.search,
            "graph.jump": self.jump,
            "graph.enter": self.enter,
            "graph.leave": self.leave,
            "graph.promote": self.promote,
            "graph.select_all": lambda: self.editor.select(self.editor.graph),
            "graph.select_connected": self.select_connected,
            "graph.select_up": lambda: self.grow(upward=True),
            "graph.select_down": lambda: self.grow(upward=False),
            **self._going(),
            "graph.arrows": self.toggle_arrows,
            "graph.files": self.toggle_files,
            "graph.minimap": self.panel.toggle_overview,
            **{f"graph.place.save.{number}": partial(self.save_place, number) for number in _PLACES},
            **{f"graph.place.go.{number}": partial(self.go_to_place, number) for number in _PLACES},
        }

    def _going(self) -> dict[str, Callable[[], object]]:
        """The arrows: alone they select another node, and `also` one more."""
        ways: Mapping[str, Callable[[str], str | None]] = {
            "up": self._main,
            "down": self._fed,
            "left": partial(self._beside, side=-1),
            "right": partial(self._beside, side=1),
        }
        found: dict[str, Callable[[], object]] = {}
        for way, step in ways.items():
            found[f"graph.go_{way}"] = partial(self.go, step)
            found[f"graph.also_{way}"] = partial(self.go, step, also=True)
        return found

    # -- choosing -------------------------------------------------------------------------------------------------

    def search(self) -> None:
        """A node anywhere in the script, by its name, kind or note."""
        entries = []
        for path, state in self.workspace.graph.walk():
            label = state.cls.label if state.cls is not None else state.kind
            words = [str(state.values.get(name, "")) for name in ("note", "title", "text", "file")]
            inside, _, name = path.rpartition("/")
            where = f"{inside.replace('/', ' › ')} › {label}" if inside else label
            entries.append(Entry(path, name, where, " ".join(filter(None, words)), _tint(state)))

        def found(entry: Entry, shift: bool) -> None:
            chosen = self.workspace.selection if shift else ()
            self.workspace.reveal(entry.key)
            self.workspace.select([*(path for path in chosen if path != entry.key), entry.key])

        self.panel.choose(entries, found, "Find a node; Shift+Enter selects it as well")

    def jump(self) -> None:
        """A bookmarked node or a saved place."""
        entries = [
            Entry(path, path, "bookmark", tint=_tint(state))
            for path, state in self.workspace.graph.walk()
            if state.ui.get("bookmark")
        ]
        places = self._places()
        entries += [Entry(f"#{n}", f"Place {n}", str(p.get("level") or "top level")) for n, p in sorted(places.items())]
        if not entries:
            self._refuse("there are no bookmarks yet", "graph.bookmark", "makes one of the selected node")
            return

        def go(entry: Entry, shift: bool) -> None:
            if entry.key.startswith("#"):
                self.go_to_place(int(entry.key[1:]))
            else:
                self.workspace.reveal(entry.key)

        self.panel.choose(entries, go, "Jump to")

    # -- places ---------------------------------------------------------------------------------------------------

    def _places(self) -> dict[str, Any]:
        found = self.workspace.document.ui.get(PLACES)
        return {str(k): p for k, p in found.items() if isinstance(p, Mapping)} if isinstance(found, Mapping) else {}

    def save_place(self, number: int) -> None:
        """Remember where the view is, in the script."""
        center = self.view.center
        place = {
            "level": self.workspace.level,
            "center": [round(center.x()), round(center.y())],
            "zoom": round(self.view.zoom_level, 4),
        }
        document = self.workspace.document
        ui = {**document.ui, PLACES: {**self._places(), str(number): place}}
        self.workspace.session.history.commit(document.with_(ui=ui), f"save place {number}")
        self.workspace.tell(f"Place {number} saved")

    def go_to_place(self, number: int) -> None:
        """Go where the view was."""
        place = self._places().get(str(number))
        try:
            assert place is not None
            x, y = (float(v) for v in place["center"])
            zoom, level = float(place["zoom"]), str(place["level"])
        except (AssertionError, KeyError, TypeError, ValueError):
            self._refuse(f"place {number} was not saved yet", f"graph.place.save.{number}", "saves it")
            return
        self.workspace.enter(level)
        self.view.look_at(QPointF(x, y), zoom)

    def _refuse(self, sentence: str, action: str, does: str) -> None:
        """Say what is not there, and the key of what makes it."""
        key = self.panel.desktop.actions.qaction(action).shortcut().toString()
        self.editor.refuse(f"{sentence}: {key} {does}" if key else sentence)

    def zoom(self, factor: float) -> None:
        """About the mouse where it is on the canvas, else about the middle."""
        mouse = self.view.mouse if self.view.underMouse() else None
        self.view.zoom(factor, self.view.mapFromScene(mouse if mouse is not None else self.view.center))

    # -- groups ---------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Into the current group."""
        path = self.workspace.current
        if path is None or self.workspace.graph.at(path).graph is None:
            self.editor.refuse("select a group to open it")
            return
        self.workspace.enter(path)

    def leave(self) -> None:
        """Out of the group, which is then selected."""
        level = self.workspace.level
        if level:
            self.workspace.enter(level.rpartition("/")[0])
            self.workspace.select([level])

    def promote(self) -> None:
        """Show an inner parameter on its group: one of the selected group, or of the node in the group we are in."""
        path, graph = self.workspace.current, self.workspace.graph
        inner = graph.at(path).graph if path is not None else None
        group, nodes = (path, list(inner)) if path is not None and inner is not None else (self.workspace.level, [])
        if path is not None and inner is None and group:
            nodes = [path.rpartition("/")[2]]
        shown = set(graph.at(group).promoted.values()) if nodes else set()
        entries = [
            Entry(f"{node}.{parameter.name}", f"{node}.{parameter.name}", parameter.spec.doc, tip=parameter.spec.doc)
            for node in nodes
            for parameter in parameters_of(graph, f"{group}/{node}", self.workspace.facts.members)
            if f"{node}.{parameter.name}" not in shown
        ]
        if not entries:
            nothing = f"{path} has nothing left to promote"
            wanted = "select a group, or a node inside one, to promote its parameters"
            self.editor.refuse(nothing if path is not None and group else wanted)
            return

        def chosen(entry: Entry, shift: bool) -> None:
            name = self.workspace.edit(lambda session: session.promote(group, entry.key))
            if name:
                self.workspace.properties_requested.emit(group)  # there it is seen, renamed and taken back
                self.workspace.tell(f"{group} shows {name} of {group}/{entry.key.rpartition('.')[0]}", node=group)

        self.panel.choose(entries, chosen, "Promote a parameter")

    # -- along the wires ------------------------------------------------------------------------------------------

    def go(self, step: Callable[[str], str | None], also: bool = False) -> None:
        """From the current node to another one; without any, to the one nearest to the middle of what is seen.

        also : what is selected stays so, in its order, and the other one becomes the current.
        """
        selection = self.editor.selection
        name = step(selection[-1]) if selection else self._nearest()
        if name is not None:
            self.editor.select([*(n for n in selection if also and n != name), name])
            self.view.show_item(name)

    def _nearest(self) -> str | None:
        middle, at = self.view.center, self.scene.at
        names = [name for name in at if self.editor.state(name).kind not in PASSIVE]
        return min(names, key=lambda n: (at[n][0] - middle.x()) ** 2 + (at[n][1] - middle.y()) ** 2, default=None)

    def _main(self, name: str) -> str | None:
        """What feeds a node: its trunk, else any input."""
        state = self.editor.state(name)
        main = main_socket(state)
        return state.inputs.get(main or "") or next(iter(state.inputs.values()), None)

    def _fed(self, name: str) -> str | None:
        """What the node feeds, the nearest to straight below."""
        x = self.scene.at[name][0]
        fed = sorted({wire[0] for wire in self.scene.fed.get(name, ())}, key=lambda n: abs(self.scene.at[n][0] - x))
        return fed[0] if fed else None

    def _beside(self, name: str, side: int) -> str | None:
        """The nearest node on that side, whose height counts for more."""
        at = self.scene.at
        x, y = at[name]
        others = [n for n, (ox, _) in at.items() if (ox - x) * side > 1 and self.editor.state(n).kind not in PASSIVE]
        return min(others, key=lambda n: (at[n][0] - x) ** 2 + 9 * (at[n][1] - y) ** 2, default=None)

    def grow(self, upward: bool) -> None:
        """Add to the selection all that feeds it, or that it feeds."""
        names, graph = self.editor.selection, self.editor.graph
        more = graph.upstream(names) if upward else downstream(graph, names)
        self.editor.select([*(n for n in graph if n in more and n not in names), *names])

    def select_connected(self) -> None:
        """All that hangs together with the selection."""
        names, graph, found = self.editor.selection, self.editor.graph, set(self.editor.selection)
        while True:
            more = graph.upstream(downstream(graph, found)) | downstream(graph, graph.upstream(found))
            if more <= found:
                break
            found |= more
        self.editor.select([*(n for n in graph if n in found and n not in names), *names])

    # -- what is shown --------------------------------------------------------------------------------------------

    def toggle_arrows(self) -> None:
        self.scene.show_arrows(not self.scene.arrows_shown)
        self.panel.desktop.actions.set_checked("graph.arrows", self.scene.arrows_shown)

    def toggle_files(self) -> None:
        self.scene.show_files(not self.scene.files_shown)
        self.panel.desktop.actions.set_checked("graph.files", self.scene.files_shown)

    def beside_mouse(self) -> QPoint:
        """Where a list is opened, in the panel's coordinates."""
        mouse = self.view.mouse
        if mouse is not None and self.view.underMouse():
            return self.view.mapTo(self.panel, self.view.mapFromScene(mouse))
        return QPoint(self.panel.width() // 2 - 170, self.panel.height() // 4)


def _tint(state: NodeState) -> str:
    """The colour of a node in a list."""
    return theme.category_color(state.kind, menu=state.cls.menu if state.cls is not None else "").name()
