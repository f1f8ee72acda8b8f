"""What a viewer showed, to be compared with: the script as it was, as a value, whose pictures the cache has."""

from dataclasses import dataclass

from rimlight.engine import Graph

SNAPSHOT = -1
"""Stands for it among the inputs that side B is chosen from."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A node of a script as it was, at a frame. Once the cache has let its picture go, it is made again."""

    graph: Graph
    node: str
    frame: float

    @property
    def title(self) -> str:
        return f"snapshot {self.node.rpartition('/')[2]} at {self.frame:g}"
