"""The viewport's picture without a graphics card: the same arithmetic as the shader in `glsl.py`, by torch."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rimlight.engine import to_uint8

from .frame import (
    BAD,
    CHECKERS,
    CLIPPED,
    GREY,
    NEGATIVE,
    NUDGE,
    SQUARE,
    STRIPES,
    TINT,
    UNSURE,
    WHITE_CODE,
    Frame,
    Mixing,
    Pane,
)
from .geometry import Box, View
from .plane import Plane
from .settings import Background, Channel, Zebra

Codes = npt.NDArray[np.uint8]


def render(frame: Frame, exact: bool = True, check: Callable[[], None] = lambda: None) -> Codes:
    """The picture, uint8 [H, W, 3]. exact : else a costly view transform is replaced by a quick one, see
    `DisplayRenderer.transform`. check : raises when the picture is not wanted any more.
    """
    view = frame.view
    out = torch.tensor(frame.surround).reshape(3, 1, 1).expand(3, view.height, view.width)
    codes = to_uint8(out).numpy()
    for pane in frame.panes:
        box = _lit(frame, pane)
        if box.width <= 0 or box.height <= 0:
            continue
        shown, covered = _pane(frame, pane, box, exact, check)
        rows, columns = slice(int(box.y0), int(box.y1)), slice(int(box.x0), int(box.x1))
        codes[rows, columns] = np.where(covered.numpy()[..., None], to_uint8(shown).numpy(), codes[rows, columns])
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


def _pane(frame: Frame, pane: Pane, box: Box, exact: bool, check: Callable[[], None]) -> tuple[Tensor, Tensor]:
    """Display values [3, h, w] over a box of the screen, and where there is anything but the surround."""
    mixing, settings = pane.mixing, frame.settings
    a, b = (_sampled(frame, plane, pane.view, box) for plane in (frame.a, frame.b))
    check()
    first = _planes(frame, mixing)[0]
    mixed = _mixed(frame, pane, box, a, b)
    covered = _inside(pane.view, box, [Box(*plane.display.box) for plane in _planes(frame, mixing)])
    for plane, sampled in ((frame.a, a), (frame.b, b)):
        if plane is not None and plane in _planes(frame, mixing):
            covered |= sampled[2]
    scene, shown = _channels(frame, first, mixed, box, exact, check)
    check()
    if settings.channel is Channel.MATTE:
        amount = 0.5 * mixed[3:].clamp(0, 1)
        shown = shown * (1 - amount) + torch.tensor(TINT).reshape(3, 1, 1) * amount
    if settings.zebra is not Zebra.OFF:
        sampled = b if mixing is Mixing.B else a
        shown = _striped(frame, shown, scene, sampled[1], box)
    return shown, covered


def _sampled(frame: Frame, plane: Plane | None, view: View, box: Box) -> tuple[Tensor, Tensor, Tensor]:
    """Values [4, h, w] of a plane at pixels of the screen, `Plane.extra` there [2, h, w], and where it has pixels."""
    height, width = int(box.height), int(box.width)
    values, extra = torch.zeros(4, height, width), torch.stack((torch.ones(height, width), torch.zeros(height, width)))
    inside = torch.zeros(height, width, dtype=torch.bool)
    if plane is None:
        return values, extra, inside
    down = _texels(int(box.y0), height, view.y, view.zoom, plane.box.y0, plane.step, plane.pixels.shape[0])
    across = _texels(int(box.x0), width, view.x, view.zoom_x, plane.box.x0, plane.step, plane.pixels.shape[1])
    (row, ys), (column, xs) = down, across
    if not len(ys) or not len(xs):
        return values, extra, inside
    rows, columns = slice(row, row + len(ys)), slice(column, column + len(xs))
    inside[rows, columns] = True
    pixels = torch.from_numpy(plane.pixels)
    if frame.smooth(plane):
        values[:, rows, columns] = _blended(_blended(pixels, ys, 0), xs, 1).permute(2, 0, 1)
    else:
        values[:, rows, columns] = pixels[ys.floor().long()][:, xs.floor().long()].permute(2, 0, 1)
    if plane.extra is not None:
        near = torch.from_numpy(plane.extra)[ys.floor().long()][:, xs.floor().long()]
        extra[:, rows, columns] = near.permute(2, 0, 1)
    return values, extra, inside


def _texels(
    start: int, count: int, origin: int, zoom: float, edge: float, step: float, size: int
) -> tuple[int, Tensor]:
    """Where on a plane the screen pixels of one axis are, in its pixels: those inside, and the index of their first."""
    screen = torch.arange(start, start + count, dtype=torch.float64) + 0.5 + NUDGE
    at = ((screen - origin) / zoom - edge) / step
    known = (at >= 0) & (at < size)
    first = int(known.to(torch.uint8).argmax()) if bool(known.any()) else 0
    return first, at[known]


def _blended(pixels: Tensor, at: Tensor, axis: int) -> Tensor:
    low = (at - 0.5).floor()
    weight = ((at - 0.5) - low).float().reshape([-1 if i == axis else 1 for i in range(3)])
    last = pixels.shape[axis] - 1
    before = pixels.index_select(axis, low.long().clamp(0, last))
    after = pixels.index_select(axis, (low.long() + 1).clamp(0, last))
    return before + (after - before) * weight


def _mixed(frame: Frame, pane: Pane, box: Box, a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> Tensor:
    one, other, settings = a[0], b[0], frame.settings
    match pane.mixing:
        case Mixing.A:
            return one
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


def _channels(
    frame: Frame, plane: Plane, mixed: Tensor, box: Box, exact: bool, check: Callable[[], None]
) -> tuple[Tensor, Tensor]:
    """The light or data that the chosen channels are, and the display values, both [3, h, w]."""
    settings, display, shown = frame.settings, frame.display, plane.showing
    channel, rgb = settings.channel, mixed[:3]
    if channel in (Channel.RED, Channel.GREEN, Channel.BLUE, Channel.ALPHA):
        index = (Channel.RED, Channel.GREEN, Channel.BLUE, Channel.ALPHA).index(channel)
        rgb = mixed[index : index + 1].expand(3, -1, -1)
    elif channel is Channel.LUMINANCE and shown.managed and display is not None:
        rgb = (mixed[:3] * torch.tensor(display.weights).reshape(3, 1, 1)).sum(0, keepdim=True).expand(3, -1, -1)
    elif channel is Channel.LUMINANCE:
        rgb = mixed[:3].mean(0, keepdim=True).expand(3, -1, -1)
    elif channel is Channel.RGBA and shown.managed and settings.background is not Background.BLACK:
        rgb = rgb + (1 - mixed[3:]) * _background(settings.background, box, frame.ratio)
    if display is not None and shown.managed and channel is not Channel.ALPHA:
        picture = rgb.contiguous()
        return rgb, display.renderer.render(
            picture, display.display, display.view,
            exposure=settings.exposure, gamma=settings.gamma, exact=exact, check=check,
        )  # fmt: skip
    scale, offset = (torch.tensor(v).reshape(3, 1, 1) for v in (shown.scale, shown.offset))
    values = rgb if channel is Channel.ALPHA else rgb * scale + offset
    values = values * 2.0**settings.exposure
    return rgb, values.abs().pow(1.0 / settings.gamma).copysign(values)


def _background(background: Background, box: Box, ratio: float) -> Tensor:
    if background is Background.GREY:
        return torch.tensor(GREY)
    side = max(1, round(SQUARE * ratio))
    columns = torch.arange(int(box.x0), int(box.x1)) // side
    rows = torch.arange(int(box.y0), int(box.y1)) // side
    return torch.where((columns + rows[:, None]) % 2 == 0, *CHECKERS)


def _striped(frame: Frame, shown: Tensor, scene: Tensor, extra: Tensor, box: Box) -> Tensor:
    period = max(3, round(STRIPES * frame.ratio))
    columns, rows = torch.arange(int(box.x0), int(box.x1)), torch.arange(int(box.y0), int(box.y1))
    stripe = (columns + rows[:, None]) % period < period // 3
    if frame.settings.zebra is Zebra.CONFIDENCE:
        return torch.where(stripe & (extra[0] < frame.settings.threshold), torch.tensor(UNSURE).reshape(3, 1, 1), shown)
    clipped = (shown >= WHITE_CODE).any(0)
    negative = (scene < 0).any(0)
    shown = torch.where(stripe & negative, torch.tensor(NEGATIVE).reshape(3, 1, 1), shown)
    shown = torch.where(stripe & clipped, torch.tensor(CLIPPED).reshape(3, 1, 1), shown)
    return torch.where(extra[1] > 0, torch.tensor(BAD).reshape(3, 1, 1), shown)
