from rimlight.engine import Context, Node, NukeClass, node, param


class Seen(Node):
    """What is only seen in the graph."""

    def identity(self, ctx: Context) -> str | None:
        self.require(False, "it is only seen in the graph, and makes nothing")
        return None


@node(
    "structure.backdrop",
    see="structure.sticky_note structure.group",
    menu="Other",
    nuke=NukeClass("BackdropNode", {"label": "title"}),
)
class Backdrop(Seen):
    """A coloured area behind nodes, with a title. It is only seen, never evaluated."""

    title: str = param(default="", doc="heading of the area", cosmetic=True)
    text: str = param(default="", doc="what the area is about", role="text", cosmetic=True)


@node(
    "structure.sticky_note",
    see="structure.backdrop",
    label="StickyNote",
    menu="Other",
    nuke=NukeClass("StickyNote", {"label": "text"}),
)
class StickyNote(Seen):
    """Text on the canvas. It is only seen, never evaluated."""

    text: str = param(default="", doc="the note", role="text", cosmetic=True)
