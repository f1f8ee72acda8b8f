"""Clicks on the picture that the nodes whose properties are open understand, such as Cryptomatte: Alt+Shift+click."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Qt

from rimlight.engine import CancelToken, Graph, Node, Project, Region, Request, RimlightError, Session, Tier

from ..evaluating import VIEWER, Evaluations
from ..paths import has_node
from ..workspace import Workspace
from .samples import pixel_at
from .tools import Drag, Following, Press, Tool

_HELD = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


class Picker(Tool):
    """Tells the topmost open node that takes clicks what is under the mouse, and sets what the node makes of that.

    owner : for whom pixels are evaluated; of clicks in quick succession the last one counts.
    """

    def __init__(self, workspace: Workspace, evaluations: Evaluations, owner: QObject) -> None:
        self._workspace = workspace
        self._evaluations = evaluations
        self._owner = owner

    def _node(self) -> str | None:
        """The node that a click is for, by path."""
        graph = self._workspace.graph
        for path in self._workspace.opened:
            cls = graph.at(path).cls if has_node(graph, path) else None
            if cls is not None and cls.pick_layers is not Node.pick_layers:
                return path
        return None

    def grab(self, press: Press) -> Drag | None:
        if press.button != Qt.MouseButton.LeftButton or not press.held(_HELD):
            return None
        path = self._node()
        if path is None:
            return None
        workspace, region = self._workspace, pixel_at(*press.lens.picture(press.at))
        session, graph, project, frame = workspace.session, workspace.graph, workspace.session.project, workspace.frame

        def work(token: CancelToken) -> Mapping[str, Any]:
            return picked(session, graph, project, path, frame, region, token)

        still_here = workspace.same_script()

        def done(values: Mapping[str, Any]) -> None:
            if values and still_here() and has_node(workspace.graph, path):
                workspace.edit(lambda s: s.set(path, **values))

        self._evaluations.run(self._owner, work, done, self._failed, channel="pick", urgency=VIEWER)
        return Following(lambda at, held: None)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, RimlightError):
            self._workspace.tell_error(error)


def picked(
    session: Session, graph: Graph, project: Project, path: str, frame: float, region: Region, token: CancelToken
) -> Mapping[str, Any]:
    """What a node makes of the pixel `region` of its main input, at full size: its new parameters. In a worker."""
    vertices = session.evaluator.survey(graph, project, [path], frame, 1.0, Tier.FINAL)
    vertex = vertices[path, frame]
    if vertex.error is not None or vertex.node is None or vertex.ctx is None:
        raise vertex.error or RimlightError(f"{path} cannot be picked with")
    inside, slash, _ = path.rpartition("/")
    source = graph.at(path).inputs.get(vertex.node.through)
    layers = tuple(vertex.node.pick_layers(vertex.ctx))
    if source is None or not layers:
        return {}
    asked = Request(inside + slash + source, frame, region, layers, 1.0, Tier.FINAL)
    image = session.evaluator.evaluate(graph, project, asked, token)
    values = {name: image.tensor(name, region)[:, 0, 0].cpu() for name in layers}
    return vertex.node.picked(vertex.ctx, values)
