import torch

from moving import Moving
from pictures import at, picture
from rimlight.engine import Image, Region
from stage import run, staged

MOVE = Moving(height=64, width=96, velocity=(3.0, -2.0))
FRAME = Region(0, 0, 96, 64)


def dirty(frame: float) -> Image:
    """A shot that moves, with dirt in frame 3."""
    x = MOVE.albedo(frame)
    if frame == 3:
        x[:, 20:24, 40:46] = 30.0
        x[:, 50, 20] = torch.nan
    return picture(x, display=FRAME, frames=(1, 5))


def test_the_middle_of_three_frames() -> None:
    values = {1: 4.0, 2: 9.0, 3: -1.0, 4: 5.0}

    def clip(frame: float) -> Image:
        return picture(torch.full((3, 12, 16), values.get(int(frame), 0.0)), frames=(1, 4))

    found = {f: float(staged("TemporalMedian", clip).evaluate("node", f)["rgba"].mean()) for f in values}
    assert found == {1: 4.0, 2: 4.0, 3: 5.0, 4: 5.0}  # at the ends this frame stands in for the missing one
    five = staged("TemporalMedian", clip, number=5).evaluate("node", 2)["rgba"]
    assert float(five.mean()) == 5.0  # of -1, 4, 5, 9 and 9
    assert torch.equal(run("TemporalMedian", at, frame=7, number=1)["rgba"], at(7)["rgba"])


def test_dirt_goes_where_nothing_moves() -> None:
    def clip(frame: float) -> Image:
        return picture(dirty(frame)["rgba"] - MOVE.albedo(frame) + MOVE.albedo(0), display=FRAME, frames=(1, 5))

    out = staged("TemporalMedian", clip).evaluate("node", 3)["rgba"]
    assert float((out - MOVE.albedo(0)).abs().max()) < 1e-5


def test_along_the_motion_texture_stays_and_dirt_goes() -> None:
    off = {}
    for motion in ("still", "flow"):
        out = staged("TemporalMedian", dirty, motion=motion).evaluate("node", 3)["rgba"]
        assert float(out[:, 20:24, 40:46].max()) < 1.0
        off[motion] = float((out - MOVE.albedo(3)).nan_to_num(0)[:, 6:-6, 6:-6].abs().mean())
    assert off["flow"] < 0.3 * off["still"]
