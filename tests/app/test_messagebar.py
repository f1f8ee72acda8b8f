"""Bars of messages come and go, and leave nothing behind."""

from PySide6.QtWidgets import QWidget, QWidgetItem
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from desktops import dispose
from rimlight.app.messagebar import Choice, MessageBars


def seen_items() -> set[int]:
    """Items of layouts that Python knows."""
    return {id(known) for known in Shiboken.getAllValidWrappers() if isinstance(known, QWidgetItem)}


def test_bars_that_went_leave_no_item_of_a_layout(qtbot: QtBot) -> None:
    """What was made next at the place of one was taken for it: another object, or a crash."""
    around, before = QWidget(), seen_items()
    qtbot.addWidget(around)
    bars = MessageBars(around, lambda: 0)
    around.resize(400, 300)
    around.show()
    bars.report("failure", "One")
    bars.ask("close", "Two", Choice("Yes"), Choice("No"))
    bars.report("failure", "Three")
    bars.follow()
    assert bars.texts() == ["Two", "Three"], "the newest below"
    assert bars.escape() and bars.texts() == ["Two"]
    bars.dismiss("close")
    assert not bars.escape() and bars.texts() == []
    bars.follow()
    dispose(QWidget())
    assert seen_items() == before
