"""The example in docs/training.md runs, and the page names every tensor of a view."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
from safetensors import safe_open

from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.primitives import random_primitives
from source import ROOT

PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def test_the_example_runs_and_the_table_is_whole(tmp_path: Path) -> None:
    scene, fov = random_primitives(np.random.default_rng(1))
    path = tmp_path / "view.safetensors"
    take(scene, Plan(16, 16, fov, samples=2, directions=16, key_rays=2, bounce=2), 1, {}).save(path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    code = code.replace("views/train-heads-00000000.safetensors", str(path))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "docs/training.md", "exec"), {})
    assert "Rig(" in printed.getvalue()
    with safe_open(path, "pt") as file:
        assert {name for name in file.keys() if f"`{name}`" not in PAGE} == set()  # noqa: SIM118  it is no mapping
