"""Cameras of Nuke."""

import math

from rimlight.engine import NukeClass, NukeConversion


def _camera(c: NukeConversion) -> None:
    if c.has("rotate"):
        for parameter, value in zip(("tilt", "pan", "roll"), c.numbers("rotate"), strict=False):
            c.set(parameter, value, "rotate")
    if c.text("rot_order", "ZXY") != "ZXY":
        c.note("its turns are in another order than ZXY: export a .chan file, and take it by that order")
    for knob in ("useMatrix", "read_from_file"):
        if c.has(knob) and c.flag(knob):
            c.leave(knob)
    focal, aperture = c.plain("focal", 50.0), c.plain("haperture", 24.576)
    if focal and aperture and focal[0] > 0:
        c.set("field_of_view", round(2 * math.degrees(math.atan(aperture[0] / (2 * focal[0]))), 5))


CAMERA = NukeClass(
    "Camera Camera2 Camera3", {"translate": "position"}, inputs="- -", convert=_camera,
    ignored="rotate rot_order xform_order scaling uniform_scale skew pivot useMatrix matrix read_from_file near far"
    " vaperture win_translate win_scale winroll focal_point projection_mode fstop focusDistance",
    differs="A lens that zooms keeps the field of view of the first frame. Stereo, scale and parents are left out.",
)  # fmt: skip
