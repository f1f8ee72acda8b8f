"""The errors a user may see. Each message is one sentence: what, where, found, expected."""

import os
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Letters that are not seen but end lines, move the cursor, colour a terminal or turn the reading direction."""


def one_line(text: str) -> str:
    """A text with escapes for what would break its line, as names of files and values of damaged scripts may hold."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class RimlightError(Exception):
    """Base of every error that is shown to a user as a sentence, without a traceback."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class ParameterError(RimlightError):
    """A parameter value of the wrong type or out of its hard range."""


class GraphError(RimlightError):
    """An edit that would make the graph invalid: a cycle, a wrong wire, an unknown node."""


class ScriptError(RimlightError):
    """A script that cannot be read or written."""


class FileError(RimlightError):
    """A file that is missing, damaged, unsupported or cannot be written."""


class ColorError(RimlightError):
    """A colour config, space, display, view, look or LUT that does not exist or cannot be used."""


class PluginError(RimlightError):
    """A plugin that cannot be loaded; always the plugin's fault, never fatal."""


class NodeError(RimlightError):
    """A node that could not be evaluated, bound to its path and the frame.

    `path` is the node's path in the script, `frame` the frame it was asked for, `reason` the sentence without them.
    """

    def __init__(self, path: str, frame: float | None, reason: str) -> None:
        self.path = path
        self.frame = frame
        self.reason = reason
        at = "" if frame is None else f" at frame {frame:.12g}"
        super().__init__(f"{path}{at}: {reason}")

    def __reduce__(self) -> tuple[type["NodeError"], tuple[str, float | None, str]]:
        return type(self), (self.path, self.frame, self.reason)  # else it cannot leave its process


class Cancelled(BaseException):
    """Work stopped because nobody waits for it any more. Not an error: a BaseException so that no node swallows it."""


def reason_of(error: BaseException) -> str:
    """What went wrong, in the words of the system where it has some."""
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def file_errors(sentence: str) -> Iterator[None]:
    """What the system refuses in here is a FileError: the sentence, a colon, and its reason."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{sentence}: {reason_of(error)}") from error


def listing(names: Sequence[str], limit: int = 8) -> str:
    """`a, b, c` for a sentence, shortened with a count when there are more than `limit` names."""
    if not names:
        return "none"
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


_NO_MEMORY = "can't allocate memory"
"""What torch says, in a RuntimeError, where the host has no memory left."""


_LONGEST = 400
"""Letters of an error that are told: some of torch's list all that it could have been."""


def told(error: BaseException, file: str = "") -> str:
    """`KeyError: 'a' (mine.py, line 12)`, on one line.

    file : the file or folder of whose mistake it is; the line is the last one there that the error came through. An
        error that was raised before anything there ran, such as one of wrong arguments, has the name alone.
    """
    passed = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)] if file else []
    where = [f" ({one_line(os.path.basename(name))}, line {line})" for name, line in passed if name.startswith(file)]
    said = " ".join(str(error).split())
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST].rstrip()} ..."
    if file and not where and not isinstance(error, SyntaxError):  # which says itself where it is
        where = [f" ({one_line(os.path.basename(file))})"]
    return f"{type(error).__name__}{f': {said}' if said else ''}{where[-1] if where else ''}"


def chain(error: BaseException | None) -> list[BaseException]:
    """An error and those that it came from, each once."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def let_go(error: BaseException) -> None:
    """Forget the frames that an error and those it came from went through: their variables hold pictures."""
    for each in chain(error):
        each.__traceback__ = None


def ran_out(error: BaseException) -> bool:
    """Whether the host had no memory left for what failed."""
    return any(isinstance(e, MemoryError) or _NO_MEMORY in str(e) for e in chain(error))


def mistake(who: str, error: BaseException, file: str = "") -> str:
    """`who failed with ...`, as `told`, for what nobody foresaw; memory that ran out is said in plain words."""
    if isinstance(error, MemoryError) or _NO_MEMORY in str(error):
        return f"{who} ran out of memory; use a proxy scale, a smaller region or a machine with more"
    return f"{who} failed with {told(error, file)}"
