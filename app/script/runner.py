"""One run at a time for the script editor: starts it, brings its output to the GUI thread, commits what it did."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from rimlight.engine import CancelToken, Document, Graph

from ..workers import Courier
from ..workspace import Workspace
from .homes import housed
from .running import Outcome, run
from .stopping import insist, wake

KEPT = 200_000
"""Characters of output that may wait for the GUI thread; of a script that prints faster the oldest are dropped."""


class Runner(QObject):
    """output : a piece of text. ended : the Outcome and a sentence about what became of the script."""

    output = Signal(str)
    ended = Signal(object, str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._courier = Courier(self)
        self._token: CancelToken | None = None
        self._thread: threading.Thread | None = None
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._printed: list[str] = []
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        return self._token is not None

    def start(self, text: str) -> bool:
        """Run a text on a fork of the session. False while another run is under way."""
        if self.running:
            return False
        workspace, token = self._workspace, CancelToken()
        begun, fork = workspace.session.document, workspace.session.fork(token)
        self._names |= {"session": fork, "s": fork, "frame": workspace.frame, "selection": list(workspace.selection)}

        def work() -> None:
            outcome = run(text, fork, self._names, self._write, token)
            graph = fork.graph if outcome.error or outcome.interrupted else housed(begun.graph, fork.graph)
            self._courier.post(partial(self._end, outcome, begun, graph))

        self._token = token
        self._thread = threading.Thread(target=work, name="rimlight-script", daemon=True)
        self._thread.start()
        return True

    def interrupt(self) -> None:
        """Stop the run before its next line; again, one that went on nevertheless."""
        token, thread = self._token, self._thread
        if token is None or thread is None or thread.ident is None:
            return
        if token.cancelled:
            insist(thread.ident)
        else:
            token.cancel()
            wake(thread.ident)

    def close(self, seconds: float = 5.0) -> None:
        """Stop the run and wait for it, for a while: what a script calls may not listen."""
        end = time.monotonic() + seconds
        self.interrupt()
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < end:
            self._thread.join(0.2)
            self.interrupt()

    def _write(self, text: str) -> None:
        """In the script's thread."""
        with self._lock:
            self._printed.append(text)
            self._waiting += len(text)
            while self._waiting > KEPT and len(self._printed) > 1:
                self._waiting -= len(self._printed.pop(0))
            first = len(self._printed) == 1
        if first:
            self._courier.post(self._flush)

    def _flush(self) -> None:
        with self._lock:
            text = "".join(self._printed)[-KEPT:]
            self._printed.clear()
            self._waiting = 0
        if text:
            self.output.emit(text)

    def _end(self, outcome: Outcome, begun: Document, graph: Graph) -> None:
        self._flush()
        self._token = None
        self._thread = None
        self.ended.emit(outcome, self._commit(outcome, begun, graph))

    def _commit(self, outcome: Outcome, begun: Document, graph: Graph) -> str:
        session, made = self._workspace.session, outcome.session.document
        present = session.document
        if outcome.interrupted:
            return "stopped; the script is as it was"
        if outcome.error:
            return "failed; the script is as it was"
        project = replace(made.project, folder=present.project.folder)
        changed = {"graph": graph, "project": project}
        if _same(begun, changed):
            return "done"
        if not _same(begun, {"graph": present.graph, "project": present.project}):
            return "not applied: the script was edited while this ran; run it again"
        session.history.commit(present.with_(**changed), "run Python")
        return "done; undo takes back all of it"


def _same(document: Document, parts: Mapping[str, Any]) -> bool:
    return all(getattr(document, name) == part for name, part in parts.items())
