import re
import typing
from pathlib import Path

from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Context, RimlightError, Vec2, full_path, node, param

from ..nuke.drawing import TEXTS
from ..ops.glyphs import Align, TextStyle, VerticalAlign, default_font, draw_text
from .base import Drawing, colored


@node("image.text", see="image.rectangle", reads=("frame",), nuke=TEXTS)
class Text(Drawing):
    """Lines of text over the picture.

    `{frame}` becomes the frame number, `{frame:4}` the same with four digits, and `{name}` what the picture's metadata
    have under that name.
    """

    message: str = param(default="", role="text", doc="the text")
    position: Vec2 = param(default=(100.0, 100.0), unit="px", role="point", doc="where the text stands")
    size: float = param(
        default=50.0, hard=(1, None), soft=(1, 300), unit="px", doc="height of the letters, from line to line"
    )
    align: str = param(default="left", choices=typing.get_args(Align), doc="which end of a line stands at the position")
    vertical: str = param(
        default="baseline", choices=typing.get_args(VerticalAlign), doc="what of the text stands at its height",
    )  # fmt: skip
    leading: float = param(default=1.2, hard=(0, None), soft=(0.5, 3), doc="distance of the lines, 1 is the size")
    tracking: float = param(default=0.0, soft=(-0.2, 1), doc="extra space between letters, 1 is the size")
    font: str = param(default="", role="font", doc="TrueType or OpenType file; empty: DejaVu Sans")
    color: ColorA = param(default=(1.0, 1.0, 1.0, 1.0), soft=(0, 4), role="color", doc="colour, premultiplied")

    def extra_key(self, ctx: Context) -> object:
        """The font file, which may be another one under the same name."""
        path = self._font(ctx)
        return (path.stat().st_mtime_ns, path.stat().st_size) if self.font and path.is_file() else None

    def _font(self, ctx: Context) -> Path:
        return Path(full_path(self.font, ctx.project.folder)) if self.font else default_font()

    def text(self, ctx: Context) -> str:
        """The message with everything in braces filled in."""
        known = dict(ctx.info("image").metadata) if ctx.connected("image") else {}

        def filled(match: re.Match[str]) -> str:
            name, digits = match[1], match[2]
            if name == "frame":
                return f"{round(ctx.frame):0{int(digits or 1)}d}"
            return str(known.get(name, match[0]))

        return re.sub(r"\{([^{}:]+)(?::(\d{1,2}))?\}", filled, self.message)

    def draw(self, ctx: ComputeContext) -> Tensor:
        style = TextStyle(
            self._font(ctx), self.size, typing.cast(Align, self.align),
            typing.cast(VerticalAlign, self.vertical), self.leading, self.tracking,
        )  # fmt: skip
        position = ctx.output.display.from_artist(*self.position)
        try:
            coverage = draw_text(self.text(ctx), position, style, ctx.region.box, ctx.device)
        except ValueError as error:
            raise RimlightError(str(error)) from None
        return colored(self.color, coverage)
