"""What the tests of the properties share: the panel, and nodes that are opened in it."""

import weakref
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication

from desktops import Make
from rimlight.app.properties.node_properties import NodePanel
from rimlight.app.properties.panel import PANEL, PropertiesPanel
from rimlight.app.workspace import Workspace


@pytest.fixture
def panel(make_panel: Make) -> PropertiesPanel:
    """The panel, by a weak reference: what a test is given is held until after the leak check."""
    made = make_panel(PANEL, PropertiesPanel)
    made.resize(440, 900)
    return weakref.proxy(made)


@pytest.fixture
def opened(panel: PropertiesPanel, workspace: Workspace) -> Callable[..., NodePanel]:
    """Adds a node of a kind, with values, and opens it in the panel."""

    def opened(kind: str, **values: object) -> NodePanel:
        path = workspace.session.add(kind, **values)
        found = panel.open(path)
        assert found is not None
        QApplication.processEvents()
        return found

    return opened
