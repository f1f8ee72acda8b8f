"""Evaluation for the GUI: asked for in the GUI thread, done in others, delivered in the GUI thread as calls.

Whoever asks is an owner, a QObject. A new request of an owner takes the place of its older one on the same channel, and
nothing is delivered for an owner that is gone. Errors are values for `on_error`, never dialogs.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from shiboken6 import getCppPointer

from rimlight.engine import (
    Cancelled,
    CancelToken,
    Graph,
    ImageInfo,
    NodeError,
    Project,
    Region,
    Request,
    RimlightError,
    Session,
    let_go,
    real,
)

from .activity import Activity, Watching
from .holding import held, users
from .sharpening import Quality
from .workers import Courier, Workers

log = logging.getLogger(__name__)

CLOSING = 10.0
"""Seconds that a window which is closed waits for nodes that do not listen; its process ends without them."""
THREADS = 3
"""Of which all but one take only urgent work. torch splits the work of each over the cores by itself."""
VIEWER, SCOPES, THUMBNAILS, HOUSEKEEPING = 0, 1, 2, 3
"""Urgencies: viewers have threads that nothing else may take; housekeeping does not count as being busy."""

Key = tuple[int, str]
Choose = Callable[[ImageInfo], Sequence[str]]
"""Names the layers that are wanted of those that a picture has."""


@dataclass(frozen=True)
class Result:
    """A picture or value that was asked for. seconds : what it took. final : whether no better one follows."""

    node: str
    frame: float
    value: Any
    quality: Quality
    seconds: float
    final: bool


class Ticket:
    """A request under way. `cancel` may be called at any time and more than once."""

    def __init__(
        self,
        key: Key,
        urgency: int,
        on_result: Callable[..., Any],
        on_error: Callable[[Exception], Any] | None,
    ) -> None:
        self.key = key
        self.urgency = urgency
        self.token = CancelToken()
        self.on_result: Callable[..., Any] | None = on_result
        self.on_error = on_error
        self.done = False

    def cancel(self) -> None:
        """Stop working; nothing is delivered any more. Lets go of the listeners at once."""
        self.token.cancel()
        self.on_result = self.on_error = None
        self.done = True


class Evaluations(QObject):
    """All evaluation of one window.

    busy_changed : whether anything is under way. activity : what nodes are computing, their times and errors.
    rested : no thread evaluates any more, so that the cache holds what it will hold. That is later than `busy_changed`
    where work was cancelled, which ends a moment after nobody waits for it. viewed : the last viewer that
    waited for a picture has it. stopped : the user stopped everything, so
    whoever waits for an answer gets none.
    """

    busy_changed = Signal(bool)
    rested = Signal()
    viewed = Signal()
    stopped = Signal()

    def __init__(self, session: Session, parent: QObject | None = None, threads: int = THREADS) -> None:
        super().__init__(parent)
        self.session = session
        self.activity = Activity(self)
        self._workers = Workers(threads, "rimlight-evaluate", reserved=threads - 1)
        self._courier = Courier(self)
        self._tickets: dict[Key, Ticket] = {}
        self._known: set[int] = set()
        self._working = 0
        self._was_busy = False
        self._was_viewing = False
        self._closed = False

    # -- asking ---------------------------------------------------------------------------------------------------

    def request(
        self,
        owner: QObject,
        node: str,
        frame: float,
        on_result: Callable[[Result], Any],
        on_error: Callable[[Exception], Any] | None = None,
        *,
        channel: str = "",
        region: Region | None = None,
        layers: "Sequence[str] | Choose | None" = None,
        steps: Sequence[Quality] = (Quality(),),
        urgency: int = VIEWER,
        pin: bool = False,
        graph: Graph | None = None,
    ) -> Ticket:
        """Evaluate a node of the script as it is now, in one or more steps of rising quality, each delivered.

        region : in pixels at scale 1, default everything. layers : default all; or a function that chooses among those
        that there are, called in a worker, which makes region and layers not count for nodes that put out no picture.
        channel : owners with several streams of requests, such as side A and B, name them. pin : keep the result in
        the cache until the owner's next one. graph : evaluate in this one instead of the script's.
        on_error : with a RimlightError; those of nodes are in `activity.errors` as well.
        """
        session = self.session
        script, project, keep = graph if graph is not None else session.graph, session.project, session.edited
        key = self._key(owner, channel)

        def work(ticket: Ticket) -> None:
            watch = Watching(self.activity)
            kept = held(script)
            try:
                ready = len(steps) > 1 and self._cached(script, project, node, frame, steps[-1], layers)
                for number, step in enumerate(steps if not ready else steps[-1:], 1):
                    part = region.scaled(step.scale) if region is not None else None
                    wanted: tuple[str, ...] | None = None
                    begin = time.perf_counter()
                    if callable(layers):
                        info = session.evaluator.info(script, project, node, frame, step.scale, step.tier)
                        if isinstance(info, ImageInfo):
                            wanted = tuple(layers(info))
                        else:
                            part = None
                    elif layers is not None:
                        wanted = tuple(layers)
                    asked = Request(node, frame, part, wanted, step.scale, step.tier, keep | users(script, kept))
                    value = session.evaluator.evaluate(script, project, asked, ticket.token, watch)
                    seconds = time.perf_counter() - begin
                    final = number == len(steps) or ready
                    if pin and final:
                        vertices = session.evaluator.survey(script, project, [node], frame, step.scale, step.tier)
                        there = [(path, frame) for path in (node, *kept) if (path, frame) in vertices]
                        session.evaluator.pin(key, [vertices[real(vertices, id)] for id in there])
                    self._deliver(ticket, Result(node, frame, value, step, seconds, final), final)
            finally:
                watch.finish()

        return self._start(key, work, on_result, on_error, urgency)

    def _cached(self, script: Graph, project: Project, node: str, frame: float, step: Quality, layers: Any) -> bool:
        """Whether the picture of a step is in memory, whole, so that no draft is needed on the way to it."""
        evaluator = self.session.evaluator
        vertices = evaluator.survey(script, project, [node], frame, step.scale, step.tier)
        shown = vertices[real(vertices, (node, frame))]
        if shown.error is not None or not isinstance(shown.info, ImageInfo):
            return False
        names = layers(shown.info) if callable(layers) else shown.info.names if layers is None else layers
        return all(evaluator.cache.holds(shown.key, name) in ("device", "host") for name in names)

    def run(
        self,
        owner: QObject,
        work: Callable[[CancelToken], Any],
        on_result: Callable[[Any], Any],
        on_error: Callable[[Exception], Any] | None = None,
        *,
        channel: str = "",
        urgency: int = SCOPES,
    ) -> Ticket:
        """Do any other work off the GUI thread in the same way, such as the counting of a histogram.

        work : gets a token that it checks now and then; must not touch widgets.
        """

        def whole(ticket: Ticket) -> None:
            self._deliver(ticket, work(ticket.token), True)

        return self._start(self._key(owner, channel), whole, on_result, on_error, urgency)

    def cancel(self, owner: QObject, channel: str | None = None) -> None:
        """Stop what an owner waits for, on one channel or all, and forget its errors."""
        self._drop(getCppPointer(owner)[0], channel)

    def cancel_all(self) -> None:
        """Stop everything that anybody waits for, as Esc does; what is shown stays until it is asked for again.

        Housekeeping goes on: nobody would ask for it again.
        """
        for ticket in tuple(self._tickets.values()):  # letting go of a listener may delete an owner
            if not ticket.done and ticket.urgency < HOUSEKEEPING:
                ticket.cancel()
        self._was_viewing = False  # what is stopped is not `viewed`
        self._tell_busy()
        self.stopped.emit()

    @property
    def busy(self) -> bool:
        """Whether anything that somebody waits for is under way."""
        return any(not ticket.done and ticket.urgency < HOUSEKEEPING for ticket in self._tickets.values())

    @property
    def viewing(self) -> bool:
        """Whether a viewer waits for a picture."""
        return any(not ticket.done and ticket.urgency == VIEWER for ticket in self._tickets.values())

    def close(self) -> bool:
        """Stop everything and join the threads. False when a node did not listen."""
        self._closed = True
        for ticket in tuple(self._tickets.values()):  # letting go of a listener may delete an owner
            ticket.cancel()
        self._tickets.clear()
        self.activity.close()
        return self._workers.close(timeout=CLOSING)

    # -- the life of a ticket -------------------------------------------------------------------------------------

    def _key(self, owner: QObject, channel: str) -> Key:
        number = getCppPointer(owner)[0]
        if number not in self._known:
            self._known.add(number)
            owner.destroyed.connect(partial(self._gone, number))
        return number, channel

    def _gone(self, number: int, *_: object) -> None:
        self._known.discard(number)
        if not self._closed:  # else nothing is under way any more, and this object may be going too
            self._drop(number, None)

    def _drop(self, number: int, channel: str | None) -> None:
        for key in [k for k in self._tickets if k[0] == number and channel in (None, k[1])]:
            self._tickets.pop(key).cancel()
            self.activity.clear_error(key)
            self.session.evaluator.cache.unpin(key)
        self._tell_busy()

    def _start(
        self,
        key: Key,
        work: Callable[[Ticket], None],
        on_result: Callable[[Any], Any],
        on_error: Callable[[Exception], Any] | None,
        urgency: int,
    ) -> Ticket:
        ticket = Ticket(key, urgency, on_result, on_error)
        if self._closed:
            ticket.cancel()
            return ticket
        older = self._tickets.get(key)
        if older is not None:
            older.cancel()
        self._tickets[key] = ticket
        if urgency < HOUSEKEEPING:
            self._working += 1
        self._workers.submit(partial(self._attempt, ticket, work), urgency)
        self._tell_busy()
        return ticket

    def _attempt(self, ticket: Ticket, work: Callable[[Ticket], None]) -> None:
        """In a worker."""
        try:
            ticket.token.check()
            work(ticket)
        except Cancelled:
            pass
        except RimlightError as error:
            let_go(error)  # it is shown for as long as it holds
            self._courier.post(partial(self._failed, ticket, error))
        except (Exception, SystemExit) as error:
            log.exception("an evaluation failed")
            told = RimlightError(f"unexpected {type(error).__name__} while evaluating: {error}")
            self._courier.post(partial(self._failed, ticket, told))
        finally:
            if ticket.urgency < HOUSEKEEPING:
                self._courier.post(self._ended)

    def _ended(self) -> None:
        """A thread is done with a request, cancelled or not; after what it delivered."""
        self._working -= 1
        if not self._working:
            self.rested.emit()

    def _deliver(self, ticket: Ticket, value: Any, final: bool) -> None:
        """In a worker."""
        ticket.token.check()
        self._courier.post(partial(self._arrived, ticket, value, final))

    def _arrived(self, ticket: Ticket, value: Any, final: bool) -> None:
        listener = ticket.on_result
        if ticket.token.cancelled or listener is None:
            return
        ticket.done = final
        self.activity.clear_error(ticket.key)
        listener(value)
        if final:
            self._tell_busy()

    def _failed(self, ticket: Ticket, error: RimlightError) -> None:
        if ticket.token.cancelled:
            return
        ticket.done = True
        if isinstance(error, NodeError):
            self.activity.set_error(ticket.key, error)
        if ticket.on_error is not None:
            ticket.on_error(error)
        self._tell_busy()

    def _tell_busy(self) -> None:
        viewing, before = self.viewing, self._was_viewing
        self._was_viewing = viewing
        if before and not viewing:
            self.viewed.emit()
        busy = self.busy
        if busy != self._was_busy:
            self._was_busy = busy
            self.busy_changed.emit(busy)
