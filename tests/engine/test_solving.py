"""Nodes find parameters of their own in their inputs when they are asked to, and what they find is values or keys."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from pictures import picture
from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Curve,
    GraphError,
    Image,
    Need,
    Node,
    NodeError,
    ParameterError,
    Region,
    Session,
    WriteOptions,
    Writer,
    node,
    param,
    port,
    registry,
)  # fmt: skip
from rimlight.engine.cli import app


@node("test.leveller", label="Leveller")
class Leveller(Node):
    """Finds the mean of its picture."""

    solves: ClassVar[Mapping[str, str]] = {
        "level": "the mean of the picture",
        "share": "a share of nothing",
        "other": "what is not there",
        "strange": "a parameter that it does not have",
        "word": "a word for a number",
        "none": "nothing at all",
        "exit": "the end of the process",
    }

    image: Image = port("the picture")
    matte: Image = port("a matte", optional=True)
    level: float = param(default=0.0, doc="a level")
    most: float = param(default=10.0, doc="the most that it may be")

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        return {name: ctx.image("image")[name] for name in ctx.layers}

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        return (Need("matte" if what == "other" else "image", ctx.info("image").data, (MAIN,)),)

    def solved(
        self, ctx: Context, what: str, images: Mapping[str, Image], check: Callable[[], None]
    ) -> Mapping[str, Any]:
        check()
        if what == "exit":
            sys.exit(3)
        mean = float(images["image"][MAIN][:3].mean())
        if what != "level":
            wrong: dict[str, Any] = {"strange": {"lovel": 1.0}, "word": {"level": "high"}}
            return None if what == "none" else wrong.get(what) or {"level": mean / 0}  # type: ignore[return-value]
        self.require(mean <= self.most, f"the mean is {mean:g}, more than {self.most:g}")
        return {"level": mean}


registry.discard("test.leveller")


@pytest.fixture
def shot(tmp_path: Path) -> Iterator[tuple[Session, str]]:
    """A session over three frames of light 1, 2 and 3 with a Leveller."""
    frame = Region(0, 0, 6, 4)
    for number in (1, 2, 3):
        Writer().write(picture(torch.full((3, 4, 6), float(number)), frame), tmp_path / f"a.{number:04d}.exr",
                       WriteOptions(depth="float", compression="zip"))  # fmt: skip
    registry.add(Leveller)
    try:
        session = Session()
        read = session.add("image.read", file=str(tmp_path / "a.####.exr"))
        yield session, session.add("test.leveller", read)
    finally:
        registry.discard("test.leveller")


def test_one_frame_is_a_value_and_one_step(shot: tuple[Session, str]) -> None:
    session, path = shot
    assert session.solve(path, "level", "2") == [2.0]
    assert session.graph.at(path).value("level") == 2.0
    session.undo()
    assert session.value(path, "level") == 0.0


def test_several_frames_are_keys_and_later_ones_join_them(shot: tuple[Session, str]) -> None:
    session, path = shot
    session.solve(path, "level", "1-2")
    assert isinstance(session.graph.at(path).value("level"), Curve)
    assert [session.value(path, "level", f) for f in (1, 1.5, 2)] == [1, 1.5, 2]
    session.solve(path, "level", "3")
    assert session.value(path, "level", 3) == 3 and session.value(path, "level", 1) == 1


def test_what_cannot_be_solved_is_a_sentence_and_changes_nothing(shot: tuple[Session, str]) -> None:
    session, path = shot
    before = session.graph
    with pytest.raises(ParameterError, match=f"{path} does not solve 'mood', it solves level, share"):
        session.solve(path, "mood")
    with pytest.raises(GraphError, match="solves nothing"):
        session.solve(session.graph.at(path).inputs["image"], "level")
    session.set(path, most=2.5)
    before = session.graph
    with pytest.raises(NodeError, match=f"{path} at frame 3: the mean is 3, more than 2.5"):
        session.solve(path, "level", "1-3")
    assert session.graph is before
    session.express(path, level="frame")
    with pytest.raises(ParameterError, match="follows an expression"):
        session.solve(path, "level")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("share", r"test.leveller failed with ZeroDivisionError: float division by zero \(test_solving.py, line"),
        ("exit", "test.leveller failed with SystemExit: 3"),
        ("other", "finding 'other' takes input 'matte', which is not wired"),
        ("strange", "finding 'strange' gave 'lovel', which is no parameter of it; it has level, most"),
        ("word", "test.leveller.level = 'high': expected a number"),
        ("none", "finding 'none' gave NoneType, expected parameters by their names"),
    ],
)
def test_what_a_node_does_wrong_is_said_of_it(shot: tuple[Session, str], what: str, sentence: str) -> None:
    session, path = shot
    before = session.graph
    with pytest.raises(NodeError, match=f"{path} at frame 2: {sentence}"):
        session.solve(path, what, "2")
    assert session.graph is before


def test_the_command_saves_what_was_found(shot: tuple[Session, str], tmp_path: Path) -> None:
    session, path = shot
    session.save(tmp_path / "a.rim")
    done = CliRunner().invoke(app, ["solve", str(tmp_path / "a.rim"), path, "level", "-f", "1-3", "--json"])
    assert done.exit_code == 0, done.output
    again = Session.open(tmp_path / "a.rim")
    assert [again.value(path, "level", f) for f in (1, 2, 3)] == [1, 2, 3]
    assert CliRunner().invoke(app, ["solve", str(tmp_path / "a.rim"), path, "mood"]).exit_code != 0
