"""What differs between two states of a script, found by comparing identities: unchanged nodes are shared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rimlight.engine import Document, Expr, Graph, NodeState

from .paths import has_node, inside


@dataclass(frozen=True)
class LevelChange:
    """Names of the nodes of one level that were added, removed or changed. Renamed ones are both removed and added."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def level_change(old: Graph, new: Graph) -> LevelChange:
    """What differs between two states of one level, in the order of the graphs."""
    if old is new:
        return LevelChange()
    return LevelChange(
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
        tuple(name for name, state in new.items() if name in old and old[name] is not state),
    )


@dataclass(frozen=True)
class Change:
    """A step from one document to the next. opened : another script has taken the place of the old one."""

    old: Document
    new: Document
    opened: bool = False

    @property
    def graph(self) -> bool:
        """Whether any node changed, if only its place."""
        return self.opened or self.old.graph is not self.new.graph

    @property
    def project(self) -> bool:
        return self.opened or self.old.project != self.new.project

    @property
    def ui(self) -> bool:
        """Whether the looks of the whole changed: bookmarks and the like."""
        return self.opened or self.old.ui != self.new.ui

    @cached_property
    def pixels(self) -> bool:
        """Whether any picture may have changed: false when nodes were merely moved or coloured."""
        return self.project or _pixels(self.old.graph, self.new.graph)

    @property
    def rewired(self) -> bool:
        """Whether nodes at the top came, went or were wired, not only parameters set; groups count as rewired."""
        old, new = self.old.graph, self.new.graph
        level = level_change(old, new)
        return bool(level.added or level.removed) or any(
            old[name].inputs != new[name].inputs or old[name].kind != new[name].kind or new[name].graph is not None
            for name in level.changed
        )

    def reaches(self, path: str) -> bool:
        """Whether what the node at a path puts out may be another now: it changed, or what it is made of did.

        Goes by wires; a node that follows an expression is reached by every change.
        """
        if self.project or not has_node(self.new.graph, path):
            return True
        while path:
            level, _, name = path.rpartition("/")
            old, new = inside(self.old.graph, level), inside(self.new.graph, level)
            for above in new.upstream([name]):
                before, after = old.get(above), new[above]
                if before is None or _follows(after) or (before is not after and _node_pixels(before, after)):
                    return True
            path = level
        return False

    def level(self, path: str) -> LevelChange:
        """What changed inside the group at `path`. Both documents must have it (`Workspace.level` always does)."""
        return level_change(inside(self.old.graph, path), inside(self.new.graph, path))

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """New paths by old ones, of nodes that are the same under another name or inside of a group: after a rename,
        after grouping and expanding, and when such steps are undone.
        """
        return dict(_renamed(self.old.graph, self.new.graph, "")) if not self.opened else {}


def _pixels(old: Graph, new: Graph) -> bool:
    if old is new:
        return False
    change = level_change(old, new)
    return bool(change.added or change.removed) or any(_node_pixels(old[name], new[name]) for name in change.changed)


def _node_pixels(old: NodeState, new: NodeState) -> bool:
    if (old.graph is None) != (new.graph is None):
        return True
    if old.graph is not None and new.graph is not None and _pixels(old.graph, new.graph):
        return True
    return any(getattr(old, name) != getattr(new, name) for name in ("kind", "version", "values", "inputs", "promoted"))


def _follows(state: NodeState) -> bool:
    """Whether a parameter of a node is an expression."""
    values = (part for v in state.values.values() for part in (v if isinstance(v, tuple) else (v,)))
    return any(isinstance(part, Expr) for part in values)


def _renamed(old: Graph, new: Graph, prefix: str) -> Iterator[tuple[str, str]]:
    change = level_change(old, new)
    arrived = {id(new[name]): name for name in change.added}
    gone = set(change.removed)
    for name in change.removed:
        if (there := arrived.get(id(old[name]))) is not None:
            gone.discard(name)
            yield from _paths(old[name], prefix + name, prefix + there)
    for group in change.added:  # nodes that were put into a new group; those at its border have other inputs there
        for name, state in (new[group].graph or Graph()).items():
            if name in gone and old[name].kind == state.kind:
                yield from _paths(old[name], prefix + name, f"{prefix}{group}/{name}")
    for group in gone:  # nodes that a group has given back
        for name, state in (old[group].graph or Graph()).items():
            there = arrived.get(id(state), name)
            if there in new and there not in old and new[there].kind == state.kind:
                yield from _paths(state, f"{prefix}{group}/{name}", prefix + there)
    for name in change.changed:
        before, after = old[name].graph, new[name].graph
        if before is not None and after is not None:
            yield from _renamed(before, after, f"{prefix}{name}/")


def _paths(state: NodeState, old: str, new: str) -> Iterator[tuple[str, str]]:
    """The paths of a node and of all that is in it, before and after."""
    yield old, new
    if state.graph is not None:
        for path, _ in state.graph.walk():
            yield f"{old}/{path}", f"{new}/{path}"
