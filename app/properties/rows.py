"""Rows: one for every parameter, and what they all can do whatever edits the value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QIcon
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from rimlight.engine import Spec, measured_parameters, part_of

from .. import theme
from ..keytips import KeyTip
from ..tracking.tracks import is_there
from ..widgets import to_edge
from ..workspace import Workspace
from .edits import Edits
from .expression_entry import ExpressionEntry
from .field import Field
from .known import Known
from .linking import LinkLine
from .marks import LABEL, Marks, RowLabel
from .parameter import Parameter, State, is_set, number_at, parts, state_of, stored
from .resolving import Resolver, has_expression

_ORDER: tuple[State, ...] = ("keyframe", "animated", "expression", "linked", "modified", "default")


@dataclass
class Shared:
    """What all rows of the panel have in common. menu : shows the context menu of a row and component at a point.

    trigger : does an action of the application. action : gives one, where there is one of that name.
    label : the width of the names.
    """

    workspace: Workspace
    edits: Edits
    resolver: Resolver
    known: Known
    links: LinkLine
    menu: Callable[["Row", int | None, QPoint], None]
    trigger: Callable[[str], object]
    action: Callable[[str], QAction | None]
    label: int = LABEL
    _icons: dict[tuple[str, str], QIcon] = field(default_factory=dict)

    def icon(self, name: str, tint: str = "text.dim") -> QIcon:
        """An icon; each is drawn once."""
        if (name, tint) not in self._icons:
            self._icons[name, tint] = theme.icon(name, tint)
        return self._icons[name, tint]

    def tip_with_key(self, button: QWidget, action: str, title: str) -> None:
        """Let the tip of a button end with the key of an action that does the same."""
        button.setToolTip(title)
        if (found := self.action(action)) is not None:
            KeyTip(button, found, title)

    def button(self, name: str, tip: str, checkable: bool = False) -> QToolButton:
        """A small flat button."""
        made = QToolButton()
        made.setIcon(self.icon(name))
        made.setToolTip(tip)
        made.setAutoRaise(True)
        made.setCheckable(checkable)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.setFixedSize(theme.ROW - 2, theme.ROW - 2)
        return made

    def labelled(self, name: str, text: str, tip: str) -> QToolButton:
        """A small flat button with words beside its icon."""
        made = self.button(name, tip)
        made.setText(text)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setProperty("role", "line")
        made.setMinimumWidth(0)
        made.setMaximumWidth(16777215)
        return made


class Row(QWidget):
    """A parameter with its name, an editor made by `build`, and its marks.

    build : puts the widgets into `self.body`. show_value : shows numbers by component, None where unknown, states, and
    the sentence of a failing expression. names : False for editors that do without components.
    """

    names: ClassVar[bool] = True

    def __init__(self, shared: Shared, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shared = shared
        self.parameter = parameter
        self.value: Any = None
        self.numbers: list[Any] = []
        self.states: list[State] = []
        self.error = ""
        self._entry: ExpressionEntry | None = None
        self.label = RowLabel(parameter.title)
        self.label.setFixedWidth(shared.label)
        self.marks = Marks(parameter.spec.animatable)
        self.body = QHBoxLayout()
        self.body.setSpacing(theme.SPACE)
        line = to_edge(QHBoxLayout(), theme.SPACE)
        line.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(self.body, 1)
        line.addWidget(self.marks, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.SPACE, 1, 0, 1)
        self._column.setSpacing(2)
        self._column.addLayout(line)
        self.label.setToolTip(_tip(parameter))
        self.label.link_dragged.connect(self._label_dragged)
        self.marks.key_clicked.connect(self.toggle_key)
        self.marks.reset_clicked.connect(self.reset)
        self.build()

    @property
    def spec(self) -> Spec:
        return self.parameter.spec

    def build(self) -> None:
        raise NotImplementedError

    def show_value(self) -> None:
        raise NotImplementedError

    def add_actions(self, menu: QMenu) -> None:
        """Add to the row's menu what the buttons of this sort of row do, as Tab does not stop at them."""

    def set_label(self, width: int) -> None:
        """Give the name another width."""
        self.label.setFixedWidth(width)

    def below(self, widget: QWidget) -> None:
        """Put a widget under the row's line."""
        self._column.addWidget(widget)

    # -- showing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the script says now."""
        graph, frame, spec = self.shared.workspace.graph, self.shared.workspace.frame, self.spec
        self.value = stored(graph, self.parameter)
        components = parts(spec, self.value)
        self.numbers = [number_at(spec, part, frame) for part in components]
        self.error = ""
        if has_expression(self.parameter, self.value):
            answer = self.shared.resolver.answer(self.parameter)
            if isinstance(answer, str):
                self.error = answer
            elif answer is not None and len(answer) == len(self.numbers):
                self.numbers = [a if n is None else n for n, a in zip(self.numbers, answer, strict=True)]
        defaults = parts(spec, spec.default)
        self.states = [state_of(spec, part, d, frame) for part, d in zip(components, defaults, strict=True)]
        state = min(self.states, key=_ORDER.index)
        resettable = is_set(graph.at(self.parameter.path), self.parameter)
        self.marks.show_state(state, resettable)
        self.label.show_modified(resettable)
        self.show_value()

    @property
    def idle(self) -> bool:
        """Whether it belongs to a track that is not in use, so that there is nothing to show."""
        state = self.shared.workspace.graph.at(self.parameter.path)
        track = part_of(state.cls, self.parameter.name)
        return track is not None and not is_there(state, track)

    @property
    def unmeasured(self) -> bool:
        """Whether it takes what its node measures, and nothing was measured: its default would pass for a result."""
        state = self.shared.workspace.graph.at(self.parameter.path)
        return not self.modified and self.parameter.name in measured_parameters(state.cls)

    @property
    def modified(self) -> bool:
        """Whether the script says anything else than the declaration."""
        return self.label.modified

    def matches(self, text: str) -> bool:
        """Whether a search finds this row: all its words are in its name or its description."""
        found = f"{self.parameter.name} {self.parameter.title} {self.spec.doc} {self.spec.unit}".lower()
        return all(word in found for word in text.lower().split())

    # -- editing --------------------------------------------------------------------------------------------------

    def components(self, component: int | None) -> list[int]:
        """The components that are meant."""
        return list(range(self.spec.size)) if component is None else [component]

    def set_component(self, component: int | None, value: float, merge: object) -> None:
        """Set a component, or all of them together, to a number."""
        self.shared.edits.set_numbers(self.parameter, dict.fromkeys(self.components(component), value), merge)

    def toggle_key(self) -> None:
        """Delete the keys at this frame where there are any, else set them."""
        chosen = self.components(None)
        if any(self.states[i] == "keyframe" for i in chosen):
            self.shared.edits.delete_keys(self.parameter, chosen)
        else:
            self.shared.edits.set_keys(self.parameter, chosen, self.numbers)

    def set_key(self, component: int | None = None) -> None:
        self.shared.edits.set_keys(self.parameter, self.components(component), self.numbers)

    def delete_key(self, component: int | None = None) -> None:
        self.shared.edits.delete_keys(self.parameter, self.components(component))

    def delete_animation(self, component: int | None = None) -> None:
        """Make it the constant that it is now."""
        self.shared.edits.delete_animation(self.parameter, self.components(component), self.numbers)

    def reset(self) -> None:
        self.shared.edits.reset([self.parameter])

    def refuse(self, sentence: str) -> None:
        self.shared.workspace.tell(f"{self.parameter.address}: {sentence}", "error", self.parameter.path)

    def edit_expression(self, component: int | None = None, text: str = "") -> None:
        """Open the line in which expressions are written."""
        if self.spec.type in (str, object) or not self.spec.animatable:
            self.refuse("this parameter takes no expression")
            return
        if self._entry is None:
            self._entry = ExpressionEntry(self.shared.edits, self.shared.resolver, self.parameter)
            self._entry.closed.connect(self._close_entry)
            self.below(self._entry)
        self._entry.edit(component, text)

    def _close_entry(self) -> None:
        if self._entry is not None:
            self._entry.deleteLater()
            self._entry = None

    # -- links and menus ------------------------------------------------------------------------------------------

    def _label_dragged(self, point: Any, finished: bool) -> None:
        self.drag_link(None, point, finished)

    def drag_link(self, component: int | None, point: Any, finished: bool) -> None:
        """A link is dragged from here; on release what lies under it follows this parameter."""
        position = point.toPoint()
        if not finished:
            self.shared.links.drag(self, position)
            return
        target = self.shared.links.drop(position)
        if target is not None:
            row, into = target
            whole = component is None and self.spec.size == row.spec.size
            self.shared.edits.link(self.parameter, component, row.parameter, None if whole else into)

    def component_at(self, widget: QWidget | None) -> int | None:
        """Which component a child shows."""
        return widget.component if isinstance(widget, Field) else None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        child = self.childAt(event.pos())
        self.shared.menu(self, self.component_at(child), event.globalPos())
        event.accept()


def _tip(parameter: Parameter) -> str:
    """What hovering over the name says."""
    spec = parameter.spec
    lines = [f"<b>{parameter.title}</b> &nbsp;<code>{parameter.address}</code>", spec.doc]
    low, high = spec.hard
    if low is not None or high is not None:
        ends = ("-∞" if low is None else f"{low:.12g}", "∞" if high is None else f"{high:.12g}")
        lines.append(f"from {ends[0]} to {ends[1]} {spec.unit}")
    return "<br>".join(lines)
