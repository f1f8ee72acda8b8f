"""Strokes as plain data: moved, turned and scaled on the picture, and the keys of that."""

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from rimlight.app.drawnmoves import carried, size_of
from rimlight.app.strokedata import key_frames, moved, placement_of, with_key, without_key
from rimlight.nodes.ops.paint_strokes import PaintStroke, PaintStrokes

LINE = {"size": 10, "points": [[10, 20], [30, 40, 0.5]]}
TURN = QTransform.fromTranslate(-5, -5) * QTransform(0, 2, -2, 0, 0, 0) * QTransform.fromTranslate(8, 4)
"""A quarter turn and twice the size."""
NODE = QTransform(0, 1, -1, 0, 50, 3)


def stroke(data: object) -> PaintStroke:
    return PaintStrokes.parse([data]).strokes[0]


def ends(one: PaintStroke, node: QTransform, frame: float) -> list[tuple[float, float]]:
    """Where the points are on the picture."""
    still = one.resolved(frame)
    return [carried(placement_of(still) * node, point[:2]) for point in still.points]


@pytest.mark.parametrize("node", [QTransform(), NODE])
@pytest.mark.parametrize("keyed", [False, True])
def test_a_stroke_goes_where_it_is_taken_with_or_without_keys(node: QTransform, keyed: bool) -> None:
    start = stroke(LINE)
    if keyed:
        start = stroke(with_key(start.to_data(), start, 1))
    for move in (QTransform.fromTranslate(3, -7), TURN):
        found = stroke(moved(start, node, move, 9))
        wanted = [carried(node * move, point[:2]) for point in start.points]
        for place, there in zip(ends(found, node, 9), wanted, strict=True):
            assert place == pytest.approx(there, abs=0.01)
        still = found.resolved(9)
        assert still.size * size_of(placement_of(still)) == pytest.approx(10 * size_of(move), rel=1e-4)
        assert found.points[1][2] == 0.5 and found.is_still is not keyed
        if keyed:
            assert ends(found, node, 1) == ends(start, node, 1), "what it was at its first key stays"
            assert key_frames(found.to_data()) == (1, 9)


def test_the_first_key_changes_nothing_and_the_last_one_leaves_the_stroke_where_it_is() -> None:
    start = stroke(LINE)
    keyed = stroke(with_key(start.to_data(), start, 4))
    assert key_frames(keyed.to_data()) == (4,) and ends(keyed, QTransform(), 30) == ends(start, QTransform(), 30)
    assert keyed.center == (20, 30)
    two = stroke(moved(keyed, QTransform(), QTransform.fromTranslate(5, 0), 8))
    one = stroke(without_key(two.to_data(), two.resolved(4), 4))
    assert key_frames(one.to_data()) == (8,)
    none = stroke(without_key(one.to_data(), one.resolved(8), 8))
    assert none.is_still and ends(none, QTransform(), 1) == ends(two, QTransform(), 8)


def test_turns_add_up_beyond_half_a_turn() -> None:
    made, frame = stroke(LINE), 1
    made = stroke(with_key(made.to_data(), made, frame))
    for frame in range(2, 6):
        middle = QPointF(20, 30)
        turn = QTransform.fromTranslate(-20, -30) * QTransform().rotate(100) * QTransform.fromTranslate(20, 30)
        assert turn.map(middle) == middle
        made = stroke(moved(made, QTransform(), turn, frame))
    assert made.resolved(5).rotate == pytest.approx(400)
