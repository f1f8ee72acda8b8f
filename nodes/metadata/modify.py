from collections.abc import Sequence

from rimlight.engine import Context, Image, ImageInfo, Node, node, param, port

from ..nuke.metadata import MODIFY
from ..ops.metadata import check_edits, edited


@node("metadata.modify", see="metadata.view metadata.copy", label="ModifyMetaData", nuke=MODIFY)
class ModifyMetaData(Node):
    """Sets and removes metadata. Each line does one thing, from top to bottom.

    `shot = A010` sets, `-exr/*` removes every name that fits. A value that reads as a number, as `true` or `false`, or
    as a list of numbers (`[1, 2.5]`) becomes one; put it in double quotes to keep it as text.
    """

    image: Image = port("the picture")
    edits: str = param(default="", role="text", parse=check_edits, doc="lines such as shot = A010, or -name to remove")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        return info.with_(metadata=edited(info.metadata, self.edits))

    def identity(self, ctx: Context) -> str | None:
        return None if self.edits else "image"

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
