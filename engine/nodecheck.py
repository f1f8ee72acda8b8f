"""Whether a node keeps what every node promises: for the tests of whoever writes one.

What the engine finds by itself whenever a node computes, such as a wrong size or an input that was written into, is an
error of the node and needs no test. Looked for here is what shows only in comparison.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .effects import Masked
from .evaluate.evaluator import Evaluator, Request
from .evaluate.verify import verify_keys
from .image import Image, ImageInfo
from .manual.leads import dead_ends
from .region import Region
from .session import Session
from .tier import Tier

_RELATIVE, _ABSOLUTE = 1e-5, 2e-6
"""How far a tile may be from the whole, by the value and by the largest value: sums over tiles round differently."""


def check_node(session: Session, node: str, frames: Sequence[float] = ()) -> list[str]:
    """What a node, as it stands in a script, does not keep, a sentence each; empty where it keeps all of this:

    - the result depends on nothing that its cache key does not hold, see `rimlight render --check-keys`;
    - a tile is the crop of the whole, also one of a single pixel;
    - the number of threads changes nothing;
    - at half the size there is a picture, over half the data window;
    - mixed by 0, a node with mask and mix gives its input;
    - where its inputs are numbers, so is what it puts out: no NaN;
    - the nodes and chapters that its manual page leads on to are there.

    frames : where it is tried, by default at the first frame of the project. Small pictures with detail up to the edges
    serve best, since everything is computed many times. Raises NodeError where the node fails.
    """
    cls = session.flat().node(node).state.cls
    found = [f"{node}: its `see` names '{name}', which is not there" for name in dead_ends(cls.see if cls else ())]
    for frame in frames or (float(session.project.frames[0]),):
        whole = _evaluated(session, Request(node, frame))
        if isinstance(whole, Image):
            at = f"{node} at frame {frame:.12g}"
            found += [f"{at}: {sentence}" for sentence in _of_picture(session, node, frame, whole)]
    return found + verify_keys(
        session.graph, session.project, session.services, node, frames or session.project.frames[:1]
    )


def _of_picture(session: Session, node: str, frame: float, whole: Image) -> list[str]:
    found = []
    for tile in _tiles(whole.region):
        part = _evaluated(session, Request(node, frame, tile))
        found += [
            f"the tile {tile} is not the crop of the whole: layer '{name}' is off by {off:g}; {_WHERE}"
            for name, x in part.layers.items()
            if (off := _off(x, whole.tensor(name, part.region), _ABSOLUTE * max(1.0, _size(whole[name])), _RELATIVE))
        ]
    found += _of_threads(session, Request(node, frame), whole)
    half = _evaluated(session, Request(node, frame, scale=0.5))
    described = session.evaluator.info(session.graph, session.project, node, frame, 0.5)
    if isinstance(described, ImageInfo) and half.region != described.data:
        found.append(f"at half the size its pixels cover {half.region}, but it said {described.data}")
    return found + _of_mix(session, node, frame) + _of_numbers(session, node, frame, whole)


_WHERE = "a neighbour is not asked for in `needs` or `margin`, or something is counted from the corner of the tile"


def _of_threads(session: Session, request: Request, whole: Image) -> list[str]:
    before = torch.get_num_threads()
    torch.set_num_threads(1 if before > 1 else 2)
    try:
        other = _evaluated(session, request)
    finally:
        torch.set_num_threads(before)
    return [
        f"layer '{name}' is another with {1 if before > 1 else 2} threads than with {before}"
        for name, x in whole.layers.items()
        if not torch.equal(x.nan_to_num(), other[name].nan_to_num())
    ]


def _of_mix(session: Session, node: str, frame: float) -> list[str]:
    flat = session.flat().node(node)
    cls = flat.state.cls
    main = flat.inputs.get(cls.ports[0].name) if cls is not None and issubclass(cls, Masked) else None
    if main is None:
        return []
    fork = session.fork()
    fork.set(node, mix=0.0)
    out, given = _evaluated(fork, Request(node, frame)), _evaluated(fork, Request(main, frame))
    return [
        f"mixed by 0, layer '{name}' is not that of the input, but off by {off:g}"
        for name, x in out.layers.items()
        if name in given and (off := _off(x, given.tensor(name, out.region)))
    ]


def _of_numbers(session: Session, node: str, frame: float, whole: Image) -> list[str]:
    bad = [name for name, x in whole.layers.items() if bool(x.isnan().any())]
    if not bad:
        return []
    vertices = session.evaluator.survey(session.graph, session.project, [node], frame, 1.0, Tier.FINAL)
    sources = {source for frames in vertices[node, frame].inputs.values() for source in frames.values()}
    given = [_evaluated(session, Request(*source)) for source in sources if not vertices[source].inserted]
    if any(bool(x.isnan().any()) for image in given if isinstance(image, Image) for x in image.layers.values()):
        return []
    return [f"layer '{name}' has pixels that are no numbers (NaN), its inputs have none" for name in bad]


def _evaluated(session: Session, request: Request) -> Any:
    """What a node gives when nothing was computed before."""
    settings = replace(session.settings, host_bytes=0, device_bytes=0, disk_folder="")
    return Evaluator(settings, session.services).evaluate(session.graph, session.project, request)


def _tiles(whole: Region) -> list[Region]:
    """A corner, a piece of the middle and the last pixel, each smaller than the whole."""
    if whole.width < 4 or whole.height < 4:
        return []
    middle = Region(
        whole.x0 + whole.width // 3, whole.y0 + whole.height // 4,
        whole.x0 + whole.width * 2 // 3 + 1, whole.y1 - whole.height // 5,
    )  # fmt: skip
    corner = Region(whole.x0, whole.y0, whole.x0 + whole.width // 2, whole.y0 + whole.height // 3)
    return [corner, middle, Region(whole.x1 - 1, whole.y1 - 1, whole.x1, whole.y1)]


def _size(x: Tensor) -> float:
    return float(x.nan_to_num(0.0, 0.0, 0.0).abs().max()) if x.numel() else 0.0


def _off(x: Tensor, expected: Tensor, absolute: float = 0.0, relative: float = 0.0) -> float:
    """The largest difference, 0 where none is larger than allowed. NaN is equal to itself."""
    if x.shape != expected.shape:
        return float("inf")
    away = torch.where(x.isnan() & expected.isnan(), 0.0, (x - expected).abs())
    away = torch.where(x == expected, 0.0, away)  # infinities, whose difference is none
    beyond = away[~(away <= absolute + relative * expected.abs())]
    return float(beyond.nan_to_num(float("inf")).max()) if beyond.numel() else 0.0
