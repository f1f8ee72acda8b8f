"""The scopes panel: which scopes are shown, of what, and when they are computed anew."""

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rimlight.engine import Image, ImageInfo, Tier

from .. import theme
from ..bar import Bar
from ..changes import Change
from ..evaluating import SCOPES, Result
from ..panels import Desktop, Panel, PanelDeclaration
from ..paths import has_node
from ..rig.scene import find_scene
from ..sharpening import Quality
from ..viewer.roi import roi_region
from ..viewer.settings import ViewerSettings
from ..widgets import label_of, to_edge
from .computing import WIDTH, Asked, Computer, Kind, Scoped, layers_for
from .counting import Space
from .views import TITLES, ScopeView

_DELAY_MS = 60
_COLUMN, _NARROW, _LOW = 240, 150, 120
"""Pixels: how wide a scope wants to be, how narrow it gets where its row would be lower than the last."""
SPACES: dict[Space, str] = {"scene": "Scene-linear", "display": "Display"}
_DEFAULT = (Kind.WAVEFORM, Kind.ILLUMINANT)
_MISSING = {
    Kind.ALBEDO: "The picture has no layer albedo.",
    Kind.RATIO: "What is viewed is not lit by a rig.",
}


class ScopesPanel(Panel):
    """Looks at what the viewer that was used last shows: layer, region of interest or marked area, view transform."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.space: Space = "scene"
        self.views: dict[Kind, ScopeView] = {}
        self.scoped: Scoped | None = None
        self.problem = ""
        self._computer = Computer(self.workspace.session)
        self._busy = self._again = self._sharpening = False
        self._waiting: tuple[str, Asked] | None = None
        self._final = True
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self._ask)
        self._build()
        workspace = self.workspace
        workspace.document_changed.connect(self._changed)
        workspace.views_changed.connect(self.ask)
        workspace.viewer_activated.connect(self.ask)
        workspace.looks_changed.connect(self.ask)
        workspace.frame_changed.connect(self.ask)
        workspace.evaluations.stopped.connect(self._stopped)
        workspace.evaluations.viewed.connect(self._sharpen)
        self.show_kinds(_DEFAULT)

    def _build(self) -> None:
        bar = Bar()
        bar.row.setSpacing(theme.SPACE // 2)
        self.buttons: dict[Kind, QToolButton] = {}
        for kind, short in zip(Kind, ("Hist", "Wave", "RGB", "Vector", "Ratio", "Light", "Albedo"), strict=True):
            button = QToolButton()
            button.setText(short)
            button.setFont(theme.font("small"))
            button.setProperty("role", "compact")
            button.setToolTip(f"{TITLES[kind]}; Shift-click shows it alone")
            button.setAccessibleName(TITLES[kind])
            button.setCheckable(True)
            button.clicked.connect(partial(self._toggle, kind))
            self.buttons[kind] = button
            bar.put(button, 80)
        bar.row.addStretch()
        self.space_box = QComboBox()
        self.space_box.setFont(theme.font("small"))
        for name, title in SPACES.items():
            self.space_box.addItem(title, name)
        self.space_box.setToolTip("What the numbers are: light in stops from a grey card, or what the display shows")
        self.space_box.activated.connect(self._space_picked)
        self.about = label_of("dim")
        self.about.setContentsMargins(2 * theme.SPACE, 0, 0, 0)
        self.about.setFont(theme.font("small"))
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, theme.SPACE, 0)
        below.addWidget(self.about, 1)
        below.addWidget(self.space_box)
        self._inside = QWidget()
        self._inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        self._grid.setSpacing(theme.SPACE)
        layout = to_edge(QVBoxLayout(self))
        layout.addWidget(bar)
        layout.addLayout(below)
        layout.addWidget(self._inside, 1)

    # -- which scopes ---------------------------------------------------------------------------------------------

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The scopes that are shown, in their order."""
        return tuple(kind for kind in Kind if kind in self.views)

    def show_kinds(self, kinds: tuple[Kind, ...]) -> None:
        """Show these scopes and no others."""
        for kind in [kind for kind in self.views if kind not in kinds]:
            view = self.views.pop(kind)
            self._grid.removeWidget(view)
            view.hide()
            view.deleteLater()
        for kind in kinds:
            if kind not in self.views:
                self.views[kind] = ScopeView(kind)
        for kind, button in self.buttons.items():
            button.setChecked(kind in self.views)
        self._arrange()
        self._show()
        self.ask()

    def _toggle(self, kind: Kind, *_: object) -> None:
        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.show_kinds((kind,))
        elif self.buttons[kind].isChecked():
            self.show_kinds((*self.kinds, kind))
        else:
            self.show_kinds(tuple(k for k in self.kinds if k is not kind))

    def _arrange(self) -> None:
        """As many columns as there is room for, and narrower ones where the rows would get too low."""
        count = max(1, len(self.views))
        wide = max(1, min(count, self.width() // _COLUMN))
        if self.height() > 1.4 * self.width() and count <= 3:
            wide = 1
        room = self._inside.height()
        while wide < count and room < _LOW * -(-count // wide) and self.width() >= _NARROW * (wide + 1):
            wide += 1
        for number, kind in enumerate(self.kinds):
            self._grid.addWidget(self.views[kind], number // wide, number % wide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # -- computing ------------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if change.opened:
            self.scoped = None
            self._show()
        if change.pixels:
            self.ask()

    def ask(self, *_: object) -> None:
        """Compute anew, soon. One computation is under way at a time, so that a drag shows what is finished."""
        if self.unseen():
            return
        self._final = False
        if self.problem:
            self.problem = ""  # of the script before this change
            self._show()
        if self._busy:
            self._again = True
            if self._sharpening:
                self._sharpening, self._waiting = False, None
                self.workspace.evaluations.cancel(self)
                self._end()
        elif not self._timer.isActive():
            self._timer.start()
        self.settled_changed.emit()

    def catch_up(self) -> None:
        self.ask()

    def _asked(self) -> Asked:
        workspace = self.workspace
        viewer = workspace.active_viewer
        settings = ViewerSettings.from_data(workspace.look(viewer))
        node = workspace.views(viewer).node_a
        info = workspace.facts.info(node) if node is not None else None
        area = workspace.area(viewer)
        if area is None and settings.roi_on and info is not None:
            area = roi_region(settings, info.display)
        return Asked(
            frozenset(self.kinds), self.space, settings.layer, settings.scale, area, settings.display, settings.view
        )

    def _ask(self) -> None:
        """A small draft first; the true values once the viewer has made them, who would have them later if both did."""
        workspace = self.workspace
        node = workspace.views(workspace.active_viewer).node_a
        if node is None or not has_node(workspace.graph, node) or not self.views:
            self.scoped, self.problem, self._final = None, "Nothing is viewed.", True
            self._show()
            self.settled_changed.emit()
            return
        asked = self._asked()
        info = workspace.facts.info(node)
        small = min(asked.scale, WIDTH / 2 / max(1, info.display.width if info is not None else WIDTH))
        self._again = False
        if small < asked.scale:
            self._request(node, asked, Quality(small, Tier.DRAFT), final=False)
        else:
            self._request(node, asked, Quality(asked.scale), final=True)

    def _request(self, node: str, asked: Asked, quality: Quality, final: bool) -> None:
        self._busy, self._sharpening = True, final

        def choose(info: ImageInfo) -> tuple[str, ...]:
            return layers_for(asked.kinds, info.names, asked.layer)

        self.workspace.evaluations.request(
            self, node, self.workspace.frame, partial(self._got, asked, final), self._failed, layers=choose,
            steps=(quality,), urgency=SCOPES,
        )  # fmt: skip

    def _got(self, asked: Asked, final: bool, result: Result) -> None:
        image, workspace, computer = result.value, self.workspace, self._computer
        if not isinstance(image, Image):
            self._failed(TypeError(f"{result.node} puts out no picture"))
            return
        scene = find_scene(workspace.session, None, result.node)
        scaled = replace(asked, scale=result.quality.scale)
        graph, project = workspace.graph, workspace.document.project
        workspace.evaluations.run(
            self,
            lambda token: computer.scopes(graph, project, image, result.node, result.frame, scene, scaled, token),
            partial(self._counted, asked, final, result.node),
            self._failed,
            channel="count",
            urgency=SCOPES,
        )

    def _counted(self, asked: Asked, final: bool, node: str, scoped: Scoped) -> None:
        self.scoped, self.problem = scoped, ""
        self.about.setText(f"{node}, marked area" if asked.area is not None else node)
        self._show()
        if not final and not self._again and has_node(self.workspace.graph, node):
            self._sharpening, self._waiting = True, (node, asked)
            if not self.workspace.evaluations.viewing:
                self._sharpen()
        else:
            self._end()

    def _sharpen(self) -> None:
        """The viewer has its picture: ask for the true values, where they are waited for."""
        if self._waiting is None:
            return
        (node, asked), self._waiting = self._waiting, None
        if has_node(self.workspace.graph, node):
            self._request(node, asked, Quality(asked.scale), final=True)
        else:  # it went while the panel was hidden
            self._end()

    def _failed(self, error: Exception) -> None:
        self.scoped, self.problem = None, str(error)
        self._show()
        self._end()

    def _stopped(self) -> None:
        """Esc: what is shown stays, and the next change is computed as any other."""
        if self._busy or self._timer.isActive():
            self._timer.stop()
            self._again, self._waiting = False, None
            if self.scoped is None:
                self.problem = "Stopped."
                self._show()
            self._end()

    def _end(self) -> None:
        """Nothing is under way any more; go on with what was asked for since."""
        self._busy = False
        if self._again:
            self._timer.start()
        else:
            self._final = True
        self.settled_changed.emit()

    def _show(self) -> None:
        for kind, view in self.views.items():
            view.show_scoped(self.scoped, self.space, self.problem or _MISSING.get(kind, ""))
        if self.scoped is None:
            self.about.setText("")

    @property
    def settled(self) -> bool:
        return self._final

    # -- space, state ---------------------------------------------------------------------------------------------

    def set_space(self, space: Space) -> None:
        """Count scene-linear light, or what the display shows."""
        self.space = space
        self.space_box.setCurrentIndex(self.space_box.findData(space))
        self.scoped = None
        self._show()
        self.ask()

    def _space_picked(self, index: int) -> None:
        self.set_space(self.space_box.itemData(index))

    def save_state(self) -> dict[str, Any]:
        return {"kinds": [kind.value for kind in self.kinds], "space": self.space}

    def restore_state(self, state: dict[str, Any]) -> None:
        kinds = state.get("kinds")
        if isinstance(kinds, list):
            self.show_kinds(tuple(kind for kind in Kind if kind.value in kinds))
        if state.get("space") in list(SPACES):
            self.set_space(state["space"])


PANEL = PanelDeclaration("scopes", "Scopes", ScopesPanel, area="right", visible=False)
