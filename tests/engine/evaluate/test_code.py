"""Keys that change with the code."""

import importlib
import sys
from pathlib import Path

import pytest

from rimlight.engine.evaluate import code
from rimlight.engine.evaluate.code import code_key
from rimlight.nodes.light.relight import Relight

HELPER, NODE = "GAIN = {}\n", "from .helper import GAIN\nclass Mine:\n    gain = GAIN\n"


def key_of(folder: Path, name: str, gain: int) -> bytes:
    """The key of a class whose package has a helper beside it."""
    package = folder / name
    package.mkdir(parents=True)
    for file, text in (("__init__", ""), ("helper", HELPER.format(gain)), ("mine", NODE)):
        (package / f"{file}.py").write_text(text)
    return code_key(importlib.import_module(f"{name}.mine").Mine)


def test_a_helper_beside_a_node_is_part_of_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for folder, gain in (("one", 1), ("same", 1), ("other", 2)):
        with monkeypatch.context() as m:
            m.syspath_prepend(str(tmp_path / folder))
            keys.append(key_of(tmp_path / folder, "coded_package", gain))
            for loaded in [name for name in sys.modules if name.startswith("coded_package")]:
                del sys.modules[loaded]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("file", ["march.py", "march.cu"])
def test_the_engine_is_part_of_every_key(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_key(Relight)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setattr(code, "_ENGINE", empty)
    without = code_key(Relight)
    (tmp_path / file).write_text("STEPS = 3;\n")
    monkeypatch.setattr(code, "_ENGINE", tmp_path)
    assert code_key(Relight) not in (before, without)


def test_a_class_from_no_file_has_a_key() -> None:
    one, other = (type(name, (), {"__module__": "nowhere"}) for name in ("One", "Other"))
    assert code_key(one) == code_key(other)
