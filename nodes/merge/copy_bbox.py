from collections.abc import Sequence

from rimlight.engine import Context, Image, ImageInfo, Node, NukeClass, node, port


@node("merge.copy_bbox", see="transform.adjust_bbox transform.crop", label="CopyBBox", nuke=NukeClass("CopyBBox"))
class CopyBBox(Node):
    """Gives B the data window of A. What B has outside it is cut off, what it lacks is black."""

    B: Image = port("the picture")
    A: Image = port("gives the data window")

    def info(self, ctx: Context) -> ImageInfo:
        return ctx.info("B").with_(data=ctx.info("A").data)

    def identity(self, ctx: Context) -> str | None:
        return "B" if ctx.info("A").data == ctx.info("B").data else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
