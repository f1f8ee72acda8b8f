"""The command line as a process: signals, terminals, hanging nodes, imports."""

import contextlib
import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import shots

COMMAND = (sys.executable, "-m", "rimlight.engine.cli")
PATIENCE = 60

NODE = '''
import time
from rimlight.engine import PointNode, node, param


@node("{kind}")
class {name}(PointNode):
    """A node that takes its time."""

    point = False
    seconds: float = param(default=600.0, doc="how long")

    def process(self, x, layer, chosen, ctx):
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            time.sleep(0.01)
            {body}
        return x
'''


def slow_shot(folder: Path, body: str) -> tuple[Path, dict[str, str]]:
    """A shot whose frames 2 and on wait in a plugin's node, and the environment with the plugin."""
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "hourglass.py").write_text(NODE.format(kind="test.hourglass", name="Hourglass", body=body))
    script = shots.shot(folder)
    data = json.loads(script.read_text())
    data["nodes"]["Wait"] = {
        "kind": "test.hourglass",
        "inputs": {"image": "Plate"},
        "values": {"seconds": {"expr": "(frame - 1) * 600"}},
    }
    data["nodes"]["Warm"]["inputs"] = {"image": "Wait"}
    script.write_text(json.dumps(data))
    return script, {**os.environ, "RIMLIGHT_PLUGIN_PATH": str(plugins)}


def wait_for(process: "subprocess.Popen[str]", word: str) -> str:
    """What it says on standard error up to the line with a word."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if word in line:
            return said
    raise AssertionError(f"ended without saying '{word}': {said}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_stops_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    script, environment = slow_shot(tmp_path, "ctx.check()")
    with subprocess.Popen(
        [*COMMAND, "render", str(script), "-n", "Out"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wait_for(process, "[1/3]")
        time.sleep(0.2)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "rimlight: stopped" and "Traceback" not in err and out == ""
    assert os.listdir(tmp_path / "out") == ["soft.0001.exr"]
    assert shots.pixels(tmp_path / "out" / "soft.0001.exr").shape == (4, 18, 32)


def test_ctrl_c_stops_a_wedge_and_leaves_what_is_whole(tmp_path: Path) -> None:
    script, environment = slow_shot(tmp_path, "ctx.check()")
    sheet, each = tmp_path / "sheet.png", tmp_path / "each"
    options = ["--vary", "Wait.seconds=0,600", "-o", str(sheet), "--each", str(each)]
    with subprocess.Popen(
        [*COMMAND, "wedge", str(script), *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        wait_for(process, "[1/2]")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "rimlight: stopped" and "Traceback" not in err and out == ""
    assert not sheet.exists() and os.listdir(each) == ["1_Wait.seconds=0.png"]


OTHER_ERROR = """
class Field:
    def __set_name__(self, owner, name):
        try:
            wait()
        except BaseException:
            raise RuntimeError("as Python has it until 3.11") from None
class Node:
    field = Field()
"""
SWALLOWED = "try:\n    wait()\nexcept BaseException:\n    pass\n"


@pytest.mark.parametrize(
    ("module", "waits"),
    [
        ("torch", "wait()"),
        ("rimlight_slow_start", "wait()"),
        ("torch", OTHER_ERROR),
        ("slow", OTHER_ERROR),
        ("slow", SWALLOWED),
    ],
)
def test_a_polite_kill_while_it_starts_is_reported(module: str, waits: str, tmp_path: Path) -> None:
    """In the middle of an import, long before there is a render that could be cancelled, and in a plugin's, whatever
    they make of it.
    """
    shots.shot(tmp_path)
    ready = tmp_path / "ready"
    wait = f"def wait():\n    pathlib.Path({str(ready)!r}).touch()\n    time.sleep({PATIENCE})\n"
    waiting = f"import pathlib, time\n{wait}{waits}\n"
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / f"{module}.py").write_text(waiting)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "modules")}
    if module != "torch":
        environment["RIMLIGHT_PLUGIN_PATH"] = str(tmp_path / "modules")
    with subprocess.Popen(
        [*COMMAND, "render", str(tmp_path / "shot.rim"), "--json"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        end = time.monotonic() + PATIENCE
        while not ready.exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and err.splitlines()[-1] == "rimlight: stopped" and "Traceback" not in err
    told = json.loads(out)
    assert told["error"] == "stopped" and not told.get("written")
    assert not (tmp_path / "out").exists()


def test_ctrl_c_twice_stops_a_node_that_does_not_listen(tmp_path: Path) -> None:
    script, environment = slow_shot(tmp_path, "pass")
    with subprocess.Popen(
        [*COMMAND, "render", str(script), "-n", "Out"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(process, "[1/3]")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        wait_for(process, "again to stop at once")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err == "rimlight: stopped\n"


def test_a_node_that_hangs_ends_the_process_with_stacks(tmp_path: Path) -> None:
    script, environment = slow_shot(tmp_path, "pass")
    done = subprocess.run(
        [*COMMAND, "render", str(script), "--stall", "4", "--json"],
        env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "nothing has moved for 4 s, last was Wait frame 2" in done.stderr
    assert "hourglass.py" in done.stderr and "in process" in done.stderr
    report = json.loads(done.stdout)
    assert "nothing has moved" in report["error"]
    assert [(r["node"], r["frame"]) for r in report["written"]] == [("Out", 1.0), ("Look", 1.0)]


@pytest.mark.parametrize("command", ["render", "check", "info", "nodes"])
def test_a_plugin_that_hangs_as_it_is_imported_ends_the_process(command: str, tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text(f"import time\ntime.sleep({2 * PATIENCE})\n")
    program = (
        "import os; from rimlight.engine.plugins import load_plugins\n"
        "folder = os.environ.pop('RIMLIGHT_PLUGIN_PATH'); load_plugins()  # which takes its time on a busy machine\n"
        "os.environ['RIMLIGHT_PLUGIN_PATH'] = folder\n"
        "import rimlight.engine.session; from rimlight.engine import cli, plugins\n"
        "from rimlight.engine.commands import options\n"
        "options.PATIENT_START, plugins.HANGING = 2.0, 0.5; cli.main()"
    )
    more = [] if command == "nodes" else [str(shots.shot(tmp_path))]
    more += ["--json", *(["--stall", "0.5"] if command == "render" else [])]
    done = subprocess.run(
        [sys.executable, "-c", program, command, *more],
        env={**os.environ, "RIMLIGHT_PLUGIN_PATH": str(tmp_path)},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"plugin hangs is still being imported: {tmp_path / 'hangs.py'}" in done.stderr
    assert "nothing has moved for 2 s, last was the start with its plugins" in done.stderr
    report = json.loads(done.stdout)
    assert "nothing has moved" in report["error"]
    assert command != "render" or report["written"] == []


def test_threads_that_wait_for_work_keep_no_process() -> None:
    program = (
        "from concurrent.futures import ThreadPoolExecutor; from rimlight.engine import cli\n"
        "pool = ThreadPoolExecutor(2); pool.submit(int).result(); cli._leave(3)"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=PATIENCE, check=False)
    assert done.returncode == 3


def test_closed_streams_stop_nothing_and_spoil_no_picture(tmp_path: Path) -> None:
    script = shots.shot(tmp_path)
    command = shlex.join([*COMMAND, "render", str(script)])
    done = subprocess.run(["sh", "-c", f"{command} <&- >&- 2>&-"], timeout=PATIENCE, check=False)
    assert done.returncode == 0
    written = sorted(os.listdir(tmp_path / "out"))
    assert len(written) == 6
    assert shots.pixels(tmp_path / "out" / written[-1]).shape[1:] == (18, 32)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_what_no_locale_can_say_is_printed_all_the_same(locale: str, tmp_path: Path) -> None:
    """A damaged file may hold halves of characters, and a farm has no locale."""
    (tmp_path / "odd.json").write_text('{"format": "rimlight-model-1", "kind": "\\ud800\\u00e4"}')
    environment = os.environ | {"LC_ALL": locale, "RIMLIGHT_MODEL_PATH": str(tmp_path), "PYTHONUTF8": "0"}
    done = subprocess.run([*COMMAND, "models"], env=environment, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1 and b"kind is '\\ud800" in done.stdout and not done.stderr


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    script, here = shots.shot(tmp_path), tmp_path / "here"
    here.mkdir()
    command = shlex.join([*COMMAND, "render", str(script)])
    done = subprocess.run(
        ["sh", "-c", f"rmdir {shlex.quote(str(here))}; {command}"],
        cwd=here, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "rimlight: the folder that it was started in is gone; start it in another one\n"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_bars_on_a_terminal(tmp_path: Path) -> None:
    script = shots.shot(tmp_path)
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(
        [*COMMAND, "render", str(script)], env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    said, end = b"", time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):  # how the end of a pseudo terminal shows on Linux
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                chunk = os.read(ours, 65536)
                if not chunk:
                    break
                said += chunk
    out, _ = process.communicate(timeout=PATIENCE)
    os.close(ours)
    text = said.decode()
    assert process.returncode == 0
    assert "6 of 6 written" in out and "\x1b" not in out
    assert "frame 3" in text and "/6" in text
    assert "Look frame 3: " in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is back
    assert text.endswith(("\x1b[2K", "\r", "\n", "\x1b[?25h"))  # and the bar is gone


def test_what_needs_no_pictures_imports_nothing_heavy() -> None:
    program = (
        "import sys; from rimlight.engine.cli import run; code = run(['render', '--help']) + run(['--version'])\n"
        "heavy = {'torch', 'numpy', 'cv2', 'OpenImageIO', 'PyOpenColorIO', 'networkx'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n") and "--check-keys" in done.stdout


def test_a_render_loads_nothing_that_only_the_desktop_or_rays_need(tmp_path: Path) -> None:
    program = (
        f"import sys; from rimlight.engine.cli import run; code = run(['render', {str(shots.shot(tmp_path))!r}])\n"
        "idle = {'networkx', 'numba', 'markdown_it'} & set(sys.modules)\n"
        "sys.exit(f'{code} {idle}' if code or idle else 0)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr


def test_a_plugin_that_crashes_python_says_where(tmp_path: Path) -> None:
    """No sentence can come after a fault in native code; the stacks are what there is to go by."""
    written = f"__import__('os').path.exists({str(tmp_path / 'out' / 'soft.0001.exr')!r})"
    script, environment = slow_shot(tmp_path, f"{written} and __import__('ctypes').string_at(0)")
    done = subprocess.run(
        [*COMMAND, "render", str(script), "-n", "Out"],
        env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in done.stderr and "hourglass.py" in done.stderr
    assert os.listdir(tmp_path / "out") == ["soft.0001.exr"]
