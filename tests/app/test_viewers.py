"""Viewers follow nodes that go: what came into them is shown in their place."""

import pytest

from rimlight.app.workspace import Workspace


@pytest.fixture
def chain(workspace: Workspace) -> Workspace:
    """C, a Grade G behind it and a Blur B behind that, which is shown; M takes C as B and B as A, in input 2."""
    s = workspace.session
    s.add("Constant", name="C")
    s.add("Grade", "C", name="G")
    s.add("Blur", "G", name="B")
    s.add("Merge", name="M", inputs={"B": "C", "A": "B"})
    workspace.view("M", 2)
    workspace.view("B", 1)
    return workspace


def test_what_came_into_a_node_that_is_deleted_is_shown_and_undo_shows_it_again(chain: Workspace) -> None:
    told: list[str] = []
    chain.views_changed.connect(told.append)
    chain.session.remove("B")
    assert chain.views().inputs == {1: "G", 2: "M"} and told == ["Viewer1"]
    chain.session.remove("G")
    assert chain.views().inputs == {1: "C", 2: "M"}
    chain.undo()
    chain.undo()
    assert chain.views().inputs == {1: "B", 2: "M"}


def test_several_at_once_and_the_trunk_of_a_merge(chain: Workspace) -> None:
    chain.session.remove("G", "B", "M")
    assert chain.views().inputs == {1: "C", 2: "C"}
    chain.session.remove("C")
    assert chain.views().inputs == {1: "C", 2: "C"}, "nothing came into it, so the viewer says that it is gone"


def test_an_undone_addition_goes_back_too(chain: Workspace) -> None:
    chain.session.add("Exposure", "B", name="E")
    chain.view("E", 1)
    chain.undo()
    assert chain.views().node_a == "B"
    chain.session.redo()
    assert chain.views().node_a == "E"


def test_what_somebody_chose_since_stays(chain: Workspace) -> None:
    chain.session.remove("B")
    chain.view("C", 1)
    chain.undo()
    assert chain.views().node_a == "C"


def test_names_that_change_meanwhile_are_followed(chain: Workspace) -> None:
    chain.session.remove("B")
    chain.session.rename("G", "Warm")
    assert chain.views().node_a == "Warm"
    chain.undo()
    chain.undo()
    assert chain.views().node_a == "B"
