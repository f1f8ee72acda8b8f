"""Help: the page of what is selected or asked for, from the declarations, and a search over all nodes."""

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QUrl
from PySide6.QtGui import QTextTable
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktops import Make
from rimlight.app.help_panel import PANEL, HelpPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import registry


def open_help(make_panel: Make) -> HelpPanel:
    return make_panel(PANEL, HelpPanel)


def test_the_page_follows_the_selection_and_requests(make_panel: Make, workspace: Workspace) -> None:
    panel = open_help(make_panel)
    assert "Grade" in panel.page.toPlainText(), "the index comes first"
    box = workspace.session.add("toy.box")
    workspace.select([box])
    text = panel.page.toPlainText()
    assert "Mean of a square." in text and "size" in text and "radius" in text and "px" in text and "0 .. 50" in text
    workspace.help_requested.emit("toy.gain")
    assert "Multiplies." in panel.page.toPlainText()
    panel.go_back()
    assert panel.kind == "toy.box" and "Mean of a square." in panel.page.toPlainText()
    workspace.select([])
    assert panel.kind == "toy.box", "the page stays until there is another"


def test_pages_that_were_shown_go(make_panel: Make, workspace: Workspace) -> None:
    panel = open_help(make_panel)
    index = panel.page.document()
    workspace.help_requested.emit("toy.gain")
    page = panel.page.document()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(index) and isValid(page), "each of them would take megabytes for good"
    assert page.parent() is panel.page, "the last one goes with the panel"


def test_a_kind_that_is_not_there_is_said(make_panel: Make, workspace: Workspace) -> None:
    panel = open_help(make_panel)
    workspace.help_requested.emit("gone.node")
    assert "gone.node" in panel.page.toPlainText() and "No plugin" in panel.page.toPlainText()


def test_nodes_are_found_by_typing(make_panel: Make, qtbot: QtBot) -> None:
    panel = open_help(make_panel)
    qtbot.keyClicks(panel.field, "colcor")
    assert panel.list.isVisible() and panel.list.count() > 1 and "ColorCorrect" in panel.list.item(0).text()
    qtbot.keyClick(panel.field, Qt.Key.Key_Down)
    assert panel.list.currentRow() == 1
    qtbot.keyClick(panel.field, Qt.Key.Key_Up)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert registry.find(panel.kind).label == "ColorCorrect"
    assert panel.page.isVisible() and panel.field.text() == ""
    qtbot.keyClicks(panel.field, "blur")
    qtbot.keyClick(panel.field, Qt.Key.Key_Escape)
    assert not panel.list.isVisible() and panel.field.text() == ""


def test_links_lead_to_pages(make_panel: Make) -> None:
    panel = open_help(make_panel)
    panel.page.anchorClicked.emit(QUrl("filter.blur.md"))
    assert panel.kind == "filter.blur" and registry.find("filter.blur").label in panel.page.toPlainText()


def test_a_hidden_panel_draws_its_page_when_it_is_seen(make_panel: Make, workspace: Workspace) -> None:
    panel = open_help(make_panel)
    panel.hide()
    workspace.help_requested.emit("toy.gain")
    assert panel.page.toPlainText().startswith("Nodes")
    panel.show()
    assert panel.page.toPlainText().startswith("Gain") and "Multiplies." in panel.page.toPlainText()


def test_paragraphs_keep_their_distance_and_effects_have_room(make_panel: Make) -> None:
    panel = open_help(make_panel)
    panel.show_page("light.cast_shadow")
    document = panel.page.document()
    block, before = document.begin(), []
    while block.isValid() and not block.text().startswith("Inputs"):
        before.append(block.blockFormat().topMargin())
        block = block.next()
    assert block.isValid() and before[-1] == before[-2], "the last one before a heading is none"
    tables = [frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)]
    _, effect, _, values = (width.rawValue() for width in tables[-1].format().columnWidthConstraints())
    assert tables[-1].columns() == 4 and effect > values > 0
