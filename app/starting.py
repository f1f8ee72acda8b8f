"""The start page over the panels of a window: shown, kept in its place, and taken away when there is a script."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QRect
from PySide6.QtWidgets import QWidget

from .manual import Manual
from .recovery import sentence_of
from .samplecards import Sample
from .scriptfiles import Offer, ScriptFiles
from .scripts import Scripts
from .startpage import SHOWN, StartPage, read_samples
from .workspace import Workspace


class Starting(QObject):
    """The start page of a window. page : while it is shown.

    place : the part of the window that it covers, asked when needed. left : called when it is taken away.
    """

    def __init__(
        self, workspace: Workspace, files: ScriptFiles, scripts: Scripts, manual: Manual, place: Callable[[], QRect],
        left: Callable[[], object], window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self.page: StartPage | None = None
        self._lost: list[Offer] = []
        self._asked: Path | None = None
        self._workspace = workspace
        self._files = files
        self._scripts = scripts
        self._manual = manual
        self._place = place
        self._left = left
        self._window = window
        workspace.document_changed.connect(self.hide)
        files.discarded.connect(self._look_for_autosaves)
        files.recovery_found.connect(self._leave_out)

    def show(self) -> None:
        """Show the recent scripts and the samples over the panels."""
        if self.page is not None:
            self.page.deleteLater()
        begin = (
            ("New script", self._scripts.new, ""),
            ("Open…", self._scripts.browse, "folder"),
            ("Manual", self._manual.show, "help"),
        )
        page = StartPage(self._scripts.recent, begin, self._scripts.open, self._window, self._scripts.ask_to_recover)
        self.page = page
        self._workspace.background.run(read_samples, self._show_samples)
        self._look_for_autosaves()
        self.follow()
        page.show()
        page.raise_()
        page.setFocus()

    def _look_for_autosaves(self) -> None:
        """Tell which there are, and which there are no more."""
        if self.page is None:
            return
        recent, files, workspace = list(self._scripts.recent)[:SHOWN], self._files, self._workspace
        workspace.aside.run(lambda: files.unsaved(recent), self._show_unsaved)
        workspace.aside.run(files.recoverable, self._show_lost, workspace.tell_error)

    def _show_samples(self, samples: Mapping[Path, Sample]) -> None:
        if self.page is not None:  # it may be closed
            self.page.show_samples(samples)

    def _show_unsaved(self, paths: Collection[Path]) -> None:
        if self.page is not None:
            self.page.show_unsaved(paths)

    def _show_lost(self, offers: Sequence[Offer]) -> None:
        self._lost = [offer for offer in offers if offer.recovery.lost]
        self._tell_lost()

    def _leave_out(self, offer: Offer) -> None:
        """One is asked about along the foot of the window, which tells it."""
        self._asked = offer.recovery.path
        self._tell_lost()

    def _tell_lost(self) -> None:
        if self.page is not None:
            self.page.show_lost([sentence_of(offer) for offer in self._lost if offer.recovery.path != self._asked])

    def follow(self) -> None:
        """The window has another size, or something above or below the panels has: keep to the place."""
        if self.page is not None:
            self.page.setGeometry(self._place())

    def hide(self, *_: object) -> bool:
        """Take the page away. False when there is none."""
        if self.page is None:
            return False
        self.page.hide()
        self.page.deleteLater()
        self.page = None
        self._left()
        return True
