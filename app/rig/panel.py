"""The light rig: the dome and the list of lights of the rig that is selected or viewed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from rimlight.engine import Graph

from .. import theme
from ..actions import Action
from ..changes import Change, has_node, level_change
from ..panels import Desktop, Panel, PanelDeclaration
from .bar import RigBar
from .beginning import Beginning
from .building import KINDS
from .details import Details
from .dome import Dome
from .edits import RigEdits
from .foreign import Compared, refusal, shown
from .keymenu import add_keys, place_names
from .lightlist import LightList
from .lights import AROUND, Handle, Scene, find_scene, handles_of
from .looking import Look
from .placement import Mode, placer_of
from .projection import Side
from .space import HERE, Space
from .spaces import Spaces
from .swatch import ColorPopup
from .values import standing
from .watching import Wanted, Watch

CONTEXT = "lightrig"
_PLACING = ("viewer", CONTEXT)
_MENU = "&Viewer/&Lights"
ACTIONS = (
    Action("lightrig.duplicate", "&Duplicate Light", ("Alt+C",), (CONTEXT,)),
    Action("lightrig.remove", "&Remove Light", ("Del", "Backspace"), (CONTEXT,)),
    Action("lightrig.side", "Front, Back, &All of the Dome", ("V",), (CONTEXT,)),
    Action("lightrig.highlight", "Place the &Highlight", ("H",), _PLACING, _MENU, "light", checkable=True),
    Action("lightrig.brightest", "Place the &Brightest Point", ("Shift+H",), _PLACING, _MENU, "light", checkable=True),
    Action("lightrig.shadow", "Place the &Shadow", ("Alt+H",), _PLACING, _MENU, "light", checkable=True),
)
_DOME_SHARE = 0.62
"""Of the panel's height that the dome takes at most."""


class LightRigPanel(Panel):
    """Follows the selection and the viewer; every edit goes to the node that makes the light."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.scene = Scene()
        self.handles: list[Handle] = []
        self._of_nodes: list[Handle] = []
        self._found: object = None
        self._spaces: dict[str, Space] = {}
        self.current = ""
        self.edits = RigEdits(self.workspace)
        self._stale = False
        self._popup: ColorPopup | None = None
        self._placer = placer_of(self.workspace)
        self._build()
        self.watch = Watch(self.workspace, self._wanted, lambda: self.dome.dragging, self)
        self._connect()
        self._follow()

    # -- building -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.dome = Dome()
        self.list = LightList()
        self.details = Details()
        self.bar = RigBar()
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setContentsMargins(2 * theme.SPACE, 0, 2 * theme.SPACE, theme.SPACE)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addWidget(self.details)
        self.origin = QLabel()
        self.origin.setProperty("role", "dim")
        self.origin.setWordWrap(True)
        self.origin.setContentsMargins(*(2 * theme.SPACE,) * 4)
        column.addWidget(self.origin)
        self.origin.hide()
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.dome)
        self.splitter.addWidget(below)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.splitterMoved.connect(self._split_by_hand)
        self._by_hand = False
        main = QWidget()
        layout = QVBoxLayout(main)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.problem)
        layout.addWidget(self.splitter, 1)
        self.beginning = Beginning(self.desktop)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.beginning)
        self.pages.addWidget(main)
        self.setFocusProxy(self.dome)
        self.problem.hide()

    def _connect(self) -> None:
        workspace, dome = self.workspace, self.dome
        workspace.document_changed.connect(self._changed)
        workspace.selection_changed.connect(self._follow)
        workspace.views_changed.connect(self._follow)
        workspace.frame_changed.connect(self._show_lights)
        dome.selected.connect(self._select)
        dome.moved.connect(self._move)
        dome.sized.connect(self._size)
        dome.scrolled.connect(self._scroll)
        dome.opened.connect(self._open)
        dome.menu_wanted.connect(self._menu)
        dome.resized.connect(self.watch.resharpen)
        self.list.edited.connect(self._set)
        self.list.renamed.connect(self._rename)
        self.list.chosen.connect(self._select)
        self.list.color_wanted.connect(self._choose_color)
        self.list.exposure_menu_wanted.connect(partial(self._key_menu, "exposure"))
        self.details.edited.connect(self._edit_current)
        self.details.menu_wanted.connect(lambda name, at: self._key_menu(name, self.current, at))
        self.bar.added.connect(self.add)
        self.bar.placing.connect(self._begin_placing)
        self.bar.side_chosen.connect(self.set_side)
        self._placer.mode_changed.connect(self._show_mode)
        self.watch.looked.connect(self._looked)
        self.watch.failed.connect(self._look_failed)
        self.watch.measured.connect(self._show_measures)
        self.watch.moved.connect(self._show_lights)
        self.watch.settled_changed.connect(self.settled_changed)
        self.desktop.actions.attach(
            CONTEXT,
            self,
            {
                "lightrig.duplicate": self.duplicate,
                "lightrig.remove": self.remove,
                "lightrig.side": self._next_side,
                "lightrig.highlight": partial(self._begin_placing, Mode.HIGHLIGHT),
                "lightrig.brightest": partial(self._begin_placing, Mode.BRIGHTEST),
                "lightrig.shadow": partial(self._begin_placing, Mode.SHADOW),
            },
            {"lightrig.duplicate": lambda: bool(self.current), "lightrig.remove": lambda: bool(self.current)},
        )

    # -- following the script -------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if not change.pixels:
            return
        if change.opened or _rewired(change):
            self._follow()
        else:
            self._show_lights()

    def _follow(self, *_: object) -> None:
        """Find the rig to show: that of the selection, else the one that is viewed, else the one shown before."""
        workspace = self.workspace
        if not self.isVisible():
            self._stale = True
            return
        scene = find_scene(workspace.session, workspace.current, workspace.views().node_a)
        if scene.rig != self.scene.rig or scene.lit != self.scene.lit:
            self.watch.forget()
            self._spaces = {}
        self.scene = scene
        if workspace.current in scene.lights:
            self.current = str(workspace.current)
        elif self.current not in scene.lights and self.current not in self._known.lights:
            self.current = _first(self.workspace.graph, scene)
        self.pages.setCurrentIndex(1 if scene.rig else 0)
        self.bar.show_rig(scene.rig, scene.lit)
        self._show_lights()

    def _split_by_hand(self, *_: object) -> None:
        self._by_hand = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The dome is square where there is room, until the user says otherwise."""
        super().resizeEvent(event)
        if not self._by_hand:
            whole = self.splitter.height()
            dome = min(self.width(), round(_DOME_SHARE * whole))
            self.splitter.setSizes([dome, max(whole - dome, 1)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self._follow()

    def _show_lights(self, *_: object) -> None:
        if not self.isVisible():
            self._stale = True
            return
        workspace, session = self.workspace, self.workspace.session
        frame = workspace.frame
        self._of_nodes = handles_of(session, self.scene, frame, self.watch.subject, self._spaces)
        self._show_handles()
        self.watch.changed()

    def _take_spaces(self) -> None:
        """Show the lights as the camera of the frame that was looked at sees them."""
        spaces = {**self._spaces, **(self.watch.look.spaces.of_nodes if self.watch.look is not None else {})}
        if spaces != self._spaces:
            self._spaces = spaces
            session, frame = self.workspace.session, self.workspace.frame
            self._of_nodes = handles_of(session, self.scene, frame, self.watch.subject, spaces)
            self._show_handles()

    def _show_handles(self) -> None:
        """Show the lights of nodes, and those that the last look found besides."""
        session, frame = self.workspace.session, self.workspace.frame
        self.handles = shown(self._of_nodes, self._known)
        self.dome.set_handles(self.handles, self.current)
        self.list.show_handles(self.handles, self.current, frame, self._states)
        handle = self.handle
        self.details.show_light(session, handle if handle is not None and not handle.foreign else None, frame)
        self.origin.setVisible(handle is not None and handle.foreign)
        if handle is not None and handle.foreign:
            self.origin.setText(self._origin_of(handle))
        if self._popup is not None and handle is not None:
            self._popup.show_handle(handle)

    def _show_found(self) -> None:
        """Show what a look has found besides the nodes, where that is something else than before."""
        found = (self._known.foreign, self._known.overruled, self._known.silenced)
        if found != self._found:
            self._found = found
            there = [handle.path for handle in shown(self._of_nodes, self._known)]
            if not self.scene.lights and there and self.current not in there:
                self.current = there[0]
            self._show_handles()

    @property
    def _known(self) -> Compared:
        return self.watch.look.compared if self.watch.look is not None else Compared()

    def _origin_of(self, handle: Handle) -> str:
        look = self.watch.look
        why = ""
        if look is not None:
            anchor = look.spaces.anchors.get(handle.name)
            rig, light = (anchor.whole, anchor.light) if anchor else (look.rig, self._known.lights[handle.path])
            why = refusal(rig, light)
        if why:
            return why[:1].upper() + why[1:] + "."
        where = self.scene.rig.rpartition("/")[2]
        return f"‘{handle.name}’ comes from {where}. Once it is edited, a light node takes its place."

    def _states(self, path: str) -> Mapping[str, Any]:
        if not has_node(self.workspace.graph, path):
            return {}
        state = self.workspace.graph.at(path)
        return {"exposure": standing(state, "exposure", self.workspace.frame)}

    def _node(self, path: str, token: object) -> str:
        """The path of the node of a light, made where there is none yet as part of a gesture; empty where that cannot
        be.
        """
        look, light = self.watch.look, self._known.lights.get(path)
        if not self._placed(path):
            return ""
        if look is None or light is None:
            return path
        anchor = look.spaces.anchors.get(light.name)
        end, rig, subject, space = self.scene.rig, look.rig, self.watch.subject, HERE
        if anchor is not None:  # the light stays in its world, whatever the camera does from here on
            end, rig, light, space = anchor.rig, anchor.whole, anchor.light, anchor.space
        handed = partial(self._hand_over, path, space)
        made = self.edits.override(end, rig, light, space.given(subject), token, handed) or ""
        if made:
            self.workspace.select((made,))
        return made

    def _placed(self, path: str) -> bool:
        """Whether it is known where a light is seen from at this frame, without which no edit says what is meant."""
        look = self.watch.look
        if not self.scene.spaces:
            return True
        known = path in self._spaces or path in self._known.lights
        return look is not None and look.spaces.frame == self.workspace.frame and known

    def _hand_over(self, old: str, space: Space, new: str) -> None:
        self._spaces[new] = space
        self.dome.hand_over(old, new)
        self.list.hand_over(old, new)
        self.current = new

    @property
    def handle(self) -> Handle | None:
        """The selected light."""
        return next((h for h in self.handles if h.path == self.current), None)

    # -- what was looked at ---------------------------------------------------------------------------------------

    def _wanted(self) -> Wanted | None:
        if not self.isVisible():
            return None
        side = round(self.dome.disc.width() * self.devicePixelRatioF())
        return Wanted(self.scene, self.dome.side, side, tuple(self._of_nodes))

    def _looked(self, look: Look | None) -> None:
        self.problem.hide()
        self.dome.set_look(look)
        self._take_spaces()
        self._show_found()

    def _look_failed(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()

    def _show_measures(self) -> None:
        levels, ratio = self.watch.levels
        where = ratio.source if ratio is not None else "grey ball"
        self.list.show_levels(levels, where)
        self.bar.show_ratio(ratio, where)

    @property
    def settled(self) -> bool:
        return self.watch.settled

    # -- edits ----------------------------------------------------------------------------------------------------

    def _edit_current(self, values: Mapping[str, Any], token: object) -> None:
        self._set(self.current, values, token)

    def _set(self, path: str, values: Mapping[str, Any], token: object = None) -> None:
        token = token if token is not None else object()
        if path := self._node(path, token):
            self.edits.set(path, values, token)

    def _move(self, path: str, azimuth: float, elevation: float, token: object) -> None:
        if (handle := self._handle(self._node(path, token))) is not None:
            self.edits.move(handle, azimuth, elevation, token)

    def _size(self, path: str, degrees: float, token: object) -> None:
        if (handle := self._handle(self._node(path, token))) is not None:
            self.edits.resize(handle, degrees, token)

    def _scroll(self, path: str, steps: float, what: str, token: object) -> None:
        if (handle := self._handle(self._node(path, token))) is not None:
            self.edits.scroll(handle, steps, what, token)

    def _rename(self, path: str, name: str) -> None:
        self._set(path, {"light_name": name.strip()})
        self._show_lights()  # the field goes back where the name was refused

    def add(self, kind: str) -> None:
        """Add a light at the end of the rig, where it is held in the world before that, and select it."""
        spaces = self.watch.look.spaces if self.scene.spaces and self.watch.look is not None else Spaces()
        if self.scene.spaces and spaces.frame != self.workspace.frame:
            return
        end, space = spaces.end if self.scene.spaces else (self.scene.rig, HERE)
        made = self.edits.add(end, kind, self.watch.subject, space)
        if made:
            self._spaces[made] = space
        self._select(made or self.current)

    def duplicate(self) -> None:
        """Add a copy of the selected light and select it."""
        path = self._node(self.current, object())
        if (handle := self._handle(path)) is not None:
            made = self.edits.duplicate(handle)
            if made:
                self._spaces[made] = handle.space
            self._select(made or self.current)

    def remove(self) -> None:
        """Take the selected light out and select the one before it."""
        handle = self.handle
        if handle is not None and handle.foreign:
            self.workspace.tell("No node makes this light: mute it, which puts one in its place", "warning")
        elif handle is not None:
            paths = self.scene.lights
            at = paths.index(handle.path)
            self.edits.remove(handle)
            self._select(next(iter(paths[:at][-1:] + paths[at + 1 :]), ""))

    # -- selecting, showing ---------------------------------------------------------------------------------------

    def _select(self, path: str) -> None:
        node = self._shown_node(path)
        if path != self.current or (path and self.workspace.selection != (node,)):
            self.current = path
            if path:
                self.workspace.select((node,))
            self._show_lights()

    def _shown_node(self, path: str) -> str:
        """The node to select for a light: its own, else the end of the rig."""
        return path if has_node(self.workspace.graph, path) else self.scene.rig

    def _open(self, path: str) -> None:
        self.workspace.properties_requested.emit(self._shown_node(path))

    def _handle(self, path: str) -> Handle | None:
        return next((h for h in self.handles if h.path == path), None)

    def set_side(self, side: Side, *_: object) -> None:
        """Show another side of the dome."""
        self.bar.show_side(side)
        self.dome.set_side(side)
        self.watch.resharpen()

    def _next_side(self) -> None:
        sides = list(Side)
        self.set_side(sides[(sides.index(self.dome.side) + 1) % len(sides)])

    def _choose_color(self, path: str) -> None:
        self._select(path)
        handle, row = self._handle(path), self.list.rows.get(path)
        if handle is None or row is None:
            return
        self._popup = ColorPopup(self)
        self._popup.show_handle(handle)
        self._popup.edited.connect(self._edit_current)
        self._popup.destroyed.connect(self._popup_closed)
        self._popup.open_at(row.swatch.mapToGlobal(QPoint(0, row.swatch.height())))

    def _popup_closed(self, *_: object) -> None:
        self._popup = None

    def _menu(self, path: str, place: QPoint) -> None:
        if path:
            self._select(path)
        handle = self._handle(path) if path else None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if handle is not None:
            for name, title, on in (
                ("enabled", "Shines", handle.enabled), ("solo", "Solo", handle.solo), ("disable", "Mute", handle.muted),
            ):  # fmt: skip
                action = menu.addAction(title, partial(self._set, path, {name: not on}))
                action.setCheckable(True)
                action.setChecked(on)
            menu.addSeparator()
            if has_node(self.workspace.graph, path):
                keys = menu.addMenu("Keys of Its Place")
                add_keys(keys, self.workspace, path, place_names(self.workspace.graph.at(path)))
            menu.addAction("Properties", partial(self._open, path))
            menu.addAction("Show in the Graph", partial(self.workspace.reveal, self._shown_node(path)))
            menu.addAction("Duplicate", self.duplicate)
            menu.addAction("Remove", self.remove)
            menu.addSeparator()
        adding = menu.addMenu("Add")
        for kind, title in KINDS.items():
            adding.addAction(title, partial(self.add, kind))
        menu.popup(place)

    def _key_menu(self, name: str, path: str, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_keys(menu, self.workspace, path, (name,))
        if menu.isEmpty():  # a light that no node makes has no keys
            menu.deleteLater()
        else:
            menu.popup(place)

    def _begin_placing(self, mode: Mode) -> None:
        if self.handle is not None and self.handle.foreign:
            self._node(self.current, object())
        self._placer.begin(Mode.OFF if self._placer.mode is mode else mode)

    def _show_mode(self, mode: str) -> None:
        self.bar.show_mode(mode)
        for placed in (Mode.HIGHLIGHT, Mode.BRIGHTEST, Mode.SHADOW):
            self.desktop.actions.set_checked(f"lightrig.{placed.value}", placed.value == mode)

    def save_state(self) -> dict[str, Any]:
        return {"side": self.dome.side.value, "sizes": self.splitter.sizes()}

    def restore_state(self, state: dict[str, Any]) -> None:
        if state.get("side") in list(Side):
            self.set_side(Side(state["side"]))
        sizes = state.get("sizes")
        if isinstance(sizes, list) and len(sizes) == 2 and all(isinstance(size, int) for size in sizes):
            self.splitter.setSizes(sizes)
            self._by_hand = True


def _rewired(change: Change) -> bool:
    """Whether nodes came, went or were wired, not only parameters set; groups count as rewired."""
    old, new = change.old.graph, change.new.graph
    level = level_change(old, new)
    if level.added or level.removed:
        return True
    return any(
        old[name].inputs != new[name].inputs or old[name].kind != new[name].kind or new[name].graph is not None
        for name in level.changed
    )


def _first(graph: Graph, scene: Scene) -> str:
    """The light that is selected when none was: the first lamp rather than surroundings."""
    lamps = [path for path in scene.lights if graph.at(path).kind not in AROUND]
    return next(iter(lamps or scene.lights), "")


PANEL = PanelDeclaration("lightrig", "Light Rig", LightRigPanel, area="right", visible=True, actions=ACTIONS)
