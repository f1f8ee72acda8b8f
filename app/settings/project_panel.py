"""Settings of the script as a whole: format, frames, colour. Every change is a step that can be undone."""

from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from rimlight.engine import FORMATS, CancelToken, ColorConfig, Project, RimlightError

from .. import theme
from ..changes import Change
from ..evaluating import HOUSEKEEPING
from ..panels import Desktop, Panel, PanelDeclaration
from ..widgets import label_of
from .form import Entry, Form

PLAIN = Project()
FRAME = 10**7
ENTRIES = (
    Entry("format", "Format", "of sources that have no size of their own; a name or 1920x1080", str, PLAIN.format,
          section="Picture", choices=tuple(FORMATS)),
    Entry("first", "First frame", "of renders and of playback", int, PLAIN.frames[0], -FRAME, FRAME, "Picture"),
    Entry("last", "Last frame", "", int, PLAIN.frames[1], -FRAME, FRAME, "Picture"),
    Entry("fps", "Frames per second", "of playback", float, PLAIN.fps, 0.1, 1000, "Picture"),
    Entry("ocio", "Colour config", "a file, or env for the variable OCIO", str, PLAIN.ocio, section="Colour",
          hint="built-in ACES"),
    Entry("working", "Working space", "in which light adds up; what files are converted to", str, PLAIN.working,
          section="Colour", choices=("ACEScg", "Linear Rec.709 (sRGB)")),
    Entry("display", "Display", "that viewers begin with", str, PLAIN.display, section="Colour", choices=(),
          hint="of the config"),
    Entry("view", "View", "that viewers begin with", str, PLAIN.view, section="Colour", choices=(),
          hint="of the config"),
)  # fmt: skip


class ProjectPanel(Panel):
    """Shows the settings of the present script. What is refused is said below and changes nothing."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.form = Form(ENTRIES)
        self.form.changed.connect(self._change)
        self.error = label_of("error")
        self.error.setWordWrap(True)
        self.error.setContentsMargins(4 * theme.SPACE, 0, 4 * theme.SPACE, 2 * theme.SPACE)
        self.error.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form)
        layout.addWidget(self.error)
        self.setFocusProxy(self.form)
        self._asked: tuple[str, str] | None = None
        self.workspace.document_changed.connect(self._follow)
        self._show()

    def _change(self, name: str, value: Any) -> None:
        project = self.workspace.session.project
        first, last = project.frames
        if name == "first":
            changes: dict[str, Any] = {"frames": [value, max(value, last)]}
        elif name == "last":
            changes = {"frames": [min(first, value), value]}
        else:
            changes = {name: value}
        try:
            self.workspace.session.set_project(**changes)
        except RimlightError as error:
            self._say(str(error))
        else:
            self._say("")
        self._show()

    def _say(self, sentence: str) -> None:
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))

    def _follow(self, change: Change) -> None:
        if change.project or change.opened:
            self._show()

    def _show(self) -> None:
        project = self.workspace.session.project
        values = {entry.name: getattr(project, entry.name, "") for entry in ENTRIES}
        values["first"], values["last"] = project.frames
        self.form.show_values(values)
        if (project.ocio, project.display) != self._asked:
            self._asked = project.ocio, project.display
            self._ask(project)

    def _ask(self, project: Project) -> None:
        """Find out what the colour config has to offer, in the background."""
        colors = self.workspace.session.services["colors"]

        def work(token: CancelToken) -> tuple[list[str], list[str]]:
            config: ColorConfig = colors.config(project)
            displays = list(config.displays)
            display = project.display if project.display in displays else next(iter(displays), "")
            return displays, list(config.views(display)) if display else []

        self.workspace.evaluations.run(self, work, self._offer, self._failed, urgency=HOUSEKEEPING)

    def _offer(self, found: tuple[list[str], list[str]]) -> None:
        self.form.offer("display", ["", *found[0]])
        self.form.offer("view", ["", *found[1]])

    def _failed(self, error: Exception) -> None:
        self._say(str(error))


PANEL = PanelDeclaration("project", "Project Settings", ProjectPanel, size=(720, 420))
