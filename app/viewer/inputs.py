"""Which inputs of a viewer are shown on its two sides, and how they are compared."""

from dataclasses import replace
from typing import TYPE_CHECKING

from .settings import Compare

if TYPE_CHECKING:
    from .panel import ViewerPanel


class Inputs:
    """Chooses for a panel. known_b : the slot on side B that the panel has shown."""

    def __init__(self, panel: "ViewerPanel") -> None:
        self.known_b: int | None = None
        self._panel = panel

    def choose(self, slot: int, side: str) -> None:
        """Show an input on side `a` or `b`; slot 0 shows no B."""
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        if side == "a":
            panel.workspace.set_views(replace(views, a=slot), panel.viewer)
            return
        shown = None if slot in (0, views.b) else slot
        if shown is not None and panel.settings.compare is Compare.OFF:
            panel.change(compare=Compare.WIPE)
        elif shown is None:
            panel.change(compare=Compare.OFF)
        panel.workspace.set_views(replace(views, b=shown), panel.viewer)

    def compare(self, how: Compare) -> None:
        """Compare the sides in this way, B being the next input where none is chosen."""
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        if how is not Compare.OFF and views.node_b is None:
            other = next((slot for slot in sorted(views.inputs) if slot != views.a), views.a)
            panel.workspace.set_views(replace(views, b=other), panel.viewer)
        panel.change(compare=how)

    def swap(self) -> None:
        """Let A and B change places."""
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        if views.b is not None:
            panel.workspace.set_views(replace(views, a=views.b, b=views.a), panel.viewer)

    def follow(self) -> None:
        """The views are others: compare when a B came, and stop when it went."""
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        if views.b is None and panel.settings.compare is not Compare.OFF:
            panel.change(compare=Compare.OFF)
        elif views.node_b is not None and views.b != self.known_b and panel.settings.compare is Compare.OFF:
            panel.change(compare=Compare.WIPE)
