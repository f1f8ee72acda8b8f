"""Colour nodes of Nuke with curves, matrices or names of their own."""

from rimlight.engine import Curve, NukeClass, NukeConversion

_RANGES = ("shadows", "midtones", "highlights")
_GROUPS = ("saturation", "contrast", "gamma", "gain", "offset")


def _matrix(c: NukeConversion) -> None:
    """Three rows of three, each in braces of its own."""
    rows = [word.text for word in c.items(c.text("matrix"))]
    numbers = [
        c.component({"matrix": f"{{{w.text}}}" if w.braced else w.text}, "matrix") for r in rows for w in c.items(r)
    ]
    if len(numbers) == 9:
        c.set("matrix", tuple(0.0 if n is None else n for n in numbers))
    elif numbers:
        c.leave("matrix")


MATRIX = NukeClass("ColorMatrix", ignored="matrix", convert=_matrix)


def curves_of(c: NukeConversion, knob: str) -> dict[str, Curve]:
    """The curves of a knob, `{sat {curve x0 1 x3 0.5} lum {}}`, by name; those that are empty are left out."""
    words = c.items(c.text(knob))
    found = {}
    for name, word in zip(words[::2], words[1::2], strict=False):
        text = word.text.strip().removeprefix("{").removesuffix("}").strip()
        curve = c.curve(text.removeprefix("curve")) if text.startswith("curve") else None
        if curve is not None:
            found[name.text] = curve
    return found


def _hue_correct(c: NukeConversion) -> None:
    for name, curve in curves_of(c, "hue").items():
        if name == "sat_thrsh":
            c.set("sat_thrsh", min(max(curve.keys[0].value, 0.0), 1.0))
            if not curve.is_constant:
                c.note("the curve sat_thrsh is one number here, its first")
        elif any(spec.name == name for spec in c.cls.specs):
            c.set(name, curve)
    if c.text("luminance") or c.has("mix_luminance"):
        c.note("the luminance of Nuke is that of Rec. 709 unless the working space is another one")


HUE_CORRECT = NukeClass("HueCorrect", ignored="hue mix_luminance luminance", convert=_hue_correct)


def _hue_keyer(c: NukeConversion) -> None:
    for name, curve in curves_of(c, "hue").items():
        if name in ("amount", "sat_thrsh"):
            c.set(name, curve)


HUE_KEYER = NukeClass("HueKeyer", ignored="hue", convert=_hue_keyer)


def _lookup(c: NukeConversion) -> None:
    for name, curve in curves_of(c, "lut").items():
        if any(spec.name == name for spec in c.cls.specs):
            c.set(name, curve)


LOOKUP = NukeClass("ColorLookup", ignored="lut source target setRGB setA use_precomputed", convert=_lookup)


def _correct(c: NukeConversion) -> None:
    curves = curves_of(c, "lookup")
    for name, parameter in (("shadow", "shadows_range"), ("shadows", "shadows_range"),
                            ("highlight", "highlights_range"), ("highlights", "highlights_range")):  # fmt: skip
        if name in curves:
            c.set(parameter, curves[name])


CORRECT = NukeClass(
    "ColorCorrect", {f"{r}.{g}": f"{r}_{g}" for r in _RANGES for g in _GROUPS}, ignored="lookup test", convert=_correct
)


def _exposure(c: NukeConversion) -> None:
    mode = c.text("mode", "Stops" if c.has("mode") else "Densities")
    if mode not in ("Stops", "0"):
        c.note(f"the mode '{mode}' was taken for stops")
    colors = [c.number(name, 0.0) for name in ("red", "green", "blue")]
    c.set("stops", tuple(colors))


EXPOSURE = NukeClass(
    "EXPTool", ignored="mode gang colorspace", convert=_exposure, differs="By stops; densities are not converted.",
)  # fmt: skip


def _colorspace(c: NukeConversion) -> None:
    for knob, name in (("colorspace_in", "in_colorspace"), ("colorspace_out", "out_colorspace")):
        if c.has(knob):
            c.knob(knob, name)
    for side in ("in", "out"):
        for what in ("primary", "illuminant"):
            if c.has(f"{what}_{side}"):
                c.leave(f"{what}_{side}")


COLORSPACES = (
    NukeClass("OCIOColorSpace", values={"channels": "rgb"}),
    NukeClass(
        "Colorspace", {"colorspace_in": "in_colorspace", "colorspace_out": "out_colorspace"}, convert=_colorspace,
        differs="Spaces keep their names; those that the config does not have, such as YCbCr, must be replaced.",
    ),
)  # fmt: skip


def _cdl(c: NukeConversion) -> None:
    if c.has("read_from_file") and c.flag("read_from_file"):
        c.leave("file")


CDL = NukeClass("OCIOCDLTransform", ignored="file cccid read_from_file version export", convert=_cdl)
