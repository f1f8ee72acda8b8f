"""What a viewer is set to, apart from the nodes that it shows: plain data that scripts keep for each viewer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """What of a layer is seen. RGBA shows colour over the background, MATTE colour with the alpha as a red overlay."""

    RGBA = "rgba"
    RED = "r"
    GREEN = "g"
    BLUE = "b"
    ALPHA = "a"
    LUMINANCE = "y"
    MATTE = "m"


class Compare(StrEnum):
    """How side B is shown together with side A."""

    OFF = "off"
    WIPE = "wipe"
    OVER = "over"
    UNDER = "under"
    DIFFERENCE = "difference"
    SPLIT_H = "split horizontal"
    SPLIT_V = "split vertical"
    ONION = "onion"


class Background(StrEnum):
    """What is seen where the picture is transparent."""

    BLACK = "black"
    GREY = "grey"
    CHECKER = "checker"


class Zebra(StrEnum):
    """What is striped. ALBEDO : the surfaces that are darker or brighter than real ones."""

    OFF = "off"
    CLIPPING = "clipping"
    CONFIDENCE = "confidence"
    ALBEDO = "albedo"

    @property
    def layer(self) -> str:
        """The layer that says where the stripes are, empty where the picture itself does."""
        return self.value if self in (Zebra.CONFIDENCE, Zebra.ALBEDO) else ""


DOWNREZ = (1, 2, 4, 8, 16, 32)
SPOTS = (1, 5, 15, 45)
"""Sides of the square that the spot meter takes in, in pixels."""


@dataclass(frozen=True)
class ViewerSettings:
    """A new object for every change.

    layer : empty for the main one. exposure : stops. gamma : of the display. display, view : empty for the project's.
    gain : factor on the difference. mix : how much of B the wipe and the onion show, 0 to 1. wipe_x, wipe_y : where the
    wipe's handle is, as a fraction of the display window, y up. wipe_angle : degrees, counter-clockwise; at 0 B is on
    the right. roi : fractions of the display window as x0, y0, x1, y1, y up. threshold : the confidence below which
    the zebra stripes. false_color : light is seen in bands of stops. spot : side of what the meter measures under the
    mouse, in pixels. low, high : the range of values shown of depth, position and motion; None follows the picture.
    """

    layer: str = ""
    channel: Channel = Channel.RGBA
    exposure: float = 0.0
    gamma: float = 1.0
    display: str = ""
    view: str = ""
    compare: Compare = Compare.OFF
    gain: float = 1.0
    mix: float = 1.0
    wipe_x: float = 0.5
    wipe_y: float = 0.5
    wipe_angle: float = 0.0
    roi_on: bool = False
    roi: tuple[float, float, float, float] = (0.25, 0.25, 0.75, 0.75)
    proxy: bool = False
    downrez: int = 1
    background: Background = Background.BLACK
    zebra: Zebra = Zebra.OFF
    threshold: float = 0.5
    false_color: bool = False
    spot: int = 1
    overlays: bool = True
    low: float | None = None
    high: float | None = None

    @property
    def scale(self) -> float:
        """Of the pictures that are asked for."""
        return (0.5 if self.proxy else 1.0) / self.downrez

    def with_(self, **changes: Any) -> "ViewerSettings":
        return replace(self, **changes)

    def to_data(self) -> dict[str, Any]:
        """What differs from the defaults."""
        default = asdict(ViewerSettings())
        return {
            name: list(value) if isinstance(value, tuple) else value.value if isinstance(value, StrEnum) else value
            for name, value in asdict(self).items()
            if value != default[name]
        }

    @classmethod
    def from_data(cls, data: Any) -> "ViewerSettings":
        """Read plain data; whatever is unknown or not as it should be is left at its default."""
        out = cls()
        for field in fields(cls) if isinstance(data, Mapping) else ():
            if field.name in data:
                value = _checked(field.name, getattr(out, field.name), data[field.name])
                out = out if value is None else replace(out, **{field.name: value})
        return out


_RANGES = {
    "exposure": (-32.0, 32.0), "gamma": (0.01, 20.0), "gain": (0.0, 1e6), "mix": (0.0, 1.0), "threshold": (0.0, 1.0),
}  # fmt: skip


def _checked(name: str, default: Any, value: Any) -> Any:
    """The value if it is one that the field can have, else None."""
    if isinstance(default, StrEnum):
        return type(default)(value) if value in list(type(default)) else None
    if isinstance(default, bool | str):
        return value if type(value) is type(default) else None
    if isinstance(default, tuple):
        right = isinstance(value, list) and len(value) == len(default) and all(map(_number, value))
        return tuple(float(v) for v in value) if right else None
    if not _number(value):
        return None
    choices = {"downrez": DOWNREZ, "spot": SPOTS}.get(name)
    if choices is not None:
        return int(value) if value in choices else None
    low, high = _RANGES.get(name, (float("-inf"), float("inf")))
    return float(value) if low <= value <= high else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
