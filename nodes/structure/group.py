from typing import Any, ClassVar

from rimlight.engine import Context, Node, NukeClass, node, param, port


@node(
    "structure.group",
    see="structure.input structure.output desktop#nodes-and-files",
    menu="Other",
    nuke=NukeClass("Group Gizmo LiveGroup"),
)
class Group(Node):
    """A graph inside a node.

    Its Input nodes are the group's inputs, its Output node is what the group puts out. Parameters of inner nodes may be
    promoted to the group, where they are set and animated like its own. A group can be saved to a file and reused.
    """

    result: ClassVar[type] = object
    output: Any = port("the inner Output node; wired by the engine", optional=True)

    def identity(self, ctx: Context) -> str | None:
        self.require(ctx.connected("output"), "the group has no Output node inside")
        return "output"

    def bypass(self, ctx: Context) -> str | None:
        """The group's first connected input."""
        return next((socket for socket in ctx.inputs if socket != "output"), None)


@node("structure.input", see="structure.group structure.output", menu="Other")
class Input(Node):
    """A door into a group: puts out what is wired to the group's input of this node's name."""

    result: ClassVar[type] = object
    image: Any = port("what is wired to the group")
    number: int = param(default=1, hard=(1, 99), doc="order among the group's inputs", cosmetic=True, animatable=False)

    def identity(self, ctx: Context) -> str | None:
        return "image"


@node("structure.output", see="structure.group structure.input", menu="Other")
class Output(Node):
    """The door out of a group: what is wired to it is what the group puts out."""

    result: ClassVar[type] = object
    image: Any = port("what the group puts out")

    def identity(self, ctx: Context) -> str | None:
        return "image"
