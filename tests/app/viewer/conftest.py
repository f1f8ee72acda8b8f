"""A viewer on a small script of toy nodes, without a graphics card."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.viewer.panel import PANEL, ViewerPanel
from rimlight.app.viewing import Views
from rimlight.app.workspace import Workspace
from viewers import settled


@pytest.fixture
def new_viewer(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> Callable[[], ViewerPanel]:
    """Makes a viewer that shows in slot 1 a picture of coordinates, 64 x 48, and has in slot 2 the same at a tenth.

    A function, as pytest keeps what fixtures give for longer than panels may live.
    """

    def make() -> ViewerPanel:
        session = workspace.session
        session.set_project(format="64x48")
        session.add("toy.coordinates", name="C", gain=0.01)
        session.add("toy.gain", "C", name="G", gain=0.1)
        workspace.set_views(Views({1: "C", 2: "G"}))
        made = make_panel(PANEL, ViewerPanel)
        made.resize(1150, 480)
        settled(made, qtbot)
        return made

    return make
