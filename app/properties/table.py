"""Which row edits which parameter: the one table from declarations to editors. The first line that fits counts."""

from collections.abc import Callable

from rimlight.engine import Curve, Spec, is_track

from .number_rows import BoolRow, ColorRow, FrameRow, KelvinRow, MatrixRow, NumberRow, SizeRow, VectorRow
from .parameter import Parameter
from .rows import Row, Shared
from .shapes_row import ShapesRow
from .strokes_row import StrokesRow
from .text_rows import ChoiceRow, FileRow, OfferRow, ParagraphRow, PixelExpressionRow, TextRow
from .track_rows import TrackRow
from .value_rows import LookupRow

_OFFERED = ("layer", "channel", "channels", "colorspace", "display", "view", "look", "format", "model", "lights",
            "link")  # fmt: skip

TABLE: tuple[tuple[Callable[[Spec], bool], type[Row]], ...] = (
    (lambda s: s.type is Curve, LookupRow),
    (lambda s: s.role == "shapes", ShapesRow),
    (lambda s: s.role == "strokes", StrokesRow),
    (lambda s: s.type is object, ParagraphRow),
    (lambda s: s.type is bool, BoolRow),
    (lambda s: bool(s.choices), ChoiceRow),
    (lambda s: s.role in ("file", "folder", "font", "config"), FileRow),
    (lambda s: s.role in _OFFERED, OfferRow),
    (lambda s: s.role == "text", ParagraphRow),
    (lambda s: s.role == "expression", PixelExpressionRow),
    (lambda s: s.type is str, TextRow),
    (lambda s: s.role == "color" and s.size in (3, 4), ColorRow),
    (lambda s: s.role in ("size", "stretch") and s.size == 2, SizeRow),
    (lambda s: s.size == 9, MatrixRow),
    (is_track, TrackRow),
    (lambda s: s.size > 1, VectorRow),
    (lambda s: s.unit == "K", KelvinRow),
    (lambda s: s.unit == "frame", FrameRow),
    (lambda s: True, NumberRow),
)


def row_type(spec: Spec) -> type[Row]:
    """The kind of row for a declaration."""
    return next(kind for fits, kind in TABLE if fits(spec))


def make_row(shared: Shared, parameter: Parameter) -> Row:
    """The row of a parameter."""
    return row_type(parameter.spec)(shared, parameter)
