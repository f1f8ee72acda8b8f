"""Programs of the nodes that compute channels by expressions: variables, then a text for each channel."""

import functools
import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Expression, Layer, Node, Region, RimlightError, listing

OUTPUTS = ("red", "green", "blue", "alpha")
CHANNELS = ("r", "g", "b", "a")
"""The channels of the layer being worked on, as expressions name them."""
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)")

Program = tuple[tuple[tuple[str, Expression], ...], tuple[Expression | None, ...]]
"""The variables in order, and the expression of each output, None for an empty one."""
Values = Mapping[str, Tensor | float]


class Programmed(Node):
    """A node that computes channels by expressions: `variables` and the four `OUTPUTS` are parameters of it.

    It declares that it reads the frame; only where an expression does, the frame is in the cache key.
    """

    variables: str

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the outputs."""
        return tuple(getattr(self, name) for name in OUTPUTS)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be computed."""
        return not any(text.strip() for text in self.texts)

    def program(self) -> Program:
        """What is to be computed. Raises RimlightError where a text is no expression."""
        return program(self.variables, *self.texts)

    def names(self) -> frozenset[str]:
        """The names that are read from outside. Raises RimlightError where a text is no expression."""
        return names_read(self.program())

    def frame_key(self, ctx: Context) -> object:
        # A text that cannot be read fails where it is computed, with its own sentence.
        try:
            return ctx.frame if "frame" in self.names() else None
        except RimlightError:
            return None

    def place_values(self, ctx: ComputeContext, socket: str) -> dict[str, Tensor | float]:
        """What `frame` and, over the frame of an input, the names of `place` stand for."""
        values = place(ctx.region, ctx.info(socket).display, ctx.scale, ctx.device)
        return values | {"frame": ctx.frame} if "frame" in self.names() else values


@functools.lru_cache(maxsize=64)
def program(variables: str, *outputs: str) -> Program:
    """Read lines `name = expression` and a text for each of `OUTPUTS`. Raises RimlightError with a sentence."""
    lines = []
    for number, line in enumerate(variables.splitlines(), 1):
        if not line.strip():
            continue
        found = _ASSIGNMENT.fullmatch(line)
        if found is None:
            raise RimlightError(f"line {number} of the variables is '{line.strip():.40}', expected name = expression")
        lines.append((found[1], _parsed(f"variable {found[1]}", found[2])))
    texts = zip(OUTPUTS, outputs, strict=True)
    return tuple(lines), tuple(_parsed(name, text) if text.strip() else None for name, text in texts)


def _parsed(what: str, text: str) -> Expression:
    try:
        return Expression.parse(text)
    except RimlightError as error:
        raise RimlightError(f"{what}: {error}") from None


def names_read(read: Program) -> frozenset[str]:
    """The names that a program reads from outside."""
    wanted: set[str] = set()
    defined: set[str] = set()
    for name, expression in read[0]:
        wanted |= expression.names - defined
        defined.add(name)
    for expression in filter(None, read[1]):
        wanted |= expression.names - defined
    return frozenset(wanted)


def component(layer: Layer, index: int) -> int:
    """0 to 3 for red, green, blue, alpha: by name in layers of colour, by position in others."""
    name = layer.channels[index]
    if any(c in layer.channels for c in "RGB"):
        return "RGBA".index(name) if name in ("R", "G", "B", "A") else len("RGBA")
    return index


def components(layer: Layer, pixels: Tensor) -> dict[str, Tensor]:
    """The planes `[h, w]` of a layer by the names of `CHANNELS`; of two of one name the first."""
    found: dict[str, Tensor] = {}
    for index, plane in enumerate(pixels):
        number = component(layer, index)
        if number < len(CHANNELS):
            found.setdefault(CHANNELS[number], plane)
    return found


def evaluate(what: str, expression: Expression, values: Values) -> Tensor:
    """The value of one expression. Raises RimlightError where it reads a name that is not known."""
    unknown = sorted(expression.names - set(values))
    if unknown:
        known = listing(sorted(values), 20)
        raise RimlightError(f"{what}: there is no '{', '.join(unknown)}', known are {known}")
    return expression.evaluate_tensors({name: value for name, value in values.items() if name in expression.names})


def place(region: Region, display: Region, scale: float, device: torch.device) -> dict[str, Tensor | float]:
    """What `x`, `y`, `width` and `height` stand for over a region: planes `[h, w]` and numbers, in full-size pixels."""
    columns = torch.arange(region.x0 - display.x0, region.x1 - display.x0, device=device)
    rows = torch.arange(display.y1 - region.y0, display.y1 - region.y1, -1, device=device)
    return {
        "width": display.width / scale, "height": display.height / scale,
        "x": ((columns + 0.5) / scale).expand(region.height, -1),
        "y": ((rows - 0.5) / scale)[:, None].expand(-1, region.width),
    }  # fmt: skip


def run(read: Program, layer: Layer, chosen: Sequence[int], x: Tensor, values: dict[str, Tensor | float]) -> Tensor:
    """The chosen channels of a layer, computed; `x [len(chosen), h, w]` where a channel has no expression.

    values : what the names stand for; the program's variables are added.
    """
    for name, expression in read[0]:
        values[name] = evaluate(f"variable {name}", expression, values)
    planes = []
    for plane, index in zip(x, chosen, strict=True):
        number = component(layer, index)
        wanted = read[1][number] if number < len(read[1]) else None
        made = None if wanted is None else evaluate(OUTPUTS[number], wanted, values)
        planes.append(plane if made is None else made.to(x.device).expand(plane.shape))
    return torch.stack(planes)
