"""Looking for results that depend on something their key does not hold: `--check-keys`.

Every node above a target is evaluated a second time by itself, from inputs that were computed without any cache,
without fusing, in another order and at shuffled frames. A pixel that differs, or a key that differs, means an
undeclared dependency.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from ..cancel import CancelToken
from ..errors import NodeError
from ..graph.graph import Graph
from ..image import Image
from ..settings import Project, Settings
from ..tier import Tier
from .evaluator import Evaluator, Request
from .events import Watch


def verify_keys(
    graph: Graph,
    project: Project,
    services: Mapping[str, Any],
    path: str,
    frames: Sequence[float],
    token: CancelToken | None = None,
    watch: Watch | None = None,
) -> list[str]:
    """Sentences about every node above `path` whose warm and cold results differ; empty when all agree.

    Nodes that fail are left out: failing the same way twice is no difference. The order of frames and nodes is shuffled
    by a fixed seed.
    """
    settings = Settings(disk_folder="")
    warm = Evaluator(settings, services)
    pairs = []
    for frame in frames:
        vertices = warm.survey(graph, project, [path], frame, 1.0, Tier.FINAL)
        pairs += [v for v in vertices.values() if v.alias is None and v.error is None and not v.inserted]
    first: dict[tuple[str, float], tuple[bytes, Any]] = {}
    for vertex in pairs:
        image = _evaluated(warm, graph, project, Request(*vertex.id), token, watch)
        if image is not None:
            first[vertex.id] = (vertex.key, image)
    by_key: dict[bytes, Any] = {}
    found = []
    order = list(first)
    random.Random(1).shuffle(order)
    for vertex_id in order:
        key, image = first[vertex_id]
        cold = Evaluator(replace(settings, host_bytes=0), services)
        again = cold.survey(graph, project, [vertex_id[0]], vertex_id[1], 1.0, Tier.FINAL)[vertex_id]
        if again.key != key:
            found.append(_sentence(vertex_id, "has another key when it is described a second time"))
            continue
        second = _evaluated(cold, graph, project, Request(*vertex_id, fuse=False), token, watch)
        if second is None or not _same(image, second):
            found.append(_sentence(vertex_id, "gives another result when it is computed alone and without the cache"))
            continue
        known = by_key.setdefault(key, second)
        if not _same(known, second):
            found.append(_sentence(vertex_id, "gives another result than an equal node or frame with the same key"))
    return found


def _evaluated(
    evaluator: Evaluator,
    graph: Graph,
    project: Project,
    request: Request,
    token: CancelToken | None,
    watch: Watch | None,
) -> Any:
    try:
        return evaluator.evaluate(graph, project, request, token, watch)
    except NodeError:
        return None


def _same(a: Any, b: Any) -> bool:
    """Images bit for bit, NaN being equal to itself; other values when they are equal."""
    if not isinstance(a, Image) or not isinstance(b, Image):
        return bool(a == b)
    return a.region == b.region and a.layers.keys() == b.layers.keys() and all(
        bool(((a[n] == b[n]) | (torch.isnan(a[n]) & torch.isnan(b[n]))).all()) for n in a.layers
    )  # fmt: skip


def _sentence(vertex_id: tuple[str, float], what: str) -> str:
    path, frame = vertex_id
    return f"{path} at frame {frame:.12g} {what}: it depends on something it does not declare"
