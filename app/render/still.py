"""Whether a render would write one picture over and over."""

from collections.abc import Sequence

from rimlight.engine import ImageInfo, Session, Tier, is_constant


def stands_still(session: Session, nodes: Sequence[str]) -> bool:
    """Whether the pictures that come into some nodes are the same at every frame of the project.

    So they are where nothing above is animated or has frames of its own, and the first frame is what the last one is.
    Asked in a thread, as files are looked at.
    """
    flat, project = session.flat(), session.project
    sources = [source for node in nodes for source in flat.node(node).inputs.values()]
    keys = []
    for frame in map(float, project.frames):
        vertices = session.evaluator.survey(session.graph, project, [*nodes, *sources], frame, 1.0, Tier.FINAL)
        for (path, _), vertex in vertices.items():
            if vertex.inserted:
                continue
            ranged = isinstance(vertex.info, ImageInfo) and vertex.info.frames is not None
            if vertex.error is not None or ranged or not all(map(is_constant, flat.node(path).values.values())):
                return False
        keys.append([vertices[source, frame].key for source in sources])
    return keys[0] == keys[1]
