"""What a window does with scripts: choosing files, opening, saving, and asking before edits are lost."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from .dialogs import LinesDialog, file_dialog, show_dialog
from .messagebar import Choice, MessageBars
from .paths import has_node
from .preferences import read_json, write_json
from .recovery import RECOVERY, RecoverDialog, offer_recovery
from .scriptfiles import FILTER, OPENED_FILTER, Offer, ScriptFiles, recent_from_data, recent_to_data
from .startpage import sample_folder
from .workspace import Workspace

CLOSE, FAILURE, WARNINGS = "close", "failure", "warnings"
"""Topics of message bars."""
RECENT = "recent.json"
"""The file of recent scripts in the folder of settings."""


class Scripts(QObject):
    """The scripts of one window. recent : those that were opened or saved last, newest first.

    config : the folder of the user's settings. count : how many recent scripts are kept, asked when needed.
    """

    def __init__(
        self, workspace: Workspace, files: ScriptFiles, bars: MessageBars, config: Path, count: Callable[[], int],
        window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self.recent = recent_from_data(read_json(config / RECENT))
        self._workspace = workspace
        self._files = files
        self._bars = bars
        self._kept = config / RECENT
        self._count = count
        self._window = window
        self._after_saving: Callable[[], object] | None = None
        files.opened.connect(self._opened)
        files.saved.connect(self._saved)
        files.failed.connect(self._failed)
        files.recovery_found.connect(partial(offer_recovery, files, bars, window))

    # -- opening --------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """Begin a new script, after asking what becomes of unsaved edits."""
        self._leave(self._files.new)

    def open(self, path: Path) -> None:
        """Open a script, after asking what becomes of unsaved edits."""
        self._leave(partial(self._files.open, path))

    def browse(self) -> None:
        """Choose a script to open."""
        dialog = self._dialog("Open a script", QFileDialog.AcceptMode.AcceptOpen)
        dialog.setNameFilter(OPENED_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        show_dialog(dialog)

    def ask_to_recover(self) -> None:
        """Show the autosaves that hold more than their scripts, to choose one."""
        self._workspace.aside.run(self._files.recoverable, self._show_recoverable, self._workspace.tell_error)

    def _show_recoverable(self, offers: Sequence[Offer]) -> None:
        for shown in self._window.findChildren(RecoverDialog):  # it may list what is gone by now
            shown.close()
        if offers:
            RecoverDialog(offers, self.recover, self._files.discard, self._window).show()
        else:
            self._workspace.tell("No autosave holds more than its script")

    def recover(self, offer: Offer) -> None:
        """Open a script as it was autosaved, after asking what becomes of unsaved edits. Where there is a file of it,
        that is opened, which offers the autosave; else it is a script without a name.
        """
        script = offer.recovery.script
        if script is not None and not offer.recovery.lost:
            self._leave(partial(self._files.open, script, offer.recovery.path))
            return

        def put() -> None:
            self._bars.dismiss(RECOVERY)  # of the script before, or of this one
            self._files.new()
            self._files.recover(offer)
            self._workspace.tell("Recovered; the autosave stays until the script is saved")

        self._leave(put)

    def _opened(self, path: Path) -> None:
        self._bars.dismiss(FAILURE)
        self._bars.dismiss(RECOVERY)  # of another script: taken now, it would be saved over this one
        self._bars.dismiss(WARNINGS)
        self._remember(path)
        self._workspace.tell(f"Opened {path.name}")
        if self._files.path is not None:  # what was imported has its report
            self._warn(path.name, self._workspace.session.warnings)

    def _warn(self, name: str, warnings: Sequence[str]) -> None:
        """Tell in a bar what of a script could not be used: a plugin that is missing is no small thing."""
        if not warnings:
            return
        paths = [self._about(warning) for warning in warnings]

        def show_all() -> None:
            heading = "What could not be used; all of it is kept and saved again"
            LinesDialog(name, heading, warnings, self._window, paths, self._workspace.reveal).show()

        more = f", and {len(warnings) - 1} more" if len(warnings) > 1 else ""
        lead = Choice("Go to the node", partial(self._workspace.reveal, paths[0]), stays=True)
        others = (Choice("Show all", show_all, stays=True),) if more else (lead,) if paths[0] else ()
        self._bars.ask(WARNINGS, f"{name}: {warnings[0]}{more}", *others, Choice("Close"))

    def _about(self, warning: str) -> str:
        """The path of the node that a warning begins with; empty where it begins otherwise."""
        path = warning.partition(": ")[0]
        return path if has_node(self._workspace.graph, path) else ""

    # -- saving ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save the script, asking for a name where it has none."""
        if self._files.path is None:
            self.save_as()
        else:
            self._files.save()

    def save_as(self) -> None:
        """Choose a file to save to."""
        dialog = self._dialog("Save the script as", QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("rim")
        dialog.fileSelected.connect(lambda name: self._files.save(Path(name)))
        dialog.rejected.connect(self._stay)
        show_dialog(dialog)

    def save_version(self) -> None:
        """Save under the next version that no file has yet: `shot_v003.rim` after `shot_v002.rim`."""
        path, still_here = self._files.path, self._workspace.same_script()
        if path is None:
            self.save_as()
            return

        def found(free: Path) -> None:
            if still_here():
                self._files.save(free)

        self._workspace.background.run(lambda: free_version(path), found, self._workspace.tell_error)

    def _saved(self, path: Path) -> None:
        self._bars.dismiss(FAILURE)
        self._remember(path)
        self._workspace.tell(f"Saved {path.name}")
        go, self._after_saving = self._after_saving, None
        if go is not None:
            self._leave(go)  # asks again where edits were made while it was saved

    def _failed(self, sentence: str) -> None:
        self._stay()
        self._bars.report(FAILURE, sentence)

    # -- leaving --------------------------------------------------------------------------------------------------

    def _leave(self, go: Callable[[], object]) -> None:
        """Do what replaces the script, at once when nothing is lost."""
        if self._workspace.dirty:
            self._ask("Save", "Do not save", go)
        else:
            go()

    def ask_to_close(self, close: Callable[[], object]) -> None:
        """Ask what becomes of unsaved edits before the window is closed."""
        self._ask("Save and close", "Close without saving", close)

    def _ask(self, save: str, lose: str, go: Callable[[], object]) -> None:
        self._bars.ask(
            CLOSE,
            f"“{self._workspace.name}” has edits that are not saved.",
            Choice(save, partial(self._save_and, go), primary=True),
            Choice(lose, partial(self._give_up_and, go)),
            Choice("Keep working"),
        )

    def _save_and(self, go: Callable[[], object]) -> None:
        """Save, and then do what was asked for; not where saving fails or its dialog is left."""
        self._after_saving = go
        self.save()

    def _give_up_and(self, go: Callable[[], object]) -> None:
        self._files.give_up()
        self._workspace.session.history.mark_saved()
        go()

    def _stay(self) -> None:
        """Nothing was saved, so nothing that waits for that is done."""
        self._after_saving = None

    # -- recent scripts -------------------------------------------------------------------------------------------

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        self.recent = [path, *(p for p in self.recent if p != path)][: self._count()]
        data, kept = recent_to_data(self.recent), self._kept
        self._workspace.background.run(lambda: write_json(kept, data), None, self._workspace.tell_error)

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        samples = sample_folder().resolve()  # nobody's work belongs in there
        known = self._files.path or next((path for path in self.recent if path.resolve().parent != samples), None)
        dialog = file_dialog(self._window, title, known.parent if known is not None else None, FILTER)
        dialog.setAcceptMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        return dialog


def free_version(path: Path) -> Path:
    """The next version of a path that is no file yet. Looks at the disk."""
    path = next_version(path)
    while path.exists():
        path = next_version(path)
    return path


def next_version(path: Path) -> Path:
    """The path with its version counted on, `_v001` added where it has none."""
    found = re.search(r"([._]v)(\d+)\Z", path.stem, re.IGNORECASE)
    if found is None:
        return path.with_name(f"{path.stem}_v001{path.suffix}")
    number = str(int(found[2]) + 1).zfill(len(found[2]))
    return path.with_name(f"{path.stem[: found.start()]}{found[1]}{number}{path.suffix}")
