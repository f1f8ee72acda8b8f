"""Nodes of Nuke that draw: what goes into alpha alone, opacity, boxes of text."""

from rimlight.engine import NukeClass, NukeConversion

_COMMON = "cliptype inject fringe premult ramp_lock"


def _onto(c: NukeConversion, color: str = "color") -> None:
    """Where it is drawn: ours draw red, green, blue and alpha; on black, alpha alone is a colour without light."""
    opacity = c.number("opacity", 1.0)
    chosen = c.channels(c.text("output", "rgba"))
    c.knob("color", color)
    if "opacity" not in {spec.name for spec in c.cls.specs} and c.has("opacity"):
        given = c.values.get(color, (1.0, 1.0, 1.0, 1.0))
        if isinstance(opacity, float) and all(isinstance(v, float) for v in given):
            c.set(color, tuple(v * opacity for v in given))
        else:
            c.leave("opacity")
    else:
        c.taken.discard("opacity")
    if chosen == "alpha" and not any(c.sources[:1]):
        given = c.values.get(color, (1.0, 1.0, 1.0, 1.0))
        c.set(color, (0.0, 0.0, 0.0, given[3]))
    elif chosen not in ("rgba", "all"):
        c.leave("output")


def _constant(c: NukeConversion) -> None:
    """Without alpha among its channels, a Constant has none."""
    c.knob("color")
    chosen = c.channels(c.text("channels", "rgba"))
    color = c.values.get("color")
    if chosen == "rgb" and color is not None:
        c.set("color", (*color[:3], 0.0))
    elif chosen not in ("rgb", "rgba", "all"):
        c.leave("channels")


CONSTANT = NukeClass("Constant", ignored="first last", convert=_constant)


def _area(c: NukeConversion) -> None:
    _onto(c)
    if c.has("ramp") and "ramp" not in {spec.name for spec in c.cls.specs} and c.text("ramp") != "none":
        c.leave("ramp")


RADIAL = NukeClass("Radial", ignored=f"{_COMMON} plinear", convert=_area)
RECTANGLE = NukeClass(
    "Rectangle", ignored=_COMMON, convert=_area,
    differs="The softness of Nuke's lies on both sides of the edge and may differ by axis; ours fades inwards.",
)  # fmt: skip


def _ramp(c: NukeConversion) -> None:
    _onto(c, "color1")


RAMP = NukeClass("Ramp", {"type": "curve"}, ignored=_COMMON, convert=_ramp)


def _noise(c: NukeConversion) -> None:
    _onto(c, "color1")
    c.set("color0", (0.0, 0.0, 0.0, 0.0))


NOISE = NukeClass(
    "Noise", {"zoffset": "z"}, ignored=f"{_COMMON} center", convert=_noise,
    choices={"type": {"fBm": "fbm"}}, differs="The pattern is another one, of the same size and roughness.",
)  # fmt: skip


def _text(c: NukeConversion) -> None:
    _onto(c)
    size = c.plain("font_size", 100)[0] * c.plain("global_font_scale", 1)[0] if c.node.cls == "Text2" else None
    c.set("size", max(size, 1) if size is not None else 100.0)
    if c.node.cls == "Text":
        c.knob("size")
    width, height = c.format.width, c.format.height
    left, bottom, right, top = c.plain("box", 0, 0, width, height)
    x, y = (
        c.text("xjustify", "left").lower(),
        c.text("yjustify", "top" if c.node.cls == "Text2" else "baseline").lower(),
    )
    align = x if x in ("left", "center", "right") else "left"
    vertical = y if y in ("top", "center", "bottom", "baseline") else "top"
    c.set("align", align)
    c.set("vertical", vertical)
    moved = c.plain("translate", 0, 0)
    at = {"left": left, "center": (left + right) / 2, "right": right}[align]
    on = {"top": top, "center": (bottom + top) / 2, "bottom": bottom, "baseline": bottom}[vertical]
    c.set("position", (at + moved[0], on + moved[1]))
    message = c.text("message")
    message = message.replace("[frame]", "{frame}").replace("[value frame]", "{frame}")
    if "[" in message:
        c.note(f"the text holds Tcl, which is not run here: {' '.join(message.split())[:60]}")
    c.set("message", message)
    if c.has("font"):
        c.leave("font")
    if c.has("leading"):
        c.set("leading", 1.2 + c.plain("leading", 0)[0])
    if c.has("tracking"):
        c.leave("tracking")


TEXTS = NukeClass(
    "Text2 Text",
    ignored=f"{_COMMON} old_message old_expression_markers center cursor_position cursor_initialised initial_cursor_"
    "position autofit_bbox group_animations animation_layers scale_multiplier cursor_position font_width font_height",
    convert=_text,
    differs="Fonts are files here, so the name of a font is left out; letters do not break at the edge of the box.",
)


def _grain(c: NukeConversion) -> None:
    """Nuke's intensity counts on another scale: the default of 0.42 is about what 0.04 is here."""
    for color, nuke, ours in (("red", 0.42, 0.04), ("green", 0.46, 0.04), ("blue", 0.85, 0.06)):
        value = c.plain(f"{color}_m", nuke)[0]
        c.set(f"{color}_m", value * ours / nuke)
        if value != nuke:
            c.note("intensities were taken in proportion to the defaults of both")
    if c.plain("black", 0)[0]:
        c.leave("black")
    c.set("seed", int(c.plain("seed", 134)[0]) & 0x7FFFFFFF)


GRAIN = NukeClass(
    "Grain2 Grain ScannedGrain", ignored="presets minimum maximum", convert=_grain,
    differs="Nuke's intensity counts on another scale (0.42, 0.46, 0.85 are its defaults) and is added; ours is a "
    "share of the light, so that it does not change with exposure. Values are taken in proportion to the defaults.",
)  # fmt: skip


def _glint(c: NukeConversion) -> None:
    if c.has("no_of_rays"):
        c.knob("no_of_rays", "rays")
    if c.has("angle"):
        c.knob("length", "ray_length")
        c.taken.discard("angle")


GLINT = NukeClass(
    "Glint", {"length": "ray_length", "odd_length": "odd_ray_length", "odd_rays": "odd_ray_length*100"},
    ignored="steps premult_rays w_channel gamma from_channels", convert=_glint,
    differs="Nuke counts the length of odd rays from 0 to 1, ours in percent; its steps and gamma are left out.",
)  # fmt: skip
