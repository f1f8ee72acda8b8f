from collections.abc import Sequence

from rimlight.engine import Context, Image, ImageInfo, Node, node, param, port

from ..nuke.metadata import COPY_METADATA
from ..ops.metadata import matches

MODES = ("add and overwrite", "add", "replace all")


@node("metadata.copy", see="metadata.modify metadata.compare", label="CopyMetaData", nuke=COPY_METADATA)
class CopyMetaData(Node):
    """Gives B metadata of A; the pixels are those of B."""

    B: Image = port("the picture")
    A: Image = port("gives metadata")
    mode: str = param(
        default="add and overwrite", choices=MODES,
        doc="what becomes of B's own: A's go over them, only what B lacks is added, or all are dropped",
    )  # fmt: skip
    names: str = param(default="", doc="which names of A, such as exr/* *camera*; empty: all")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("B")
        old, new = dict(info.metadata), {n: v for n, v in ctx.info("A").metadata.items() if matches(n, self.names)}
        merged = {"add and overwrite": old | new, "add": new | old, "replace all": new}[self.mode]
        return info.with_(metadata=merged)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
