"""The viewport's picture without a graphics card: the same arithmetic as the shader in `glsl.py`, by torch."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rimlight.engine import to_uint8

from .frame import CHECKERS, DEAD_ZONE, GREY, NUDGE, SQUARE, TINT, WHITE_CODE, Frame, Mixing, Pane
from .geometry import Box, View
from .marks import band_of, banded, not_finite, striped
from .plane import Plane
from .settings import Background, Channel, Zebra

Codes = npt.NDArray[np.uint8]


def render(frame: Frame, exact: bool = True, check: Callable[[], None] = lambda: None) -> Codes:
    """The picture, uint8 [H, W, 3]. exact : else a costly view transform is replaced by a quick one, see
    `DisplayRenderer.transform`. check : raises when the picture is not wanted any more.
    """
    view = frame.view
    codes = np.empty((view.height, view.width, 3), np.uint8)
    codes[:] = to_uint8(torch.tensor(frame.surround).reshape(3, 1, 1)).numpy()
    for pane in frame.panes:
        box = _lit(frame, pane)
        if box.width <= 0 or box.height <= 0:
            continue
        shown, covered = _pane(frame, pane, box, exact, check)
        part = codes[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
        if bool(covered.all()):
            part[:] = to_uint8(shown).numpy()
        else:
            np.copyto(part, to_uint8(shown).numpy(), where=covered.numpy()[..., None])
    return codes


def _lit(frame: Frame, pane: Pane) -> Box:
    """Whole screen pixels of a pane that any picture or display window touches."""
    planes = _planes(frame, pane.mixing)
    boxes = [pane.view.box_to_screen(part) for plane in planes for part in (plane.box, plane.display)]
    if not boxes:
        return Box(0, 0, 0, 0)
    p = pane.box
    return Box(
        max(p.x0, np.floor(min(b.x0 for b in boxes))), max(p.y0, np.floor(min(b.y0 for b in boxes))),
        min(p.x1, np.ceil(max(b.x1 for b in boxes))), min(p.y1, np.ceil(max(b.y1 for b in boxes))),
    )  # fmt: skip


def _planes(frame: Frame, mixing: Mixing) -> list[Plane]:
    wanted = {Mixing.A: (frame.a,), Mixing.B: (frame.b,)}.get(mixing, (frame.a, frame.b))
    return [plane for plane in wanted if plane is not None]


def band_at(frame: Frame, x: float, y: float) -> int | None:
    """The number of the band that false colour shows at a point of the screen; None where it shows none."""
    pane = next((pane for pane in frame.panes if pane.box.contains(x, y)), None)
    if pane is None:
        return None
    planes, column, row = _planes(frame, pane.mixing), math.floor(x), math.floor(y)
    if not planes or not frame.banded(planes[0]):
        return None
    seen = _seen(frame, pane, Box(column, row, column + 1, row + 1))
    if not bool(seen.covered) or (seen.extra is not None and bool(seen.extra[1] > 0)):
        return None
    return int(band_of(_luminance(frame, seen.light)))


@dataclass(frozen=True)
class _Seen:
    """What there is at pixels of the screen. plane : the one that says how it is shown. mixed : both sides [4, h, w].

    light : the light or data that the chosen channels are, [3, h, w], without the background. extra : see `Plane`, of
    the side that is looked at. covered : where there is anything but the surround.
    """

    plane: Plane
    mixed: Tensor
    light: Tensor
    extra: Tensor | None
    covered: Tensor


def _seen(frame: Frame, pane: Pane, box: Box, check: Callable[[], None] = lambda: None) -> _Seen:
    planes = _planes(frame, pane.mixing)
    a, b = (_sampled(frame, p, pane.view, box) if p in planes else None for p in (frame.a, frame.b))
    check()
    mixed = _mixed(frame, pane, box, *(s.values if s is not None else None for s in (a, b)))
    covered = _inside(pane.view, box, [Box(*plane.display.box) for plane in planes])
    for sampled in (a, b):
        if sampled is not None:
            covered[sampled.rows, sampled.columns] = True
    looked = b if pane.mixing is Mixing.B else a
    extra = looked.extra if looked is not None else None
    return _Seen(planes[0], mixed, _chosen(frame, planes[0], mixed), extra, covered)


def _pane(frame: Frame, pane: Pane, box: Box, exact: bool, check: Callable[[], None]) -> tuple[Tensor, Tensor]:
    """Display values [3, h, w] over a box of the screen, and where there is anything but the surround."""
    settings, seen = frame.settings, _seen(frame, pane, box, check)
    bands, clipping = frame.banded(seen.plane), settings.zebra is Zebra.CLIPPING
    scene, clipped = seen.light, None
    if settings.channel is Channel.RGBA and seen.plane.showing.managed and settings.background is not Background.BLACK:
        scene = scene + (1 - seen.mixed[3:]) * _background(settings.background, box, frame.ratio)
    if clipping or not bands:
        shown = _displayed(frame, seen.plane, scene, exact, check)
        clipped = (shown >= WHITE_CODE).any(0) if clipping else None
    if bands:
        shown = banded(_luminance(frame, seen.light))
    check()
    if settings.channel is Channel.MATTE:
        amount = 0.5 * seen.mixed[3:].clamp(0, 1)
        shown = shown * (1 - amount) + torch.tensor(TINT).reshape(3, 1, 1) * amount
    if settings.zebra is not Zebra.OFF:
        shown = striped(frame, shown, scene, clipped, seen.extra, box)
    if clipping or bands:
        shown = not_finite(shown, seen.extra)
    return shown, seen.covered


@dataclass(frozen=True)
class _Sampled:
    """A plane at pixels of the screen: values [4, h, w], `Plane.extra` [2, h, w], and the part where it has pixels."""

    values: Tensor
    extra: Tensor | None
    rows: slice
    columns: slice


def _sampled(frame: Frame, plane: Plane | None, view: View, box: Box) -> _Sampled | None:
    if plane is None or not plane.pixels.size:
        return None
    row, ys = _texels(int(box.y0), int(box.height), view.y, view.zoom, plane.box.y0, plane.step, plane.pixels.shape[0])
    column, xs = _texels(
        int(box.x0), int(box.width), view.x, view.zoom_x, plane.box.x0, plane.step, plane.pixels.shape[1]
    )
    if not len(ys) or not len(xs):
        return None
    rows, columns = slice(row, row + len(ys)), slice(column, column + len(xs))
    left, right = max(0, int(xs[0]) - 1), int(xs[-1]) + 2
    pixels, xs = torch.from_numpy(plane.pixels)[:, left:right], xs - left
    down, across = (1.0, 1.0) if frame.smooth(plane) else (view.zoom * plane.step, view.zoom_x * plane.step)
    found = _blended(_blended(pixels, ys, 0, down), xs, 1, across)
    values = _placed(found, rows, columns, box)
    extra = None
    if plane.extra is not None and (frame.settings.zebra is not Zebra.OFF or frame.settings.false_color):
        near = torch.from_numpy(plane.extra)[:, left:right].index_select(0, ys.long()).index_select(1, xs.long())
        extra = _placed(near, rows, columns, box)
        outside = torch.ones_like(extra[0], dtype=torch.bool)
        outside[rows, columns] = False
        extra[0][outside] = 1.0
    return _Sampled(values, extra, rows, columns)


def _placed(found: Tensor, rows: slice, columns: slice, box: Box) -> Tensor:
    """Pixels [h, w, C] as [C, h, w] in their place in a box of the screen."""
    planar = found.permute(2, 0, 1)
    height, width = int(box.height), int(box.width)
    if planar.shape[1:] == (height, width):
        return planar.contiguous()
    out = torch.zeros(planar.shape[0], height, width)
    out[:, rows, columns] = planar
    return out


def _texels(
    start: int, count: int, origin: int, zoom: float, edge: float, step: float, size: int
) -> tuple[int, Tensor]:
    """Where on a plane the screen pixels of one axis are, in its pixels: those inside, and the index of their first."""
    screen = torch.arange(start, start + count, dtype=torch.float64) + 0.5 + NUDGE
    at = ((screen - origin) / zoom - edge) / step
    known = (at >= 0) & (at < size)
    first = int(known.to(torch.uint8).argmax()) if bool(known.any()) else 0
    return first, at[known]


def _blended(pixels: Tensor, at: Tensor, axis: int, steep: float) -> Tensor:
    """Pixels along an axis, at `at` in their own pixels. steep : 1 blends each with the next over their whole distance;
    the pixels of the screen for each make squares of them, of which only pixels of the screen on an edge show two.
    """
    low = (at - 0.5).floor()
    weight = (((at - 0.5 - low - 0.5) * steep + 0.5 - DEAD_ZONE) / (1 - 2 * DEAD_ZONE)).clamp(0, 1)
    last = pixels.shape[axis] - 1
    before = pixels.index_select(axis, (low + (weight == 1)).long().clamp(0, last))
    if bool(((weight == 0) | (weight == 1)).all()):
        return before
    after = pixels.index_select(axis, (low + 1).long().clamp(0, last))
    weights = weight.float()[:, None, None]
    if axis == 1:  # one for each number: shared by those of a pixel they take twice as long
        weights = weights.squeeze(1).expand(-1, pixels.shape[2]).contiguous()
    return before.lerp_(after, weights)


def _mixed(frame: Frame, pane: Pane, box: Box, a: Tensor | None, b: Tensor | None) -> Tensor:
    settings = frame.settings
    one = a if a is not None else torch.zeros(4, int(box.height), int(box.width))
    if pane.mixing is Mixing.A:
        return one
    other = b if b is not None else torch.zeros_like(one)
    match pane.mixing:
        case Mixing.B:
            return other
        case Mixing.WIPE:
            x, y, nx, ny = frame.wipe
            columns = torch.arange(int(box.x0), int(box.x1)) + 0.5 - x
            rows = torch.arange(int(box.y0), int(box.y1)) + 0.5 - y
            behind = (columns * nx + rows[:, None] * ny) > 0
            return torch.where(behind, one + (other - one) * settings.mix, one)
        case Mixing.OVER:
            return one + other * (1 - one[3:])
        case Mixing.UNDER:
            return other + one * (1 - other[3:])
        case Mixing.DIFFERENCE:
            return torch.cat(((one - other)[:3].abs() * settings.gain, torch.ones_like(one[3:])))
        case Mixing.ONION:
            return one + (other - one) * (0.5 * settings.mix)


def _inside(view: View, box: Box, parts: list[Box]) -> Tensor:
    xs = torch.arange(int(box.x0), int(box.x1), dtype=torch.float64) + 0.5 + NUDGE
    ys = torch.arange(int(box.y0), int(box.y1), dtype=torch.float64) + 0.5 + NUDGE
    covered = torch.zeros(len(ys), len(xs), dtype=torch.bool)
    for window in parts:
        part = view.box_to_screen(window)
        covered |= ((ys >= part.y0) & (ys < part.y1))[:, None] & ((xs >= part.x0) & (xs < part.x1))
    return covered


def _chosen(frame: Frame, plane: Plane, mixed: Tensor) -> Tensor:
    """The light or data that the chosen channels are, [3, h, w]."""
    channel, rgb = frame.settings.channel, mixed[:3]
    if channel in (Channel.RED, Channel.GREEN, Channel.BLUE, Channel.ALPHA):
        index = (Channel.RED, Channel.GREEN, Channel.BLUE, Channel.ALPHA).index(channel)
        return mixed[index : index + 1].expand(3, -1, -1)
    if channel is Channel.LUMINANCE and plane.showing.managed and frame.display is not None:
        return _luminance(frame, rgb).expand(3, -1, -1)
    return rgb.mean(0, keepdim=True).expand(3, -1, -1) if channel is Channel.LUMINANCE else rgb


def _luminance(frame: Frame, light: Tensor) -> Tensor:
    """[h, w] of [3, h, w]."""
    assert frame.display is not None
    return (light * torch.tensor(frame.display.weights).reshape(3, 1, 1)).sum(0)


def _displayed(frame: Frame, plane: Plane, rgb: Tensor, exact: bool, check: Callable[[], None]) -> Tensor:
    """Display values [3, h, w] of light or data."""
    settings, display, shown = frame.settings, frame.display, plane.showing
    if display is not None and shown.managed and settings.channel is not Channel.ALPHA:
        return display.renderer.render(
            rgb.contiguous(), display.display, display.view,
            exposure=settings.exposure, gamma=settings.gamma, exact=exact, check=check,
        )  # fmt: skip
    scale, offset = (torch.tensor(v).reshape(3, 1, 1) for v in (shown.scale, shown.offset))
    values = rgb if settings.channel is Channel.ALPHA else rgb * scale + offset
    values = values * 2.0**settings.exposure
    curved: Tensor = values.abs().pow(1.0 / settings.gamma).copysign(values)
    return curved


def _background(background: Background, box: Box, ratio: float) -> Tensor:
    if background is Background.GREY:
        return torch.tensor(GREY)
    side = max(1, round(SQUARE * ratio))
    columns = torch.arange(int(box.x0), int(box.x1)) // side
    rows = torch.arange(int(box.y0), int(box.y1)) // side
    return torch.where((columns + rows[:, None]) % 2 == 0, *CHECKERS)
