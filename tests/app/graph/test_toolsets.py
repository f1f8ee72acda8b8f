"""Toolsets: nodes saved under a name and added again, by Tab, in any script."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from graph_hand import Hand
from rimlight.app.graph.toolsets import PATH_VARIABLE, entries_of
from rimlight.engine import Curve

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A studio's folder of toolsets."""
    folder = tmp_path / "studio"
    (folder / "Light").mkdir(parents=True)
    monkeypatch.setenv(PATH_VARIABLE, f"{folder}:{tmp_path / 'nowhere'}:~nobody-of-this-name/toolsets")
    return folder


def settle(hand: Hand) -> None:
    """Wait until files are listed, read and written."""
    hand.qtbot.waitUntil(lambda: not hand.workspace.background.busy)


def told(hand: Hand) -> list[str]:
    """What the status bar will say from now on."""
    said: list[str] = []
    hand.workspace.message.connect(lambda message: said.append(message.text))
    return said


def relit(hand: Hand) -> None:
    """A plate that is delit and lit by a light."""
    hand.add("Constant", name="Plate", at=(0, -200))
    hand.add("Delight", "Plate", name="Off", at=(0, -100), amount=0.5)
    hand.add("DirectionalLight", name="Sun", at=(200, 0), azimuth=Curve.of((1, 0), (10, 40)))
    hand.add("Relight", "Off", name="Lit", at=(0, 0))
    hand.workspace.session.connect("Lit", "rig", "Sun")
    hand.add("Blur", "Lit", name="After", at=(0, 100))


def by_tab(hand: Hand, text: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    hand.key(Qt.Key.Key_Tab)
    hand.type(text)
    hand.press(Qt.Key.Key_Return, keys)
    settle(hand)


def test_what_was_saved_is_added_into_the_flow_with_its_values_keys_and_wires(hand: Hand) -> None:
    relit(hand)
    hand.workspace.select(["Off", "Sun", "Lit"])
    hand.panel.commands.adding.save_toolset(" Light / Sun Relight ")
    settle(hand)
    hand.add("Constant", name="Other", at=(400, -200))
    hand.add("Grade", "Other", name="Graded", at=(400, -100))
    hand.click("Other")
    hand.key(Qt.Key.Key_Tab)
    hand.type("sunrel")
    entry = hand.panel.chooser.shown[0]
    assert (entry.text, entry.where) == ("Sun Relight", "Toolsets › Light")
    hand.press(Qt.Key.Key_Return)
    settle(hand)
    assert hand.inputs("Off1") == {"image": "Other"}
    assert hand.inputs("Lit1") == {"image": "Off1", "rig": "Sun1"} and hand.inputs("Sun1") == {}
    assert hand.inputs("Graded") == {"image": "Lit1"}
    assert hand.graph["Off1"].value("amount") == 0.5
    assert hand.workspace.session.value("Sun1", "azimuth", 10) == 40
    assert set(hand.workspace.selection) == {"Off1", "Sun1", "Lit1"}
    hand.workspace.undo()
    assert "Lit1" not in hand.graph and hand.inputs("Graded") == {"image": "Other"}


def test_a_list_that_was_asked_for_before_forgets_nothing_that_is_saved_meanwhile(hand: Hand) -> None:
    relit(hand)
    hand.workspace.select(["Off"])
    toolsets = hand.panel.toolsets
    toolsets.refresh()
    hand.panel.commands.adding.save_toolset("Half Off")
    settle(hand)
    assert list(toolsets.files) == ["Half Off"]
    toolsets.refresh()
    toolsets.remove("Half Off", lambda: None, pytest.fail)
    settle(hand)
    assert toolsets.files == {}


def test_one_that_cannot_be_written_or_deleted_is_told_and_listed_as_it_is(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    relit(hand)
    hand.workspace.select(["Off"])
    said, toolsets, adding = told(hand), hand.panel.toolsets, hand.panel.commands.adding
    toolsets.own.parent.mkdir(parents=True, exist_ok=True)
    toolsets.own.write_text("a file where a folder should be")
    adding.save_toolset("Half Off")
    settle(hand)
    assert toolsets.files == {} and len(said) == 1 and said[0].startswith("The toolset “Half Off” cannot be written")
    toolsets.own.unlink()
    adding.save_toolset("Half Off")
    settle(hand)

    def locked(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", locked)
    adding.remove_toolset()
    hand.press(Qt.Key.Key_Return)
    settle(hand)
    assert said[1:] == [
        "Saved the toolset “Half Off”: Tab and its name add it",
        "The toolset “Half Off” cannot be deleted: Permission denied",
    ]
    assert list(toolsets.files) == ["Half Off"]


def test_properties_of_a_single_node_open_as_those_of_any_new_one(hand: Hand) -> None:
    hand.add("Blur", name="Soft", at=(0, 0))
    group = hand.workspace.session.group("Soft", name="SoftEdge")
    hand.workspace.select([group])
    hand.panel.commands.adding.save_toolset("Soft Edge")
    settle(hand)
    opened: list[str] = []
    hand.workspace.properties_requested.connect(opened.append)
    hand.workspace.select([])
    by_tab(hand, "soft edge")
    (made,) = hand.workspace.selection
    assert made != group and opened == [made]


def test_with_shift_it_is_a_branch_and_counts_as_used(hand: Hand) -> None:
    relit(hand)
    hand.workspace.select(["Off"])
    hand.panel.commands.adding.save_toolset("Half Off")
    settle(hand)
    hand.click("Plate")
    by_tab(hand, "half off", SHIFT)
    assert hand.inputs("Off1") == {} and hand.inputs("Off") == {"image": "Plate"}
    assert hand.panel.uses["toolset:Half Off"] == 1


def test_shared_ones_are_found_those_of_nuke_too_and_the_own_one_comes_first(hand: Hand, shared: Path) -> None:
    relit(hand)
    hand.workspace.select(["Off"])
    hand.panel.commands.adding.save_toolset("Off")
    settle(hand)
    (own,) = hand.panel.toolsets.own.glob("*.rim")
    (shared / "Off.rim").write_text(own.read_text())
    (shared / ".hidden.rim").write_text(own.read_text())
    (shared / "notes.txt").write_text("nothing")
    (shared / "Light" / "Warm.nk").write_text("Grade {\n white {1 0.8 0.6 1}\n name Warm\n}\n")
    hand.key(Qt.Key.Key_Tab)
    hand.press(Qt.Key.Key_Escape)
    settle(hand)
    assert sorted(hand.panel.toolsets.files) == ["Light/Warm", "Off"]
    assert hand.panel.toolsets.files["Off"] == own and hand.panel.toolsets.mine() == ["Off"]
    reports: list[object] = []
    hand.workspace.imported.connect(reports.append)
    hand.click("Plate")
    by_tab(hand, "warm")
    assert hand.graph["Warm"].value("white")[:3] == (1, 0.8, 0.6) and len(reports) == 1
    hand.panel.commands.adding.remove_toolset()
    assert [entry.text for entry in hand.panel.chooser.shown] == ["Off"]
    hand.press(Qt.Key.Key_Return)
    settle(hand)
    assert not own.exists() and hand.panel.toolsets.files["Off"] == shared / "Off.rim"


def test_what_cannot_be_is_a_sentence_and_changes_nothing(hand: Hand, shared: Path) -> None:
    relit(hand)
    said = told(hand)
    adding = hand.panel.commands.adding
    hand.workspace.select(["Off"])
    for name in ("../Off", "a:b", "/Off", ".off", "Light//Off"):
        adding.save_toolset(name)
        assert "a toolset cannot be called" in said[-1].lower()
    adding.save_toolset("  ")
    assert hand.panel.toolsets.files == {}
    adding.remove_toolset()
    assert "no toolsets of yours" in said[-1]
    (shared / "Torn.rim").write_text('{"rimlight": 1, "nodes": ')
    (shared / "Prose.rim").write_text("Dear all, the shot")
    (shared / "Bytes.rim").write_bytes(b"\xff\xfe\x00")
    hand.panel.toolsets.refresh()
    settle(hand)
    before = hand.graph
    by_tab(hand, "Torn")
    assert said[-1] == "Toolset “Torn”: line 1, column 26: the text ends in the middle: the file was cut short"
    by_tab(hand, "Prose")
    assert said[-1] == "The toolset “Prose” holds no nodes, it begins with “Dear all, the shot”"
    by_tab(hand, "Bytes")
    assert said[-1] == "The toolset “Bytes” cannot be read: it is no text"
    (shared / "Prose.rim").unlink()
    adding.add_toolset("Prose")
    settle(hand)
    assert said[-1].startswith("The toolset “Prose” cannot be read: No such file")
    assert hand.graph is before


def test_menus_come_from_folders() -> None:
    assert entries_of({"Light/Key/Three Point": Path(), "Plain": Path()}) == [
        ("Light/Key/Three Point", "Three Point", "Toolsets › Light › Key"),
        ("Plain", "Plain", "Toolsets"),
    ]


def test_saving_nothing_is_refused(hand: Hand) -> None:
    said = told(hand)
    hand.workspace.select([])
    hand.panel.desktop.actions.trigger("graph.toolset.save")
    assert said == ["Select the nodes of the toolset first"]
