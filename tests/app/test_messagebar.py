"""Bars of messages come and go, and leave nothing behind."""

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QWidget, QWidgetItem
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from desktops import dispose
from rimlight.app.messagebar import Choice, MessageBar, MessageBars


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


class Shows(QObject):
    """Counts how often a widget is shown."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Show
        return False


def test_what_goes_as_soon_as_it_came_is_no_window_of_its_own(qtbot: QtBot) -> None:
    """Its layout shows what was added a moment later: a bar stood alone at the corner of the screen by then."""
    around = QWidget()
    qtbot.addWidget(around)
    bars = MessageBars(around, lambda: 0)
    around.show()
    for leave in (lambda: bars.dismiss("close"), bars.escape):
        bars.ask("close", "A question", Choice("Yes"), Choice("No"))
        (bar,) = bars.findChildren(MessageBar)
        shows = Shows()
        bar.installEventFilter(shows)
        leave()
        loop = QEventLoop()  # in which what is to be deleted later stays, as in that of a menu
        QTimer.singleShot(0, loop.quit)
        loop.exec()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)
        assert shows.count == 0
