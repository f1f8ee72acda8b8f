"""The buttons over the parameters of a node that measures: a range of frames in one click, its numbers as keys."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from rimlight.engine import CancelToken, measured_at, measured_parameters, measured_values

from .. import theme
from ..changes import Change
from ..paths import has_node
from ..timeline.ranges import worked_on
from .frame_run import FrameRun
from .parameter import parameters_of
from .rows import Shared
from .run_progress import RunProgress


class MeasureBar(QWidget):
    """Measures the frames of the project, or those from in to out; all keys are one step of the history."""

    def __init__(self, shared: Shared, path: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._path = path
        self._run = shared.workspace.the(FrameRun)
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.go.clicked.connect(self.measure)
        self.progress = RunProgress(shared, path, self._run)
        self.curves = QPushButton("Curves")
        self.curves.setToolTip("Show what was measured in the curve editor")
        self.curves.clicked.connect(self._show_curves)
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Forget what was measured")
        self.clear.clicked.connect(self._clear)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.ROW, theme.SPACE, 0, theme.SPACE)
        line.setSpacing(theme.SPACE)
        for widget in (self.go, self.progress, self.curves, self.clear):
            line.addWidget(widget)
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # they come and go, and leave the keys where they are
        line.addStretch(1)
        self.setFixedHeight(self.go.sizeHint().height() + 2 * theme.SPACE)
        self._run.changed.connect(self.refresh)
        shared.workspace.document_changed.connect(self._document_changed)
        self.refresh()

    def _document_changed(self, change: Change) -> None:
        if change.project or change.ui or change.graph:
            self.refresh()

    def refresh(self) -> None:
        """Show what can be done now."""
        workspace, path = self._shared.workspace, self._path()
        if not has_node(workspace.graph, path):
            return
        first, last = worked_on(workspace.document)
        self.go.setText(f"Measure {first}–{last}" if last > first else f"Measure {first}")
        self.go.setToolTip(
            "Measure these frames, those from in to out where the timeline has such:\n"
            "the numbers become keys below, for other parameters to follow"
        )
        busy = self._run.running and self._run.node == path
        state = workspace.graph.at(path)
        some = any(name in state.values for name in measured_parameters(state.cls))
        self.go.setVisible(not busy)
        self.curves.setVisible(not busy)
        self.clear.setVisible(not busy)
        self.curves.setEnabled(some)
        self.clear.setEnabled(some)

    def measure(self) -> None:
        """Measure the range, in a worker."""
        workspace, path = self._shared.workspace, self._path()
        session, graph = workspace.session, workspace.graph
        first, last = worked_on(workspace.document)

        def find(frame: float, token: CancelToken) -> Mapping[str, float]:
            return measured_at(session, graph, path, frame, token)

        self._run.start(path, "measuring", [float(f) for f in range(first, last + 1)], find, measured_values)

    def _show_curves(self) -> None:
        state = self._shared.workspace.graph.at(self._path())
        name = next(name for name in measured_parameters(state.cls) if name in state.values)
        self._shared.workspace.curves_requested.emit(f"{self._path()}.{name}")

    def _clear(self) -> None:
        graph, path = self._shared.workspace.graph, self._path()
        names = measured_parameters(graph.at(path).cls)
        self._shared.edits.reset([p for p in parameters_of(graph, path) if p.name in names], path)
