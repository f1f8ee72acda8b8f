"""Bars of nodes with a range, while they are dragged."""

from rimlight.app.curves.ranges import Bar, shown_while_moved


def test_an_end_that_is_pulled_stops_at_the_other() -> None:
    bar = Bar("R", 10, 20, ends=("first", "last"), values=(10, 20))
    for end, by, expected in ((0, 30, (20, 20)), (1, -30, (10, 10)), (0, -5, (5, 20)), (None, 4, (14, 24))):
        shown = shown_while_moved(bar, by, end)
        assert (shown.first, shown.last) == expected
        values = {"first": 10, "last": 20} | (bar.moved(by) if end is None else bar.pulled(end, by))
        assert tuple(values.values()) == expected, "what is shown is what the node will say"
