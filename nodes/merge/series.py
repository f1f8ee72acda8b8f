"""Shared by nodes that make one picture of several, which come in one by one or as frames of a sequence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rimlight.engine import Context, Node

from ..ops.spans import span

INPUTS, FRAMES = "inputs", "frames"


@dataclass(frozen=True)
class Shot:
    """Where one of the pictures comes in: a socket, and a frame where it is one of a sequence."""

    socket: str
    frame: float | None

    def __str__(self) -> str:
        return f"input '{self.socket}'" if self.frame is None else f"frame {self.frame:.12g}"


class Series(Node):
    """A node whose first port takes several pictures, or one sequence whose frames they are.

    pictures : a parameter with the choices `INPUTS` and `FRAMES`. first, last : of the frames.
    """

    pictures: str
    first: int
    last: int

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        if self.pictures == INPUTS:
            return {}
        unread = {socket: () for socket in self.ports[0].sockets(inputs) if socket != "image"}
        return {"image": span(self.first, max(self.first, self.last)), **unread}

    def shots(self, ctx: Context) -> tuple[Shot, ...]:
        """The pictures in their order. Raises RimlightError where the last frame is before the first."""
        if self.pictures == INPUTS:
            return tuple(Shot(socket, None) for socket in self.ports[0].sockets(ctx.inputs))
        self.require(self.last >= self.first, f"the last frame, {self.last}, is before the first, {self.first}")
        return tuple(Shot("image", frame) for frame in span(self.first, self.last))
