from collections.abc import Sequence

from rimlight.engine import Context, Image, Node, NukeClass, node, param, port

from ..ops.metadata import matches, text_of


@node(
    "metadata.compare",
    see="metadata.view metadata.copy",
    label="CompareMetaData",
    nuke=NukeClass("CompareMetaData", ignored="metadata"),
)
class CompareMetaData(Node):
    """Says in its warnings where the metadata of A and B differ; B passes through."""

    B: Image = port("the picture")
    A: Image = port("what it is compared with")
    names: str = param(default="", cosmetic=True, doc="which names to compare, such as exr/* *camera*; empty: all")

    def identity(self, ctx: Context) -> str | None:
        return "B"

    def warnings(self, ctx: Context) -> Sequence[str]:
        a, b = ctx.info("A").metadata, ctx.info("B").metadata
        found = []
        for name in sorted({*a, *b}):
            if matches(name, self.names) and (name not in a or name not in b or a[name] != b[name]):
                one, two = (text_of(m[name]) if name in m else "missing" for m in (a, b))
                found.append(f"{name}: A is {one}, B is {two}")
        return found
