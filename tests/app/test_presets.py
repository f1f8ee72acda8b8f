"""Presets of other versions of the product: earlier ones are upgraded, later ones stay as they are."""

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from rimlight.app.preferences import read_json, write_json
from rimlight.app.presets import Presets
from rimlight.app.workspace import Workspace
from rimlight.engine import NodeState, defaulted, registry, renamed

KIND = "color.grade"
OLD_GAMMA = (2.0, 2.0, 2.0, 2.0)


def read(workspace: Workspace, qtbot: QtBot) -> Presets:
    presets = Presets(workspace.background)
    qtbot.waitUntil(lambda: not workspace.background.busy)
    return presets


@pytest.fixture
def third(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third version of Grade, that calls `blend` mix and begins with another gamma."""
    grade = registry.get(KIND)
    monkeypatch.setattr(grade, "version", 3)
    monkeypatch.setattr(grade, "upgrades", {1: renamed(blend="mix"), 2: defaulted(gamma=list(OLD_GAMMA))})


@pytest.mark.parametrize(
    ("version", "values", "expected"),
    [
        ({"version": 1}, {"blend": 0.5}, {"mix": 0.5, "gamma": OLD_GAMMA}),
        ({"version": 2}, {"mix": 0.5}, {"mix": 0.5, "gamma": OLD_GAMMA}),
        ({"version": 3}, {"mix": 0.5}, {"mix": 0.5}),
        ({}, {"mix": 0.5}, {"mix": 0.5}),
    ],
)
def test_presets_are_upgraded_as_scripts_are(
    version: dict[str, int],
    values: dict[str, Any],
    expected: dict[str, Any],
    third: None,
    workspace: Workspace,
    config: Path,
    qtbot: QtBot,
) -> None:
    write_json(config / "presets" / f"{KIND}.json", {**version, "presets": {"old": values}, "defaults": values})
    presets = read(workspace, qtbot)
    assert presets.values(KIND, "old") == expected and presets.defaults(KIND) == expected
    workspace.session.add("Grade", name="G", mix=0.25)
    presets.save("new", workspace.graph["G"])
    qtbot.waitUntil(lambda: not workspace.background.busy)
    kept = read_json(config / "presets" / f"{KIND}.json")
    assert kept["version"] == 3 and set(kept["presets"]) == {"old", "new"}


@pytest.mark.parametrize("version", [4, 0, "new"])
def test_presets_of_a_later_version_stay_in_their_file(
    version: object, third: None, workspace: Workspace, config: Path, qtbot: QtBot
) -> None:
    path = config / "presets" / f"{KIND}.json"
    write_json(path, {"version": version, "presets": {"later": {"mix": 0.5}}, "defaults": {"mix": 0.5}})
    before, said = path.read_bytes(), list[str]()
    presets = read(workspace, qtbot)
    presets.failed.connect(said.append)
    assert presets.names(KIND) == [] and presets.defaults(KIND) == {}
    workspace.session.add("Grade", name="G", mix=0.25)
    presets.save("new", workspace.graph["G"])
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert said == [f"the presets of {KIND} cannot be written: those in its file are of another version"]
    assert path.read_bytes() == before


def test_presets_that_cannot_be_upgraded_stay_in_their_file(
    third: None, workspace: Workspace, config: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.get(KIND), "upgrades", {1: lambda values: {"mix": values["gone"]}, 2: dict})
    path = config / "presets" / f"{KIND}.json"
    write_json(path, {"version": 1, "presets": {"old": {"blend": 0.5}}, "defaults": {}})
    before, said = path.read_bytes(), list[str]()
    presets = read(workspace, qtbot)
    presets.failed.connect(said.append)
    workspace.session.add("Grade", name="G", mix=0.25)
    presets.save("new", workspace.graph["G"])
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert said == [f"the presets of {KIND} cannot be written: those in its file are of another version"]
    assert presets.names(KIND) != ["old"] and path.read_bytes() == before


def test_presets_of_a_kind_that_is_not_installed_are_refused_in_a_sentence(
    workspace: Workspace, config: Path, qtbot: QtBot
) -> None:
    path = config / "presets" / "gone.kind.json"
    write_json(path, {"version": 2, "presets": {"old": {"mix": 0.5}}})
    before, said = path.read_bytes(), list[str]()
    presets = read(workspace, qtbot)
    presets.failed.connect(said.append)
    presets.save("new", NodeState("gone.kind", 1, {"mix": 0.25}))
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert said == ["the presets of gone.kind cannot be written: it is not installed"]
    assert path.read_bytes() == before
