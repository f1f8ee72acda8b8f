"""What the panel shows while a script has no lights: rigs to begin with."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from rimlight.engine import Session

from .. import theme
from ..panels import Desktop
from ..widgets import label_of
from .building import BOTH, SKY, THREE_POINT, Preset, can_be_lit, waiting, with_rig


class Beginning(QWidget):
    """Offers to make a rig, wired to the picture that is viewed where that can be lit."""

    def __init__(self, desktop: Desktop, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = desktop.workspace
        title = label_of("title", "No lights yet")
        title.setFont(theme.font("title", bold=True))
        self.hint = label_of("dim")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(6 * theme.SPACE,) * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addStretch()
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.hint)
        layout.addSpacing(2 * theme.SPACE)
        self.buttons: dict[str, QPushButton] = {}
        for preset in (BOTH, THREE_POINT, SKY):
            button = QPushButton(preset.title)
            button.clicked.connect(partial(self._make, preset))
            button.setProperty("primary", preset is BOTH)
            button.setAutoDefault(True)  # Return presses the one that has the keys
            self.buttons[preset.title] = button
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()
        self.setFocusProxy(self.buttons[BOTH.title])
        self._workspace.facts.changed.connect(self._tell)
        self._workspace.views_changed.connect(self._tell)
        self._tell()

    def _tell(self, *_: object) -> None:
        viewed = self._workspace.views().node_a
        relight = waiting(self._workspace.graph)
        if relight:
            self.hint.setText(f"{relight} waits for a rig.")
        elif viewed and can_be_lit(self._workspace.facts.info(viewed)):
            self.hint.setText(f"A new Relight will light {viewed}.")
        else:
            self.hint.setText("View a picture to light it; lights can be made before.")

    def _make(self, preset: Preset, *_: object) -> None:
        workspace = self._workspace
        viewed = workspace.views().node_a or ""
        info = workspace.facts.info(viewed) if viewed else None

        def change(session: Session) -> str:
            graph, shown = with_rig(session.graph, preset, workspace.level, viewed, info)
            session.commit(graph, f"add the rig {preset.title}")
            return shown

        shown = workspace.edit(change)
        if shown is not None:
            if workspace.facts.info(viewed) is not None and can_be_lit(info):
                workspace.view(shown, workspace.views().a)
            workspace.select((shown,))
