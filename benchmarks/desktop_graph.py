"""The node graph at 500 and 2000 nodes: building the canvas, panning, zooming, dragging a node, following an edit."""

import os
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from rimlight.app.actions import Actions
from rimlight.app.collecting import Collector
from rimlight.app.commands import COMMANDS
from rimlight.app.graph.panel import PANEL, GraphPanel
from rimlight.app.main import start_application
from rimlight.app.panels import Desktop
from rimlight.app.preferences import FOLDER_VARIABLE, Preferences
from rimlight.app.scriptfiles import ScriptFiles
from rimlight.app.workspace import Workspace
from rimlight.engine import Graph, NodeState, registry

from harness import Figure, versions
from PySide6.QtCore import QPoint, QPointF

SIZES = (500, 2000)
SCALES = (0.22, 0.5, 1.0)
"""Everything of 2000 nodes in view and flat, with names, with all details."""
WINDOW = (1600, 900)
ROWS, STEP_X, STEP_Y = 50, 160, 80
KINDS = ("color.grade", "filter.blur", "merge.merge", "color.exposure", "transform.transform")


def script(count: int) -> Graph:
    """Columns of 50 nodes, each below the other, every fifth or so merged with one of the column beside."""
    draw = random.Random(1)
    nodes: dict[str, NodeState] = {}
    for i in range(count):
        column, row = divmod(i, ROWS)
        cls = registry.find(draw.choice(KINDS) if row else "image.constant")
        inputs = {cls.ports[0].name: f"N{i - 1}"} if row else {}
        if cls.kind == "merge.merge" and column:
            inputs["A"] = f"N{i - ROWS - 1}"
        place = {"position": [column * STEP_X, row * STEP_Y]}
        nodes[f"N{i}"] = NodeState(cls.kind, cls.version, inputs=inputs, ui=place)
    return Graph(nodes)


def node_graph(rounds: int) -> list[Figure]:
    """What a frame takes from an event until everything is painted: processor time of the GUI thread, median.

    Beside it the 95th percentile of that, and the median by the clock, which on an idle machine is the same.
    """
    application = start_application()
    Collector(application)  # else a pass of Python's over all objects falls into one figure or another
    found: list[Figure] = []
    with TemporaryDirectory() as folder:
        os.environ[FOLDER_VARIABLE] = folder
        for count in SIZES:
            workspace = Workspace()
            files = ScriptFiles(workspace, Path(folder))
            actions = Actions([*COMMANDS, *PANEL.actions])
            panel = PANEL.factory(Desktop(workspace, files, actions, Preferences, lambda name: None))
            assert isinstance(panel, GraphPanel)
            panel.resize(*WINDOW)
            panel.show()
            _settle(application.processEvents, workspace)
            found += _measured(panel, script(count), count, rounds, application.processEvents)
            workspace.close()
            panel.deleteLater()
            application.processEvents()
    return found


def _measured(panel: GraphPanel, graph: Graph, count: int, rounds: int, paint: Callable[[], object]) -> list[Figure]:
    workspace, view = panel.workspace, panel.view
    build = _timed(lambda: workspace.put_level(graph, "build"), paint)
    found = [_figure(f"graph_{count}_build", [build])]
    _settle(paint, workspace)
    middle = QPointF(count / ROWS * STEP_X / 2, ROWS * STEP_Y / 2)
    frames = max(20, 4 * rounds)
    for scale in SCALES:
        view.look_at(middle, scale)
        paint()
        name = f"graph_{count}_{{}}_at_{scale:g}"
        pan = _frames(lambda i: view.pan(QPoint(15 if i % 20 < 10 else -15, 9 if i % 14 < 7 else -9)), frames, paint)
        zoom = _frames(lambda i: view.zoom(1.02 if i % 20 < 10 else 1 / 1.02, QPoint(800, 450)), frames, paint)
        found += [_figure(name.format("pan"), pan), _figure(name.format("zoom"), zoom)]
    middle_node = f"N{count // 2 + ROWS // 2}"
    x, y = panel.scene.at[middle_node]
    view.look_at(QPointF(x, y), 1.0)
    paint()
    found.append(_figure(f"graph_{count}_drag", _frames(
        lambda i: panel.scene.move({middle_node: (x + i % 40, y)}), frames, paint
    )))  # fmt: skip
    panel.scene.move({middle_node: (x, y)})
    edits = _frames(lambda i: workspace.session.set(middle_node, note=f"edit {i}"), rounds, paint)
    return [*found, _figure(f"graph_{count}_edit", edits)]


def _frames(step: Callable[[int], object], count: int, paint: Callable[[], object]) -> list[tuple[float, float]]:
    """The times of each frame, after a few that do not count."""
    return [_timed(partial(step, i), paint) for i in range(count + 5)][5:]


def _timed(step: Callable[[], object], paint: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of this thread's processor time, and by the clock."""
    used, begin = time.thread_time(), time.perf_counter()
    step()
    paint()
    return 1000 * (time.thread_time() - used), 1000 * (time.perf_counter() - begin)


def _figure(name: str, times: list[tuple[float, float]]) -> Figure:
    used, clock = sorted(t[0] for t in times), [t[1] for t in times]
    others = {"95th": used[int(0.95 * (len(used) - 1))], "clock": statistics.median(clock)}
    return Figure(name, statistics.median(used), "ms", versions=versions(), others=others)


def _settle(paint: Callable[[], object], workspace: Workspace) -> None:
    """Until the facts of all nodes are known, so that nothing else runs meanwhile."""
    while True:
        paint()
        time.sleep(0.01)
        if workspace.facts.settled and not workspace.evaluations.busy and not workspace.background.busy:
            return
