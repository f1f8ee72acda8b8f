"""Integer regions, formats and the coordinate convention of the whole product.

Pixels are stored and addressed as EXR does: y grows downwards, row 0 of a tensor is the top row of its region, and a
region is half-open, `[x0, x1) x [y0, y1)`, in pixels of the frame at the current proxy scale. Every region of the
engine (display window, data window, region of interest) is in these coordinates.

Numbers an artist sees are as in Nuke: y grows upwards, the origin is the bottom-left corner of the display window, and
the centre of the first pixel is at (0.5, 0.5). `to_artist` and `from_artist` are the only places that convert.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """A half-open rectangle of pixels, `[x0, x1) x [y0, y1)`, y down, at the proxy scale that it is used at.

    An empty region has no pixels whatever its corners say.
    """

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Pixels across; 0 where the corners are the other way round."""
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        """Pixels down; 0 where the corners are the other way round."""
        return max(0, self.y1 - self.y0)

    @property
    def area(self) -> int:
        """How many pixels there are."""
        return self.width * self.height

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x0, y0, x1, y1) as a plain tuple, for functions that know no Region."""
        return self.x0, self.y0, self.x1, self.y1

    def contains(self, other: "Region") -> bool:
        """True when every pixel of `other` is in this region; an empty `other` always is."""
        return other.is_empty or (
            self.x0 <= other.x0 and self.y0 <= other.y0 and other.x1 <= self.x1 and other.y1 <= self.y1
        )

    def intersect(self, other: "Region") -> "Region":
        """The common pixels; `EMPTY` when there are none."""
        region = Region(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))
        return EMPTY if region.is_empty else region

    def union(self, other: "Region") -> "Region":
        """The smallest region that holds both; empty regions do not count."""
        if self.is_empty:
            return EMPTY if other.is_empty else other
        if other.is_empty:
            return self
        return Region(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def expand(self, x: float, y: float | None = None) -> "Region":
        """Grown by `x` pixels left and right and `y` (default `x`) up and down, rounded outwards."""
        mx, my = math.ceil(x), math.ceil(x if y is None else y)
        return EMPTY if self.is_empty else Region(self.x0 - mx, self.y0 - my, self.x1 + mx, self.y1 + my)

    def shift(self, dx: int, dy: int) -> "Region":
        """Moved by `dx` pixels to the right and `dy` down."""
        return Region(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def scaled(self, scale: float) -> "Region":
        """The region at a proxy scale (0.5 is half size), rounded outwards, never less than a pixel."""
        if scale == 1.0 or self.is_empty:
            return self
        return Region(
            math.floor(self.x0 * scale), math.floor(self.y0 * scale),
            math.ceil(self.x1 * scale), math.ceil(self.y1 * scale),
        )  # fmt: skip

    def slices_of(self, inner: "Region") -> tuple[slice, slice]:
        """Row and column slices that cut `inner` out of a tensor that covers this region."""
        return (
            slice(inner.y0 - self.y0, inner.y1 - self.y0),
            slice(inner.x0 - self.x0, inner.x1 - self.x0),
        )

    def bands(self, rows: int) -> Iterable["Region"]:
        """The region cut into horizontal bands of at most `rows` rows, top to bottom."""
        for top in range(self.y0, self.y1, max(1, rows)):
            yield Region(self.x0, top, self.x1, min(top + max(1, rows), self.y1))

    def to_artist(self, x: float, y: float) -> tuple[float, float]:
        """A point in pixel space to artist space, this region being the display window."""
        return x - self.x0, self.y1 - y

    def from_artist(self, x: float, y: float) -> tuple[float, float]:
        """A point in artist space (y up, origin bottom left of this display window) to pixel space."""
        return x + self.x0, self.y1 - y

    def pixel(self, x: float, y: float) -> "Region":
        """The pixel at a point in artist space, this region being the display window."""
        left, top = self.from_artist(x, y)
        column, row = math.floor(left), math.floor(top)
        return Region(column, row, column + 1, row + 1)

    def nearest(self, other: "Region") -> "Region":
        """The pixels that two regions have in common, or the row, column or pixel of this one that is nearest to the
        other, so that whoever repeats its edge finds it; neither may be empty.
        """
        x0, y0 = min(max(other.x0, self.x0), self.x1 - 1), min(max(other.y0, self.y0), self.y1 - 1)
        return Region(x0, y0, max(x0 + 1, min(other.x1, self.x1)), max(y0 + 1, min(other.y1, self.y1)))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}{self.x0:+d}{self.y0:+d}"


EMPTY = Region(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Format:
    """A named picture size in pixels with its pixel aspect (width over height of a pixel)."""

    name: str
    width: int
    height: int
    pixel_aspect: float = 1.0

    @property
    def region(self) -> Region:
        """Its frame, which begins at 0, 0."""
        return Region(0, 0, self.width, self.height)


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("PC_Video", 640, 480),
        Format("NTSC", 720, 486, 0.91),
        Format("PAL", 720, 576, 1.09),
        Format("HD_720", 1280, 720),
        Format("HD", 1920, 1080),
        Format("UHD_4K", 3840, 2160),
        Format("1K_Super_35", 1024, 778),
        Format("2K_Super_35", 2048, 1556),
        Format("4K_Super_35", 4096, 3112),
        Format("2K_Cinemascope", 1828, 1556, 2.0),
        Format("4K_Cinemascope", 3656, 3112, 2.0),
        Format("2K_DCP", 2048, 1080),
        Format("4K_DCP", 4096, 2160),
        Format("square_256", 256, 256),
        Format("square_512", 512, 512),
        Format("square_1K", 1024, 1024),
        Format("square_2K", 2048, 2048),
    )
}


def parse_format(text: str) -> Format:
    """A format by name (`HD`) or by size (`1920x1080`, `2048x1556@2.0` with pixel aspect), sides of 1 to 65536 pixels.

    Raises ValueError with a sentence when it is neither.
    """
    if text in FORMATS:
        return FORMATS[text]
    size, _, aspect = text.partition("@")
    try:
        width, height = (int(part) for part in size.lower().split("x"))
        pixel_aspect = float(aspect) if aspect else 1.0
    except ValueError:
        raise ValueError(
            f"'{text:.60}' is no format: expected a name such as HD or a size such as 1920x1080 or 1828x1556@2"
        ) from None
    if width < 1 or height < 1 or not 0 < pixel_aspect < math.inf or max(width, height) > 65536:
        raise ValueError(f"'{text:.60}' is no format: width and height must be 1 to 65536 and the pixel aspect above 0")
    return Format(text, width, height, pixel_aspect)
