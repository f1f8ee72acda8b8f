"""What a viewer shows on its two sides, inputs or its snapshot, and how they are compared."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..paths import has_node
from ..viewing import Views
from .settings import Compare
from .snapshot import SNAPSHOT, Snapshot

if TYPE_CHECKING:
    from .panel import ViewerPanel


class Inputs:
    """Chooses for a panel. known : the views that the panel has shown. snapshot : the one that was taken
    last; held : whether it is on side B, in the place of an input.
    """

    def __init__(self, panel: "ViewerPanel") -> None:
        self.known = Views()
        self.snapshot: Snapshot | None = None
        self.held = False
        self._panel = panel

    @property
    def shown(self) -> Snapshot | None:
        """The snapshot, while it is on side B."""
        return self.snapshot if self.held else None

    @property
    def nodes(self) -> tuple[str | None, str | None]:
        """What is on the sides A and B."""
        views = self._panel.workspace.views(self._panel.viewer)
        return views.node_a, views.node_b if self.shown is None else self.shown.node

    def take(self) -> None:
        """Keep what side A shows as the snapshot, and wipe against it."""
        workspace, node = self._panel.workspace, self._panel.workspace.views(self._panel.viewer).node_a
        if node is None:
            workspace.tell("there is nothing to take a snapshot of: show a node, by 1 on it in the graph", "warning")
            return
        if (error := self._panel.pictures.a.error) is not None:
            workspace.tell(f"no snapshot was taken, as there is no picture: {error}", "warning")
            return
        self.snapshot = Snapshot(workspace.graph, node, workspace.frame)
        self._hold(True)

    def forget(self) -> None:
        """There is another script: the snapshot is of none that is open."""
        self.snapshot, self.held = None, False

    def _hold(self, on: bool) -> None:
        """Let the snapshot be side B, or an input again."""
        self.held, panel = on, self._panel
        if on and panel.settings.compare is Compare.OFF:
            panel.change(compare=Compare.WIPE)
        else:
            panel.follow_sides()

    def choose(self, slot: int, side: str) -> None:
        """Show an input on side `a` or `b`; slot 0 shows no B."""
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        if slot == SNAPSHOT:
            self._hold(True)
            return
        if side == "a":
            panel.workspace.set_views(replace(views, a=slot), panel.viewer)
            return
        shown = None if slot == 0 or (slot == views.b and not self.held) else slot
        if self.held:
            self._hold(False)
        if shown is not None and panel.settings.compare is Compare.OFF:
            panel.change(compare=Compare.WIPE)
        elif shown is None:
            panel.change(compare=Compare.OFF)
        panel.workspace.set_views(replace(views, b=shown), panel.viewer)

    def compare(self, how: Compare) -> None:
        """Compare the sides in this way, B being the next input where none is chosen."""
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        if how is not Compare.OFF and views.node_b is None and not self.held:
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
        """The views are others: compare when a B came, and stop when it went. A snapshot gives way to an input that
        was chosen or wired, but not where a node was renamed or removed.
        """
        panel = self._panel
        views = panel.workspace.views(panel.viewer)
        other_b = views.node_b is not None and views.b != self.known.b
        wired = views.node_b is not None and views.node_b != self.known.node_b
        gone = self.known.node_b is not None and not has_node(panel.workspace.graph, self.known.node_b)
        if other_b or (wired and not gone):
            self.held = False
        if views.b is None and not self.held and panel.settings.compare is not Compare.OFF:
            panel.change(compare=Compare.OFF)
        elif other_b and panel.settings.compare is Compare.OFF:
            panel.change(compare=Compare.WIPE)
