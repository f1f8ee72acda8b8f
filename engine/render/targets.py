"""Nodes that write files: what they offer a render, which of a script there are, and where they must not write."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..context import Context
from ..errors import GraphError, RimlightError, listing
from ..evaluate.survey import Vertex
from ..io.sequence import FilePattern
from ..kinds import registry
from ..region import Region

if TYPE_CHECKING:
    from ..session import Session


@runtime_checkable
class Sink(Protocol):
    """What a node offers that writes files. `Write` is one."""

    def target(self, ctx: Context) -> str:
        """The file of a frame."""

    def wanted(self, info: Any) -> tuple[Region, tuple[str, ...]]:
        """The region and layers of an image to evaluate."""

    def write(self, image: Any, path: str, provenance: Mapping[str, str], ctx: Context) -> list[str]:
        """Write a frame (an Image, or what else the node takes) under its final name, whole or not at all; returns
        warnings. Raises RimlightError.
        """


@runtime_checkable
class Holder(Protocol):
    """What a sink offers besides whose files can hold several frames: `write` is then given these, by frame."""

    def held(self, ctx: Context) -> Sequence[float]:
        """The frames that the file always holds, whichever is rendered; none where it holds only the one rendered."""


def sinks(session: "Session") -> list[str]:
    """Paths of the nodes that write files and are not disabled."""
    return [
        node.path
        for node in session.flat()
        if node.state.cls is not None and node.state.cls.sink and node.values.get("disable") is not True
    ]


def check_sinks(session: "Session", nodes: Sequence[str]) -> None:
    """Raise GraphError unless all of these nodes write files, and there is one at all."""
    there = sinks(session)
    if not nodes:
        raise GraphError("the script has no Write node that is not disabled, so there is nothing to render")
    for node in nodes:
        state = session.flat().node(node).state
        if node not in there:
            missing = f"'{state.kind}', which {registry.why_missing(state.kind, state.version)}"
            kind = state.cls.label if state.cls is not None else missing
            why = "is disabled" if state.cls is not None and state.cls.sink else f"({kind}) writes no files"
            raise GraphError(f"{node} {why}; the nodes that can be rendered are {listing(there)}")


def check_target(path: str, vertices: Mapping[tuple[str, float], Vertex]) -> None:
    """Raise RimlightError where the picture at `path` is one of those that it would be made of."""
    target = os.path.realpath(path)
    for vertex in vertices.values():
        if vertex.node is None or vertex.ctx is None or vertex.error is not None or vertex.node.disable:
            continue
        files: Sequence[str] = ()
        with suppress(RimlightError):  # a name that cannot be resolved is read by nobody
            files = vertex.node.source_files(vertex.ctx)
        if target in map(os.path.realpath, files):
            raise RimlightError(f"{path} is what {vertex.id[0]} reads, which would be lost; write to another file")


def feeds_back(path: str, vertices: Mapping[tuple[str, float], Vertex]) -> bool:
    """Whether a frame may be made of earlier frames of the same render: some node reads files whose name differs from
    `path` in numbers alone. The files of such a frame cannot be read ahead.
    """
    target = _shape(path)
    for vertex in vertices.values():
        node, ctx = vertex.node, vertex.ctx
        if node is None or ctx is None or node.sink:
            continue
        for spec in node.specs:
            name = getattr(node, spec.name)
            with suppress(RimlightError):  # a name that cannot be resolved is read by nobody
                if spec.role == "file" and name and _shape(FilePattern.of(name, ctx.project.folder).path(0)) == target:
                    return True
    return False


def _shape(path: str) -> str:
    return re.sub(r"-?[0-9]+", "#", os.path.realpath(path))
