"""Our Paint as Nuke writes its RotoPaint, in the format that `paint.py` reads."""

from rimlight.engine import Curve, NodeState

from ..ops.drawn import Number
from ..ops.paint_strokes import PaintStroke, PaintStrokes
from .roto_writing import bits, curves_of, keyed, placement

TOOLS = dict(enumerate(("brush", "eraser", "clone", "reveal", "dodge", "burn", "blur", "sharpen", "smear"), 17))
"""Nuke's tools by their numbers, in the order in which its toolbox lists them from the brush on."""
SOURCES = {0: "paint", 1: "clone", 2: "erase", 3: "reveal"}
"""Brushes by what they paint with: their colour, what is painted, the input, the second input."""
_NUMBERS = {"paint": 17, "erase": 18, "clone": 19, "reveal": 20}


def write_paint(state: NodeState) -> tuple[dict[str, str], list[str]]:
    """The knobs of a RotoPaint as Nuke's text, and what could not be written, as sentences."""
    notes: list[str] = []
    strokes = state.value("strokes")
    assert isinstance(strokes, PaintStrokes)
    # Nuke paints the first last.
    written = [text for stroke in reversed(strokes.strokes) if (text := _stroke(stroke, notes))]
    knobs = {"curves": curves_of(state, written, notes)}
    if isinstance(channels := state.value("channels"), str) and channels in ("rgb", "rgba", "alpha"):
        knobs = {"output": channels, **knobs}
    else:
        notes.append("its channels were left out: choose the output")
    if state.value("mix") != 1:
        notes.append("mix was left out: put a Dissolve behind")
    return knobs, notes


def _stroke(stroke: PaintStroke, notes: list[str]) -> str:
    name = (stroke.name or "Brush1").replace(" ", "_")
    if not stroke.points:
        return ""
    if stroke.brush not in _NUMBERS:
        notes.append(f"{name} is a {stroke.brush}, and was left out")
        return ""
    if stroke.time or stroke.time_mode != "relative":
        notes.append(f"the frame that {name} copies from was left out")
    if any(point[2] != 1 for point in stroke.points):
        notes.append(f"the pressure of {name} was left out")
    source = next(number for number, brush in SOURCES.items() if brush == stroke.brush)
    found: dict[str, Number] = {
        "bs": stroke.size,
        "h": stroke.hardness,
        "opc": stroke.opacity,
        "bu": 0.0,
        "str": 1.0,
        "src": float(source),
    }
    if stroke.brush == "paint":
        found |= {key: first(n) for key, n in zip("rgb", stroke.color, strict=True)}
    if any(isinstance(n, Curve) for n in (*stroke.color, *stroke.offset)):
        notes.append(f"the colour and the offset of {name} are animated, and went as they are at the first key")
    if stroke.offset != (0.0, 0.0):
        found |= {"stx": -first(stroke.offset[0]), "sty": -first(stroke.offset[1])}
    if not stroke.visible:
        found["vis"] = 0.0
    found |= _life(stroke) | {"tt": float(_NUMBERS[stroke.brush])}
    points = "\n        ".join(f"{{{bits(x)} {bits(y)} 1}}" for x, y, _ in stroke.points)
    attributes = " ".join(f"{key} {keyed(value)}" for key, value in found.items())
    return (
        f"{{cubiccurve {name} 512 catmullrom\n     {{cc\n      {{f 2080}}\n      {{p\n        {points}}}}}\n"
        f"     {placement(stroke)}\n     {{a {attributes}}}}}"
    )


def first(value: Number) -> float:
    """A number, or that of its first key."""
    return value.keys[0].value if isinstance(value, Curve) else value


def _life(stroke: PaintStroke) -> dict[str, float]:
    first, last = stroke.frames
    if first is None and last is None:
        return {}
    if first is None or last is None:
        frame = last if last is not None else first
        assert frame is not None
        return {"ltn": frame, "ltm": frame, "ltt": 1.0 if first is None else 3.0}
    return {"ltn": first, "ltm": last, "ltt": 2.0 if first == last else 4.0}
