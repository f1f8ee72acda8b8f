"""Flags as the camera sees them: where their grips are, and that what is dragged stays under the mouse."""

import math
from typing import Any

import pytest
from PySide6.QtCore import QPointF, QRectF

from rimlight.app.rig.flag_view import CORNERS, MIDDLE, NEARER, SIDES, TARGET, TURN, Eye, FlagView
from rimlight.app.rig.space import HERE, Space
from rimlight.app.viewer.geometry import View
from rimlight.app.viewer.lens import Lens
from rimlight.engine import Region, Session, Settings

WINDOW = Region(0, 0, 400, 200)
LENS = Lens(View(400, 200), 1.0, QRectF(0, 0, 400, 200), WINDOW)
EYE = Eye.of(LENS, 2 * math.degrees(math.atan(1.0)))  # half as wide as far: 1 px at 200 cm is 1 cm
FACING = {"position": (20.0, 10.0, -200.0), "target": (20.0, 10.0, -300.0), "width": 100.0, "height": 60.0}
TILTED = {**FACING, "target": (-60.0, -20.0, -330.0), "roll": 20.0, "width": 160.0, "height": 120.0}
TURNED = Space(((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)), (180.0, 5.0, -230.0))
"""What its node says lies elsewhere than it is seen."""


def view(space: Space = HERE, **values: Any) -> FlagView:
    session = Session(Settings())
    return FlagView.of(session, session.add("light.flag", **values), 1.0, space)


def again(flag: FlagView, values: dict[str, Any]) -> FlagView:
    """The flag with other parameters."""
    shown: dict[str, Any] = {
        "position": flag.space.given(tuple(flag.middle)), "target": flag.space.given(tuple(flag.target)),
        "roll": flag.roll, "width": flag.flag.width, "height": flag.flag.height, "shape": flag.flag.shape,
    }  # fmt: skip
    return view(flag.space, **{**shown, **values})


def away(a: QPointF, b: QPointF) -> float:
    return math.hypot(a.x() - b.x(), a.y() - b.y())


def test_a_card_straight_ahead_is_where_a_pinhole_shows_it() -> None:
    flag = view(**FACING)
    box = flag.outline(EYE).boundingRect()
    expected = (220 - 50, 90 - 30, 100, 60)
    assert (box.x(), box.y(), box.width(), box.height()) == pytest.approx(expected, abs=1e-3)
    assert flag.grips(EYE)[MIDDLE].toTuple() == pytest.approx((220, 90))
    round_box = view(**FACING, shape="ellipse").outline(EYE).boundingRect()
    assert (round_box.width(), round_box.height()) == pytest.approx((100, 60), abs=0.5)
    assert TARGET not in flag.grips(EYE) and TARGET in view(**TILTED).grips(EYE), "under the middle it is in the way"


@pytest.mark.parametrize("space", [HERE, TURNED])
@pytest.mark.parametrize("grip", [MIDDLE, TARGET, *CORNERS, *SIDES])
def test_what_is_dragged_stays_under_the_mouse(grip: str, space: Space) -> None:
    flag = view(**TILTED)
    if space != HERE:
        flag = view(space, **{**TILTED, **{n: space.given(TILTED[n]) for n in ("position", "target")}})  # type: ignore[arg-type]
    start = flag.grips(EYE)[grip]
    middle = flag.grips(EYE)[MIDDLE]
    end = start + (QPointF(12, -9) if grip in (MIDDLE, TARGET) else (start - middle) * 0.3)
    after = again(flag, flag.drag(EYE, grip, start)(end, False))
    slack = 3.0 if grip in SIDES else 1.0 if grip in CORNERS else 0.05  # in perspective a corner's way is not straight
    assert away(after.grips(EYE)[grip], end) < slack
    if grip == MIDDLE:
        assert list(after.target - after.middle) == pytest.approx(list(flag.target - flag.middle), abs=0.01)
        assert after.middle[2] == pytest.approx(flag.middle[2], abs=0.01)
    else:
        assert list(after.middle) == pytest.approx(list(flag.middle), abs=0.01)


def test_shift_keeps_to_an_axis_to_proportions_and_to_steps_of_the_angle() -> None:
    flag = view(**FACING)
    grips = flag.grips(EYE)
    moved = again(flag, flag.drag(EYE, MIDDLE, grips[MIDDLE])(grips[MIDDLE] + QPointF(30, 4), True))
    assert moved.grips(EYE)[MIDDLE].toTuple() == pytest.approx((250, 90), abs=0.01)
    corner = grips["top right"]
    sized = flag.drag(EYE, "top right", corner)(corner + QPointF(40, -1), True)
    assert sized["width"] / sized["height"] == pytest.approx(100 / 60, abs=1e-3) and sized["width"] > 140
    side = flag.drag(EYE, "right", grips["right"])(grips["right"] + QPointF(25, 9), False)
    assert side == {"width": pytest.approx(150, abs=0.1)}
    assert flag.drag(EYE, TURN, grips[TURN])(grips[MIDDLE] + QPointF(-30, -30), True) == {"roll": 45.0}


def test_the_bar_turns_it_as_the_mouse_goes_around_and_beyond_half_a_turn() -> None:
    flag = view(**FACING)
    turn = flag.drag(EYE, TURN, flag.grips(EYE)[TURN])
    found = [turn(flag.grips(EYE)[MIDDLE] + QPointF(-60 * math.sin(a), -60 * math.cos(a)), False)["roll"]
             for a in map(math.radians, range(30, 271, 30))]  # fmt: skip
    assert found == pytest.approx(list(range(30, 271, 30)), abs=0.05)
    after = again(flag, {"roll": 30.0})
    way = after.grips(EYE)[TURN] - after.grips(EYE)[MIDDLE]
    assert math.degrees(math.atan2(-way.x(), -way.y())) == pytest.approx(30, abs=0.1)


def test_nearer_goes_along_the_line_to_its_target_and_not_past_it() -> None:
    flag = view(position=(-80.0, 30.0, -150.0), target=(60.0, -10.0, -250.0))
    grips = flag.grips(EYE)
    change = flag.drag(EYE, NEARER, grips[NEARER])
    after = again(flag, change(grips[NEARER] + QPointF(20, 5), False))
    way = (flag.target - flag.middle) / math.dist(flag.target, flag.middle)
    along = (after.middle - flag.middle) @ way
    assert along > 10 and list(after.middle - flag.middle) == pytest.approx(list(way * along), abs=0.01)
    assert list(after.target) == pytest.approx(list(flag.target), abs=0.01)
    far = again(flag, change(grips[TARGET] + (grips[TARGET] - grips[MIDDLE]), False))
    assert math.dist(far.middle, far.target) == pytest.approx(1.0, abs=0.02)


def test_what_is_behind_the_camera_is_not_drawn_and_what_is_half_behind_as_far_as_it_is_seen() -> None:
    behind = view(position=(0.0, 0.0, 60.0), target=(0.0, 0.0, -200.0))
    assert behind.outline(EYE).isEmpty() and set(behind.grips(EYE)) == set()
    half = view(position=(30.0, 0.0, 0.0), target=(-100.0, 0.0, 0.0), width=200.0)
    outline = half.outline(EYE)
    assert len(outline) == 4 and all(math.isfinite(p.x()) and math.isfinite(p.y()) for p in outline)
    assert MIDDLE not in half.grips(EYE) and outline.boundingRect().right() > 400


def test_a_card_seen_edge_on_takes_no_size_from_the_mouse() -> None:
    flag = view(position=(0.0, 0.0, -200.0), target=(100.0, 0.0, -200.0))
    assert TURN not in flag.grips(EYE)
    assert flag.drag(EYE, "top", QPointF(200, 70))(QPointF(200, 60), False) == {}
