"""The main window: the panels in their docks, the menus, and the life of the script in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QMainWindow,
    QMenuBar,
    QVBoxLayout,
    QWidget,
)

from rimlight.engine import Schedule

from . import layouts, panels, theme
from .actions import GLOBAL, Actions, overrides_from_data
from .commands import COMMANDS, MENUS
from .dialogs import LinesDialog, file_dialog, show_dialog
from .docks import Docks, to_front
from .firstread import FirstRead
from .importreport import show_report
from .manual import Manual
from .messagebar import Choice, MessageBars
from .preferences import Preferences, read_json, write_json
from .recovery import RECOVERY, offer_recovery
from .scriptfiles import FILTER, OPENED_FILTER, ScriptFiles, is_script, recent_from_data, recent_to_data
from .startpage import Sample, StartPage, read_samples, sample_folder
from .status import StatusBar
from .workspace import Workspace

SIZE = (1600, 950)
"""How large the window opens where the screen is."""
_FRAME = (0, 32)
"""What the system's frame takes of the screen, about."""
CLOSE, FAILURE, WARNINGS = "close", "failure", "warnings"
"""Topics of message bars."""


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
        self.preferences = Preferences.load(config)
        self._schedule = Schedule(self.preferences.autosave_idle, self.preferences.autosave_forced)
        self.files = ScriptFiles(workspace, autosaves, self._schedule)
        self._recent = recent_from_data(read_json(config / "recent.json"))
        self._saved_layouts = layouts.SavedLayouts(config)
        self._after_saving: Callable[[], object] | None = None
        declarations, self.failures = panels.discover()
        commands = [*COMMANDS, *(action for d in declarations for action in d.actions)]
        self.commands = Actions(commands, overrides_from_data(read_json(config / "shortcuts.json")), self)
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
        )
        self.resize(opening_size(self.screen().availableSize()))
        self.setAcceptDrops(True)
        self.docks = Docks(self)
        self.panels = self.docks.panels
        self.panel_actions: dict[str, QAction] = {}
        for declaration in declarations:
            self._add_panel(declaration)
        self.menus = QMenuBar()
        self.bars = MessageBars()
        self._add_top()
        self._start_page: StartPage | None = None
        self.manual = Manual(workspace)
        self.status = StatusBar(workspace)
        self.setStatusBar(self.status)
        self.status.resized.connect(self._place_start_page)
        self.bars.resized.connect(self._place_start_page)
        self._attach_commands()
        self._fill_menus()
        self._connect()
        self._first_read = FirstRead(workspace)
        self.apply_layout(layouts.DEFAULT)
        self._show_title()

    # -- panels and layouts ---------------------------------------------------------------------------------------

    def _add_panel(self, declaration: panels.PanelDeclaration) -> None:
        panel = panels.make(declaration, self.desktop)
        panel.settled_changed.connect(self.settled_changed)
        self.docks.add(declaration, panel)

    @property
    def layout_names(self) -> list[str]:
        """The layouts there are, the product's first."""
        return [*layouts.LAYOUTS, *(name for name in self._saved_layouts.names if name not in layouts.LAYOUTS)]

    def apply_layout(self, name: str) -> bool:
        """Arrange the panels as a layout says, the user's rather than the product's. False when there is none."""
        saved = self._saved_layouts.get(name)
        if saved is not None and layouts.restore_docks(self, saved):
            for panel, state in saved.get("panels", {}).items():
                if panel in self.panels:
                    self.panels[panel].restore_state(state)
            return True
        if name not in layouts.LAYOUTS:
            return False
        layouts.arrange(self, self.docks, layouts.LAYOUTS[name])
        return True

    def save_layout(self, name: str) -> None:
        """Remember how the panels stand now."""
        states = {panel: self.panels[panel].save_state() for panel in self.panels}
        self._saved_layouts.put(name, layouts.state_to_data(self, states))
        self.workspace.background.run(lambda: self._saved_layouts.write(name), None, self._tell_error)
        self._fill_layouts()

    def add_panel(self, declaration: panels.PanelDeclaration, beside: str) -> None:
        """Open a further panel as a tab beside the one with the id `beside`."""
        if declaration.id not in self.docks:
            self._add_panel(declaration)
            self.docks.place_beside(declaration.id, beside)
            self._add_panel_action(declaration.id)
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

    # -- menus ----------------------------------------------------------------------------------------------------

    def _attach_commands(self) -> None:
        workspace, session = self.workspace, self.workspace.session
        self.commands.attach(
            GLOBAL,
            self,
            {
                "file.new": lambda: self._leaving(self.files.new),
                "file.open": self.browse,
                "file.save": self.save,
                "file.save_as": self.save_as,
                "file.save_version": self.save_version,
                "file.revert": self.files.revert,
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
                "window.full_screen": self._toggle_full_screen,
                "window.next_tab": self.docks.next_tab,
            },
            {
                "file.revert": lambda: workspace.dirty and self.files.path is not None,
                "edit.undo": lambda: session.history.position > 0,
                "edit.redo": lambda: session.history.position < len(session.history.labels),
            },
        )

    def _fill_menus(self) -> None:
        menus = self.commands.fill(self.menus, MENUS)
        self._recent_menu = menus["&File"].addMenu("Open &Recent")
        menus["&File"].insertMenu(self.commands.qaction("file.save"), self._recent_menu)
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self._layout_menu = menus["&Window"].addMenu("&Layouts")
        self._fill_layouts()
        menus["&Window"].addSeparator()
        self.window_menu = menus["&Window"]
        self.window_menu.aboutToShow.connect(self._check_panel_actions)
        for panel in sorted(self.docks, key=lambda name: self.docks[name].windowTitle()):
            self._add_panel_action(panel)
        for menu in menus.values():
            menu.menuAction().setVisible(not menu.isEmpty())

    def _add_panel_action(self, panel: str) -> None:
        """A panel's line in the menu. Not the dock's own action, which hides a panel that is behind another tab."""
        action = QAction(self.docks[panel].windowTitle(), self)
        action.setCheckable(True)
        action.triggered.connect(partial(self.docks.show_or_hide, panel))
        self.panel_actions[panel] = action
        self.window_menu.addAction(action)

    def _check_panel_actions(self) -> None:
        for panel, action in self.panel_actions.items():
            action.setChecked(not self.docks[panel].isHidden())

    def _fill_layouts(self) -> None:
        self._layout_menu.clear()
        for name in self.layout_names:
            self._layout_menu.addAction(name, partial(self.apply_layout, name))

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self._recent:
            self._recent_menu.addAction(str(path).replace("&", "&&"), partial(self.open, path))

    # -- settings -------------------------------------------------------------------------------------------------

    def prefer(self, preferences: Preferences) -> None:
        """Put other preferences in force, and keep them in their file."""
        before, self.preferences = self.preferences, preferences
        self._schedule.idle, self._schedule.forced = preferences.autosave_idle, preferences.autosave_forced
        application = QApplication.instance()
        if preferences.font_scale != before.font_scale and isinstance(application, QApplication):
            theme.apply(application, preferences.font_scale)
        self.workspace.background.run(lambda: preferences.save(self._config), None, self._tell_error)

    def rebind(self, overrides: Mapping[str, Sequence[str]]) -> None:
        """Put the user's keys in force, and keep them in their file."""
        self.commands.set_overrides(overrides)
        data = {name: list(keys) for name, keys in overrides.items()}
        path = self._config / "shortcuts.json"
        self.workspace.background.run(lambda: write_json(path, data), None, self._tell_error)

    # -- the script -----------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a script, after asking what becomes of unsaved edits."""
        self._leaving(lambda: self.files.open(path))

    def browse(self) -> None:
        """Choose a script to open."""
        dialog = self._dialog("Open a script", QFileDialog.AcceptMode.AcceptOpen)
        dialog.setNameFilter(OPENED_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        show_dialog(dialog)

    def save(self) -> None:
        """Save the script, asking for a name where it has none."""
        if self.files.path is None:
            self.save_as()
        else:
            self.files.save()

    def save_as(self) -> None:
        """Choose a file to save to."""
        dialog = self._dialog("Save the script as", QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("rim")
        dialog.fileSelected.connect(lambda name: self.files.save(Path(name)))
        dialog.rejected.connect(self._stay)
        show_dialog(dialog)

    def save_version(self) -> None:
        """Save under the next version: `shot_v003.rim` after `shot_v002.rim`."""
        if self.files.path is None:
            self.save_as()
        else:
            self.files.save(next_version(self.files.path))

    def show_start_page(self) -> None:
        """Show the recent scripts and the samples over the panels."""
        if self._start_page is not None:
            self._start_page.deleteLater()
        begin = (
            ("New script", lambda: self._leaving(self.files.new), ""),
            ("Open…", self.browse, "folder"),
            ("Manual", self.manual.show, "help"),
        )
        page = StartPage(self._recent, begin, self.open, self)
        self._start_page = page
        self.workspace.background.run(read_samples, self._show_samples)
        self._place_start_page()
        page.show()
        page.raise_()
        page.setFocus()

    def _show_samples(self, samples: Mapping[Path, Sample]) -> None:
        if self._start_page is not None:  # it may be closed
            self._start_page.show_samples(samples)

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        samples = sample_folder().resolve()  # nobody's work belongs in there
        known = self.files.path or next((path for path in self._recent if path.resolve().parent != samples), None)
        dialog = file_dialog(self, title, known.parent if known is not None else None, FILTER)
        dialog.setAcceptMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        return dialog

    def _connect(self) -> None:
        workspace, files = self.workspace, self.files
        workspace.history_changed.connect(self._show_title)
        workspace.imported.connect(lambda report: show_report(report, workspace, self))
        workspace.facts.changed.connect(self.settled_changed)
        workspace.evaluations.busy_changed.connect(self.settled_changed)
        workspace.document_changed.connect(self._hide_start_page)
        workspace.properties_requested.connect(self._bring_properties)
        files.opened.connect(self._opened)
        files.saved.connect(self._saved)
        files.failed.connect(self._failed)
        files.recovery_found.connect(partial(offer_recovery, files, self.bars, self))

    def _bring_properties(self, _: str) -> None:
        """Properties are opened: to the front with them, but the keys stay where they are. A closed panel stays so."""
        dock = self.docks.get("properties")
        if dock is not None and not dock.isHidden():
            to_front(dock)

    def _opened(self, path: Path) -> None:
        self.bars.dismiss(FAILURE)
        self.bars.dismiss(RECOVERY)  # of another script: taken now, it would be saved over this one
        self.bars.dismiss(WARNINGS)
        self._remember(path)
        self.docks.take_keys()
        self.workspace.tell(f"Opened {path.name}")
        if self.files.path is not None:  # what was imported has its report
            self._warn(path.name, self.workspace.session.warnings)

    def _warn(self, name: str, warnings: Sequence[str]) -> None:
        """Tell in a bar what of a script could not be used: a plugin that is missing is no small thing."""
        if not warnings:
            return

        def show_all() -> None:
            LinesDialog(name, "What could not be used; all of it is kept and saved again", warnings, self).show()

        more = f", and {len(warnings) - 1} more" if len(warnings) > 1 else ""
        others = (Choice("Show all", show_all, stays=True),) if more else ()
        self.bars.ask(WARNINGS, f"{name}: {warnings[0]}{more}", *others, Choice("Close"))

    def _saved(self, path: Path) -> None:
        self.bars.dismiss(FAILURE)
        self._remember(path)
        self.workspace.tell(f"Saved {path.name}")
        go, self._after_saving = self._after_saving, None
        if go is not None:
            self._leaving(go)  # asks again where edits were made while it was saved

    def _failed(self, sentence: str) -> None:
        self._stay()
        self.bars.report(FAILURE, sentence)

    def _tell_error(self, error: Exception) -> None:
        self.workspace.tell(str(error), "error")

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        self._recent = [path, *(p for p in self._recent if p != path)][: self.preferences.recent_count]
        data = recent_to_data(self._recent)
        self.workspace.background.run(lambda: write_json(self._config / "recent.json", data), None, self._tell_error)

    def _leaving(self, go: Callable[[], object]) -> None:
        """Do what replaces the script, at once when nothing is lost."""
        if not self.workspace.dirty:
            go()
            return

        def give_up() -> None:
            self.files.give_up()
            self.workspace.session.history.mark_saved()
            go()

        self.bars.ask(
            CLOSE,
            f"“{self.workspace.name}” has edits that are not saved.",
            Choice("Save", partial(self._save_and, go), primary=True),
            Choice("Do not save", give_up),
            Choice("Keep working"),
        )

    # -- the window -----------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.workspace.dirty:
            event.ignore()
            self.bars.ask(
                CLOSE,
                f"“{self.workspace.name}” has edits that are not saved.",
                Choice("Save and close", partial(self._save_and, self.close), primary=True),
                Choice("Close without saving", self._close_anyway),
                Choice("Keep working"),
            )
            return
        self.files.give_up()  # all is saved or taken back: nothing to recover
        self.workspace.close()
        super().closeEvent(event)

    def _save_and(self, go: Callable[[], object]) -> None:
        """Save, and then do what was asked for; not where saving fails or its dialog is left."""
        self._after_saving = go
        self.save()

    def _stay(self) -> None:
        """Nothing was saved, so nothing that waits for that is done."""
        self._after_saving = None

    def _close_anyway(self) -> None:
        self.files.give_up()
        self.workspace.session.history.mark_saved()
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
        self._place_start_page()

    def _place_start_page(self) -> None:
        if self._start_page is not None:
            top = self._top.geometry().bottom() + 1
            self._start_page.setGeometry(0, top, self.width(), self.height() - top - self.status.height())

    def _hide_start_page(self) -> None:
        if self._start_page is not None:
            self._start_page.hide()
            self._start_page.deleteLater()
            self._start_page = None
            self.docks.take_keys()

    def _show_title(self) -> None:
        path = self.files.path
        self.setWindowTitle(f"{path.name if path else 'untitled'}[*] – Rimlight")
        self.setWindowFilePath(str(path) if path else "")
        self.setWindowModified(self.workspace.dirty)

    def _add_top(self) -> None:
        """The menus, and below them the message bars."""
        self._top = QWidget()
        layout = QVBoxLayout(self._top)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.menus)
        layout.addWidget(self.bars)
        self.setMenuWidget(self._top)

    def _escape(self) -> None:
        """Esc leaves the start page, ends what the mouse is turned to, closes a panel that is a window of its own,
        answers the newest bar, or stops what is computed, whichever there is.
        """
        dock = self.docks.focused
        if self._start_page is not None and self._start_page.isVisible():
            self._hide_start_page()
        elif self.workspace.end_mode is not None:
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
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setLabelText("Name of the layout")
        dialog.textValueSelected.connect(lambda name: self.save_layout(re.sub(r"[^\w -]", "_", name).strip() or "Mine"))
        dialog.open()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)


def opening_size(available: QSize) -> QSize:
    """How large the window opens on a screen with that much room. What is drawn without a screen has all of it."""
    if QApplication.platformName() == "offscreen":
        return QSize(*SIZE)
    return QSize(*SIZE).boundedTo(available - QSize(*_FRAME))


def _dropped(data: QMimeData) -> Path | None:
    """The script among the files of a drop, None where there is none."""
    paths = (Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())
    return next((path for path in paths if is_script(path)), None)


def next_version(path: Path) -> Path:
    """The path with its version counted on, `_v001` added where it has none."""
    found = re.search(r"([._]v)(\d+)\Z", path.stem, re.IGNORECASE)
    if found is None:
        return path.with_name(f"{path.stem}_v001{path.suffix}")
    number = str(int(found[2]) + 1).zfill(len(found[2]))
    return path.with_name(f"{path.stem[: found.start()]}{found[1]}{number}{path.suffix}")
