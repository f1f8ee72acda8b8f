"""Motion layers of a shot whose motion is known, and the nodes that read them."""

import torch

from compare import assert_close
from moving import Moving
from pictures import picture
from rimlight.engine import Image, LayerKind, Region
from stage import Stage, run

MOVE = Moving(height=96, width=128, velocity=(4.0, -2.5), spin=0.5)
FRAME = Region(0, 0, 128, 96)


def clip(frame: float) -> Image:
    light = MOVE.lamp(0.2 + 0.05 * frame) * (1.3 if frame % 2 else 1.0)
    return picture(MOVE.albedo(frame) * light, display=FRAME, frames=(1, 5))


def stage(**values: object) -> Stage:
    return Stage().given("clip", clip).add("node", "MotionVectors", {"image": "clip"}, **values)


def up(way: torch.Tensor) -> torch.Tensor:
    """A true way, as a motion layer holds it."""
    return way * torch.tensor([1.0, -1.0]).view(2, 1, 1)


def off(found: torch.Tensor, true: torch.Tensor, where: torch.Tensor) -> float:
    return float(torch.hypot(*(found - up(true)))[where].mean())


def test_both_ways() -> None:
    out = stage().evaluate("node", 3)
    assert [out.info.layer(name).kind for name in ("forward", "backward")] == [LayerKind.MOTION] * 2
    for name, to in (("forward", 4), ("backward", 2)):
        valid = out[f"{name}_valid"][0]
        assert off(out[name], MOVE.motion(3, to), valid > 0.5) < 0.3
        assert float(valid[MOVE.seen(3, to)].mean()) > 0.9
    assert torch.equal(out["rgba"], clip(3)["rgba"])


def test_the_ends_go_on_as_they_came() -> None:
    first, last = stage().evaluate("node", 1), stage().evaluate("node", 5)
    assert off(first["backward"], -MOVE.motion(1, 2), first["forward_valid"][0] > 0.5) < 0.3
    assert off(last["forward"], -MOVE.motion(5, 4), last["backward_valid"][0] > 0.5) < 0.3
    assert float(first["backward_valid"].max()) == float(last["forward_valid"].max()) == 0
    assert float(first["forward_valid"].mean()) > 0.5


def test_a_still_moves_nowhere() -> None:
    out = run("MotionVectors", picture(MOVE.albedo(0), display=FRAME), vectors="forward")
    assert "backward" not in out
    assert float(out["forward"].abs().max()) == 0


def test_vectors_are_of_the_full_size() -> None:
    large = stage().evaluate("node", 3, layers=("forward",))["forward"].mean((1, 2))
    small = stage().evaluate("node", 3, layers=("forward",), scale=0.5)["forward"].mean((1, 2))
    assert_close(small[:, None, None], large[:, None, None], threshold=0.4)


def test_the_next_frame_comes_to_the_place_of_this_one() -> None:
    still = Moving(height=96, width=128, velocity=(5.0, -3.0))

    def shot(frame: float) -> Image:
        return picture(still.albedo(frame), display=FRAME, frames=(1, 5))

    made = Stage().given("clip", shot).add("next", "TimeOffset", {"image": "clip"}, offset=-1)
    made.add("vectors", "MotionVectors", {"image": "clip"})
    made.add("node", "IDistort", {"image": "next", "field": "vectors"}, layer="forward", scale=(-1.0, -1.0))
    found, wanted = made.evaluate("node", 2)["rgba"], shot(2)["rgba"]
    sure = made.evaluate("vectors", 2)["forward_valid"].expand(3, -1, -1) > 0.9
    apart = float((shot(3)["rgba"] - wanted)[sure].abs().mean())
    assert float((found - wanted)[sure].abs().mean()) < 0.1 * apart


def test_motion_blur_takes_them_as_they_are() -> None:
    """Halfway between open and closed shutter: as sharp across the motion, smeared along it."""
    line = torch.full((3, 96, 128), 0.2) + 0.02 * MOVE.albedo(0)

    def shot(frame: float) -> Image:
        x = line.clone()
        column = 40 + 8 * int(frame)
        x[:, 20:76, column : column + 6] = 4.0 + Moving(height=56, width=6).albedo(0)
        return picture(x, display=FRAME, frames=(1, 5))

    made = Stage().given("clip", shot).add("vectors", "MotionVectors", {"image": "clip"})
    made.add("node", "MotionBlur", {"image": "vectors"}, method="layer", shutter=1.0)
    before, after = shot(3)["rgba"], made.evaluate("node", 3)["rgba"]
    assert float(after.amax()) < 0.97 * float(before.amax())
    bright = float(before.mean()), float(after.mean())
    assert abs(bright[1] / bright[0] - 1) < 0.1
