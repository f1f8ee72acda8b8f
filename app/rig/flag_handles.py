"""The viewer's tool by which flags are seen, moved, turned and sized: those that are open or selected."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QPainter

from rimlight.engine import CancelToken, Graph, RimlightError

from ..evaluating import VIEWER
from ..paths import has_node
from ..viewer.lens import Lens
from ..viewer.tools import Drag, Finely, Following, Press, Tool, near
from ..workspace import Workspace
from .edits import RigEdits
from .flag_paint import paint_flag
from .flag_view import MIDDLE, NEARER, TARGET, TURN, Eye, FlagView
from .kinds import FLAG_KIND
from .scene import Scene, find_scene
from .space import HERE, Space
from .spaces import SpaceFinder
from .surfaces import setting

_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class FlagHandles(Tool):
    """Draws the cards and lets their grips be dragged, see `FlagView.drag`. Each drag is one step of the history; with
    Ctrl the mouse does a tenth.

    owner : the viewer. changed : called when a card is known to be seen elsewhere.
    """

    def __init__(self, workspace: Workspace, owner: QObject, changed: Callable[[], object]) -> None:
        self._workspace = workspace
        self._owner = owner
        self._changed = changed
        self._edits = RigEdits(workspace)
        self._scenes: dict[str, Scene] = {}
        self._scenes_of: Graph | None = None
        self._spaces: tuple[float, dict[str, Space]] = (0.0, {})
        self._asked: object = None
        self.visible = True

    def flags(self) -> Iterator[FlagView]:
        """All that there are now, the selected one last, of which it is known where they are seen."""
        workspace, graph = self._workspace, self._workspace.graph
        paths = [*reversed(workspace.opened), *((workspace.current,) if workspace.current else ())]
        for path in reversed(dict.fromkeys(reversed(paths))) if self.visible else ():
            if has_node(graph, path) and graph.at(path).kind == FLAG_KIND:
                space = self._space(path)
                try:
                    if space is not None:
                        yield FlagView.of(workspace.session, path, workspace.frame, space)
                except RimlightError:  # the node itself says what is wrong with its numbers
                    continue

    def eye(self, path: str, lens: Lens) -> Eye:
        """How what a flag shapes is seen: by the camera of the node that is lit."""
        session, graph = self._workspace.session, self._workspace.graph
        lit = self._scene(path).lit
        frame = self._workspace.frame
        degrees = setting(session, graph, lit, "field_of_view", frame, 40.0) if has_node(graph, lit) else 40.0
        return Eye.of(lens, degrees)

    def _scene(self, path: str) -> Scene:
        graph = self._workspace.graph
        if self._scenes_of is not graph:
            self._scenes_of, self._scenes = graph, {}
        if path not in self._scenes:
            self._scenes[path] = find_scene(self._workspace.session, path, None)
        return self._scenes[path]

    # -- where RigSpace nodes hold flags in the world -------------------------------------------------------------

    def _space(self, path: str) -> Space | None:
        """From where a flag is seen; None until a worker has found it out for this frame."""
        scene, workspace = self._scene(path), self._workspace
        if not scene.spaces:
            return HERE
        asked = workspace.graph, workspace.frame
        if self._asked != asked:
            self._asked = asked
            session, graph, frame = workspace.session, workspace.graph, workspace.frame
            project = workspace.document.project

            def find(token: CancelToken) -> dict[str, Space]:
                return SpaceFinder(session, graph, project, frame, token).of_nodes(scene)

            workspace.evaluations.run(
                self._owner, find, partial(self._found, frame), lambda error: None, channel="flags", urgency=VIEWER
            )
        frame, known = self._spaces
        return known.get(path) if frame == workspace.frame else None

    def _found(self, frame: float, spaces: dict[str, Space]) -> None:
        if (frame, spaces) != self._spaces:
            self._spaces = frame, spaces
            self._changed()

    # -- the mouse ------------------------------------------------------------------------------------------------

    def _at(self, at: QPointF, lens: Lens) -> tuple[FlagView, Eye, str] | None:
        """The grip that is there; of several flags that of the selected one."""
        found = None
        for flag in self.flags():
            eye = self.eye(flag.path, lens)
            grip = next((name for name, place in flag.grips(eye).items() if near(at, place)), "")
            found = (flag, eye, grip) if grip else found
        return found

    def grab(self, press: Press) -> Drag | None:
        shifted = press.button == Qt.MouseButton.LeftButton and press.held(_SHIFT)
        return self._drag(press) if press.plain_left or shifted else None

    def grab_with_control(self, press: Press) -> Drag | None:
        """Ctrl moves finely from the start."""
        left = press.button == Qt.MouseButton.LeftButton
        return self._drag(press) if left and (press.held(_CONTROL) or press.held(_CONTROL | _SHIFT)) else None

    def _drag(self, press: Press) -> Drag | None:
        found = self._at(press.at, press.lens)
        if found is None:
            return None
        flag, eye, grip = found
        change, token, finely = flag.drag(eye, grip, press.at), object(), Finely(press.at)
        steps = self._workspace.session.history.position

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            values = change(press.at + finely.way(at, held), bool(held & _SHIFT))
            self._edits.set(flag.path, values, token)

        return Following(follow, partial(self._workspace.undo_to, steps))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        for flag in self.flags():
            paint_flag(painter, flag, self.eye(flag.path, lens))

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        found = self._at(at, lens)
        if found is None:
            return None
        moves = (MIDDLE, TARGET, NEARER)
        return {**dict.fromkeys(moves, Qt.CursorShape.SizeAllCursor), TURN: Qt.CursorShape.CrossCursor}.get(
            found[2], Qt.CursorShape.SizeFDiagCursor
        )
