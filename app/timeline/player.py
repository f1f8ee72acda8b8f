"""Playback: which frame is shown when. It never waits: a timer asks, and frames that are not there are waited for."""

import math
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from itertools import islice

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from ..workspace import Workspace
from .ahead import LookAhead
from .ranges import Loop, Range, frame_at, upcoming

REFILL_SECONDS = 0.5
"""Of playing time that are fetched before playback begins, and after it ran dry."""
PATIENCE = 2.0
"""Seconds that a viewer may take to show a frame before playback goes on without it."""
AHEAD = 240
"""Frames that are asked for in advance at most. They are listed anew with every frame that is shown: to list all of a
long shot would take longer than a frame may.
"""
_POLL_MS = 4
_WINDOW = 1.0
_ROUNDING = 1e-6
"""Seconds by which sums of times may be off."""


class State(StrEnum):
    """What playback does; while it refills, pictures are not ready as fast as they are to be shown."""

    STOPPED = "stopped"
    PLAYING = "playing"
    REFILLING = "refilling"


class Player(QObject):
    """Plays a range of frames.

    every : show every frame, however long it takes; else keep to real time and leave out what is late. now : the clock,
    in seconds. changed : state, direction, measured rate or count of dropped frames.
    """

    changed = Signal()

    def __init__(
        self, workspace: Workspace, ahead: LookAhead, now: Callable[[], float] = time.perf_counter,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.span: Range = (1, 1)
        self.fps = 24.0
        self.loop = Loop.LOOP
        self.every = False
        self.state = State.STOPPED
        self.direction = 0
        self.dropped = 0
        self._workspace = workspace
        self._ahead = ahead
        self._now = now
        self._start = 0.0
        self._origin = 0.0
        self._steps = 0
        self._due = 0.0
        self._waiting_since: float | None = None
        self._shows_heard = False
        self._times: deque[float] = deque()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self.tick)
        workspace.picture_shown.connect(self._picture_shown)
        workspace.evaluations.stopped.connect(self.pause)

    @property
    def playing(self) -> bool:
        return self.state is not State.STOPPED

    @property
    def rate(self) -> float | None:
        """Frames per second that were reached over the last second; None while too few were shown to tell."""
        if len(self._times) < 3:
            return None
        span = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / span if span > 0 else None

    def play(self, direction: int) -> None:
        """Play forward (1) or backward (-1) from the current frame; again in the same direction: pause."""
        if self.playing and direction == self.direction:
            self.pause()
            return
        self.direction, self.dropped = direction, 0
        self._times.clear()
        frame = self._workspace.frame
        first, last = self.span
        at_end = frame >= last if direction > 0 else frame <= first
        if not first <= frame <= last or (self.loop is Loop.ONCE and at_end):
            self._workspace.set_frame(first if direction > 0 else last)
        self._restart()
        self._refill()
        self._timer.start()

    def pause(self) -> None:
        """Stop where we are."""
        if not self.playing:
            return
        self._timer.stop()
        self._ahead.stop()
        self.state, self.direction = State.STOPPED, 0
        self._waiting_since = None
        self.changed.emit()

    def forget(self) -> None:
        """Other pictures are shown: what was counted says nothing of them."""
        if self.dropped and not self.playing:
            self.dropped = 0
            self.changed.emit()

    def tick(self) -> None:
        """Show what is due. Called by the timer."""
        if self.state is State.REFILLING:
            if not self._filled():
                return
            self._restart()
            self.state = State.PLAYING
            self.changed.emit()
        if self.state is State.PLAYING:
            if self.every:
                self._tick_every()
            else:
                self._tick_real_time()

    def _tick_every(self) -> None:
        now = self._now()
        if now < self._due - _ROUNDING or self._viewer_is_behind(now):
            return
        following = frame_at(self._start, self.direction * (self._steps + 1), self.span, self.loop)
        if following is None:
            self.pause()
        elif self._ahead.ready(following):
            self._steps += 1
            beats_late = round((now - self._due) * self.fps)
            self._due += (1 + beats_late) / self.fps  # on the beat again, with no rush to catch up
            self._show(following, now)

    def _tick_real_time(self) -> None:
        now = self._now()
        steps = math.floor((now - self._origin + _ROUNDING) * self.fps)
        if steps <= self._steps or self._viewer_is_behind(now):
            return
        for late in range(steps, self._steps, -1):
            frame = frame_at(self._start, self.direction * late, self.span, self.loop)
            if frame is None:
                continue
            if self._ahead.ready(frame):
                self.dropped += late - self._steps - 1
                self._steps = late
                self._show(frame, now)
                return
        if frame_at(self._start, self.direction * (self._steps + 1), self.span, self.loop) is None:
            self.pause()
        else:
            self._refill()

    def _show(self, frame: float, now: float) -> None:
        self._times.append(now)
        while self._times and now - self._times[0] > _WINDOW:
            self._times.popleft()
        self._waiting_since = now if self._shows_heard else None
        self._workspace.set_frame(frame)
        self._want()
        self.changed.emit()

    def _viewer_is_behind(self, now: float) -> bool:
        """Whether a viewer still has to show the last frame. One that never tells is not waited for."""
        if self._waiting_since is not None and now - self._waiting_since >= PATIENCE:
            self._waiting_since, self._shows_heard = None, False  # it is paused, or gone
        return self._waiting_since is not None

    def _picture_shown(self, viewer: str, frame: float) -> None:
        self._shows_heard = True
        if frame == self._workspace.frame:
            self._waiting_since = None

    def _restart(self) -> None:
        """Count time and frames from here."""
        self._start, self._steps = self._workspace.frame, 0
        self._origin = self._now()
        self._due = self._origin + 1 / self.fps

    def _refill(self) -> None:
        """Nothing more is ready: stop the clock until some is."""
        self._restart()
        self.state = State.REFILLING
        self._want()
        self.changed.emit()

    def _filled(self) -> bool:
        count = 1 if self.every else max(2, math.ceil(REFILL_SECONDS * self.fps))
        wanted = islice(upcoming(self._workspace.frame, self.direction, self.span, self.loop), count)
        return all(map(self._ahead.ready, wanted)) or self._ahead.full

    def _want(self) -> None:
        self._ahead.want(islice(upcoming(self._workspace.frame, self.direction, self.span, self.loop), AHEAD))
