"""Where the surfaces of a picture are, as its node's camera parameters say."""

from typing import Any, Literal, cast

from torch import Tensor

from rimlight.engine import Camera, Graph, ImageInfo, Region, Session

from .values import spec_of, value_at


def setting(session: Session, graph: Graph, path: str, name: str, frame: float, default: Any) -> Any:
    """A parameter of a node at a frame; the default where its kind has none of that name."""
    state = graph.at(path)
    return value_at(session, path, state, name, frame) if spec_of(state, name) is not None else default


def seen_from(
    session: Session, graph: Graph, path: str, frame: float, info: ImageInfo, region: Region, depth: Tensor
) -> Tensor:
    """Positions `[3, h, w]` of surfaces of a depth `[C, h, w]`, in the camera space and unit of the picture.

    path : the node whose field of view and kind of depth count. region : of the depth. Where nothing is, z is not below
    zero or not finite.
    """
    display = info.display
    degrees = setting(session, graph, path, "field_of_view", frame, 40.0)
    kind = cast(Literal["z", "ray"], setting(session, graph, path, "depth_is", frame, "z"))
    camera = Camera.from_fov(display.width, display.height, degrees, info.pixel_aspect)
    return camera.position(depth[:1], region.shift(-display.x0, -display.y0), kind)
