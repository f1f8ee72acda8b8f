"""The flicker of shots whose flicker is known."""

import pytest
import torch

from moving import REC709, Moving
from pictures import picture
from rimlight.engine import Image, Project, Region
from rimlight.nodes.ops.flicker import lab
from rimlight.nodes.time.flicker_meter import ADDED, FLICKER, OF_PLATE, SEEN
from stage import Stage

MOVE = Moving(height=64, width=96, velocity=(2.0, 1.0))
FRAME = Region(0, 0, 96, 64)
PROJECT = Project(fps=25.0, working="Linear Rec.709 (sRGB)")


def plate(frame: float) -> Image:
    return picture(MOVE.albedo(frame), display=FRAME, frames=(1, 6))


def relit(frame: float) -> Image:
    return picture(MOVE.albedo(frame) * (1.2 if frame % 2 else 1.0), display=FRAME, frames=(1, 6))


def measured(clip: object, frame: float, plate: object = None, **values: object) -> dict[str, float]:
    stage = Stage(PROJECT).given("clip", clip)  # type: ignore[arg-type]
    if plate is not None:
        stage.given("plate", plate)  # type: ignore[arg-type]
    stage.add("node", "FlickerMeter", {"image": "clip"} | ({"plate": "plate"} if plate else {}), **values)
    metadata = stage.evaluate("node", frame).info.metadata
    return {name: float(value) for name, value in metadata.items() if name.startswith(FLICKER)}


def test_a_fixed_camera_under_steady_light_does_not_flicker() -> None:
    """But for the noise of the picture, which differs."""

    def noisy(frame: float) -> Image:
        generator = torch.Generator().manual_seed(int(frame))
        still = plate(1)["rgba"]
        return picture(still + 1e-5 * torch.randn(still.shape, generator=generator), display=FRAME, frames=(1, 6))

    found = measured(noisy, 3)
    assert 0 < found[FLICKER] < 0.2 and found[SEEN] == 1


def test_a_frame_that_is_held_does_not_flicker_at_all() -> None:
    assert measured(lambda frame: plate(1), 3) == {FLICKER: 0, SEEN: 1}


def test_a_gain_is_found_along_the_motion() -> None:
    true = (lab(MOVE.albedo(3) * 1.2, REC709) - lab(MOVE.albedo(3), REC709)).norm(dim=0).mean()
    found = measured(relit, 3, plate)
    assert found[FLICKER] == pytest.approx(25 * float(true), rel=0.1)
    assert found[OF_PLATE] < 0.15 * found[FLICKER]
    assert found[ADDED] == pytest.approx(found[FLICKER] - found[OF_PLATE], rel=1e-4)
    assert found[SEEN] > 0.9


def test_frames_per_second_are_the_projects_unless_given() -> None:
    found, other = measured(relit, 3), measured(relit, 3, fps=50.0)
    assert other[FLICKER] == pytest.approx(2 * found[FLICKER], rel=1e-5)


def test_the_first_frame_has_none() -> None:
    assert measured(relit, 1, plate) == {}
    assert FLICKER in measured(relit, 2, plate)


def test_across_a_cut_there_is_none() -> None:
    """Not 0, which would say that the light is steady; how much is in both frames is told, and goes on to the next."""

    def cut(frame: float) -> Image:
        shot = Moving(velocity=(2.0, 1.0), seed=1 if frame < 4 else 5)
        return picture(shot.albedo(frame), display=Region(0, 0, 192, 144), frames=(1, 6))

    stage = Stage(PROJECT).given("clip", cut).add("node", "FlickerMeter", {"image": "clip"})
    stage.add("beside", "FlickerMeter", {"image": "clip", "plate": "clip"})
    for name in ("node", "beside"):
        told = {frame: stage.evaluate(name, frame).info.metadata for frame in (3, 4, 5)}
        assert not {FLICKER, OF_PLATE, ADDED} & set(told[4]) and told[4][SEEN] < 0.02
        assert FLICKER in told[3] and FLICKER in told[5] and told[5][SEEN] > 0.5


def test_the_picture_stays_as_it_is() -> None:
    stage = Stage(PROJECT).given("clip", relit).add("node", "FlickerMeter", {"image": "clip"})
    assert torch.equal(stage.evaluate("node", 3)["rgba"], relit(3)["rgba"])


def test_stabilize_takes_it_away() -> None:
    """The one number that the whole is for: what processing adds falls to less than half."""

    def flickers(frame: float) -> Image:
        random = torch.Generator().manual_seed(int(frame))
        field = 0.2 * torch.randn(1, 3, 4, 5, generator=random)
        gain = torch.exp2(torch.nn.functional.interpolate(field, (64, 96), mode="bicubic")[0])
        return picture(MOVE.albedo(frame) * gain, display=FRAME, frames=(1, 6))

    stage = Stage(PROJECT).given("plate", plate).given("before", flickers)
    stage.add("after", "Stabilize", {"image": "before", "plate": "plate"}, tolerance=1.0)
    added = {}
    for name in ("before", "after"):
        stage.add(f"meter_{name}", "FlickerMeter", {"image": name, "plate": "plate"})
        rates = [stage.evaluate(f"meter_{name}", frame).info.metadata[ADDED] for frame in (3, 4)]
        added[name] = sum(rates)
    assert added["after"] < 0.5 * added["before"]
