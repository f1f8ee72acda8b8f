"""What nodes doubt of the layers that they get is shown with them."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from rimlight.app.graph.status import status_of
from rimlight.app.workspace import Workspace
from rimlight.engine import doubts_by_node

PLATE = Path(__file__).parents[2] / "resources" / "plates" / "tea.0001.exr"


def encoded(workspace: Workspace) -> None:
    """A relit picture whose normals lie between 0 and 1."""
    s = workspace.session
    s.set_project(format="640x360")
    s.add("image.read", name="Plate", file=str(PLATE))
    s.add("color.multiply", "Plate", name="Half", channels="normal", value=(0.5,) * 4)
    s.add("color.add", "Half", name="Up", channels="normal", value=(0.5,) * 4)
    s.add("light.directional", name="Key")
    s.add("light.relight", "Up", name="Lit")
    s.connect("Lit", "rig", "Key")


def warnings(workspace: Workspace) -> str:
    return " ".join(status_of(workspace, "Lit", workspace.graph["Lit"]).warnings)


def test_encoded_normals_are_told_on_the_node_that_is_viewed(workspace: Workspace, qtbot: QtBot) -> None:
    encoded(workspace)
    workspace.view("Lit", 1)
    qtbot.waitUntil(lambda: "between 0 and 1" in warnings(workspace), timeout=30_000)
    assert any("between 0 and 1" in sentence for sentence in workspace.facts.node("Lit").warnings)
    workspace.session.connect("Lit", "image", "Plate")
    qtbot.waitUntil(lambda: "between 0 and 1" not in warnings(workspace), timeout=30_000)


def test_nothing_is_looked_at_for_what_nobody_views_or_a_network_makes(workspace: Workspace) -> None:
    encoded(workspace)
    s = workspace.session

    def found(*paths: str) -> set[str]:
        return set(doubts_by_node(s, s.graph, s.project, paths, 1.0, at_hand=True))

    assert (found("Lit"), found("Plate")) == ({"Lit"}, set())
    s.add("learned.low_light", "Up", name="Bright")
    s.connect("Lit", "image", "Bright")
    assert found("Lit") == set(), "a network is left to a check before a render"
    s.add("time.time_offset", "Up", name="Later", offset=-3)
    s.connect("Lit", "image", "Later")
    assert found("Lit") == set(), "and so are other frames"
    assert set(doubts_by_node(s, s.graph, s.project, ["Lit"], 1.0)) == {"Lit"}
