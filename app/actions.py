"""Every command of the application, declared once: from that come menus, shortcuts, the shortcut editor, the manual.

A declaration says where its keys work: everywhere (`GLOBAL`) or only while a panel of some kind has the focus. The
panel says what happens, when it attaches its widget.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from PySide6.QtCore import QObject, QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QWidget

GLOBAL = "global"

Handler = Callable[[], object]


@dataclass(frozen=True)
class Action:
    """A command.

    id : for ever, `graph.disable`; users' shortcuts name it. shortcuts : default keys, `Ctrl+Shift+S`, the first shown.
    contexts : where the keys work, `graph`, `viewer`, `curves`, ... menu : the menus it stands in, `Edit/Node`; empty
    for none. section : a line is drawn between neighbours of different sections. checkable : has an on and an off.
    repeat : whether a key that is held down does it again and again.
    """

    id: str
    text: str
    shortcuts: tuple[str, ...] = ()
    contexts: tuple[str, ...] = (GLOBAL,)
    menu: str = ""
    section: str = ""
    tip: str = ""
    checkable: bool = False
    repeat: bool = False


@dataclass(frozen=True)
class Conflict:
    """Actions that ask for the same key at the same place."""

    key: str
    actions: tuple[str, str]


def normalized(key: str) -> str:
    """A shortcut as Qt writes it, `ctrl+s` and `Ctrl+S` alike; empty when it is none."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def keys_of(action: Action, overrides: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The keys of an action, as the user wants them where the user said so."""
    return tuple(filter(None, (normalized(key) for key in overrides.get(action.id, action.shortcuts))))


def conflicts(actions: Iterable[Action], overrides: Mapping[str, Sequence[str]] | None = None) -> list[Conflict]:
    """The pairs of actions whose keys collide: in one context, or a global one with any."""
    by_key: dict[str, list[Action]] = {}
    for action in actions:
        for key in keys_of(action, overrides or {}):
            by_key.setdefault(key, []).append(action)
    return [
        Conflict(key, (one.id, other.id))
        for key, users in sorted(by_key.items())
        for one, other in combinations(users, 2)
        if GLOBAL in (*one.contexts, *other.contexts) or set(one.contexts) & set(other.contexts)
    ]


def overrides_from_data(data: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The user's shortcuts from plain data, `{"graph.disable": ["D"]}`; what is malformed is left out."""
    return {
        name: tuple(filter(None, (normalized(key) for key in keys)))
        for name, keys in data.items()
        if isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    }


@dataclass
class _Place:
    widget: QWidget
    handlers: Mapping[str, Handler]
    enabled: Mapping[str, Callable[[], bool]]


class Actions(QObject):
    """The actions of one window. Raises ValueError when two declarations have the same id."""

    def __init__(
        self,
        declared: Iterable[Action],
        overrides: Mapping[str, Sequence[str]] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.declared: dict[str, Action] = {}
        self._overrides = dict(overrides or {})
        self._qactions: dict[str, QAction] = {}
        self._places: dict[str, list[_Place]] = {}
        self._tops: dict[str, QMenu] = {}
        for action in declared:
            if action.id in self.declared:
                raise ValueError(f"two actions are called '{action.id}'")
            self.declared[action.id] = action
            self._qactions[action.id] = self._make(action)
        self._apply_keys()

    def qaction(self, name: str) -> QAction:
        """The QAction, for tool buttons and own menus."""
        return self._qactions[name]

    def attach(
        self,
        context: str,
        widget: QWidget,
        handlers: Mapping[str, Handler],
        enabled: Mapping[str, Callable[[], bool]] | None = None,
        claimed: bool = False,
    ) -> None:
        """Say what the actions of a context do while `widget` or a child of it has the focus.

        handlers : by action id. enabled : by action id, asked before a menu shows and before a key counts. Several
        widgets may attach to one context; the one with the focus, else the one attached last, is meant. Keys of an
        action that is declared for several contexts work in all of them, whoever handles it. claimed : the widget looks
        for the keys itself, as they do something else at other times. Raises KeyError for an id that is not declared.
        The widget may be deleted at any time.
        """
        for name in handlers:
            if context not in self.declared[name].contexts:
                raise KeyError(f"action '{name}' is not declared for context '{context}'")
        place = _Place(widget, dict(handlers), dict(enabled or {}))
        self._places.setdefault(context, []).append(place)
        widget.destroyed.connect(partial(self._detach, context, place))
        for name, action in () if claimed else self.declared.items():
            if name in handlers or (context in action.contexts and len(action.contexts) > 1):
                widget.addAction(self._qactions[name])

    def _detach(self, context: str, place: _Place, *_: object) -> None:
        """The widget is gone: let go of it and of its handlers."""
        self._places[context] = [known for known in self._places[context] if known is not place]

    def set_checked(self, name: str, on: bool) -> None:
        """Show a checkable action as on or off, without doing it."""
        action = self._qactions[name]
        with QSignalBlocker(action):
            action.setChecked(on)
        action.changed.emit()

    def trigger(self, name: str) -> bool:
        """Do an action, at the place that is meant now. False when nobody attached it or it is not enabled."""
        place = self._place(self.declared[name])
        if place is None or not self.enabled(name):
            return False
        place.handlers[name]()
        return True

    def enabled(self, name: str) -> bool:
        """Whether an action would do something now."""
        place = self._place(self.declared[name])
        return place is not None and place.enabled.get(name, lambda: True)()

    def fill(self, bar: QMenuBar, order: Sequence[str] = ()) -> dict[str, QMenu]:
        """Build the menus. order : the titles of the top ones, others follow. Returns the menus by path."""
        menus: dict[str, QMenu] = {}
        for title in order:
            self._menu(bar, title, menus)
        self._put(bar, (action for action in self.declared.values() if action.menu), menus)
        self._tops = {title: menu for title, menu in menus.items() if "/" not in title}
        self._underline()
        return menus

    def popup(self, panel: QWidget, actions: Iterable[Action], at: QPoint, top: str = "") -> None:
        """Show actions as a context menu. at : on the screen. top : the path of the menu whose actions are meant."""
        menu = QMenu(panel)
        self._follow(menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        below = f"{top}/" if top else None
        meant = (a for a in actions if a.menu == top or (below is not None and a.menu.startswith(below)))
        self._put(menu, meant, {top: menu})
        menu.popup(at)

    def _put(self, root: QMenuBar | QMenu, actions: Iterable[Action], menus: dict[str, QMenu]) -> None:
        """Put actions into their menus, lines between their sections."""
        last: dict[str, str] = {}
        for action in actions:
            menu = self._menu(root, action.menu, menus)
            if last.setdefault(action.menu, action.section) != action.section:
                menu.addSeparator()
                last[action.menu] = action.section
            menu.addAction(self._qactions[action.id])

    def set_overrides(self, overrides: Mapping[str, Sequence[str]]) -> None:
        """Give actions the keys that the user wants."""
        self._overrides = dict(overrides)
        self._apply_keys()

    @property
    def overrides(self) -> Mapping[str, Sequence[str]]:
        return dict(self._overrides)

    def _make(self, action: Action) -> QAction:
        made = QAction(action.text, self)
        made.setObjectName(action.id)
        made.setToolTip(action.tip or action.text.replace("&", "").rstrip("."))
        made.setCheckable(action.checkable)
        made.setAutoRepeat(action.repeat)
        made.setShortcutContext(
            Qt.ShortcutContext.WindowShortcut
            if GLOBAL in action.contexts
            else Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        made.triggered.connect(lambda: self.trigger(action.id))
        return made

    def _apply_keys(self) -> None:
        for name, action in self.declared.items():
            self._qactions[name].setShortcuts([QKeySequence(key) for key in keys_of(action, self._overrides)])
        self._underline()

    def _underline(self) -> None:
        """Let menus open by Alt and a letter of their titles, as far as no command has that key: one asked for twice is
        dead. A letter that the declaration underlines comes first, then titles with the fewest others to choose from.
        """
        taken = {key for action in self.declared.values() for key in keys_of(action, self._overrides)}
        wanted = {title: QKeySequence.mnemonic(title).toString() for title in self._tops}
        letters = {title: [f"Alt+{letter.upper()}" for letter in title.replace("&", "")] for title in self._tops}
        order = sorted(self._tops, key=lambda title: (wanted[title] in taken, len({*letters[title]} - taken)))
        for title in order:
            menu, plain, keys = self._tops[title], title.replace("&", ""), [wanted[title], *letters[title]]
            free = next((key for key in keys if key and key not in taken), "")
            at = plain.upper().find(free[-1]) if free else 0
            menu.setTitle(f"{plain[:at]}&{plain[at:]}" if free else plain)
            taken.add(free)

    def _menu(self, root: QMenuBar | QMenu, path: str, menus: dict[str, QMenu]) -> QMenu:
        if path not in menus:
            around, _, title = path.rpartition("/")
            parent = self._menu(root, around, menus) if around else root
            menus[path] = parent.addMenu(title)
            if not around:
                self._follow(menus[path])
        return menus[path]

    def _follow(self, menu: QMenu) -> None:
        """Let what cannot be done now be grey in a menu and those below it."""
        menu.aboutToShow.connect(self._grey_out)
        menu.aboutToHide.connect(self._light_up)

    def _grey_out(self) -> None:
        for name, made in self._qactions.items():
            made.setEnabled(self.enabled(name))

    def _light_up(self) -> None:
        """While no menu is open all keys count: whether an action is enabled is asked when its key comes."""
        for made in self._qactions.values():
            made.setEnabled(True)

    def _place(self, action: Action) -> _Place | None:
        """Where an action would act now."""
        places: list[_Place] = []
        for context in action.contexts:
            places += [place for place in self._places.get(context, ()) if action.id in place.handlers]
        focus = QApplication.focusWidget()
        around = [p for p in places if focus is not None and (p.widget is focus or p.widget.isAncestorOf(focus))]
        if not around:
            return places[-1] if places else None
        # The innermost: a panel may do for itself what the window does for all.
        return next(
            p for p in around if not any(p.widget is not o.widget and p.widget.isAncestorOf(o.widget) for o in around)
        )
