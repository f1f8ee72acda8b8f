"""Presets of node kinds and the user's own defaults for them, one JSON file a kind in the folder of settings.

Files are read and written in the background; what a file holds is known a moment after the start.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from rimlight.engine import Node, NodeState, RimlightError, from_data, registry, to_data

from .preferences import config_folder, read_json, write_json
from .workers import Background

log = logging.getLogger(__name__)

Values = Mapping[str, Any]
"""Plain data by parameter, as scripts have it."""


def _nothing() -> None:
    pass


class Presets(QObject):
    """The presets of every kind. changed : those of a kind. failed : a sentence, why they could not be kept."""

    changed = Signal(str)
    failed = Signal(str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._folder = config_folder() / "presets"
        self._known: dict[str, dict[str, Values]] = {}
        self._defaults: dict[str, Values] = {}
        self._foreign: set[str] = set()
        """Kinds whose files are of a later version, or cannot be upgraded: they stay as they are."""
        self._unwritten: list[tuple[str, Callable[[], object]]] | None = []
        """Kinds saved before the files were read, which must not be written without what those hold, each with what
        comes after; None since.
        """
        background.run(self._read, self._took)

    def names(self, kind: str) -> Sequence[str]:
        """The presets of a kind, by name."""
        return sorted(self._known.get(kind, ()))

    def values(self, kind: str, name: str) -> dict[str, Any]:
        """The values of a preset, checked; what the kind does not know any more is left out, and logged."""
        return _checked(kind, self._known.get(kind, {}).get(name, {}))

    def defaults(self, kind: str) -> dict[str, Any]:
        """What a new node of a kind is to be given, beyond what its declaration says."""
        return _checked(kind, self._defaults.get(kind, {}))

    def save(self, name: str, state: NodeState, done: Callable[[], object] = _nothing) -> None:
        """Remember the values of a node under a name. done : is called when they are in the file."""
        self._known.setdefault(state.kind, {})[name] = _data(state)
        self._write(state.kind, done)

    def remove(self, kind: str, name: str) -> None:
        """Forget a preset."""
        self._known.get(kind, {}).pop(name, None)
        self._write(kind)

    def save_defaults(self, state: NodeState) -> None:
        """Give new nodes of this kind the values of this one."""
        self._defaults[state.kind] = _data(state)
        self._write(state.kind)

    def remove_defaults(self, kind: str) -> None:
        """Let new nodes begin as their declaration says again."""
        self._defaults.pop(kind, None)
        self._write(kind)

    def _read(self) -> dict[str, Mapping[str, Any]]:
        return {path.stem: read_json(path) for path in sorted(self._folder.glob("*.json"))}

    def _took(self, found: Mapping[str, Mapping[str, Any]]) -> None:
        for kind, data in found.items():
            cls = registry.get(kind)
            if cls is None:  # of a plugin that is not here: nobody asks for them
                continue
            version = data.get("version", cls.version)
            if not isinstance(version, int) or not 1 <= version <= cls.version:
                log.warning("presets of %s: left out, of version %s, expected 1 to %s", kind, version, cls.version)
                self._foreign.add(kind)
                continue
            named, defaults = data.get("presets"), data.get("defaults")
            try:
                read = {name: _upgraded(cls, v, version) for name, v in _mappings(named)}
                own = [_upgraded(cls, v, version) for _, v in _mappings({"defaults": defaults})]
            except (Exception, SystemExit) as error:  # noqa: BLE001  the upgrade may be a plugin's
                log.warning("presets of %s: left out, upgrading them from version %s failed: %s", kind, version, error)
                self._foreign.add(kind)
                continue
            self._known[kind] = read | self._known.get(kind, {})
            for values in own:
                self._defaults.setdefault(kind, values)
            self.changed.emit(kind)
        unwritten, self._unwritten = self._unwritten or (), None
        for kind, done in unwritten:
            self._write(kind, done)

    def _write(self, kind: str, done: Callable[[], object] = _nothing) -> None:
        if self._unwritten is not None:
            self._unwritten.append((kind, done))
            self.changed.emit(kind)
            return
        cls = registry.get(kind)
        if cls is None or kind in self._foreign:
            why = "it is not installed" if cls is None else "those in its file are of another version"
            self.failed.emit(f"the presets of {kind} cannot be written: {why}")
            return
        data = {
            "version": cls.version,
            "presets": dict(self._known.get(kind, {})),
            "defaults": dict(self._defaults.get(kind, {})),
        }
        path: Path = self._folder / f"{kind}.json"
        self._background.run(lambda: write_json(path, data), lambda _: done(), self._refused)
        self.changed.emit(kind)

    def _refused(self, error: Exception) -> None:
        self.failed.emit(f"the presets cannot be written: {error}")


def _data(state: NodeState) -> dict[str, Any]:
    """The values of a node that are its own kind's; what a group promotes belongs to that group alone."""
    return {name: to_data(value) for name, value in state.values.items() if name not in state.promoted}


def _upgraded(cls: type[Node], values: Values, version: int) -> Values:
    """Values brought to the installed version of a kind, as those in scripts."""
    for step in range(version, cls.version):
        values = dict(cls.upgrades[step](dict(values)))
    return values


def _mappings(data: object) -> list[tuple[str, Values]]:
    """The members of a mapping that are mappings; what a hand put beside them is left out."""
    return [(k, v) for k, v in data.items() if isinstance(v, Mapping)] if isinstance(data, Mapping) else []


def _checked(kind: str, values: Values) -> dict[str, Any]:
    cls = registry.get(kind)
    found: dict[str, Any] = {}
    for name, data in values.items() if cls is not None else ():
        try:
            assert cls is not None
            found[name] = from_data(data, cls.spec(name))
        except (RimlightError, KeyError) as error:
            log.warning("a preset of %s: %s is left out: %s", kind, name, error)
    return found
