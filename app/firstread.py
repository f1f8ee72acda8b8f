"""The first picture that comes into a script whose project is as it was made: the project takes over its format and,
from a sequence, its frames, as in Nuke.
"""

from dataclasses import replace

from PySide6.QtCore import QObject

from rimlight.engine import FORMATS, Document, Graph, ImageInfo, Project, parse_format

from .changes import Change
from .workspace import Workspace

READ_KIND = "image.read"


class FirstRead(QObject):
    """Waits for the first file of a Read to be known, and makes what the project takes over a part of that step."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._awaited: tuple[str, Document] | None = None
        workspace.document_changed.connect(self._changed)
        workspace.facts.known.connect(self._known)

    def _changed(self, change: Change) -> None:
        before, after = _first_read(change.old.graph), _first_read(change.new.graph)
        if change.opened or after is None or not untouched(change.new.project):
            self._awaited = None
        elif before is None or (self._awaited is not None and before != after):
            self._awaited = after[0], change.new

    def _known(self) -> None:
        workspace = self._workspace
        if self._awaited is None or not workspace.facts.settled:
            return
        path, since = self._awaited
        info = workspace.facts.info(path)
        if info is None:
            return
        self._awaited = None
        try:
            taken = replace(Project(), format=parse_format(_format(info)).name, frames=info.frames or Project.frames)
        except ValueError:  # larger than any project may be
            return

        def with_it(document: Document) -> Document:
            project = document.project
            if not untouched(project):
                return document
            return document.with_(project=replace(project, format=taken.format, frames=taken.frames))

        if workspace.session.history.join(since, with_it):
            told = f"format {taken.format}"
            if info.frames is not None:
                first, last = info.frames
                told += f" and frames {first}-{last}"
                workspace.set_frame(min(max(workspace.frame, first), last))
            workspace.tell(f"The project takes {told} from {path}")


def untouched(project: Project) -> bool:
    """Whether a project has the format and the frames that every project begins with."""
    return (project.format, project.frames) == (Project.format, Project.frames)


def _first_read(graph: Graph) -> tuple[str, object] | None:
    """The path and the file of the first Read that has a file."""
    reads = ((path, state.values.get("file")) for path, state in graph.walk() if state.kind == READ_KIND)
    return next((read for read in reads if read[1]), None)


def _format(info: ImageInfo) -> str:
    """By name where there is one."""
    size = info.display.width, info.display.height, info.pixel_aspect
    text = f"{size[0]}x{size[1]}" + (f"@{size[2]:g}" if size[2] != 1 else "")
    return next((f.name for f in FORMATS.values() if (f.width, f.height, f.pixel_aspect) == size), text)
