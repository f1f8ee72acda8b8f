"""The main window: the panels in their docks, the menus, the settings, and what happens when it is closed."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from rimlight.engine import Schedule

from . import layouts, panels, theme
from .actions import GLOBAL, Actions, overrides_from_data
from .commands import COMMANDS
from .dialogs import ask_name
from .docks import Docks, to_front
from .expanding import Expanding
from .firstread import FirstRead
from .importreport import show_report
from .keytips import Keyed
from .manual import Manual
from .menus import Menus
from .messagebar import Choice, MessageBars
from .preferences import Preferences, read_json, write_json
from .scriptfiles import ScriptFiles, is_script
from .scripts import CLOSE, Scripts
from .starting import Starting
from .status import StatusBar
from .widgets import resize_window
from .workspace import Workspace

SIZE = (1600, 950)
"""How large the window opens where the screen is."""
SHORTCUTS = "shortcuts.json"
"""The file of the user's keys in the folder of settings."""


class MainWindow(QMainWindow):
    """A window on one workspace, which it closes with itself.

    config : the folder of the user's settings. autosaves : where autosaves go, default the engine's folder.
    settled_changed : `settled` may differ.
    """

    settled_changed = Signal()

    def __init__(self, workspace: Workspace, config: Path, autosaves: Path | None = None) -> None:
        super().__init__()
        self.workspace = workspace
        workspace.setParent(self)
        self._config = config
        damaged: list[str] = []
        self.preferences = Preferences.load(config, damaged.append)
        self._schedule = Schedule(self.preferences.autosave_idle, self.preferences.autosave_forced)
        self.files = ScriptFiles(workspace, autosaves, self._schedule)
        self.status = StatusBar(workspace)
        self.bars = MessageBars(self, self.status.height)
        self.scripts = Scripts(workspace, self.files, self.bars, config, lambda: self.preferences.recent_count, self)
        self._saved_layouts = layouts.SavedLayouts(config)
        declarations, self.failures = panels.discover()
        commands = [*COMMANDS, *(action for d in declarations for action in d.actions)]
        self.commands = Actions(commands, overrides_from_data(read_json(config / SHORTCUTS, damaged.append)), self)
        self.docks = Docks(self)
        self.expanding = Expanding(self, self.docks, workspace)
        self.desktop = panels.Desktop(
            workspace,
            self.files,
            self.commands,
            lambda: self.preferences,
            self.show_panel,
            self.add_panel,
            self.prefer,
            self.rebind,
            self.failures,
            self.docks.bring,
        )
        resize_window(self, SIZE)
        self.setAcceptDrops(True)
        self.panels = self.docks.panels
        for declaration in declarations:
            self._add_panel(declaration)
        self.manual = Manual(workspace)
        self.starting = Starting(
            workspace, self.files, self.scripts, self.manual, self._below_top, self.docks.take_keys, self
        )
        self._attach_commands()
        Keyed(self, [self.commands.qaction("render.cancel")], lambda keys: setattr(workspace, "stop_key", keys[0]))
        self.menus = Menus(self.commands, self.docks, self.scripts, lambda: self.layout_names, self.choose_layout)
        self.setMenuWidget(self.menus)
        self.setStatusBar(self.status)
        self.status.resized.connect(self._follow_size)
        self._connect()
        self._first_read = FirstRead(workspace)
        self.apply_layout(layouts.DEFAULT)
        self._show_title()
        for sentence in damaged:
            self.bars.report(sentence, sentence)

    # -- panels and layouts ---------------------------------------------------------------------------------------

    def _add_panel(self, declaration: panels.PanelDeclaration) -> None:
        panel = panels.make(declaration, self.desktop)
        panel.settled_changed.connect(self.settled_changed)
        self.docks.add(declaration, panel)
        self.docks[declaration.id].installEventFilter(self.expanding)
        self.bars.stay_above(self.docks[declaration.id])

    @property
    def layout_names(self) -> list[str]:
        """The layouts there are, the product's first."""
        return [*layouts.LAYOUTS, *(name for name in self._saved_layouts.names if name not in layouts.LAYOUTS)]

    def apply_layout(self, name: str) -> bool:
        """Arrange the panels as a layout says, the user's rather than the product's. False when there is none."""
        self.expanding.leave()
        saved = self._saved_layouts.get(name)
        if saved is not None and layouts.restore_docks(self, self.docks, saved):
            for panel, state in layouts.panel_states(saved).items():
                if panel in self.panels:
                    panels.restore(panel, self.panels[panel], state)
            return True
        if name not in layouts.LAYOUTS:
            return False
        layouts.arrange(self, self.docks, layouts.LAYOUTS[name])
        return True

    def choose_layout(self, name: str) -> None:
        """Arrange the panels as a layout of the menu says, or say why that cannot be."""
        if not self.apply_layout(name):
            self.workspace.tell(f"The layout “{name}” is damaged, or of a later version; save it anew", "warning")
        elif self.docks.focused is None:
            self.docks.take_keys()

    def save_layout(self, name: str) -> None:
        """Remember how the panels stand now."""
        states = {panel: self.panels[panel].save_state() for panel in self.panels}
        self._saved_layouts.put(name, layouts.state_to_data(self, states))
        self.workspace.background.run(lambda: self._saved_layouts.write(name), None, self.workspace.tell_error)
        self.menus.fill_layouts()

    def add_panel(self, declaration: panels.PanelDeclaration, beside: str) -> None:
        """Open a further panel as a tab beside the one with the id `beside`."""
        if declaration.id not in self.docks:
            self._add_panel(declaration)
            self.docks.place_beside(declaration.id, beside)
            self.menus.add_panel(declaration.id)
        self.show_panel(declaration.id)

    def show_panel(self, panel: str) -> None:
        """Bring a panel to the front."""
        self.docks.show(panel)

    @property
    def settled(self) -> bool:
        """Whether every visible panel shows the script as it is, and nothing is under way."""
        if self.workspace.background.busy or self.workspace.evaluations.busy or not self.workspace.facts.settled:
            return False
        return all(panel.settled for panel in self.panels.values() if panel.isVisible())

    # -- commands -------------------------------------------------------------------------------------------------

    def _attach_commands(self) -> None:
        workspace, session = self.workspace, self.workspace.session
        self.commands.attach(
            GLOBAL,
            self,
            {
                "file.new": self.scripts.new,
                "file.open": self.scripts.browse,
                "file.save": self.scripts.save,
                "file.save_as": self.scripts.save_as,
                "file.save_version": self.scripts.save_version,
                "file.revert": self.files.revert,
                "file.recover": self.scripts.ask_to_recover,
                "file.start_page": self.show_start_page,
                "file.quit": self.close,
                "edit.project": partial(self.show_panel, "project"),
                "edit.preferences": partial(self.show_panel, "preferences"),
                "edit.shortcuts": partial(self.show_panel, "shortcuts"),
                "help.manual": self.manual.show,
                "help.nodes": partial(self.show_panel, "nodehelp"),
                "help.plugins": partial(self.show_panel, "plugins"),
                "edit.undo": workspace.undo,
                "edit.redo": workspace.redo,
                "render.cancel": self._escape,
                "render.clear_cache": self._clear_cache,
                "window.save_layout": self._ask_layout_name,
                "window.curves": partial(self.show_panel, "curves"),
                "window.expand": self.expanding.toggle,
                "window.full_screen": self._toggle_full_screen,
                "window.next_tab": self.docks.next_tab,
                "window.next_panel": self.docks.next_panel,
                "window.previous_panel": partial(self.docks.next_panel, -1),
            },
            {
                "file.revert": lambda: workspace.dirty and self.files.path is not None,
                "edit.undo": lambda: session.history.position > 0,
                "edit.redo": lambda: session.history.position < len(session.history.labels),
            },
        )

    # -- settings -------------------------------------------------------------------------------------------------

    def prefer(self, preferences: Preferences) -> None:
        """Put other preferences in force, and keep them in their file."""
        before, self.preferences = self.preferences, preferences
        self._schedule.idle, self._schedule.forced = preferences.autosave_idle, preferences.autosave_forced
        application = QApplication.instance()
        if preferences.font_scale != before.font_scale and isinstance(application, QApplication):
            theme.apply(application, preferences.font_scale)
        self.workspace.background.run(lambda: preferences.save(self._config), None, self.workspace.tell_error)

    def rebind(self, overrides: Mapping[str, Sequence[str]]) -> None:
        """Put the user's keys in force, and keep them in their file."""
        self.commands.set_overrides(overrides)
        data = {name: list(keys) for name, keys in overrides.items()}
        path = self._config / SHORTCUTS
        self.workspace.background.run(lambda: write_json(path, data), None, self.workspace.tell_error)

    # -- the script -----------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a script, after asking what becomes of unsaved edits."""
        self.scripts.open(path)

    def show_start_page(self) -> None:
        """Show the recent scripts and the samples over the panels."""
        self.starting.show()
        self.bars.raise_()

    def _connect(self) -> None:
        workspace, files = self.workspace, self.files
        workspace.history_changed.connect(self._show_title)
        workspace.imported.connect(lambda report: show_report(report, workspace, self))
        workspace.facts.changed.connect(self.settled_changed)
        workspace.evaluations.busy_changed.connect(self.settled_changed)
        workspace.properties_requested.connect(self._bring_properties)
        files.opened.connect(self.docks.take_keys)

    def _bring_properties(self, _: str) -> None:
        """Properties are opened: to the front with them, but the keys stay where they are. A closed panel stays so."""
        dock = self.docks.get("properties")
        if dock is not None and not dock.isHidden():
            to_front(dock)

    # -- the window -----------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        ended = next(filter(None, (panel.under_way for panel in self.panels.values())), "")
        if ended:
            event.ignore()
            end = Choice("Stop and close", self._end_and_close)
            self.bars.ask(CLOSE, ended, end, Choice("Keep working", primary=True))
            return
        if self.workspace.dirty:
            event.ignore()
            self.scripts.ask_to_close(self.close)
            return
        self.files.give_up()  # all is saved or taken back: nothing to recover
        self.workspace.close()
        super().closeEvent(event)

    def _end_and_close(self) -> None:
        for panel in self.panels.values():
            panel.end_work()
        self.close()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A script that is dropped anywhere is opened."""
        if _dropped(event.mimeData()) is not None:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        script = _dropped(event.mimeData())
        if script is not None:
            event.acceptProposedAction()
            self.open(script)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow_size()

    def _follow_size(self) -> None:
        """What lies over the panels is as large as they are."""
        self.starting.follow()
        self.bars.follow()

    def _below_top(self) -> QRect:
        """What the panels have of the window."""
        top = self.menus.geometry().bottom() + 1
        return QRect(0, top, self.width(), self.height() - top - self.status.height())

    def _show_title(self) -> None:
        path = self.files.path
        self.setWindowTitle(f"{path.name if path else 'untitled'}[*] – Rimlight")
        self.setWindowFilePath(str(path) if path else "")
        self.setWindowModified(self.workspace.dirty)

    def _escape(self) -> None:
        """Esc leaves the start page, ends what the mouse is turned to, closes a panel that is a window of its own,
        answers the newest bar, or stops what is computed, whichever there is.
        """
        dock = self.docks.focused
        if self.starting.hide():
            return
        if self.workspace.end_mode is not None:
            self.workspace.end_mode()
        elif dock is not None and dock.isFloating() and self.docks.declarations[dock.objectName()].size is not None:
            dock.hide()
            self.activateWindow()
        elif not self.bars.escape():
            self.workspace.evaluations.cancel_all()

    def _clear_cache(self) -> None:
        self.workspace.session.evaluator.clear()
        self.workspace.tell("The cache is empty")
        self.workspace.facts.refresh(self.workspace.frame)

    def _ask_layout_name(self) -> None:
        def save(name: str) -> None:
            self.save_layout(re.sub(r"[^\w -]", "_", name).strip() or "Mine")

        ask_name(self, "Save layout", "Name of the layout:", save)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)


def _dropped(data: QMimeData) -> Path | None:
    """The script among the files of a drop, None where there is none."""
    paths = (Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())
    return next((path for path in paths if is_script(path)), None)
