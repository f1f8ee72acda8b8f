"""Nodes that go from script to script by files: put into this one beside its own, written as a script of their own."""

import weakref
from pathlib import Path

from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.graph.panel import PANEL, GraphPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Document, Session, load_script, save_script


def shown(make_panel: Make) -> GraphPanel:
    panel = make_panel(PANEL, GraphPanel)
    return weakref.proxy(panel)  # type: ignore[no-any-return]  # what a test holds is a leak to the check after it


def other_script(folder: Path) -> Path:
    """Another script, with a picture that it names relative to itself."""
    folder.mkdir()
    s = Session()
    s.add("Read", name="Plate", file="plates/tea.exr")
    s.add("Blur", "Plate", name="Blur1", size=3)
    path = folder / "other.rim"
    save_script(Document(s.graph), path)
    return path


def test_nodes_of_a_script_come_beside_ours_and_find_their_files(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    path = other_script(tmp_path / "there")
    workspace.session.saved(workspace.document, tmp_path / "here" / "mine.rim")
    workspace.session.add("Blur", name="Blur1", size=7)
    workspace.session.add("Grade", "Blur1", name="Grade1")
    panel, before = shown(make_panel), len(workspace.session.history.labels)
    panel.exchange.insert(path)
    qtbot.waitUntil(lambda: "Plate" in workspace.graph, timeout=10_000)
    assert len(workspace.session.history.labels) == before + 1
    (name,) = set(workspace.selection) - {"Plate"}
    assert workspace.graph[name].inputs == {"image": "Plate"} and workspace.graph[name].value("size") == (3.0, 3.0)
    assert workspace.graph["Blur1"].value("size") == (7.0, 7.0), "ours keeps its name"
    assert workspace.graph["Plate"].value("file") == "../there/plates/tea.exr"
    at = panel.scene.at
    assert min(at["Plate"][0], at[name][0]) > max(at["Blur1"][0], at["Grade1"][0]) + 100
    workspace.undo()
    assert set(workspace.graph) == {"Blur1", "Grade1"}


def test_what_is_no_script_is_a_sentence(workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path) -> None:
    panel = shown(make_panel)
    (tmp_path / "bad.rim").write_text("nonsense")
    save_script(Document(), tmp_path / "empty.rim")
    for name, said in (("bad.rim", "bad.rim"), ("gone.rim", "gone.rim"), ("empty.rim", "no nodes in empty.rim")):
        with qtbot.waitSignal(workspace.message, timeout=10_000) as told:
            panel.exchange.insert(tmp_path / name)
        assert said in told.args[0].text and not workspace.graph


def test_chosen_nodes_are_a_script_of_their_own(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "shelf").mkdir()
    s = workspace.session
    s.saved(s.document, tmp_path / "mine.rim")
    s.set_project(format="640x360", frames=(5, 9))
    s.add("Read", name="Plate", file="plates/tea.exr")
    s.add("Blur", "Plate", name="Soft")
    s.add("Grade", "Soft", name="Grade1")
    panel = shown(make_panel)
    workspace.select(("Plate", "Soft"))
    with qtbot.waitSignal(workspace.message, timeout=10_000) as told:
        panel.exchange.export(tmp_path / "shelf" / "soft")
    assert told.args[0].text == "Wrote 2 nodes to soft.rim"
    written = load_script(tmp_path / "shelf" / "soft.rim").document
    assert set(written.graph) == {"Plate", "Soft"} and written.graph["Soft"].inputs == {"image": "Plate"}
    assert written.graph["Plate"].value("file") == "../plates/tea.exr"
    assert written.project.frames == (5, 9) and set(workspace.graph) == {"Plate", "Soft", "Grade1"}


def test_nodes_that_are_no_longer_chosen_are_not_written(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = shown(make_panel)
    said: list[str] = []
    workspace.message.connect(lambda message: said.append(message.text))
    panel.exchange.export(tmp_path / "soft.rim")
    assert said == ["select a node first"]
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert not (tmp_path / "soft.rim").exists()
