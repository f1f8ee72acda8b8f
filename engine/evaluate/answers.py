"""What nodes answer the engine's questions. A wrong answer, or an exception, is its author's mistake: each is told in a
sentence that says what to put right.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any

from ..context import Context, Need
from ..errors import NodeError, RimlightError, listing, mistake
from ..kinds import owner
from ..nodebase import Node
from ..region import Region

log = logging.getLogger(__name__)


def frames_of(node: Node, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
    """The frames that a node reads, by socket. Raises RimlightError where it says something else."""
    frames: Any = node.frames(frame, inputs)
    if not isinstance(frames, Mapping):
        raise RimlightError(f"frames gave {frames!r:.80}, expected frames by socket, as {{'image': [1, 2]}}")
    for socket, numbers in frames.items():
        if node.port(socket) is None:
            there = listing([port.name for port in node.ports])
            raise RimlightError(f"frames gave some for input '{socket}', which it does not have; it has {there}")
        if not isinstance(numbers, Collection) or not all(isinstance(n, Real) and isfinite(n) for n in numbers):
            raise RimlightError(f"frames gave {numbers!r:.80} for input '{socket}', expected a list of numbers")
    return frames


def changes_of(node: Node, ctx: Context, layers: Sequence[str]) -> Collection[str]:
    """Which of `layers` a node makes or alters. Raises RimlightError where it says something else."""
    found: Any = node.changes(ctx, layers)
    if isinstance(found, str) or not isinstance(found, Collection):
        raise RimlightError(f"changes gave {found!r:.80}, expected names of layers in a set or list")
    return found


def needs_of(node: Node, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
    """The pixels that a node needs. Raises RimlightError where it says something else."""
    found: Any = node.needs(ctx, region, layers)
    if not isinstance(found, Iterable):
        raise RimlightError(f"needs gave {found!r:.80}, expected a list of Need(socket, region, layers)")
    needs = list(found)
    for need in needs:
        if not isinstance(need, Need):
            raise RimlightError(f"needs gave {need!r:.80}, expected Need(socket, region, layers)")
        if isinstance(need.layers, str):
            raise RimlightError(f"needs asks for layers '{need.layers}', expected a tuple, as ('{need.layers}',)")
    return needs


def bug(vertex_id: tuple[str, float], cls: type[Node], error: BaseException) -> NodeError:
    """What to say of a node of class `cls` that failed as no node should."""
    log.debug("%s failed", cls.kind, exc_info=error)
    found = NodeError(*vertex_id, mistake(cls.kind, error, owner(cls)))
    found.__cause__ = error
    return found
