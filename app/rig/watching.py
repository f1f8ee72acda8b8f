"""Keeps the looks and measures of a rig up to date in the background while it is edited."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import Vec3

from ..evaluating import SCOPES, VIEWER
from ..workspace import Workspace
from .lights import Handle
from .looking import SUBJECT, Look, Looker, Measured
from .measuring import Ratio
from .projection import Side
from .scene import Scene

_MEASURE_MS = 150
_SHARPEN_MS = 220
_BALL, _DRAFT_BALL = 160, 72
_DOME, _DRAFT_DOME = 480, 240


@dataclass(frozen=True)
class Wanted:
    """What is looked at. side : of the dome. dome : its size in pixels of the screen. handles : what nodes say now."""

    scene: Scene
    side: Side
    dome: int
    handles: tuple[Handle, ...] = ()


class Watch(QObject):
    """Looks at a rig whenever it is told that something changed: small pictures at once, sharp ones in a pause.

    One look is under way at a time and every one is shown, so that a drag, which changes things faster than they are
    computed, shows the light move. wanted : asked when needed, None while nobody looks. busy : asked before sharpening,
    whether a drag goes on. looked : a Look, or None where there is no rig. failed : why there is none. measured :
    levels and ratio may be others. moved : the subject is another.
    """

    looked = Signal(object)
    failed = Signal(str)
    measured = Signal()
    moved = Signal()
    settled_changed = Signal()

    def __init__(
        self, workspace: Workspace, wanted: Callable[[], Wanted | None], busy: Callable[[], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._wanted = wanted
        self._busy = busy
        self._looker = Looker(workspace.session)
        self.subject: Vec3 = SUBJECT
        self.look: Look | None = None
        self.picture: Measured | None = None
        self._looking = self._look_again = self._measuring = False
        self._sharp = True
        self._measure_timer = QTimer(self, singleShot=True, interval=_MEASURE_MS)
        self._measure_timer.timeout.connect(self._measure)
        self._sharpen_timer = QTimer(self, singleShot=True, interval=_SHARPEN_MS)
        self._sharpen_timer.timeout.connect(self._sharpen)
        workspace.evaluations.stopped.connect(self._stopped)

    @property
    def settled(self) -> bool:
        """Whether everything is shown as it is, in full quality."""
        busy = self._looking or self._look_again or self._measuring or self._measure_timer.isActive()
        return self._sharp and not busy

    @property
    def levels(self) -> tuple[dict[str, float], Ratio | None]:
        """The mean level of each light by its name, and the ratio: on the picture where it is lit, else on the grey
        ball.
        """
        if self.picture is not None and self.picture.levels:
            return dict(self.picture.levels), self.picture.ratio
        return (dict(self.look.levels), self.look.ratio) if self.look is not None else ({}, None)

    def changed(self) -> None:
        """The rig, or something it depends on, is another."""
        self._sharp = False
        self._ask()
        self._sharpen_timer.start()
        if not self._measure_timer.isActive():
            self._measure_timer.start()
        self.settled_changed.emit()

    def forget(self) -> None:
        """Another rig is looked at."""
        self._drop_measuring()
        self.subject, self.picture = SUBJECT, None

    def resharpen(self) -> None:
        """The dome is another size or shows another side."""
        self._sharp = False
        self._ask()
        self._sharpen_timer.start()

    def _ask(self) -> None:
        wanted = self._wanted()
        if wanted is None or not wanted.scene.rig:
            self._workspace.evaluations.cancel(self, "look")
            self._looking = False
            self.look, self._sharp, self._look_again = None, True, False
            self.looked.emit(None)
            self.settled_changed.emit()
            return
        if self._looking:
            self._look_again = True
            return
        self._looking, self._look_again = True, False
        workspace, looker, known = self._workspace, self._looker, self.look
        graph, project, frame, subject = workspace.graph, workspace.document.project, workspace.frame, self.subject
        dome = max(min(wanted.dome, _DOME), 16) if self._sharp else _DRAFT_DOME
        ball = _BALL if self._sharp else _DRAFT_BALL
        scene, side, handles = wanted.scene, wanted.side, wanted.handles
        workspace.evaluations.run(
            self,
            lambda token: looker.look(graph, project, scene, frame, subject, side, dome, ball, known, handles, token),
            self._looked,
            self._look_failed,
            channel="look",
            urgency=VIEWER,  # it is small, and what the hand on the light sees first
        )

    def _looked(self, look: Look) -> None:
        self._looking = False
        self.look = look
        self.looked.emit(look)
        self.measured.emit()
        self._go_on()

    def _look_failed(self, error: Exception) -> None:
        self._looking = False
        self.failed.emit(str(error))
        self._go_on()

    def _go_on(self) -> None:
        if self._look_again:
            self._ask()
        self.settled_changed.emit()

    def _stopped(self) -> None:
        """Esc: what is shown stays, and the next change is looked at as any other."""
        self._looking = self._look_again = self._measuring = False
        self._measure_timer.stop()
        self._sharpen_timer.stop()
        self._sharp = True
        self.settled_changed.emit()

    def _sharpen(self) -> None:
        if self._busy():
            self._sharpen_timer.start()
        elif not self._sharp:
            self._sharp = True
            self._ask()

    def _measure(self) -> None:
        wanted = self._wanted()
        if wanted is None or not wanted.scene.lit:
            self._drop_measuring()
            self.picture = None
            self.settled_changed.emit()
            return
        if self._measuring:
            self._measure_timer.start()
            return
        self._measuring = True
        workspace, looker, scene = self._workspace, self._looker, wanted.scene
        graph, project, frame = workspace.graph, workspace.document.project, workspace.frame
        workspace.evaluations.run(
            self,
            lambda token: looker.measure(graph, project, scene, frame, token),
            self._measured,
            self._measure_failed,
            channel="measure",
            urgency=SCOPES,
        )

    def _drop_measuring(self) -> None:
        """What is being measured is looked at no more."""
        self._workspace.evaluations.cancel(self, "measure")
        self._measuring = False

    def _measured(self, found: Measured) -> None:
        self._measuring = False
        self.picture = found
        self.measured.emit()
        if found.subject is not None and _far(found.subject, self.subject) and not self._busy():
            self.subject = found.subject
            self.moved.emit()
        self.settled_changed.emit()

    def _measure_failed(self, error: Exception) -> None:
        """The lit picture cannot be made, which its node and the viewer say; the grey ball says what it can."""
        self._measuring = False
        self.picture = None
        self.measured.emit()
        self.settled_changed.emit()


def _far(a: Vec3, b: Vec3) -> bool:
    """Whether two places differ by more than a centimetre."""
    return any(abs(x - y) > 1.0 for x, y in zip(a, b, strict=True))
