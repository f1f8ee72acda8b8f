"""How curves are painted: as much work as there are pixels, however many keys there are."""

import math

import numpy as np
import pytest

from calls import noted
from rimlight.app.curves import selection
from rimlight.app.curves.curve_paint import key_places, outline
from rimlight.app.curves.plane import Plane
from rimlight.app.curves.selection import shared
from rimlight.app.keymarks import told_apart
from rimlight.engine import Curve, Key

NAME = ("Blur1.mix", 0)
MANY = Curve(tuple(Key(float(i), math.sin(i * i)) for i in range(5000)))


def test_an_outline_has_the_ends_and_the_extremes_of_each_column_of_pixels() -> None:
    xs = np.linspace(-3, 40, 4000)
    ys = np.sin(xs * 7) * xs
    found = outline(xs, ys)
    assert len(found) <= 4 * 44
    assert (np.diff(found[:, 0]) > 0).all()
    for column in range(-3, 40):
        inside, seen = np.floor(xs) == column, np.floor(found[:, 0]) == column
        assert found[seen, 1].min() == ys[inside].min()
        assert found[seen, 1].max() == ys[inside].max()
        assert found[seen][[0, -1]].tolist() == [[xs[inside][0], ys[inside][0]], [xs[inside][-1], ys[inside][-1]]]


def test_an_outline_of_few_points_is_all_of_them() -> None:
    xs, ys = np.array([0.2, 0.4, 2.0, 2.5]), np.array([1.0, -4.0, 3.0, 3.0])
    assert outline(xs, ys).tolist() == [[0.2, 1.0], [0.4, -4.0], [2.0, 3.0], [2.5, 3.0]]
    assert outline(xs[:1], ys[:1]).tolist() == [[0.2, 1.0]]


def test_keys_on_one_pixel_are_painted_once_and_those_outside_not_at_all() -> None:
    plane = Plane(0, 1, 0.1, 50)
    assert len(told_apart(key_places(Curve.of(*((i, 0.5) for i in range(5000))), plane), 100, 80)) <= 109
    apart = key_places(Curve.of((0, 0), (300, 0.5), (900, 1), (5000, 1)), plane)
    assert told_apart(apart, 100, 80).tolist() == apart[:3].tolist()


def test_what_selected_keys_share_is_known_after_the_first_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = noted(monkeypatch, (selection, "slopes"))
    everything = {NAME: frozenset(range(5000))}
    assert shared(everything, {NAME: MANY}) == {"frame": None, "value": None, "left": None, "right": None}
    assert len(asked) < 50
    level = Curve.of(*((i, 0.5) for i in range(20)))
    assert shared({NAME: frozenset(range(20))}, {NAME: level}) == {"frame": None, "value": 0.5, "left": 0, "right": 0}
    assert shared({}, {}) == {"frame": None, "value": None, "left": None, "right": None}


def test_a_curve_lays_out_its_pieces_once() -> None:
    assert all(one is two for one, two in zip(MANY.pieces(), MANY.pieces(), strict=True))
    with pytest.raises(ValueError, match="read-only"):
        MANY.pieces()[0][0] = 1.0
