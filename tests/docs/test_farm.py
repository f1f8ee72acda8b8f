"""The template for farms: what its tasks run, whatever the parameters hold."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from source import ROOT

TEMPLATE = ROOT / "docs" / "farm" / "render.yaml"
SCRIPT = 'it\'s "a" $(touch broken) `touch broken` $HOME -x.rim'


def steps() -> dict[str, tuple[str, list[str]]]:
    """By step the shell script and its arguments."""
    found = {}
    for piece in TEMPLATE.read_text(encoding="utf-8").split("\n  - name: ")[1:]:
        data = re.search(r"data: \|\n((?: {12}.*\n)+)", piece)
        arguments = re.search(r"args: \[(.*)\]", piece)
        if data is not None and arguments is not None:
            found[piece.split()[0]] = (textwrap.dedent(data[1]), re.findall(r'"\{\{(.*?)\}\}"', arguments[1]))
    return found


@pytest.mark.parametrize("nodes", ["", "Beauty,Layers"])
@pytest.mark.parametrize("again", ["no", "yes"])
def test_parameters_arrive_as_they_are(again: str, nodes: str, tmp_path: Path) -> None:
    stub = tmp_path / "rimlight"
    stub.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    stub.chmod(0o755)
    values = {
        "Param.Script": SCRIPT, "Param.Frames": "-5--3", "Task.Param.Frame": "-5--4", "Param.Nodes": nodes,
        "Param.Device": "cpu", "Param.Again": again,
    }  # fmt: skip
    chosen = [f"--nodes={nodes}"] if nodes else []
    resume = ["--resume"] if again == "no" else []
    wanted = {
        "Check": ["check", "--frames=-5--3", *chosen, "--", SCRIPT],
        "Render": ["render", "--frames=-5--4", "--device=cpu", *chosen, *resume, "--", SCRIPT],
    }
    assert steps().keys() == wanted.keys()
    for name, (text, arguments) in steps().items():
        assert "{{" not in text
        run = tmp_path / name
        run.write_text(text)
        run.chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [str(run), *(values[argument] for argument in arguments)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.splitlines() == wanted[name]
    assert not (tmp_path / "broken").exists()
