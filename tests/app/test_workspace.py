"""The workspace follows whatever happens to the script: edits, undo, renames, removals, other scripts."""

import threading
from pathlib import Path

from pytestqt.qtbot import QtBot

from rimlight.app.changes import Change
from rimlight.app.viewing import Views, default_views, views_from_data, views_to_data
from rimlight.app.workspace import Message, Workspace
from rimlight.engine import Expr


def changes(workspace: Workspace) -> list[Change]:
    heard: list[Change] = []
    workspace.document_changed.connect(heard.append)
    return heard


def test_every_edit_is_told_once_with_what_changed(workspace: Workspace) -> None:
    heard = changes(workspace)
    s = workspace.session
    s.add("Constant", name="C")
    assert heard[-1].graph and heard[-1].pixels and not heard[-1].project and heard[-1].level("").added == ("C",)
    s.commit(s.graph.put("C", s.graph["C"].with_(ui={"position": [3, 4]})), "move")
    assert heard[-1].graph and not heard[-1].pixels and heard[-1].level("").changed == ("C",)
    s.set_project(fps=25)
    assert heard[-1].project and heard[-1].pixels and not heard[-1].graph
    s.undo()
    s.undo()
    assert len(heard) == 5 and heard[-1].level("").changed == ("C",)
    s.history.mark_saved()
    assert len(heard) == 5


def test_a_drag_is_one_step(workspace: Workspace) -> None:
    heard = changes(workspace)
    workspace.session.add("Blur", name="Blur1")
    gesture = object()
    for size in range(1, 20):
        workspace.edit(lambda s, size=size: s.set("Blur1", gesture, size=float(size)))
    assert len(heard) == 20 and len(workspace.session.history.labels) == 2
    workspace.undo()
    assert "size" not in workspace.graph["Blur1"].values


def test_a_refused_edit_is_a_message(workspace: Workspace) -> None:
    told: list[Message] = []
    workspace.message.connect(told.append)
    assert workspace.edit(lambda s: s.set("Nobody", size=1)) is None
    assert told[0].kind == "error" and "Nobody" in told[0].text


def test_selection_and_views_follow_names_and_come_back(workspace: Workspace) -> None:
    s = workspace.session
    s.add("Constant", name="A")
    s.add("Blur", "A", name="B")
    workspace.select(["A", "B", "nobody"])
    workspace.view("B", 1)
    assert workspace.selection == ("A", "B") and workspace.current == "B"
    s.rename("B", "Soft")
    assert workspace.selection == ("A", "Soft") and workspace.views().node_a == "Soft"
    s.undo()
    assert workspace.selection == ("A", "B") and workspace.views().node_a == "B"
    s.remove("B")
    assert workspace.selection == ("A",)


def test_a_group_that_goes_is_left(workspace: Workspace) -> None:
    s = workspace.session
    levels: list[str] = []
    workspace.level_changed.connect(levels.append)
    s.add("Constant", name="A")
    group = s.group("A", name="G")
    workspace.enter(group)
    assert workspace.path("A") == "G/A" and "A" in workspace.level_graph
    workspace.select(["G/A"])
    s.rename("G", "Box")
    assert workspace.level == "Box" and workspace.selection == ("Box/A",)
    s.undo()
    s.undo()
    assert workspace.level == "" and levels == ["G", "Box", "G", ""]


def test_keys_of_the_viewer(workspace: Workspace) -> None:
    s = workspace.session
    for name in "ABC":
        s.add("Constant", name=name)
    told: list[str] = []
    workspace.views_changed.connect(told.append)
    workspace.view("A", 1)
    workspace.view("B", 2)
    workspace.view("C", 3, "b")
    assert workspace.views() == Views({1: "A", 2: "B", 3: "C"}, 2, 3)
    workspace.view(None, 1)
    assert workspace.views().node_a == "A" and workspace.views().node_b == "C"
    workspace.view("C", 3, "b")
    assert workspace.views().b is None
    workspace.view("C", 1)
    assert workspace.views().node_a == "C"
    assert told == ["Viewer1"] * 6 and len(s.history.labels) == 3


def test_views_survive_as_data_and_bad_data_is_left_out(workspace: Workspace) -> None:
    workspace.session.add("Constant", name="A")
    views = {"Viewer1": Views({1: "A"}, 1, None)}
    assert views_from_data(views_to_data(views), workspace.graph) == views
    assert views_from_data({"V": {"inputs": {"1": "gone", "x": 3}, "a": 77}, "W": 3}, workspace.graph) == {"V": Views()}
    assert default_views(workspace.graph) == views


def test_an_edit_from_another_thread_is_told_in_the_gui_thread(workspace: Workspace, qtbot: QtBot) -> None:
    threads: list[int] = []
    workspace.document_changed.connect(lambda change: threads.append(threading.get_ident()))
    worker = threading.Thread(target=lambda: workspace.session.add("Constant", name="C"))
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: bool(threads), timeout=5000)
    assert threads == [threading.get_ident()] and "C" in workspace.graph


def test_facts_of_nodes(workspace: Workspace, qtbot: QtBot, tmp_path: Path) -> None:
    s = workspace.session
    s.set_project(format="64x36")
    s.add("toy.coordinates", name="Source")
    s.add("Read", name="Lost", file=str(tmp_path / "nothing.exr"))
    s.add("Blur", "Lost", name="Below", size=3)
    facts = workspace.facts
    qtbot.waitUntil(lambda: facts.settled, timeout=10_000)
    info = facts.info("Source")
    assert info is not None and info.data.width == 64 and facts.node("Source").cached is None
    assert [e.path for e in facts.errors] == ["Lost"] and "nothing.exr" in str(facts.errors[0])
    assert facts.node("Below").blocked and facts.info("Below") is None
    done: list[object] = []
    workspace.evaluations.request(workspace, "Source", 1.0, done.append)
    qtbot.waitUntil(lambda: facts.node("Source").cached == "host", timeout=10_000)


def test_facts_are_those_of_the_cache_whatever_was_cancelled(workspace: Workspace, qtbot: QtBot) -> None:
    """Esc while a survey is under way, and evaluations that end while one is."""
    s, facts, evaluations = workspace.session, workspace.facts, workspace.evaluations
    s.set_project(format="64x36")
    s.add("toy.coordinates", name="Source")
    qtbot.waitUntil(lambda: facts.settled, timeout=10_000)
    s.add("Blur", "Source", name="Soft", size=3)
    facts._timer.stop()
    facts._ask()
    evaluations.cancel_all()
    qtbot.waitUntil(lambda: facts.info("Soft") is not None, timeout=10_000)
    assert facts.settled
    survey = facts._found
    done: list[object] = []
    facts._found = done.append  # type: ignore[method-assign]
    facts.refresh(1.0)
    qtbot.waitUntil(lambda: bool(done), timeout=10_000)
    with qtbot.waitSignal(evaluations.rested, timeout=10_000):
        evaluations.request(workspace, "Source", 1.0, lambda result: None)
    facts._found = survey  # type: ignore[method-assign]
    survey(done[-1])  # it has seen the cache before the evaluation
    qtbot.waitUntil(lambda: facts.node("Source").cached == "host", timeout=10_000)


def test_views_follow_nodes_into_a_group_and_out_of_it(workspace: Workspace) -> None:
    s = workspace.session
    s.add("image.constant", name="A")
    s.add("color.grade", "A", name="B")
    s.add("filter.blur", "B", name="C")
    s.add("color.gamma", "C", name="D")
    workspace.view("C", 1)
    workspace.view("B", 2)
    group = workspace.edit(lambda session: session.group("B", "C"))
    assert group is not None
    assert workspace.views().inputs == {1: f"{group}/C", 2: f"{group}/B"}
    workspace.undo()
    assert workspace.views().inputs == {1: "C", 2: "B"}
    workspace.redo()
    workspace.edit(lambda session: session.ungroup(group))
    assert workspace.views().inputs == {1: "C", 2: "B"}
    outer = workspace.edit(lambda session: session.group(session.group("B", "C"), "A"))
    assert workspace.views().inputs[1].startswith(f"{outer}/") and workspace.views().inputs[1].endswith("/C")


def test_an_error_is_gone_with_the_edit_that_may_have_mended_it(workspace: Workspace, qtbot: QtBot) -> None:
    s, facts, activity = workspace.session, workspace.facts, workspace.evaluations.activity
    beside = s.add("image.constant", name="Beside")
    s.add("image.read", name="File", file="/nowhere.exr")
    failures: list[Exception] = []
    workspace.evaluations.request(workspace, "File", 1, lambda result: None, failures.append)
    qtbot.waitUntil(lambda: bool(failures) and facts.node("File").error is not None, timeout=10_000)
    assert activity.error("File") is not None

    s.set(beside, color=(0.5, 0.5, 0.5, 1.0))
    assert activity.error("File") is not None and facts.node("File").error is not None, "that was about another node"
    s.set("File", file="/elsewhere.exr")
    assert activity.error("File") is None and facts.node("File").error is None


def test_what_a_change_reaches(workspace: Workspace) -> None:
    s = workspace.session
    s.add("image.constant", name="A")
    s.add("image.constant", name="Other")
    s.add("filter.blur", "A", name="B")
    s.add("filter.blur", "B", name="C")
    group = s.group("C", name="G")
    heard = changes(workspace)

    def reached() -> set[str]:
        return {path for path, _ in workspace.graph.walk() if heard[-1].reaches(path)}

    s.set("B", size=7.0)
    assert {"B", group, f"{group}/C"} <= reached() and not {"A", "Other"} & reached()
    s.set("Other", color=(0.1, 0.1, 0.1, 1.0))
    assert reached() == {"Other"}
    s.connect("B", "image", "Other")
    assert {"B", f"{group}/C"} <= reached() and "A" not in reached()
    s.set(f"{group}/C", size=Expr("parent.A.color.r"))
    s.set("A", color=(0.2, 0.2, 0.2, 1.0))
    assert f"{group}/C" in reached() and "B" not in reached()
    s.set_project(fps=30.0)
    assert "Other" in reached()


def test_the_frame_stays_inside_the_project(workspace: Workspace) -> None:
    s = workspace.session
    s.set_project(frames=[1, 100])
    workspace.set_frame(50)
    s.set_project(frames=[1, 80])
    assert workspace.frame == 50
    s.set_project(frames=[1001, 1024])
    assert workspace.frame == 1001, "else the next key would be set outside"
    workspace.set_frame(900)
    s.set_project(frames=[1001, 1030])
    assert workspace.frame == 900, "who is outside on purpose stays there"
