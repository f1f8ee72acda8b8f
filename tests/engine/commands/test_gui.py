"""`rimlight gui`."""

import sys

import pytest

from commandline import Run, one_sentence


def test_gui_without_the_desktop_is_one_sentence(rimlight: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rimlight.app.main", None)
    done = rimlight("gui")
    assert done.code == 1 and one_sentence(done.err) and "rimlight[gui]" in done.err
