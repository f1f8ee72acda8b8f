"""A parameter at several values, side by side: a dialog that asks which and shows what the viewer's node looks like.

It blocks nothing. A click on a picture takes its value over, as one step of the history.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QCloseEvent, QHideEvent, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rimlight.engine import CancelToken, ImageInfo, RimlightError, Session, Tile, Wedge, told_value

from .. import theme
from ..changes import Change
from ..dialogs import file_dialog, show_dialog
from ..evaluating import VIEWER, Ticket
from ..graph.thumbnails import picture
from ..viewer.stage import Stage
from ..widgets import place_clear_of, resize_window
from ..workers import Courier
from .edits import Edits
from .message_line import MessageLine
from .parameter import find
from .wedge_values import Varied, can_vary, offered, values_of

_KEYS = ("edit.undo", "edit.redo")
"""Actions of the main window whose keys count here, too: what was taken by a click may be taken back."""
WIDTH = 240
"""Of a picture, in pixels."""
PROXIES = (1, 2, 4, 8)
SIZE = (1350, 320)
"""Of the first one: a row of the values that are offered."""
FILTER = "Sheets (*.exr *.png *.jpg *.tif)"
NUMBERS = "1,2,4 or 0-90x30 (in steps of 30) or 0-90/4 (four of them)"
OUTDATED = "the script has changed since; Show makes the pictures anew"
VECTORS = "[1,0.5,0],[0,0.5,1] or 1,2,4 for all components"


class LastPlace(QObject):
    """Where the last wedge of a script stood, and how large it was; None before the first."""

    window: QRect | None = None


class WedgeDialog(QDialog):
    """Values, and a picture for each. what : the parameter, or a component of it."""

    def __init__(self, edits: Edits, what: Varied, parent: QWidget) -> None:
        super().__init__(parent)
        self._edits, self._what = edits, what
        self._workspace = workspace = edits.workspace
        self._courier = Courier(self)
        self._ticket: Ticket | None = None
        self._round: object = None
        self._taking = self._outdated = False
        self.made: Wedge | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Wedge of {what.title}")
        self._begin_at(parent)
        self.line = QLineEdit(offered(workspace.graph, what, workspace.frame))
        hint = VECTORS if what.spec.size > 1 else NUMBERS if what.spec.type in (int, float) else "a,b"
        self.line.setPlaceholderText(hint)
        self.line.setToolTip(f"Values with commas between them: {hint}")
        self.line.setAccessibleName("Values")
        self.show_button = QPushButton("Show")
        self.show_button.setAutoDefault(False)  # Return on a picture is meant for that
        self.show_button.clicked.connect(self.begin)
        self.line.returnPressed.connect(self.begin)
        self.save_button = QPushButton("Save Sheet…")
        self.save_button.setAutoDefault(False)
        self.save_button.setEnabled(False)
        self.save_button.clicked.connect(self._ask_file)
        self.tiles = _tile_list()
        self.tiles.itemClicked.connect(self._take)
        self.tiles.itemActivated.connect(self._take)
        self.words = MessageLine()
        top = QHBoxLayout()
        label = QLabel("&Values")
        label.setBuddy(self.line)
        for widget in (label, self.line, self.show_button, self.save_button):
            top.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.tiles)
        layout.addWidget(self.words)
        self.addActions(
            [action for widget in _above(parent) for action in widget.actions() if action.objectName() in _KEYS]
        )
        workspace.document_changed.connect(self._document_changed)
        workspace.evaluations.stopped.connect(self._stopped)
        self.line.selectAll()

    def _begin_at(self, parent: QWidget) -> None:
        """Stand where the last one stood, else where viewers stay seen."""
        known = self._workspace.the(LastPlace).window
        resize_window(self, SIZE if known is None else (known.width(), known.height()))
        stages = {stage for widget in _above(parent) for stage in widget.findChildren(Stage) if stage.isVisible()}
        seen = QRect()
        for stage in stages:
            seen = seen.united(QRect(stage.mapToGlobal(QPoint(0, 0)), stage.size()))
        room = self.screen().availableGeometry()
        if known is not None and room.contains(known):
            self.move(known.topLeft())
        elif stages:
            self.move(place_clear_of(room, self.size(), seen))

    def hideEvent(self, event: QHideEvent) -> None:
        self._workspace.the(LastPlace).window = QRect(self.pos(), self.size())
        super().hideEvent(event)

    @property
    def running(self) -> bool:
        return self._ticket is not None

    # -- making it -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Show the pictures of the values that are typed, or say why not."""
        self.stop()
        workspace = self._workspace
        node = workspace.views(workspace.active_viewer).node_a
        self.tiles.clear()
        self.made = None
        self.save_button.setEnabled(False)
        try:
            values = values_of(workspace.graph, self._what, self.line.text())
        except RimlightError as error:
            self.words.show_message(str(error), "error")
            return
        if node is None:
            self.words.show_message("the viewer shows no node; show one, by 1 on it in the graph", "warning")
            return
        self._round = token = object()
        self._outdated = False
        work = partial(
            _make, workspace.session.fork(), node, {self._what.address: values}, round(workspace.frame),
            self._courier.post, partial(self._arrived, token),
        )  # fmt: skip
        self.words.show_message(f"{node} at frame {round(workspace.frame)}: 0 of {len(values)}", "text.dim")
        done, failed = partial(self._done, token), partial(self._failed, token)
        self._ticket = workspace.evaluations.run(self, work, done, failed, channel="wedge", urgency=VIEWER)

    def stop(self) -> None:
        """End the work; the pictures that are there stay."""
        if self.running:
            self._stopped()
            self._workspace.evaluations.cancel(self, "wedge")

    def reject(self) -> None:
        """Esc stops what is computed, and closes the dialog where nothing is."""
        if self.running:
            self.stop()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once, whatever is computed."""
        self.stop()
        super().closeEvent(event)

    def _arrived(self, token: object, tile: Tile, image: QImage | None, total: int, where: str) -> None:
        if token is not self._round or not self.running:
            return
        (value,), (present,) = tile.values.values(), tile.present.values()
        told = told_value(self._what.part(value))
        item = QListWidgetItem(told)
        item.setData(Qt.ItemDataRole.UserRole, (value,))
        item.setToolTip(tile.error or f"Click: it becomes {told} in the script")
        if image is None:
            item.setForeground(theme.color("error"))
            image = QImage(WIDTH, WIDTH * 9 // 16, QImage.Format.Format_RGB888)
            image.fill(Qt.GlobalColor.black)
        item.setIcon(_icon(image))
        self.tiles.addItem(item)
        if present:
            self.tiles.setCurrentItem(item)
        self.words.show_message(f"{where}: {self.tiles.count()} of {total}", "text.dim")

    def _done(self, token: object, made: Wedge) -> None:
        if token is not self._round:
            return
        self._ticket, self.made = None, made
        self.save_button.setEnabled(True)
        doubts = [*(f"{tile.told}: {tile.error}" for tile in made.failed), *made.warnings]
        told = f"{_where(made)}; {OUTDATED if self._outdated else 'click a picture to take its value'}"
        self.words.show_message("\n".join([*doubts, told]), "warning" if doubts else "text.dim")

    def _failed(self, token: object, error: Exception) -> None:
        if token is self._round:
            self._ticket = None
            self.words.show_message(str(error), "error")

    def _stopped(self) -> None:
        """Everything was stopped, by Esc elsewhere too."""
        if self.running:
            self._ticket, self._round = None, None
            self.words.show_message(f"stopped after {self.tiles.count()}", "text.dim")

    # -- what becomes of it --------------------------------------------------------------------------------------

    def _take(self, item: QListWidgetItem) -> None:
        """Set the parameter to the value of a picture."""
        (value,) = item.data(Qt.ItemDataRole.UserRole)
        self._taking = True
        try:
            self._what.take(self._edits, value)
        finally:
            self._taking = False

    def _document_changed(self, change: Change) -> None:
        if change.renamed:
            self._what = self._what.follow(change.renamed)
            self.setWindowTitle(f"Wedge of {self._what.title}")
        if change.opened or find(self._workspace.graph, self._what.address, self._workspace.facts.members) is None:
            self.stop()
            self.close()
        elif change.pixels and not self._taking:
            self._outdated = True
            if self.made is not None:
                self.words.show_message(OUTDATED, "text.dim")

    def _ask_file(self) -> None:
        path = self._workspace.session.path
        dialog = file_dialog(self, "Save Sheet", path.parent if path is not None else None, FILTER)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(dialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(self.save)
        show_dialog(dialog)

    def save(self, path: str) -> None:
        """Write the sheet, beside what goes on."""
        made, workspace = self.made, self._workspace
        if made is not None:
            saved = partial(workspace.tell, f"saved {Path(path).name}")
            workspace.background.run(partial(made.save, path), lambda _: saved(), workspace.tell_error)


def add_wedge(menu: QMenu, edits: Edits, what: Varied, parent: QWidget) -> None:
    """Add the way here to the menu of a parameter. parent : of the dialog, what is there as long as the script."""
    if can_vary(what.spec):
        menu.addAction("Wedge…", lambda: WedgeDialog(edits, what, parent).show())
        menu.addSeparator()


def _above(widget: QWidget | None) -> Iterator[QWidget]:
    """A widget and all that it is in."""
    while widget is not None:
        yield widget
        widget = widget.parentWidget()


def _tile_list() -> QListWidget:
    tiles = QListWidget()
    tiles.setViewMode(QListView.ViewMode.IconMode)
    tiles.setMovement(QListView.Movement.Static)
    tiles.setResizeMode(QListView.ResizeMode.Adjust)
    tiles.setIconSize(QSize(WIDTH, WIDTH))
    tiles.setSpacing(2 * theme.SPACE)
    tiles.setAccessibleName("Pictures")
    return tiles


def _icon(image: QImage) -> QIcon:
    """The same when it is chosen; Qt would tint it."""
    pixmap = QPixmap.fromImage(image)
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _make(
    fork: Session, node: str, vary: Mapping[str, Any], frame: int, post: Callable[[Callable[[], object]], None],
    arrived: Callable[..., object], token: CancelToken,
) -> Wedge:  # fmt: skip
    """In a worker. The pictures are computed at the smallest proxy that still fills their places."""
    info = fork.info(node, frame)
    width = info.display.width if isinstance(info, ImageInfo) else WIDTH
    proxy = max(n for n in PROXIES if n == 1 or width / n >= WIDTH)
    begun: list[Wedge] = []

    def done(tile: Tile) -> None:
        image = None if tile.image is None else picture(fork, fork.project, tile.image["rgba"][:3].cpu())
        post(partial(arrived, tile, image, len(begun[0].tiles), _where(begun[0])))

    return fork.wedge(node, vary, frame, size=WIDTH, scale=1 / proxy, token=token, begun=begun.append, done=done)


def _where(made: Wedge) -> str:
    size = "" if made.scale == 1 else f", at 1/{round(1 / made.scale)} of the size"
    return f"{made.node} at frame {made.frame}{size}"
