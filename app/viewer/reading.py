"""What a viewer says in words about its pictures. Nothing here changes anything."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from PySide6.QtCore import QPointF

from rimlight.engine import MAIN, LayerKind

from ..scopes.counting import PLAUSIBLE
from ..swatches import RGB
from ..viewing import Views
from ..workspace import Workspace
from .drawing import format_name
from .frame import Display, Mixing, panes_of, wipe_on_screen
from .geometry import View
from .inputs import Inputs
from .lens import Lens
from .metering import is_light, metered
from .pictures import Pictures
from .plane import Plane
from .samples import probe, spot_at, spot_light
from .settings import SPOTS, Channel, Compare, ViewerSettings, Zebra
from .side import Side

MAIN_KEY = "."
"""Stands for the main layer in menus, as an empty key cannot."""


def swatch_display(display: Display) -> tuple[object, Callable[[RGB], RGB]]:
    """What makes a display another one, and how it shows a single colour of the working space."""

    def render(rgb: RGB) -> RGB:
        shown = display.renderer.render(torch.tensor(rgb).reshape(3, 1, 1), display.display, display.view)
        r, g, b = shown.flatten().tolist()
        return r, g, b

    return display, render


def layer_choices(workspace: Workspace, side: Side) -> list[tuple[str, str]]:
    """Key and text of the layers of what a side shows: the main one, light and colour first, then data."""
    node = side.wish.node if side.wish is not None else None
    info = workspace.facts.info(node) if node is not None else None
    if info is None and side.plane is not None:
        info = side.plane.image.info
    if info is None:
        return [(MAIN_KEY, MAIN)]
    names = [layer for layer in info.layers if layer.name != MAIN]
    colors = [layer.name for layer in names if layer.kind is LayerKind.COLOR]
    data = [layer.name for layer in names if layer.kind is not LayerKind.COLOR]
    main = [(MAIN_KEY, MAIN)] if info.has(MAIN) or not names else []
    between = [("", "")] if colors and data else []
    return [*main, *((n, n) for n in colors), *between, *((n, n) for n in data)]


def layer_key(settings: ViewerSettings, side: Side) -> str:
    """The key of the layer that is shown."""
    if settings.layer:
        return settings.layer
    plane = side.plane
    return plane.layer.name if plane is not None and plane.layer.name != MAIN else MAIN_KEY


def next_layer(choices: list[tuple[str, str]], key: str, step: int) -> str:
    """The setting for the layer `step` further on in the list, round and round."""
    keys = [key for key, text in choices if text]
    at = keys.index(key) if key in keys else 0
    found = keys[(at + step) % len(keys)]
    return "" if found == MAIN_KEY else found


def checked(settings: ViewerSettings, paused: bool) -> dict[str, bool]:
    """Which actions have a tick."""
    channels = {c.name.lower(): settings.channel is c for c in Channel if c is not Channel.RGBA}
    spots = {f"spot{size}": settings.spot == size for size in SPOTS}
    return {
        **channels, **spots, "wipe": settings.compare is Compare.WIPE, "roi": settings.roi_on, "proxy": settings.proxy,
        "pause": paused, "overlays": settings.overlays, "false_color": settings.false_color,
    }  # fmt: skip


def about(pictures: Pictures, rig_note: str, stale: bool) -> tuple[str, str]:
    """The picture in words, and how its numbers are shown where that is not plain. stale : it is marked as old; until
    then one whose successor is being made is told as it was, so that no words blink as pictures follow each other.
    """
    side = pictures.a if pictures.a.plane is not None else pictures.b
    plane = side.plane
    if plane is None:
        return "", ""
    fresh = side.fresh or (side.pending and not stale)
    tier = side.quality.tier.value if fresh else "old picture"
    size = "" if side.quality.scale == 1 else f" at 1/{1 / side.quality.scale:.3g}"
    words = [format_name(plane), f"{tier}{size}"]
    if fresh and side.seconds >= 0.001:
        words.append(f"{side.seconds:.2f} s" if side.seconds >= 0.095 else f"{1000 * side.seconds:.0f} ms")
    note = plane.showing.note and f"{plane.layer.name}: {plane.showing.note}"
    return " \N{MIDDLE DOT} ".join(words), rig_note if side.rig_lines else note


def badges(pictures: Pictures, settings: ViewerSettings, stale: bool) -> list[tuple[str, str]]:
    """Text and colour of what must not be overlooked."""
    found: list[tuple[str, str]] = []
    side = pictures.a
    if pictures.paused:
        found.append(("Paused", "warning"))
    if stale:
        found.append(("Old picture, computing" if side.plane is not None else "Computing", "state.computing"))
    elif side.error is not None and side.plane is not None:
        found.append(("Old picture", "error"))
    elif side.plane is not None and not side.fresh and not side.pending:
        found.append(("Old picture", "warning"))
    elif side.plane is not None and side.pending and side.quality.tier.value == "draft":
        found.append(("Draft", "state.computing"))
    if settings.scale != 1:
        found.append((f"{'Proxy' if settings.proxy else 'Down-rez'} 1/{1 / settings.scale:.3g}", "text.dim"))
    if settings.zebra is not Zebra.OFF:
        found.append(_zebra_badge(side.plane, settings))
    if settings.false_color and side.plane is not None and not is_light(side.plane):
        found.append((f"False colour: '{side.plane.layer.name}' is no light", "warning"))
    return found


def _zebra_badge(plane: Plane | None, settings: ViewerSettings) -> tuple[str, str]:
    kind = settings.zebra
    if plane is not None and kind.layer and kind.layer not in plane.image:
        return f"Zebra: the picture has no layer '{kind.layer}'", "warning"
    low, high = PLAUSIBLE
    how = {Zebra.CONFIDENCE: f" below {settings.threshold:g}", Zebra.ALBEDO: f" outside {low:g} to {high:g}"}
    return f"Zebra: {kind.value}{how.get(kind, '')}", "text.dim"


def planes(pictures: Pictures, settings: ViewerSettings) -> list[Plane]:
    """The plane whose windows are drawn in each pane."""
    a, b = pictures.a.plane, pictures.b.plane
    if settings.compare in (Compare.SPLIT_H, Compare.SPLIT_V) and a is not None and b is not None:
        return [a, b]
    first = a or b
    return [first] if first is not None else []


def side_names(inputs: Inputs) -> list[str]:
    """What stands in the corners of two panes."""
    names = [(path or "nothing").rpartition("/")[2] for path in inputs.nodes]
    names[1] = names[1] if inputs.shown is None else inputs.shown.title
    return [f"{side}  {name}" for side, name in zip("AB", names, strict=True)]


def hint(views: Views) -> str:
    """What to do when there is nothing to see."""
    if views.node_a is None:
        return "Select a node and press 1 to view it"
    return ""


@dataclass(frozen=True)
class Pixel:
    """What is under the mouse. color : display values, for a swatch; None for data."""

    where: str
    channels: tuple[str, ...]
    values: tuple[float, ...]
    color: tuple[float, float, float] | None
    meter: str = ""


def pixel(
    pictures: Pictures, settings: ViewerSettings, view: View, lens: Lens, at: QPointF, reference: float | None = None
) -> Pixel | None:
    """The true values of the side that is seen at a point of the viewport. reference : luminance to compare with."""
    plane = _seen(pictures, settings, view, lens, at)
    if plane is None:
        return None
    x, y = lens.picture(at)
    own = pictures.a.plane or plane
    x, y = x + plane.display.x0 - own.display.x0, y + plane.display.y1 - own.display.y1
    column, row = plane.display.to_artist(x, y)
    where = f"x {column:<7.1f} y {row:<7.1f}"
    values = probe(plane, x, y)
    if values is None:
        return Pixel(f"{where}  outside", (), (), None)
    if plane.scale != 1:
        where = f"1/{1 / plane.scale:.3g}  {where}"
    display = pictures.display
    light = spot_light(plane, spot_at(x, y, settings.spot), display.weights) if display is not None else None
    meter = metered(light, reference) if light is not None else ""
    return Pixel(where, plane.layer.channels, values, _color(pictures, settings, plane, values), meter)


def _color(
    pictures: Pictures, settings: ViewerSettings, plane: Plane, values: tuple[float, ...]
) -> tuple[float, float, float] | None:
    """How the view shows a colour."""
    display, indices = pictures.display, plane.showing.indices[:3]
    if display is None or not plane.showing.managed or min(indices) < 0:
        return None
    light = torch.nan_to_num(torch.tensor([values[i] for i in indices])).reshape(3, 1, 1)
    shown = display.renderer.render(
        light, display.display, display.view, exposure=settings.exposure, gamma=settings.gamma
    )
    r, g, b = shown.flatten().clamp(0, 1).tolist()
    return r, g, b


def _seen(pictures: Pictures, settings: ViewerSettings, view: View, lens: Lens, at: QPointF) -> Plane | None:
    a, b = pictures.a.plane, pictures.b.plane
    if a is None or b is None:
        return a or b
    x, y = at.x() * lens.ratio, at.y() * lens.ratio
    mixing = next((p.mixing for p in panes_of(view, settings.compare) if p.box.contains(x, y)), Mixing.A)
    if mixing is Mixing.WIPE:
        wx, wy, nx, ny = wipe_on_screen(view, a, settings)
        return b if (x - wx) * nx + (y - wy) * ny > 0 else a
    return b if mixing in (Mixing.B, Mixing.UNDER) else a
