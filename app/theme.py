"""The look: colours by name, sizes, type, icons and the style sheet, from `resources/themes` and `resources/icons`.

Greys are neutral, red = green = blue, so that the eye judges the picture and not what is around it. Names of colours:
`surface.*`, `line`, `text*`, `accent*`, `error`, `warning`, `wire.*`, `category.*`, `state.*`, `value.*`, `channel.*`,
`axis.*`, `stroke.*`; see `resources/themes/dark.json`.
"""

import json
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

SPACE = 4
"""Distances are multiples of this, in device-independent pixels."""
RADIUS = 4
ROW = 24
"""Height of a row of properties or of a list."""

SIZES = {"small": 0.85, "body": 1.0, "title": 1.25, "display": 2.0}
"""Type scale, times the body size."""

_INK = "#dcdcdc"
"""The colour icons are drawn in, replaced by the one asked for."""
_STYLED = ("chevron-down", "chevron-left", "chevron-right", "chevron-up", "check", "close")
"""Icons that the style sheet draws itself."""
_CATEGORIES = {
    "image": "image", "draw": "draw", "time": "time", "channel": "channel", "color": "color", "filter": "filter",
    "key": "key", "merge": "merge", "transform": "transform", "light": "light", "baseline": "light",
    "learned": "learned", "face": "face", "uv": "face", "metadata": "metadata", "structure": "other",
}  # fmt: skip


def _resource(*parts: str) -> Path:
    with as_file(files("rimlight.resources").joinpath(*parts)) as path:
        return path


@cache
def colors() -> dict[str, str]:
    """All colours, `#rrggbb` by name."""
    found: dict[str, str] = json.loads(_resource("themes", "dark.json").read_text(encoding="utf-8"))
    return found


def color(name: str, alpha: float = 1.0) -> QColor:
    """A colour by name. Raises KeyError naming it."""
    found = QColor(colors()[name])
    found.setAlphaF(alpha)
    return found


def category_color(kind: str, chosen: str = "", menu: str = "") -> QColor:
    """Of a node, by its kind, `color.grade`, or the menu of one of a plugin, `Color/Mine`. chosen : the artist's
    choice, which counts if it is a colour.
    """
    own = QColor(chosen)
    words = (kind.partition(".")[0], menu.partition("/")[0].lower(), "structure")
    return own if own.isValid() else color(f"category.{next(_CATEGORIES[w] for w in words if w in _CATEGORIES)}")


def wire_color(type_name: str) -> QColor:
    """Of a wire, by what it carries: `image`, `rig`, or anything else."""
    return color({"image": "wire.image", "rig": "wire.light"}.get(type_name.lower(), "wire.value"))


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 to 21, by WCAG 2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(c: QColor) -> float:
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c.redF(), c.greenF(), c.blueF()))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def font(size: str = "body", bold: bool = False) -> QFont:
    """The interface's font in a size of the type scale."""
    made = QFont(QApplication.font())
    made.setPointSizeF(made.pointSizeF() * SIZES[size])
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def fixed_font() -> QFont:
    """For code and numbers in columns."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPointSizeF(QApplication.font().pointSizeF())
    return made


def icon(name: str, tint: str = "text") -> QIcon:
    """An icon of `resources/icons` in a colour, drawn at any size and pixel ratio; grey where disabled."""
    made = QIcon()
    usual, grey = _renderer(name, tint), _renderer(name, "text.disabled")
    for side in (16, 24, 32, 64):
        shown = _pixels(usual, side)
        made.addPixmap(shown, QIcon.Mode.Normal)
        made.addPixmap(shown, QIcon.Mode.Selected)
        made.addPixmap(_pixels(grey, side), QIcon.Mode.Disabled)
    return made


@cache
def _drawing(name: str) -> str:
    return _resource("icons", f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, side: int, tint: str = "text") -> QPixmap:
    """An icon as pixels, `side` x `side`."""
    return _pixels(_renderer(name, tint), side)


def _renderer(name: str, tint: str) -> QSvgRenderer:
    """Reads the drawing, which takes longer than to draw it."""
    return QSvgRenderer(QByteArray(_drawing(name).replace(_INK, colors()[tint]).encode()))


def _pixels(renderer: QSvgRenderer, side: int) -> QPixmap:
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        renderer.render(painter, QRectF(0, 0, side, side))
    return QPixmap.fromImage(image)


def style_sheet() -> str:
    """The one style sheet, with the colours filled in."""
    names = {name.replace(".", "_"): value for name, value in colors().items()}
    icons = {f"icon_{name.replace('-', '_')}": _resource("icons", f"{name}.svg").as_posix() for name in _STYLED}
    return Template(_resource("themes", "dark.qss").read_text(encoding="utf-8")).substitute(names | icons)


def apply(application: QApplication, font_scale: float = 1.0) -> None:
    """Dress the application. Once, before the first window."""
    application.setStyle("Fusion")
    body = QFont(application.font())
    body.setFamilies(["Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "DejaVu Sans", body.family()])
    body.setPointSizeF(9.0 * font_scale)
    application.setFont(body)
    application.setPalette(_palette())
    application.setStyleSheet(style_sheet())


def _palette() -> QPalette:
    roles = {
        "Window": "surface.panel", "WindowText": "text", "Base": "surface.base", "AlternateBase": "surface.panel",
        "Text": "text", "Button": "surface.raised", "ButtonText": "text", "BrightText": "text.strong",
        "Highlight": "selection", "HighlightedText": "text.strong", "ToolTipBase": "surface.deep",
        "ToolTipText": "text", "PlaceholderText": "text.dim", "Link": "accent", "Light": "surface.hover",
        "Mid": "line", "Dark": "surface.deep", "Shadow": "surface.deep", "Accent": "accent",
    }  # fmt: skip
    palette = QPalette()
    for role, name in roles.items():
        palette.setColor(getattr(QPalette.ColorRole, role), color(name))
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(QPalette.ColorGroup.Disabled, getattr(QPalette.ColorRole, role), color("text.disabled"))
    return palette
