"""Strokes that say something of the light under them, as a script holds them.

    [{"name": "cheek", "brush": "brighten", "size": 60, "points": [[40, 60], [52, 64, 0.8]]},
     {"brush": "in_shadow", "points": [[210, 88], [240, 80]]}]

What they have in common with other strokes `brush_strokes` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .brush_strokes import BrushStroke, BrushStrokes

SAYINGS = ("brighten", "darken", "color", "in_shadow", "same_albedo", "keep")
"""What a stroke says: more light, less, another colour of it, shadow, one paint, and light that stays."""


@dataclass(frozen=True, repr=False)
class LightStroke(BrushStroke):
    """A stroke that says something of the light under it, as far as it covers."""

    brush: str = SAYINGS[0]

    seen: ClassVar[bool] = False
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**BrushStroke.choices, "brush": SAYINGS}


@dataclass(frozen=True)
class LightStrokes(BrushStrokes[LightStroke]):
    """Strokes that say something of light, in any order."""

    of: ClassVar[type[BrushStroke]] = LightStroke
