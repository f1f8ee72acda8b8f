"""The pictures of a viewer: two sides and the display's transform, asked for as far as they are visible."""

import math
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import CancelToken, Region

from ..evaluating import VIEWER
from ..viewing import Views
from ..workspace import Workspace
from .frame import Display, Frame, open_display, panes_of
from .geometry import Box, View
from .plane import Plane
from .roi import roi_region
from .settings import Compare, ViewerSettings
from .side import Side, Wish
from .snapshot import Snapshot

WHOLE = 0.6
"""The part of a picture that has to be hidden before only a region is asked for is what is left of 1."""
MARGIN = 0.12
"""Around what is visible, as part of its size, so that a little panning asks for nothing."""
GRID = 64
"""Corners of regions are multiples of it, so that they are the same after panning back."""
PAN_MS = 60
"""What is visible has to rest for this long before a new part of it is asked for."""


class Pictures(QObject):
    """changed : a side, or the display. display_failed : a sentence."""

    changed = Signal()
    display_failed = Signal(str)

    def __init__(self, workspace: Workspace, budget: float, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.a = Side(workspace, budget, self)
        self.b = Side(workspace, budget, self)
        self.display: Display | None = None
        self._display_key: tuple[object, ...] | None = None
        self._opening = False
        self._views, self._view, self._settings = Views(), View(), ViewerSettings()
        self._snapshot: Snapshot | None = None
        self.paused = False
        self.asleep = True
        for side in (self.a, self.b):
            side.changed.connect(self.changed)
        self._pan = QTimer(self, singleShot=True, interval=PAN_MS)
        self._pan.timeout.connect(self._ask)
        workspace.evaluations.stopped.connect(self._stopped)

    @property
    def settled(self) -> bool:
        """Whether everything that is wanted is there, finally."""
        waiting = self._opening or self._pan.isActive() or self.a.pending or self.b.pending
        return self.paused or self.asleep or not waiting

    @property
    def shown(self) -> Plane | None:
        """The plane on side A, or on B where there is none."""
        return self.a.plane or self.b.plane

    def show(
        self, views: Views, view: View, settings: ViewerSettings, snapshot: Snapshot | None = None, *,
        again: bool = False,
    ) -> None:  # fmt: skip
        """Ask for what these need. snapshot : on side B, in the place of its node. again : the script differs, so that
        what is there is old.
        """
        same = views == self._views and settings == self._settings and snapshot is self._snapshot
        moved = view != self._view and same
        self._views, self._view, self._settings, self._snapshot = views, view, settings, snapshot
        self._open_display()
        if self.paused or self.asleep:
            return
        if moved and not again:
            self._pan.start()
        else:
            self._ask(again)

    def drawn(self) -> None:
        """The viewer has drawn what was shown last."""
        self.a.drawn()
        self.b.drawn()

    def forget(self) -> None:
        """Show nothing: what was shown belongs to another script."""
        self.a.clear()
        self.b.clear()

    def pause(self, on: bool) -> None:
        """Ask for nothing any more, or again for what is wanted by then."""
        self.paused = on
        if on:
            self.a.stop()
            self.b.stop()
        else:
            self._ask(again=True)

    def sleep(self, on: bool) -> None:
        """Nobody sees the viewer: ask for nothing. Awake, everything is asked for again."""
        self.asleep = on
        if on:
            self.a.stop()
            self.b.stop()
        elif not self.paused:
            self._ask(again=True)

    def refresh(self) -> None:
        """Ask once, errors and pause notwithstanding."""
        self._workspace.session.evaluator.forget_errors()
        self._ask(again=True)

    def _ask(self, again: bool = False) -> None:
        self._pan.stop()
        views, settings, view = self._views, self._settings, self._view
        comparing = settings.compare is not Compare.OFF
        extent = None
        if settings.low is not None and settings.high is not None:
            extent = settings.low, settings.high
        for side, node in ((self.a, views.node_a), (self.b, views.node_b if comparing else None)):
            wish, held = None, self._snapshot if comparing and side is self.b else None
            if held is not None:
                wish = Wish(
                    held.node, held.frame, settings.layer, settings.scale, None, settings.zebra.layer, held.graph
                )  # fmt: skip
            elif node is not None:
                wish = Wish(
                    node, self._workspace.frame, settings.layer, settings.scale,
                    self._region(side, node, again), settings.zebra.layer,
                )  # fmt: skip
            side.ask(wish, max(view.zoom, view.zoom_x), extent, again=again and held is None)

    def _region(self, side: Side, node: str, again: bool) -> Region | None:
        """The part of a node's picture to ask for; None for all of it. again : the script differs."""
        known = side.plane if side.wish is not None and side.wish.node == node else None
        info = self._workspace.facts.info(node)
        if known is not None and not side.rig_lines:
            window, data = known.display, known.data.outwards()
        elif info is not None:
            window, data = info.display, info.data
        else:
            return None
        moves = again or side.wish is None or side.wish.frame != self._workspace.frame
        # Side B lies where its bottom left corner is that of side A: see `_beside`.
        first = self.a.plane.display if side is self.b and self.a.plane is not None else window
        dx, dy = window.x0 - first.x0, window.y1 - first.y1
        limit = roi_region(self._settings, first).shift(dx, dy) if self._settings.roi_on else None
        wanted = data if limit is None else limit if moves else data.intersect(limit)
        parts = [
            Box(*pane.view.to_picture(pane.box.x0, pane.box.y0), *pane.view.to_picture(pane.box.x1, pane.box.y1))
            for pane in panes_of(self._view, self._settings.compare)
        ]
        seen = Box(
            min(p.x0 for p in parts), min(p.y0 for p in parts), max(p.x1 for p in parts), max(p.y1 for p in parts)
        ).outwards().shift(dx, dy)  # fmt: skip
        visible = wanted.intersect(seen)
        if visible.area < WHOLE * wanted.area:
            # The picture may lie elsewhere after an edit or at another frame: then what the viewport shows is asked
            # for, whatever the data window was. The engine cuts it to what that is.
            part, within = (seen, limit) if moves else (visible, wanted)
            grown = _on_grid(part.expand(MARGIN * part.width, MARGIN * part.height))
            visible = wanted = grown if within is None else grown.intersect(within)
        if visible.is_empty:
            return side.wish.region if side.wish is not None else None
        return None if wanted == data else wanted

    def frame(self, surround: tuple[float, float, float], ratio: float) -> Frame:
        """What a canvas has to draw."""
        a, b = self.a.plane, self.b.plane
        if a is not None and b is not None:
            b = _beside(b, a)
        return Frame(self._view, a, b, self._settings, self.display, surround, ratio)

    def _open_display(self) -> None:
        project, settings = self._workspace.document.project, self._settings
        key = (project.ocio, project.working, project.display, project.view, project.folder,
               settings.display, settings.view)  # fmt: skip
        if key == self._display_key:
            return
        self._display_key, self._opening = key, True
        session = self._workspace.session
        real = session.project

        def work(token: CancelToken) -> Display:
            return open_display(session.services["colors"], real, settings.display, settings.view)

        self._workspace.evaluations.run(self, work, self._opened, self._refused, channel="display", urgency=VIEWER)

    def _stopped(self) -> None:
        """Esc: without the display nothing could be shown, so it is opened all the same."""
        if self._opening:
            self._display_key = None
            self._open_display()

    def _opened(self, display: Display) -> None:
        self.display, self._opening = display, False
        self.changed.emit()

    def _refused(self, error: Exception) -> None:
        self._opening = False
        self.display_failed.emit(str(error))
        self.changed.emit()


def _on_grid(region: Region) -> Region:
    return Region(
        math.floor(region.x0 / GRID) * GRID, math.floor(region.y0 / GRID) * GRID,
        math.ceil(region.x1 / GRID) * GRID, math.ceil(region.y1 / GRID) * GRID,
    )  # fmt: skip


def _beside(plane: Plane, other: Plane) -> Plane:
    """A plane moved so that the bottom left corners of the display windows are at one place, as everywhere."""
    dx, dy = other.display.x0 - plane.display.x0, other.display.y1 - plane.display.y1
    if not dx and not dy:
        return plane
    box, data = (Box(b.x0 + dx, b.y0 + dy, b.x1 + dx, b.y1 + dy) for b in (plane.box, plane.data))
    return replace(plane, box=box, data=data, display=plane.display.shift(dx, dy))
