import functools
import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Expression,
    Layer,
    Need,
    PointNode,
    Region,
    RimlightError,
    listing,
    node,
    param,
)

_OUTPUTS = ("red", "green", "blue", "alpha")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)")
_PLACE = frozenset(("x", "y"))
_NUMBERS = frozenset(("width", "height", "frame"))
_CHANNELS = ("r", "g", "b", "a")


@node("color.expression", label="Expression", reads=("frame",))
class ExpressionNode(PointNode):
    """Computes each channel by an expression; an empty one leaves the channel as it is.

    Known are `r`, `g`, `b`, `a` (the channels of the layer being worked on; where they have other names, the first to
    fourth), any channel of the picture as `layer.channel` (`depth.Z`, `diffuse.R`), the position `x`, `y` of the
    pixel's centre, from 0.5 at the bottom left, the size of the frame `width`, `height`, the number `frame`, and the
    variables; each variable knows those above it. The language is that of parameter expressions: arithmetic,
    comparisons, `a if test else b`, and functions such as `clamp`, `sin`, `noise`.
    """

    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    variables: str = param(default="", role="text", doc="lines name = expression")
    red: str = param(default="", role="expression", doc="new value of red")
    green: str = param(default="", role="expression", doc="new value of green")
    blue: str = param(default="", role="expression", doc="new value of blue")
    alpha: str = param(default="", role="expression", doc="new value of alpha")

    def is_identity(self) -> bool:
        return not any(getattr(self, name).strip() for name in _OUTPUTS)

    def names(self) -> frozenset[str]:
        """The names that are read from outside. Raises RimlightError where a text is no expression."""
        program = _program(self.variables, *(getattr(self, name) for name in _OUTPUTS))
        read: set[str] = set()
        defined: set[str] = set()
        for name, expression in program[0]:
            read |= expression.names - defined
            defined.add(name)
        for expression in filter(None, program[1]):
            read |= expression.names - defined
        return frozenset(read)

    def frame_key(self, ctx: Context) -> object:
        # A text that cannot be read fails where it is computed, with its own sentence.
        try:
            return ctx.frame if "frame" in self.names() else None
        except RimlightError:
            return None

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        others = (found[0] for name in sorted(self.names()) if (found := self._channel(ctx, name)) is not None)
        return (Need("image", region, tuple(dict.fromkeys((*layers, *others)))), *self.mask_needs(ctx, region))

    def _channel(self, ctx: Context, name: str) -> tuple[str, int] | None:
        """Layer and index of a channel named `layer.channel`."""
        layer, _, channel = name.rpartition(".")
        info = ctx.info("image")
        if not layer or not info.has(layer) or channel not in info.layer(layer).channels:
            return None
        return layer, info.layer(layer).channels.index(channel)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        variables, outputs = _program(self.variables, *(getattr(self, name) for name in _OUTPUTS))
        values = self._values(layer, ctx)
        for name, expression in variables:
            values[name] = self._evaluate(f"variable {name}", expression, values)
        planes = []
        for plane, index in zip(x, chosen, strict=True):
            component = _component(layer, index)
            wanted = outputs[component] if component < len(outputs) else None
            made = None if wanted is None else self._evaluate(_OUTPUTS[component], wanted, values)
            planes.append(plane if made is None else made.to(x.device).expand(plane.shape))
        return torch.stack(planes)

    def _evaluate(self, what: str, expression: Expression, values: Mapping[str, Tensor | float]) -> Tensor:
        unknown = sorted(expression.names - set(values))
        known = listing(sorted(values), 20)
        self.require(not unknown, f"{what}: there is no '{', '.join(unknown)}', known are {known}")
        used = {name: value for name, value in values.items() if name in expression.names}
        return expression.evaluate_tensors(used)

    def _values(self, layer: Layer, ctx: ComputeContext) -> dict[str, Tensor | float]:
        """What the names stand for over the region: planes `[h, w]` and numbers."""
        image, names, region = ctx.image("image"), self.names(), ctx.region
        display = ctx.info("image").display
        pixels = image.tensor(layer.name, region)
        values: dict[str, Tensor | float] = {"width": display.width / ctx.scale, "height": display.height / ctx.scale}
        if "frame" in names:
            values["frame"] = ctx.frame
        if "x" in names:
            columns = torch.arange(region.x0 - display.x0, region.x1 - display.x0, device=ctx.device)
            values["x"] = ((columns + 0.5) / ctx.scale).expand(region.height, -1)
        if "y" in names:
            rows = torch.arange(display.y1 - region.y0, display.y1 - region.y1, -1, device=ctx.device)
            values["y"] = ((rows - 0.5) / ctx.scale)[:, None].expand(-1, region.width)
        for index in reversed(range(len(layer.channels))):
            component = _component(layer, index)
            if component < len(_CHANNELS):
                values[_CHANNELS[component]] = pixels[index]
        for name in names:
            found = self._channel(ctx, name)
            if found is not None:
                values[name] = image.tensor(found[0], region)[found[1]]
        return values


Program = tuple[tuple[tuple[str, Expression], ...], tuple[Expression | None, ...]]


@functools.lru_cache(maxsize=64)
def _program(variables: str, *outputs: str) -> Program:
    """The variables in order, and the expression of each output, None for an empty one. Raises RimlightError."""
    lines = []
    for number, line in enumerate(variables.splitlines(), 1):
        if not line.strip():
            continue
        found = _ASSIGNMENT.fullmatch(line)
        if found is None:
            raise RimlightError(f"line {number} of the variables is '{line.strip():.40}', expected name = expression")
        lines.append((found[1], _parsed(f"variable {found[1]}", found[2])))
    texts = zip(_OUTPUTS, outputs, strict=True)
    return tuple(lines), tuple(_parsed(name, text) if text.strip() else None for name, text in texts)


def _parsed(what: str, text: str) -> Expression:
    try:
        return Expression.parse(text)
    except RimlightError as error:
        raise RimlightError(f"{what}: {error}") from None


def _component(layer: Layer, index: int) -> int:
    """0 to 3 for red, green, blue, alpha: by name in layers of colour, by position in others."""
    name = layer.channels[index]
    if any(c in layer.channels for c in "RGB"):
        return "RGBA".index(name) if name in ("R", "G", "B", "A") else len("RGBA")
    return index
