"""Undo and redo."""

import random

import pytest

from rimlight.engine import Curve, Document, Expr, Graph, GraphError, NodeState, Project
from rimlight.engine.graph import edits
from rimlight.engine.graph.grouping import group, ungroup
from rimlight.engine.script.history import History
from rimlight.engine.script.script import dumps, loads

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def doc(number: float) -> Document:
    return Document(Graph({"S": NodeState("toy.source", values={"level": number})}))


def level(history: History) -> float:
    return float(history.document.graph["S"].value("level"))


def test_undo_and_redo_go_through_the_steps() -> None:
    h = History(doc(0))
    h.commit(doc(1), "one")
    h.commit(doc(2), "two")
    assert h.labels == ["one", "two"] and h.position == 2
    assert h.undo() and level(h) == 1 and h.position == 1
    assert h.undo() and level(h) == 0
    assert not h.undo() and level(h) == 0
    assert h.redo() and h.redo() and level(h) == 2
    assert not h.redo()


def test_a_commit_forgets_what_was_undone() -> None:
    h = History(doc(0))
    h.commit(doc(1), "one")
    h.undo()
    h.commit(doc(2), "two")
    assert h.labels == ["two"] and not h.redo()


def test_a_gesture_is_one_step() -> None:
    h = History(doc(0))
    drag = object()
    for number in (1, 2, 3):
        h.commit(doc(number), f"drag to {number}", drag)
    h.commit(doc(4), "next drag", object())
    assert h.labels == ["drag to 3", "next drag"]
    h.undo()
    assert level(h) == 3
    h.undo()
    assert level(h) == 0


def test_a_gesture_ends_with_undo_save_or_another_step() -> None:
    for between in (lambda h: (h.undo(), h.redo()), lambda h: h.mark_saved(), lambda h: h.commit(doc(9), "other")):
        h = History(doc(0))
        h.commit(doc(1), "a", "drag")
        between(h)
        count = len(h.labels)
        h.commit(doc(2), "b", "drag")
        assert len(h.labels) == count + 1


def test_what_changes_nothing_is_no_step() -> None:
    h = History(doc(0))
    h.commit(doc(0), "nothing")
    assert h.labels == [] and not h.dirty


def test_the_limit_counts_steps() -> None:
    h = History(doc(0), limit=3)
    for number in range(1, 10):
        h.commit(doc(number), str(number))
    assert h.labels == ["7", "8", "9"]
    while h.undo():
        pass
    assert level(h) == 6


def test_dirty_is_about_the_saved_step() -> None:
    h = History(doc(0))
    assert not h.dirty
    h.commit(doc(1), "one")
    assert h.dirty
    h.mark_saved()
    assert not h.dirty
    h.undo()
    assert h.dirty
    h.redo()
    assert not h.dirty
    h.undo()
    h.commit(doc(2), "two")
    h.undo()
    assert h.dirty, "the saved step is gone"


def test_amending_changes_every_step_and_is_none() -> None:
    h = History(doc(0))
    h.commit(doc(1), "one")
    h.mark_saved()
    h.commit(doc(2), "two")
    h.undo()
    h.amend(lambda d: d.with_(project=Project(folder="/shots")))
    assert h.labels == ["one", "two"] and not h.dirty
    for move in (h.undo, h.redo, h.redo):
        assert move() and h.document.project.folder == "/shots"
    assert h.dirty


def test_what_is_found_later_joins_its_step() -> None:
    h = History(doc(0))
    h.commit(doc(1), "one")
    since = h.document
    h.commit(doc(2), "two")
    h.mark_saved()
    assert h.join(since, lambda d: d.with_(project=Project(fps=30)))
    assert h.labels == ["one", "two"] and h.dirty, "what was saved is without it"
    assert (level(h), h.document.project.fps) == (2, 30)
    h.undo()
    assert (level(h), h.document.project.fps) == (1, 30)
    h.undo()
    assert (level(h), h.document.project.fps) == (0, 24)
    assert h.redo() and h.document.project.fps == 30
    assert not h.join(since, lambda d: d.with_(project=Project(fps=12))), "that step is another now"
    assert h.document.project.fps == 30


def test_listeners_hear_of_every_change_until_they_stop() -> None:
    h = History(doc(0))
    heard: list[float] = []
    stop = h.listen(lambda: heard.append(level(h)))
    h.commit(doc(1), "one")
    h.commit(doc(1), "nothing")
    h.undo()
    h.undo()
    h.redo()
    h.mark_saved()
    stop()
    h.commit(doc(2), "two")
    assert heard == [1, 0, 1, 1]


def _random_edit(graph: Graph, dice: random.Random) -> Graph:
    """Some edit of any sort; whatever it refuses it refuses."""
    names = list(graph) or [""]
    some = dice.sample(names, min(len(names), dice.randint(1, 3)))
    any_, other = dice.choice(names), dice.choice(names)
    match dice.randrange(12):
        case 0 | 1:
            return edits.add(graph, dice.choice(["toy.blur", "toy.merge", "toy.source"]))[0]
        case 2:
            return graph.connect(any_, dice.choice(["image", "mask", "A", "A2", "B"]), other)
        case 3:
            value = dice.choice([dice.random(), Curve.of((1, dice.random()), (9, 2)), Expr(f"{other}.size + frame")])
            return graph.set_value(any_, "size", value)
        case 4:
            return graph.put(any_, graph.node(any_).with_(ui={"position": [dice.random(), dice.random()]}))
        case 5:
            return edits.rename(graph, any_, f"N{dice.randrange(1000)}")
        case 6:
            return edits.duplicate(graph, some, (10, 10), keep_inputs=dice.random() < 0.5)[0]
        case 7:
            return edits.delete(graph, some)
        case 8:
            return group(graph, some)[0]
        case 9:
            return ungroup(graph, any_)[0]
        case 10:
            return edits.clone(graph, any_)[0]
        case _:
            return edits.extract(graph, some)


def test_a_thousand_edits_undone_give_the_very_same_text() -> None:
    dice = random.Random(7)
    h = History(doc(0.1), limit=10_000)
    first = dumps(h.document)
    texts, refused = [first], 0
    while len(h.labels) < 1000:
        try:
            after = _random_edit(h.document.graph, dice)
        except GraphError:
            refused += 1
            continue
        if len(after) > 40:
            after = after.remove(list(after)[:30])
        h.commit(h.document.with_(graph=after), "edit")
        if len(h.labels) == len(texts):
            texts.append(dumps(h.document))
        if len(h.labels) % 100 == 0:
            loaded = loads(texts[-1])
            assert loaded.warnings == ()
            assert loaded.document == h.document
    while h.undo():
        if h.position % 50 == 0:
            assert dumps(h.document) == texts[h.position]
    assert dumps(h.document) == first
    while h.redo():
        pass
    assert dumps(h.document) == texts[-1]
    assert refused < 5000


def test_saving_marks_the_document_that_was_written() -> None:
    """A script may be edited while another thread writes it."""
    h = History(doc(0))
    h.commit(doc(1), "one")
    written = h.document
    h.commit(doc(2), "two")
    h.mark_saved(written)
    assert h.dirty
    h.undo()
    assert not h.dirty
    h.mark_saved(doc(5))
    assert h.dirty
