"""Toolsets: nodes kept under a name, to be added again as one node is, in any script.

A toolset is a script in a file, `Light/Three Point.rim`; those of Nuke (`.nk`, `.gizmo`) count, too. They lie in the
folder of settings, where what is saved goes, and in the folders of `RIMLIGHT_TOOLSET_PATH`, which are only read.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from rimlight.engine import RimlightError, read_regular, write_safely

from ..preferences import config_folder
from ..workers import Background

PATH_VARIABLE = "RIMLIGHT_TOOLSET_PATH"
_SUFFIXES = (".rim", ".nk", ".gizmo")
_NAME = re.compile(r"[^./\\:*?\"<>|][^/\\:*?\"<>|]*(/[^./\\:*?\"<>|][^/\\:*?\"<>|]*)*")
_MAX_BYTES = 64 << 20
_MOST = 2000
"""Files that are looked at: a folder that was named by mistake, such as a home, must not hold up what waits."""


class Toolsets(QObject):
    """What toolsets there are: their files by name, the user's own first. All of files is done in the background."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self.own = config_folder() / "toolsets"
        shared = os.environ.get(PATH_VARIABLE, "")
        self._folders = [self.own, *(Path(os.path.expanduser(f)) for f in shared.split(os.pathsep) if f)]
        self.files: dict[str, Path] = {}
        self._changes = 0
        self.refresh()

    def refresh(self) -> None:
        """Look at the folders again: others may have put something there."""
        folders, before = list(self._folders), self._changes

        def found(files: dict[str, Path]) -> None:
            if before == self._changes:
                self.files = files
            else:
                self.refresh()  # what was saved or deleted since is not in that list

        self._background.run(lambda: _listed(folders), found)

    def mine(self) -> list[str]:
        """The names of those that the user saved, or may delete."""
        return [name for name, path in self.files.items() if path.is_relative_to(self.own)]

    def save(self, name: str, text: str, done: Callable[[str], Any], failed: Callable[[Exception], Any]) -> None:
        """Keep nodes as text under a name; with `/` in it, in a menu of their own.

        Raises RimlightError for a name that no file may have. done : is called with the name as it is kept when the
        file is written, failed when it cannot be.
        """
        name = "/".join(part.strip() for part in name.strip().split("/"))
        if not _NAME.fullmatch(name):
            raise RimlightError(
                f"a toolset cannot be called “{name}”, expected a name without \\ : * ? < > | and quotes that begins "
                "with no dot; / is for menus, as in Light/Three Point"
            )
        path = self.own / f"{name}.rim"

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_safely(path, text.encode())

        self._changes += 1
        self.files = {name: path, **{other: file for other, file in self.files.items() if other != name}}
        self._background.run(write, lambda _: done(name), self._refreshed(failed))

    def remove(self, name: str, done: Callable[[], Any], failed: Callable[[Exception], Any]) -> None:
        """Delete one of the user's own; a shared one of the same name is seen again, and so is itself where it cannot
        be deleted. done, failed : one of them is called then.
        """
        self._changes += 1
        path = self.files.pop(name)

        def gone(_: None) -> None:
            self.refresh()
            done()

        self._background.run(path.unlink, gone, self._refreshed(failed))

    def _refreshed(self, failed: Callable[[Exception], Any]) -> Callable[[Exception], None]:
        """Tells of a failure, and finds out what there is really."""

        def tell(error: Exception) -> None:
            self.refresh()
            failed(error)

        return tell

    def read(self, name: str, then: Callable[[str], Any], failed: Callable[[Exception], Any]) -> None:
        """Call `then` with the text of a toolset, or `failed` with why it cannot be read."""
        path = self.files[name]
        self._background.run(lambda: _text(path), then, failed)


def _text(path: Path) -> str:
    """Raises OSError, and ValueError where it is no text."""
    return read_regular(path, _MAX_BYTES).decode("utf-8-sig")


def _listed(folders: list[Path]) -> dict[str, Path]:
    """The files of toolsets by name, in the order of the folders; of two of one name the first counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        for number, path in enumerate(sorted(folder.rglob("*"))):
            if number >= _MOST:
                break
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") for part in inside.parts)
            if path.suffix in _SUFFIXES and not hidden and path.is_file():
                found.setdefault(inside.with_suffix("").as_posix(), path)
    return found


def entries_of(files: Mapping[str, Path]) -> list[tuple[str, str, str]]:
    """For each toolset its name, what it is called in a list, and the menu that it is in there."""
    parts = [(name, *name.rpartition("/")[::2]) for name in files]
    return [(name, title, " › ".join(("Toolsets", *filter(None, menu.split("/"))))) for name, menu, title in parts]
