"""Values that know for themselves how they change over time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from torch import Tensor

from rimlight.engine import RGBA, Animated, ComputeContext, Context, ImageInfo, Source, node, param, registry
from rimlight.engine.values import from_data, is_constant, to_data
from stage import Stage, staged


@dataclass(frozen=True)
class Steps(Animated):
    """A level for each frame from 0 on, the last one for all after."""

    levels: tuple[float, ...] = (0.0,)

    @property
    def is_still(self) -> bool:
        return len(self.levels) == 1

    def resolved(self, frame: float) -> "Steps":
        return Steps((self.levels[min(int(frame), len(self.levels) - 1)],))

    def to_data(self) -> Any:
        return list(self.levels)

    @staticmethod
    def parse(data: Any) -> "Steps":
        if isinstance(data, Steps):
            return data
        if not isinstance(data, list):
            raise ValueError("expected a list of levels")
        return Steps(tuple(data))


@node("test.stepped")
class Stepped(Source):
    """A grey of the level of the frame."""

    steps: Steps = param(default=Steps(), parse=Steps.parse, doc="levels")

    def info(self, ctx: Context) -> ImageInfo:
        frame = ctx.project.size.region
        return ImageInfo(frame, frame, (RGBA,))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        (level,) = self.steps.levels
        return {"rgba": ctx.zeros(4) + level}


registry.discard(Stepped.kind)


@pytest.fixture
def _stepped() -> Iterator[None]:
    registry.add(Stepped)
    yield
    registry.discard(Stepped.kind)


def stepped(*levels: float) -> Stage:
    return staged(Stepped.kind, steps=list(levels))


@pytest.mark.usefixtures("_stepped")
def test_a_node_gets_the_value_of_its_frame() -> None:
    stage = stepped(0.0, 0.5, 2.0)
    assert [float(stage.evaluate("node", frame)["rgba"].max()) for frame in (0, 1, 2, 9)] == [0, 0.5, 2, 2]


@pytest.mark.usefixtures("_stepped")
def test_only_the_value_of_the_frame_enters_the_key() -> None:
    stage = stepped(0.0, 0.5, 2.0)
    keys = [stage.vertex("node", frame).key for frame in (0, 1, 2, 3)]
    assert keys[2] == keys[3] and len(set(keys)) == 3
    stage.set("node", steps=[0.0, 0.75, 2.0])
    after = [stage.vertex("node", frame).key for frame in (0, 1, 2, 3)]
    assert [old == new for old, new in zip(keys, after, strict=True)] == [True, False, True, True]


def test_it_is_plain_data_in_a_script() -> None:
    spec = Stepped.spec("steps")
    value = from_data([1.0, 2.0], spec)
    assert value == Steps((1.0, 2.0)) and to_data(value) == [1.0, 2.0]
    assert not is_constant(value) and is_constant(Steps())
