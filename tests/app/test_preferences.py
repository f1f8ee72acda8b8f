"""Preferences and other settings in files: nonsense and damage."""

import os
from pathlib import Path

import pytest

from desktops import dispose
from rimlight.app.preferences import Preferences, read_json, write_json
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import FileError


def test_preferences_survive_nonsense(tmp_path: Path) -> None:
    Preferences(autosave_idle=9.0).save(tmp_path)
    assert Preferences.load(tmp_path) == Preferences(autosave_idle=9.0)
    (tmp_path / "preferences.json").write_text('{"autosave_idle": -3, "font_scale": "big", "new": 1}')
    assert Preferences.load(tmp_path) == Preferences(autosave_idle=1.0)
    Preferences(recent_count=3).save(tmp_path)
    assert read_json(tmp_path / "preferences.json") == {"new": 1, "recent_count": 3}, "a later version has more"
    (tmp_path / "preferences.json").write_text('{"recent_count": NaN, "font_scale": Infinity}')
    assert Preferences.load(tmp_path) == Preferences(font_scale=2.0)
    for text in ("[", "[" * 100000, '{"recent_count": 1' + "0" * 400 + "}"):
        (tmp_path / "preferences.json").write_text(text)
        assert Preferences.load(tmp_path) == Preferences()
    (tmp_path / "preferences.json").write_text('\ufeff{"recent_count": 3}', encoding="utf-8")
    assert Preferences.load(tmp_path) == Preferences(recent_count=3), "as Notepad saves it"
    (tmp_path / "preferences.json").unlink()
    os.mkfifo(tmp_path / "preferences.json")
    told: list[str] = []
    assert Preferences.load(tmp_path, told.append) == Preferences()
    assert told == [f"{tmp_path / 'preferences.json'} is not used, it is no regular file"]


def test_damaged_settings_are_told_and_kept(workspace: Workspace, config: Path) -> None:
    config.mkdir()
    hand_made = '{"graph.disable": ["Ctrl+9"],}'
    (config / "shortcuts.json").write_text(hand_made)
    (config / "preferences.json").write_text("[]")
    window = MainWindow(workspace, config, config / "autosave")
    preferences, keys = window.bars.texts()
    assert preferences.startswith(f"{config / 'preferences.json'} is not used, it is damaged: found a list")
    assert keys.startswith(f"{config / 'shortcuts.json'} is not used, it is damaged: ")
    write_json(config / "shortcuts.json", {"graph.disable": ["Ctrl+8"]})
    assert (config / "shortcuts.json.damaged").read_text() == hand_made
    assert sorted(path.name for path in config.glob("short*")) == ["shortcuts.json", "shortcuts.json.damaged"]
    (config / "blocked").write_text("")
    with pytest.raises(FileError, match=r"a.json: settings cannot be written: "):
        write_json(config / "blocked" / "a.json", {})
    workspace.setParent(None)
    dispose(window)


def test_a_link_stays_one_and_what_is_locked_is_told(tmp_path: Path) -> None:
    """As settings that lie among others under version control, or come from the studio."""
    real, link = tmp_path / "real.json", tmp_path / "usage.json"
    write_json(real, {"a": 1})
    link.symlink_to(real)
    write_json(link, {"a": 2})
    assert link.is_symlink() and read_json(real) == {"a": 2}
    real.chmod(0o444)
    with pytest.raises(FileError, match=r"usage\.json: settings cannot be written: it is read-only$"):
        write_json(link, {"a": 3})
    assert read_json(real) == {"a": 2} and sorted(path.name for path in tmp_path.iterdir()) == [
        "real.json",
        "usage.json",
    ]
