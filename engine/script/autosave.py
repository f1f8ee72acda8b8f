"""Autosaves: copies of an unsaved script in a folder of the user's, never the script itself, found after a crash."""

import glob
import hashlib
import os
import platform
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs
import psutil

from ..errors import ScriptError
from .document import Document
from .script import SUFFIX, Loaded, load_script, save_script

KEEP = 10
UNTITLED = "untitled"
_MARK = "autosave"
_STEM = 40
"""Letters of a script's name in those of its autosaves."""
_FORGOTTEN = 30 * 86400.0
"""Seconds after which what another session left is removed."""
_SAME_START = 2.0
"""Seconds between two readings of when a process started."""


def default_folder() -> Path:
    """Where autosaves of this user go when the settings name no folder; it need not be there."""
    return platformdirs.user_data_path("rimlight") / "autosave"


def _home(script: Path | None, folder: Path | None) -> Path:
    """The folder of a script's autosaves."""
    base = folder or default_folder()
    if script is None:
        return base / UNTITLED
    real = os.path.realpath(script)
    tag = hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
    return base / f"{Path(real).stem[:_STEM]}-{tag}"


class Autosave:
    """Writes the autosaves of one session on one script, the newest `KEEP` of them.

    script : path of the script, None for one that was never saved. folder : default `default_folder()`.
    """

    def __init__(self, script: Path | None = None, folder: Path | None = None) -> None:
        self.script = Path(os.path.realpath(script)) if script is not None else None
        self.home = _home(script, folder)
        self.stem = f"{self.script.stem[:_STEM] if self.script else UNTITLED}.{secrets.token_hex(4)}"
        self._count = 0

    def write(self, document: Document) -> Path:
        """Write an autosave and remove the oldest. Raises ScriptError."""
        mark = {
            "script": str(self.script) if self.script else None,
            "saved": _saved(self.script),
            "process": _process(os.getpid()),
        }
        path = self.home / f"{self.stem}.{self._count + 1:06d}{SUFFIX}"
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ScriptError(f"{self.home}: cannot be made for autosaves: {error.strerror}") from None
        save_script(document.with_(extra={**document.extra, _MARK: mark}), path)
        self._count += 1
        self._rotate()
        return path

    def wrote(self, path: Path) -> bool:
        """Whether an autosave is one of this session."""
        return path.parent == self.home and _stem(path) == self.stem

    def clear(self) -> None:
        """Remove the autosaves of this session, when its script was saved or given up on purpose."""
        for path in self._mine():
            path.unlink(missing_ok=True)

    def _mine(self) -> list[Path]:
        return _of_session(self.home, self.stem)

    def _rotate(self) -> None:
        with suppress(OSError):  # tidying up must not make an autosave fail that was written
            for path in self._mine()[:-KEEP]:
                path.unlink(missing_ok=True)
            for path in self.home.glob(f"*{SUFFIX}"):
                if time.time() - path.stat().st_mtime > _FORGOTTEN:
                    path.unlink(missing_ok=True)


def _of_session(home: Path, stem: str) -> list[Path]:
    """The autosaves of one session, oldest first."""
    escaped = "".join(f"[{c}]" if c in "*?[" else c for c in stem)
    return sorted(home.glob(f"{escaped}.*{SUFFIX}"))


def _stem(path: Path) -> str:
    """What the names of all autosaves of a session begin with."""
    return path.name.rsplit(".", 2)[0]


def _process(pid: int) -> dict[str, str | int | float] | None:
    """What tells a process from all others, also from a later one with its number; None where there is none."""
    try:
        return {"host": platform.node(), "id": pid, "since": psutil.Process(pid).create_time()}
    except psutil.Error:
        return None


def _at_work(mark: object) -> bool:
    """Whether another process that lives wrote an autosave: then nothing of it is lost."""
    if not isinstance(mark, dict) or mark.get("host") != platform.node() or not isinstance(mark.get("id"), int):
        return False
    now = _process(mark["id"]) if mark["id"] != os.getpid() else None
    since = mark.get("since")
    # Clocks are set, and boot times that start times are counted from are rounded.
    return now is not None and isinstance(since, int | float) and abs(float(now["since"]) - since) < _SAME_START


def _saved(script: Path | None) -> int | None:
    """When a script file was written, in nanoseconds; None when there is no such file."""
    try:
        return script.stat().st_mtime_ns if script is not None else None
    except OSError:
        return None


@dataclass(frozen=True)
class Recovery:
    """An autosave that holds more than its script. time : when it was written, seconds since the epoch. lost : there is
    no file of the script, as it was never saved, or was moved or deleted.
    """

    path: Path
    script: Path | None
    time: float
    lost: bool = False

    def load(self) -> Loaded:
        """The script as it was autosaved, with relative paths as in the script itself. Raises ScriptError."""
        loaded = load_script(self.path)
        document = loaded.document
        project = replace(document.project, folder=str(self.script.parent) if self.script else "")
        extra = {name: value for name, value in document.extra.items() if name != _MARK}
        return replace(loaded, document=document.with_(project=project, extra=extra))

    def discard(self) -> None:
        """Remove it and what the same session autosaved before: it was saved elsewhere, or nobody wants it."""
        for path in _of_session(self.path.parent, _stem(self.path)):
            path.unlink(missing_ok=True)


def find_recovery(script: Path | None = None, folder: Path | None = None) -> list[Recovery]:
    """The autosaves of a script that are newer than it, newest first; without a script those that were never saved.

    Newer means that the script file has not been written since, which holds whatever the clocks of file servers say.
    Autosaves that cannot be read are left out, and those of other processes that still run.
    """
    real = Path(os.path.realpath(script)) if script is not None else None
    found = (_recovery(path, _mark_of(path), real) for path in _home(script, folder).glob(f"*{SUFFIX}"))
    return _newest_first(recovery for recovery in found if recovery is not None)


def find_recoveries(folder: Path | None = None) -> list[Recovery]:
    """The last autosave of each session that can be read, on any script, where it is newer than that, newest first; see
    `find_recovery`.

    It asks for the file of every script that was autosaved, which may be on a server that is away.
    """
    last: dict[tuple[Path, str], tuple[Path, dict[str, Any]]] = {}
    for path in sorted((folder or default_folder()).glob(f"*/*{SUFFIX}"), reverse=True):
        session = path.parent, _stem(path)
        if session not in last and (mark := _mark_of(path)):
            last[session] = path, mark
    found = (_recovery(path, mark, _script_of(mark)) for path, mark in last.values())
    return _newest_first(recovery for recovery in found if recovery is not None)


def _mark_of(path: Path) -> dict[str, Any]:
    """What an autosave says of itself; nothing where it cannot be read, or where it is none."""
    try:
        mark = load_script(path).document.extra.get(_MARK)
    except ScriptError:
        mark = None
    return mark if isinstance(mark, dict) else {}


def _script_of(mark: dict[str, Any]) -> Path | None:
    """The script that an autosave with this mark is of, None for one that was never saved."""
    script = mark.get("script")
    return Path(script) if isinstance(script, str) else None


def _recovery(path: Path, mark: dict[str, Any], script: Path | None) -> Recovery | None:
    """The autosave of a script; None where it has no mark, holds nothing more, or its session goes on."""
    saved = _saved(script)
    if not mark or saved not in (None, mark.get("saved")) or _at_work(mark.get("process")):
        return None
    try:
        return Recovery(path, script, path.stat().st_mtime, saved is None)
    except OSError:
        return None


def _newest_first(found: Iterable[Recovery]) -> list[Recovery]:
    return sorted(found, key=lambda r: (r.time, r.path.name), reverse=True)


def may_be_autosaved(script: Path, folder: Path | None = None) -> bool:
    """Whether there may be autosaves of a script, by its name alone: quick, and nothing is asked of where it lies,
    which may be a server that is away. Of a link the name counts that it has itself.
    """
    base = folder or default_folder()
    return any(base.glob(f"{glob.escape(script.stem[:_STEM])}-*/*{SUFFIX}"))


class Schedule:
    """When to autosave: `idle` seconds after the last edit, `forced` seconds after the first one that is not saved yet.

    Pure arithmetic on a clock; whoever owns a timer asks it. clock : gives seconds.
    """

    def __init__(self, idle: float = 5.0, forced: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.idle = idle
        self.forced = forced
        self._clock = clock
        self._first: float | None = None
        self._last = 0.0

    def edited(self) -> None:
        """There was an edit; also to be called when an autosave failed."""
        self._last = self._clock()
        self._first = self._last if self._first is None else self._first

    def taken(self) -> None:
        """The present script is being autosaved, or was saved: nothing is due until the next edit."""
        self._first = None

    def wait(self) -> float | None:
        """Seconds until an autosave is due, 0 when it is, None when there is nothing to save."""
        if self._first is None:
            return None
        return max(0.0, min(self._last + self.idle, self._first + self.forced) - self._clock())

    @property
    def due(self) -> bool:
        """Whether it is time for an autosave."""
        return self.wait() == 0.0
