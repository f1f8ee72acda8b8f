"""The field for frames per second."""

from pytestqt.qtbot import QtBot

from rimlight.app.timeline.rate import RateField


def test_arrows_go_to_the_next_usual_rate(qtbot: QtBot) -> None:
    field = RateField()
    qtbot.addWidget(field)
    for value, steps, expected in (
        (24.0, 1, 25.0), (24.0, -1, 23.976), (23.976, 1, 24.0), (24000 / 1001, 1, 24.0), (26.5, 1, 29.97),
        (26.5, -1, 25.0), (24.0, 3, 30.0), (240.0, 1, 240.0), (1.0, -1, 1.0), (100.0, 10, 240.0),
    ):  # fmt: skip
        field.setValue(value)
        field.stepBy(steps)
        assert field.value() == expected, (value, steps)
