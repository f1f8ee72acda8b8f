"""The names of inputs on tiles: apart from one another, and within what a tile may paint."""

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor

from graph_hand import Hand
from kinds import cls_of, every_kind
from rimlight.app.graph.items import Tip
from rimlight.app.graph.labels import labels_of
from rimlight.app.graph.looks import Look
from rimlight.app.graph.sockets import sockets_of
from rimlight.app.graph.tile import STUB, NodeTile
from rimlight.engine import NodeState

INK = 10.0
"""Pixels that a line of small letters is high."""


def ends(tile: NodeTile) -> list[tuple[object, Tip]]:
    return [(socket, tip) for socket, tip in tile._free if not socket.spare]


@pytest.mark.parametrize("kind", every_kind())
@pytest.mark.usefixtures("dressed")
def test_names_lie_apart_and_inside_of_what_is_repainted(kind: str) -> None:
    tile = NodeTile("A", NodeState(kind, cls_of(kind).version), Look())
    if not tile.label_inputs:
        tile.hover(True)  # else no names are shown
    assert tile.boundingRect().contains(tile.bounds)
    found = labels_of(ends(tile))  # type: ignore[arg-type]
    for i, one in enumerate(found):
        assert tile.bounds.left() <= one.box.left() and one.box.right() <= tile.bounds.right(), one.text
        for other in found[:i]:
            beside = one.box.right() <= other.box.left() or other.box.right() <= one.box.left()
            assert beside or abs(one.box.center().y() - other.box.center().y()) >= INK, (one.text, other.text)


def test_names_that_only_the_mouse_shows_go_with_it(hand: Hand) -> None:
    """What does not show its names takes no room for them: all tiles near one that moves are painted with it."""
    hand.add("Blur", name="A", at=(0, 0))
    scene = hand.panel.scene
    tile = scene.items_by_name["A"]
    assert isinstance(tile, NodeTile)
    narrow = QRectF(tile.bounds)
    tile.hover(True)
    wide = QRectF(tile.bounds)
    assert narrow.width() < 0.6 * wide.width()
    hand.qtbot.wait(0)
    painted: list[QRectF] = []
    scene.changed.connect(painted.extend)
    tile.hover(False)
    assert tile.bounds == narrow
    hand.qtbot.waitUntil(lambda: any(r.contains(wide.translated(tile.pos())) for r in painted), timeout=10_000)


def test_a_column_keeps_the_order_of_its_wires_whatever_their_slope() -> None:
    kind = "learned.shadow_remove"
    state = NodeState(kind, cls_of(kind).version, {}, {"image": "R", "matte": "M"})
    _, matte, shadows, *_ = sockets_of(state)
    color = QColor("white")
    pair = [
        (shadows, Tip(QPointF(-60, 4), QPointF(1, 0), color, 6.0)),
        (matte, Tip(QPointF(-60, -4), QPointF(0.8, -0.6), color, 6.0)),
    ]
    upper, lower = labels_of(pair)
    assert (upper.text, lower.text) == ("matte", "shadows")
    assert lower.box.center().y() - upper.box.center().y() >= INK


def test_a_name_is_not_crossed_by_its_wire() -> None:
    kind = "learned.shadow_remove"
    matte = next(s for s in sockets_of(NodeState(kind, cls_of(kind).version)) if s.name == "matte")
    tip, color = QPointF(60, 0), QColor("white")
    for slope, above in ((-0.7, True), (0.0, True), (0.7, False)):
        (label,) = labels_of([(matte, Tip(tip, QPointF(-0.7, slope), color, 6.0))])
        assert (label.box.bottom() <= tip.y()) == above, "a wire that rises comes from below"


def test_names_of_stubs_side_by_side_begin_behind_the_stubs() -> None:
    kind = "light.relight"
    pair = [s for s in sockets_of(NodeState(kind, cls_of(kind).version)) if s.name in ("rig", "matte")]
    found = labels_of([(s, Tip(QPointF(-60, 8 * i), QPointF(1, 0), QColor("white"), 6.0)) for i, s in enumerate(pair)])
    assert len(found) == 2 and all(label.box.right() <= -60 - STUB for label in found)


@pytest.mark.usefixtures("dressed")
def test_a_number_on_a_tile_is_whole_and_its_name_gives_way_from_the_front() -> None:
    look = Look()
    wide = look.small_metrics.horizontalAdvance("plate light 0.699")
    told = [look.last_words("plate light 0.699", room) for room in (wide, wide - 1, 1)]
    assert told == ["plate light 0.699", "light 0.699", "0.699"]
    assert look.last_words("± 7.9e-09", wide) == "± 7.9e-09"


@pytest.mark.parametrize("kind", every_kind())
@pytest.mark.usefixtures("dressed")
def test_no_name_is_cut(kind: str) -> None:
    look = Look()
    tile = NodeTile("A", NodeState(kind, cls_of(kind).version), look)
    tile.hover(True)
    for label in tile._labels():
        assert label.box.width() >= look.small_metrics.horizontalAdvance(label.text), label.text
