"""Places for the nodes that a script adds, so that they stand where an artist would have put them."""

from rimlight.engine import Graph

from ..graph.placing import STEP_Y, Point, free_place, moved, places, position, room_below


def housed(before: Graph, after: Graph) -> Graph:
    """`after`, with new nodes that have no place standing below what feeds them.

    What was inserted between two nodes pushes down what it feeds, the others go to the nearest free place. Those that
    nothing feeds stay without one: the node graph lays them out beside the others.
    """
    at: dict[str, Point] = {name: place for name, place in places(before).items() if name in after}
    at |= {name: place for name in after if (place := position(after.node(name))) is not None}
    waiting = [name for name in after if name not in at]
    moves: dict[str, Point] = {}
    feeds_old = {source for name, state in after.items() if name in before for source in state.inputs.values()}
    found = True
    while found:
        found = False
        for name in waiting:
            source = next((at[source] for source in after.node(name).inputs.values() if source in at), None)
            if source is None or name in at:
                continue
            found = True
            below = source[0], source[1] + STEP_Y
            place = below if name in feeds_old else free_place(at, below)
            pushed = room_below(after, at, name, place) if name in feeds_old else {}
            moves |= {name: place, **pushed}
            at |= {name: place, **pushed}
    return moved(after, moves) if moves else after
