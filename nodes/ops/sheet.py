"""Where the pictures of a contact sheet go."""

import math
from dataclasses import dataclass

from torch import Tensor

from rimlight.engine import Image, Region

from .resample import resize


@dataclass(frozen=True, slots=True)
class Cell:
    """A place on the sheet and the picture's place inside it, both in pixel space."""

    cell: Region
    picture: Region


def grid(count: int, rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns for `count` pictures, where 0 is as many as are needed."""
    if columns == 0:
        columns = math.ceil(count / rows) if rows else math.ceil(math.sqrt(count))
    return rows or math.ceil(count / columns), max(1, columns)


def cells(
    frame: Region, count: int, rows: int, columns: int, gap: int, sizes: list[tuple[float, float]], *,
    from_bottom: bool = False, from_right: bool = False,
) -> list[Cell]:  # fmt: skip
    """The cells of `count` pictures on a sheet of rows x columns over `frame`, `gap` pixels apart.

    sizes : width and height of each picture, the width in pixels of the sheet's shape. Each is fitted into its cell and
    centred. The order is row by row from the top left, unless said otherwise.
    """
    found = []
    for i in range(count):
        row, column = divmod(i, columns)
        row = rows - 1 - row if from_bottom else row
        column = columns - 1 - column if from_right else column
        x = [frame.x0 + gap + round(c * (frame.width - gap) / columns) for c in (column, column + 1)]
        y = [frame.y0 + gap + round(r * (frame.height - gap) / rows) for r in (row, row + 1)]
        cell = Region(x[0], y[0], max(x[0] + 1, x[1] - gap), max(y[0] + 1, y[1] - gap))
        found.append(Cell(cell, _fitted(cell, *sizes[i])))
    return found


def _fitted(cell: Region, width: float, height: float) -> Region:
    scale = min(cell.width / width, cell.height / height)
    w = min(cell.width, max(1, round(width * scale)))
    h = min(cell.height, max(1, round(height * scale)))
    x0, y0 = cell.x0 + (cell.width - w) // 2, cell.y0 + (cell.height - h) // 2
    return Region(x0, y0, x0 + w, y0 + h)


def place(
    out: Tensor, region: Region, image: Image, layer: str, channels: list[int], target: Region, filter: str
) -> None:
    """Write the frame of `image`, resized to `target`, into `out`, which covers `region`; only what is inside.

    channels : for each channel of `out` the channel of the layer that goes there, -1 for none.
    """
    both = target.intersect(region)
    if both.is_empty:
        return
    display = image.info.display
    whole = image.tensor(layer, display)
    inner = both.shift(-target.x0, -target.y0).box
    small = resize(
        whole, (display.width, display.height), (target.width, target.height), filter, out_region=inner, edges="repeat"
    )
    rows, columns = region.slices_of(both)
    for i, c in enumerate(channels):
        if c >= 0:
            out[i, rows, columns] = small[c]
