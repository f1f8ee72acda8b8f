"""The menus of a window: its commands, and those that change: recent scripts, layouts, panels."""

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenuBar

from .actions import Actions
from .commands import MENUS
from .docks import Docks
from .scripts import Scripts


class Menus(QMenuBar):
    """The menu bar. panel_actions : a panel's line in the menu of the window, by its id. layouts : asked for names.

    apply_layout : what choosing one does.
    """

    def __init__(
        self, commands: Actions, docks: Docks, scripts: Scripts, layouts: Callable[[], Iterable[str]],
        apply_layout: Callable[[str], object],
    ) -> None:  # fmt: skip
        super().__init__()
        self.panel_actions: dict[str, QAction] = {}
        self._docks = docks
        self._scripts = scripts
        self._layouts = layouts
        self._apply_layout = apply_layout
        menus = commands.fill(self, MENUS)
        self._recent = menus["&File"].addMenu("Open &Recent")
        menus["&File"].insertMenu(commands.qaction("file.save"), self._recent)
        self._recent.aboutToShow.connect(self._fill_recent)
        self.window_menu = menus["&Window"]
        self._layout_menu = self.window_menu.addMenu("&Layouts")
        self.fill_layouts()
        self.window_menu.addSeparator()
        self.window_menu.aboutToShow.connect(self._check_panels)
        for panel in sorted(docks, key=lambda name: docks[name].windowTitle()):
            self.add_panel(panel)
        for menu in menus.values():
            menu.menuAction().setVisible(not menu.isEmpty())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:  # while it has the keys, those of all its commands count
            event.accept()
            return True
        return super().event(event)

    def add_panel(self, panel: str) -> None:
        """A panel's line. Not the dock's own action, which hides a panel that is behind another tab."""
        action = QAction(self._docks[panel].windowTitle(), self)
        action.setCheckable(True)
        action.triggered.connect(partial(self._docks.show_or_hide, panel))
        self.panel_actions[panel] = action
        self.window_menu.addAction(action)

    def fill_layouts(self) -> None:
        """There are other layouts."""
        self._layout_menu.clear()
        for name in self._layouts():
            self._layout_menu.addAction(name, partial(self._apply_layout, name))

    def _check_panels(self) -> None:
        for panel, action in self.panel_actions.items():
            action.setChecked(not self._docks[panel].isHidden())

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self._scripts.recent:
            self._recent.addAction(str(path).replace("&", "&&"), partial(self._scripts.open, path))
