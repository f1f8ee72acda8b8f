"""Scripts and pieces of them go to another folder: relative names still lead to the same files."""

from pathlib import Path

import pytest

from rimlight.engine import Document, Graph, NodeState, Session
from rimlight.engine.script.relocate import Relocation
from rimlight.engine.script.script import read_nodes


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("plate.####.exr", "../show/plate.####.exr"),
        ("../plates/a.exr", "../plates/a.exr"),
        ("./shots/../b.exr", "../show/b.exr"),
        ("/abs/a.exr", "/abs/a.exr"),
        ("~/a.exr", "~/a.exr"),
        ("$SHOW/a.exr", "$SHOW/a.exr"),
        ("", ""),
        ("../../elsewhere/a.exr", "../../elsewhere/a.exr"),
    ],
)
def test_names_lead_to_where_they_led(name: str, there: str) -> None:
    assert Relocation("/jobs/a/show", "/jobs/a/new").name(name) == there


def test_what_has_only_the_root_in_common_becomes_absolute() -> None:
    assert Relocation("/opt/samples", "/srv/me").name("../plates/a.exr") == "/opt/plates/a.exr"


def test_only_nodes_with_relative_files_change_and_groups_are_entered() -> None:
    Session()  # so that the kinds are known
    read = NodeState("image.read", 1, {"file": "a.exr"})
    grade = NodeState("color.grade", 1, {"channels": "rgb"})
    group = NodeState("structure.group", 1, graph=Graph({"R": read}))
    document = Document(Graph({"R": read, "G": grade, "Group": group}))
    move = Relocation("/jobs/a", "/jobs/b")
    moved, again = move.document(document), move.document(document.with_(graph=document.graph.remove(["G"])))
    assert moved.graph["R"].values["file"] == "../a/a.exr" and moved.graph["G"] is grade
    assert moved.graph["Group"].graph is not None
    assert moved.graph["Group"].graph["R"].values["file"] == "../a/a.exr"
    assert again.graph["R"] is moved.graph["R"], "steps of a history still share their nodes"
    assert moved.project.folder == "/jobs/b"


def test_a_script_that_is_saved_elsewhere_finds_its_files_also_after_undo(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    s = Session()
    s.add("image.read", name="R", file="../plates/a.####.exr")
    s.save(tmp_path / "one" / "shot.rim")
    assert s.graph["R"].values["file"] == "../plates/a.####.exr", "it was never anywhere else"
    s.set("R", file="near.exr")
    s.save(tmp_path / "two" / "shot.rim")
    assert s.graph["R"].values["file"] == "../one/near.exr" and not s.history.dirty
    s.undo()
    assert s.graph["R"].values["file"] == "../plates/a.####.exr"
    s.redo()
    s.save(tmp_path / "one" / "again.rim")
    assert s.graph["R"].values["file"] == "near.exr"


def test_copied_nodes_find_their_files_where_they_are_pasted(tmp_path: Path) -> None:
    one, two = Session(), Session()
    one.add("image.read", name="R", file="plates/a.exr")
    one.save(tmp_path / "one.rim")
    (tmp_path / "deep").mkdir()
    two.save(tmp_path / "deep" / "two.rim")
    two.paste(one.copy("R"))
    assert two.graph["R"].values["file"] == "../plates/a.exr"
    assert read_nodes(one.copy("R"), str(tmp_path))["R"].values["file"] == "plates/a.exr"
