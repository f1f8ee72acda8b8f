"""Changes of shapes as plain data: still ones stay still, keyed ones get keys."""

from rimlight.app.shapedata import key_frames, with_key, with_number, with_points, without_key

A, B = [[0, 0], [1, 0], [0, 1]], [[5, 5], [6, 5], [5, 6]]


def test_a_still_shape_stays_still_until_it_is_keyed() -> None:
    assert with_points({"name": "s", "points": A}, B, 3) == {"name": "s", "points": B}
    keyed = with_key({"name": "s", "points": A}, A, 1)
    assert keyed == {"name": "s", "keys": [{"frame": 1, "points": A}]} and key_frames(keyed) == (1.0,)


def test_a_new_key_goes_on_as_the_one_before_it_and_the_last_one_leaves_its_points() -> None:
    keyed = {"keys": [{"frame": 1, "interp": "linear", "points": A}, {"frame": 9, "points": A}]}
    both = with_points(keyed, B, 5)
    assert both["keys"][1] == {"frame": 5, "interp": "linear", "points": B} and key_frames(both) == (1, 5, 9)
    assert with_points(both, A, 5)["keys"][1]["points"] == A
    one = without_key(without_key(both, B, 5), A, 9)
    assert key_frames(one) == (1,) and without_key(one, B, 1) == {"points": B}


def test_a_number_that_is_animated_gets_a_key() -> None:
    assert with_number({"points": A}, "feather", 4.0, 2) == {"points": A, "feather": 4.0}
    moving = with_number({"feather": {"keys": [[1, 0, "smooth"]]}}, "feather", 4.0, 2)
    assert moving == {"feather": {"keys": [[1, 0, "smooth"], [2, 4, "smooth"]]}}
