"""USD's library as an extra: what is said where it is missing, and that nobody pays for it who opens no USD file."""

import subprocess
import sys
from pathlib import Path

import pytest

from rimlight.engine import FileError, PointLight, Rig, load_rig, rig_formats, save_rig
from rimlight.engine.usd.library import is_usd


def test_files_are_known_by_their_endings() -> None:
    assert [is_usd(name) for name in ("a.usd", "B.USDA", "a.b.usdc", "a.usdz", "a.rig", "usd", "a.usd.rig")] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip
    assert rig_formats() == (".rig", ".usd", ".usda", ".usdc", ".usdz")


def test_without_it_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    (tmp_path / "a.usda").write_text("#usda 1.0\n")
    sentence = (
        r"a\.usda: USD files need usd-core, which is not installed; install it with: pip install 'rimlight\[usd\]'"
    )
    with pytest.raises(FileError, match=sentence):
        load_rig(tmp_path / "a.usda")
    (tmp_path / "a.usda").unlink()
    with pytest.raises(FileError, match=sentence):
        save_rig(Rig((PointLight(),)), tmp_path / "a.usda")
    assert not list(tmp_path.iterdir())
    save_rig(Rig((PointLight(),)), tmp_path / "a.rig")
    assert load_rig(tmp_path / "a.rig").names == ("light",)


def test_it_is_imported_when_a_file_is_met_and_not_before(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom rimlight.engine import Rig, load_rig, rig_formats, save_rig\n"
        "path = Path(sys.argv[1])\nsave_rig(Rig(), path)\nload_rig(path)\nprint('pxr' in sys.modules)"
    )
    command = [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "a.rig")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr
