"""The docks of a window, in which its panels stand: where a panel gets its place, and how it comes to the front."""

from collections.abc import Iterator, Mapping
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from .focusmark import FocusMark
from .hoverfocus import HoverFocus
from .panels import Panel, PanelDeclaration
from .widgets import resize_window

_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


def to_front(dock: QDockWidget) -> None:
    """Let a dock be the one of its tabs that is seen; the focus stays where it is."""
    if not dock.isFloating():
        dock.lower()  # Qt does nothing for the dock that was raised last, even where another tab was chosen since
    dock.raise_()


def _is_behind(dock: QDockWidget) -> bool:
    """Whether another tab covers a dock: Qt puts it beside the window then."""
    return dock.isVisible() and not dock.isFloating() and dock.geometry().right() < 0


class Docks(Mapping[str, QDockWidget]):
    """The docks by the ids of their panels. panels, declarations : by the same ids.

    mark : of the panel that has the keys.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        self.panels: dict[str, Panel] = {}
        self.declarations: dict[str, PanelDeclaration] = {}
        window.setDockNestingEnabled(True)
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._hover = HoverFocus(window)
        self.mark = FocusMark(window)
        self._titles_timer = QTimer(window, singleShot=True)
        self._titles_timer.timeout.connect(self._show_titles)
        self._sight_timer = QTimer(window, singleShot=True)
        self._sight_timer.timeout.connect(self._hide_unseen)

    def __getitem__(self, panel: str) -> QDockWidget:
        return self._docks[panel]

    def __iter__(self) -> Iterator[str]:
        return iter(self._docks)

    def __len__(self) -> int:
        return len(self._docks)

    def add(self, declaration: PanelDeclaration, panel: Panel) -> None:
        """Give a panel a dock, which has no place yet."""
        dock = QDockWidget(declaration.title, self._window)
        dock.setObjectName(declaration.id)
        dock.setWidget(panel)
        panel.installEventFilter(self._hover)
        dock.dockLocationChanged.connect(self._titles_timer.start)
        dock.topLevelChanged.connect(self._titles_timer.start)
        keeping = panel.sizePolicy()
        keeping.setRetainSizeWhenHidden(True)  # a place is as large whichever of its tabs is in front
        panel.setSizePolicy(keeping)
        dock.visibilityChanged.connect(partial(self._sight_changed, declaration.id))
        self._docks[declaration.id] = dock
        self.panels[declaration.id] = panel
        self.declarations[declaration.id] = declaration

    def place_beside(self, panel: str, other: str) -> None:
        """Make a panel a tab beside another, at the top where that one is not there."""
        self._window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, self[panel])
        if other in self:
            self._window.tabifyDockWidget(self[other], self[panel])
        self._titles_timer.start()

    def show(self, panel: str) -> None:
        """Bring a panel to the front, and give it the keys."""
        if panel in self:
            self.bring(panel)
            if self[panel].isFloating():
                self[panel].activateWindow()  # a window manager does so by itself, but there may be none
            self._give_keys(panel)

    def bring(self, panel: str) -> None:
        """Bring a panel to the front; the keys stay where they are, but for a panel that it covers."""
        dock = self.get(panel)
        if dock is not None:
            if self._window.dockWidgetArea(dock) == Qt.DockWidgetArea.NoDockWidgetArea and not dock.isFloating():
                self._give_place(panel)
            dock.show()
            to_front(dock)

    def show_or_hide(self, panel: str) -> None:
        """Bring a panel to the front, or hide it when it is there already."""
        dock = self[panel]
        if not dock.isHidden() and not dock.visibleRegion().isEmpty():
            dock.hide()
        else:
            self.show(panel)

    @property
    def focused(self) -> QDockWidget | None:
        """The dock that has the focus."""
        focus = QApplication.focusWidget()
        return next((dock for dock in self.values() if focus is not None and dock.isAncestorOf(focus)), None)

    def take_keys(self) -> None:
        """Give the keys to the panel under the mouse where it takes them so, else to the node graph, which is seen; a
        window of its own accord gives them to whatever it made first.
        """
        under = QApplication.widgetAt(QCursor.pos())
        follows = (p for p in self.panels.values() if getattr(p, "keys_follow_mouse", False))
        panel = next((p for p in follows if under is not None and p.isAncestorOf(under)), self.panels.get("nodegraph"))
        if panel is not None and self._in_sight(panel):
            panel.setFocus()

    def _sight_changed(self, name: str, seen: bool) -> None:
        """A panel came to the front, or went behind another tab. Qt leaves those there visible, beside the window."""
        if seen:
            self.panels[name].show()
        self._sight_timer.start()

    def _hide_unseen(self) -> None:
        """Hide panels behind other tabs, so that they do nothing until somebody sees them."""
        focus = QApplication.focusWidget()
        for name, dock in self.items():
            behind = _is_behind(dock)
            panel = self.panels[name]
            if behind and focus is not None and panel.isAncestorOf(focus):
                front = next((d for d in self._window.tabifiedDockWidgets(dock) if not _is_behind(d)), None)
                if front is not None:
                    self.panels[front.objectName()].setFocus()
            panel.setVisible(not behind)

    def _in_sight(self, panel: Panel) -> bool:
        """Whether a panel is not behind another tab."""
        if panel.window() is not self._window:
            return panel.isVisible()
        there = self._window.childAt(panel.mapTo(self._window, panel.rect().center()))
        return there is not None and (there is panel or panel.isAncestorOf(there))

    def next_panel(self, step: int = 1) -> None:
        """Give the keys to the next panel that is seen, in reading order, or with -1 to the one before."""
        names = self._seen()
        dock = self.focused
        if names:
            at = names.index(dock.objectName()) if dock is not None and dock.objectName() in names else -max(step, 0)
            self._give_keys(names[(at + step) % len(names)])

    def _seen(self) -> list[str]:
        """The panels that are not hidden or behind another tab, from the left, those in a column from the top; windows
        of their own come last.
        """
        found = {name: dock for name, dock in self.items() if not dock.isHidden() and self._in_sight(self.panels[name])}

        def place(name: str) -> tuple[bool, int, int]:
            at = found[name].mapTo(self._window, QPoint()) if not found[name].isFloating() else found[name].pos()
            return found[name].isFloating(), at.x(), at.y()

        return sorted(found, key=place)

    def _give_keys(self, panel: str) -> None:
        """Let a panel have the keys, where it had them last: in a field as in the panel; and show that."""
        widget = self.panels[panel]
        last = widget.focusWidget()
        kept = last is not None and last.isVisible() and last.isEnabled() and not widget.keys_follow_mouse
        if widget.window() is not QApplication.activeWindow():
            widget.window().activateWindow()
        (last if kept and last is not None else widget).setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.mark.put(widget)

    def next_tab(self) -> None:
        """Bring the next panel of the focused place to the front, and give it the keys."""
        dock = self.focused
        if dock is None:
            return
        for bar in self._window.findChildren(QTabBar):
            titles = [bar.tabText(i) for i in range(bar.count())]
            if bar.parent() is self._window and dock.windowTitle() in titles:
                bar.setCurrentIndex((bar.currentIndex() + 1) % bar.count())
                there = next((n for n, d in self.items() if d.windowTitle() == bar.tabText(bar.currentIndex())), None)
                if there is not None:
                    self._give_keys(there)
                return

    def _give_place(self, panel: str) -> None:
        """Place a panel that the layout does not name: as a window where it wants, else as a tab of one of its area."""
        dock, declaration = self[panel], self.declarations[panel]
        others = [self[other.id] for other in self.declarations.values() if other.area == declaration.area]
        placed = [other for other in others if not other.isFloating() and not other.isHidden()]
        if declaration.size is None and placed:
            # Where most tabs are already, else where the most room is.
            room = {d: (len(self._window.tabifiedDockWidgets(d)), d.width() * d.height()) for d in placed}
            self._window.tabifyDockWidget(max(placed, key=lambda d: room[d]), dock)
            self._titles_timer.start()
            return
        self._window.addDockWidget(_AREAS.get(declaration.area, Qt.DockWidgetArea.RightDockWidgetArea), dock)
        if declaration.size is not None:
            dock.setFloating(True)
            resize_window(dock, declaration.size)
            dock.move(self._window.geometry().center() - dock.rect().center())

    def _show_titles(self) -> None:
        """A dock among tabs has its title there already, so its title bar goes."""
        for dock in self.values():
            tabbed = bool(self._window.tabifiedDockWidgets(dock)) and not dock.isFloating()
            bare = dock.titleBarWidget()
            if tabbed and bare is None:
                dock.setTitleBarWidget(QWidget(dock))
            elif not tabbed and bare is not None:
                dock.setTitleBarWidget(None)  # type: ignore[arg-type]  # the declared type forgets that it is optional
                bare.deleteLater()
