"""Alt+Shift+click on the picture, for nodes that understand it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import exrfiles
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewing import Views
from rimlight.app.workspace import Workspace
from rimlight.nodes.ops.cryptomatte import float_of_id, id_of_name
from viewers import screen, settled

HELD = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


def ids(folder: Path) -> Path:
    """A picture of 64 x 48, the hero on the left, the road on the right."""
    x = np.zeros((48, 64, 4), np.float32)
    x[:, :32, 0], x[:, 32:, 0] = (float_of_id(id_of_name(name)) for name in ("hero", "road"))
    x[..., 1] = 1
    manifest = json.dumps({name: f"{id_of_name(name):08x}" for name in ("hero", "road")})
    about = {"cryptomatte/abc1234/name": "crypto_object", "cryptomatte/abc1234/manifest": manifest}
    planes = {f"crypto_object00.{c}": x[..., i].copy() for i, c in enumerate("RGBA")}
    color = {c: np.full((48, 64), 0.5, np.float32) for c in "RGB"}
    return exrfiles.write(folder / "ids.exr", [(about, {**planes, **color})])


def test_a_click_chooses_what_is_under_the_mouse_and_another_lets_go(
    new_viewer: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    viewer, session = new_viewer(), workspace.session
    read = session.add("Read", name="Ids", file=str(ids(tmp_path)))
    matte = session.add("Cryptomatte", read, name="Matte")
    workspace.set_views(Views({1: matte}))
    workspace.set_opened([matte])
    settled(viewer, qtbot)

    def click(x: float, y: float) -> None:
        qtbot.mouseClick(viewer.stage.layer, Qt.MouseButton.LeftButton, HELD, screen(viewer, x, y).toPoint())

    for x, expected in ((10.5, "hero"), (50.5, "hero, road"), (12.5, "road")):
        click(x, 20.5)
        qtbot.waitUntil(lambda e=expected: session.value(matte, "matte_list") == e)  # type: ignore[misc]
    assert session.undo() and session.value(matte, "matte_list") == "hero, road"


def test_without_such_a_node_a_click_is_nothing(
    new_viewer: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    before = workspace.session.history.position
    qtbot.mouseClick(viewer.stage.layer, Qt.MouseButton.LeftButton, HELD, screen(viewer, 9.5, 9.5).toPoint())
    settled(viewer, qtbot)
    assert workspace.session.history.position == before and viewer.samples.samples == ()
