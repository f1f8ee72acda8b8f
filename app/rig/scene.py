"""Which rig is looked at, and which nodes made its lights: read from a graph, nothing kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rimlight.engine import Graph, NodeState, Rig, Session

from .kinds import AROUND, FLAG_KIND, RIG_SOCKET, SPACE_KIND, is_light


@dataclass(frozen=True)
class Scene:
    """What the panel is about.

    rig : path of the last node of the rig. lit : path of the node that is lit by it, if any. lights : paths of the
    nodes that make its lights, in the order of the rig. spaces : of those that hold it in the world, the last first.
    flags : of those that put flags into it.
    """

    rig: str = ""
    lit: str = ""
    lights: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Paths of the nodes of lights, then of flags."""
        return self.lights + self.flags

    def first(self, graph: Graph) -> str:
        """The part that is selected when none was, a lamp rather than surroundings; empty where there is none."""
        lamps = [path for path in self.lights if graph.at(path).kind not in AROUND]
        return next(iter(lamps or self.parts), "")


def find_scene(session: Session, selected: str | None, viewed: str | None) -> Scene:
    """The rig of the selected node, else the one that lights what is viewed, else the first there is."""
    wires = _Wires(session)
    known = (wires.rig_of(path) for path in (selected, viewed) if path is not None and path in wires)
    found = [rig for rig in known if rig is not None]
    if found:
        # Of all that one rig lights, what is looked at counts.
        return wires.scene(*(found[-1] if found[-1][0] == found[0][0] else found[0]))
    lights = [path for path, state in session.graph.walk() if is_light(state)]
    return wires.scene(*wires.ended(lights[0])) if lights else Scene()


def pictures_lit(session: Session, path: str) -> tuple[str, ...]:
    """Paths of the pictures that what a node puts into a rig shines on."""
    wires = _Wires(session)
    return wires.pictures(path) if path in wires else ()


class _Wires:
    """The flat graph, read along its wires that carry rigs."""

    def __init__(self, session: Session) -> None:
        self._nodes = session.flat().nodes

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    @cached_property
    def _fed(self) -> dict[str, list[tuple[str, str]]]:
        """(node, socket) of every wire, by its source."""
        fed: dict[str, list[tuple[str, str]]] = {}
        for node in self._nodes.values():
            for socket, source in node.inputs.items():
                fed.setdefault(source, []).append((node.path, socket))
        return fed

    def rig_of(self, path: str) -> tuple[str, str] | None:
        """The rig of a node, and what it lights: the whole rig that a light is part of, or the nearest above."""
        if self._makes_rig(path):
            return self.ended(path)
        queue, seen = [path], {path}
        while queue:
            here = queue.pop(0)
            node = self._nodes[here]
            if self._takes_rig(here):
                return node.inputs[RIG_SOCKET], here
            for source in node.inputs.values():
                if source in self._nodes and source not in seen:
                    seen.add(source)
                    queue.append(source)
        return None

    def ended(self, path: str) -> tuple[str, str]:
        """The last node of the rig that `path` is part of, and the node that is lit by it, if any."""
        seen = {path}
        while True:
            after = self._fed.get(path, [])
            lit = next((node for node, socket in after if self._takes_rig(node) and socket == RIG_SOCKET), "")
            if lit:
                return path, lit
            onward = next((node for node, _ in after if self._makes_rig(node) and node not in seen), None)
            if onward is None:
                return path, ""
            seen.add(onward)
            path = onward

    def pictures(self, path: str) -> tuple[str, ...]:
        """Those that are lit by rigs that `path` is part of."""
        queue, seen, found = [path], {path}, dict[str, None]()
        while queue:
            for node, socket in self._fed.get(queue.pop(0), []):
                if socket == RIG_SOCKET and self._takes_rig(node):
                    found |= dict.fromkeys(filter(None, (self._nodes[node].inputs.get("image"),)))
                elif node not in seen and self._makes_rig(node):
                    seen.add(node)
                    queue.append(node)
        return tuple(found)

    def scene(self, rig: str, lit: str) -> Scene:
        parts = list(dict.fromkeys(self._parts(rig)))
        flags = tuple(path for path in parts if self._nodes[path].state.kind == FLAG_KIND)
        return Scene(rig, lit, tuple(path for path in parts if path not in flags), tuple(self._spaces(rig)), flags)

    def _spaces(self, end: str) -> Iterator[str]:
        """Paths of the nodes that take lights to another space, those downstream first."""
        waiting, seen = [end], {end}
        while waiting:
            path = waiting.pop(0)
            node = self._nodes.get(path)
            if node is None:
                continue
            if node.state.kind == SPACE_KIND:
                yield path
            fresh = [source for source in node.inputs.values() if source not in seen and self._makes_rig(source)]
            seen.update(fresh)
            waiting += fresh

    def _parts(self, end: str) -> Iterator[str]:
        """Paths of the nodes that make lights and flags, those upstream first; without recursion, however long the
        chain.
        """
        stack: list[tuple[str, bool]] = [(end, False)]
        seen: set[str] = set()
        while stack:
            path, left = stack.pop()
            node = self._nodes.get(path)
            if node is None or (not left and path in seen):
                continue
            if left:
                yield path
                continue
            seen.add(path)
            if is_light(node.state) or node.state.kind == FLAG_KIND:
                stack.append((path, True))
            sources = [source for socket, source in node.inputs.items() if self._makes_rig(source)]
            stack += [(source, False) for source in reversed(sources)]

    def _makes_rig(self, path: str) -> bool:
        """Whether a rig comes out of a node: its own, or what a node that passes on has as its first input."""
        seen: set[str] = set()
        while path in self._nodes and path not in seen:
            seen.add(path)
            node = self._nodes[path]
            if node.state.cls is not None and node.state.cls.result is Rig:
                return True
            if not self._passes(node.state):
                return False
            path = node.inputs.get("output") or next(iter(node.inputs.values()), "")
        return False

    @staticmethod
    def _passes(state: NodeState) -> bool:
        """Whether a node passes on what comes in, whatever that is: Dot, Switch, Group and its doors."""
        return state.graph is not None or (state.cls is not None and state.cls.result is object)

    def _takes_rig(self, path: str) -> bool:
        """Whether a node puts out a picture that depends on the rig wired to it."""
        node = self._nodes[path]
        cls = node.state.cls
        return cls is not None and cls.result is not Rig and not self._passes(node.state) and RIG_SOCKET in node.inputs
