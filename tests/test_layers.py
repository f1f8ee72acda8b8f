"""Which folder may know which, and how large a file may grow. import-linter checks the installed packages as well."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from source import PACKAGES, ROOT, files, imports, modules

LONGEST_FILE = 600
OUTSIDE = ("plugins", "training")


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_the_engine_and_the_nodes_load_no_qt() -> None:
    program = (
        "import sys, rimlight.engine, rimlight.nodes\n"
        "for name in rimlight.engine.__all__: getattr(rimlight.engine, name)\n"
        "rimlight.nodes.load()\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "torch" in loaded
    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "superqt", "rimlight.app"}


def test_imports_inside_a_folder_are_relative_and_stay_inside() -> None:
    wrong = []
    for path in modules(*PACKAGES):
        folder, *inner = path.relative_to(ROOT).parts
        for line, module, level in imports(path):
            second_copy = level == 0 and module.partition(".")[0] in PACKAGES
            absolute_to_itself = level == 0 and (module + ".").startswith(f"rimlight.{folder}.")
            climbs_out = level > len(inner)
            if second_copy or absolute_to_itself or climbs_out:
                wrong.append(f"{place(path, line)}: {'.' * level}{module}")
    assert not wrong


def test_code_outside_sees_only_the_faces() -> None:
    faces = {f"rimlight.{folder}" for folder in PACKAGES}
    wrong = [
        f"{place(path, line)}: {module}"
        for path in modules(*OUTSIDE)
        for line, module, level in imports(path)
        if level == 0 and module.partition(".")[0] == "rimlight" and module not in faces
    ]
    assert not wrong


def test_no_file_grows_too_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files() if path.suffix == ".py"}
    assert not {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > LONGEST_FILE}


def test_no_file_names_the_machine_it_was_written_on() -> None:
    folders = "|".join(("work", "tmp", "home", "root", "Users"))
    anywhere = re.compile(rf"(?<![\w.~*/}}-])/({folders})/\w".encode())
    naming = []
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content and (found := anywhere.search(content)):
            naming.append(place(path, content.count(b"\n", 0, found.start()) + 1))
    assert not naming


def test_the_files_that_newcomers_are_led_to_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:app|engine|nodes|tests)/[\w/]+\.py)`", text)
    assert len(named) > 10 and not [name for name in named if not (ROOT / name).is_file()]


def test_the_source_is_found() -> None:
    """Guards the tests above against passing because they looked nowhere."""
    if not modules("engine") or not modules("nodes"):
        pytest.fail("no module found under engine/ or nodes/")
