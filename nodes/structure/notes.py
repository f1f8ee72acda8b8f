from rimlight.engine import Node, NukeClass, node, param


@node(
    "structure.backdrop",
    see="structure.sticky_note structure.group",
    menu="Other",
    nuke=NukeClass("BackdropNode", {"label": "title"}),
)
class Backdrop(Node):
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
class StickyNote(Node):
    """Text on the canvas. It is only seen, never evaluated."""

    text: str = param(default="", doc="the note", role="text", cosmetic=True)
