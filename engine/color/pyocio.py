"""The door to OpenColorIO: imported on first use, so that `import rimlight.engine` stays cheap."""

import importlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import ColorError

MAX_BYTES = 1 << 30
"""Largest LUT or config that is read."""


def ocio() -> Any:
    """The PyOpenColorIO module. It ships no type information, hence Any."""
    return importlib.import_module("PyOpenColorIO")


def failures() -> tuple[type[Exception], ...]:
    """What OpenColorIO raises; a missing file is a type of its own."""
    return ocio().Exception, ocio().ExceptionMissingFile


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn what OpenColorIO raises inside the block into a ColorError that begins with `what`."""
    try:
        yield
    except failures() as error:
        raise ColorError(f"{what}: {_brief(str(error))}") from None
    except UnicodeDecodeError:  # the library quotes the bytes that it cannot read
        raise ColorError(f"{what}: it holds something else than text") from None


_LOST = re.compile(r"The specified absolute file reference '(.+)' could not be located")
_UNREAD = re.compile(r".*could not be loaded\. All formats have been tried\. \([^)]*\)(.*)")
_REASON = re.compile(r"'([^']+)' failed with: (.*?)(?= *'[^']+' failed with: |$)")
_PARSING = re.compile(r"Error parsing [^(]*\([^)]*\)[. ]*(Error is: )?")


def _brief(text: str) -> str:
    """What an error of the library says, in one line. Of a file that no format takes, why those of its name do not."""
    text = " ".join(text.split()).rstrip(". ")
    unread = _UNREAD.fullmatch(text)
    if unread is None:
        return _LOST.sub(r"there is no file \1", text)
    reasons = {f"as {form}: {_PARSING.sub('', reason).strip(' .')}" for form, reason in _REASON.findall(unread[1])}
    return f"it cannot be read {'; '.join(sorted(reasons)) or 'by its name, which is that of no format'}"


def check_file(path: str) -> None:
    """Raise ColorError for a file that OpenColorIO cannot be given, or would wait for; one that is not there it tells
    itself, with where it looked.
    """
    shown = path.encode(errors="backslashreplace").decode()
    try:
        path.encode()
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ColorError(f"file {shown}: it cannot be read: {error.strerror}") from None
    except ValueError:
        raise ColorError(f"file {shown}: the name is no text in UTF-8") from None
    if not stat.S_ISREG(found.st_mode):
        raise ColorError(f"file {shown}: it is {'a folder' if stat.S_ISDIR(found.st_mode) else 'no regular file'}")
    if not os.access(path, os.R_OK):
        raise ColorError(f"file {shown}: it cannot be read: permission denied")
    if found.st_size > MAX_BYTES:
        raise ColorError(
            f"file {shown}: it has {found.st_size >> 20} MiB, more than the {MAX_BYTES >> 20} that are read"
        )
