"""A node that asks what its own parameters are at other frames: `Context.at`."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from torch import Tensor

import toy_nodes
from rimlight.engine import (
    ComputeContext,
    Context,
    Curve,
    Expr,
    Image,
    Layer,
    Need,
    Node,
    NodeError,
    PointNode,
    Project,
    Region,
    Request,
    Tier,
    node,
    param,
    port,
    registry,
)  # fmt: skip
from toy_nodes import evaluator, graph

PROJECT = Project(format="64x48")
RISING = Curve.of((1, 1.0), (5, 5.0), interp="linear")


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    with toy_nodes.use():

        @node("at.ratio", label="Ratio")
        class Ratio(PointNode):
            """Multiplies by how large its size is, against another frame."""

            size: float = param(default=1.0, unit="px", doc="size")
            reference: int = param(default=1, doc="the other frame")

            def extra_key(self, ctx: Context) -> object:
                ctx.at("size", self.reference)
                return None

            def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
                return x * (self.size / ctx.at("size", self.reference))

        @node("at.late", label="Late")
        class Late(Node):
            """Asks when it is too late."""

            image: Image = port("picture")
            size: float = param(default=1.0, doc="size")

            def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> list[Need]:
                return [Need("image", region, layers)]

            def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
                ctx.at("size", 7)
                return {}

        yield
        for cls in (Ratio, Late):
            registry.discard(cls.kind)


def value(frame: float, scale: float = 1.0, **values: object) -> float:
    made = graph(("R", "at.ratio", values))
    region = Region(8, 8, 9, 9)
    image = evaluator().evaluate(made, PROJECT, Request("R", frame, region, ("rgba",), scale))
    return float(image["rgba"][0])


def key(frame: float, **values: object) -> bytes:
    made = graph(("R", "at.ratio", values))
    found: Any = evaluator().survey(made, PROJECT, ["R"], frame, 1.0, Tier.FINAL)["R", frame]
    return bytes(found.key)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_it_is_the_parameter_at_that_frame_also_at_a_proxy_scale(scale: float) -> None:
    assert value(3, scale, size=RISING) == pytest.approx(8 * 3)
    assert value(3, scale, size=RISING, reference=2) == pytest.approx(8 * 1.5)
    assert value(3, scale, size=Expr("frame * 4"), reference=6) == pytest.approx(8 * 0.5)
    assert value(3, scale) == pytest.approx(8)


def test_what_was_asked_for_is_in_the_cache_key_and_nothing_else_is() -> None:
    other = Curve.of((1, 2.0), (3, 3.0), (5, 5.0), interp="linear")
    later = Curve.of((1, 1.0), (5, 5.0), (9, 0.0), interp="linear")
    assert key(3, size=RISING) != key(3, size=other)
    assert key(3, size=RISING) == key(3, size=later)


def test_asking_once_the_key_is_made_is_a_mistake_that_is_told() -> None:
    with pytest.raises(NodeError, match=r"at\.late asks for size at frame 7 after its cache key was made"):
        evaluator().evaluate(graph(("L", "at.late", {})), PROJECT, Request("L", 1.0))
