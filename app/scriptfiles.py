"""The script's file: new, open, save, autosave and recovery, all in the background.

One file operation runs at a time. A script may be edited while it is written: what was written is then what counts as
saved.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import (
    Autosave,
    Document,
    Loaded,
    Recovery,
    Schedule,
    ScriptError,
    difference,
    find_recoveries,
    find_recovery,
    load_script,
    may_be_autosaved,
    save_script,
)

from .changes import Change
from .workspace import Workspace

SUFFIX = ".rim"
OPENED = (SUFFIX, ".nk", ".gizmo")
"""Of the files that are scripts, of ours and of Nuke."""
FILTER = "Rimlight scripts (*.rim)"
OPENED_FILTER = f"Scripts of Rimlight and Nuke (*.rim *.nk *.gizmo);;{FILTER};;Nuke scripts and gizmos (*.nk *.gizmo)"
"""Of file dialogs: what is saved, what is opened."""
RECOVER = "recover the autosave"
"""The step that puts an autosave in the place of the script."""


def is_script(path: Path) -> bool:
    """Whether a file is one that can be opened, by its name."""
    return path.suffix.lower() in OPENED


@dataclass(frozen=True)
class Offer:
    """An autosave that holds more than its script. differences : sentences of what it holds."""

    recovery: Recovery
    loaded: Loaded
    differences: tuple[str, ...]


class ScriptFiles(QObject):
    """Files of one workspace.

    opened, saved : with the path. failed : with a sentence; the script is as it was. recovery_found : an Offer.
    discarded : autosaves are gone. autosaves : where they go, default the engine's folder.
    """

    opened = Signal(object)
    saved = Signal(object)
    failed = Signal(str)
    recovery_found = Signal(object)
    discarded = Signal()

    def __init__(self, workspace: Workspace, autosaves: Path | None = None, schedule: Schedule | None = None) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._folder = autosaves
        self._schedule = schedule or Schedule()
        self._autosave = Autosave(None, autosaves)
        self._recovered: Recovery | None = None
        self._asked = object()
        self._going_to: Path | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._autosave_if_due)
        workspace.document_changed.connect(self._edited)

    @property
    def path(self) -> Path | None:
        return self._workspace.session.path

    @property
    def busy(self) -> bool:
        """Whether a script is being opened or saved."""
        return self._workspace.background.busy

    def new(self) -> None:
        """Put an empty script in the place of the present one, which is given up. One that is being read is not opened
        any more.
        """
        self._asked = object()
        self._adopt(Loaded(Document()), None)

    def open(self, path: Path, autosave: Path | None = None) -> None:
        """Open a script in the place of the present one; refused when that was edited in the meantime.

        Of several that are asked for one after the other the last counts. autosave : the one to offer, default the
        newest.
        """
        asked = self._workspace.document
        self._asked = token = object()

        def work() -> tuple[Loaded, Offer | None]:
            try:
                loaded = load_script(path)
            except ScriptError as error:
                if self._offer(path, Document()) is None:
                    raise
                raise ScriptError(f"{error}; File ▸ Recover… has an autosave of it") from None
            return loaded, self._offer(path, loaded.document, autosave)

        def arrived(found: tuple[Loaded, Offer | None]) -> None:
            loaded, offer = found
            if token is not self._asked:
                return
            if self._workspace.document is not asked and self._workspace.dirty:
                self.failed.emit(f"{path.name} was not opened, because the script was edited while it was being read")
                return
            if loaded.report is not None:
                self._adopt(loaded, None)
                self.opened.emit(path)
                self._workspace.imported.emit(loaded.report)
                return
            self._adopt(loaded, path)
            self.opened.emit(path)
            if offer is not None:
                self.recovery_found.emit(offer)

        self._workspace.background.run(work, arrived, self._fail)

    def save(self, path: Path | None = None) -> None:
        """Save, by default where the script is being saved to, was saved last, or was opened from. `failed` when it
        has no file name.
        """
        target = path or self._going_to or self.path
        if target is None:
            self.failed.emit("a new script needs a file name to be saved to")
            return
        target = target if target.suffix else target.with_suffix(SUFFIX)
        workspace, old = self._workspace, self._autosave
        session = workspace.session
        session.move_to(target)
        still_here = workspace.same_script()
        session.history.amend(lambda d: d.with_(ui=workspace.views_in_ui()))
        document = session.document
        done = session.history.labels[: session.history.position]
        recovered = self._recovered if RECOVER in done else None
        self._going_to = target

        def work() -> None:
            save_script(document, target)
            old.clear()
            if recovered is not None:
                recovered.discard()  # of a script without a name: nothing else tells that it is saved now

        def arrived(_: None) -> None:
            if still_here():  # else another script is, which must not take the name of this one
                session.saved(document, target)
                self._gone_to(target)
                self._autosave = Autosave(target, self._folder)
                self._recovered = None
                if workspace.dirty:
                    self._write_autosave(old)
                else:
                    self._schedule.taken()
                    workspace.background.run(old.clear)  # of what was autosaved while the script was written
            self.saved.emit(target)

        def failed(error: Exception) -> None:
            if still_here():
                self._gone_to(target)
            self._fail(error)

        workspace.background.run(work, arrived, failed)

    def _gone_to(self, target: Path) -> None:
        """The script is written there, or cannot be."""
        if self._going_to == target:
            self._going_to = None

    def recover(self, offer: Offer) -> None:
        """Put what was autosaved in the place of the script, as a step that can be undone."""
        self._workspace.session.history.commit(offer.loaded.document, RECOVER)
        self._recovered = offer.recovery

    def discard(self, offer: Offer) -> None:
        """Remove the autosaves that an offer is about."""
        self._workspace.background.run(offer.recovery.discard, lambda _: self.discarded.emit(), self._fail)

    def revert(self) -> None:
        """Put what was saved last in the place of the script, as a step that can be undone."""
        path, workspace = self.path, self._workspace
        if path is None:
            self.failed.emit("the script was never saved, so there is nothing to go back to")
            return
        asked = workspace.document

        def arrived(loaded: Loaded) -> None:
            if workspace.document is not asked:
                self.failed.emit(f"{path.name} was not put back, because the script was edited while it was being read")
                return
            workspace.session.history.commit(loaded.document, f"revert to {path.name}")
            workspace.session.history.mark_saved()
            workspace.tell(f"Went back to {path.name}; undo brings your edits again")

        workspace.background.run(lambda: load_script(path), arrived, self._fail)

    def look_for_unsaved(self) -> None:
        """Look for autosaves of scripts that were never saved, as at the start without a script."""

        def arrived(offer: Offer | None) -> None:
            if offer is not None:
                self.recovery_found.emit(offer)

        self._workspace.background.run(lambda: self._offer(None, Document()), arrived, self._fail)

    def give_up(self) -> None:
        """The edits are given up on purpose: remove their autosaves."""
        self._timer.stop()
        self._schedule.taken()
        self._workspace.background.run(self._autosave.clear)

    def unsaved(self, paths: Iterable[Path]) -> list[Path]:
        """Those of some scripts of which an autosave is offered when they are opened. Reads files; in any thread."""
        found = []
        for path in paths:
            with suppress(ScriptError):  # opening it says why
                # No other is touched: a server that is away would hold up all that is opened or saved meanwhile.
                if may_be_autosaved(path, self._folder) and self._offer(path, load_script(path).document):
                    found.append(path)
        return found

    def recoverable(self) -> list[Offer]:
        """Autosaves of other sessions that hold more than their scripts, newest first. Reads files; in any thread."""
        found = []
        for recovery in find_recoveries(self._folder):
            if self._autosave.wrote(recovery.path):
                continue
            there = Document()
            with suppress(ScriptError):
                loaded = recovery.load()
                if recovery.script is not None and not recovery.lost:
                    try:
                        there = load_script(recovery.script).document
                    except ScriptError:  # damaged, so that opening it offers nothing
                        recovery = replace(recovery, lost=True)
                differences = tuple(difference(there, loaded.document))
                if differences:
                    found.append(Offer(recovery, loaded, differences))
        return found

    def _offer(self, path: Path | None, document: Document, autosave: Path | None = None) -> Offer | None:
        """The newest autosave, or this one, that differs from the script. In the background."""
        for recovery in find_recovery(path, self._folder):
            if autosave not in (None, recovery.path):
                continue
            try:
                loaded = recovery.load()
            except ScriptError:
                continue
            differences = tuple(difference(document, loaded.document))
            if differences:
                return Offer(recovery, loaded, differences)
        return None

    def _adopt(self, loaded: Loaded, path: Path | None) -> None:
        old = self._autosave
        self._workspace.background.run(old.clear)
        self._workspace.session.adopt(loaded, path)
        self._recovered = self._going_to = None
        self._autosave = Autosave(path, self._folder)
        self._workspace.follow_session()
        self._schedule.taken()
        self._timer.stop()

    def _fail(self, error: Exception) -> None:
        self.failed.emit(str(error) if isinstance(error, ScriptError) else f"{type(error).__name__}: {error}")

    # -- autosave -------------------------------------------------------------------------------------------------

    def _edited(self, change: Change) -> None:
        if not change.opened and self._workspace.dirty:
            self._schedule.edited()
            self._wait()

    def _wait(self) -> None:
        seconds = self._schedule.wait()
        if seconds is not None:
            self._timer.start(int(1000 * seconds) + 1)

    def _autosave_if_due(self) -> None:
        if not self._schedule.due:
            self._wait()
            return
        self._write_autosave()

    def _write_autosave(self, old: Autosave | None = None) -> None:
        """Write one now. old : whose autosaves it takes the place of."""
        self._schedule.taken()
        autosave, document = self._autosave, self._workspace.document

        def work() -> None:
            autosave.write(document)
            if old is not None:
                old.clear()

        def failed(error: Exception) -> None:
            self._workspace.tell(f"the autosave failed: {error}", "warning")
            self._schedule.edited()
            self._wait()

        self._workspace.background.run(work, None, failed)


def recent_to_data(paths: list[Path]) -> Mapping[str, Any]:
    """Recent scripts as `recent_from_data` reads them."""
    return {"recent": [str(path) for path in paths]}


def recent_from_data(data: Mapping[str, Any]) -> list[Path]:
    """Recent scripts, newest first; what is no text is left out."""
    given = data.get("recent", [])
    return [Path(item) for item in given if isinstance(item, str)] if isinstance(given, list) else []
