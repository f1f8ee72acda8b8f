from typing import Any, ClassVar

from rimlight.engine import Context, Node, NukeClass, node, port


@node(
    "structure.noop",
    see="structure.dot concepts#animation-and-expressions",
    label="NoOp",
    menu="Other",
    nuke=NukeClass("NoOp PostageStamp"),
)
class NoOp(Node):
    """Passes everything through; a place for a note or for parameters that others link to."""

    result: ClassVar[type] = object
    image: Any = port("any wire")

    def identity(self, ctx: Context) -> str | None:
        return "image"
