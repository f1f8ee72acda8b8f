"""`kill -9` during save, a hundred times: the script is always the whole old or the whole new one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 100

# One warm process forks the savers, since importing the engine a hundred times would take minutes. It has no threads.
PROGRAM = """
import os, random, signal, sys, time
from rimlight.engine import Graph, NodeState, load_script, save_script
from rimlight.engine.script.document import Document

path, kills = sys.argv[1], int(sys.argv[2])
def script(number):
    state = NodeState("gone.node", 1, {"number": number, "text": "x" * 2000})
    return Document(Graph({f"N{i}": state for i in range(60)}))

save_script(script(0), path)
random.seed(1)
changes = damaged = 0
last = 0
parent = os.getpid()
for kill in range(kills):
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            number = 0
            while os.getppid() == parent:  # else nobody is left to end it
                number += 1
                save_script(script(kill * 10**6 + number), path)
                if number == 1:
                    os.write(tells, b".")
        finally:
            os._exit(1)
    os.close(tells)
    os.read(hears, 1)  # its first save is done
    os.close(hears)
    time.sleep(random.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "a save failed"
    graph = load_script(path).document.graph
    numbers = {state.values["number"] for state in graph.values()}
    damaged += len(graph) != 60 or len(numbers) != 1
    changes += numbers != {last}
    last = numbers.pop()
left = [name for name in os.listdir(os.path.dirname(path)) if name.endswith(".tmp")]
print(changes, len(left), damaged)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_no_kill_damages_a_script(tmp_path: Path) -> None:
    path = tmp_path / "shot.rim"
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(KILLS)], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    changes, left, damaged = (int(word) for word in run.stdout.split())
    assert damaged == 0
    assert changes == KILLS
    assert left > 0, "no kill came in the middle of a save, so nothing was tested"
