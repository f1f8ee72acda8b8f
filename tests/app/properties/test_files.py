"""Where a dialog begins that looks for a file."""

from pathlib import Path

import pytest

from rimlight.app.properties.files import around


def test_it_begins_where_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOT", str(tmp_path / "sh010"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    project = str(tmp_path)
    assert around("plates/a.####.exr", project) == tmp_path / "plates"
    assert around("$SHOT/a.exr", project) == tmp_path / "sh010"
    assert around("~/a.exr", project) == tmp_path / "home"
    assert around("", project) == tmp_path and around("", "") is None


def test_what_leads_nowhere_begins_in_the_folder_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOT", raising=False)
    for start in ("$SHOT/a.exr", "~nobody-of-this-name/a.exr"):
        assert around(start, str(tmp_path)) == tmp_path and around(start, "") is None
