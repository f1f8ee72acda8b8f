"""Lights placed on the picture: a click or drag where the highlight, the brightest point or the shadow should be.

A viewer asks `workspace.the(Placer)` whether a mode is on, and tells it where the mouse is. All looking at pixels
happens in a worker, through the node PlaceLight, and ends in parameters of the light's node: one drag, one undo step.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from PySide6.QtCore import QObject, Signal

from rimlight.engine import NodeError

from ..evaluating import VIEWER
from ..paths import has_node
from ..workspace import Workspace
from .flag_placing import light_before
from .kinds import AROUND
from .lights import handle_of
from .looking import SUBJECT
from .placing import OURS, Mode, Point, Question, answered
from .scene import Scene, find_scene
from .values import value_at, with_keys


class Placer(QObject):
    """Places the selected light, else the first of the rig that is viewed. mode_changed : `mode` is another.

    pressed, dragged and released take points on the picture. failed : a sentence that says why nothing was placed; it
    is in the status bar too.
    """

    mode_changed = Signal(str)
    failed = Signal(str)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self.mode = Mode.OFF
        self._token: object = None
        self._caster: Point | None = None
        self._down = False
        self._busy = False
        self._next: Point | None = None
        workspace.evaluations.stopped.connect(self._stopped)

    def begin(self, mode: Mode | str) -> None:
        """Turn a mode on, or off with `Mode.OFF`. It stays on until it is turned off."""
        mode = Mode(mode)
        if mode != self.mode:
            self.mode = mode
            self._caster, self._next = None, None
            self._workspace.end_mode = partial(self.begin, Mode.OFF) if mode else None
            self.mode_changed.emit(mode.value)

    @property
    def light(self) -> str:
        """The path of the light that would be placed; empty where there is none."""
        return self._target()[0]

    @property
    def light_name(self) -> str:
        """What the light, or the flag, is called where it is shown; empty where there is none."""
        path, workspace = self.flag or self.light, self._workspace
        if not path:
            return ""
        if self.flag:
            return str(value_at(workspace.session, path, workspace.graph.at(path), "flag_name", workspace.frame))
        return handle_of(workspace.session, path, workspace.frame, SUBJECT).title

    @property
    def flag(self) -> str:
        """The path of the flag whose shadow would be placed: the selected one, while shadows are; empty else."""
        current = self._workspace.current
        return current if self.mode is Mode.SHADOW and current and current in self._target()[1].flags else ""

    def pressed(self, pixel: Point) -> None:
        """The mouse went down on the picture: a gesture begins."""
        self._token, self._caster, self._down, self._next = object(), None, True, None
        self._ask(pixel)

    def dragged(self, pixel: Point) -> None:
        """The mouse moved while it is down. Points that come faster than answers are left out."""
        if not self._down:
            return
        if self._busy:
            self._next = pixel
        else:
            self._ask(pixel)

    def released(self) -> None:
        """The mouse went up; what was asked last is still done."""
        self._down = False

    def given_up(self) -> None:
        """The gesture is taken back: no answer to it comes any more."""
        self._down = False
        self._workspace.evaluations.cancel(self)
        self._stopped()

    def _target(self) -> tuple[str, Scene]:
        workspace = self._workspace
        scene = find_scene(workspace.session, workspace.current, workspace.views().node_a)
        placeable = [path for path in scene.lights if workspace.graph.at(path).kind not in AROUND]
        if workspace.current in placeable:
            return str(workspace.current), scene
        return (placeable[0] if placeable else ""), scene

    def _ask(self, pixel: Point) -> None:
        workspace, session = self._workspace, self._workspace.session
        (path, scene), flag = self._target(), self.flag
        path = light_before(session, flag, scene, workspace.frame) if flag else path
        lit = scene.lit or workspace.views().node_a or ""
        if not self.mode or not path or not lit:
            none = (
                "no light has a shadow of the flag" if flag else "there is no light to place: add one to the light rig"
            )
            self._fail(none if lit else "nothing is viewed")
            return
        handle = handle_of(session, path, workspace.frame, SUBJECT)
        question = Question(
            workspace.graph, workspace.document.project, workspace.frame, handle, scene, lit, self.mode, pixel,
            self._caster, flag,
        )  # fmt: skip
        if self.mode is Mode.SHADOW and self._caster is None:
            self._caster = pixel
        self._busy = True
        workspace.evaluations.run(
            self,
            lambda token: answered(session, question, token),
            partial(self._placed, workspace.same_script(), flag or path, self._token),
            self._failed,
            urgency=VIEWER,
        )

    def _placed(self, still_here: Callable[[], bool], path: str, token: object, values: Mapping[str, Any]) -> None:
        self._busy = False
        if not still_here():
            self._next = None
            return
        if values and has_node(self._workspace.graph, path):
            frame = self._workspace.frame
            state = self._workspace.graph.at(path)
            self._workspace.edit(lambda s: s.set(path, token, **with_keys(state, values, frame)))
        self._go_on()

    def _stopped(self) -> None:
        """No answer comes any more."""
        self._busy, self._next = False, None

    def _failed(self, error: Exception) -> None:
        self._busy = False
        ours = isinstance(error, NodeError) and error.path.rpartition("/")[2] in OURS
        self._fail(cast(NodeError, error).reason if ours else str(error))
        self._go_on()

    def _go_on(self) -> None:
        pixel, self._next = self._next, None
        if pixel is not None:
            self._ask(pixel)

    def _fail(self, sentence: str) -> None:
        self._workspace.tell(sentence, "warning")
        self.failed.emit(sentence)
