"""The registry of node kinds: the only mutable state of a module in the product."""

import difflib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .errors import GraphError, PluginError, listing

if TYPE_CHECKING:
    from .nodebase import Node

_ALIKE = 0.72
"""How alike names are, 0 to 1 (difflib), of which one may be meant by the other: half a name in common is chance."""


class Registry:
    """Node classes by kind. A kind belongs to the first who registers it; a second claim is an error naming both.

    plugins : what became of every plugin, by origin (`plugins.Plugin`). loading : the name of the one that is imported
    now, by whoever holds the lock. version : counts the changes.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, type[Node]] = {}
        self.version = 0
        self.lock = threading.RLock()
        self.plugins: dict[tuple[str, str], Any] = {}
        self.loading = ""

    def add(self, cls: "type[Node]") -> None:
        """Register a class under its kind. Raises PluginError when the kind or its label is taken."""
        known = self._kinds.get(cls.kind)
        if known is not None and known is not cls:
            raise PluginError(
                f"node kind '{cls.kind}' of {owner(cls)} is already declared by {owner(known)}; it was left out"
            )
        for other in self._kinds.values():
            if other is not cls and other.label.lower() == cls.label.lower():
                raise PluginError(
                    f"node '{cls.label}' of {owner(cls)} has the name of '{other.kind}' of {owner(other)}; "
                    "it was left out"
                )
        self._kinds[cls.kind] = cls
        self.version += 1

    def discard(self, kind: str) -> None:
        """Forget a kind; used when a plugin fails half-way through and by tests."""
        if self._kinds.pop(kind, None) is not None:
            self.version += 1

    def get(self, kind: str) -> "type[Node] | None":
        return self._kinds.get(kind)

    def find(self, name: str) -> "type[Node]":
        """A class by kind (`color.grade`) or label (`Grade`, any case). Raises GraphError naming the nearest."""
        if name in self._kinds:
            return self._kinds[name]
        for cls in self._kinds.values():
            if cls.label.lower() == name.lower():
                return cls
        near = self._near(name)
        hint = f", perhaps {' or '.join(near)}" if near else ""
        raise GraphError(f"there is no node kind '{name}'{hint}{self.left_out()}")

    def _near(self, name: str) -> list[str]:
        """The kinds, for a name with a dot, or the labels that are meant by a name: Nuke's, or one that is alike."""
        known: dict[str, str] = {}
        for cls in self:
            shown = cls.kind if "." in name else cls.label
            for other in (
                cls.kind,
                cls.kind.rpartition(".")[2],
                cls.label,
                *" ".join(n.names for n in cls.nuke).split(),
            ):
                known.setdefault(other.lower(), shown)
        wanted = name.lower()
        found = [wanted] if wanted in known else difflib.get_close_matches(wanted, known, 6, _ALIKE)
        return list(dict.fromkeys(known[other] for other in found))[:3]

    def why_missing(self, kind: str, version: int) -> str:
        """Why no class is for nodes of a kind and version: `is not installed`, or that the installed one is older."""
        known = self.get(kind)
        return f"is of version {version}, newer than the installed {known.version}" if known else "is not installed"

    def left_out(self) -> str:
        """The end of a sentence about something that may be in a plugin: which did not load, where any did not."""
        failed = [plugin.name for plugin in self.plugins.values() if plugin.error]
        return f", or see why {listing(failed)} did not load: rimlight nodes --plugins" if failed else ""

    def __iter__(self) -> "Iterator[type[Node]]":
        return iter(sorted(self._kinds.values(), key=lambda cls: cls.kind))

    def __len__(self) -> int:
        return len(self._kinds)


def owner(cls: type) -> str:
    """The file that declares a class, its module where that has none."""
    module = sys.modules.get(cls.__module__)
    return getattr(module, "__file__", None) or cls.__module__


registry = Registry()
