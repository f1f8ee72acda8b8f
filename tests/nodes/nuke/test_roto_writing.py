"""Roto to Nuke and back: points, tangents, feather with its handles, keys, transform and opacity."""

from typing import Any

import pytest

from rimlight.engine import GraphError, Session, import_nuke, nuke_text

POINTS: list[Any] = [
    {
        "at": [10.25, 4],
        "in": [-3, 1.5],
        "out": [3, -1.5],
        "feather": [2, -4],
        "feather_in": [-5, 0],
        "feather_out": [6, 1],
    },
    [40, 8],
    {"at": [30, 36], "in": [4, 0], "out": [-4, 0], "feather": [0, 8], "feather_in": [4, 0], "feather_out": [-4, 0]},
]


def there_and_back(shapes: list[Any], **values: Any) -> tuple[list[Any], list[str], Any]:
    """The shapes, what was left out on the way out, and all values of the node that came back."""
    session = Session()
    session.add("draw.roto", name="R", shapes=shapes, **values)
    text, notes = nuke_text(session.graph, ["R"])
    imported = import_nuke(text)
    state = imported.document.graph["R"]
    return state.value("shapes").to_data(), notes, state.values


def test_a_still_shape_comes_back_with_its_tangents_and_feather() -> None:
    shape = {"name": "head", "points": POINTS, "feather": 3, "opacity": 0.5, "falloff": 2, "rotate": 30,
             "center": [20, 10], "translate": [5, -2.5], "scale": [2, 0.5]}  # fmt: skip
    (found,), notes, values = there_and_back([shape], replace=True, opacity=0.25, translate=(7, 0), center=(1, 2))
    assert notes == [] and found == shape
    assert values["translate"] == (7, 0) and values["center"] == (1, 2) and "scale" not in values
    assert values["opacity"] == 0.25


def test_keys_come_back_at_their_frames() -> None:
    moved = [{"at": [12, 4], "in": [-3, 2], "out": [3, -2]}, [44, 9], [31, 36]]
    keys = [{"frame": 1, "points": [[10, 4], [40, 8], [30, 36]]}, {"frame": 12.5, "points": moved}]
    fading = {"keys": [[1, 0, "smooth"], [10, 1, "smooth"]]}
    (found,), notes, _ = there_and_back([{"name": "S", "keys": keys, "opacity": fading}])
    assert notes == [] and found["keys"] == keys and found["opacity"] == fading


def test_feather_that_turns_with_the_outline_gets_its_handles() -> None:
    points = [{**POINTS[0]}, POINTS[1], [20, 30]]
    del points[0]["feather_in"], points[0]["feather_out"]
    (found,), _, _ = there_and_back([{"name": "S", "points": points}])
    assert found["points"][0] == {**points[0], "feather_in": [-3, 1.5], "feather_out": [3, -1.5]}
    assert found["points"][1:] == points[1:]


def test_the_order_of_shapes_stays_and_what_cannot_be_written_is_named() -> None:
    square = [[0, 0], [9, 0], [9, 9]]
    shapes = [{"name": "a", "points": square}, {"name": "b", "mode": "subtract", "points": square},
              {"name": "line", "closed": False, "points": square[:2]}]  # fmt: skip
    found, notes, _ = there_and_back(shapes)
    assert [shape["name"] for shape in found] == ["a", "b"]
    assert notes == ["R: line is open, and was left out", "R: b is a subtract: choose how it is blended"]


def test_feather_handles_of_nuke_are_read_from_the_feather_point() -> None:
    """An outline and a feather as Nuke 12 wrote them: the same tangents in both mean the same curve, moved."""
    text = (
        "Roto {\n inputs 0\n output alpha\n curves {{{v x3f99999a} {f 0} {n {layer Root {f 512} {t 0 0} {a} "
        "{curvegroup B 576 bezier {{cc {f 8192} {px x44852000 "
        "{x40000000 1} {x43b70000 x435a0000} {0 -1} {1 1} {x44538000 x439c0000} {0 0} {0 0} {0 0} {0 0}}} "
        "{cc {f 8192} {px x44852000 {x40000000 1} {0 0} {0 -1} {1 1} {x42480000 x41200000} {0 x40000000} "
        "{0 0} {0 0} {0 0}}}} {tx x44852000 0 0} {a}}}}}}\n name R\n}\n"
    )
    (shape,) = import_nuke(text).document.graph["R"].value("shapes").to_data()
    assert shape["points"] == [
        {"at": [366, 218], "in": [2, 1], "out": [0, -1]},
        {"at": [846, 312], "in": [1, 1], "feather": [50, 10], "feather_in": [1, 1], "feather_out": [0, 2]},
        [0, 0],
    ]


def test_other_nodes_are_refused_with_a_sentence() -> None:
    session = Session()
    session.add("color.grade", name="G")
    with pytest.raises(GraphError, match="G: a Grade cannot be written for Nuke, only Paint, Roto can"):
        nuke_text(session.graph, ["G"])
