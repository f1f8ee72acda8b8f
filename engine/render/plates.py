"""Sequences that do not stay as they are: told before a render, as no node downstream has to mind."""

from collections.abc import Iterator, Mapping

from ..errors import listing
from ..evaluate.survey import Vertex, VertexId
from ..image import ImageInfo


class Plates:
    """What the pictures that nodes read from files were like at the first frame that was looked at."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[float, ImageInfo]] = {}

    def changes(self, vertices: Mapping[VertexId, Vertex]) -> Iterator[str]:
        """A sentence for each node that reads a picture of another frame size, pixel aspect or other layers."""
        for (path, frame), vertex in vertices.items():
            info, node = vertex.info, vertex.node
            if vertex.error is not None or node is None or vertex.inputs or not isinstance(info, ImageInfo):
                continue
            if not any(spec.role == "file" and getattr(node, spec.name) for spec in node.specs):
                continue
            first, before = self._first.setdefault(path, (frame, info))
            for now, then in _differing(info, before):
                yield f"{path} at frame {frame:.12g} {now}, at frame {first:.12g} {then}"


def _differing(info: ImageInfo, before: ImageInfo) -> Iterator[tuple[str, str]]:
    if (size := _size(info)) != (other := _size(before)):
        yield f"reads a picture of {size}", f"one of {other}"
    now, then = _channels(info), _channels(before)
    for word, other, changed in (("without", "with", then - now), ("with", "without", now - then)):
        if changed:
            it = "it" if len(changed) == 1 else "them"
            yield f"reads a picture {word} {listing(sorted(changed), 4)}", f"one {other} {it}"


def _channels(info: ImageInfo) -> set[str]:
    return {f"{layer.name}.{channel}" for layer in info.layers for channel in layer.channels}


def _size(info: ImageInfo) -> str:
    aspect = "" if info.pixel_aspect == 1 else f" with pixels of aspect {info.pixel_aspect:g}"
    return f"{info.display.width}x{info.display.height}{aspect}"
