"""What the manual and the README tell to type does what they say: commands parse, examples in Python run."""

import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import typer

from models import smooth
from rimlight.engine import Curve, NodeError, Session, Tier, check_node, cli, registry
from source import ROOT

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.glob("*.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
]


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a chapter in a language, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def commands(page: Path) -> Iterator[tuple[str, bool]]:
    """Every command line of ours that a page shows: in blocks of a shell and in indented lines, which are whole; and in
    running text, which may only name a command.
    """
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    fenced = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    indented = "\n".join(line.strip() for line in re.findall(r"^    (\S.*)$", text, re.M))
    for line in f"{fenced}\n{indented}".splitlines():
        if found := re.match(r"(?:exec |[A-Z_]+=\S+ )*(?:\.venv/bin/)?rimlight (.*)", line):
            yield found.group(1), True
    for shown in re.findall(r"`(?:[A-Z_]+=\S+ )?rimlight ([^`\n]*)`", text):
        if not re.search(r"…|\.\.\.|\b[A-Z]{2,}\b", shown) and shown.strip():
            yield shown, False


def parsed(line: str) -> None:
    """Give a command line to the parser of its command; raises what is wrong with it."""
    words = shlex.split(re.split(r"\s#", line, maxsplit=1)[0])  # to a shell a # within a word is one of its letters
    words = words[: words.index(">")] if ">" in words else words
    root: Any = typer.main.get_command(cli.app)
    options = {"--help", *(name for parameter in root.params for name in parameter.opts)}
    while words and words[0].startswith("--"):
        assert words[0] in options, words[0]
        words = words[1:]
    if words and set(words[0]) != {"."}:
        root.commands[words[0]].make_context(words[0], list(words[1:]))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_are_those_of_the_program(page: Path) -> None:
    wrong = []
    for line, whole in commands(page):
        try:
            parsed(line)
        except Exception as error:  # noqa: BLE001  whatever the parser says is what a reader would be told
            if type(error).__name__ == "MissingParameter" and not whole:
                continue
            wrong.append(f"rimlight {line}: {type(error).__name__}: {getattr(error, 'message', error)}")
    assert wrong == []


def test_there_are_commands_to_try() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 60


def test_python_examples_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plate = Session()
    plate.set_project(format="1280x720", frames=(1001, 1012))
    ramp = plate.add("Ramp", p0=(0.0, 0.0), p1=(1280.0, 0.0))
    plate.add("Write", ramp, name="Out", file="plate.####.exr", compression="zips")
    plate.render("Out", "1001-1012", scale=0.125)
    names: dict[str, Any] = {}
    for code in blocks("python.md", "python"):
        exec(compile(code, "docs/python.md", "exec"), names)
    assert names["pixels"].shape[2] == 4 and names["image"]["rgba"].shape[0] == 4
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[0] == "screen.1001.exr"
    assert len(list((tmp_path / "out").iterdir())) == 10
    assert not Session.open(tmp_path / "screen.rim").warnings
    (parallel,) = (code for code in blocks("python.md", "python") if "__main__" in code)
    (tmp_path / "parts.py").write_text(parallel, encoding="utf-8")
    done = subprocess.run([sys.executable, "parts.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.splitlines() == sorted(map(str, (tmp_path / "out").iterdir())), done


def test_the_plugin_of_the_manual_passes_its_own_tests(tmp_path: Path) -> None:
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    node, *_, node_test, panel, panel_test = blocks("plugins.md", "python")
    (tmp_path / "posterize.py").write_text(node, encoding="utf-8")
    (tmp_path / "test_posterize.py").write_text(node_test, encoding="utf-8")
    (tmp_path / "_count_panel.py").write_text(panel, encoding="utf-8")
    (tmp_path / "test_count_panel.py").write_text(f"from _count_panel import PANEL\n{panel_test}", encoding="utf-8")
    (shipped,) = blocks("plugins.md", "toml")
    assert 'posterize = "posterize"' in shipped and 'count = "_count_panel:PANEL"' in shipped
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout + done.stderr


_SOLVING = """
from rimlight.engine import Session, check_node
session = Session()
session.set_project(format="96x64")
session.add("Ramp", name="Light", p0=(0.0, 0.0), p1=(96.0, 0.0))
session.add("GreyLevel", "Light", name="Grey")
session.solve("Grey", "level")
print(round(session.value("Grey", "gain", 1), 4), round(session.evaluate("Grey").info.metadata["mine:mean"], 4))
print(check_node(session, "Grey"))
session.add("Constant", name="Black", color=(0.0, 0.0, 0.0, 1.0))
session.connect("Grey", "image", "Black")
try:
    session.solve("Grey", "level")
except Exception as error:
    print(error)
"""


def test_the_button_of_the_manual_finds_what_it_says(tmp_path: Path) -> None:
    (code,) = [text for text in blocks("plugins.md", "python") if "mine.grey_level" in text]
    (tmp_path / "grey_level.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "RIMLIGHT_PLUGIN_PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _SOLVING], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["0.36 0.18", "[]", "Grey at frame 1: the picture is black"], done.stderr


@contextmanager
def plugin(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session in which the node of an example is loaded, from a file beside what is in `folder`."""
    (folder / "example.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(folder))
    before = {cls.kind for cls in registry}
    try:
        yield Session()
    finally:
        for kind in {cls.kind for cls in registry} - before:
            if kind.startswith("mine."):
                registry.discard(kind)


def test_the_lamp_of_the_manual_stands_where_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = [text for text in blocks("plugins.md", "python") if "mine.lamp_at" in text]
    with plugin(tmp_path, code, monkeypatch) as session:
        session.set_project(format="200x100")
        plate = session.add("Constant", format="400x300")
        session.add("LampAt", name="Middle", at=(100.0, 50.0))
        session.add("LampAt", inputs={"rig": "Middle", "image": plate}, name="Both", at=(400.0, 150.0))
        assert session.evaluate("Middle").lights[0].position == pytest.approx((0.0, 0.0, -200.0), abs=1e-9)
        edge = 200 * math.tan(math.radians(20))  # half the frame's width, 200 cm away
        for scale in (1.0, 0.5):
            rig = session.evaluate("Both", scale=scale)
            assert rig.names == ("lamp", "lamp_2")
            assert rig.lights[0].position == pytest.approx((0.0, 0.0, -200.0), abs=1e-9)
            assert rig.lights[1].position == pytest.approx((edge, 0.0, -200.0))
        session.set(plate, format="400x300@2")
        session.set("Both", at=(200.0, 300.0))
        assert session.evaluate("Both").lights[1].position == pytest.approx((0.0, edge * 300 / 800, -200.0))
        assert check_node(session, "Both") == []


def test_the_file_of_the_manual_is_read_again_when_it_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = [text for text in blocks("plugins.md", "python") if "mine.gains" in text]
    with plugin(tmp_path, code, monkeypatch) as session:
        session.set_project(format="24x18")
        plate = session.add("Noise")
        own = session.add(
            "Gains", plate, file="gains.txt", shape=Curve.of((0, 0), (1, 2), interp="linear", extend="linear")
        )
        session.save(tmp_path / "it.rim")
        (tmp_path / "gains.txt").write_text("1 2 3")
        before = session.evaluate(plate)["rgba"]
        assert torch.allclose(
            session.evaluate(own)["rgba"][:3], before[:3] * torch.tensor([2.0, 4.0, 6.0])[:, None, None]
        )
        assert check_node(session, own) == []
        (tmp_path / "gains.txt").write_text("1 1 0.25")
        assert torch.allclose(session.evaluate(own)["rgba"][2], before[2] / 2)
        assert session.files([own]).read == {str(tmp_path / "gains.txt"): (own,)}
        (tmp_path / "gains.txt").write_text("one")
        with pytest.raises(NodeError, match=r"Gains1 at frame 1: .*gains\.txt: .*, expected three numbers"):
            session.evaluate(own)


def test_the_model_of_the_manual_is_a_node_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = smooth(tmp_path, name="soften")
    (code,) = [text for text in blocks("models.md", "python") if "mine.soften" in text]
    with plugin(tmp_path, code, monkeypatch) as session:
        session.set_project(format="24x18")
        plate = session.add("Noise")
        own = session.add("Soften", plate, amount=80.0)
        same = session.add("Inference", plate, manifest=str(model), model_strength=0.8)
        made = session.evaluate(own)
        assert torch.equal(made["rgba"], session.evaluate(same)["rgba"])
        assert not torch.equal(made["rgba"], session.evaluate(plate)["rgba"])
        assert any(name.startswith("rimlight:model:") for name in made.info.metadata)
        assert check_node(session, own) == []
        session.set(own, amount=20.0)
        session.set(same, model_strength=0.2)
        assert torch.equal(session.evaluate(own)["rgba"], session.evaluate(same)["rgba"])
        assert not torch.equal(session.evaluate(own)["rgba"], made["rgba"])
        # A plugin that lies in another folder on another machine is the same to the stamp.
        key = session.evaluator.survey(session.graph, session.project, [own], 1, 1.0, Tier.FINAL)[own, 1].key
        (tmp_path / "moved").mkdir()
        for name in (model.name, "soften.pt"):
            (tmp_path / "moved" / name).write_bytes((tmp_path / name).read_bytes())
        session.set(own, manifest=str(tmp_path / "moved" / model.name))
        assert session.evaluator.survey(session.graph, session.project, [own], 1, 1.0, Tier.FINAL)[own, 1].key == key


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert {target for target in targets if target and not (page.parent / target).exists()} == set()
