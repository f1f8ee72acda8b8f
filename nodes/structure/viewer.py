from typing import Any, ClassVar

from rimlight.engine import Context, Node, NukeClass, node, param, port


@node("structure.viewer", see="desktop#the-viewer", menu="Image", nuke=NukeClass("Viewer", ignored="*"))
class Viewer(Node):
    """What a viewer looks at: up to ten inputs, one shown as A and one compared as B."""

    result: ClassVar[type] = object
    image: Any = port("pictures to look at", many=True, optional=True)
    shown: int = param(
        default=1, hard=(1, 10), doc="number of the input that is shown", animatable=False, cosmetic=True,
    )  # fmt: skip

    def identity(self, ctx: Context) -> str | None:
        socket = "image" if self.shown == 1 else f"image{self.shown}"
        self.require(ctx.connected(socket), f"nothing is wired to input {self.shown} of the viewer")
        return socket
