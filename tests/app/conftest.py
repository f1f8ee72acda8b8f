"""What every test of the application shares: a workspace and a window in a folder of their own, and the leak checks."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QWidget

import toy_nodes
from desktops import Make, dispose, own_threads, rest
from rimlight.app import theme
from rimlight.app.actions import Actions
from rimlight.app.commands import COMMANDS
from rimlight.app.panels import Desktop, Panel, PanelDeclaration
from rimlight.app.preferences import FOLDER_VARIABLE, Preferences
from rimlight.app.scriptfiles import ScriptFiles
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Session, Settings


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the user's settings."""
    folder = tmp_path / "config"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    """The application in its theme."""
    if not qapp.styleSheet():
        theme.apply(qapp)


@pytest.fixture(autouse=True)
def resting(qapp: QApplication) -> None:
    """The mouse outside every window. Left where an earlier test moved it, it would give the keys to what is below."""
    QCursor.setPos(0, 0)


@pytest.fixture
def workspace(qapp: QApplication) -> Iterator[Workspace]:
    """A workspace on an empty script, with the toy nodes of `tests/toy_nodes.py`. Fails when a thread outlives it."""
    with toy_nodes.use():
        made = Workspace(Session(Settings()))
        yield made
        made.close()
        dispose(made)
        assert own_threads() == []


@pytest.fixture
def window(workspace: Workspace, config: Path) -> Iterator[MainWindow]:
    """A window on the workspace, shown."""
    made = MainWindow(workspace, config, config / "autosave")
    made.show()
    yield made
    workspace.setParent(None)
    workspace.session.history.mark_saved()
    made.close()
    dispose(made)


@pytest.fixture
def desktop(workspace: Workspace, config: Path) -> Iterator[Desktop]:
    """What a panel needs, without a window. Its actions are those of the window and of `PanelDeclaration.actions`."""
    files = ScriptFiles(workspace, config / "autosave")
    actions = Actions(COMMANDS)
    yield Desktop(workspace, files, actions, Preferences, lambda panel: None)
    actions.deleteLater()


@pytest.fixture
def make_panel(desktop: Desktop) -> Iterator[Make]:
    """Makes a panel from its declaration, shown; at the end it must go without leaving anything behind."""
    made: list[weakref.ref[Panel]] = []
    widgets = set(map(id, QApplication.allWidgets()))

    def make(declaration: PanelDeclaration, kind: type[Panel] = Panel) -> Panel:
        desktop.actions = Actions([*COMMANDS, *declaration.actions])
        panel = declaration.factory(desktop)
        assert isinstance(panel, kind)
        panel.resize(640, 480)
        panel.show()
        made.append(weakref.ref(panel))
        return panel

    yield make
    for ref in made:
        panel = ref()
        if panel is not None:
            dispose(panel)
        del panel
    desktop.workspace.evaluations.close()
    rest(desktop.workspace.background)  # a disk that is slow to write what a panel remembers holds on to it, too
    gc.collect()
    QCoreApplication.processEvents()
    left: list[QWidget] = [w for w in QApplication.allWidgets() if id(w) not in widgets and w.parent() is None]
    assert [type(w).__name__ for w in left] == []
    assert [type(panel).__name__ for ref in made if (panel := ref()) is not None] == [], "something holds on to it"
