"""File names as people write them: relative to the script, with `~` and the environment's variables."""

import os
import re

from .errors import FileError

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?!F(?:\d|(?!\w)))(?P<plain>[A-Za-z_]\w*))")
"""`$JOB` and `${JOB}`, but not `$F` and `$F4`, which stand for the frame."""


LONGEST = 4095
"""Bytes of a file's full name: what Linux takes, and more than other systems do."""


def full_path(name: str, folder: str = "") -> str:
    """The file that `name` means, as an absolute path; places for the frame number stay as they are.

    folder : where relative names start, by default where the program runs. Raises FileError for a variable of the
    environment that is not set, for a home folder that nobody has, and for a name that no file can have or that is too
    long for one.
    """
    try:
        nameable = b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        nameable = False
    if not nameable:
        raise FileError(f"file {name!r}: no file can have this name")

    def value(found: re.Match[str]) -> str:
        variable = found["braced"] or found["plain"]
        if variable not in os.environ:
            raise FileError(f"file '{name}': the environment variable {variable} is not set")
        return os.environ[variable]

    filled = os.path.expanduser(_VARIABLE.sub(value, name))
    home, slash, _ = filled.partition("/")
    if home == "~":
        raise FileError(f"file '{name}': there is no home folder for ~ here: HOME is not set, nor is there such a user")
    if home.startswith("~") and slash:
        raise FileError(f"file '{name}': there is no user {home[1:]}, whose home folder {home} would be")
    path = os.path.abspath(os.path.join(folder, filled))
    if (length := len(os.fsencode(path))) > LONGEST:
        raise FileError(
            f"file '{path[:60]}...': the name has {length} bytes, more than the {LONGEST} that a file may have"
        )
    return path
