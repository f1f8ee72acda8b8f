"""Panels: the parts of the window, each declared in a file of its own and found by walking.

A module called `panel` or `..._panel` anywhere in `app/`, or one that an installed package names under the entry point
group `rimlight.panels`, has a `PANEL`. Nothing lists it elsewhere.
"""

import importlib
import logging
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from .actions import Action, Actions
from .preferences import Preferences
from .scriptfiles import ScriptFiles
from .widgets import label_of
from .workspace import Workspace

log = logging.getLogger(__name__)

GROUP = "rimlight.panels"


@dataclass
class Desktop:
    """What a panel is given to work with.

    show : bring a panel to the front by its id, and give it the keys. preferences : asked when needed, as they may
    change. add : open a further panel that no walk finds, such as a second viewer, as a tab beside the panel of an id,
    and bring it to the front; its declaration's actions do not count. prefer : put other preferences in force and keep
    them. rebind : put the user's keys in force and keep them. failures : panels that could not be loaded or made.
    bring : as show, but the keys stay where they are.
    """

    workspace: Workspace
    files: ScriptFiles
    actions: Actions
    preferences: Callable[[], Preferences]
    show: Callable[[str], None]
    add: "Callable[[PanelDeclaration, str], None]" = lambda declaration, beside: None
    prefer: Callable[[Preferences], None] = lambda preferences: None
    rebind: Callable[[Mapping[str, Sequence[str]]], None] = lambda overrides: None
    failures: "list[Failure]" = field(default_factory=list)
    bring: Callable[[str], None] = lambda panel: None


class Panel(QWidget):
    """Base of every panel. Made in the GUI thread with a Desktop, deleted with its window.

    settled_changed : emit when `settled` does, so that a screenshot knows when to be taken.
    """

    settled_changed = Signal()

    def __init__(self, desktop: Desktop, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.keys_follow_mouse = False
        self.set_aside = False
        """Whether it is hidden, but not closed, as another panel has all of the window."""
        self.stale = False
        """Whether something was left for `catch_up`."""
        self.desktop = desktop
        self.workspace = desktop.workspace

    def tab_order(self) -> list[QWidget]:
        """What Tab goes through, in order: by default as it was made."""
        return [widget for widget in self.findChildren(QWidget) if _takes_tab(widget)]

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays in the panel; a key of its own leads to the next one. Rows that were made late are far behind in
        the order of the window, after what stands in other panels.
        """
        order, focus = self.tab_order(), QApplication.focusWidget()
        if not order:
            return super().focusNextPrevChild(forward)
        if focus in order:
            following = order[(order.index(focus) + (1 if forward else -1)) % len(order)]
        else:
            following = order[0 if forward else -1]
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        following.setFocus(reason)
        _reveal(following)
        return True

    def unseen(self) -> bool:
        """Whether nobody sees the panel, as it is closed or behind another tab. What it would show now is then left for
        `catch_up`.
        """
        self.stale = self.stale or not self.isVisible()
        return not self.isVisible()

    def catch_up(self) -> None:
        """Somebody sees the panel again: show what was left out."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.stale:
            self.stale = False
            self.catch_up()

    @property
    def settled(self) -> bool:
        """Whether the panel shows the script as it is, and finally. Panels that ask for pictures override it."""
        return True

    @property
    def under_way(self) -> str:
        """What closing the window would end and the user may want to wait for, as a sentence; empty for nothing."""
        return ""

    def end_work(self) -> None:
        """End what is `under_way`, as the user does not want to wait for it."""

    def save_state(self) -> dict[str, Any]:
        """What a layout remembers of the panel, plain data."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what `save_state` gave, perhaps of an older version."""


def _reveal(widget: QWidget) -> None:
    """Scroll to a widget."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget)
        around = around.parentWidget()


def _takes_tab(widget: QWidget) -> bool:
    """Whether Tab stops at a widget now."""
    tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return tab and widget.focusProxy() is None and widget.isVisible() and widget.isEnabled()


@dataclass(frozen=True)
class PanelDeclaration:
    """A panel. id : for ever, layouts name it. area : where it goes in layouts that do not know it: `left`, `right`,
    `top` or `bottom`. visible : whether it is shown in those. actions : the commands that it declares. size : width and
    height of a panel that first opens as a window of its own; None for one that has its place among the others.
    """

    id: str
    title: str
    factory: Callable[[Desktop], Panel]
    area: str = "right"
    visible: bool = False
    actions: tuple[Action, ...] = ()
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Failure:
    """A panel that could not be loaded. origin : module or entry point. reason : one sentence."""

    origin: str
    reason: str


def discover() -> tuple[list[PanelDeclaration], list[Failure]]:
    """All panels, in the order of their ids, and what could not be loaded; one broken panel harms no other."""
    found: dict[str, PanelDeclaration] = {}
    failures: list[Failure] = []
    loads: list[tuple[str, Callable[[], object]]] = []
    for module in pkgutil.walk_packages([str(Path(__file__).parent)], f"{__package__}."):
        last = module.name.rpartition(".")[2]
        if last == "panel" or last.endswith("_panel"):
            loads.append((module.name, lambda name=module.name: importlib.import_module(name).PANEL))  # type: ignore[misc]
    loads += [(f"{point.name} = {point.value}", point.load) for point in entry_points(group=GROUP)]
    for origin, load in loads:
        try:
            panel = load()
            if not isinstance(panel, PanelDeclaration):
                raise TypeError(f"PANEL is a {type(panel).__name__}, expected a PanelDeclaration")
            if panel.id in found:
                raise ValueError(f"there is a panel '{panel.id}' already")
        except (Exception, SystemExit) as error:
            log.exception("panel %s cannot be loaded", origin)
            failures.append(Failure(origin, f"{type(error).__name__}: {error}"))
        else:
            found[panel.id] = panel
    return [found[name] for name in sorted(found)], failures


def make(declaration: PanelDeclaration, desktop: Desktop) -> Panel:
    """The panel; where its factory fails, one that says so."""
    try:
        return declaration.factory(desktop)
    except (Exception, SystemExit) as error:
        log.exception("panel %s cannot be made", declaration.id)
        desktop.failures.append(Failure(declaration.id, f"{type(error).__name__}: {error}"))
        return Broken(desktop, f"The panel “{declaration.title}” failed with {type(error).__name__}: {error}")


def restore(name: str, panel: Panel, state: dict[str, Any]) -> None:
    """Give a panel back what it remembered. What it cannot take, as of a damaged layout, is logged and left out."""
    try:
        panel.restore_state(state)
    except (Exception, SystemExit) as error:  # noqa: BLE001  of a plugin, whatever it is
        log.warning("panel %s: what the layout remembers of it is left out: %s: %s", name, type(error).__name__, error)


class Broken(Panel):
    """Stands for a panel that failed."""

    def __init__(self, desktop: Desktop, reason: str) -> None:
        super().__init__(desktop)
        label = label_of("error", reason)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addStretch()
