"""The second half of an evaluation's preparation: from wanted pixels to a list of tasks in topological order.

Demand flows against the wires. What the cache holds is taken from there and stops the flow; layers that a node does not
touch flow past it; nodes that pass everything through disappear. Chains of point nodes whose intermediate pictures
nobody else wants become one task that runs in bands of rows.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from torch import Tensor

from ..context import Need
from ..errors import NodeError, RimlightError, listing
from ..image import ImageInfo
from ..region import EMPTY, Region
from .answers import bug, changes_of, needs_of
from .survey import Vertex, VertexId, real

T = TypeVar("T")
Find = Callable[[bytes, str, Region], tuple[Region, Tensor] | None]
FindValue = Callable[[bytes], Any]


@dataclass
class Task:
    """What one vertex has to deliver.

    region : the pixels. own : layers to compute. passed : untouched layers, by the vertex that made them. cached :
    layers found in the cache.
    sources : the vertex behind every socket and frame it reads. users : the tasks that read it.
    members : point tasks computed inside this one, in order; the last is the task itself.
    last : when it runs, the vertices whose results nobody reads after it.
    content : the key of what a layer of an input holds, by socket, layer and, where not the first, frame.
    origins : all that `content` can give, and the key of the pixels that the vertex computes from.
    told : the numbers that its node told while it computed, by name.
    """

    vertex: Vertex
    region: Region
    own: tuple[str, ...] = ()
    passed: dict[str, VertexId] = field(default_factory=dict)
    cached: dict[str, tuple[Region, Tensor]] = field(default_factory=dict)
    sources: dict[str, dict[float, VertexId]] = field(default_factory=dict)
    users: set[VertexId] = field(default_factory=set)
    members: list["Task"] = field(default_factory=list)
    last: set[VertexId] = field(default_factory=set)
    content: Callable[..., bytes] = lambda socket, layer, frame=None: b""
    origins: Callable[[], frozenset[bytes]] = frozenset
    told: dict[str, float] = field(default_factory=dict)
    value: Any = None
    has_value: bool = False

    @property
    def id(self) -> VertexId:
        return self.vertex.id

    @property
    def read(self) -> set[VertexId]:
        """The vertices whose results it takes."""
        return {source for frames in self.sources.values() for source in frames.values()}.union(self.passed.values())


@dataclass
class _Demand:
    region: Region = EMPTY
    layers: dict[str, None] = field(default_factory=dict)
    users: set[VertexId] = field(default_factory=set)


def window(info: ImageInfo, region: Region) -> Region:
    """The pixels of an image that answer a request: those inside its data window, or the nearest row or column of it,
    so that whoever repeats edge pixels finds them.
    """
    return EMPTY if info.data.is_empty or region.is_empty else info.data.nearest(region)


def make_plan(
    vertices: Mapping[VertexId, Vertex],
    target: VertexId,
    region: Region | None,
    layers: Sequence[str] | None,
    find: Find,
    find_value: FindValue,
    keep: Collection[str],
    fuse: bool,
) -> list[Task]:
    """The tasks for `layers` (None: all) of `target` over `region` (None: the whole data window), inputs before users.

    keep : paths of nodes whose inputs are worth keeping, because their parameters are being edited: their chains are
    not fused across them. Raises NodeError when something that is needed cannot be evaluated.
    """
    demands: dict[VertexId, _Demand] = {}
    last = vertices[target]
    if last.error is not None:
        raise last.error
    root = real(vertices, target)
    if isinstance(last.info, ImageInfo):
        names = last.info.names if layers is None else tuple(layers)
        demands[root] = _Demand(region=last.info.data if region is None else region, layers=dict.fromkeys(names))
    else:
        demands[root] = _Demand()
    tasks: dict[VertexId, Task] = {}
    for vertex_id in reversed(list(vertices)):
        demand = demands.get(vertex_id)
        if demand is not None and vertices[vertex_id].alias is None:
            task = tasks[vertex_id] = _task(vertices, vertices[vertex_id], demand, find, find_value)
            for need_id, need_region, need_layers in _inputs(vertices, task):
                _want(vertices, demands, need_id, need_region, need_layers, vertex_id)
    ordered = list(reversed(tasks.values()))
    return _fused(ordered, tasks, root, keep) if fuse else [_alone(task) for task in ordered]


def _want(
    vertices: Mapping[VertexId, Vertex],
    demands: dict[VertexId, _Demand],
    vertex_id: VertexId,
    region: Region,
    layers: Sequence[str],
    user: VertexId,
) -> None:
    error = vertices[vertex_id].error
    if error is not None:
        raise error
    demand = demands.setdefault(vertex_id, _Demand())
    info = vertices[vertex_id].info
    if isinstance(info, ImageInfo):
        region = window(info, region)
    demand.region = demand.region.union(region)
    demand.layers.update(dict.fromkeys(layers))
    demand.users.add(user)


def _task(
    vertices: Mapping[VertexId, Vertex], vertex: Vertex, demand: _Demand, find: Find, find_value: FindValue
) -> Task:
    node, ctx = vertex.node, vertex.ctx
    if vertex.error is not None:
        raise vertex.error
    assert node is not None and ctx is not None
    content, origins = partial(_content, vertices, vertex), partial(_origins, vertices, vertex)
    task = Task(vertex, EMPTY, users=demand.users, content=content, origins=origins)
    if not isinstance(vertex.info, ImageInfo):
        task.value = find_value(vertex.key)
        task.has_value = task.value is not None
        return task
    missing = [name for name in demand.layers if not vertex.info.has(name)]
    if missing:
        raise NodeError(*vertex.id, f"has no layer '{missing[0]}', it has {listing(vertex.info.names)}")
    regional = asked(vertex, lambda: node.regional(ctx))
    task.region = window(vertex.info, demand.region) if regional else vertex.info.data
    if task.region.is_empty:
        task.own = tuple(demand.layers)
        return task
    for name in demand.layers:
        hit = find(vertex.key, name, task.region)
        if hit is not None:
            task.cached[name] = hit
    left = [name for name in demand.layers if name not in task.cached]
    if left:
        changed = asked(vertex, lambda: changes_of(node, ctx, left))
        task.own = tuple(name for name in left if name in changed)
        task.passed = {name: _maker(vertices, vertex, name) for name in left if name not in changed}
    return task


def asked(vertex: Vertex, question: Callable[[], T]) -> T:
    """A node's answer; when it fails while it is asked, that is the node's error."""
    assert vertex.node is not None
    try:
        return question()
    except NodeError:
        raise
    except RimlightError as error:
        raise NodeError(*vertex.id, str(error)) from error
    except (Exception, SystemExit) as error:
        raise bug(vertex.id, type(vertex.node), error) from error


def _maker(vertices: Mapping[VertexId, Vertex], vertex: Vertex, layer: str) -> VertexId:
    """The vertex upstream of `vertex` that made a layer which it and others between pass through untouched.

    A node between whose data window differs from its input's is not skipped: it decides what lies outside.
    """
    return _made(vertices, _passed_from(vertex, layer), layer)


def _passed_from(vertex: Vertex, layer: str) -> VertexId:
    """The vertex at the input that a layer passes through from."""
    assert vertex.node is not None
    socket = vertex.node.through
    if socket not in vertex.inputs:
        where = f"input '{socket}', which is not wired" if socket else "no input"
        raise NodeError(*vertex.id, f"does not compute its layer '{layer}', which would come from {where}")
    return next(iter(vertex.inputs[socket].values()))


def _made(vertices: Mapping[VertexId, Vertex], vertex_id: VertexId, layer: str) -> VertexId:
    """The vertex that made a layer which `vertex_id` puts out: itself, or one above it; see `_maker`."""
    source = vertices[real(vertices, vertex_id)]
    while True:
        if source.error is not None or source.node is None or source.ctx is None:
            return source.id
        if layer in asked(source, partial(changes_of, source.node, source.ctx, (layer,))) or not source.node.through:
            return source.id
        above = vertices[real(vertices, _passed_from(source, layer))]
        if above.error is not None or above.info.data != source.info.data:
            return source.id
        source = above


def _content(
    vertices: Mapping[VertexId, Vertex], vertex: Vertex, socket: str, layer: str, frame: float | None = None
) -> bytes:
    """The key of what a layer of an input holds: that of the vertex that made it, whoever passes it on."""
    frames = vertex.inputs[socket]
    source = next(iter(frames.values())) if frame is None else frames[frame]
    return vertices[_made(vertices, source, layer)].key


def _origins(vertices: Mapping[VertexId, Vertex], vertex: Vertex) -> frozenset[bytes]:
    found = {vertex.pixels}
    for frames in vertex.inputs.values():
        for source in frames.values():
            info = vertices[source].info
            names = info.names if isinstance(info, ImageInfo) else ()
            found |= {vertices[_made(vertices, source, name)].key for name in names} or {vertices[source].key}
    return frozenset(found)


def _inputs(vertices: Mapping[VertexId, Vertex], task: Task) -> list[tuple[VertexId, Region, tuple[str, ...]]]:
    """What a task reads, and, written into the task, from where."""
    vertex = task.vertex
    wanted: list[tuple[VertexId, Region, tuple[str, ...]]] = []
    node, ctx = vertex.node, vertex.ctx
    assert node is not None and ctx is not None
    if task.has_value or (task.region.is_empty and isinstance(vertex.info, ImageInfo)):
        return []
    wanted += [(source, task.region, (name,)) for name, source in task.passed.items()]
    if task.own or not isinstance(vertex.info, ImageInfo):
        for need in asked(vertex, lambda: needs_of(node, ctx, task.region, task.own)):
            wanted.append((_source(vertices, task, need), need.region, need.layers))
        for socket, frames in vertex.inputs.items():
            for frame, source in frames.items():
                made = real(vertices, source)
                if vertices[made].error is None and not isinstance(vertices[made].info, ImageInfo):
                    task.sources.setdefault(socket, {})[frame] = made
                    wanted.append((made, EMPTY, ()))
    return wanted


def _source(vertices: Mapping[VertexId, Vertex], task: Task, need: Need) -> VertexId:
    frames = task.vertex.inputs.get(need.socket)
    if not frames:
        there = listing(sorted(task.vertex.inputs))
        raise NodeError(*task.id, f"needs pixels of input '{need.socket}', which is not wired; wired: {there}")
    frame = next(iter(frames)) if need.frame is None else need.frame
    if frame not in frames:
        read = listing([f"{f:.12g}" for f in frames])
        raise NodeError(*task.id, f"needs frame {frame:.12g} of input '{need.socket}', but its frames are {read}")
    source = real(vertices, frames[frame])
    if task.vertex.base is not None and task.vertex.node is not None and need.socket == task.vertex.node.through:
        source = task.vertex.base
    info = vertices[source].info
    if isinstance(info, ImageInfo) and (missing := [name for name in need.layers if not info.has(name)]):
        there = listing(info.names)
        raise NodeError(*task.id, f"needs layer '{missing[0]}' of input '{need.socket}', which has {there}")
    task.sources.setdefault(need.socket, {})[frame] = source
    return source


def _alone(task: Task) -> Task:
    task.members = [task]
    return task


def _fused(ordered: list[Task], tasks: Mapping[VertexId, Task], root: VertexId, keep: Collection[str]) -> list[Task]:
    """Put point tasks that have one point task as their only user inside that user."""
    inside: dict[VertexId, VertexId] = {}
    for task in ordered:
        if _fits_inside(task, tasks, root, keep):
            inside[task.id] = next(iter(task.users))
    owners: dict[VertexId, VertexId] = {}
    for task in reversed(ordered):
        user = inside.get(task.id)
        owners[task.id] = task.id if user is None else owners[user]
    for task in ordered:
        tasks[owners[task.id]].members.append(task)
    return [task for task in ordered if owners[task.id] == task.id]


def _fits_inside(task: Task, tasks: Mapping[VertexId, Task], root: VertexId, keep: Collection[str]) -> bool:
    node = task.vertex.node
    if task.id == root or len(task.users) != 1 or not task.own or task.cached or node is None or not node.point:
        return False
    user = tasks[next(iter(task.users))]
    user_node = user.vertex.node
    if user_node is None or not user_node.point or user.vertex.id[0] in keep or not user.own:
        return False
    return task.id not in user.passed.values()
