"""Small pictures on tiles, made from what is in the cache and never by computing anything."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import torch
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage, QPixmap
from torch import Tensor

from rimlight.engine import (
    CancelToken,
    Graph,
    ImageInfo,
    Project,
    Region,
    RimlightError,
    Session,
    Tier,
    real,
    to_uint8,
)

from ..evaluating import THUMBNAILS
from .tile import THUMBNAIL, NodeTile

if TYPE_CHECKING:
    from .panel import GraphPanel

DELAY_MS = 250
SCALES = (1.0, 0.5, 0.25, 0.125)
"""Sizes in which viewers ask for pictures, which are looked for in this order, and final before draft."""


class Thumbnails(QObject):
    """The thumbnails of one panel."""

    def __init__(self, panel: "GraphPanel") -> None:
        super().__init__(panel)
        self._panel = panel
        self._known: dict[str, bytes] = {}
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._ask)
        self._asking = False
        panel.workspace.frame_changed.connect(self.refresh)
        panel.workspace.evaluations.stopped.connect(self._stopped)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come."""
        return not self._timer.isActive() and not self._asking

    def refresh(self) -> None:
        """Look into the cache again, soon."""
        if self._wanted():
            self._timer.start()

    def _wanted(self) -> list[NodeTile]:
        items = self._panel.scene.items_by_name.values()
        return [item for item in items if isinstance(item, NodeTile) and item.wants_thumbnail]

    def _ask(self) -> None:
        workspace = self._panel.workspace
        tiles = {workspace.path(tile.name): tile for tile in self._wanted()}
        paths = list(tiles)
        shown = {path: self._known[path] for path, tile in tiles.items() if tile.thumbnail and path in self._known}
        self._asking = True
        work = partial(
            find,
            workspace.session,
            workspace.graph,
            workspace.session.project,
            paths,
            workspace.frame,
            shown,
        )
        found = partial(self._found, workspace.same_script())
        workspace.evaluations.run(self, work, found, self._failed, urgency=THUMBNAILS)

    def _found(self, still_here: Callable[[], bool], found: "Mapping[str, tuple[bytes, QImage | None] | None]") -> None:
        self._asking = False
        for path, result in found.items() if still_here() else ():
            item = self._panel.scene.items_by_name.get(path.rpartition("/")[2])
            if not isinstance(item, NodeTile) or self._panel.workspace.path(item.name) != path:
                continue
            stale = result is None
            if result is not None and result[1] is not None:
                self._known[path] = result[0]
                item.thumbnail = QPixmap.fromImage(result[1])
                item.update()
            if item.thumbnail_stale != stale:
                item.thumbnail_stale = stale
                item.update()
        self._panel.settled_changed.emit()

    def _stopped(self) -> None:
        """Esc: nothing is under way."""
        self._asking = False
        self._panel.settled_changed.emit()

    def _failed(self, error: Exception) -> None:
        """The script is damaged; its nodes say so themselves."""
        self._asking = False
        self._panel.settled_changed.emit()


def find(
    session: Session,
    graph: Graph,
    project: Project,
    paths: list[str],
    frame: float,
    known: Mapping[str, bytes],
    token: CancelToken,
) -> dict[str, tuple[bytes, QImage | None] | None]:
    """Pictures of nodes out of the cache, by path, with their content keys; None where the cache has none.

    known : keys of the pictures that are shown, which are not made again. Raises RimlightError for a damaged script.
    """
    evaluator = session.evaluator
    found: dict[str, tuple[bytes, QImage | None] | None] = dict.fromkeys(paths)
    open_paths = [path for path in paths if path]
    for scale in SCALES:
        for tier in (Tier.FINAL, Tier.DRAFT):
            if not open_paths:
                return found
            vertices = evaluator.survey(graph, project, open_paths, frame, scale, tier)
            for path in list(open_paths):
                token.check()
                vertex = vertices[real(vertices, (path, frame))]
                info = vertex.info
                if vertex.error is not None or not isinstance(info, ImageInfo) or not info.names:
                    continue
                layer = info.names[0]
                if evaluator.cache.holds(vertex.key, layer) in (None, "disk"):
                    continue
                if known.get(path) == vertex.key:
                    found[path] = (vertex.key, None)
                    open_paths.remove(path)
                    continue
                hit = evaluator.cache.find(vertex.key, layer, info.data, evaluator.runner.device)
                if hit is not None:
                    small = reduced(hit[1], hit[0], info.display)
                    found[path] = (vertex.key, picture(session, project, small))
                    open_paths.remove(path)
    return found


def reduced(x: Tensor, region: Region, frame: Region) -> Tensor:
    """A layer `[C, h, w]` over `region` as float32 `[3, rows, columns]` of the frame, small enough for a tile.

    Boxes of pixels are averaged by their mean; what lies outside the region is black.
    """
    step = max(1, int(max(frame.width / (2 * THUMBNAIL[0]), frame.height / (2 * THUMBNAIL[1]))))
    whole = x.new_zeros((3, frame.height, frame.width))
    both = region.intersect(frame)
    rows, columns = frame.slices_of(both)
    from_rows, from_columns = region.slices_of(both)
    channels = x[:3] if x.shape[0] >= 3 else x[:1].expand(3, -1, -1)
    whole[:, rows, columns] = channels[:, from_rows, from_columns]
    small: Tensor = torch.nn.functional.avg_pool2d(whole[None], step, ceil_mode=True)[0] if step > 1 else whole
    return small.cpu()


def picture(session: Session, project: Project, x: Tensor) -> QImage:
    """Scene-linear `[3, h, w]` on the project's display."""
    try:
        shown = session.services["colors"].renderer(project).render8(x, exact=False)
    except RimlightError:
        shown = to_uint8(x.clamp(min=0) ** (1 / 2.2))
    data = shown.numpy()
    height, width, _ = data.shape
    return QImage(data.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
