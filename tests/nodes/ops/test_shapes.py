"""The data of roto shapes: what a script may hold, and what it means at a frame."""

import json
import pickle
from itertools import pairwise
from typing import Any

import pytest

from rimlight.nodes.ops.shapes import RotoShape, ShapeKey, ShapePoint, Shapes

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]
EVERYTHING = [
    {
        "name": "head", "visible": False, "mode": "subtract", "closed": False,
        "opacity": {"keys": [[1, 0, "smooth"], [10, 1, "smooth"]]}, "feather": 3.5, "falloff": 2, "width": 4,
        "translate": [{"keys": [[1, 0, "linear"], [11, 20, "linear"]]}, -2], "rotate": 30, "scale": [2, 0.5],
        "center": [5, 6],
        "keys": [
            {"frame": 1, "points": [{"at": [1, 2], "in": [-1, 0], "out": [1, 0.5], "feather": [0, 3]}, [4, 5.25]]},
            {"frame": 11, "interp": "linear", "points": [[3, 2], [4, 6]]},
        ],
    },
    {"points": SQUARE},
]  # fmt: skip


def test_data_survive_as_they_are() -> None:
    shapes = Shapes.parse(EVERYTHING)
    assert shapes.to_data() == EVERYTHING
    assert Shapes.parse(json.loads(json.dumps(shapes.to_data()))) == shapes
    assert Shapes.parse(shapes) is shapes
    assert pickle.loads(pickle.dumps(shapes)) == shapes  # noqa: S301


def test_what_is_the_default_is_not_written() -> None:
    given = [{"name": "", "opacity": 1, "points": [{"at": [1, 2], "in": [0, 0]}, [3.0, 4]], "keys": []}]
    assert Shapes.parse(given).to_data() == [{"points": [[1, 2], [3, 4]]}]


def test_a_frame_between_keys_lies_between_them() -> None:
    keys = [{"frame": f, "interp": "linear", "points": [[x, 0], *SQUARE[1:]]} for f, x in ((1, 0), (11, 20))]
    shape = Shapes.parse([{"keys": keys}]).shapes[0]
    assert [shape.resolved(frame).points[0] for frame in (-5, 1, 6, 11, 30)] == [
        ShapePoint(x, 0) for x in (0.0, 0.0, 10.0, 20.0, 20.0)
    ]
    assert shape.resolved(6).points[1:] == tuple(ShapePoint(*p) for p in SQUARE[1:])
    keys[0]["interp"] = "constant"
    assert Shapes.parse([{"keys": keys}]).shapes[0].resolved(10.9).points[0].x == 0


def test_smooth_keys_leave_gently_and_never_overshoot() -> None:
    keys = [{"frame": f, "points": [[x, 0], [0, x]]} for f, x in ((0, 0), (10, 10), (20, 10))]
    shape = Shapes.parse([{"keys": keys}]).shapes[0]
    x = [shape.resolved(f).points[0].x for f in range(21)]
    assert x[1] < 0.5 and x[10] == 10 and all(a <= b for a, b in pairwise(x)) and max(x) == 10


def test_numbers_move_and_stay_in_their_range() -> None:
    curve = {"keys": [[0, 0, "linear"], [10, 1, "free", 0.5, 0]]}
    shape = Shapes.parse([{"points": SQUARE, "opacity": curve, "translate": [curve, 0]}]).shapes[0]
    assert not shape.is_still
    found = shape.resolved(7)
    assert found.is_still and found.opacity <= 1 and found.translate[1] == 0  # type: ignore[operator]
    assert shape.resolved(0).translate == (0, 0) and shape.resolved(10).translate == (1, 0)


def test_a_still_shape_is_itself_at_every_frame_and_its_name_does_not_matter() -> None:
    shapes = Shapes.parse([{"points": SQUARE, "name": "a"}])
    assert shapes.is_still and shapes.resolved(7) == shapes
    assert repr(Shapes.parse([{"points": SQUARE, "name": "b"}])) == repr(shapes)
    assert Shapes.parse([{"points": SQUARE, "name": "b"}]) != shapes


def test_keys_are_put_in_order() -> None:
    shape = Shapes.parse([{"keys": [{"frame": 9, "points": [[1, 1]]}, {"frame": 2, "points": [[0, 0]]}]}]).shapes[0]
    assert [key.frame for key in shape.keys] == [2, 9]


def test_shapes_made_in_python_are_checked_too() -> None:
    square = tuple(ShapePoint(*p) for p in SQUARE)
    made = RotoShape(keys=(ShapeKey(1, square), ShapeKey(5, square)))
    assert Shapes.parse([made]).shapes == (made,)
    with pytest.raises(ValueError, match="4 points at frame 1 but 1 at frame 5"):
        Shapes.parse([RotoShape(keys=(ShapeKey(1, square), ShapeKey(5, square[:1])))])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("circle", "expected a list of shapes"),
        ([3], "shape 1 is 3, expected its name and points"),
        ([{"name": 3}], "the name of shape 1 is 3, expected text"),
        ([{"name": "a", "colour": 1}], "shape 'a' has 'colour', expected only name, visible"),
        ([{"name": "a", "mode": "add"}], "mode of shape 'a' is 'add', expected one of union, subtract"),
        ([{}, {"visible": 1}], "visible of shape 2 is 1, expected true or false"),
        ([{"opacity": 2}], "opacity of shape 1 is 2, expected 0 to 1"),
        ([{"width": -1}], "width of shape 1 is -1, expected 0 upwards"),
        ([{"feather": "soft"}], "feather of shape 1 is 'soft', expected a number"),
        ([{"feather": {"keys": []}}], "feather of shape 1: a curve is"),
        ([{"scale": 2}], "scale of shape 1 is 2, expected 2 numbers"),
        ([{"points": 5}], "points of shape 1: found 5, expected a list of points"),
        ([{"name": "a", "points": [[0, 0], [1]]}], r"point 2 of the points of shape 'a' is \[1\], expected \[x, y\]"),
        ([{"points": [[0, float("nan")]]}], "is nan, expected a number"),
        ([{"points": [{"in": [0, 1]}]}], "expected at, and in, out and feather"),
        ([{"points": [{"at": [0, 1], "tilt": 3}]}], "expected at, and in, out and feather"),
        ([{"points": [[0, 0]], "keys": [{"frame": 1, "points": []}]}], "has both points and keys"),
        ([{"keys": {"frame": 1}}], "expected a list of keys"),
        ([{"keys": [{"frame": 1}]}], "expected frame and points"),
        ([{"keys": [{"frame": 1, "points": [], "interp": "free"}]}], "interp is 'free', expected one of smooth"),
        ([{"keys": [{"frame": 1, "points": []}, {"frame": 1, "points": []}]}], "two are at frame 1, expected one"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(data: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Shapes.parse(data)


def test_feather_handles_are_kept_also_where_they_are_nothing() -> None:
    old = [{"points": [{"at": [1, 2], "in": [3, 0], "feather": [4, 5]}, [6, 7], [8, 9]]}]
    assert Shapes.parse(old).to_data() == old, "what older scripts hold reads and is written as it was"
    assert Shapes.parse(old).shapes[0].points[0].free == 0
    new = [{"points": [{"at": [1, 2], "feather": [4, 5], "feather_in": [0, 0], "feather_out": [2, 1]}, [6, 7], [8, 9]]}]
    assert Shapes.parse(new).to_data() == new
    half = [{"points": [{"at": [1, 2], "feather_out": [2, 1]}, [6, 7], [8, 9]]}]
    point = Shapes.parse(half).to_data()[0]["points"][0]
    assert point == {"at": [1, 2], "feather_in": [0, 0], "feather_out": [2, 1]}
