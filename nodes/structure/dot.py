from typing import Any

from rimlight.engine import Context, Node, node, port


@node("structure.dot", menu="Other")
class Dot(Node):
    """A bend in a wire."""

    image: Any = port("any wire")

    def identity(self, ctx: Context) -> str | None:
        return "image"
