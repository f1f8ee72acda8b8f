"""All that a canvas needs to draw one picture of the viewport, whether by the graphics card or without one."""

import math
from dataclasses import dataclass, field, replace
from enum import IntEnum

from rimlight.engine import ColorConfig, Colors, DisplayRenderer, Project, Shader, display_shader

from .geometry import Box, View
from .plane import Plane
from .settings import Channel, Compare, ViewerSettings, Zebra

SQUARE = 8
"""Of the checkered background, in screen pixels."""
GREY = 0.18
CHECKERS = (0.10, 0.20)
"""Backgrounds, scene-linear."""
STRIPES = 12
"""Period of the zebra along x and y, in screen pixels; a third of it is coloured."""
NUDGE = 1 / 512
"""By which places on the screen are moved before they are looked up, in screen pixels: the middle of a screen pixel may
be exactly on the edge of a pixel of the picture, and both ways to draw have to decide alike."""
DEAD_ZONE = 1 / 128
"""Shares of a neighbour up to which it has none in a screen pixel: whole zooms show squares and nothing between them,
however the places are rounded.
"""
CLIPPED = (1.0, 0.2, 0.15)
NEGATIVE = (0.2, 0.5, 1.0)
UNSURE = (1.0, 0.85, 0.1)
BAD = (1.0, 0.0, 1.0)
TINT = (1.0, 0.0, 0.0)
"""Colours of stripes and of the matte, as display values."""
WHITE_CODE = 1.0 - 0.5 / 255.0
"""Display values from here on are the display's white."""


class Mixing(IntEnum):
    """What a pane shows. The numbers are those in the shader."""

    A = 0
    B = 1
    WIPE = 2
    OVER = 3
    UNDER = 4
    DIFFERENCE = 5
    ONION = 6


_MIXING = {
    Compare.WIPE: Mixing.WIPE,
    Compare.OVER: Mixing.OVER,
    Compare.UNDER: Mixing.UNDER,
    Compare.DIFFERENCE: Mixing.DIFFERENCE,
    Compare.ONION: Mixing.ONION,
}


@dataclass(frozen=True, eq=False)
class Display:
    """The colour management of a viewer: how the working space gets to the screen, and what else there is to choose.

    views : of every display. weights : of red, green and blue in the luminance.
    """

    config: ColorConfig
    renderer: DisplayRenderer
    shader: Shader
    display: str
    view: str
    views: dict[str, tuple[str, ...]]
    weights: tuple[float, float, float]


def open_display(colors: Colors, project: Project, display: str, view: str) -> Display:
    """The display and view by name; where the config has none of that name, and for empty names, its default one.

    Reads files: for workers. Raises ColorError.
    """
    config = colors.config(project)
    display = display or project.display
    display = display if display in config.displays else config.display()
    view = view or project.view
    view = view if view in config.views(display) else config.view(display)
    return Display(
        config,
        colors.renderer(project),
        display_shader(config, display, view),
        display,
        view,
        {name: config.views(name) for name in config.displays},
        config.luminance,
    )


@dataclass(frozen=True)
class Pane:
    """A part of the viewport, in whole screen pixels, and what it shows of the picture."""

    box: Box
    view: View
    mixing: Mixing


_MAGNIFIED = 1.5
"""Screen pixels per pixel of a plane from which on half the screen's pixels show as much of it."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture of the viewport.

    surround : the colour around the picture, as display values. ratio : screen pixels per unit of the interface.
    """

    view: View
    a: Plane | None
    b: Plane | None
    settings: ViewerSettings
    display: Display | None
    surround: tuple[float, float, float] = (0.12, 0.12, 0.12)
    ratio: float = 1.0
    panes: tuple[Pane, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "panes", panes_of(self.view, self.settings.compare if self.b else Compare.OFF))

    def same_as(self, other: "Frame | None") -> bool:
        """Whether another frame looks alike, being made of the same pictures."""
        if other is None:
            return False
        alike = self.view == other.view and self.settings == other.settings and self.ratio == other.ratio
        same = self.display is other.display and _same(self.a, other.a) and _same(self.b, other.b)
        return alike and same and self.surround == other.surround

    def smooth(self, plane: Plane) -> bool:
        """Whether its pixels are blended: reduced ones, and those of a draft. Others are magnified as squares."""
        least = min(self.view.zoom, self.view.zoom_x) * plane.step
        return least < 1 - 1e-6 or plane.scale < self.settings.scale

    def banded(self, plane: Plane) -> bool:
        """Whether false colour is what is seen of a plane: of light only, and not of its alpha."""
        light = plane.showing.managed and self.display is not None
        return light and self.settings.false_color and self.settings.channel is not Channel.ALPHA

    @property
    def through_view(self) -> bool:
        """Whether anything of it goes through the display's view."""
        planes = [plane for plane in (self.a, self.b) if plane is not None]
        return self.settings.zebra is Zebra.CLIPPING or not all(map(self.banded, planes))

    @property
    def coarse(self) -> bool:
        """Whether it shows no more than a frame of half its size would: drafts that are magnified."""
        planes = [plane for plane in (self.a, self.b) if plane is not None]
        return bool(planes) and all(self.view.zoom * p.step >= _MAGNIFIED and self.smooth(p) for p in planes)

    def halved(self) -> "Frame":
        """The same at half the size."""
        view, ratio = self.view, self.ratio / 2
        width, height, x, y = (-(-view.width // 2), -(-view.height // 2), round(view.x / 2), round(view.y / 2))
        return replace(self, view=replace(view, width=width, height=height, x=x, y=y, zoom=view.zoom / 2), ratio=ratio)

    @property
    def wipe(self) -> tuple[float, float, float, float]:
        """A point of the wipe's line on the screen, and the unit vector from there towards side B."""
        return wipe_on_screen(self.view, self.a or self.b, self.settings)


def _same(one: Plane | None, other: Plane | None) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or (one.pixels is other.pixels and one.box == other.box and one.display == other.display)


def wipe_on_screen(view: View, plane: Plane | None, settings: ViewerSettings) -> tuple[float, float, float, float]:
    """See `Frame.wipe`."""
    angle = math.radians(settings.wipe_angle)
    if plane is None:
        x, y = view.width / 2, view.height / 2
    else:
        d = plane.display
        x, y = view.to_screen(d.x0 + settings.wipe_x * d.width, d.y1 - settings.wipe_y * d.height)
    return x, y, math.cos(angle), -math.sin(angle)


def panes_of(view: View, compare: Compare) -> tuple[Pane, ...]:
    """The parts of the viewport: one, or two beside or above each other."""
    width, height = view.width, view.height
    if compare is Compare.SPLIT_H:
        parts = Box(0, 0, width // 2, height), Box(width // 2, 0, width, height)
    elif compare is Compare.SPLIT_V:
        parts = Box(0, 0, width, height // 2), Box(0, height // 2, width, height)
    else:
        return (Pane(Box(0, 0, width, height), view, _MIXING.get(compare, Mixing.A)),)
    return tuple(
        Pane(part, view.moved_into(part), mixing) for part, mixing in zip(parts, (Mixing.A, Mixing.B), strict=True)
    )
