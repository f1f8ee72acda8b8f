"""Text as coverage, drawn by OpenImageIO's Freetype.

Glyphs are rendered larger than they will be, at whole pixels, and averaged down to their size and place, so that any
size and any fraction of a pixel is met. Pair kerning is not applied. Coordinates are pixels, y down; regions are plain
half-open tuples (x0, y0, x1, y1).
"""

import math
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import OpenImageIO as oiio
import torch
from torch import Tensor

from .resample import Box, resample

Align = Literal["left", "center", "right"]
VerticalAlign = Literal["baseline", "top", "center", "bottom"]

_SAMPLES = 4  # rendered pixels per pixel, along each axis
_SMALLEST = 64  # rendered size below which hinting would show
_LARGEST = 2048


@dataclass(frozen=True)
class TextStyle:
    """How text is set.

    font : a TrueType or OpenType file.
    size : pixels per em.
    leading : from one baseline to the next, in ems.
    tracking : extra space between characters, in ems.
    vertical : what `position` means: the first baseline, or the top, middle or bottom of the block of lines.
    """

    font: Path
    size: float
    align: Align = "left"
    vertical: VerticalAlign = "baseline"
    leading: float = 1.2
    tracking: float = 0.0


@dataclass(frozen=True)
class _Run:
    """Characters drawn at once, at whole rendered pixels."""

    text: str
    x: int
    y: int


def default_font(bold: bool = False) -> Path:
    """The font that comes with the product."""
    return Path(str(files("rimlight.resources"))) / "fonts" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


def draw_text(
    text: str, position: tuple[float, float], style: TextStyle, region: Box, device: torch.device | str = "cpu"
) -> Tensor:
    """Coverage float32 `[1, H, W]` of lines of text over a region.

    position : where the left end, middle or right end of the lines stands, and the height that `style.vertical` names.
    Raises ValueError with a sentence when the font cannot be read or the size is not positive.
    """
    width, height = max(0, region[2] - region[0]), max(0, region[3] - region[1])
    out = torch.zeros(1, height, width)
    rendered = _rendered_size(style)
    ratio = rendered / style.size
    runs = _layout(text, style, rendered)
    # Rendered pixels that the region shows, with a pixel of the result around for the averaging.
    shown = (
        math.floor((region[0] - 1 - position[0]) * ratio),
        math.floor((region[1] - 1 - position[1]) * ratio),
        math.ceil((region[2] + 1 - position[0]) * ratio),
        math.ceil((region[3] + 1 - position[1]) * ratio),
    )
    canvas = _drawn(runs, style.font, rendered, shown) if width and height else None
    if canvas is not None:
        pixels, box = canvas
        offset = (-position[0] * ratio, -position[1] * ratio)
        area = _result_box(box, position, ratio, region)
        part = resample(pixels, (ratio, ratio), offset, box, area, "box")
        out[:, area[1] - region[1] : area[3] - region[1], area[0] - region[0] : area[2] - region[0]] = part
    return out.to(device)


def _rendered_size(style: TextStyle) -> int:
    """The whole size that glyphs are rendered at; never below the size they are shown at."""
    if not style.font.is_file():
        raise ValueError(f"the font file {style.font} does not exist")
    if not 0 < style.size < 1e5:
        raise ValueError(f"the text size is {style.size:g}: expected more than 0 and less than 100000 pixels")
    return max(_SMALLEST, math.ceil(style.size), min(math.ceil(_SAMPLES * style.size), _LARGEST))


def _layout(text: str, style: TextStyle, rendered: int) -> list[_Run]:
    """Runs of characters relative to `position`, in rendered pixels."""
    lines = text.expandtabs(4).splitlines()
    bar = _extent("|", style.font, rendered)
    leading = style.leading * rendered
    first = {
        "baseline": 0.0,
        "top": -bar[1],
        "bottom": -bar[3] - leading * (len(lines) - 1),
        "center": -(bar[1] + bar[3] + leading * (len(lines) - 1)) / 2,
    }[style.vertical]
    tracking = style.tracking * rendered
    runs: list[_Run] = []
    for number, line in enumerate(lines):
        # The end of a bar after the line tells where the pen is, spaces included.
        length = _extent(line + "|", style.font, rendered)[2] - bar[2] + tracking * max(0, len(line) - 1)
        left = {"left": 0.0, "center": -length / 2, "right": -float(length)}[style.align]
        y = round(first + number * leading)
        if tracking == 0:
            runs.append(_Run(line, round(left), y))
            continue
        for index, character in enumerate(line):
            pen = _extent(line[:index] + "|", style.font, rendered)[2] - bar[2]
            runs.append(_Run(character, round(left + pen + index * tracking), y))
    return [run for run in runs if run.text.strip()]


def _extent(text: str, font: Path, rendered: int) -> Box:
    roi = oiio.ImageBufAlgo.text_size(text, rendered, str(font))
    if not roi.defined:
        raise ValueError(f"the file {font} cannot be read as a font: expected TrueType or OpenType")
    return roi.xbegin, roi.ybegin, roi.xend, roi.yend


def _ink(run: _Run, font: Path, rendered: int) -> Box:
    x0, y0, x1, y1 = _extent(run.text, font, rendered)
    return x0 + run.x - 1, y0 + run.y - 1, x1 + run.x + 1, y1 + run.y + 1


def _drawn(runs: list[_Run], font: Path, rendered: int, shown: Box) -> tuple[Tensor, Box] | None:
    """The rendered pixels `[1, H, W]` of runs inside a box, and the box they fill; None when nothing shows."""
    visible = []
    for run in runs:
        ink = _ink(run, font, rendered)
        if ink[0] < shown[2] and ink[2] > shown[0] and ink[1] < shown[3] and ink[3] > shown[1]:
            visible.append((run, ink))
    if not visible:
        return None
    box = (
        max(shown[0], min(ink[0] for _, ink in visible)),
        max(shown[1], min(ink[1] for _, ink in visible)),
        min(shown[2], max(ink[2] for _, ink in visible)),
        min(shown[3], max(ink[3] for _, ink in visible)),
    )
    buffer = oiio.ImageBuf(oiio.ImageSpec(box[2] - box[0], box[3] - box[1], 1, "float"))
    for run, _ in visible:
        if not oiio.ImageBufAlgo.render_text(
            buffer, run.x - box[0], run.y - box[1], run.text, rendered, str(font), [1.0]
        ):
            raise ValueError(f"the text could not be drawn with the font {font}: {buffer.geterror()}")
    return torch.from_numpy(buffer.get_pixels(oiio.FLOAT)).permute(2, 0, 1).contiguous(), box


def _result_box(box: Box, position: tuple[float, float], ratio: float, region: Box) -> Box:
    return (
        max(region[0], math.floor(box[0] / ratio + position[0]) - 1),
        max(region[1], math.floor(box[1] / ratio + position[1]) - 1),
        min(region[2], math.ceil(box[2] / ratio + position[0]) + 1),
        min(region[3], math.ceil(box[3] / ratio + position[1]) + 1),
    )
