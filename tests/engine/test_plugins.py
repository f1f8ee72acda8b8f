"""Plugins on the path: loaded privately, reported when they fail, harmless to everybody else."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

NODE = '''
from rimlight.engine import PointNode, node


@node("{kind}")
class {name}(PointNode):
    """A plugin's node."""

    def process(self, x, layer, chosen, ctx):
        return x
'''

REPORT = """
import json, sys
from rimlight.engine.plugins import load_plugins
from rimlight.engine import registry
plugins = load_plugins()
import numpy
print(json.dumps({"errors": {p.name: p.error for p in plugins}, "kinds": [c.kind for c in registry],
                  "owner": registry.get("color.grade").__module__ if registry.get("color.grade") else "",
                  "numpy": hasattr(numpy, "ndarray"), "bare": sorted(set(sys.modules) & {"good", "bad", "theft"})}))
"""


def report(folder: Path) -> dict[str, object]:
    import json

    environment = os.environ | {"RIMLIGHT_PLUGIN_PATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_good_and_bad_plugins_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(NODE.format(kind="mine.good", name="Good"))
    (tmp_path / "bad.py").write_text(
        NODE.format(kind="mine.half", name="Half") + "\nraise RuntimeError('needs CUDA 13')\n"
    )
    (tmp_path / "quits.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "syntax.py").write_text("def :\n")
    (tmp_path / "theft.py").write_text(NODE.format(kind="structure.dot", name="Theft"))
    (tmp_path / "undocumented.py").write_text(
        textwrap.dedent(NODE.format(kind="mine.mute", name="Mute")).replace('    """A plugin\'s node."""\n', "")
    )
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text(NODE.format(kind="mine.numpy", name="FromNumpy"))
    found = report(tmp_path)
    errors, kinds = found["errors"], found["kinds"]
    assert isinstance(errors, dict) and isinstance(kinds, list)
    assert errors["good"] == "" and "mine.good" in kinds
    assert "needs CUDA 13" in errors["bad"] and "mine.half" not in kinds
    assert "SystemExit" in errors["quits"]
    assert "SyntaxError" in errors["syntax"]
    assert "already declared by" in errors["theft"] and "structure.dot" in kinds
    assert "has no docstring" in errors["undocumented"]
    assert "mine.numpy" in kinds
    assert found["numpy"] is True
    assert found["bare"] == []


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    errors = report(tmp_path / "nowhere")["errors"]
    assert isinstance(errors, dict)
    assert "which is no folder" in errors["nowhere"]
