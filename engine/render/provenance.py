"""Where a written picture comes from: what `Write` puts into its metadata."""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from ..errors import RimlightError
from ..evaluate.survey import Vertex, VertexId, real
from ..image import ImageInfo
from ..inference.provenance import model_stamps
from ..io.read import read_info
from ..script.script import dumps
from ..tier import Tier

if TYPE_CHECKING:
    from ..session import Session


def render_stamp(session: "Session", tier: Tier, scale: float) -> dict[str, str]:
    """What every frame of a render says.

    The hash is that of the script's text as Rimlight saves it, with what was set for this render: `sha256sum` of a
    script that Rimlight saved gives the same unless something was set.
    """
    return {
        "rimlight:version": version("rimlight"),
        # Of a name that is no UTF-8 the bytes, as no picture holds such text.
        "rimlight:script": session.path.name.encode(errors="backslashreplace").decode() if session.path else "",
        "rimlight:script_sha256": hashlib.sha256(dumps(session.document).encode()).hexdigest(),
        "rimlight:tier": str(tier),
        "rimlight:scale": f"{scale:.17g}",
        "rimlight:colors": session.services["colors"].key(session.project),
    }


def frame_stamp(vertices: Mapping[VertexId, Vertex], target: VertexId) -> dict[str, str]:
    """What one frame says: node, frame, content key, and the models that it comes from.

    vertices : a survey that holds `target` and all above it.
    """
    node, frame = target
    key = vertices[target].key.hex()
    return _models(vertices, target) | {
        "rimlight:node": node, "rimlight:frame": f"{frame:.17g}", "rimlight:key": key,
    }  # fmt: skip


def stands(path: str, stamp: Mapping[str, str]) -> bool:
    """Whether the picture at `path` is whole and says all that `stamp` does: then it would be made the same again.

    False for a format that keeps no such words.
    """
    try:
        said = read_info(path).metadata
    except RimlightError:
        return False
    words = set(str(said.get("ImageDescription", "")).split(" "))
    return all(str(said.get(name, "")) == value or f"{name}={value}" in words for name, value in stamp.items())


def _models(vertices: Mapping[VertexId, Vertex], target: VertexId) -> dict[str, str]:
    """The attributes of all models above a vertex, also of those whose metadata a merge has dropped."""
    found: dict[str, str] = {}
    seen: set[VertexId] = set()
    waiting = [target]
    while waiting:
        vertex_id = real(vertices, waiting.pop())
        if vertex_id in seen:
            continue
        seen.add(vertex_id)
        vertex = vertices[vertex_id]
        if isinstance(vertex.info, ImageInfo):
            found |= model_stamps(vertex.info.metadata)
        waiting += [source for frames in vertex.inputs.values() for source in frames.values()]
    return found
