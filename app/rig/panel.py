"""The light rig: the dome and the list of lights and flags of the rig that is selected or viewed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QStackedLayout

from ..actions import Action
from ..changes import Change
from ..panels import Desktop, Panel, PanelDeclaration
from ..paths import has_node
from .acting import Acting
from .arrangement import Arrangement
from .beginning import Beginning
from .foreign import Compared, refusal, shown
from .kinds import FLAG_KIND
from .lightlist import THROUGH
from .lights import Handle, handles_of
from .looking import Look
from .menus import Menus
from .placement import Placer
from .placing import Mode
from .projection import Side
from .scene import Scene, find_scene
from .space import Space
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


class LightRigPanel(Panel):
    """Follows the selection and the viewer; every edit goes to the node that makes the light."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.scene = Scene()
        self.handles: list[Handle] = []
        self._of_nodes: list[Handle] = []
        self._found: Compared | None = None
        self.spaces: dict[str, Space] = {}
        self.current = ""
        self.acting = Acting(self)
        self.menus = Menus(self)
        self._popup: ColorPopup | None = None
        self._placer = self.workspace.the(Placer)
        main = Arrangement()
        self.main, self.dome, self.list, self.details, self.bar = main, main.dome, main.list, main.details, main.bar
        self.beginning = Beginning(desktop)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.beginning)
        self.pages.addWidget(main)
        self._show_page()
        self.watch = Watch(self.workspace, self._wanted, lambda: self.dome.dragging, self)
        self._connect()
        self._follow()

    def _connect(self) -> None:
        workspace, dome, acting, menus = self.workspace, self.dome, self.acting, self.menus
        workspace.document_changed.connect(self._changed)
        workspace.selection_changed.connect(self._follow)
        workspace.views_changed.connect(self._follow)
        workspace.frame_changed.connect(self.show_lights)
        dome.selected.connect(self.choose)
        dome.moved.connect(acting.move)
        dome.sized.connect(acting.size)
        dome.scrolled.connect(acting.scroll)
        dome.opened.connect(self.open_light)
        dome.menu_wanted.connect(menus.of_light)
        dome.resized.connect(self.watch.resharpen)
        self.list.edited.connect(acting.set)
        self.list.renamed.connect(acting.rename)
        self.list.chosen.connect(self.choose)
        self.list.color_wanted.connect(self._choose_color)
        self.list.keys_wanted.connect(menus.of_keys)
        self.list.link_wanted.connect(menus.of_link)
        self.details.edited.connect(acting.set_current)
        self.details.menu_wanted.connect(lambda name, at: menus.of_keys(name, self.current, at))
        self.bar.added.connect(acting.add)
        self.bar.placing.connect(self._begin_placing)
        self.bar.side_chosen.connect(self.set_side)
        self._placer.mode_changed.connect(self._show_mode)
        self.watch.looked.connect(self._looked)
        self.watch.failed.connect(self.main.show_problem)
        self.watch.measured.connect(self._show_measures)
        self.watch.moved.connect(self.show_lights)
        self.watch.settled_changed.connect(self.settled_changed)
        self.desktop.actions.attach(
            CONTEXT,
            self,
            {
                "lightrig.duplicate": acting.duplicate,
                "lightrig.remove": acting.remove,
                "lightrig.side": self._next_side,
                "lightrig.highlight": partial(self._begin_placing, Mode.HIGHLIGHT),
                "lightrig.brightest": partial(self._begin_placing, Mode.BRIGHTEST),
                "lightrig.shadow": partial(self._begin_placing, Mode.SHADOW),
            },
            {"lightrig.duplicate": self._has_current, "lightrig.remove": self._has_current},
        )

    def _has_current(self) -> bool:
        """Whether a light is selected; one that was before the panel was hidden may be none any more."""
        return bool(self.current) and not self.stale

    # -- following the script -------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if not change.pixels:
            return
        if change.opened or change.rewired:
            self._follow()
        else:
            self.show_lights()

    def _follow(self, *_: object) -> None:
        """Find the rig to show: that of the selection, else the one that is viewed, else the one shown before."""
        workspace = self.workspace
        if self.unseen():
            return
        scene = find_scene(workspace.session, workspace.current, workspace.views().node_a)
        if scene.rig != self.scene.rig or scene.lit != self.scene.lit:
            self.watch.forget()
            self.spaces = {}
        self.scene = scene
        if workspace.current in scene.parts:
            self.current = str(workspace.current)
        elif self.current not in scene.parts and self.current not in self.known.lights:
            self.current = scene.first(workspace.graph)
        self._show_page()
        self.bar.show_rig(scene.rig, scene.lit)
        self.show_lights()

    def _show_page(self) -> None:
        """Show the rig, or what to begin with; the keys that the panel has go to what is seen."""
        page, focus = (self.main if self.scene.rig else self.beginning), QApplication.focusWidget()
        turned, held = page is not self.pages.currentWidget(), focus is not None and self.isAncestorOf(focus)
        self.pages.setCurrentWidget(page)
        self.setFocusProxy(self.dome if page is self.main else self.beginning)
        if turned and held:
            self.setFocus()

    def catch_up(self) -> None:
        self._follow()

    def _take_spaces(self) -> None:
        """Show the lights as the camera of the frame that was looked at sees them."""
        spaces = {**self.spaces, **(self.watch.look.spaces.of_nodes if self.watch.look is not None else {})}
        if spaces != self.spaces:
            self.spaces = spaces
            session, frame = self.workspace.session, self.workspace.frame
            self._of_nodes = handles_of(session, self.scene, frame, self.watch.subject, spaces)
            self._show_handles()

    def _show_handles(self) -> None:
        """Show the lights and flags of nodes, and those that the last look found besides."""
        session, frame = self.workspace.session, self.workspace.frame
        self.handles = shown(self._of_nodes, self.known)
        self._found = self.known
        self.dome.set_handles(self.handles, self.current)
        self.list.show_handles(self.handles, self.current, frame, self._states)
        handle = self.handle
        self.details.show_light(session, handle if handle is not None and not handle.foreign else None, frame)
        self.main.show_origin(self._origin_of(handle) if handle is not None and handle.foreign else "")
        if self._popup is not None and handle is not None:
            self._popup.show_handle(handle)

    def _show_found(self) -> None:
        """Show what a look has found besides the nodes, where that is something else than before."""
        if self._found != self.known:
            there = [handle.path for handle in shown(self._of_nodes, self.known)]
            if not self.scene.parts and there and self.current not in there:
                self.current = there[0]
            self._show_handles()

    @property
    def known(self) -> Compared:
        """What the last look found besides the lights of nodes."""
        return self.watch.look.compared if self.watch.look is not None else Compared()

    def _origin_of(self, handle: Handle) -> str:
        look = self.watch.look
        why = ""
        if look is not None:
            anchor = None if handle.is_flag else look.spaces.anchors.get(handle.name)
            rig, light = (anchor.whole, anchor.light) if anchor else (look.rig, self.known.lights[handle.path])
            why = refusal(rig, light)
        if why:
            return why[:1].upper() + why[1:] + "."
        where, what = self.scene.rig.rpartition("/")[2], "Flag" if handle.is_flag else "light"
        return f"‘{handle.name}’ comes from {where}. Once it is edited, a {what} node takes its place."

    def _states(self, path: str) -> Mapping[str, Any]:
        if not has_node(self.workspace.graph, path):
            return {}
        state = self.workspace.graph.at(path)
        name = THROUGH if state.kind == FLAG_KIND else "exposure"
        return {name: standing(state, name, self.workspace.frame)}

    def hand_over(self, old: str, new: str, space: Space) -> None:
        """A node took the place of a light in the middle of a gesture, which goes on with it."""
        self.spaces[new] = space
        self.dome.hand_over(old, new)
        self.list.hand_over(old, new)
        self.current = new

    def show_lights(self, *_: object) -> None:
        """Show the lights as they are at the frame."""
        if self.unseen():
            return
        workspace, session = self.workspace, self.workspace.session
        frame = workspace.frame
        self._of_nodes = handles_of(session, self.scene, frame, self.watch.subject, self.spaces)
        self._show_handles()
        self.watch.changed()

    @property
    def handle(self) -> Handle | None:
        """The selected light."""
        return next((h for h in self.handles if h.path == self.current), None)

    # -- what was looked at ---------------------------------------------------------------------------------------

    def _wanted(self) -> Wanted | None:
        if self.unseen():
            return None  # what was looked at is dropped
        side = round(self.dome.disc.width() * self.devicePixelRatioF())
        return Wanted(self.scene, self.dome.side, side, tuple(self._of_nodes))

    def _looked(self, look: Look | None) -> None:
        self.main.show_problem("")
        self.dome.set_look(look)
        if self.unseen():
            return  # lights that stand here may be of nodes that went meanwhile
        self._take_spaces()
        self._show_found()

    def _show_measures(self) -> None:
        levels, ratio = self.watch.levels
        where = ratio.source if ratio is not None else "grey ball"
        self.list.show_levels(levels, where)
        self.bar.show_ratio(ratio, where)

    @property
    def settled(self) -> bool:
        return self.watch.settled

    # -- selecting, showing ---------------------------------------------------------------------------------------

    def choose(self, path: str) -> None:
        """Let a light be the selected one; none for an empty path."""
        node = self.shown_node(path)
        if path != self.current or (path and self.workspace.selection != (node,)):
            self.current = path
            if path:
                self.workspace.select((node,))
            self.show_lights()

    def shown_node(self, path: str) -> str:
        """The node to select for a light: its own, else the end of the rig."""
        return path if has_node(self.workspace.graph, path) else self.scene.rig

    def open_light(self, path: str) -> None:
        """Open the properties of a light."""
        self.workspace.properties_requested.emit(self.shown_node(path))

    def handle_of(self, path: str) -> Handle | None:
        """The light of a path."""
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
        self.choose(path)
        handle, row = self.handle_of(path), self.list.rows.get(path)
        if handle is None or row is None:
            return
        self._popup = ColorPopup(self)
        self._popup.show_handle(handle)
        self._popup.edited.connect(self.acting.set_current)
        self._popup.destroyed.connect(self._popup_closed)
        self._popup.open_at(row.swatch.mapToGlobal(QPoint(0, row.swatch.height())))

    def _popup_closed(self, *_: object) -> None:
        self._popup = None

    def _begin_placing(self, mode: Mode) -> None:
        if self._has_current() and self.handle is not None and self.handle.foreign:
            self.acting.node(self.current, object())
        self._placer.begin(Mode.OFF if self._placer.mode is mode else mode)

    def _show_mode(self, mode: str) -> None:
        self.bar.show_mode(mode)
        for placed in (Mode.HIGHLIGHT, Mode.BRIGHTEST, Mode.SHADOW):
            self.desktop.actions.set_checked(f"lightrig.{placed.value}", placed.value == mode)

    def save_state(self) -> dict[str, Any]:
        return {"side": self.dome.side.value, "sizes": self.main.sizes}

    def restore_state(self, state: dict[str, Any]) -> None:
        if state.get("side") in list(Side):
            self.set_side(Side(state["side"]))
        sizes = state.get("sizes")
        known = isinstance(sizes, list) and len(sizes) == 2 and all(isinstance(size, int) for size in sizes)
        self.main.set_sizes(sizes if known else None)


PANEL = PanelDeclaration("lightrig", "Light Rig", LightRigPanel, area="right", visible=True, actions=ACTIONS)
