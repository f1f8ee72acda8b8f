"""The context menu of a row."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from rimlight.engine import Curve, Graph, demote, rename_promoted

from ..dialogs import ask_name
from .parameter import Parameter, component_names, find
from .rows import Row, Shared
from .wedge import add_wedge
from .wedge_values import Varied

LINK = "rimlight-link:"
"""In front of a link on the clipboard: the address of the parameter and a component."""


def show(row: Row, component: int | None, at: QPoint) -> None:
    """Show the menu at a point of the screen; `component` None is the whole parameter."""
    menu = build(row, component)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(at)


def build(row: Row, component: int | None) -> QMenu:
    """The menu, a child of the row."""
    menu = QMenu(row)
    spec = row.spec
    whole = component is None or spec.size == 1
    component = None if whole else component
    chosen = row.components(component)
    states = {row.states[i] for i in chosen}
    if spec.animatable:
        menu.addAction("Set Key", partial(row.set_key, component))
        menu.addAction("Delete Key", partial(row.delete_key, component)).setEnabled("keyframe" in states)
        dynamic = bool(states & {"keyframe", "animated", "expression", "linked"})
        what = "Expression" if states <= {"expression", "linked"} else "Animation"
        menu.addAction(f"Delete {what}", partial(row.delete_animation, component)).setEnabled(dynamic)
        menu.addAction("Previous Key", partial(go_to_key, row, -1)).setEnabled(dynamic)
        menu.addAction("Next Key", partial(go_to_key, row, 1)).setEnabled(dynamic)
        menu.addSeparator()
        menu.addAction("Edit Expression…", partial(row.edit_expression, component))
    if spec.animatable or spec.type is Curve:
        show_curve = menu.addAction("Show in Curve Editor", partial(_show_curve, row))
        show_curve.setEnabled(spec.type is Curve or bool(states & {"keyframe", "animated", "expression", "linked"}))
        menu.addSeparator()
    add_wedge(menu, row.shared.edits, Varied(row.parameter, component), row.window())
    before = len(menu.actions())
    row.add_actions(menu)
    if len(menu.actions()) > before:
        menu.addSeparator()
    menu.addAction("Copy Value", partial(_copy_value, row, component))
    menu.addAction("Paste Value", partial(_paste_value, row, component))
    if spec.animatable:
        menu.addAction("Copy Link", partial(_copy_link, row, component))
        menu.addAction("Paste Link", partial(paste_link, row, component)).setEnabled(bool(_clipboard_link()))
    menu.addAction("Copy Parameter Path", partial(_copy_path, row, component))
    menu.addSeparator()
    menu.addAction("Reset", row.reset).setEnabled(row.modified)
    _add_promotion(menu, row)
    return menu


def _add_promotion(menu: QMenu, row: Row) -> None:
    graph, parameter = row.shared.workspace.graph, row.parameter
    group, _, node = parameter.path.rpartition("/")
    if parameter.name in graph.at(parameter.path).promoted:
        menu.addSeparator()
        menu.addAction("Rename on the Group…", partial(_ask_name, row))
        menu.addAction("Take Back from the Group", partial(_demote, row))
    if group:
        menu.addSeparator()
        shown = f"{node}.{parameter.name}" in graph.at(group).promoted.values()
        action = menu.addAction(f"Show on {group.rpartition('/')[2]}", partial(_promote, row, group))
        action.setEnabled(not shown)


def go_to_key(row: Row, way: int) -> None:
    """Go to the next key of the row's parameter in a direction, -1 or 1."""
    workspace = row.shared.workspace
    values = row.value if isinstance(row.value, tuple) else (row.value,)
    frames = {key.frame for value in values if isinstance(value, Curve) for key in value.keys}
    there = [f for f in frames if (f - workspace.frame) * way > 1e-4]
    if there:
        workspace.set_frame(min(there) if way > 0 else max(there))


def _show_curve(row: Row) -> None:
    row.shared.workspace.curves_requested.emit(row.parameter.address)


def _copy_value(row: Row, component: int | None) -> None:
    QGuiApplication.clipboard().setText(row.shared.edits.copied(row.parameter, component))


def _paste_value(row: Row, component: int | None) -> None:
    row.shared.edits.paste(row.parameter, component, QGuiApplication.clipboard().text())


def _copy_link(row: Row, component: int | None) -> None:
    QGuiApplication.clipboard().setText(f"{LINK}{row.parameter.address}:{'' if component is None else component}")


def _clipboard_link() -> tuple[str, int | None] | None:
    text = QGuiApplication.clipboard().text()
    if not text.startswith(LINK):
        return None
    address, _, component = text.removeprefix(LINK).rpartition(":")
    return address, int(component) if component.isdigit() else None


def paste_link(row: Row, component: int | None) -> None:
    """Let a row's parameter follow the one whose link was copied."""
    found = _clipboard_link()
    workspace = row.shared.workspace
    source = find(workspace.graph, found[0], workspace.facts.members) if found else None
    if found is None or source is None:
        row.refuse("there is no link to paste; copy one from another parameter")
        return
    row.shared.edits.link(source, found[1], row.parameter, component)


def _copy_path(row: Row, component: int | None) -> None:
    name = "" if component is None else component_names(row.spec)[component]
    QGuiApplication.clipboard().setText(f"{row.parameter.address}.{name}" if name else row.parameter.address)


def _promote(row: Row, group: str) -> None:
    parameter = row.parameter
    target = f"{parameter.path.rpartition('/')[2]}.{parameter.name}"
    workspace = row.shared.workspace
    shown = workspace.edit(lambda session: session.promote(group, target))
    if shown:
        workspace.tell(f"{group} shows {shown} of {parameter.path}", node=group)


def _demote(row: Row) -> None:
    parameter = row.parameter
    _commit(row.shared, f"take back {parameter.address}", lambda graph: demote(graph, parameter.path, parameter.name))


def _ask_name(row: Row) -> None:
    title, before = f"Rename on {row.parameter.path}", row.parameter.name.replace("_", " ")
    ask_name(row, title, "Name, such as key exposure:", partial(rename, row.shared, row.parameter), before)


def rename(shared: Shared, parameter: Parameter, name: str) -> None:
    """Show an inner parameter of a group under another name; spaces of it become underlines."""
    new = "_".join(name.split())
    _commit(
        shared,
        f"rename {parameter.address} to {new}",
        lambda graph: rename_promoted(graph, parameter.path, parameter.name, new),
    )


def _commit(shared: Shared, label: str, change: Callable[[Graph], Graph]) -> None:
    """Make an edit of the script a step, or say why it cannot be."""
    shared.workspace.edit(lambda session: session.commit(change(session.graph), label))
