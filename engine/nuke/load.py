"""Scripts of Nuke from a file or the clipboard."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ScriptError, reason_of
from ..plugins import load_plugins, require_builtin
from ..safefile import read_regular
from ..script.document import Document
from .building import build
from .reading import read_script
from .report import ImportReport

MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Imported:
    """A script of Nuke as one of ours. report : what became of its nodes, a line each."""

    document: Document
    report: ImportReport


def import_nuke(text: str, folder: str = "") -> Imported:
    """The script in a text of Nuke: a file or what is on the clipboard after a copy.

    folder : where relative file names in it start. Nothing of the text is run. Raises ScriptError where it has no node.
    """
    require_builtin(load_plugins())
    document, report = build(read_script(text))
    return Imported(document.with_(project=replace(document.project, folder=folder)), report)


def load_nuke(path: str | os.PathLike[str]) -> Imported:
    """Read a `.nk` file. Raises ScriptError."""
    try:
        file = Path(os.path.realpath(path))
        text = read_regular(file, MAX_BYTES).decode("utf-8-sig", "replace")
    except (OSError, ValueError) as error:
        raise ScriptError(f"{path}: cannot be read: {reason_of(error)}") from None
    try:
        return import_nuke(text, str(file.parent))
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from None
