"""The properties of every registered kind open, edit a parameter, and close without leaving a widget."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from shiboken6 import getCppPointer

from desktops import dispose
from kinds import cls_of, every_kind
from rimlight.app.actions import Actions
from rimlight.app.commands import COMMANDS
from rimlight.app.panels import Desktop
from rimlight.app.preferences import Preferences
from rimlight.app.properties.panel import PANEL, PropertiesPanel
from rimlight.app.scriptfiles import ScriptFiles
from rimlight.app.workspace import Workspace
from rimlight.engine import Session, Settings, Spec


@pytest.fixture(scope="module")
def panel(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PropertiesPanel]:
    """One panel for all kinds, on a script of its own."""
    folder: Path = tmp_path_factory.mktemp("every")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIMLIGHT_CONFIG", str(folder))
        workspace = Workspace(Session(Settings()))
    actions = Actions([*COMMANDS, *PANEL.actions])
    made = PANEL.factory(Desktop(workspace, ScriptFiles(workspace, folder), actions, Preferences, lambda name: None))
    assert isinstance(made, PropertiesPanel)
    made.resize(440, 900)
    made.show()
    QApplication.processEvents()
    yield made
    dispose(made)
    workspace.close()
    dispose(workspace)
    dispose(actions)


def other(spec: Spec) -> object:
    """A legal value that is not the default."""
    if spec.choices:
        return next(choice for choice in spec.choices if choice != spec.default)
    if spec.type is bool:
        return not spec.default
    if spec.type is str:
        return "1280x720" if spec.role == "format" else "other"
    first = spec.default[0] if spec.size > 1 else spec.default
    low, high = spec.hard
    candidates = (first + 1, first - 1, (first + (high if high is not None else first + 2)) / 2, low)
    return next(
        v for v in candidates
        if v is not None and v != first and (low is None or v >= low) and (high is None or v <= high)
    )  # fmt: skip


def widgets() -> dict[int, str]:
    """All widgets that live, by what tells them apart for sure."""
    return {getCppPointer(w)[0]: type(w).__name__ for w in QApplication.allWidgets()}


@pytest.mark.parametrize("kind", every_kind())
def test_it_opens_edits_and_closes(kind: str, panel: PropertiesPanel) -> None:
    workspace = panel.workspace
    before = widgets()
    path = workspace.session.add(kind)
    node = panel.open(path)
    assert node is not None
    for spec in cls_of(kind).specs:
        node.row(spec.name)
    QApplication.processEvents()
    assert sorted(row.parameter.name for row in node.rows) == sorted(spec.name for spec in cls_of(kind).specs)
    spec = next((s for s in cls_of(kind).specs if s.type in (float, int, bool, str)), cls_of(kind).specs[0])
    row = node.row(spec.name)
    if spec.type in (float, int, bool):
        row.set_component(None, other(spec), None)  # type: ignore[arg-type]
    else:
        row.shared.edits.set(row.parameter, other(spec))
    assert spec.name in workspace.graph[path].values
    assert row.modified
    QApplication.processEvents()
    panel.close_all()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    assert {name for pointer, name in widgets().items() if pointer not in before} == set()
    assert len(widgets()) == len(before)
