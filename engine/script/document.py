"""What a script file holds, as an immutable value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ..graph.graph import Graph
from ..settings import Project


@dataclass(frozen=True)
class Document:
    """A script: the graph, the project settings, the looks of the whole, and fields that this version does not know.

    ui : bookmarks, what viewers show and the like; plain data without influence on pixels.
    extra : unknown fields by name, kept and saved as they are; unknown project settings under `project`.
    """

    graph: Graph = field(default_factory=Graph)
    project: Project = field(default_factory=Project)
    ui: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("ui", "extra"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def with_(self, **changes: Any) -> "Document":
        """A copy with some fields replaced."""
        return replace(self, **changes)
