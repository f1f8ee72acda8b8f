"""Running Python on a fork of the session, in a thread of its own.

What a run does to the fork becomes one step of the script's history, or nothing at all when it fails or is stopped.
"""

import ast
import linecache
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import Any, TextIO

from rimlight.engine import Cancelled, CancelToken, RimlightError, Session

from .stopping import NAME, Interrupted, stoppable

Write = Callable[[str], object]
Namespace = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of a run. error : a traceback or a sentence, empty when all went well. session : the fork."""

    session: Session
    seconds: float
    error: str = ""
    interrupted: bool = False


def run(text: str, session: Session, namespace: Namespace, write: Write, token: CancelToken) -> Outcome:
    """Run Python whose `session` is a fork, in the calling thread. Never raises.

    namespace : its global names, which a later run finds again. write : gets what it prints, in pieces; the value of a
    last expression is printed as a console does. token : stops it before its next line; evaluations and renders of the
    fork stop at once, and what else it calls, such as `time.sleep`, ends first.
    """
    begin = time.perf_counter()
    error, interrupted = "", False
    linecache.cache[NAME] = (len(text), None, text.splitlines(keepends=True), NAME)
    try:
        code, last = _compiled(text)
        with _printing_to(write), stoppable(token):
            exec(code, namespace)
            value = eval(last, namespace) if last is not None else None  # noqa: S307
            if value is not None:
                sys.stdout.write(f"{value!r}\n")
    except Interrupted:
        interrupted = True
    except BaseException as raised:  # noqa: BLE001  whatever a script raises is the script's
        interrupted = isinstance(raised, Cancelled) and token.cancelled
        error = "" if interrupted else _told(raised)
    return Outcome(session, time.perf_counter() - begin, error, interrupted)


def _compiled(text: str) -> tuple[CodeType, CodeType | None]:
    """The text, and apart from it the expression that it ends with."""
    tree = ast.parse(text, NAME)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body.pop().value), NAME, "eval")  # type: ignore[attr-defined]
    return compile(tree, NAME, "exec"), last


def _told(error: BaseException) -> str:
    """The traceback from the script on; for what the engine refuses only the script's own lines and the sentence."""
    entry = traceback.TracebackException.from_exception(error)
    frames = list(entry.stack)
    own = [number for number, frame in enumerate(frames) if frame.filename == NAME]
    kept = frames[own[0] :] if own else []
    if isinstance(error, RimlightError):
        kept = [frame for frame in kept if frame.filename == NAME]
    entry.stack = traceback.StackSummary.from_list(kept)
    if not isinstance(error, RimlightError):
        return "".join(entry.format())
    lines = [*entry.stack.format(), f"{type(error).__name__}: {error}\n"]
    return "".join(lines)


@contextmanager
def _printing_to(write: Write) -> Iterator[None]:
    """Send to `write` what this thread prints; other threads print as before."""
    thread = threading.get_ident()
    out, err = _Routed(sys.stdout, thread, write), _Routed(sys.stderr, thread, write)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        # Another run may have come in between; then it passes through here and takes itself away.
        out.end()
        err.end()
        if sys.stdout is out:
            sys.stdout = out.behind
        if sys.stderr is err:
            sys.stderr = err.behind


class _Routed:
    """A stream that one thread writes to apart from all others."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, behind: TextIO, thread: int, write: Write) -> None:
        self.behind = behind
        self._thread: int | None = thread
        self._write = write

    def end(self) -> None:
        self._thread = None

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return self.behind.write(text)
        self._write(text)
        return len(text)

    def flush(self) -> None:
        if threading.get_ident() != self._thread:
            self.behind.flush()

    def isatty(self) -> bool:
        return False

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)
