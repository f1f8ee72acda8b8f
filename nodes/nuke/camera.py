"""Cameras of Nuke."""

import math
from collections.abc import Callable, Sequence

from rimlight.engine import TURN_ORDERS, Curve, Expr, NukeClass, NukeConversion, head_angles, turn

_HEAD = "ZXY"
"""The order of the turns of a head that pans, tilts and rolls."""
_WINDOW = {"win_translate": 0.0, "win_scale": 1.0, "winroll": 0.0}
"""What shifts, scales and turns the film behind the lens, and where it does not."""
_LENS = "perspective"
_MOST = 100_000
"""Frames that are keyed one by one."""


def _camera(c: NukeConversion) -> None:
    order, angles = c.text("rot_order", _HEAD), c.numbers("rotate")
    if len(angles) == 3 and order == _HEAD:
        for parameter, value in zip(("tilt", "pan", "roll"), angles, strict=True):
            c.set(parameter, value, "rotate")
    elif len(angles) == 3:
        made = None if order not in TURN_ORDERS else _by_frame(angles, lambda now, near: _head(now, order, near))
        for parameter, value in zip(("pan", "tilt", "roll"), made or (), strict=False):
            c.set(parameter, value, "rotate")
        if made is None:
            c.note("its turns are in another order than ZXY: export a .chan file, and take it by that order")
    for knob in ("useMatrix", "read_from_file"):
        if c.has(knob) and c.flag(knob):
            c.leave(knob)
    for knob, usual in _WINDOW.items():
        if any(value != usual for value in c.numbers(knob)):
            c.leave(knob)
    if c.text("projection_mode", _LENS) != _LENS:
        c.leave("projection_mode")
    lens = (c.number("focal", 50.0), c.number("haperture", 24.576))
    view = _by_frame(lens, lambda now, _: (_view(*now),))
    if view is None:
        c.leave("focal")
    else:
        c.set("field_of_view", view[0], "focal")


def _head(degrees: Sequence[float], order: str, near: Sequence[float]) -> tuple[float, ...]:
    """Pan, tilt and roll of turns that are made in another order."""
    return tuple(round(angle, 5) + 0.0 for angle in head_angles(turn(degrees, order), near or (0.0, 0.0, 0.0)))


def _view(focal: float, aperture: float) -> float:
    """The angle that the frame is wide, of a focal length and a film width."""
    return round(2 * math.degrees(math.atan2(abs(aperture), 2 * max(focal, 1e-6))), 5)


def _by_frame(
    values: Sequence[float | Curve | Expr], make: Callable[[Sequence[float], Sequence[float]], tuple[float, ...]]
) -> list[float | Curve] | None:
    """What `make` gives for numbers, some of them animated, as curves with a key at every frame of these. `make` gets
    the numbers of a frame, and what it gave for the one before. None where there are expressions, or too many frames.
    """
    keys = [key.frame for value in values if isinstance(value, Curve) for key in value.keys]
    if any(isinstance(value, Expr) for value in values) or (keys and max(keys) - min(keys) > _MOST):
        return None
    frames = range(math.floor(min(keys)), math.ceil(max(keys)) + 1) if keys else range(1)
    rows: list[tuple[float, ...]] = []
    for frame in frames:
        now = [float(v.at(frame)) if isinstance(v, Curve) else v for v in values if not isinstance(v, Expr)]
        rows.append(make(now, rows[-1] if rows else ()))
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [
        c[0] if min(c) == max(c) else Curve.from_data([[f, v, "linear"] for f, v in zip(frames, c, strict=True)])
        for c in columns
    ]


CAMERA = NukeClass(
    "Camera Camera2 Camera3", {"translate": "position"}, inputs="- -", convert=_camera,
    ignored="rotate rot_order xform_order scaling uniform_scale skew pivot useMatrix matrix read_from_file near far"
    " vaperture win_translate win_scale winroll focal_point projection_mode fstop focusDistance",
    differs="Turns in another order than ZXY and lenses that zoom get a key at every frame. Stereo, scale, parents and"
    " what shifts the film are left out.",
)  # fmt: skip
