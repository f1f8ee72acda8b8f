"""What tiles and wires are painted with: colours, fonts and pens of the theme, made once, and how far the view is."""

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen

from .. import theme

FAR = 0.3
"""Below this scale tiles are flat and without text: nobody could read it."""
NEAR_FEW, NEAR_MANY, MANY = 0.35, 0.6, 300
"""From this scale on the small things are drawn: labels of inputs, badges, notes; later where there are many nodes."""


class Look:
    """Shared by the items of one scene. lod : pixels of the screen for a unit of the scene. near : see NEAR_FEW."""

    def __init__(self) -> None:
        self.lod = 1.0
        self.near = NEAR_FEW
        self.name_font = theme.font("body")
        self.small_font = theme.font("small")
        self.bold_font = theme.font("body", bold=True)
        self.name_metrics = QFontMetricsF(self.name_font)
        self.small_metrics = QFontMetricsF(self.small_font)
        self.text = theme.color("text.strong")
        self.dim = theme.color("text", 0.72)
        self.dark = theme.color("surface.deep")
        self.edge = pen("surface.deep", 1.0)
        self.selected = pen("accent", 2.0)
        self.selected_far = cosmetic("accent", 2.0)
        self.error = pen("state.error", 1.6)
        self.error_far = cosmetic("state.error", 2.0)
        self.blocked = pen("state.error", 1.0, Qt.PenStyle.DotLine)
        self.disabled = pen("state.disabled", 1.6)
        self.stub = pen("wire.mask", 1.2)
        self.stub_color = theme.color("wire.mask")
        self.cached = {name: theme.color(f"state.cached_{name}") for name in ("device", "host", "disk")}
        self.computing = theme.color("state.computing")
        self.warning = theme.color("state.warning")
        self.error_color = theme.color("state.error")
        self.marks = {name: theme.color(f"value.{name}") for name in ("keyframe", "expression", "linked")}
        self.marks["held"] = self.cached["host"]
        self.chip = theme.color("surface.deep")
        self.chip_a = theme.color("accent")
        self.chip_b = theme.color("wire.view")
        self.chip_text = theme.color("text.on_accent")

    def count(self, nodes: int) -> None:
        """There are so many nodes."""
        self.near = NEAR_FEW if nodes < MANY else NEAR_MANY

    def fitting(self, text: str, width: float, small: bool = False) -> str:
        """A text, shortened where it is wider than `width`."""
        metrics = self.small_metrics if small else self.name_metrics
        return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)

    def last_words(self, text: str, width: float) -> str:
        """As many of the last words of a small text as `width` has room for, at least the last one."""
        words = text.split()
        while len(words) > 1 and self.small_metrics.horizontalAdvance(" ".join(words)) > width:
            del words[0]
        return " ".join(words)


def pen(name: str, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen in a colour of the theme, as wide as everything is scaled."""
    return QPen(theme.color(name), width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def cosmetic(name: str, width: float) -> QPen:
    """A pen that is as wide on the screen at any scale."""
    made = pen(name, width)
    made.setCosmetic(True)
    return made


@cache
def wire_pen(carries: str, mask: bool, bright: bool) -> QPen:
    """For a wire: images are thin and grey, light is broad and golden, masks thin and dim. bright : of selected nodes.

    carries : see `sockets.wire_type`.
    """
    light = carries == "rig"
    color = theme.color("wire.mask") if mask else theme.wire_color("image" if carries == "unknown" else carries)
    if bright:
        color = color.lighter(125)
    made = QPen(color, 2.8 if light else 1.2 if mask else 1.6)
    made.setCosmetic(True)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    return made


@cache
def tile_brush(kind: str, chosen: str, menu: str, selected: bool) -> QBrush:
    """The fill of a tile: of its category, or the artist's choice, dark enough for the text on it."""
    color = theme.category_color(kind, chosen, menu)
    base = theme.color("surface.panel")
    share = 0.95 if selected else 0.6
    while True:
        mixed = QColor.fromRgbF(*(share * a + (1 - share) * b for a, b in zip(_rgb(color), _rgb(base), strict=True)))
        if share < 0.15 or theme.contrast(theme.color("text.strong"), mixed) >= 4.5:
            return QBrush(mixed)
        share -= 0.05


@cache
def category_pen(kind: str, chosen: str, menu: str) -> QPen:
    """The line along the top of a tile, in the full colour of its category."""
    return QPen(theme.category_color(kind, chosen, menu), 3.0)


def _rgb(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()


def title_font(pixels: float) -> QFont:
    """The heading of a backdrop, as high as is readable from afar."""
    made = theme.font("title", bold=True)
    made.setPixelSize(max(1, round(pixels)))
    return made
