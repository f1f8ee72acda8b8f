"""What the watchdog says of a process in which nothing moves."""

from rimlight.engine.render.watchdog import Watchdog


def test_it_names_what_is_not_at_its_end_whoever_else_came_to_one_later() -> None:
    dog = Watchdog(1.0, doing="the start")
    assert dog.doing == "the start"
    for doing, done in (
        ("Read frame 1", False),
        ("Read frame 1", True),
        ("Wait frame 2", False),
        ("Out frame 1", False),
    ):
        dog.feed(doing, done)
    assert dog.doing == "Out frame 1"
    dog.feed("Out frame 1", done=True)
    assert dog.doing == "Wait frame 2"
    dog.feed("Wait frame 2", done=True)
    assert dog.doing == "Wait frame 2"
