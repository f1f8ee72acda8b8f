"""Keyers and mattes of Nuke."""

from rimlight.engine import NukeClass, NukeConversion


def _keyer(c: NukeConversion) -> None:
    """`range {A B C D}`: black below A, white from B to C, black above D."""
    operation = c.text("operation", "luminance key")
    if operation not in ("luminance key", "luminance"):
        c.note(f"the operation '{operation}' was taken for a luminance key")
    low, high, falls, black = c.plain("range", 0, 1, 1, 1)
    c.set("low", (low, high))
    if (falls, black) != (1.0, 1.0):
        c.set("falls", True)
        c.set("high", (falls, black))
    c.knob("output")
    _inverted(c)


def _inverted(c: NukeConversion) -> None:
    for knob in ("invert", "out_invert"):
        if c.has(knob):
            c.knob(knob, "invert")


KEYER = NukeClass("Keyer", ignored="operation range mode luminance_math", inputs="image mask", convert=_keyer)


def _screen(c: NukeConversion) -> None:
    for knob in ("screenColour", "keycolor", "pickcolor", "color", "screen_color"):
        if c.has(knob):
            color = c.plain(knob, 0, 1, 0)
            c.set("screen", tuple(color[:3]))
    for knob in c.node.knobs:
        c.taken.add(knob)
    c.note("only the colour of the screen was taken: set the key anew")


SCREEN = NukeClass(
    "ChromaKeyer OFXuk.co.thefoundry.keylight.keylight_v201 Keylight Primatte3 Primatte", inputs="image",
    convert=_screen,
    differs="Keyers differ in method: the colour of the screen is taken over, the rest has to be set anew.",
)  # fmt: skip


def _difference(c: NukeConversion) -> None:
    offset, gain = c.plain("offset", 0)[0], c.plain("gain", 1)[0]
    c.set("low", max(offset, 0.0))
    c.set("high", max(offset, 0.0) + 1 / max(gain, 1e-3))
    c.knob("output")


DIFFERENCE = NukeClass("Difference", inputs="clean image", ignored="offset gain", convert=_difference)


def _cryptomatte(c: NukeConversion) -> None:
    c.set("matte_list", c.text("matteList", c.text("matteListEdit")))
    c.set("crypto_layer", c.text("cryptoLayerChoice", c.text("cryptoLayer")))
    c.set("output", c.channels(c.text("matteOutput", "alpha")))
    preview = c.text("previewMode", "None").lower()
    c.set("preview", {"edges": "edges", "colors": "colors"}.get(preview, "none"))
    for knob in c.node.knobs:
        c.taken.add(knob)


CRYPTOMATTE = NukeClass("Cryptomatte", convert=_cryptomatte)
