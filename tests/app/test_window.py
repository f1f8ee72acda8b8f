"""The window: opens, edits, undoes, closes without losing anything."""

import os
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from desktops import hold_files
from rimlight.app.dialogs import LinesDialog
from rimlight.app.messagebar import Choice
from rimlight.app.preferences import read_json
from rimlight.app.samplecards import SampleCards
from rimlight.app.startpage import sample_folder
from rimlight.app.widgets import opening_size, place_clear_of
from rimlight.app.window import SIZE, MainWindow
from rimlight.engine import Autosave, Document, NodeState, Session, find_recovery
from source import ROOT

DEMO = ROOT / "resources" / "scripts" / "demo.rim"


def click(qtbot: QtBot, window: MainWindow, text: str) -> None:
    button = next(b for b in window.bars.findChildren(QPushButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_open_edit_undo_close(window: MainWindow, qtbot: QtBot, config: Path) -> None:
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(DEMO)
    assert window.windowTitle().startswith("demo.rim") and not window.isWindowModified()
    window.workspace.edit(lambda s: s.set("Warm", multiply=(2.0, 2.0, 2.0, 1.0)))
    assert window.isWindowModified(), window.status.text
    window.setFocus()
    window.activateWindow()
    assert window.commands.trigger("edit.undo")
    assert not window.isWindowModified() and window.status.text.startswith("Undone: set Warm")
    assert not window.commands.trigger("edit.undo") and window.commands.trigger("edit.redo")
    window.commands.trigger("edit.undo")
    qtbot.waitUntil(lambda: window.settled, timeout=20_000)
    assert window.close()
    assert read_json(config / "recent.json") == {"recent": [str(DEMO)]}


def test_what_is_asked_moves_nothing_under_the_mouse(window: MainWindow, qtbot: QtBot) -> None:
    """Panels were pushed down by what was asked, and up again by the answer."""
    qtbot.waitUntil(window.isVisible)

    def places() -> dict[str, QRect]:
        QApplication.processEvents()
        return {name: QRect(p.mapTo(window, QPoint()), p.size()) for name, p in window.panels.items() if p.isVisible()}

    before = places()
    window.bars.report("one", "A sentence")
    qtbot.waitUntil(lambda: window.bars.height() > 0)
    buttons = window.bars.findChildren(QPushButton)
    assert window.bars.height() < 2 * buttons[0].height(), "no higher than a line needs"
    window.bars.ask("two", "A question " * 60, Choice("Yes", primary=True), Choice("No"))
    qtbot.waitUntil(lambda: window.bars.height() > 60)
    assert places() == before
    window.docks["nodegraph"].raise_()
    window.resize(window.width() - 200, window.height() - 100)

    def over_the_foot() -> bool:
        bars, buttons = window.bars.geometry(), window.bars.findChildren(QPushButton)
        seen = [window.childAt(b.mapTo(window, b.rect().center())) is b for b in buttons]
        place = (bars.left(), bars.width(), bars.bottom() + 1)
        return place == (0, window.width(), window.status.geometry().top()) and all(seen)

    qtbot.waitUntil(over_the_foot)
    click(qtbot, window, "No")
    click(qtbot, window, "Close")
    qtbot.waitUntil(lambda: window.bars.height() == 0)


def test_closing_asks_without_a_box_and_saves(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    window.workspace.session.add("Constant", name="A")
    assert not window.close() and window.isVisible()
    assert window.bars.texts() == ["“shot” has edits that are not saved."]
    click(qtbot, window, "Keep working")
    assert window.isVisible() and window.bars.texts() == []
    window.close()
    assert window.commands.trigger("render.cancel") and window.bars.texts() == []
    window.close()
    click(qtbot, window, "Save and close")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    assert '"A"' in (tmp_path / "shot.rim").read_text()


def test_saving_on_the_way_to_another_script_goes_on_to_it(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    window.workspace.session.add("Constant", name="A")
    window.open(DEMO)
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        click(qtbot, window, "Save")
    assert window.files.path == DEMO and '"A"' in (tmp_path / "shot.rim").read_text()


def test_edits_made_while_saving_on_the_way_elsewhere_are_asked_about(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    window.workspace.session.add("Constant", name="A")
    assert window.commands.trigger("file.new")
    gate = hold_files(window.workspace)
    click(qtbot, window, "Save")
    window.workspace.session.add("Constant", name="B")
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        gate.set()
    assert list(window.workspace.graph) == ["A", "B"], "the edit is lost"
    assert window.bars.texts() == ["“shot” has edits that are not saved."]
    click(qtbot, window, "Save")
    qtbot.waitUntil(lambda: not list(window.workspace.graph), timeout=10_000)
    assert '"B"' in (tmp_path / "shot.rim").read_text()


def test_leaving_the_dialog_for_a_name_keeps_the_window(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.workspace.session.add("Constant", name="A")
    window.close()
    click(qtbot, window, "Save and close")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.reject()
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    qtbot.wait(50)
    assert window.isVisible(), "this save was no part of closing"


def test_script_dialogs_begin_beside_the_script(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    for show, title in ((window.scripts.browse, "Open a script"), (window.scripts.save_as, "Save the script as")):
        show()
        dialog = window.findChild(QFileDialog)
        assert dialog is not None and dialog.isVisible()
        assert (dialog.windowTitle(), dialog.directory().path()) == (title, str(tmp_path))
        dialog.close()
        dialog.setParent(None)


def test_new_work_is_not_saved_among_the_samples(window: MainWindow, qtbot: QtBot) -> None:
    sample = sample_folder() / DEMO.name
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(sample)
    window.files.new()
    window.scripts.save()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None and Path(dialog.directory().path()) != sample.parent
    dialog.close()
    dialog.setParent(None)


def test_a_script_that_is_dropped_is_opened(window: MainWindow, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(DEMO))])
    at, copy, none = QPoint(40, 40), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        drop = QDropEvent(QPointF(at), copy, data, Qt.MouseButton.LeftButton, none)
        QApplication.sendEvent(window, drop)
    assert window.files.path == DEMO


def test_an_autosave_is_not_put_into_another_script(window: MainWindow, qtbot: QtBot, config: Path) -> None:
    document = Document().with_(graph=Session().graph.put("A", NodeState("image.constant", 1)))
    Autosave(None, config / "autosave").write(document)
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000):
        window.files.look_for_unsaved()
    assert len(window.bars.texts()) == 1
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(DEMO)
    assert window.bars.texts() == []


def test_an_autosave_is_offered_with_what_and_when(window: MainWindow, qtbot: QtBot, config: Path) -> None:
    document = Document().with_(graph=Session().graph.put("A", NodeState("image.constant", 1)))
    path = Autosave(None, config / "autosave").write(document)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    written = time.strftime("%d %b %H:%M", time.localtime(1_700_000_000))
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000):
        window.files.look_for_unsaved()
    (text,) = window.bars.texts()
    assert text.startswith(
        f"An autosave of a script without a name, from {written}: 1 difference, for example: added A"
    )
    click(qtbot, window, "Recover")
    assert "A" in window.workspace.graph


def test_edits_that_were_taken_back_are_not_offered_later(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    window._schedule.idle = 0.02
    window.workspace.session.add("Constant", name="A")
    qtbot.waitUntil(lambda: bool(find_recovery(tmp_path / "shot.rim", config / "autosave")), timeout=10_000)
    window.workspace.undo()
    assert window.close()
    assert find_recovery(tmp_path / "shot.rim", config / "autosave") == []


def test_opening_over_edits_asks(window: MainWindow, qtbot: QtBot) -> None:
    window.workspace.session.add("Constant", name="A")
    window.open(DEMO)
    assert list(window.workspace.graph) == ["A"]
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        click(qtbot, window, "Do not save")
    assert "Warm" in window.workspace.graph


def test_a_script_that_cannot_be_read_is_a_bar(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "bad.rim").write_text("nonsense")
    with qtbot.waitSignal(window.files.failed, timeout=10_000):
        window.open(tmp_path / "bad.rim")
    assert len(window.bars.texts()) == 1 and "bad.rim" in window.bars.texts()[0]


def test_what_of_a_script_cannot_be_used_is_told_until_it_is_read(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    glow = '{"kind": "acme.glow", "version": 1}'
    (tmp_path / "shot.rim").write_text(f'{{"rimlight": 1, "nodes": {{"Glow1": {glow}, "Glow2": {glow}}}}}')
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(tmp_path / "shot.rim")
    (text,) = window.bars.texts()
    assert text.startswith("shot.rim: Glow1: node kind 'acme.glow' is not installed") and text.endswith("and 1 more")
    click(qtbot, window, "Show all")
    (dialog,) = window.findChildren(LinesDialog)
    assert dialog.list.count() == 2 and window.bars.texts() == [text]
    second = dialog.list.item(1)
    assert second.toolTip() == "Go to the node"
    with qtbot.waitSignal(window.workspace.reveal_requested) as heard:
        qtbot.mouseClick(
            dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=dialog.list.visualItemRect(second).center()
        )
    assert heard.args == ["Glow2"] and window.workspace.selection == ("Glow2",)
    dialog.close()
    dialog.setParent(None)
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(DEMO)
    assert window.bars.texts() == []


def test_the_node_of_the_only_thing_that_cannot_be_used_is_a_click_away(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "shot.rim").write_text('{"rimlight": 1, "nodes": {"Glow1": {"kind": "acme.glow", "version": 1}}}')
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(tmp_path / "shot.rim")
    click(qtbot, window, "Go to the node")
    assert window.workspace.selection == ("Glow1",) and len(window.bars.texts()) == 1


def test_every_menu_opens_by_a_letter_that_no_command_asks_for(window: MainWindow) -> None:
    keys = {action.text(): QKeySequence.mnemonic(action.text()).toString() for action in window.menuBar().actions()}
    assert all(keys.values()) and len(set(keys.values())) == len(keys), keys


def test_the_window_opens_no_larger_than_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QApplication, "platformName", lambda: "xcb")
    small = opening_size(QSize(1280, 720), SIZE)
    assert small.width() == 1280 and 600 < small.height() < 720
    assert opening_size(QSize(3840, 2160), SIZE) == QSize(*SIZE)


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        (QRect(343, 50, 625, 355), QPoint(283, 436)),
        (QRect(0, 300, 1366, 468), QPoint(283, 0)),
        (QRect(400, 0, 966, 768), QPoint(0, 436)),
        (QRect(), QPoint(283, 436)),
    ],
)
def test_a_window_opens_where_it_covers_least_of_what_is_to_be_seen(kept: QRect, place: QPoint) -> None:
    assert place_clear_of(QRect(0, 0, 1366, 768), QSize(800, 300), kept) == place
    assert place_clear_of(QRect(0, 0, 640, 480), QSize(800, 600), kept) == QPoint(0, 0), "its title is on the screen"


def test_the_error_panel_leads_to_the_node(window: MainWindow, qtbot: QtBot) -> None:
    s = window.workspace.session
    s.add("Blur", name="Alone", size=3)
    panel = window.panels["errors"]
    qtbot.waitUntil(lambda: panel.list.count() == 1, timeout=10_000)  # type: ignore[attr-defined]
    with qtbot.waitSignal(window.workspace.reveal_requested) as heard:
        panel.list.itemActivated.emit(panel.list.item(0))  # type: ignore[attr-defined]
    assert heard.args == ["Alone"] and window.workspace.selection == ("Alone",)


def test_the_history_panel_goes_anywhere(window: MainWindow) -> None:
    s = window.workspace.session
    for name in "ABC":
        s.add("Constant", name=name)
    listed = window.panels["history"].list  # type: ignore[attr-defined]
    assert [listed.item(i).text() for i in range(listed.count())] == ["Opened", "add A", "add B", "add C"]
    listed.itemClicked.emit(listed.item(1))
    assert list(window.workspace.graph) == ["A"] and listed.currentRow() == 1
    s.add("Constant", name="D")
    assert [listed.item(i).text() for i in range(listed.count())] == ["Opened", "add A", "add D"]


def test_a_refusal_goes_with_the_next_edit_once_it_was_read(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, status = window.workspace, window.status
    workspace.tell("'intri' is no number", "error")
    workspace.session.add("Constant", name="A")
    assert status.text == "'intri' is no number", "there was no time to read it"
    monkeypatch.setattr("rimlight.app.status.SHOWN_MS", 1)
    workspace.tell("'intri' is no number", "error")
    workspace.tell("A has no input", "warning")
    qtbot.waitUntil(lambda: status._read)
    assert status.text == "A has no input", "it stays while nothing is done"
    workspace.session.add("Constant", name="B")
    assert status.text == ""
    workspace.tell("Saved")
    qtbot.waitUntil(lambda: status.text == "")


def test_a_message_moves_no_panel(window: MainWindow) -> None:
    window.status._clear()
    before = window.status.sizeHint().height()
    assert window.status.text == ""
    for kind in ("information", "warning", "error"):
        window.workspace.tell("Something was done", kind)  # type: ignore[arg-type]
        assert window.status.sizeHint().height() == before, kind


def test_the_keys_begin_in_the_node_graph(window: MainWindow, qtbot: QtBot) -> None:
    """Not in a panel behind another tab, nor in the empty status bar."""
    with qtbot.waitActive(window):
        window.activateWindow()
    graph = window.panels["nodegraph"]
    window.show_start_page()
    window.commands.trigger("render.cancel")
    assert graph.isAncestorOf(QApplication.focusWidget())
    window.panels["curves"].setFocus()
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(DEMO)
    assert graph.isAncestorOf(QApplication.focusWidget())


def test_samples_come_to_the_start_page_from_a_thread(window: MainWindow, qtbot: QtBot) -> None:
    window.show_start_page()
    page = window.starting.page
    assert page is not None and not window.settled
    (cards,) = page.findChildren(SampleCards)
    qtbot.waitUntil(lambda: bool(cards.findItems("From night to dusk", Qt.MatchFlag.MatchExactly)), timeout=30_000)
    window.show_start_page()
    window.commands.qaction("file.new").trigger()  # the page may be gone before they come
    qtbot.waitUntil(lambda: window.starting.page is None and not window.workspace.background.busy, timeout=30_000)


def test_the_start_page_ends_where_the_status_bar_begins(window: MainWindow, qtbot: QtBot) -> None:
    window.show_start_page()
    page = window.starting.page
    assert page is not None
    window.status.setFixedHeight(window.status.height() + 9)
    qtbot.waitUntil(lambda: page.geometry().bottom() + 1 == window.height() - window.status.height())


def test_viewers_come_back_with_their_script(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    workspace, s = window.workspace, window.workspace.session
    s.set_project(format="64x48")
    for name in ("A", "B"):
        s.add("toy.coordinates", name=name)
    workspace.view("A", 1)
    for _ in range(2):
        window.commands.trigger("viewer.new")
    workspace.view("B", 1, viewer="Viewer2")
    two, three = (window.panels[f"viewer{number}"] for number in (2, 3))
    two.change(exposure=1.5)  # type: ignore[attr-defined]
    window.docks["viewer3"].close()
    assert workspace.open_viewers[-1] == "Viewer2" and three is not None
    path = tmp_path / "shot.rim"
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(path)
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(DEMO)
    assert window.docks["viewer2"].isHidden() and not window.docks["viewer"].isHidden()
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.open(path)
    assert not window.docks["viewer2"].isHidden() and window.docks["viewer3"].isHidden()
    assert workspace.views("Viewer2").node_a == "B" and workspace.views().node_a == "A"
    assert two.settings.exposure == 1.5  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.settled, timeout=20_000)


def test_arrows_go_through_the_menu_bar(window: MainWindow, qtbot: QtBot) -> None:
    """Alt gives it the keys, but arrows are keys of graph and viewer too, so that menus without a letter were shut."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    bar = window.menuBar()
    qtbot.keyClick(window, Qt.Key.Key_Alt)
    qtbot.waitUntil(lambda: bar.hasFocus() and bar.activeAction() is not None)
    shown = [action for action in bar.actions() if action.isVisible()]
    for expected in (*shown[1:], shown[0]):
        qtbot.keyClick(bar, Qt.Key.Key_Right)
        assert bar.activeAction() is expected
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.hasFocus()
