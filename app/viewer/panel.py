"""The viewer."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMenu, QVBoxLayout

from .. import theme
from ..changes import Change, has_node
from ..graph.sockets import lacks_lights
from ..panels import Desktop, Panel, PanelDeclaration
from ..rig.flag_handles import FlagHandles
from ..rig.placement import placer_of
from ..rig.placing_tool import PlaceLights
from ..strokes import chosen_strokes_of
from ..tracking.control import tracking_of
from ..viewing import DEFAULT_VIEWER
from . import reading
from .balls import NOTE
from .bars import FIT, InputBar, ViewBar
from .boxes import BoxHandles
from .commands import ACTIONS, CONTEXT, POINTS
from .geometry import View
from .handles import PointHandles
from .infobar import InfoBar, SampleList
from .inputs import Inputs
from .keys import attach
from .loupe import Loupe
from .marquee import Marquee
from .menu import fill_menu
from .notice import Notice
from .overlay import Overlay
from .painting import Painting
from .picking import Picker
from .pictures import Pictures
from .roi import RegionOfInterest
from .sampling import Sampler, Samples
from .settings import Compare, ViewerSettings
from .shape_drawing import ShapeDrawing
from .shapes import ShapeHandles
from .showing import needs_extent
from .stage import Stage
from .stroke_handles import StrokeHandles
from .tools import ControlFirst, Navigate
from .track_handles import TrackHandles
from .transform_handles import TransformHandles
from .wipe import Wipe


class ViewerPanel(Panel):
    """One viewer. viewer : its name, under which the script keeps what it shows and how."""

    def __init__(self, desktop: Desktop, viewer: str = DEFAULT_VIEWER) -> None:
        super().__init__(desktop)
        self.viewer = viewer
        preferences = desktop.preferences()
        evaluations = self.workspace.evaluations
        self._view = View()
        self._settings = ViewerSettings()
        self._fit = True
        self._ratio = 1.0
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
        self.roi_tool = RegionOfInterest(self)
        self.handles = PointHandles(self.workspace, self.repaint_overlay)
        self.transforms = TransformHandles(self.workspace)
        self.boxes = BoxHandles(self.workspace)
        self.shapes = ShapeHandles(self.workspace)
        self.shape_drawing = ShapeDrawing(self.workspace, self.repaint_overlay)
        self.painting = Painting(self.workspace, self.repaint_overlay, lambda: self.stage.pressure)
        self.strokes = StrokeHandles(self.workspace, lambda: self.painting.on, self.repaint_overlay)
        self.loupe = Loupe(self, evaluations, lambda: self.stage.frame, self.repaint_overlay)
        self.tracks = TrackHandles(self.workspace, self.loupe)
        self.flags = FlagHandles(self.workspace, self, self.repaint_overlay)
        self.stage.tools = (
            Navigate(self), PlaceLights(self.workspace), self.painting,
            ControlFirst(*(t.grab_with_control for t in (self.flags, self.transforms, self.handles, self.shapes))),
            Sampler(self.samples), self.roi_tool, Picker(self.workspace, evaluations, self), self.shape_drawing,
            self.tracks, self.flags, self.transforms, self.handles, self.boxes, self.shapes, Wipe(self), self.loupe,
            self.strokes, Marquee(self.shapes, self.strokes),
        )  # fmt: skip
        self.overlay = Overlay(self)
        self.stage.paint = self.overlay.paint
        self.stage.claims, self.stage.claimed = self._claimed_by, desktop.actions.trigger
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
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
        chosen_strokes_of(workspace).changed.connect(self.repaint_overlay)
        placer_of(workspace).mode_changed.connect(self.repaint_overlay)
        tracking_of(workspace).changed.connect(self.repaint_overlay)
        self.input_bar.chosen.connect(self.inputs.choose)
        self.input_bar.edited.connect(self._edited)
        self.view_bar.edited.connect(self._edited)
        self.view_bar.zoom_picked.connect(self._zoom_picked)
        self.view_bar.pressed.connect(self._pressed)
        self.view_bar.left.connect(self.setFocus)
        self.input_bar.left.connect(self.setFocus)
        self.stage.resized.connect(self._resized)
        self.stage.hovered.connect(self._hovered)
        self.stage.wheeled.connect(self._wheeled)
        self.stage.focused.connect(self._focused)
        self.stage.drawn.connect(self.settled_changed)
        self.stage.drawn.connect(self.pictures.drawn)
        self.stage.drawn.connect(self._tell_shown)
        self.stage.refused.connect(self._tell_error)
        self.notice.followed.connect(workspace.reveal)
        self.notice.lights_wanted.connect(partial(self.desktop.show, "lightrig"))
        self.sample_list.removed.connect(self.samples.remove)
        self.sample_list.cleared.connect(self.samples.clear)

    # -- what is shown and how ------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        return self._view

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
        self._fit = False
        self._put_view(view)

    def _put_view(self, view: View) -> None:
        if view != self._view:
            self._view = view
            self.view_bar.show_zoom(view.zoom / self.stage.ratio)
            self._update()

    def fit(self) -> None:
        """Show all of the picture, also when its format or the viewport changes, until the view is moved by hand."""
        self._fit = True
        self._refit()

    def _refit(self) -> None:
        plane = self.pictures.a.plane or self.pictures.b.plane
        if plane is None:
            return
        width, height = self._view.width, self._view.height
        compare = self._settings.compare if self.pictures.b.plane is not None else Compare.OFF
        width = width // 2 if compare is Compare.SPLIT_H else width
        height = height // 2 if compare is Compare.SPLIT_V else height
        self._put_view(replace(self._view, aspect=plane.aspect).fitted(plane.display, width, height))

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """zoom : units of the interface per row of the picture. at : the point that stays, default the middle."""
        ratio = self.stage.ratio
        x, y = (at.x() * ratio, at.y() * ratio) if at is not None else (self._view.width / 2, self._view.height / 2)
        self.set_view(self._view.zoomed(zoom * ratio, x, y))

    def zoom_by(self, factor: float) -> None:
        """About the mouse where it is over the picture, else about the middle."""
        self.zoom_to(self._view.zoom / self.stage.ratio * factor, self._at)

    def change(self, **settings: Any) -> None:
        """Change settings by name; the script remembers them for this viewer."""
        changed = self._settings.with_(**settings)
        if changed == self._settings:
            return
        before, self._settings = self._settings, changed
        self.workspace.set_look(changed.to_data(), self.viewer)
        self._show_state()
        self._update()
        if before.compare is not changed.compare and self._fit:
            self._refit()

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
        self._fit = True
        self._show_state()
        self._update()

    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self.samples.clear()
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
            self._show_state()
            self._update()

    def _facts_changed(self, paths: frozenset[str]) -> None:
        views = self.workspace.views(self.viewer)
        if views.node_a in paths or views.node_b in paths:
            self.view_bar.show_layers(self.layers(), reading.layer_key(self._settings, self.pictures.a))
            self._update()

    def _update(self, *_: object, again: bool = False) -> None:
        """Ask for what the settings need, and show what is there."""
        self.pictures.show(self.workspace.views(self.viewer), self._view, self._settings, again=again)
        self._show_frame()

    def _pictures_changed(self) -> None:
        plane = self.pictures.a.plane or self.pictures.b.plane
        if plane is not None and self._fit:
            self._refit()
        elif plane is not None and plane.aspect != self._view.aspect:
            self._put_view(self._view.with_aspect(plane.aspect))
        sides = (self.pictures.a, self.pictures.b)
        if any(side.pending and not side.fresh for side in sides):
            self.overlay.wait()
        else:
            self.overlay.arrived()
        self._show_frame()
        self._tell_shown()
        self._show_error()
        self.view_bar.show_display(self.pictures.display)
        if self.pictures.display is not None and self.viewer == DEFAULT_VIEWER:
            self.workspace.swatches.follow(*reading.swatch_display(self.pictures.display))
        self.view_bar.show_layers(self.layers(), reading.layer_key(self._settings, self.pictures.a))
        needs = plane is not None and needs_extent(plane.layer.kind)
        fixed = self._settings.low is not None and self._settings.high is not None
        self.view_bar.show_range(plane.extent if plane is not None and needs else None, fixed)
        self.info_bar.show_picture(*reading.about(self.pictures, NOTE))
        self.samples.follow(self.pictures.a.plane, self.workspace.document.project.working)
        self._show_pixel()
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
        plane = self.pictures.a.plane or self.pictures.b.plane
        self.stage.show_frame(frame, plane.display if plane is not None else None)

    def _show_state(self) -> None:
        views = self.workspace.views(self.viewer)
        self.inputs.known_b = views.b
        self.input_bar.show_state(views, self._settings)
        self.view_bar.show_state(self._settings, self.paused)
        shown = self._settings.overlays
        tools = (self.flags, self.transforms, self.handles, self.boxes, self.shapes, self.strokes, self.tracks)
        for tool in tools:
            tool.visible = shown
        for name, on in reading.checked(self._settings, self.paused).items():
            self.desktop.actions.set_checked(f"viewer.{name}", on)
        self.repaint_overlay()

    def _show_error(self) -> None:
        views = self.workspace.views(self.viewer)
        for side, node in ((self.pictures.a, views.node_a), (self.pictures.b, views.node_b)):
            if side.error is not None:
                graph = self.workspace.graph
                self.notice.show_error(side.error, node or "", partial(has_node, graph), partial(lacks_lights, graph))
                return
        self.notice.hide()

    def _show_samples(self) -> None:
        self.sample_list.show_samples(self.samples.samples, self.samples.values, self.samples.text())
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
        self._show_pixel()

    def _show_pixel(self) -> None:
        lens = self.stage.lens_at(self._at) if self._at is not None else None
        found = None
        if self._at is not None and lens is not None:
            found = reading.pixel(self.pictures, self._settings, self._view, lens, self._at)
        if found is None:
            self.info_bar.show_pixel("", (), (), None)
        else:
            color = QColor.fromRgbF(*found.color) if found.color is not None else None
            self.info_bar.show_pixel(found.where, found.channels, found.values, color)

    def _focused(self) -> None:
        self.workspace.activate(self.viewer)
        self._show_state()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DeferredDelete:
            self.stage.release()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.workspace.set_viewer_open(self.viewer, True)
        self.pictures.sleep(False)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        dock = self.parent()
        if isinstance(dock, QDockWidget) and dock.isHidden():
            self.workspace.set_viewer_open(self.viewer, False)
            if self.viewer != DEFAULT_VIEWER:  # it may stay closed, and its pictures take hundreds of megabytes
                self.pictures.forget()
        self.pictures.sleep(True)

    def _wheeled(self, factor: float, at: QPointF) -> None:
        self.zoom_to(self._view.zoom / self.stage.ratio * factor, at)

    def _resized(self, width: int, height: int) -> None:
        view, ratio = self._view.resized(width, height), self.stage.ratio
        if ratio != self._ratio:  # another screen: in units of the interface everything stays as large as it was
            view = view.zoomed(view.zoom * ratio / self._ratio, width / 2, height / 2)
            self._ratio = ratio
        self._view = view
        if self._fit:
            self._refit()
        self.notice.place()
        self._update()

    def _edited(self, settings: dict[str, Any]) -> None:
        compare = settings.pop("compare", None)
        if compare is not None:
            self.inputs.compare(compare)
        self.change(**settings)

    def _zoom_picked(self, key: str) -> None:
        if key == FIT:
            self.fit()
        else:
            self.zoom_to(float(key))

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
