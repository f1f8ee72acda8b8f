"""A thousand random edits by the panel's own commands and the mouse, and back again."""

import random

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from graph_hand import Hand
from rimlight.app.graph.actions import ACTIONS
from rimlight.app.graph.panel import PANEL, GraphPanel
from rimlight.engine import dumps

EDITS = 1000
KINDS = ("color.grade", "filter.blur", "merge.merge", "image.constant", "light.directional", "light.rig",
         "light.relight", "merge.switch", "transform.transform", "structure.noop", "channel.copy")  # fmt: skip
LEFT_OUT = ("graph.color", "graph.help", "graph.info", "graph.properties", "graph.add", "graph.search", "graph.jump",
            "graph.promote", "graph.toolset.save", "graph.toolset.remove")  # fmt: skip
"""Those that open a window or a list."""


def check(panel: GraphPanel) -> None:
    """The canvas shows the level that we are in, exactly."""
    graph, scene = panel.workspace.level_graph, panel.scene
    assert set(scene.items_by_name) == set(graph)
    wires = {(name, socket) for name, state in graph.items() for socket in state.inputs}
    assert set(scene.wires) == wires
    for (name, socket), line in scene.wires.items():
        source = scene.items_by_name[graph[name].inputs[socket]]
        assert line.line().p1() == source.output
        assert (line.line().p2() - scene.items_by_name[name].tip_of(socket, source.output)).manhattanLength() < 1e-6
    for name, item in scene.items_by_name.items():
        assert item.state is graph[name] and item.place == scene.at[name]
        assert item.chosen == (name in panel.editor.selection)


@pytest.mark.timeout(600)
def test_a_thousand_edits_and_back(make_panel: Make, qtbot: QtBot) -> None:
    panel = make_panel(PANEL, GraphPanel)
    hand = Hand(panel, qtbot)
    actions, workspace, history = panel.desktop.actions, panel.workspace, panel.workspace.session.history
    for kind in KINDS[:6]:
        workspace.session.add(kind)
    workspace.session.history.mark_saved()
    start, before = history.position, dumps(workspace.document)
    rnd = random.Random(5)
    commands = [action.id for action in ACTIONS if action.id not in LEFT_OUT]
    while history.position - start < EDITS - 10:
        names = list(workspace.level_graph)
        panel.editor.select(rnd.sample(names, min(len(names), rnd.choice((0, 1, 1, 1, 2, 3)))))
        what = rnd.random()
        if what < 0.2 and len(workspace.level_graph) < 60:
            panel.editor.create(rnd.choice(KINDS), branch=rnd.random() < 0.3)
        elif what < 0.3 and names:
            name = rnd.choice(names)
            panel.view.look_at(panel.scene.items_by_name[name].pos(), 1.0)
            way = (rnd.randint(-200, 200), rnd.randint(-150, 150))
            x, y = panel.scene.at[name]
            keys = rnd.choice((Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier))
            hand.drag(name, (x + way[0], y + way[1]), keys)
        elif what < 0.4 and names:
            name, other = rnd.choice(names), rnd.choice(names)
            panel.view.frame([name, other])
            output = panel.scene.items_by_name[name].output
            hand.drag((output.x(), output.y() + 4), other)
        elif len(names) > 60:
            actions.trigger("graph.delete")
        else:
            actions.trigger(rnd.choice(commands))
        panel.text.close_it(take=True)
        panel.view.look_at(QPointF(0, 0), 1.0)
        if rnd.random() < 0.05:
            QApplication.processEvents()
            check(panel)
    QApplication.processEvents()
    check(panel)
    after, end = dumps(workspace.document), history.position
    assert end - start <= EDITS and after != before
    while history.position > start:
        workspace.undo()
        if history.position % 50 == 0:
            check(panel)
    assert dumps(workspace.document) == before
    check(panel)
    while history.position < end:
        workspace.redo()
    assert dumps(workspace.document) == after
    check(panel)
    del hand, panel
