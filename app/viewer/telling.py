"""What the bars and the notice around a picture say of it."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from ..graph.sockets import rigs_beside, socket_for_lights
from ..paths import has_node
from . import reading
from .balls import NOTE
from .cpu_render import band_at
from .samples import spot_at
from .showing import needs_extent

if TYPE_CHECKING:
    from .panel import ViewerPanel


class Telling:
    """Fills the bars of a panel."""

    def __init__(self, panel: "ViewerPanel") -> None:
        self._panel = panel

    def state(self) -> None:
        """Say how pictures are shown: in the bars and at the commands."""
        panel = self._panel
        views, taken = panel.workspace.views(panel.viewer), panel.inputs.snapshot
        panel.input_bar.show_state(views, panel.settings, taken.title if taken is not None else "", panel.inputs.held)
        panel.view_bar.show_state(panel.settings, panel.paused)
        for name, on in reading.checked(panel.settings, panel.paused).items():
            panel.desktop.actions.set_checked(f"viewer.{name}", on)

    def zoom(self) -> None:
        self._panel.view_bar.show_zoom(self._panel.framing.zoom)

    def layers(self) -> None:
        """Say which layers there are."""
        panel = self._panel
        panel.view_bar.show_layers(panel.layers(), reading.layer_key(panel.settings, panel.pictures.a))

    def pictures(self) -> None:
        """Say what is shown, or why nothing is."""
        panel = self._panel
        self._error()
        panel.view_bar.show_display(panel.pictures.display)
        self.layers()
        plane, settings = panel.pictures.shown, panel.settings
        needs = plane is not None and needs_extent(plane.layer.kind)
        fixed = settings.low is not None and settings.high is not None
        panel.view_bar.show_range(plane.extent if plane is not None and needs else None, fixed)
        self.about()

    def about(self) -> None:
        """Say what picture it is."""
        panel = self._panel
        panel.info_bar.show_picture(*reading.about(panel.pictures, NOTE, panel.overlay.stale))

    def _error(self) -> None:
        panel = self._panel
        graph = panel.workspace.graph
        for side, node in zip((panel.pictures.a, panel.pictures.b), panel.inputs.nodes, strict=True):
            if side.error is not None:
                panel.notice.show_error(
                    side.error, node or "", partial(has_node, graph), partial(socket_for_lights, graph),
                    partial(rigs_beside, graph),
                )  # fmt: skip
                return
        panel.notice.hide()

    def pixel(self, at: QPointF | None) -> None:
        """Say what is at a point of the stage, the mouse's; None where it is not there."""
        panel = self._panel
        frame, ratio = panel.stage.frame, panel.stage.ratio
        lens = panel.stage.lens_at(at) if at is not None else None
        found = band = spot = None
        if at is not None and lens is not None and frame is not None:
            light = panel.samples.reference_light
            found = reading.pixel(panel.pictures, panel.settings, panel.view, lens, at, light)
            band = band_at(frame, at.x() * ratio, at.y() * ratio)
            if panel.settings.spot > 1 and found is not None and found.meter:
                spot = lens.rect(spot_at(*lens.picture(at), panel.settings.spot))
        panel.overlay.point(band, spot)
        if found is None:
            panel.info_bar.show_pixel("", (), (), None)
        else:
            color = QColor.fromRgbF(*found.color) if found.color is not None else None
            panel.info_bar.show_pixel(found.where, found.channels, found.values, color, found.meter)
