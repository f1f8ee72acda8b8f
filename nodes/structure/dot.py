from typing import Any, ClassVar

from rimlight.engine import Context, Node, NukeClass, node, port


@node("structure.dot", see="structure.noop", menu="Other", nuke=NukeClass("Dot"))
class Dot(Node):
    """A bend in a wire."""

    result: ClassVar[type] = object
    image: Any = port("any wire")

    def identity(self, ctx: Context) -> str | None:
        return "image"
