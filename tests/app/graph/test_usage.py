"""How often nodes were added is counted on, whenever the file is read."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from desktops import hold_files
from rimlight.app.graph.usage import FILE, Usage
from rimlight.app.preferences import read_json, write_json
from rimlight.app.workspace import Workspace


def test_a_node_added_before_the_counts_are_read_adds_to_them(workspace: Workspace, config: Path, qtbot: QtBot) -> None:
    write_json(config / FILE, {"color.grade": 4, "filter.blur": 2})
    gate = hold_files(workspace)
    usage = Usage(workspace.background)
    usage.count("color.grade")
    gate.set()
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert usage.counts == read_json(config / FILE) == {"color.grade": 5, "filter.blur": 2}
    usage.count("filter.blur")
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert read_json(config / FILE) == {"color.grade": 5, "filter.blur": 3}
    usage.deleteLater()
