"""Plugins on the path: loaded privately, reported when they fail, harmless to everybody else."""

import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from rimlight.engine import registry
from rimlight.engine.plugins import Plugin, load_plugins

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
names = [p.name if p.name != "builtin" or "rimlight" in p.origin else p.origin for p in plugins]
print(json.dumps({"errors": dict(zip(names, [p.error for p in plugins])), "kinds": [c.kind for c in registry],
                  "owner": registry.get("color.grade").__module__ if registry.get("color.grade") else "",
                  "numpy": hasattr(numpy, "ndarray"), "bare": sorted(set(sys.modules) & {"good", "bad", "theft"})}))
"""


def report(folder: Path, *sites: Path) -> dict[str, object]:
    """What a fresh process says about the plugins of a folder and about packages installed in `sites`."""
    environment = os.environ | {"RIMLIGHT_PLUGIN_PATH": str(folder), "PYTHONPATH": os.pathsep.join(map(str, sites))}
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
    assert errors["bad"] == "RuntimeError: needs CUDA 13 (bad.py, line 12)"
    assert "mine.half" not in kinds
    assert "SystemExit" in errors["quits"]
    assert "SyntaxError" in errors["syntax"]
    assert "already declared by" in errors["theft"] and "structure.dot" in kinds
    assert "has no docstring" in errors["undocumented"]
    assert "mine.numpy" in kinds
    assert found["numpy"] is True
    assert found["bare"] == []


def test_declarations_that_cannot_be_right(tmp_path: Path) -> None:
    good = NODE.format(kind="mine.good", name="Good")
    field = "    process: float = param(default=1.0, doc='d')\n"
    base = "class Base(PointNode):\n    gain: float = param(default=1.0, doc='d')\n\n\n@node"
    derived = good.replace("@node", base).replace("Good(PointNode)", "Good(Base)")

    def declaring(*fields: str) -> str:
        lines = "".join(f"    {field}\n" for field in fields)
        return good.replace("    def process", f"{lines}\n    def process")

    cases = {
        "twice": (
            declaring("a: float = param(default=1.0, doc='d')", "a: int = param(default=2, doc='d')"),
            "mine.good.a is declared twice in Good; only the last one would count",
        ),
        "over_port": (
            declaring("image: float = param(default=1.0, doc='d')"),
            "image would hide the input of that name",
        ),
        "over_label": (declaring("label: str = param(default='', doc='d')"), "would hide what a node says of itself"),
        "half": (declaring("a: int = param(default=1.5, doc='d')"), "is declared as int, but its default is 1.5"),
        "handle": (
            declaring("a: float = param(default=1.0, role='point', doc='d')"),
            "mine.good.a: its role is 'point', for which it has to be a Vec2",
        ),
        "reads": (
            good.replace('good")', 'good", reads="frame")'),
            "reads 'frame', expected a tuple, as reads=('frame',)",
        ),
        "reads_time": (good.replace('good")', 'good", reads=("time",))'), "reads 'time', expected any of"),
        "version": (good.replace('good")', 'good", version=0)'), "is of version 0, expected a whole number from 1"),
        "upgrade": (
            good.replace('good")', 'good", version=2, upgrades={1: "old"})'),
            "an upgrade is 'old', expected a function of the old values",
        ),
        "result": (
            good.replace("    def process", "    result = 3\n\n    def process"),
            "its result is 3, expected the type",
        ),
        "blank": (good.replace("A plugin's node.", " "), "has no docstring, which would be its manual page"),
        "no_process": (good[: good.index("    def process")], "it has no method `process`, which PointNode asks for"),
        "hard": (
            declaring("a: float = param(default=1.0, hard=5, doc='d')"),
            "mine.good.a: its hard range is 5, expected (low, high), None for no end",
        ),
        "soft": (
            declaring("a: float = param(default=1.0, soft=(2, 1), doc='d')"),
            "mine.good.a: its soft range is (2, 1), expected (low, high)",
        ),
        "file": (
            declaring("a: float = param(default=1.0, role='file', doc='d')"),
            "mine.good.a: its role is 'file', for which it has to be str",
        ),
        "picked": (
            declaring("a: int = param(default=1, choices=('1', '2'), doc='d')"),
            "mine.good.a is declared as int, but only a str has choices",
        ),
        "letters": (
            declaring("a: str = param(default='l', choices='lr', doc='d')"),
            "the choices of a parameter are 'lr', expected a tuple of names",
        ),
        "menu": (good.replace('good")', 'good", menu=("Mine",))'), "its menu is ('Mine',), expected text"),
        "no_node": (good.replace("(PointNode)", ""), "derives from no Node"),
        "upper": (good.replace("mine.good", "Mine.Good"), "expected lower-case words with dots"),
        "bare": (good.replace("mine.good", "good"), "expected lower-case words with dots"),
        "hides": (good[: good.index("    def process")] + field, "mine.good.process would hide a method of PointNode"),
        "untyped": (
            good.replace("    def process", "    gain = param(default=1.0, doc='d')\n\n    def process"),
            "mine.good.gain has no type, which decides what it is",
        ),
        "listed": (
            good.replace("    def process", "    gain: list = param(default=[], doc='d')\n\n    def process"),
            "mine.good.gain is declared as list: a parameter is float, int, bool",
        ),
        "section": (
            good.replace("    def process", '    sections = {"Light": "gain nothing"}\n\n    def process'),
            "mine.good: a section of its panel names",
        ),
        "misspelt": (
            good.replace("    def process", "    a: str = param(default='', role='colour',doc='d')\n\n    def process"),
            "mine.good.a: its role is 'colour', expected one of color, point, size, file",
        ),
        "nameless": (good.replace('@node("mine.good")', "@node"), "@node before Good gives no kind"),
        "measured": (
            good.replace("    def process", '    measures = ("mine:mean")\n\n    def process'),
            "mine.good: its measures are 'mine:mean', expected a tuple of names",
        ),
        "solving": (
            good.replace("    def process", '    solves = ("level",)\n\n    def process'),
            "mine.good: its solves are ('level',), expected names, each with a sentence",
        ),
        "lost": (derived, "its base Base declares gain, but is no @dataclass"),
    }
    for name, (text, _) in cases.items():
        (tmp_path / f"{name}.py").write_text(text.replace("import PointNode, node", "import PointNode, node, param"))
    found = report(tmp_path)
    errors = found["errors"]
    assert isinstance(errors, dict)
    for name, (_, sentence) in cases.items():
        assert sentence in errors[name] and "Error: " in errors[name], errors[name]
    assert not [kind for kind in found["kinds"] if "good" in kind.lower()]  # type: ignore[attr-defined]


def test_a_slow_import_is_told_with_the_one_who_takes_it() -> None:
    quick, slow = Plugin("quick", "", ("a.b",), seconds=0.01), Plugin("slow", "", (), "ImportError: x", seconds=12.34)
    assert quick.status == "1 node" and Plugin("two", "", ("a.b", "a.c")).status == "2 nodes"
    assert slow.status == "ImportError: x, took 12.3 s to import"


def test_a_script_says_which_plugins_failed(tmp_path: Path) -> None:
    (tmp_path / "ugly.py").write_text("import no_such_module\n")
    script = tmp_path / "a.rim"
    script.write_text('{"rimlight": 1, "nodes": {"A": {"kind": "mine.ugly", "version": 1}}}')
    program = (
        "import sys; from rimlight.engine import Session\n"
        "try: Session.open(sys.argv[1]).info('A')\nexcept Exception as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(script)], env=os.environ | {"RIMLIGHT_PLUGIN_PATH": str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.rstrip().endswith(
        "install the plugin that has it, or see why ugly did not load: rimlight nodes --plugins"
    )


def test_a_script_beside_plugins_that_makes_a_session_is_imported_once(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(NODE.format(kind="mine.good", name="Good"))
    marks = tmp_path / "marks.txt"
    (tmp_path / "tool.py").write_text(
        f"open({str(marks)!r}, 'a').write('x')\nfrom rimlight.engine import Session\nSession()\n"
    )
    found = report(tmp_path)
    assert "mine.good" in str(found["kinds"])
    assert "it makes a session while it is imported as the plugin tool" in str(found["errors"])
    assert marks.read_text() == "x"


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    errors = report(tmp_path / "nowhere")["errors"]
    assert isinstance(errors, dict)
    assert "which is no folder" in errors["nowhere"]


def test_packages_with_modules_and_installed_plugins(tmp_path: Path) -> None:
    folder, site = tmp_path / "plugins", tmp_path / "site"
    package = folder / "kit"
    (package / "parts").mkdir(parents=True)
    (package / "__init__.py").write_text("from . import glow\nfrom .parts.haze import Haze as Haze\n")
    (package / "parts" / "__init__.py").write_text("AMOUNT = 2\n")
    (package / "glow.py").write_text(NODE.format(kind="kit.glow", name="KitGlow"))
    (package / "parts" / "haze.py").write_text("from . import AMOUNT\n" + NODE.format(kind="kit.haze", name="KitHaze"))
    with (package / "parts" / "haze.py").open("a") as file:
        file.write("\nHaze = KitHaze\n")
    broken = folder / "broken"
    broken.mkdir()
    (broken / "__init__.py").write_text("from . import half\nfrom . import missing\n")
    (broken / "half.py").write_text(NODE.format(kind="broken.half", name="BrokenHalf"))
    for name in ("conftest.py", "setup.py", "test_kit.py"):
        (folder / name).write_text("raise RuntimeError('this is no plugin')\n")

    installed = site / "studio-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: studio\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[rimlight.nodes]\nstudio = studio_nodes\nlate = studio_late:load\nbuiltin = studio_theft\ngone = studio_gone\n"
    )
    (site / "studio_nodes.py").write_text(NODE.format(kind="studio.grain", name="StudioGrain"))
    (site / "studio_late.py").write_text(
        "def load():\n" + textwrap.indent(NODE.format(kind="studio.late", name="StudioLate"), "    ")
    )
    (site / "studio_theft.py").write_text(NODE.format(kind="color.grade", name="Theft"))
    (folder / "double.py").write_text(NODE.format(kind="studio.grain", name="OtherGrain"))

    found = report(folder, site)
    errors, kinds = found["errors"], found["kinds"]
    assert isinstance(errors, dict) and isinstance(kinds, list)
    assert errors["kit"] == "" and {"kit.glow", "kit.haze"} <= set(kinds)
    assert "missing" in errors["broken"] and "broken.half" not in kinds
    assert errors["studio"] == errors["late"] == "" and {"studio.grain", "studio.late"} <= set(kinds)
    assert "studio_gone" in errors["gone"]
    assert "color.grade" in errors["builtin = studio_theft"] and found["owner"] == "rimlight.nodes.color.grade"
    assert str(folder / "double.py") in errors["double"] and str(site / "studio_nodes.py") in errors["double"]
    assert not {"conftest", "setup", "test_kit"} & errors.keys()


def test_what_is_installed_while_it_runs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "plugins", dict(registry.plugins))
    (tmp_path / "studio_meanwhile.py").write_text(NODE.format(kind="studio.meanwhile", name="Meanwhile"))
    os.utime(tmp_path, ns=(0, 0))  # changed long ago
    before = load_plugins()
    assert load_plugins() == before
    installed = tmp_path / "meanwhile-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: meanwhile\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[rimlight.nodes]\nmeanwhile = studio_meanwhile\n")
    try:
        (found,) = set(load_plugins()) - set(before)
        assert (found.name, found.kinds, found.error) == ("meanwhile", ("studio.meanwhile",), "")
    finally:
        registry.discard("studio.meanwhile")
        sys.modules.pop("studio_meanwhile", None)


RENDER = """
import sys
from rimlight.engine import Session
s = Session()
s.set_project(format="16x9", frames=[1, 2])
c = s.add("Constant", color=(1, 2, 3, 1))
g = s.add("Good", c)
b = s.add("Bad", c)
s.add("Write", g, name="Fine", file=sys.argv[1] + "/fine.####.exr")
s.add("Write", b, name="Poor", file=sys.argv[1] + "/poor.####.exr")
report = s.render(continue_on_error=True)
print(sorted((r.node, r.frame, r.ok) for r in report.results))
print(report.failed[0].error)
print([(p.name, p.error) for p in s.plugins if p.error])
"""


def test_a_plugin_that_fails_leaves_the_others_working_in_a_render(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "good.py").write_text(NODE.format(kind="mine.good", name="Good"))
    (plugins / "bad.py").write_text(NODE.format(kind="mine.bad", name="Bad").replace("return x", "return x / nothing"))
    (plugins / "ugly.py").write_text("import no_such_module\n")
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(tmp_path / "out")],
        env=os.environ | {"RIMLIGHT_PLUGIN_PATH": str(plugins)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results, error, left_out = done.stdout.splitlines()
    assert results == str([("Fine", 1.0, True), ("Fine", 2.0, True), ("Poor", 1.0, False), ("Poor", 2.0, False)])
    assert error.startswith("Bad1 at frame 1: mine.bad failed with NameError")
    assert "ugly" in left_out and "no_such_module" in left_out and "good" not in left_out
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["fine.0001.exr", "fine.0002.exr"]


def test_the_plugin_in_the_manual_passes_its_test(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
    node, *others = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    test = next(block for block in others if "def test_" in block)
    (tmp_path / "posterize.py").write_text(node)
    (tmp_path / "test_posterize.py").write_text(test)
    (package,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    told = tomllib.loads(package)
    # With a test beside the module setuptools refuses to guess what to install.
    points = told["project"]["entry-points"]
    named = [value.partition(":")[0] for group in ("nodes", "panels") for value in points[f"rimlight.{group}"].values()]
    assert told["tool"]["setuptools"]["py-modules"] == named
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_example_plugins_pass_their_own_tests() -> None:
    folder = Path(__file__).parents[2] / "plugins"
    tests = sorted(folder.glob("*/test_*.py"))
    assert len(tests) == len([path for path in folder.iterdir() if path.is_dir()]) >= 2
    installed = os.pathsep.join(str(path.parent) for path in tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, tests)],
        cwd=folder.parent, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": installed, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_a_package_whose_entry_points_are_damaged_is_told(tmp_path: Path) -> None:
    """Whosever it is: torch and others, which the product's own nodes need, look at all packages too."""
    package = tmp_path / "other-1.0.dist-info"
    package.mkdir()
    (package / "entry_points.txt").write_text("[console_scripts]\nno equals sign\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "rimlight.engine.cli", "nodes"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert f"{package}: its entry_points.txt cannot be read: TypeError" in done.stderr or done.returncode == 0
    found = report(tmp_path / "none", tmp_path)["errors"]
    assert isinstance(found, dict) and "its entry_points.txt cannot be read" in found["other-1.0.dist-info"]


def test_an_entry_point_that_names_no_module_is_told(tmp_path: Path) -> None:
    package = tmp_path / "other-1.0.dist-info"
    package.mkdir()
    (package / "entry_points.txt").write_text("[rimlight.nodes]\nempty =\nwords = a b:c\ndots = ..:load\n")
    found = report(tmp_path, tmp_path)["errors"]
    assert isinstance(found, dict)
    for name, value in (("empty", ""), ("words", "a b:c"), ("dots", "..:load")):
        assert f"its entry point is '{value}', expected module:function" in found[name]


def test_what_is_no_module_and_what_raises_anything_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")  # whose import would wait for ever
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "ends.py").write_text("class Ends(BaseException): pass\nraise Ends('here')\n")
    (tmp_path / "two\nlines.py").write_text("raise ValueError('here')\n")
    errors = report(tmp_path)["errors"]
    assert isinstance(errors, dict) and "folder" not in errors
    assert errors["pipe"] == "it is no regular file"
    assert errors["loop"] == "it is a link to nothing"
    assert errors["ends"] == "Ends: here (ends.py, line 2)"
    assert errors["two\nlines"] == r"ValueError: here (two\nlines.py, line 1)"
