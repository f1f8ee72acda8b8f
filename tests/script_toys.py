"""Small nodes for tests of graphs and scripts, registered only while a test uses them."""

from typing import Any

from rimlight.engine import Color, Curve, Image, Matrix3, Node, Source, Vec2, node, param, port, registry


class Rig:
    """Another type of wire than pictures."""


class Shapes(tuple[str, ...]):
    """A value that parses itself from a list of names."""

    __slots__ = ()

    @staticmethod
    def parse(data: Any) -> "Shapes":
        if not all(isinstance(name, str) for name in data):
            raise ValueError("expected names of shapes")
        return Shapes(data)

    def to_data(self) -> list[str]:
        return list(self)


@node("toy.source")
class ToySource(Source):
    """A picture from nowhere."""

    file: str = param(default="", role="file", doc="where it would come from")
    level: float = param(default=0.0, doc="brightness")


@node(
    "toy.blur",
    version=3,
    upgrades={1: lambda v: {"size" if k == "width" else k: x for k, x in v.items()}, 2: lambda v: {"mode": "box"} | v},
)
class ToyBlur(Node):
    """Every type of parameter that a script can hold."""

    image: Image = port("picture")
    mask: Image = port("mask", optional=True)
    size: float = param(default=1.0, hard=(0, None), doc="width")
    offset: Vec2 = param(default=(0.0, 0.0), doc="offset")
    tint: Color = param(default=(1.0, 1.0, 1.0), role="color", doc="colour")
    count: int = param(default=3, hard=(1, 9), doc="passes")
    fast: bool = param(default=False, doc="fast")
    mode: str = param(default="gauss", choices=("gauss", "box"), doc="kernel")
    matrix: Matrix3 = param(default=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), doc="matrix")
    falloff: Curve = param(default=Curve.of((0, 0), (1, 1)), doc="falloff")
    shapes: Any = param(default=(), parse=Shapes.parse, role="shapes", doc="shapes")


@node("toy.merge")
class ToyMerge(Node):
    """Two pictures and more."""

    B: Image = port("below")
    A: Image = port("above", many=True)
    mask: Image = port("mask", optional=True)
    mix: float = param(default=1.0, hard=(0, 1), doc="mix")


@node("toy.light")
class ToyLight(Node):
    """Puts out a rig, takes one."""

    result = Rig
    rig: Rig = port("rig", optional=True)


TOYS = (ToySource, ToyBlur, ToyMerge, ToyLight)
for _cls in TOYS:
    registry.discard(_cls.kind)
