"""The pictures of a wedge: one for each set of values, each of the script with these set.

They are evaluated one after the other by the session's evaluator, whose cache knows a result by its content: what does
not depend on the values is computed once.
"""

import itertools
import json
import math
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..cancel import CancelToken
from ..errors import GraphError, NodeError, ParameterError, RimlightError
from ..evaluate.events import Watch
from ..evaluate.survey import Vertex, VertexId, real
from ..evaluate.warned import all_warnings
from ..image import ImageInfo
from ..layers import MAIN
from ..render.provenance import frame_stamp
from ..tier import Tier
from ..values import Expr, is_constant
from .report import Tile, Wedge
from .sheet import is_linear
from .vary import MOST, PROJECT, VIEWED, Vary, told_value

if TYPE_CHECKING:
    from ..session import Session

ROW = 4
"""Values of a single parameter that stand in one row."""

SMALLEST, LARGEST = 32, 4096
"""Width of a tile."""


def wedge(
    session: "Session",
    node: str,
    vary: Sequence[Vary],
    frame: int | None = None,
    *,
    size: int = 480,
    columns: int = 0,
    each: str | os.PathLike[str] = "",
    kind: str = ".exr",
    sheet: bool = True,
    scale: float = 1.0,
    tier: Tier | str = Tier.FINAL,
    token: CancelToken | None = None,
    watch: Watch | None = None,
    done: Callable[[Tile], None] | None = None,
    begun: Callable[[Wedge], None] | None = None,
) -> Wedge:
    """The pictures of a node with parameters at several values. The script stays as it is.

    vary : the first goes along the rows, the second down the columns, the others further down. frame : default the
    project's first. size : width of a tile in pixels, at most that of the picture. columns : of a single parameter,
    default as square as it goes. each : a folder for every picture as a file of its own, as large as it is rendered and
    without a label; kind : its extension. sheet : whether one is to be made, for which tiles keep their pictures; else
    only `each` is written, in the memory of one. scale, tier : as for `Session.evaluate`. done : called with each tile.
    begun : called with what will be filled, before the first.

    A tile that cannot be made has an `error`, and the others are made. Raises GraphError, ParameterError, RimlightError
    where there is no picture at all, Cancelled.
    """
    start = time.perf_counter()
    token = token or CancelToken()
    made = _laid_out(session, node, vary, frame, columns, scale, Tier.named(tier))
    if not sheet and not each:
        raise ParameterError("a wedge without a sheet needs a folder for every picture")
    if not SMALLEST <= size <= LARGEST:
        raise ParameterError(f"tiles of {size} pixels: expected {SMALLEST} to {LARGEST}")
    forks = [made.fork(tile, token) for tile in made.tiles]
    surveys = [made.survey(fork) for fork in forks]
    target = (node, float(made.frame))
    made.warnings += [*_animated(session, made), *_idle(made, surveys)]
    made.size = _size([survey[target].info for survey in surveys], size)
    if begun is not None:
        begun(made)
    session.evaluator.pin(made, _alike(surveys))  # of use to every tile, however little memory there is
    try:
        for number, (tile, fork, survey) in enumerate(zip(made.tiles, forks, surveys, strict=True), 1):
            token.check()
            begin = time.perf_counter()
            path = os.path.join(os.fspath(each), _file_name(tile, number, len(forks), kind)) if each else ""
            try:
                _check(survey[target])
                _check_view(fork, vary)
                tile.warnings = tuple(all_warnings(survey, target))
                if path:
                    _write(fork, made, tile, path, watch)
                if sheet:
                    tile.image = _small(fork, made, watch)
                made.origin |= frame_stamp(survey, target)
            except RimlightError as error:
                tile.error = str(error)
            tile.seconds = time.perf_counter() - begin
            made.seconds = time.perf_counter() - start
            if done is not None:
                done(tile)
    finally:
        session.evaluator.cache.unpin(made)
    if len(made.failed) == len(made.tiles):
        raise RimlightError(f"no picture could be made; with {made.tiles[0].told}: {made.tiles[0].error}")
    return made


def _laid_out(
    session: "Session", node: str, vary: Sequence[Vary], frame: int | None, columns: int, scale: float, tier: Tier
) -> Wedge:
    """The tiles without their pictures."""
    session.graph.at(node)
    at = round(session.project.frames[0] if frame is None else frame)
    if not vary:
        raise ParameterError("a wedge needs a parameter with values")
    names = [v.name for v in vary]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(f"{name} is given twice; expected all its values at once")
    count = math.prod(len(v.values) for v in vary)
    if count > MOST:
        values = " x ".join(str(len(v.values)) for v in vary)
        raise ParameterError(f"{values} values are {count} pictures, expected at most {MOST}")
    first = len(vary[0].values)
    if len(vary) > 1:
        columns = first
    elif not columns:
        columns = first if first <= ROW else math.ceil(math.sqrt(first))
    columns = min(columns, count)
    tiles = []
    present = [[_is_present(session, v, value, at) for value in v.values] for v in vary]
    for number, places in enumerate(itertools.product(*(range(len(v.values)) for v in reversed(vary)))):
        chosen = list(zip(vary, reversed(places), strict=True))
        tiles.append(
            Tile(
                {v.name: v.values[i] for v, i in chosen},
                *divmod(number, columns),
                {v.name: present[k][i] for k, (v, i) in enumerate(chosen)},
            )
        )
    fork = session.fork()
    return Wedge(fork, node, at, tuple(vary), math.ceil(count / columns), columns, (0, 0), scale, tier, tiles)


def _is_present(session: "Session", vary: Vary, value: Any, frame: int) -> bool:
    """Whether a parameter has a value in the script."""
    if isinstance(value, Expr) or vary.node == PROJECT:
        return bool(_stored(session, vary) == value)
    try:
        return bool(session.value(vary.node, vary.parameter, frame) == value)
    except RimlightError:
        return False


def _stored(session: "Session", vary: Vary) -> Any:
    """What the script holds for a parameter, also where a group shows it."""
    path, parameter = vary.node, vary.parameter
    if path == PROJECT:
        return getattr(session.project, parameter)
    while (shown := session.graph.at(path).promoted.get(parameter)) is not None:
        inner, _, parameter = shown.rpartition(".")
        path = f"{path}/{inner.replace('.', '/')}"
    return session.graph.at(path).value(parameter)


def _check(vertex: Vertex) -> None:
    """Raise RimlightError unless there is a picture."""
    if vertex.error is not None:
        raise vertex.error
    if not isinstance(vertex.info, ImageInfo):
        raise GraphError(f"{vertex.id[0]} puts out a {type(vertex.info).__name__.lower()}, which is no picture")
    if not vertex.info.has(MAIN):
        raise GraphError(f"{vertex.id[0]} has no layer {MAIN} to show, only {', '.join(vertex.info.names)}")


def _check_view(fork: "Session", vary: Sequence[Vary]) -> None:
    """Raise ColorError for a display or a view that a wedge asks for and the config does not have."""
    if any(v.node == PROJECT and v.parameter in VIEWED for v in vary):
        project, config = fork.project, fork.services["colors"].config(fork.project)
        config.view(config.display(project.display), project.view)


def _animated(session: "Session", made: Wedge) -> list[str]:
    """What to say of parameters that move, or follow others, in the script."""
    return [
        f"{v.name} is animated or linked in the script; these pictures have the values in its place"
        for v in made.vary
        if not is_constant(_stored(session, v))
    ]


def _idle(made: Wedge, surveys: Sequence[Mapping[VertexId, Vertex]]) -> list[str]:
    """What to say of parameters that make no difference, whatever the others are."""
    target = (made.node, float(made.frame))
    if any(survey[target].error is not None for survey in surveys):
        return []
    keys: dict[str, dict[tuple[Any, ...], set[bytes]]] = {
        v.name: {}
        for v in made.vary
        if len(set(map(repr, v.values))) > 1 and not (v.node == PROJECT and v.parameter in VIEWED)
    }
    for tile, survey in zip(made.tiles, surveys, strict=True):
        for name, by_others in keys.items():
            others = tuple(repr(value) for other, value in tile.values.items() if other != name)
            by_others.setdefault(others, set()).add(survey[real(survey, target)].key)
    return [
        f"{name} makes no difference to {made.node} at frame {made.frame}"
        for name, by_others in keys.items()
        if all(len(found) == 1 for found in by_others.values())
    ]


def _alike(surveys: Sequence[Mapping[VertexId, Vertex]]) -> list[Vertex]:
    """The vertices that are the same for all tiles, and feed one that is not."""
    common = frozenset.intersection(*(frozenset(v.key for v in survey.values()) for survey in surveys))
    found: dict[bytes, Vertex] = {}
    for survey in surveys:
        for vertex in survey.values():
            if vertex.key in common or vertex.alias is not None:
                continue
            for source in itertools.chain(*(frames.values() for frames in vertex.inputs.values())):
                fed = survey[real(survey, source)]
                if fed.key in common:
                    found[fed.key] = fed
    return list(found.values())


def _size(infos: Sequence[Any], width: int) -> tuple[int, int]:
    """Width and height of a tile, by the first picture that there is."""
    for info in infos:
        if isinstance(info, ImageInfo) and not info.display.is_empty:
            whole = info.display.width * info.pixel_aspect
            width = min(width, max(1, round(whole)))
            return width, max(1, round(width * info.display.height / whole))
    return width, max(1, round(width * 9 / 16))


def _small(fork: "Session", made: Wedge, watch: Watch | None) -> Any:
    """The picture of a fork as large as on the sheet."""
    inside, _, name = made.node.rpartition("/")
    width, height = (max(1, round(side / made.scale)) for side in made.size)
    format = f"{width}x{height}"
    node = fork.add("transform.reformat", name, inside=inside, format=format, resize="fit")
    return fork.evaluate(
        node, made.frame, layers=(MAIN,), region=fork.info(node, made.frame, made.scale).display, scale=made.scale,
        tier=made.tier, watch=watch,
    )  # fmt: skip


def _write(fork: "Session", made: Wedge, tile: Tile, path: str, watch: Watch | None) -> None:
    """Write the picture of a fork, with its values as metadata. Raises RimlightError."""
    inside, _, source = made.node.rpartition("/")
    edits = "\n".join(f"wedge:{name} = {json.dumps(told_value(value))}" for name, value in tile.values.items())
    options: dict[str, Any] = {}
    if not is_linear(path):
        source = fork.add("color.ocio_display", source, inside=inside).rpartition("/")[2]
        options = {"raw": True, "channels": "rgb"}
    source = fork.add("metadata.modify", source, inside=inside, edits=edits).rpartition("/")[2]
    node = fork.add("image.write", source, inside=inside, file=os.path.abspath(path), **options)
    try:
        fork.render(node, str(made.frame), scale=made.scale, tier=made.tier, keep=True, watch=watch)
    except NodeError as error:
        if error.path != node:
            raise
        raise RimlightError(error.reason) from None  # of a node that the script does not have
    tile.path = path


def _file_name(tile: Tile, number: int, count: int, kind: str) -> str:
    """`01_Key.intensity=2_Key.rotate=45.exr`."""
    words = [f"{name}={told_value(value).replace(', ', ',')}" for name, value in tile.values.items()]
    said = re.sub(r"[^\w.,=+-]+", "-", "_".join(words))[:150].strip("-")
    return f"{number:0{len(str(count))}d}_{said}{kind}"
