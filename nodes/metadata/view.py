from rimlight.engine import Context, Image, ImageInfo, Node, NukeClass, node, param, port

from ..ops.metadata import matches, text_of


@node(
    "metadata.view",
    see="metadata.modify metadata.compare",
    label="ViewMetaData",
    nuke=NukeClass("ViewMetaData", ignored="metadata shown_metadata"),
)
class ViewMetaData(Node):
    """Shows the metadata of its input in the panel; the picture passes through."""

    image: Image = port("the picture")
    names: str = param(default="", cosmetic=True, doc="which names to show, such as exr/* *camera*; empty: all")

    def identity(self, ctx: Context) -> str | None:
        return "image"

    def text(self, info: ImageInfo) -> str:
        """What is shown: a line `name = value` for each chosen name, in order of the names."""
        return "\n".join(f"{n} = {text_of(info.metadata[n])}" for n in sorted(info.metadata) if matches(n, self.names))
