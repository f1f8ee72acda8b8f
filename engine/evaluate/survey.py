"""The first half of an evaluation: which nodes at which frames, what each puts out, and the content key of each.

No pixels are touched here. A vertex is a node at a frame; a survey lists the vertices that a target depends on in
topological order. Errors are values: a vertex that cannot be described holds its error, and only those who need it
fail.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..context import Chain, Context
from ..curve import Curve
from ..errors import Cancelled, NodeError, RimlightError
from ..graph.flat import Flat, FlatNode
from ..image import Image, ImageInfo
from ..kinds import registry
from ..nodebase import Node
from ..params import Interpolated
from ..settings import Project
from ..tier import Tier
from ..values import is_constant
from .aligned import moves
from .answers import bug, frames_of
from .code import code_key

VertexId = tuple[str, float]


@dataclass
class Vertex:
    """A node at a frame.

    inputs : vertex by socket and frame. alias : the vertex whose result this one passes through whole.
    base : for matrix nodes, the vertex at the start of the row of matrix nodes that this one ends.
    info : what it puts out. key : content key of its result. error : why it cannot be evaluated.
    pixels : content key of what parts of its result depend on beside what they say: see `ComputeContext.part`.
    inserted : it is no node of the script but stands between two, see `aligned`.
    """

    id: VertexId
    node: Node | None = None
    ctx: Context | None = None
    inputs: Mapping[str, Mapping[float, VertexId]] = field(default_factory=dict)
    alias: VertexId | None = None
    base: VertexId | None = None
    info: Any = None
    key: bytes = b""
    pixels: bytes = b""
    error: NodeError | None = None
    inserted: bool = False


def digest(*parts: object) -> bytes:
    """A 16-byte content hash of plain values, tuples, bytes and their like; independent of the process."""
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        h.update(len(data).to_bytes(8, "little"))
        h.update(data)
    return h.digest()


class NodeMemo:
    """Resolved node instances with the part of their key that depends on nothing but themselves, across evaluations."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._entries: dict[tuple[int, str, float], tuple[object, Node, bytes]] = {}
        self._sources: dict[type, bytes] = {}

    def instance(self, flat: Flat, node: FlatNode, frame: float, scale: float) -> tuple[Node, bytes]:
        """The node resolved at a frame and scale, and its own key. Raises RimlightError for a value that does not."""
        memo_key = (id(node.values), node.state.kind, scale)
        found = self._entries.get(memo_key)
        if found is not None and found[0] is node.values:
            return found[1], found[2]
        cls = node.state.cls
        assert cls is not None
        values = {}
        for spec in cls.specs:
            if spec.name in node.values:
                values[spec.name] = flat.value(node.path, spec, frame)
            elif spec.unit == "px" and scale != 1.0:
                values[spec.name] = spec.default
            else:
                continue
            if spec.unit == "px" and scale != 1.0:
                values[spec.name] = _scaled(values[spec.name], scale)
        for family in cls.families:
            named = {member: name for name in node.values if (member := family.member(name))}
            values[family.name] = tuple(
                (member, _number(node.values[name], flat.value(node.path, family.spec(member), frame)))
                for member, name in sorted(named.items())
            )
        instance = cls(**values)
        own = [(s.name, repr(getattr(instance, s.name))) for s in cls.specs if not s.cosmetic]
        own += [(family.name, repr(getattr(instance, family.name))) for family in cls.families]
        key = digest(cls.kind, cls.version, self.source(cls), own)
        if all(is_constant(v) for v in node.values.values()):
            with self._lock:
                if len(self._entries) >= self._limit:
                    self._entries.clear()
                self._entries[memo_key] = (node.values, instance, key)
        return instance, key

    def source(self, cls: type) -> bytes:
        """Hash of the code that a class can use, so that results on disk do not outlive the code that made them."""
        if cls not in self._sources:
            self._sources[cls] = code_key(cls)
        return self._sources[cls]


def _number(value: Any, resolved: float) -> float:
    """What a node is given of a member of a family."""
    return Interpolated(resolved) if isinstance(value, Curve) else resolved


def _scaled(value: Any, scale: float) -> Any:
    if isinstance(value, tuple):
        return tuple(_scaled(v, scale) for v in value)
    return round(value * scale) if isinstance(value, int) else value * scale


@dataclass(frozen=True)
class Setting:
    """What all vertices of one evaluation share."""

    flat: Flat
    project: Project
    scale: float
    tier: Tier
    services: Mapping[str, Any]
    memo: NodeMemo
    shared_key: bytes


def survey(setting: Setting, targets: Sequence[VertexId]) -> dict[VertexId, Vertex]:
    """All vertices that `targets` depend on, described, in topological order.

    Raises RimlightError when the wires close a cycle, which only a damaged script can hold.
    """
    vertices, own_keys = _discover(setting, targets)
    sources = {v.id: [s for frames in v.inputs.values() for s in frames.values()] for v in vertices.values()}
    try:
        order = list(TopologicalSorter(sources).static_order())
    except CycleError as error:
        cycle = [path for path, _ in error.args[1][1:]]
        raise RimlightError(f"the wires close a cycle through {', '.join(cycle)}") from None
    described: dict[VertexId, Vertex] = {}
    for vertex_id in order:
        vertex = vertices[vertex_id]
        if vertex.node is not None and vertex.error is None and len(vertex.inputs) > 1:
            described |= _aligned(setting, vertex, vertex.node, vertices)
        _describe(setting, vertex, vertices, own_keys)
        described[vertex_id] = vertex
    return described


def _aligned(setting: Setting, vertex: Vertex, node: Node, vertices: dict[VertexId, Vertex]) -> dict[VertexId, Vertex]:
    """Put what moves a picture before every input that lies elsewhere than the picture that it goes with."""
    infos = {s: {f: vertices[i].info for f, i in frames.items()} for s, frames in vertex.inputs.items()}
    made: dict[VertexId, Vertex] = {}
    for (socket, frame), moved in moves(node, infos).items():
        source = vertices[vertex.inputs[socket][frame]]
        path, at = source.id
        inserted = Vertex((f"{path}{moved.dx:+d}{moved.dy:+d}", at), moved, inserted=True)
        inserted.inputs = {"image": {at: source.id}}
        if inserted.id not in vertices:
            vertices[inserted.id] = made[inserted.id] = inserted
            own = digest(moved.kind, moved.version, moved.dx, moved.dy)
            _describe(setting, inserted, vertices, {inserted.id: own})
        vertex.inputs = {**vertex.inputs, socket: {**vertex.inputs[socket], frame: inserted.id}}
    return made


def _discover(setting: Setting, targets: Sequence[VertexId]) -> tuple[dict[VertexId, Vertex], dict[VertexId, bytes]]:
    vertices: dict[VertexId, Vertex] = {}
    own_keys: dict[VertexId, bytes] = {}
    stack = list(targets)
    while stack:
        vertex_id = stack.pop()
        if vertex_id in vertices:
            continue
        vertex = vertices[vertex_id] = Vertex(vertex_id)
        path, frame = vertex_id
        flat_node = setting.flat.node(path)
        cls = flat_node.state.cls
        if cls is None or flat_node.state.version < cls.version:
            vertex.error = NodeError(path, None, _unusable(flat_node))
            continue
        try:
            vertex.node, own_keys[vertex_id] = setting.memo.instance(setting.flat, flat_node, frame, setting.scale)
            frames = {} if vertex.node.disable else frames_of(vertex.node, frame, tuple(flat_node.inputs))
        except RimlightError as error:
            vertex.error = NodeError(path, frame, str(error))
            continue
        except (Exception, SystemExit) as error:  # noqa: BLE001  a node's mistake, whatever it is, stays the node's
            vertex.error = bug(vertex_id, cls, error)
            continue
        vertex.inputs = {
            socket: {f: (source, f) for f in frames.get(socket, (frame,))}
            for socket, source in flat_node.inputs.items()
            if source in setting.flat.nodes
        }
        stack.extend(source for by_frame in vertex.inputs.values() for source in by_frame.values())
    return vertices, own_keys


def _unusable(node: FlatNode) -> str:
    """Why a node cannot be what its script says: for the one whose class is missing, or did not upgrade its values."""
    kind, version, cls = node.state.kind, node.state.version, node.state.cls
    if cls is not None:
        return (
            f"its values are those of version {version} of '{kind}', and the upgrade to version {cls.version} failed; "
            "the script's warnings say why"
        )
    if registry.get(kind) is not None:
        return f"its kind '{kind}' {registry.why_missing(kind, version)}; update Rimlight, or the plugin that has it"
    return (
        f"its kind '{kind}' (version {version}) is not installed; install the plugin that has it{registry.left_out()}"
    )


def _describe(
    setting: Setting, vertex: Vertex, vertices: Mapping[VertexId, Vertex], own_keys: Mapping[VertexId, bytes]
) -> None:
    node = vertex.node
    if node is None or vertex.error is not None:
        return
    infos: dict[str, dict[float, Any]] = {}
    for socket, frames in vertex.inputs.items():
        infos[socket] = {f: vertices[i].error or vertices[i].info for f, i in frames.items()}
    path, frame = vertex.id
    ctx = vertex.ctx = Context(
        node.kind, node.reads, frame, setting.scale, setting.tier, setting.project, infos, setting.services,
        partial(_value_at, setting, path, type(node)),
    )  # fmt: skip
    try:
        alias = _passes(node, ctx)
        if alias is not None:
            vertex.info = ctx.info(alias) if node.result is Image else ctx.about(alias)
            vertex.alias = next(iter(vertex.inputs[alias].values()))
            vertex.key = vertices[vertex.alias].key
            return
        _chain(vertex, node, ctx, vertices)
        vertex.info = node.info(ctx)
        if node.result is Image and not isinstance(vertex.info, ImageInfo):
            raise RimlightError(f"its info is of type {type(vertex.info).__name__}, expected ImageInfo")
        # By name: the order in which wires were drawn changes no picture.
        wired = sorted(vertex.inputs.items())
        upstream = [(socket, [_key_of(vertices[i]) for i in frames.values()]) for socket, frames in wired]
        reads = [node.frame_key(ctx) if name == "frame" else getattr(ctx, name) for name in sorted(node.reads)]
        extra = node.extra_key(ctx)
        asked = [sorted(ctx.asked.items())] if ctx.asked else []
        vertex.key = digest(own_keys[vertex.id], setting.shared_key, upstream, reads, extra, *asked)
        images = [part for part in upstream if not _carries_value(infos[part[0]])]
        code = setting.memo.source(type(node))
        vertex.pixels = digest(node.kind, node.version, code, setting.shared_key, images, reads)
    except NodeError as error:
        vertex.error = error.with_traceback(None)  # else it holds the frames of every node that it is passed on by
    except RimlightError as error:
        vertex.error = NodeError(path, frame, str(error))
    except Cancelled:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  a node's mistake, whatever it is, stays the node's
        vertex.error = bug(vertex.id, type(node), error)
    finally:
        ctx.settle()


def _key_of(vertex: Vertex) -> bytes:
    """The key of what an input holds; of one that fails, what is wrong: who needs it fails for this reason."""
    return vertex.key if vertex.error is None else digest(vertex.error.path, vertex.error.reason)


def _value_at(setting: Setting, path: str, cls: type[Node], parameter: str, frame: float) -> Any:
    """A parameter of a node at a frame, as an instance at the scale of the setting would hold it."""
    spec = cls.spec(parameter)
    value = setting.flat.value(path, spec, frame)
    return _scaled(value, setting.scale) if spec.unit == "px" and setting.scale != 1.0 else value


def _carries_value(infos: Mapping[float, Any]) -> bool:
    """Whether an input's wire carries something else than images."""
    return bool(infos) and not any(isinstance(info, (ImageInfo, RimlightError)) for info in infos.values())


def _chain(vertex: Vertex, node: Node, ctx: Context, vertices: Mapping[VertexId, Vertex]) -> None:
    """Join a matrix node to the row of matrix nodes right above it."""
    matrix = node.pixel_matrix(ctx)
    if matrix is None:
        return
    source = vertices[real(vertices, next(iter(vertex.inputs[node.through].values())))]
    above = source.ctx.chain if source.ctx is not None and source.base is not None else None
    if above is None:
        vertex.base, ctx.chain = source.id, Chain(matrix, ctx.info(node.through))
    else:
        vertex.base, ctx.chain = source.base, Chain(matrix @ above.matrix, above.info)


def real(vertices: Mapping[VertexId, Vertex], vertex_id: VertexId) -> VertexId:
    """The vertex that really makes the result, past all that only pass it on."""
    while (alias := vertices[vertex_id].alias) is not None:
        vertex_id = alias
    return vertex_id


def _passes(node: Node, ctx: Context) -> str | None:
    """The socket that a node passes through whole: it is disabled or says so itself."""
    if node.disable:
        passed = node.bypass(ctx)
        if passed is not None or node.mutes:
            return passed
        raise RimlightError("the node is disabled and has no input to pass through")
    for p in node.ports:
        if not p.optional and not p.sockets(ctx.inputs):
            raise RimlightError(f"input '{p.name}' is not connected")
    return node.identity(ctx)
