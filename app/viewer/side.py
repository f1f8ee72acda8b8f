"""One side of a viewer: asks for the pictures of a node, drafts first, and keeps the last one until a better comes."""

import time
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import MAIN, CancelToken, Graph, Image, ImageInfo, Region, Rig, RimlightError

from ..evaluating import VIEWER, Result
from ..paths import has_node
from ..sharpening import Quality, Sharpening
from ..workspace import Workspace
from .balls import lines_of, puts_out_rig, with_balls
from .plane import Plane, level_for, pack
from .showing import Extent

CACHED_SECONDS = 0.003
"""What takes less came from the cache and says nothing about how long the node takes."""
PATIENCE = 0.4
"""Seconds for which the first picture of an earlier wish, made and packed, is waited for, before a newer wish takes its
place.
"""


@dataclass(frozen=True)
class Wish:
    """What to show. region : at scale 1, None for everything. layer : empty for the main one, else the first.

    aside : a layer to fetch too, where there is one of that name. graph : the script as it was, default as it is.
    """

    node: str
    frame: float
    layer: str = ""
    scale: float = 1.0
    region: Region | None = None
    aside: str = ""
    graph: Graph | None = field(default=None, compare=False)

    def same_but_region(self, other: "Wish | None") -> bool:
        names = ("node", "frame", "layer", "scale", "aside")
        same_script = other is not None and self.graph is other.graph
        return same_script and all(getattr(self, n) == getattr(other, n) for n in names)

    def choose(self, info: ImageInfo) -> tuple[str, ...]:
        """The layers to ask for. Raises RimlightError when the wished one is not there."""
        names = [layer_of(info, self.layer)]
        if self.aside and info.has(self.aside) and self.aside not in names:
            names.append(self.aside)
        return tuple(names)


def layer_of(info: ImageInfo, wished: str) -> str:
    """The layer to show: the wished one, else the main one, else the first. Raises RimlightError."""
    if wished:
        return wished  # where it is missing, the engine says so, naming the node
    if not info.layers:
        raise RimlightError("the picture has no layers")
    return MAIN if info.has(MAIN) else info.names[0]


class Side(QObject):
    """What is shown on a side.

    plane : the last picture, if any. quality : of the plane. seconds : what it took. error : why the newest wish
    cannot be had. pending : work is under way. fresh : the plane answers the newest wish, if only as a draft.
    rig_lines : the lights, for nodes that put out a rig. changed : any of these.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace, budget: float, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._sharpening = Sharpening(budget)
        self._wish: Wish | None = None
        self._extents: dict[tuple[str, str], Extent] = {}
        self._result: Result | None = None
        self._packing: Image | None = None
        self._shown: Image | None = None
        self._zoom = 1.0
        self._given: Extent | None = None
        self._later: Wish | None = None
        self._began = 0.0
        self._arrived = 0.0
        self._spent = (0.0, 0.0)
        self._answered = False
        self._patience = QTimer(self, singleShot=True, interval=int(1000 * PATIENCE))
        self._patience.timeout.connect(self._start_later)
        self.plane: Plane | None = None
        self.quality = Quality()
        self.seconds = 0.0
        self.error: Exception | None = None
        self.pending = False
        self.fresh = False
        self.rig_lines: tuple[str, ...] = ()
        workspace.evaluations.busy_changed.connect(self._rested)

    @property
    def wish(self) -> Wish | None:
        return self._wish

    def ask(self, wish: Wish | None, zoom: float, extent: Extent | None = None, *, again: bool = False) -> None:
        """Show this. Does nothing where it is shown or on its way, unless `again`: the script differs.

        zoom : screen pixels per pixel, by which the picture is reduced. extent : the range of values to show of layers
        that have one; default that of the picture.
        """
        self._zoom = zoom
        new_extent, self._given = extent != self._given, extent
        if wish is None:
            self.clear()
            return
        known = self._later or self._wish
        if not again and wish.same_but_region(known) and known is not None and self._holds(known, wish):
            self._repack(new_extent)
            return
        if self._wish is None or wish.node != self._wish.node or not _alike(wish.region, self._wish.region):
            self._sharpening.forget()
        self._ask_in_turn(wish)

    def _ask_in_turn(self, wish: Wish) -> None:
        """Start at once, or while the first picture of an earlier wish is on its way, right after it.

        Else a drag, which wishes faster than drafts are made, would show nothing until it pauses.
        """
        same = self._wish is not None and self._wish.node == wish.node
        if same and self.pending and not self.fresh and time.monotonic() - self._began < PATIENCE:
            self._later = wish
            self._patience.start()
        else:
            self._start(wish)

    def _start_later(self) -> None:
        wish, self._later = self._later, None
        if wish is not None:
            self._start(wish)

    def clear(self) -> None:
        """Show nothing."""
        had = self.plane is not None or self.error is not None
        self._workspace.evaluations.cancel(self)
        self._forget_later()
        self._wish, self._result, self._packing, self._shown = None, None, None, None
        self._extents.clear()
        self.plane, self.error = None, None
        self.pending, self.fresh, self.rig_lines = False, False, ()
        if had:
            self.changed.emit()

    def stop(self) -> None:
        """Ask no more; what is shown stays, as old."""
        self._forget_later()
        self._workspace.evaluations.cancel(self)
        self.pending = False
        self.changed.emit()

    def _forget_later(self) -> None:
        self._later = None
        self._patience.stop()

    def _holds(self, known: Wish, wish: Wish) -> bool:
        """Whether what is shown, or on its way, has all that is wished. An error stands until the script differs."""
        if self.error is not None:
            return True
        if not (self.pending or self.fresh):
            return False
        if known.region is None or known.region == wish.region:
            return True
        return wish.region is not None and known.region.contains(wish.region)

    def _start(self, wish: Wish) -> None:
        workspace, evaluations = self._workspace, self._workspace.evaluations
        self._forget_later()
        self._wish, self._began, self._answered = wish, time.monotonic(), False
        self.fresh, self.pending, self.error = False, True, None
        self._arrived, self._spent = 0.0, (0.0, 0.0)
        script = workspace.graph if wish.graph is None else wish.graph
        if not has_node(script, wish.node):
            evaluations.cancel(self)
            self.pending, self.error = False, RimlightError(f"there is no node '{wish.node}' any more")
            self.changed.emit()
            return
        graph, node, region = wish.graph, wish.node, wish.region
        rig = puts_out_rig(script, node)
        if rig:
            graph, node = with_balls(script, node)
            evaluations.request(self, wish.node, wish.frame, self._got_rig, channel="rig", graph=wish.graph)
        else:
            self.rig_lines = ()
        steps = self._sharpening.steps(Quality(wish.scale))
        layers = Wish(node, wish.frame).choose if rig else wish.choose
        evaluations.request(
            self, node, wish.frame, self._got, self._failed,
            region=region, layers=layers, steps=steps, pin=not rig, graph=graph,
        )  # fmt: skip
        self.changed.emit()

    def _got(self, result: Result) -> None:
        self._learn(result)
        if not isinstance(result.value, Image):
            found = type(result.value).__name__.lower()
            self._failed(RimlightError(f"{result.node} puts out a {found}, which cannot be shown as a picture"))
            return
        self._result, self._answered = result, True
        if self._shown is result.value and self.plane is not None:
            self._settle(result)  # a step that made no difference: the picture is there already
        elif self._packing is not result.value:
            self._pack(result)

    def _learn(self, result: Result) -> None:
        """Of a step at the scale of the one before it, what that took counts too: it found most of its work done."""
        scale, before = self._spent
        seconds = result.seconds + (before if scale == result.quality.scale else 0.0)
        self._spent = (result.quality.scale, seconds)
        if result.seconds > CACHED_SECONDS:
            self._sharpening.took(result.quality, seconds)
        if not self._answered:
            self._arrived = time.monotonic()

    def drawn(self) -> None:
        """The viewer has drawn what it last showed: learn how long a first picture takes from here to the screen."""
        if self._arrived and self.fresh:
            self._sharpening.shown(time.monotonic() - self._arrived)
            self._arrived = 0.0

    def _got_rig(self, result: Result) -> None:
        if isinstance(result.value, Rig) and self._wish is not None and self._wish.node == result.node:
            self.rig_lines = tuple(lines_of(result.value))
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self.error, self.pending, self.fresh = error, False, False
        self.changed.emit()
        self._start_later()

    def _pack(self, result: Result) -> None:
        image, wish = result.value, self._wish
        assert wish is not None
        if not image.layers:
            self._failed(RimlightError(f"the picture of {result.node} has no layers"))
            return
        layer = wish.layer if wish.layer in image else image.info.names[0] if MAIN not in image else MAIN
        layer = layer if layer in image else next(iter(image.layers))
        level = level_for(self._zoom, result.quality.scale)
        whole = image.region.contains(image.info.data)
        extent = self._given or (None if whole else self._extents.get((wish.node, layer)))

        def work(token: CancelToken) -> tuple[Image, Plane, bool]:
            scale = result.quality.scale
            plane = pack(image, layer, scale, level, aside=wish.aside, extent=extent, check=token.check)
            return image, plane, whole

        def packed(made: tuple[Image, Plane, bool]) -> None:
            self._packed(wish.node, *made)

        self._packing = image
        run = self._workspace.evaluations.run
        run(self, work, packed, self._failed, channel="pack", urgency=VIEWER)

    def _packed(self, node: str, image: Image, plane: Plane, whole: bool) -> None:
        """node : whose picture it is; something else may be wished for by now."""
        self._packing = None
        result = self._result
        if result is None or image is not result.value or self._wish is None:
            return
        self._shown = image
        if whole and self._given is None:
            self._extents[node, plane.layer.name] = plane.extent
        self.plane = plane
        self._settle(result)

    def _settle(self, result: Result) -> None:
        """The plane is that of `result`; where newer ones were asked for since, as an old one."""
        self.quality, self.seconds = result.quality, result.seconds
        if self._answered:
            self.fresh, self.error = True, None
            self.pending = self.pending and not result.final
        self.changed.emit()
        if self.fresh:
            self._start_later()

    def _repack(self, new_extent: bool) -> None:
        """The zoom or the range differs: pack what is there anew where that makes a difference."""
        result, plane = self._result, self.plane
        if result is None or plane is None or not self.fresh:
            return
        if new_extent or plane.level != level_for(self._zoom, result.quality.scale):
            self._pack(result)

    def _rested(self, busy: bool) -> None:
        """Nothing is computed any more: where we still wait, somebody cancelled."""
        if not busy and self.pending:
            self.pending = False
            self.changed.emit()


def _alike(one: Region | None, other: Region | None) -> bool:
    """Whether two regions are of about one size, so that times for one tell of the other."""
    if one is None or other is None:
        return one is other
    return 0.5 < one.area / max(1, other.area) < 2
