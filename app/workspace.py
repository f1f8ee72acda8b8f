"""The script as the windows see it: one session, what is selected, where we are in it, and signals when that changes.

Panels read from here and edit through here, and listen to the signals to follow what anybody changed, undo included.
They hold no copy of the script.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from rimlight.engine import Document, Graph, History, RimlightError, Session

from .changes import Change
from .doubts import Doubts
from .evaluating import Evaluations
from .facts import Facts
from .paths import has_node, inside, path_at
from .presets import Presets
from .swatches import Swatches
from .viewers import Viewers
from .viewing import DEFAULT_VIEWER
from .workers import Background, Courier

T = TypeVar("T")
Kind = TypeVar("Kind", bound=QObject)


@dataclass(frozen=True)
class Message:
    """A sentence for the user. node : the path of the node that it is about, if any."""

    text: str
    kind: Literal["information", "warning", "error"] = "information"
    node: str = ""


class Workspace(Viewers):
    """One script under work, with its viewers.

    background : work on files, which saving waits for. aside : what asks for files on servers that may be away.

    document_changed : a Change, after every edit, undo, redo and opening. history_changed : steps or what is saved.
    selection_changed : see `selection`. level_changed : the path of the group we are in. frame_changed : a float.
    message : a Message for the status bar.
    reveal_requested, properties_requested : a node's path, for the panels that can show it. help_requested : a kind.
    manual_requested : an anchor of the manual, empty for its beginning.
    file_requested : the path of a node whose file is to be chosen.
    opened_changed : see `opened`. curves_requested : a parameter, `Group1/Blur1.size`, for the curve editor.
    closing : the work is about to end, the last chance to have something written in the background.
    picture_shown : a viewer's name and a frame, once it shows that frame's picture, if only as a draft.
    files_written : a render has ended.
    imported : an `ImportReport` of nodes of another program.
    Signals come after everything here is up to date, in the GUI thread.
    """

    document_changed = Signal(object)
    history_changed = Signal()
    selection_changed = Signal()
    level_changed = Signal(str)
    frame_changed = Signal(float)
    message = Signal(object)
    reveal_requested = Signal(str)
    properties_requested = Signal(str)
    file_requested = Signal(str)
    help_requested = Signal(str)
    manual_requested = Signal(str)
    opened_changed = Signal()
    closing = Signal()
    curves_requested = Signal(str)
    picture_shown = Signal(str, float)
    files_written = Signal()
    imported = Signal(object)

    def __init__(self, session: Session | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session or Session()
        self.background = Background(self)
        self.aside = Background(self, "rimlight-aside")
        self.presets = Presets(self.background, self)
        self.presets.failed.connect(partial(self.tell, kind="error"))
        self.swatches = Swatches(self)
        self.evaluations = Evaluations(self.session, self)
        self.facts = Facts(self.session, self.evaluations, self)
        self._courier = Courier(self)
        self._gui_thread = threading.get_ident()
        self._selection: tuple[str, ...] = ()
        self._opened: tuple[str, ...] = ()
        self._level = ""
        self._frame = float(self.session.project.frames[0])
        self.end_mode: Callable[[], object] | None = None
        """Ends what the mouse is turned to, such as placing lights, while it is; Esc calls it."""
        self.stop_key = ""
        """The key that stops what is computed, as the window was told, empty where none does."""
        self._document = self.session.document
        self._history: History | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self._doubts = Doubts(self)
        self.follow_session()

    # -- the script -----------------------------------------------------------------------------------------------

    @property
    def document(self) -> Document:
        return self._document

    @property
    def graph(self) -> Graph:
        return self._document.graph

    @property
    def dirty(self) -> bool:
        """Whether closing would lose edits."""
        return self.session.history.dirty

    def the(self, kind: type[Kind]) -> Kind:
        """The one object of a kind that works on this script, such as a `Placer`: made on the first call."""
        found = self.findChild(kind)
        return kind(self) if found is None else found

    def same_script(self) -> Callable[[], bool]:
        """What tells later whether this script is still the one under work: an answer to one is nothing to another."""
        history = self.session.history
        return lambda: self.session.history is history

    @property
    def name(self) -> str:
        """Of the script, for people."""
        return self.session.path.stem if self.session.path else "untitled"

    def edit(self, change: Callable[[Session], T]) -> T | None:
        """Do an edit, `workspace.edit(lambda s: s.set("Grade1", gain=2))`; one that is refused becomes a message."""
        try:
            return change(self.session)
        except RimlightError as error:
            self.tell_error(error)
            return None

    @property
    def level_graph(self) -> Graph:
        """The graph of the group we are in."""
        return inside(self.graph, self._level)

    def put_level(self, graph: Graph, label: str, merge: object = None) -> None:
        """Make `graph` the inside of the group we are in, as one step; merge : the token of a gesture, see History."""
        self.session.commit(self.session.graph.replace_inside(self._level, graph), label, merge)

    def undo(self) -> None:
        labels, position = self.session.history.labels, self.session.history.position
        if self.session.undo():
            self.tell(f"Undone: {labels[position - 1]}")

    def undo_to(self, position: int) -> None:
        """Take back what was done since the history was at a position, as a drag does that is given up."""
        while self.session.history.position > position:
            self.undo()

    def redo(self) -> None:
        labels, position = self.session.history.labels, self.session.history.position
        if self.session.redo():
            self.tell(f"Done again: {labels[position]}")

    # -- selection, level, frame ----------------------------------------------------------------------------------

    @property
    def selection(self) -> tuple[str, ...]:
        """Paths of the selected nodes, in the order in which they were selected."""
        return self._selection

    @property
    def current(self) -> str | None:
        """The node that was selected last."""
        return self._selection[-1] if self._selection else None

    def select(self, paths: Iterable[str]) -> None:
        """Select these nodes and no others; paths of no node are left out."""
        chosen = tuple(dict.fromkeys(path for path in paths if has_node(self.graph, path)))
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit()

    @property
    def level(self) -> str:
        """The path of the group whose inside is shown, empty at the top."""
        return self._level

    def path(self, name: str) -> str:
        """The path of a node of the level we are in."""
        return path_at(self._level, name)

    @property
    def opened(self) -> tuple[str, ...]:
        """Paths of the nodes whose properties are open, the topmost first; viewers show their handles."""
        return self._opened

    def set_opened(self, paths: Iterable[str]) -> None:
        """The panel of properties says which nodes it shows."""
        opened = tuple(paths)
        if opened != self._opened:
            self._opened = opened
            self.opened_changed.emit()

    def enter(self, level: str) -> None:
        """Go into the group at `level`, or to the top with an empty one. Nothing stays selected."""
        if level != self._level and (not level or self._is_group(self.graph, level)):
            self._level = level
            self.select(())
            self.level_changed.emit(level)

    def reveal(self, path: str) -> None:
        """Lead to a node: go into its group, select it, have the graph show it and its properties opened."""
        if not has_node(self.graph, path):
            self.tell(f"there is no node '{path}' any more", "warning")
            return
        self.enter(path.rpartition("/")[0])
        self.select((path,))
        self.reveal_requested.emit(path)
        self.properties_requested.emit(path)

    @property
    def frame(self) -> float:
        return self._frame

    def set_frame(self, frame: float) -> None:
        """Go to a frame, inside or outside the script's range."""
        if frame != self._frame:
            self._frame = float(frame)
            self.facts.refresh(self._frame)
            self.frame_changed.emit(self._frame)

    def views_in_ui(self) -> dict[str, Any]:
        """The `ui` of the script with what viewers show and the frame, as it is saved."""
        return {**self.document.ui, "viewers": self.viewers_to_data(), "frame": self._frame}

    # -- messages -------------------------------------------------------------------------------------------------

    @property
    def stops(self) -> str:
        """What stands behind a sentence about work that goes on: `; Esc stops`."""
        return f"; {self.stop_key} stops" if self.stop_key else ""

    def tell(self, text: str, kind: Literal["information", "warning", "error"] = "information", node: str = "") -> None:
        """Show a sentence in the status bar."""
        self.message.emit(Message(text, kind, node))

    def tell_error(self, error: Exception, node: str = "") -> None:
        """Show what failed, in the background or at once."""
        self.tell(str(error), "error", node)

    # -- following the session ------------------------------------------------------------------------------------

    def follow_session(self) -> None:
        """The session has another script now: listen to its history and bring everything up to date."""
        self._stop_listening()
        self._history = self.session.history
        self._stop_listening = self._history.listen(self._heard)
        change = Change(self._document, self.session.document, opened=True)
        self._document = self.session.document
        self._selection, self._level = (), ""
        frame = self._document.ui.get("frame")
        first, last = self._document.project.frames
        self._frame = float(frame) if isinstance(frame, int | float) else float(first)
        self._frame = min(max(self._frame, first), last)
        viewers = self.viewers_from_data(self._document.ui.get("viewers"), self.graph)
        self.evaluations.activity.forget()
        self.facts.refresh(self._frame)
        self.document_changed.emit(change)
        self.level_changed.emit("")
        self.selection_changed.emit()
        self.frame_changed.emit(self._frame)
        for viewer in viewers:
            self.views_changed.emit(viewer)
        self.activate(DEFAULT_VIEWER)
        self.history_changed.emit()

    def close(self) -> None:
        """Stop all work and end the threads; the session stays as it is."""
        self.closing.emit()
        self._stop_listening()
        self._stop_listening = lambda: None
        self.facts.close()
        self.evaluations.close()
        self.background.close()
        self.aside.abandon()

    def _heard(self) -> None:
        if threading.get_ident() == self._gui_thread:
            self._follow_document()
        else:
            self._courier.post(self._follow_document)

    def _follow_document(self) -> None:
        old, new = self._document, self.session.document
        if old is new:
            self.history_changed.emit()
            return
        change = Change(old, new)
        self._document = new
        told = self._follow_nodes(change) if change.graph else []
        if change.pixels:
            self.facts.refresh(self._frame)
        self.document_changed.emit(change)
        self._stay_inside(change)
        if change.pixels:
            self.evaluations.activity.drop_errors(change.reaches)
            self.facts.drop_errors(change.reaches)
        for tell in told:
            tell()
        self.history_changed.emit()

    def _stay_inside(self, change: Change) -> None:
        """Where the project gets other frames, the one we are at comes with them, unless it was outside on purpose."""
        (first, last), (new_first, new_last) = change.old.project.frames, change.new.project.frames
        if (first, last) != (new_first, new_last) and first <= self._frame <= last:
            self.set_frame(min(max(self._frame, new_first), new_last))

    def _follow_nodes(self, change: Change) -> list[Callable[[], None]]:
        """Let selection, level and views follow nodes that were renamed or removed; what to tell of that later."""
        told: list[Callable[[], None]] = []
        graph, renamed = change.new.graph, change.renamed
        level = renamed.get(self._level, self._level)
        while level and not self._is_group(graph, level):
            level = level.rpartition("/")[0]
        if level != self._level:
            self._level = level
            told.append(lambda: self.level_changed.emit(level))
        chosen = tuple(p for path in self._selection if has_node(graph, p := renamed.get(path, path)))
        if chosen != self._selection:
            self._selection = chosen
            told.append(self.selection_changed.emit)
        if not change.opened:
            others = self.follow_nodes(change.old.graph, graph, renamed)
            told.extend(partial(self.views_changed.emit, viewer) for viewer in others)
        return told

    @staticmethod
    def _is_group(graph: Graph, path: str) -> bool:
        return has_node(graph, path) and graph.at(path).graph is not None
