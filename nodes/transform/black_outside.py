from collections.abc import Sequence

from rimlight.engine import Context, Image, ImageInfo, Node, NukeClass, node, port


@node(
    "transform.black_outside",
    see="transform.crop transform.adjust_bbox",
    label="BlackOutside",
    nuke=NukeClass("BlackOutside"),
)
class BlackOutside(Node):
    """Puts a black line of one pixel around the picture, so that nothing after it repeats its edge pixels."""

    image: Image = port("the picture")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        return info.with_(data=info.data.expand(1))

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
