from collections.abc import Sequence
from typing import Any, ClassVar

from rimlight.engine import Context, Node, node, param, port


@node("structure.foreign", see="nuke", menu="Other")
class Foreign(Node):
    """Stands for a node of another program that has no counterpart here, with its wires and settings kept to read.

    Importing a script of Nuke makes them. Its first wired input passes through, so that what comes after can be looked
    at; a warning says so. Put nodes in its place that do the same, or let it stop the render.
    """

    result: ClassVar[type] = object
    image: Any = port("what was wired to it", many=True, optional=True)
    what: str = param(default="", doc="what it was, such as Kronos of Nuke")
    settings: str = param(default="", role="text", cosmetic=True, doc="its settings in that program")
    action: str = param(
        default="pass", choices=("pass", "stop"), doc="pass the first input on, or stop with an error that names it"
    )

    def identity(self, ctx: Context) -> str | None:
        name = self.what or "a node of another program"
        self.require(self.action == "pass", f"{name} has no counterpart here")
        socket = self.bypass(ctx)
        self.require(socket is not None, f"{name} has no counterpart here, and nothing is wired to pass through")
        return socket

    def bypass(self, ctx: Context) -> str | None:
        return next(iter(self.ports[0].sockets(ctx.inputs)), None)

    def warnings(self, ctx: Context) -> Sequence[str]:
        name = self.what or "a node of another program"
        return (f"{name} has no counterpart here; the picture passes through unchanged",)
