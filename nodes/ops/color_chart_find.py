"""Finding a chart of 24 patches in a picture: where its grid lies, which way up it is, and whether all of it shows.

Flat convex quads that stand over darker gaps are looked for at several sizes of the picture, those that are neighbours
by their own sides become a lattice, a homography is fitted to it, and the 24 cells, and the way round, that have the
colours of a chart in some light are the chart. Nothing depends on the exposure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rimlight.engine import WorkingSpace, listing

from .clipped import clip_levels
from .color_chart import COLUMNS, GAP, ROWS, Patches, differences, fit, grey_level
from .matrices import Point
from .quad_lattice import Lattice, lattices
from .resample import Box

Floats = npt.NDArray[np.float64]

_SIZES = (640, 1280, 2560)  # pixels of the longer side, at which is looked, the smaller one first: it has less noise
_LEAST_CELLS = 8  # of a lattice, before it is asked for colours
_AROUND = 6  # cells around those that were found, over which the chart may reach
_SEEN = np.linspace(-0.2, 0.2, 5)  # places within a cell that are looked at, in cells from its middle
_DIM = 0.01  # light of a patch below which all is one
_FEWER = 4  # patches that are quads, less than where most of them are
_TRIED = 8  # placements that are nearest in their greys and get a matrix
_SURE = 8.0  # median colour difference up to which cells are a chart
_HIDDEN = 22.0  # colour difference from which on a patch shows something else
_MANY = 9  # patches that show something else, from which on it is taken for no chart
_TINY = 1e-9


class Hidden(ValueError):
    """A chart of which patches, by their numbers from 1, do not show."""

    def __init__(self, patches: Sequence[int]) -> None:
        some = listing([str(number) for number in patches])
        super().__init__(f"{len(patches)} of its 24 patches do not show what they should: {some}")
        self.patches = tuple(patches)


@dataclass(frozen=True)
class _Placed:
    """A lattice as a chart. cells : `[24, 2]`, in the order of the patches. error : median colour difference of those
    that count. hidden : indices of patches that show something else.
    """

    lattice: Lattice
    cells: Floats
    error: float
    hidden: tuple[int, ...]


def find(x: Tensor, box: Box, true: Tensor, space: WorkingSpace, check: Callable[[], None]) -> list[Point] | None:
    """The corners of the chart in a picture `x [3, H, W]` over `box`, in pixels, y down, as `read` takes them: of the
    outer patches bottom left, bottom right, top right and top left, as the chart is held, whichever way round that is.

    true : the colours `[24, 3]` of the chart. check : is called now and then, to cancel. None where there is no chart.
    Raises Hidden where a part of it does not show. At several charts it is that which is nearest to a chart.
    """
    light = torch.nan_to_num(x, 0.0, 0.0, 0.0).clamp_min(0).permute(1, 2, 0).contiguous().cpu().numpy()
    longest = max(light.shape[:2])
    best: _Placed | None = None
    for size in sorted({min(size, longest) for size in _SIZES}):
        seen = _smaller(light, size / longest)
        levels = clip_levels(torch.from_numpy(seen).permute(2, 0, 1))
        for lattice in lattices(seen, _LEAST_CELLS, check):
            check()
            placed = _placed(seen, lattice, true, space, levels)
            if placed is not None and (best is None or _rank(placed) < _rank(best)):
                best, scale = placed, (light.shape[1] / seen.shape[1], light.shape[0] / seen.shape[0])
        if best is not None and not best.hidden:
            break
    if best is None:
        return None
    if best.hidden:
        raise Hidden([index + 1 for index in best.hidden])
    return _corners(best, scale, box)


def _rank(placed: _Placed) -> tuple[int, float]:
    return len(placed.hidden), placed.error


def _smaller(light: npt.NDArray[np.float32], scale: float) -> npt.NDArray[np.float32]:
    if scale >= 1:
        return light
    width, height = (max(1, round(n * scale)) for n in (light.shape[1], light.shape[0]))
    return np.asarray(cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _placed(
    seen: npt.NDArray[np.float32], lattice: Lattice, true: Tensor, space: WorkingSpace, levels: Sequence[float]
) -> _Placed | None:
    """Where in a lattice the chart is; None where it is none."""
    low, high = lattice.cells.min(0) - _AROUND, lattice.cells.max(0) + _AROUND
    columns, rows = (high - low + 1).astype(int)
    colors, noise = _sampled(seen, lattice, low, (columns, rows))
    known = np.zeros((rows, columns), bool)
    at = (lattice.cells - low).astype(int)
    known[at[:, 1], at[:, 0]] = True
    places = []
    for turn in range(4):
        cells = _turned(turn)
        spare = (columns - cells[:, 0].max(), rows - cells[:, 1].max())
        places += [cells + np.array((dx, dy)) for dy in range(spare[1]) for dx in range(spare[0])]
    ways = np.stack(places)
    counts = known[ways[..., 1], ways[..., 0]].sum(1)
    ways = ways[counts >= max(_LEAST_CELLS, counts.max() - _FEWER)]
    unlike = _unlike(colors[ways[..., 1], ways[..., 0]], true.numpy())
    best: _Placed | None = None
    for place in ways[np.argsort(unlike, kind="stable")[:_TRIED]]:
        patches = Patches(*(torch.from_numpy(v[place[:, 1], place[:, 0]]) for v in (colors, noise)))
        judged = _judged(patches, true, space, levels)
        if judged is not None and (best is None or (len(judged[1]), judged[0]) < _rank(best)):
            best = _Placed(lattice, place + low, *judged)
    return best


def _turned(turn: int) -> npt.NDArray[np.int64]:
    """The cells `[24, 2]` of a chart, column and row from 0, turned by quarters, in the order of the patches."""
    grid = np.rot90(np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS), turn)
    rows, columns = np.divmod(np.argsort(grid.flatten()), grid.shape[1])
    return np.stack((columns, rows), 1)


def _sampled(
    seen: npt.NDArray[np.float32], lattice: Lattice, low: Floats, size: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Of a range of cells their colours `[rows, columns, 3]` and the noise within each; negative outside."""
    columns, rows = np.meshgrid(np.arange(size[0]) + low[0], np.arange(size[1]) + low[1])
    v, u = np.meshgrid(_SEEN, _SEEN, indexing="ij")
    places = np.stack((columns[..., None] + u.flatten(), rows[..., None] + v.flatten()), -1)
    at = lattice.to_picture(places.reshape(-1, 2)).reshape(*places.shape) - 0.5
    far = 4 * max(seen.shape)
    x, y = np.moveaxis(np.clip(at, -far, far).astype(np.float32).reshape(-1, len(u.flatten()), 2), 2, 0)
    values = cv2.remap(
        seen, np.ascontiguousarray(x), np.ascontiguousarray(y), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(-1.0, -1.0, -1.0),
    ).reshape(*places.shape[:3], 3)  # fmt: skip
    values = np.where((values < 0).any(axis=(2, 3), keepdims=True), -1.0, values).astype(np.float64)
    return np.median(values, axis=2), values.std(axis=2)


def _unlike(color: Floats, true: Floats) -> Floats:
    """How far most of each of `color [n, 24, 3]` are from a chart's in a light of any colour, in stops `[n]`."""
    level = np.median(color / np.maximum(true, _DIM), axis=1, keepdims=True)
    off = np.log2(np.maximum(color, 0) / np.maximum(level, _TINY) + _DIM) - np.log2(np.maximum(true, 0) + _DIM)
    far: Floats = np.median(np.abs(off - np.median(off, axis=1, keepdims=True)).max(2), axis=1)
    return np.where((level > 0).all(axis=(1, 2)), far, np.inf)


def _judged(
    patches: Patches, true: Tensor, space: WorkingSpace, levels: Sequence[float]
) -> tuple[float, tuple[int, ...]] | None:
    """The median colour difference of patches by the matrix that fits most of them, and which show something else;
    None for no chart.

    Patches that are clipped count for neither.
    """
    color, luminance = patches.color, true.new_tensor(space.luminance)
    inside = (color >= 0).all(1)
    counts = inside & ~patches.clipped(levels, False)
    level = grey_level(color.clamp_min(0), true, luminance)
    if level <= 0:
        return None
    use, left = counts.clone(), None
    for _ in range(4):
        matrix = fit(color, true, use, "matrix", luminance)
        if matrix is None:
            return None
        left = differences(color @ matrix.T, true, 1.0, space.from_xyz)
        middle = float(left[counts].median())
        use = counts & (left < max(_HIDDEN / 2, 2 * middle))
    assert left is not None
    hidden = (counts & (left > _HIDDEN)) | ~inside
    if middle > _SURE or int(hidden.sum()) >= _MANY or int(use.sum()) < 24 - _MANY - int((~counts & inside).sum()):
        return None
    return middle, tuple(torch.nonzero(hidden).flatten().tolist())


def _corners(placed: _Placed, scale: tuple[float, float], box: Box) -> list[Point]:
    half = 0.5 / (1 + GAP)
    rows, columns = ROWS - 1, COLUMNS - 1
    # Unit steps of the chart along its own rows and columns, in cells of the lattice.
    origin = placed.cells[0]
    right, down = (placed.cells[1] - origin), (placed.cells[COLUMNS] - origin)
    corners = [(-half, rows + half), (columns + half, rows + half), (columns + half, -half), (-half, -half)]
    cells = np.array([origin + a * right + b * down for a, b in corners])
    return [(float(x) * scale[0] + box[0], float(y) * scale[1] + box[1]) for x, y in placed.lattice.to_picture(cells)]
