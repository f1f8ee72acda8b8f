"""The frames around one, and the motion between them, found once."""

import pytest
import torch

from calls import noted
from moving import Moving
from pictures import picture
from rimlight.engine import Image, Region
from rimlight.nodes.time import neighbors
from stage import Stage

MOVE = Moving(height=48, width=64, velocity=(2.0, 1.0))


def clip(frame: float) -> Image:
    return picture(MOVE.albedo(frame), display=Region(0, 0, 64, 48), frames=(1, 5))


def test_the_frame_itself_comes_first() -> None:
    assert neighbors.around(10, 2, 1) == (10, 9, 11, 8)
    assert neighbors.around(3, 0, 0) == (3,)


def test_motion_is_found_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = noted(monkeypatch, (neighbors, "motions_between"))
    stage = Stage().given("clip", clip).add("node", "MotionVectors", {"image": "clip"})
    stage.add("other", "MotionVectors", {"image": "clip"}, vectors="backward")
    for frame in (2, 3, 4):
        stage.evaluate("node", frame)
    assert len(found) == 4  # from 1 to 5, each link once
    back = stage.evaluate("other", 4)["backward"]
    assert len(found) == 4
    assert torch.equal(back, stage.evaluate("node", 4)["backward"])
