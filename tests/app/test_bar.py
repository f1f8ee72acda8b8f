"""A bar fits any width: what counts least goes first, and comes back."""

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.bar import Bar
from rimlight.app.viewer.bars import InputBar


def test_what_counts_least_is_hidden_first(qtbot: QtBot) -> None:
    panel, bar = QWidget(), Bar()
    qtbot.addWidget(panel)
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(bar)
    names = {"low": 1, "high": 9, "middle": 5}
    buttons = {name: QPushButton(name) for name in names}
    for name, worth in names.items():
        buttons[name].setFixedWidth(100)
        bar.put(buttons[name], worth)
    bar.row.addStretch()
    panel.show()
    seen = {}
    for width in (500, 260, 150, 20, 500):
        panel.resize(width, 30)
        seen[width] = {name for name, button in buttons.items() if button.isVisible()}
        assert bar.width() == width and panel.minimumSizeHint().width() == 0, "it asks for no room of its own"
    assert seen == {500: set(names), 260: {"high", "middle"}, 150: {"high"}, 20: set()}
    bar.want(buttons["high"], False)
    assert not buttons["high"].isVisible() and buttons["low"].isVisible()


def test_a_name_and_its_field_come_and_go_together(qtbot: QtBot) -> None:
    bar = InputBar()
    qtbot.addWidget(bar)
    bar.show()
    for width in range(600, 40, -20):
        bar.resize(width, 31)
        labels = {label.text(): label for label in bar.findChildren(QLabel)}
        assert labels["B"].isVisible() == bar.b.isVisible() and labels["A"].isVisible() == bar.a.isVisible()
    assert not bar.b.isVisible()
