"""The files that a render of a script reads and writes, without computing a picture."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import RimlightError
from ..evaluate.survey import Vertex
from ..tier import Tier
from ..usd.package import package_of
from .sentences import told_once
from .targets import Sink, sinks

if TYPE_CHECKING:
    from ..session import Session

PROJECT = "project"
"""Stands for a node where the colour config reads a file."""


@dataclass(frozen=True)
class FilesUsed:
    """Absolute file names, in the order they are met, each with the paths of the nodes that use it.

    read : plates, rigs, profiles, LUTs, fonts, models and the colour config, as far as they are not Rimlight's own.
    written : what the Write nodes would make. problems : sentences on what cannot be told, such as a plate that is
    missing; then the lists are not complete.
    """

    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def files_used(
    session: "Session",
    nodes: Sequence[str] = (),
    frames: Sequence[int] | None = None,
    looked: Callable[[int], None] | None = None,
) -> FilesUsed:
    """The files of a render of Write nodes. nodes : paths, default all. frames : default the project's range. looked :
    called with every frame that was looked at.
    """
    targets = list(nodes) or sinks(session)
    if frames is None:
        frames = session.project.frame_range
    read: dict[str, dict[str, None]] = {}
    written: dict[str, dict[str, None]] = {}
    problems: dict[int, list[str]] = {}
    with suppress(RimlightError):  # a config that cannot be opened is told by the nodes that need it
        for file in session.services["colors"].config(session.project).files:
            read.setdefault(file, {})[PROJECT] = None
    for frame in frames:
        vertices = session.evaluator.survey(session.graph, session.project, targets, float(frame), 1.0, Tier.FINAL)
        told = problems.setdefault(frame, [])
        told += (str(vertex.error) for vertex in vertices.values() if vertex.error is not None)
        for vertex in vertices.values():
            try:
                _add(vertex, targets, read, written)
            except RimlightError as error:
                told.append(f"{vertex.id[0]} at frame {frame}: {error}")
        if looked is not None:
            looked(frame)
    return FilesUsed(_listed(read), _listed(written), tuple(told_once(problems)))


def _add(
    vertex: Vertex, targets: Sequence[str], read: dict[str, dict[str, None]], written: dict[str, dict[str, None]]
) -> None:
    node, ctx, path = vertex.node, vertex.ctx, vertex.id[0]
    if node is None or ctx is None or vertex.error is not None or node.disable:
        return
    for file in node.source_files(ctx):
        read.setdefault(package_of(file), {})[path] = None
    if path in targets and isinstance(node, Sink):
        written.setdefault(node.target(ctx), {})[path] = None


def _listed(found: Mapping[str, Mapping[str, None]]) -> dict[str, tuple[str, ...]]:
    return {file: tuple(nodes) for file, nodes in found.items()}
