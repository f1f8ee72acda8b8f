"""The card that says why there is no picture shows all of its sentence."""

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.notice import Notice
from rimlight.engine import NodeError, RimlightError

SENTENCE = "colour space 'nonsense' is not in the colour config ocio://cg-config-v4.0.0_aces; the nearest are ACEScg"


@pytest.mark.usefixtures("dressed")
@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_no_line_of_a_long_sentence_is_cut(count: int, qtbot: QtBot) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    around.resize(900, 420)
    around.show()
    notice = Notice(around)
    notice.show_error(NodeError("Read1", 1, "; ".join([SENTENCE] * count)), "Read1")
    QApplication.processEvents()
    label = notice.text
    assert label.height() >= label.heightForWidth(label.width())
    assert notice.rect().contains(notice.button.geometry())
    notice.show_error(NodeError("Read1", 1, "short"), "Read1")
    QApplication.processEvents()
    assert notice.height() < 100


@pytest.mark.usefixtures("dressed")
def test_nothing_leads_to_a_node_that_is_gone(qtbot: QtBot) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    around.resize(900, 420)
    around.show()
    notice = Notice(around)
    notice.show_error(RimlightError("there is no node 'A' any more"), "A", {"B"}.__contains__)
    assert not notice.button.isVisible()
    notice.show_error(RimlightError("cannot do"), "B", {"B"}.__contains__)
    assert notice.button.isVisible()
    assert notice.text.text() == "Cannot do"
    notice.show_error(NodeError("B", 1, "studio.haze failed with KeyError: 'a'"), "B", {"B"}.__contains__)
    assert notice.text.text() == "studio.haze failed with KeyError: 'a'"  # kinds and files are written as they are


@pytest.mark.usefixtures("dressed")
def test_it_is_whole_also_the_second_time(qtbot: QtBot) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    around.resize(900, 420)
    around.show()
    notice = Notice(around)
    for _ in range(3):
        notice.show_error(RimlightError("input 'B' is not connected"), "LightWrap1")
        QApplication.processEvents()
        assert notice.button.height() >= notice.button.minimumSizeHint().height()
        assert notice.text.height() >= notice.text.heightForWidth(notice.text.width())
        notice.hide()
        notice.show_error(RimlightError("another node is asked for"), "B", {"A"}.__contains__)
        notice.hide()
