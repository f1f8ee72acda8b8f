"""The picture on which lights are placed: as it is where its layers, or level ground, say what surfaces there are, else
as the student that the lighting node asks sees it.
"""

from dataclasses import dataclass
from typing import Any

from rimlight.engine import Graph, ImageInfo, NodeState, Project, RimlightError, Session, estimated_in

from ..paths import inside, path_at
from .kinds import RIG_SOCKET
from .surfaces import setting
from .values import spec_of

SEEN = "RimlightSeen"
"""Name of the node that is put in, in a copy of the graph."""
_CAMERA = ("field_of_view", "depth_is", "cm_per_unit")
_STUDENT = ("layers", "matte_channel", "student", "working_size", "precision")
_LENS = ("field_of_view", "distance")
_LEVEL = ("foot", "horizon", "horizon_roll", "camera_height")
"""What says where level ground is, of a node whose `surfaces` are `ground`."""


@dataclass(frozen=True)
class Ground:
    """A graph, and in it the path of a picture with surfaces.

    camera : the parameters by which its depth and positions are read, or where its ground is. in_cm : positions are in
    centimetres, whatever the unit of the node that is lit.
    """

    graph: Graph
    picture: str
    camera: dict[str, Any]
    in_cm: bool = False


def ground_of(session: Session, graph: Graph, project: Project, frame: float, lit: str) -> Ground:
    """What the node `lit` lights, with surfaces: of a plate they are estimated as that node estimates them.

    The relief of estimated depth is taken as 1. In a worker. Raises RimlightError where there is no picture.
    """
    level_path, _, name = lit.rpartition("/")
    level = inside(graph, level_path)
    state = level[name]
    source = state.inputs.get("image") if RIG_SOCKET in state.inputs else name
    if source is None:
        raise RimlightError(f"{lit} has no picture, so that no light can be placed on it")
    camera = {n: state.values[n] for n in _CAMERA if n in state.values}
    if level_at(session, graph, lit, frame):
        camera |= {"surfaces": "ground", **{n: state.value(n) for n in _LEVEL}}
    plain = Ground(graph, path_at(level_path, source), camera)
    info = session.evaluator.info(graph, project, plain.picture, frame)
    layers = setting(session, graph, lit, "layers", frame, "input")
    if layers == "input" or not isinstance(info, ImageInfo):
        return plain
    guessed = estimated_in(info)

    def rendered(layer: str) -> bool:
        return layers != "estimate" and info.has(layer) and layer not in guessed

    if rendered("albedo") and rendered("normal"):
        return plain
    placed = rendered("position") or rendered("depth")
    values = {n: state.value(n) for n in (*_STUDENT, *_LENS) if spec_of(state, n) is not None}
    wires = {"image": source, **{s: state.inputs[s] for s in ("matte",) if s in state.inputs}}
    seen = NodeState("learned.intrinsics", 1, {**values, "position": not placed}, wires)
    changed = graph.replace_inside(level_path, level.put(SEEN, seen))
    return Ground(changed, path_at(level_path, SEEN), camera if placed else {}, not placed)


def level_at(session: Session, graph: Graph, lit: str, frame: float) -> bool:
    """Whether a node looks at level ground, so that no layers are needed."""
    return bool(setting(session, graph, lit, "surfaces", frame, "layers") == "ground")
