"""The viewer."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMenu, QVBoxLayout

from .. import theme
from ..changes import Change
from ..graph.sockets import socket_for_lights
from ..panels import Desktop, Panel, PanelDeclaration
from ..rig.placement import Placer
from ..strokes import ChosenStrokes
from ..tracking.control import Tracking
from ..viewing import DEFAULT_VIEWER
from ..widgets import to_edge
from . import reading
from .bars import FIT, InputBar, ViewBar
from .commands import ACTIONS, CONTEXT, POINTS
from .framing import Framing
from .geometry import View
from .infobar import InfoBar
from .inputs import Inputs
from .keys import attach
from .menu import fill_menu
from .notice import Notice
from .overlay import Overlay
from .pictures import Pictures
from .sample_list import SampleList
from .sampling import Samples
from .settings import Compare, ViewerSettings
from .stage import Stage
from .telling import Telling
from .toolbelt import ToolBelt


class ViewerPanel(Panel):
    """One viewer. viewer : its name, under which the script keeps what it shows and how."""

    def __init__(self, desktop: Desktop, viewer: str = DEFAULT_VIEWER) -> None:
        super().__init__(desktop)
        self.viewer = viewer
        preferences = desktop.preferences()
        evaluations = self.workspace.evaluations
        self._settings = ViewerSettings()
        self._at: QPointF | None = None
        self.switches: dict[str, Callable[[], object]] = {}
        self.pictures = Pictures(self.workspace, preferences.draft_milliseconds / 1000, self)
        self.samples = Samples(evaluations, self)
        self.inputs = Inputs(self)
        self.input_bar = InputBar()
        self.view_bar = ViewBar()
        self.stage = Stage(evaluations, preferences.viewer_opengl)
        self.notice = Notice(self.stage)
        self.sample_list = SampleList()
        self.info_bar = InfoBar()
        self.framing = Framing(self)
        self.tools = ToolBelt(self)
        self.stage.tools = tuple(self.tools)
        self.telling = Telling(self)
        self.overlay = Overlay(self)
        self.stage.paint = self.overlay.paint
        self.stage.claims, self.stage.claimed = self._claimed_by, desktop.actions.trigger
        layout = to_edge(QVBoxLayout(self))
        for part in (self.input_bar, self.view_bar, self.stage, self.sample_list, self.info_bar):
            layout.addWidget(part, 1 if part is self.stage else 0)
        self.setFocusProxy(self.stage)
        self.keys_follow_mouse = True
        self._connect()
        attach(self)
        self._load()

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.document_changed.connect(self._document_changed)
        workspace.views_changed.connect(self._views_changed)
        workspace.frame_changed.connect(self._update)
        workspace.opened_changed.connect(self.repaint_overlay)
        workspace.selection_changed.connect(self.repaint_overlay)
        workspace.facts.changed.connect(self._facts_changed)
        self.pictures.changed.connect(self._pictures_changed)
        self.pictures.display_failed.connect(self._tell_error)
        self.samples.changed.connect(self._show_samples)
        workspace.the(ChosenStrokes).changed.connect(self.repaint_overlay)
        workspace.the(Placer).mode_changed.connect(self.repaint_overlay)
        workspace.the(Tracking).changed.connect(self.repaint_overlay)
        self.input_bar.chosen.connect(self.inputs.choose)
        self.input_bar.edited.connect(self._edited)
        self.view_bar.edited.connect(self._edited)
        self.view_bar.zoom.picked.connect(self._zoom_picked)
        self.view_bar.pressed.connect(self._pressed)
        self.view_bar.left.connect(self.setFocus)
        self.input_bar.left.connect(self.setFocus)
        self.framing.moved.connect(self._moved)
        self.stage.resized.connect(self._resized)
        self.stage.hovered.connect(self._hovered)
        self.stage.wheeled.connect(self.framing.zoom_by)
        self.stage.focused.connect(self._focused)
        self.stage.drawn.connect(self.settled_changed)
        self.stage.drawn.connect(self.pictures.drawn)
        self.stage.drawn.connect(self._tell_shown)
        self.stage.refused.connect(self._tell_error)
        self.notice.followed.connect(workspace.reveal)
        self.notice.rig_chosen.connect(self._wire_lights)
        self.notice.lights_wanted.connect(partial(self.desktop.show, "lightrig"))
        self.sample_list.removed.connect(self.samples.remove)
        self.sample_list.referred.connect(self.samples.refer)
        self.sample_list.cleared.connect(self.samples.clear)

    def _wire_lights(self, node: str, rig: str) -> None:
        self.workspace.edit(lambda s: s.connect(node, socket_for_lights(s.graph, node), rig))

    # -- what is shown and how ------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        return self.framing.view

    @property
    def settings(self) -> ViewerSettings:
        return self._settings

    @property
    def settled(self) -> bool:
        """Whether the final picture of the script as it is is on the screen."""
        return self.pictures.settled and self.stage.canvas.settled

    @property
    def paused(self) -> bool:
        return self.pictures.paused

    def set_view(self, view: View) -> None:
        """Show another part of the picture."""
        self.framing.set_view(view)

    def zoom_by(self, factor: float) -> None:
        """About the mouse where it is over the picture, else about the middle."""
        self.framing.zoom_by(factor, self._at)

    def change(self, **settings: Any) -> None:
        """Change settings by name; the script remembers them for this viewer."""
        changed = self._settings.with_(**settings)
        if changed == self._settings:
            return
        before, self._settings = self._settings, changed
        self.workspace.set_look(changed.to_data(), self.viewer)
        self._show_state()
        self._update()
        self.telling.pixel(self._at)
        if before.compare is not changed.compare:
            self.framing.refit()

    def layers(self) -> list[tuple[str, str]]:
        """Key and text of the layers to choose from."""
        return reading.layer_choices(self.workspace, self.pictures.a)

    def open_another(self) -> None:
        """Open a further viewer, which shows what this one does at first."""
        number = 2
        while f"Viewer{number}" in self.workspace.open_viewers:
            number += 1
        viewer = f"Viewer{number}"
        self.workspace.set_look(self._settings.to_data(), viewer)
        self.workspace.set_views(self.workspace.views(self.viewer), viewer)
        self.desktop.add(further(viewer), PANEL.id)

    def refresh(self) -> None:
        """Compute again, once where the viewer is paused."""
        self.pictures.refresh()

    def pause(self, on: bool) -> None:
        """Let the picture stand as it is, or follow the script again."""
        self.pictures.pause(on)
        self._show_state()

    # -- following ------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Another script: show what it says for this viewer."""
        self._settings = ViewerSettings.from_data(self.workspace.look(self.viewer))
        if self.workspace.views(self.viewer).b is None:  # it was compared with a snapshot, which is not saved
            self._settings = self._settings.with_(compare=Compare.OFF)
        self.framing.fits = True
        self._show_state()
        self._update()

    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self.samples.clear()
            self.inputs.forget()
            self.pictures.forget()
            self._load()
            self._follow_script()
        if change.pixels:
            self._update(again=True)
        else:
            self.repaint_overlay()

    def _follow_script(self) -> None:
        """The first viewer opens those that the script had open; others close with the script that had them."""
        opened = self.workspace.open_viewers
        if self.viewer == DEFAULT_VIEWER:
            for viewer in opened:
                self.desktop.add(further(viewer), PANEL.id)
            if opened:
                self.desktop.show(PANEL.id)
        elif self.viewer not in opened and isinstance(dock := self.parent(), QDockWidget):
            dock.hide()

    def _views_changed(self, viewer: str) -> None:
        if viewer == self.viewer:
            self.inputs.follow()
            self.follow_sides()

    def follow_sides(self) -> None:
        """Other things are on the sides: show them, and say so."""
        self._show_state()
        self._update()

    def _facts_changed(self, paths: frozenset[str]) -> None:
        views = self.workspace.views(self.viewer)
        if views.node_a in paths or views.node_b in paths:
            self.telling.layers()
            self._update()

    def _update(self, *_: object, again: bool = False) -> None:
        """Ask for what the settings need, and show what is there."""
        views, snapshot = self.workspace.views(self.viewer), self.inputs.shown
        self.pictures.show(views, self.view, self._settings, snapshot, again=again)
        self._show_frame()

    def _moved(self) -> None:
        self.telling.zoom()
        self._update()

    def _pictures_changed(self) -> None:
        self.framing.follow()
        sides = (self.pictures.a, self.pictures.b)
        if any(side.pending and not side.fresh for side in sides):
            self.overlay.wait()
        else:
            self.overlay.arrived()
        self._show_frame()
        self._tell_shown()
        self.telling.pictures()
        if self.pictures.display is not None and self.viewer == DEFAULT_VIEWER:
            self.workspace.swatches.follow(*reading.swatch_display(self.pictures.display))
        display = self.pictures.display
        weights = display.weights if display is not None else None
        self.samples.follow(self.pictures.a.plane, self.workspace.document.project.working, weights)
        self.telling.pixel(self._at)
        self.settled_changed.emit()

    def _tell_shown(self) -> None:
        """Tell of the frame's picture once it is on the screen: playback waits for that, and draws each."""
        wish = self.pictures.a.wish
        if self.pictures.a.fresh and wish is not None and self.stage.canvas.current:
            self.workspace.picture_shown.emit(self.viewer, wish.frame)

    def _show_frame(self) -> None:
        if self.pictures.display is None:
            return
        surround = theme.color("viewer.surround")
        frame = self.pictures.frame((surround.redF(), surround.greenF(), surround.blueF()), self.stage.ratio)
        plane = self.pictures.shown
        self.stage.show_frame(frame, plane.display if plane is not None else None)

    def _show_state(self) -> None:
        self.inputs.known = self.workspace.views(self.viewer)
        self.tools.show(self._settings.overlays)
        self.telling.state()
        self.repaint_overlay()

    def _show_samples(self) -> None:
        self.sample_list.show_samples(self.samples)
        self.telling.pixel(self._at)
        areas = [sample.region for sample in self.samples.samples if not sample.is_point]
        self.workspace.set_area(areas[-1] if areas else None, self.viewer)
        self.repaint_overlay()

    def _tell_error(self, sentence: str) -> None:
        self.workspace.tell(sentence, "error")

    def _claimed_by(self, event: QKeyEvent) -> str:
        """The viewer's action of a key with Alt, which would otherwise be taken for both it and a menu's mnemonic; and
        while points of shapes or strokes are chosen, what is done to them, before all else.
        """
        key = QKeySequence(event.keyCombination())
        mine = [a.id for a in ACTIONS if a.contexts == (POINTS,) and self.desktop.actions.enabled(a.id)]
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            mine += [action.id for action in ACTIONS if action.contexts == (CONTEXT,)]
        return next((name for name in mine if key in self.desktop.actions.qaction(name).shortcuts()), "")

    # -- the mouse ------------------------------------------------------------------------------------------------

    def _hovered(self, at: QPointF | None) -> None:
        self._at = at
        self.telling.pixel(at)

    def _focused(self) -> None:
        self.workspace.activate(self.viewer)
        self._show_state()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DeferredDelete:
            self.stage.release()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.set_aside:
            self.workspace.set_viewer_open(self.viewer, True)
        self.pictures.sleep(False)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        dock = self.parent()
        if isinstance(dock, QDockWidget) and dock.isHidden() and not self.set_aside:
            self.workspace.set_viewer_open(self.viewer, False)
            if self.viewer != DEFAULT_VIEWER:  # it may stay closed, and its pictures take hundreds of megabytes
                self.pictures.forget()
        self.pictures.sleep(True)

    def _resized(self, width: int, height: int) -> None:
        self.framing.resized(width, height)
        self.notice.place()
        self._update()

    def _edited(self, settings: dict[str, Any]) -> None:
        compare = settings.pop("compare", None)
        if compare is not None:
            self.inputs.compare(compare)
        self.change(**settings)

    def _zoom_picked(self, key: str) -> None:
        if key == FIT:
            self.framing.fit()
        else:
            self.framing.zoom_to(float(key))

    def _pressed(self, name: str) -> None:
        self.switches[name]()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        fill_menu(menu, self, QPointF(self.stage.mapFrom(self, event.pos())))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    # -- drawing --------------------------------------------------------------------------------------------------

    def repaint_overlay(self) -> None:
        """Draw anew what is over the picture."""
        self.stage.layer.update()


def further(viewer: str) -> PanelDeclaration:
    """A viewer besides the first, `Viewer2`, as a panel."""
    title = re.sub(r"(?<=\D)(?=\d)", " ", viewer)
    return PanelDeclaration(viewer.lower(), title, partial(ViewerPanel, viewer=viewer), area="top")


PANEL = PanelDeclaration("viewer", "Viewer", ViewerPanel, area="top", visible=True, actions=ACTIONS)
