"""The script editor: a field for Python, what it prints, and the runs before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QSplitter, QToolButton, QVBoxLayout

from .. import theme
from ..actions import Action
from ..keytips import Keyed, KeyTip
from ..panels import Desktop, Panel, PanelDeclaration
from ..preferences import config_folder, read_json, write_json
from ..widgets import flat_button, label_of, to_edge
from ..workspace import Workspace
from .code_edit import CodeEdit
from .completing import Completion, completion
from .past import FILE, Memory, Ran
from .runner import Runner
from .running import Outcome

CONTEXT = ("scripteditor",)
ACTIONS = (
    Action("script.run", "&Run Script", ("Ctrl+Return", "Ctrl+Enter"), CONTEXT, tip="Run all, or what is selected"),
    Action("script.interrupt", "&Interrupt Script", ("Ctrl+.",), CONTEXT, tip="Stop before the next line"),
    Action("script.previous", "&Earlier Run", ("Ctrl+[",), CONTEXT, tip="Fetch what was run before"),
    Action("script.next", "&Later Run", ("Ctrl+]",), CONTEXT, tip="Fetch what was run after that"),
    Action("script.clear", "&Clear Output", ("Ctrl+Shift+Backspace",), CONTEXT),
)
LINES = 10_000
"""Of output that are kept."""
SAVE_MS = 500
"""After the last key until the text is written."""


class ScriptPanel(Panel):
    """Above the output, below the text. Its runs work on a fork of the session, see `running.py`."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._memory = Memory()
        self._known = False
        self._at: int | None = None
        """Which run was fetched, None for the text that was typed."""
        self._typed = ""
        self._ran = ""
        self.runner = Runner(self.workspace, self)
        self.runner.output.connect(self._print)
        self.runner.ended.connect(self._ended)
        self._saving = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._saving.timeout.connect(self._save)
        self._build()
        self._attach()
        self.workspace.closing.connect(self._close)
        self.workspace.background.run(partial(read_json, config_folder() / FILE), self._remembered)
        self._show_state()

    def _build(self) -> None:
        self.output = QPlainTextEdit()
        self.output.setReadOnly(True)
        self.output.setUndoRedoEnabled(False)
        self.output.setMaximumBlockCount(LINES)
        self.output.setFont(theme.fixed_font())
        Keyed(self.output, [self.desktop.actions.qaction("script.run")], self._show_hint)
        self.edit = CodeEdit()
        self.edit.complete = partial(_completion, self.workspace)
        self.edit.installEventFilter(self)
        self._status = label_of("dim")
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.output)
        split.addWidget(self.edit)
        split.setSizes([200, 300])
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        self._split = split
        layout = to_edge(QVBoxLayout(self))
        layout.addLayout(self._bar())
        layout.addWidget(split)
        self.setFocusProxy(self.edit)

    def _attach(self) -> None:
        self.desktop.actions.attach(
            "scripteditor",
            self,
            {
                "script.run": self.run,
                "script.interrupt": self.runner.interrupt,
                "script.previous": partial(self._fetch, -1),
                "script.next": partial(self._fetch, 1),
                "script.clear": self.output.clear,
            },
            {"script.run": self._can_run, "script.interrupt": self._running},
        )

    def _bar(self) -> QHBoxLayout:
        self._buttons: dict[str, QToolButton] = {}
        bar = QHBoxLayout()
        bar.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        bar.setSpacing(theme.SPACE)
        for name, icon in (
            ("script.run", "play"),
            ("script.interrupt", "stop"),
            ("script.previous", "step-back"),
            ("script.next", "step-forward"),
        ):
            bar.addWidget(self._button(name, icon))
        self.earlier = flat_button("What was run before, newest first", text="Runs")
        self.earlier.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.earlier)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill_runs)
        self.earlier.setMenu(menu)
        bar.addWidget(self.earlier)
        bar.addWidget(self._button("script.clear", "clear"))
        bar.addStretch()
        bar.addWidget(self._status)
        return bar

    def _button(self, name: str, icon: str) -> QToolButton:
        made = QToolButton()
        made.setAutoRaise(True)
        made.setIcon(theme.icon(icon, "accent" if name == "script.run" else "text"))
        KeyTip(made, self.desktop.actions.qaction(name))
        made.clicked.connect(partial(self.desktop.actions.trigger, name))
        self._buttons[name] = made
        return made

    def _show_hint(self, keys: Sequence[str]) -> None:
        runs = f" {keys[0]} runs all, or what is selected." if keys[0] else ""
        self.output.setPlaceholderText(f"What scripts print appears here.{runs}")

    # -- running --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run the selected text, or all of it."""
        text = self.edit.chosen or self.edit.toPlainText()
        if text.strip() and self.runner.start(text):
            self._ran = text
            self._at = None
            self._show_state()

    def _can_run(self) -> bool:
        return not self.runner.running

    def _running(self) -> bool:
        return self.runner.running

    @property
    def settled(self) -> bool:
        return not self.runner.running

    def _ended(self, outcome: Outcome, sentence: str) -> None:
        if outcome.error:
            self._print(outcome.error, "error")
        mark = "stopped" if outcome.interrupted else "failed" if outcome.error else "done"
        self._print(f"— {sentence} ({outcome.seconds:.2f} s)\n", "text.dim")
        when = f"{datetime.now():%Y-%m-%d %H:%M}"
        self._memory = self._memory.with_run(Ran(self._ran, when, mark))
        self._save()
        self._show_state()
        self.settled_changed.emit()

    def _print(self, text: str, color: str = "text") -> None:
        bar = self.output.verticalScrollBar()
        following = bar.value() >= bar.maximum() - 2
        cursor = QTextCursor(self.output.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if color != "text" and cursor.positionInBlock() > 0:
            cursor.insertText("\n")
        look = QTextCharFormat()
        look.setForeground(theme.color(color))
        cursor.insertText(text, look)
        if following:
            bar.setValue(bar.maximum())

    def _show_state(self) -> None:
        running = self.runner.running
        self._buttons["script.run"].setEnabled(not running)
        self._buttons["script.interrupt"].setEnabled(running)
        self._status.setText("running" if running else "")

    # -- what was run before --------------------------------------------------------------------------------------

    def _fetch(self, step: int) -> None:
        """Put the run before or after the present one into the field; after the last comes what was typed."""
        runs = self._memory.runs
        if self._at is None:
            self._typed = self.edit.toPlainText()
        at = (len(runs) if self._at is None else self._at) + step
        if 0 <= at <= len(runs):
            self._at = at if at < len(runs) else None
            self.edit.replace_all(runs[at].text if at < len(runs) else self._typed)

    def _fill_runs(self) -> None:
        menu = self.earlier.menu()
        menu.clear()
        marks = {"failed": ("error", "error"), "stopped": ("pause", "warning")}
        for ran in reversed(self._memory.runs):
            entry = menu.addAction(f"{ran.when[-5:]}   {ran.title}".replace("&", "&&"))
            entry.setToolTip(ran.text)
            entry.setIcon(theme.icon(*marks.get(ran.mark, ("check", "success"))))
            entry.triggered.connect(partial(self.edit.replace_all, ran.text))
        if not self._memory.runs:
            menu.addAction("Nothing was run yet").setEnabled(False)

    # -- remembering ----------------------------------------------------------------------------------------------

    def _remembered(self, data: Mapping[str, Any]) -> None:
        found = Memory.from_data(data)
        early = self._memory.runs
        self._memory = replace(found, runs=(*found.runs, *early))
        if not self.edit.toPlainText():
            self.edit.setPlainText(found.text)
        self.edit.textChanged.connect(self._saving.start)
        self._known = True
        if early:
            self._save()

    def _save(self) -> None:
        self._saving.stop()
        if not self._known:  # it would write over what was kept
            return
        self._memory = replace(self._memory, text=self.edit.toPlainText())
        data = self._memory.to_data()
        self.workspace.background.run(partial(write_json, config_folder() / FILE, data), None, self._tell)

    def _tell(self, error: Exception) -> None:
        self.workspace.tell(f"the script editor's text was not kept: {error}", "warning")

    def _close(self) -> None:
        if self._saving.isActive():
            self._save()
        self.runner.close()

    def save_state(self) -> dict[str, Any]:
        return {"sizes": self._split.sizes()}

    def restore_state(self, state: dict[str, Any]) -> None:
        sizes = state.get("sizes")
        if isinstance(sizes, list) and len(sizes) == 2 and all(isinstance(size, int) for size in sizes):
            self._split.setSizes(sizes)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """While a script runs Esc is for it, as it is for pictures elsewhere."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self.runner.running:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.runner.interrupt()
                return True
        return False


def _completion(workspace: Workspace, before: str, text: str) -> Completion:
    return completion(before, text, workspace.graph)


PANEL = PanelDeclaration("scripteditor", "Script Editor", ScriptPanel, area="bottom", actions=ACTIONS)
