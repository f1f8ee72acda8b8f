"""The render panel: what to render, the queue and its progress; failed frames lead to their nodes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from rimlight.engine import Graph, RimlightError

from .. import theme
from ..actions import GLOBAL, Action
from ..changes import Change
from ..panels import Desktop, Panel, PanelDeclaration
from ..paths import has_node
from ..widgets import label_of
from .failures import failures, left_out
from .progress import JobProgress, seconds_text, width_of
from .queue import Job, RenderQueue, State
from .tools import beside, open_folder, tool_button

_MENU = "&Render"
ACTIONS = (
    Action("render.all", "Render &All", ("F5",), (GLOBAL,), _MENU, "render", "Render all Write nodes"),
    Action(
        "render.selected", "Render &Selected", ("F7",), (GLOBAL,), _MENU, "render", "Render the selected Write nodes"
    ),
    Action("render.cancel_all", "Cancel &Renders", (), (GLOBAL,), _MENU, "render"),
)
ALL = "All Write nodes"
_TICK_MS = 500
_TOOL = 36
"""Pixels of a tool behind a render."""
_CULPRIT = Qt.ItemDataRole.UserRole
_MARKS = {
    State.WAITING: ("pause", "text.dim"), State.RENDERING: ("play", "accent"), State.DONE: ("done", "success"),
    State.FAILED: ("error", "error"), State.CANCELLED: ("close", "text.dim"),
}  # fmt: skip


class RenderPanel(Panel):
    """Queues renders of the script as it is; a job renders what was there when it was queued."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.queue = RenderQueue(self.workspace, self)
        self._items: dict[int, QTreeWidgetItem] = {}
        self._progress: dict[int, JobProgress] = {}
        self._build()
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_running)
        self.queue.added.connect(self._added)
        self.queue.changed.connect(self._changed_job)
        self.queue.removed.connect(self._removed)
        self.workspace.document_changed.connect(self._changed)
        desktop.actions.attach(
            GLOBAL,
            self,
            {
                "render.all": partial(self._render_now, None),
                "render.selected": self.render_selected,
                "render.cancel_all": self.cancel_all,
            },
            {
                "render.all": lambda: bool(write_nodes(desktop.workspace.graph)),
                "render.selected": lambda: bool(_selected_writes(desktop.workspace)),
            },
        )
        self._fill()

    def _build(self) -> None:
        self.node_box = QComboBox()
        self.node_box.setToolTip("What is rendered")
        self.frames_field = QLineEdit()
        self.frames_field.setToolTip("Frames, such as 1-10x2,20; empty: those of the project, or one of a still")
        self.frames_field.setAccessibleName("Frames")
        self.frames_field.returnPressed.connect(self.render_chosen)
        self.go_on_box = QCheckBox("Go on after errors")
        self.go_on_box.setChecked(True)
        self.render_button = QPushButton("Render")
        self.render_button.setProperty("primary", True)
        self.render_button.clicked.connect(self.render_chosen)
        self.problem = label_of("error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        what, how = QHBoxLayout(), QHBoxLayout()  # two lines, as panels are narrower than all of it
        what.setSpacing(2 * theme.SPACE)
        what.addWidget(self.node_box, 1)
        what.addWidget(self.frames_field, 1)
        how.addWidget(self.go_on_box)
        how.addStretch(1)
        how.addWidget(self.render_button)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels(["Render", "Progress", ""])
        self.tree.setRootIsDecorated(True)
        self.tree.setAlternatingRowColors(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, width_of(self.tree)), (2, _TOOL)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        self.hint = label_of("dim", "Nothing to render yet: add a Write node, which says what goes into which files.")
        self.hint.setWordWrap(True)
        self.tree.itemActivated.connect(self._lead)
        self.tree.itemClicked.connect(self._lead)
        self.clear_button = QPushButton("Clear Finished")
        self.clear_button.clicked.connect(self.queue.clear)
        bottom = QHBoxLayout()
        bottom.addStretch()
        bottom.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(2 * theme.SPACE,) * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(what)
        layout.addLayout(how)
        layout.addWidget(self.problem)
        layout.addWidget(self.hint)
        layout.addWidget(self.tree, 1)
        layout.addLayout(bottom)
        self.setFocusProxy(self.frames_field)

    def _changed(self, change: Change) -> None:
        if change.opened:  # frames of another script say nothing about this one
            self.frames_field.clear()
            self.problem.hide()
        if change.pixels:
            self._fill()

    def _fill(self) -> None:
        """The Write nodes there are, the chosen one kept."""
        chosen = self.node_box.currentText()
        names = [ALL, *write_nodes(self.workspace.graph)]
        if names != [self.node_box.itemText(i) for i in range(self.node_box.count())]:
            self.node_box.clear()
            self.node_box.addItems(names)
            self.node_box.setCurrentIndex(max(self.node_box.findText(chosen), 0))
        first, last = self.workspace.document.project.frames
        self.frames_field.setPlaceholderText(f"{first}-{last}")
        self.render_button.setEnabled(len(names) > 1)
        self.hint.setVisible(len(names) == 1)

    # -- rendering ------------------------------------------------------------------------------------------------

    def render_chosen(self) -> Job | None:
        """Render what is chosen in the panel."""
        name = self.node_box.currentText()
        return self.start(() if name == ALL else (name,))

    def render_selected(self) -> None:
        """Render the selected Write nodes."""
        self._render_now(_selected_writes(self.workspace))

    def _render_now(self, nodes: Sequence[str] | None) -> None:
        self.desktop.bring(PANEL.id)  # without the keys: a 1 after F5 is meant for what had them
        self.start(nodes or ())

    def start(self, nodes: Sequence[str]) -> Job | None:
        """Queue a render of these nodes, all without any, over the frames in the field. None, with a sentence, where
        that cannot be.
        """
        return self._queue(nodes, self.frames_field.text().strip(), self.go_on_box.isChecked())

    def _queue(self, nodes: Sequence[str], frames: str, go_on: bool) -> Job | None:
        try:
            job = self.queue.add(nodes, frames, go_on)
        except RimlightError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return None
        self.problem.hide()
        return job

    def cancel_all(self) -> None:
        """Stop what is rendered and what waits."""
        for job in self.queue.jobs:
            self.queue.cancel(job)

    # -- the queue ------------------------------------------------------------------------------------------------

    def _added(self, job: Job) -> None:
        item = QTreeWidgetItem(self.tree)
        progress = JobProgress()
        self.tree.setItemWidget(item, 1, progress)
        self.tree.setItemWidget(item, 2, tool_button("close", "Stop this render", partial(self.queue.cancel, job)))
        self._items[job.number], self._progress[job.number] = item, progress
        self._changed_job(job)
        self.tree.scrollToItem(item)
        self._tick.start()

    def _changed_job(self, job: Job) -> None:
        item = self._items.get(job.number)
        if item is None:
            return
        self._show_job(item, job)
        if job.ended:
            self._finish(item, job)
            self.workspace.files_written.emit()
        if not self.queue.busy:
            self._tick.stop()
        self.settled_changed.emit()

    def _show_job(self, item: QTreeWidgetItem, job: Job) -> None:
        icon, tint = _MARKS[job.state]
        item.setIcon(0, theme.icon(icon, tint))
        what = ", ".join(job.nodes)
        frames = job.frames or "{}-{}".format(*job.session.project.frames)
        item.setText(0, f"{what}   {frames}, a still" if job.still else f"{what}   {frames}")
        item.setToolTip(0, job.error or job.now)
        self._progress[job.number].show_job(job)
        known = item.childCount()
        if job.failed:
            self._show_failures(item, job)
        if job.error and not job.failed and not item.childCount():
            child = QTreeWidgetItem(item, [job.error])
            child.setIcon(0, theme.icon("error", "error"))
        if item.childCount() and not known:
            item.setExpanded(True)

    def _show_failures(self, item: QTreeWidgetItem, job: Job) -> None:
        mark = theme.icon("error", "error")
        fresh: list[QTreeWidgetItem] = []
        for number, failure in enumerate(failures(job.results)):
            child, text = item.child(number), failure.text(len(job.nodes))
            if child is None:
                child = QTreeWidgetItem()
                child.setIcon(0, mark)
                child.setData(0, _CULPRIT, failure.culprit)
                fresh.append(child)
            if child.text(0) != text:
                child.setText(0, text)
                child.setToolTip(0, f"{text}\nGo to the node")
        item.addChildren(fresh)  # filled and together: in the tree each call looks at all of them
        for child in fresh:
            child.setFirstColumnSpanned(True)

    def _finish(self, item: QTreeWidgetItem, job: Job) -> None:
        if self.tree.itemWidget(item, 2) is not None:
            folder = job.folder
            tool = tool_button("folder", f"Open {folder}", partial(open_folder, folder))
            tool.setEnabled(bool(folder))
            nodes, frames = left_out(job)
            tip = f"Render what is missing, {frames}, of the script as it is now"
            again = tool_button("refresh", tip, partial(self._queue, nodes, frames, job.go_on))
            self.tree.setItemWidget(item, 2, beside(again, tool) if frames else tool)
            if frames:
                self.tree.header().resizeSection(2, 2 * _TOOL)
        if job.state is State.DONE:
            files = "1 file" if job.total == 1 else f"{job.total} files"
            self.workspace.tell(f"Rendered {', '.join(job.nodes)}: {files} in {seconds_text(job.seconds)}")
        elif job.state is State.FAILED:
            count = len(job.failed)
            what = job.error or f"{count} of {job.total} frames failed"
            self.workspace.tell(f"Render of {', '.join(job.nodes)}: {what}", "error")

    def _removed(self, job: Job) -> None:
        item = self._items.pop(job.number, None)
        self._progress.pop(job.number, None)
        if item is not None:
            self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(item))
        if not self._items:
            self.tree.header().resizeSection(2, _TOOL)

    def _show_running(self) -> None:
        for job in self.queue.jobs:
            item = self._items.get(job.number)
            if job.state is State.RENDERING and item is not None:
                self._show_job(item, job)

    def _lead(self, item: QTreeWidgetItem, *_: object) -> None:
        culprit = item.data(0, _CULPRIT)
        if culprit and has_node(self.workspace.graph, culprit):
            self.workspace.reveal(culprit)

    @property
    def settled(self) -> bool:
        return not self.queue.busy

    @property
    def under_way(self) -> str:
        jobs = [job for job in self.queue.jobs if not job.ended and not job.token.cancelled]
        if not jobs:
            return ""
        total, there = sum(job.total for job in jobs), sum(len(job.results) for job in jobs)
        what = "A render is" if len(jobs) == 1 else f"{len(jobs)} renders are"
        return f"{what} under way: {there} of {total} files are done, the others will not be written."

    def end_work(self) -> None:
        self.cancel_all()

    def save_state(self) -> dict[str, Any]:
        return {"go_on": self.go_on_box.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("go_on"), bool):
            self.go_on_box.setChecked(state["go_on"])


def write_nodes(graph: Graph) -> list[str]:
    """Paths of the nodes that write files."""
    return [path for path, state in graph.walk() if state.cls is not None and state.cls.sink]


def _selected_writes(workspace: Any) -> list[str]:
    there = set(write_nodes(workspace.graph))
    return [path for path in workspace.selection if path in there]


PANEL = PanelDeclaration("render", "Render", RenderPanel, area="right", visible=False, actions=ACTIONS)
