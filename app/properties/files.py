"""Choosing files without waiting for them: the dialog is not modal, and sequences are found in the background."""

import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from rimlight.engine import CancelToken, FileError, FilePattern, format_frames, full_path

from ..dialogs import file_dialog, show_dialog
from ..evaluating import HOUSEKEEPING
from ..workspace import Workspace
from .sequences import SequenceModel, stands_for_all

_NUMBER = re.compile(r"^(.*?)(\d+)(\.[^.]+)$")


def as_pattern(path: Path, others: Sequence[str]) -> str:
    """`beauty.1001.exr` as `beauty.####.exr` where the folder has other frames of it, else as it is."""
    found = _NUMBER.match(path.name)
    if found is None:
        return str(path)
    front, number, end = found.groups()
    like = re.compile(rf"{re.escape(front)}(\d+){re.escape(end)}")
    numbers = [match[1] for name in others if name != path.name and (match := like.fullmatch(name))]
    plain = [n for n in numbers if n == "0" or n[0] != "0"] if number == "0" or number[0] != "0" else []
    if any(len(n) != len(number) for n in plain):
        return str(path.with_name(f"{front}%d{end}"))
    if any(len(n) == len(number) for n in numbers):
        return str(path.with_name(f"{front}{'#' * len(number)}{end}"))
    return str(path)


def around(start: str, project: str) -> Path | None:
    """The folder in which a file is looked for in place of `start`; that of the project where its own says nothing."""
    try:
        return Path(full_path(start, project)).parent if start else Path(project) if project else None
    except FileError:  # a variable or a home that is not there
        return Path(project) if project else None


class FileChooser(QObject):
    """Lets the user choose a file. chosen : its name, with `####` for a sequence.

    described : what is on disk under a name that was asked about: frames of a sequence, or that nothing is there.
    """

    chosen = Signal(str)
    described = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace = workspace

    def open(self, window: QWidget, start: str, title: str, save: bool, folder: bool, near: str = "") -> None:
        """Show the dialog; it blocks nothing. near : a file in whose folder it begins, in place of that of `start`."""
        project = self._workspace.session.project.folder
        dialog = file_dialog(window, title, around(near or start, project))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        if not (save or folder):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)  # it alone can show sequences as such
            listed = SequenceModel(dialog)
            dialog.setProxyModel(listed)
            listed.offer(dialog)
            dialog.fileSelected.connect(
                lambda name: self.choose(name, listed=True) if listed.folds else self.chosen.emit(name)
            )
        else:
            dialog.fileSelected.connect(self.choose)
        if folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        elif save:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        if start and not folder:
            dialog.selectFile(Path(start).name)
        self.destroyed.connect(dialog.close)
        show_dialog(dialog)

    def choose(self, name: str, listed: bool = False) -> None:
        """A file was chosen: look whether it is one of a sequence. listed : only the file under which a list shows its
        sequence means all of it; another one, whose name was typed, means itself.
        """
        path = Path(name)

        def work(token: CancelToken) -> str:
            names = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            return name if listed and not stands_for_all(path.name, names) else as_pattern(path, names)

        self._workspace.evaluations.run(self, work, self.chosen.emit, channel="choose", urgency=HOUSEKEEPING)

    def describe(self, name: str) -> None:
        """Find out what is on disk."""
        folder = self._workspace.session.project.folder

        def work(token: CancelToken) -> str:
            try:
                pattern = FilePattern.of(name, folder)
            except FileError as error:
                return str(error)
            if not pattern.numbered:
                return "" if Path(pattern.text).exists() else "no such file"
            frames = pattern.frames()
            return f"{len(frames)} frames, {format_frames(frames)}" if frames else "no frames on disk"

        if name:
            self._workspace.evaluations.run(self, work, self.described.emit, channel="describe", urgency=HOUSEKEEPING)
        else:
            self.described.emit("")
