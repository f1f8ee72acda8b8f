"""Mistakes of a node's author: each is an error of that node, in a sentence that says what to put right."""

import dataclasses
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

import toy_nodes
from rimlight.engine import (
    RGBA,
    AreaNode,
    ComputeContext,
    Context,
    Graph,
    Image,
    ImageInfo,
    Layer,
    Need,
    Node,
    NodeError,
    NodeState,
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
from rimlight.engine.evaluate.warned import warnings_of
from toy_nodes import evaluator, graph

PROJECT = Project(format="64x48")


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    """The toys, and whatever a test declares, for as long as it runs."""
    with toy_nodes.use():
        before = {cls.kind for cls in registry}
        yield
        for kind in {cls.kind for cls in registry} - before:
            registry.discard(kind)


def failure(kind: str, **values: object) -> NodeError:
    """The error of a node of a kind over a picture of coordinates."""
    with pytest.raises(NodeError) as caught:
        evaluator().evaluate(graph(("Bad", kind, values)), PROJECT, Request("Bad", 1.0))
    assert caught.value.path == "Bad" and "\n" not in str(caught.value)
    return caught.value


def declare_point(answer: Any) -> None:
    """A point node whose `process` gives `answer(x)`."""

    @node("mistake.point")
    class Point(PointNode):
        """D."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return answer(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda x: x[:, 1:], "torch.float32 (3, 47, 64)"),
        (lambda x: x[:1], "torch.float32 (1, 48, 64)"),
        (lambda x: x.half(), "torch.float16 (3, 48, 64)"),
        (lambda x: x.numpy(), "ndarray"),
        (lambda x: None, "nothing"),
        (lambda x: x.to_sparse(), "a tensor of layout torch.sparse_coo"),
    ],
)
def test_a_wrong_shape_or_type(answer: Any, found: str) -> None:
    declare_point(answer)
    assert failure("mistake.point").reason == (
        f"process put out {found} for R, G, B of layer 'rgba', expected torch.float32 (3, 48, 64)"
    )


@pytest.mark.parametrize("given", [2, (1.5, 2), (1, 2, 3), (-1, 0), None])
def test_a_margin_that_is_no_reach(given: Any) -> None:
    @node("mistake.reach")
    class Reach(AreaNode):
        """D."""

        def margin(self) -> tuple[int, int]:
            return given  # type: ignore[no-any-return]

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x

    expected = f"margin gave {given!r}, expected two whole numbers from 0, the reach in x and y"
    assert failure("mistake.reach").reason == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1, 2], r"frames gave \[1, 2\], expected frames by socket"),
        ({"image": 3}, "frames gave 3 for input 'image', expected a list of numbers"),
        ({"image": [1, "x"]}, r"frames gave \[1, 'x'\] for input 'image'"),
        ({"image": [float("inf")]}, r"frames gave \[inf\] for input 'image', expected a list of numbers"),
        ({"img": [1]}, "frames gave some for input 'img', which it does not have; it has image"),
    ],
)
def test_frames_that_are_none(given: Any, words: str) -> None:
    @node("mistake.frames")
    class Frames(Node):
        """D."""

        image: Image = port("picture")

        def frames(self, frame: float, inputs: Sequence[str]) -> Any:
            return given

    assert re.search(words, failure("mistake.frames").reason)


def test_a_layer_that_nobody_makes() -> None:
    @node("mistake.nobody")
    class Nobody(Node):
        """D."""

        image: Image = port("picture", optional=True)

        def info(self, ctx: Context) -> ImageInfo:
            return ImageInfo(Region(0, 0, 2, 2), Region(0, 0, 2, 2), (RGBA,))

        def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
            return frozenset()

    with pytest.raises(NodeError) as caught:
        evaluator().evaluate(Graph().put("Bad", NodeState("mistake.nobody")), PROJECT, Request("Bad", 1.0))
    assert (
        caught.value.reason
        == "does not compute its layer 'rgba', which would come from input 'image', which is not wired"
    )


@pytest.mark.parametrize("given", [None, 3, "rgba"])
def test_changes_that_are_none(given: Any) -> None:
    @node("mistake.changes")
    class Changes(Node):
        """D."""

        image: Image = port("picture")

        def changes(self, ctx: Context, layers: Sequence[str]) -> Any:
            return given

    assert failure("mistake.changes").reason == f"changes gave {given!r}, expected names of layers in a set or list"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("image", 1)], "needs gave ('image', 1), expected Need("),
        (None, "needs gave None, expected a list of Need("),
        (Need("image", Region(0, 0, 1, 1), ("rgba",)), "expected a list of Need("),
        ([Need("image", Region(0, 0, 1, 1), "rgba")], "needs asks for layers 'rgba', expected a tuple"),  # type: ignore[arg-type]
        (
            [Need("image", Region(0, 0, 1, 1), ("albedo",))],
            "needs layer 'albedo' of input 'image', which has rgba, depth",
        ),
    ],
)
def test_needs_that_are_none(given: Any, words: str) -> None:
    @node("mistake.needs")
    class Needs(Node):
        """D."""

        image: Image = port("picture")

        def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Any:
            return given

    assert words in failure("mistake.needs").reason


def test_a_neighbour_that_was_not_asked_for() -> None:
    @node("mistake.neighbour")
    class Neighbour(Node):
        """D."""

        image: Image = port("picture")

        def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
            return [Need("image", region, layers)]

        def compute(self, ctx: ComputeContext) -> dict[str, Tensor]:
            wide = ctx.region.expand(1, 0)
            return {name: ctx.image("image").tensor(name, wide, "repeat")[..., 2:] for name in ctx.layers}

    ev, g = evaluator(), graph(("Bad", "mistake.neighbour", {}))
    assert ev.evaluate(g, PROJECT, Request("Bad", 1.0, layers=("rgba",))).region.area == 64 * 48
    with pytest.raises(NodeError) as caught:
        evaluator().evaluate(g, PROJECT, Request("Bad", 1.0, Region(10, 5, 20, 9), ("rgba",)))
    assert caught.value.reason == ("it reads 12x4+9+5 of layer 'rgba' of an input, but asked for 10x4+10+5 in `needs`")


def test_a_margin_that_is_not_taken_off() -> None:
    @node("mistake.area")
    class Area(AreaNode):
        """D."""

        def margin(self) -> tuple[int, int]:
            return 2, 1

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x

    reason = failure("mistake.area").reason
    assert "torch.float32 (3, 50, 68)" in reason and "expected torch.float32 (3, 48, 64)" in reason


def test_an_exception_is_one_line_with_its_place() -> None:
    def answer(x: Tensor) -> Tensor:
        raise ValueError("two\n   lines")

    declare_point(answer)
    line = answer.__code__.co_firstlineno + 1
    assert failure("mistake.point").reason == (
        f"mistake.point failed with ValueError: two lines (test_mistakes.py, line {line})"
    )


@pytest.mark.parametrize("what", ["info", "image"])
def test_a_frame_of_an_input_that_it_did_not_ask_for(what: str) -> None:
    @node("mistake.frames")
    class Frames(Node):
        """D."""

        image: Image = port("d")

        def frames(self, frame: float, inputs: Sequence[str]) -> dict[str, list[float]]:
            return {"image": [frame, frame + 1]}

        def info(self, ctx: Context) -> Any:
            return ctx.info("image", 7.0) if what == "info" else ctx.info("image")

        def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
            return [Need("image", region, layers, frame) for frame in ctx.frames("image")]

        def compute(self, ctx: ComputeContext) -> dict[str, Tensor]:
            return {"rgba": ctx.image("image", 7.0).tensor("rgba", ctx.region)}

    assert failure("mistake.frames").reason == "input 'image' was not asked for at frame 7, but at 1, 2"


def test_an_error_before_anything_ran_has_the_file() -> None:
    @node("mistake.arguments")
    class Arguments(PointNode):
        """D."""

        def process(self, x: Tensor) -> Tensor:  # type: ignore[override]
            return x

    reason = failure("mistake.arguments").reason
    assert "takes 2 positional arguments but 5 were given (test_mistakes.py)" in reason


def test_values_that_no_upgrade_brought_up_are_no_defaults() -> None:
    @node("mistake.upgraded", version=2, upgrades={1: lambda values: values})
    class Upgraded(PointNode):
        """D."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x

    g = (
        Graph()
        .put("C", NodeState("toy.coordinates"))
        .put("Bad", NodeState("mistake.upgraded", 1))
        .connect("Bad", "image", "C")
    )
    with pytest.raises(
        NodeError, match=r"Bad: its values are those of version 1 of 'mistake.upgraded', and the upgrade"
    ):
        evaluator().evaluate(g, PROJECT, Request("Bad", 1.0))


def test_one_warning_is_one() -> None:
    @node("mistake.warning")
    class Warning(PointNode):
        """D."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x

        def warnings(self, ctx: Context) -> Sequence[str]:
            return "odd"

    vertices = evaluator().survey(graph(("W", "mistake.warning", {})), PROJECT, ["W"], 1.0, 1.0, Tier.FINAL)
    assert warnings_of(vertices["W", 1.0]) == ("odd",)


def test_ending_the_process_is_an_exception_too() -> None:
    declare_point(lambda x: sys.exit(3))
    assert "mistake.point failed with SystemExit: 3" in failure("mistake.point").reason


def test_an_error_that_is_passed_on_holds_nothing_of_the_nodes_it_passes() -> None:
    chain = graph(*((name, "toy.gain", {}) for name in ("One", "Two", "Three"))).connect("One", "image", None)
    vertices = evaluator().survey(chain, PROJECT, ["Three"], 1.0, 1.0, Tier.FINAL).values()
    errors = [vertex.error for vertex in vertices]
    assert len(errors) == 3
    assert all(error is not None and error.path == "One" and error.__traceback__ is None for error in errors)


def test_memory_that_runs_out_is_said_in_plain_words() -> None:
    declare_point(lambda x: torch.empty(1 << 60))
    assert failure("mistake.point").reason.startswith("mistake.point ran out of memory; use a proxy scale")


@dataclasses.dataclass(frozen=True)
class Asking(Node):
    """Base of nodes that answer one question wrongly."""

    image: Image = port("the image")
    socket: str = param(default="image", doc="what is asked for")

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need(self.socket, region, layers, 7.0 if self.socket == "image" else None),)


def test_pixels_of_an_input_that_is_not_there() -> None:
    node("mistake.needs")(type("Needs", (Asking,), {"__doc__": "Asks.", "__module__": __name__}))
    assert failure("mistake.needs", socket="img").reason == (
        "needs pixels of input 'img', which is not wired; wired: image"
    )
    assert failure("mistake.needs").reason == "needs frame 7 of input 'image', but its frames are 1"


@pytest.mark.parametrize("question", ["frames", "info", "changes", "needs", "regional", "identity", "extra_key"])
def test_any_question_may_fail(question: str) -> None:
    def fail(*arguments: object) -> None:
        raise KeyError("studio")

    node("mistake.asked")(type("Asked", (Asking,), {"__doc__": "D.", "__module__": __name__, question: fail}))
    assert "mistake.asked failed with KeyError: 'studio' (test_mistakes.py, line " in failure("mistake.asked").reason


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (torch.zeros(1), "put out Tensor, expected a tensor for every layer by its name"),
        ({"rgba": 1}, "put out int for layer 'rgba', expected torch.float32 (4, 48, 64)"),
        ({}, "put out nothing for layer 'rgba', expected torch.float32 (4, 48, 64)"),
    ],
)
def test_no_tensors_by_layer(made: Any, found: str) -> None:
    answers = {"compute": lambda s, c: made, "needs": Node.needs}
    node("mistake.made")(type("Made", (Asking,), {"__doc__": "D.", "__module__": __name__, **answers}))
    assert failure("mistake.made").reason == found


def test_an_info_that_is_none() -> None:
    node("mistake.info")(type("Info", (Asking,), {"__doc__": "D.", "__module__": __name__, "info": lambda s, c: 5}))
    assert failure("mistake.info").reason == "its info is of type int, expected ImageInfo"


def test_an_error_is_bound_to_the_frame_that_was_asked_for() -> None:
    declare_point(lambda x: x[:1])
    ev, g = evaluator(), graph(("Bad", "mistake.point", {}))
    for frame in (1.0, 2.0):
        with pytest.raises(NodeError) as caught:
            ev.evaluate(g, PROJECT, Request("Bad", frame))
        assert caught.value.frame == frame


@pytest.mark.parametrize("margin", [0, 2])
@pytest.mark.parametrize("fuse", [True, False])
def test_writing_into_an_input_is_found_and_spoils_nothing(margin: int, fuse: bool) -> None:
    @node("mistake.inplace")
    class InPlace(AreaNode if margin else PointNode):  # type: ignore[misc]
        """D."""

        def margin(self) -> tuple[int, int]:
            return 0, 0

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x.mul_(2)

    ev, g = evaluator(), graph(("A", "toy.gain", {"gain": 2}), ("Bad", "mistake.inplace", {}))
    right = ev.evaluate(g, PROJECT, Request("A", 1.0))["rgba"].clone()
    with pytest.raises(NodeError, match="Bad at frame 1: it wrote into layer 'rgba' of its input 'image'"):
        ev.evaluate(g, PROJECT, Request("Bad", 1.0, fuse=fuse))
    assert torch.equal(ev.evaluate(g, PROJECT, Request("A", 1.0))["rgba"], right)


@pytest.mark.parametrize("mix", [0.5, 1.0])
def test_writing_into_what_nobody_else_reads_is_found_too(mix: float) -> None:
    """Mask and mix would blend the result with itself."""

    @node("mistake.fresh")
    class Fresh(PointNode):
        """D."""

        fresh: ClassVar[bool] = True

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x + 1

    @node("mistake.inplace")
    class InPlace(PointNode):
        """D."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x.mul_(2)

    ev, g = evaluator(), graph(("A", "mistake.fresh", {}), ("Bad", "mistake.inplace", {"mix": mix}))
    with pytest.raises(NodeError, match="Bad at frame 1: it wrote into layer 'rgba' of its input 'image'"):
        ev.evaluate(g, PROJECT, Request("Bad", 1.0))


def test_of_a_picture_that_takes_bands_too() -> None:
    @node("mistake.bands")
    class Banded(PointNode):
        """Cannot tell whether it is regional."""

        def regional(self, ctx: Context) -> bool:
            raise KeyError("studio")

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x

    tall, small = Project(format="64x300"), evaluator(band_bytes=1 << 16)
    with pytest.raises(NodeError, match=r"mistake\.bands failed with KeyError: 'studio'"):
        small.evaluate(graph(("M", "mistake.bands", {})), tall, Request("M", 1.0))
