"""Nodes of Nuke that move pictures."""

from rimlight.engine import NukeClass, NukeConversion

_MOTION = "shutter shutteroffset shuttercustomoffset motionblur_on_different_scanlines clamp"


def _blurred(c: NukeConversion) -> None:
    if c.has("motionblur") and c.plain("motionblur", 0)[0] > 0:
        c.leave("motionblur")
    c.taken.add("motionblur")


def _transform(c: NukeConversion) -> None:
    _blurred(c)
    if c.has("center"):
        c.knob("center")
        c.set("center_from", "corner")


TRANSFORM = NukeClass(
    "Transform TransformMasked", {"skewX": "skew_x", "skewY": "skew_y"}, ignored=_MOTION, convert=_transform,
    inputs="image -", differs="Motion blur is a node of its own, MotionBlur. A mask on it is left out: use KeyMix.",
)  # fmt: skip


def _pin(c: NukeConversion) -> None:
    _blurred(c)
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))
    width, height = float(c.format.width), float(c.format.height)
    for i, (x, y) in enumerate(corners, 1):
        for side in ("to", "from"):
            c.set(f"{side}{i}", (x * width, y * height))
            c.knob(f"{side}{i}")
        if c.has(f"enable{i}") and not c.flag(f"enable{i}", True):
            c.note(f"pin {i} is switched off, which has no counterpart")


PIN = NukeClass("CornerPin2D", ignored=f"{_MOTION} uniformScale transform_matrix", inputs="image -", convert=_pin)


def _reformat(c: NukeConversion) -> None:
    kind = c.text("type", "to format")
    c.set("type", {"to box": "size", "scale": "scale"}.get(kind, "format"))
    if kind == "to box":
        width = c.plain("box_width", 200)[0]
        c.set("width", width)
        fixed = c.has("box_fixed") and c.flag("box_fixed")
        height = c.plain("box_height", 200)[0] if fixed else width * c.format.height / c.format.width
        c.set("height", max(1, round(height)))
        if not fixed:
            c.note("its height follows the width in Nuke: it was taken from the format of the script")
    if c.has("scale"):
        c.set("scale", c.plain("scale", 1)[0])
    if "to format" in kind:
        c.knob("format")


REFORMAT = NukeClass(
    "Reformat", {"pbb": "preserve_bbox"},
    ignored="box_width box_height box_fixed box_pixel_aspect clamp scale format type", convert=_reformat,
)  # fmt: skip


def _crop(c: NukeConversion) -> None:
    if not c.has("box"):
        c.set("box", (0.0, 0.0, float(c.format.width), float(c.format.height)))
    if c.has("softness") and c.plain("softness", 0)[0]:
        c.leave("softness")
    if c.has("crop") and not c.flag("crop", True):
        c.leave("crop")


CROP = NukeClass("Crop", ignored="softness crop", convert=_crop)


def _position(c: NukeConversion) -> None:
    c.set("filter", "impulse")


POSITION = NukeClass("Position", convert=_position, differs="Ours filters where it moves by parts of a pixel.")


def _lens(c: NukeConversion) -> None:
    if c.text("output", "Undistort").lower().startswith("redistort") or (
        c.has("invertDistortion") and c.flag("invertDistortion")
    ):
        c.set("output", "redistort")
    for knob in c.node.knobs:
        if "istortion" in knob and knob != "invertDistortion":
            c.leave(knob)
    c.note("the lens is left straight, because its model is another one: solve or set k1 and k2 anew")


LENS = NukeClass(
    "LensDistortion LensDistortion2", ignored="serialiseKnob serializeKnob gridFocal", convert=_lens,
    differs="The lens models differ, so that the numbers mean nothing here; an STMap carries any lens over.",
)  # fmt: skip


def _stmap(c: NukeConversion) -> None:
    layer = c.channel(c.text("uv", "forward"))
    c.set("layer", layer)
    chosen = c.channels(c.text("channels", "all"))
    if chosen not in ("rgba", "all"):
        c.leave("channels")
    if c.has("blur") and c.plain("blur", 0)[0]:
        c.leave("blur")
    for knob, name in (("uv_scale", "scale"), ("uv_offset", "offset")):
        if any(spec.name == name for spec in c.cls.specs):
            c.knob(knob, name)
        elif c.has(knob):
            c.leave(knob)


STMAP = NukeClass("STMap", ignored="blur channels uv premultiplied blur_scale", inputs="image field -", convert=_stmap)
IDISTORT = NukeClass("IDistort", ignored="blur channels uv blur_scale", inputs="image - ", convert=_stmap)


def _tracker(c: NukeConversion) -> None:
    operation = c.text("transform", "none")
    c.set("operation", {"stabilize 1pt": "stabilize", "stabilize (1pt)": "stabilize"}.get(operation, operation))
    c.knob("reference_frame")
    rows = _table(c) if c.has("tracks") else _old_tracks(c)
    if len(rows) > 8:
        c.note(f"only the first 8 of {len(rows)} tracks were taken")
    uses = set()
    for number, row in enumerate(rows[:8], 1):
        place = tuple(c.component(row, knob) for knob in ("track_x", "track_y"))
        c.set(f"track{number}", tuple(0.0 if value is None else value for value in place))
        if any(c.component(row, f"offset_{axis}") not in (0.0, None) for axis in "xy"):
            c.note(f"the offset of track {number} was left out")
        flags = {knob: _switch(row.get(knob, "0")) for knob in ("T", "R", "S")}
        uses |= {knob for knob, on in flags.items() if on}
        used = any(flags.values()) and _switch(row.get("enable", "1"))
        c.set(f"track{number}_weight", 1.0 if used else 0.0)
        for box, low in (("pattern", 3), ("search", 5)):
            sides = [c.component(row, f"{box}_{side}") for side in "xyrt"]
            if all(isinstance(side, float) for side in sides):
                x, y, r, t = (float(side) for side in sides if isinstance(side, float))
                if r - x >= low and t - y >= low:
                    c.set(f"track{number}_{box}", (r - x, t - y))
    c.set("motion", {"T": "translate", "TR": "rotate"}.get("".join(sorted(uses, key="TRS".index)), "automatic"))
    _blurred(c)


def _table(c: NukeConversion) -> list[dict[str, str]]:
    """The rows of Tracker4: a list of columns, then a list of values for each track."""
    parts = [word.text for word in c.items(c.text("tracks"))]
    if len(parts) < 3:
        return []
    columns = [([w.text for w in c.items(column.text)] + ["", "", "", ""])[4] for column in c.items(parts[1])]
    rows = []
    for row in c.items(parts[2]):
        cells = c.items(row.text)
        rows.append(
            {name: f"{{{cell.text}}}" if cell.braced else cell.text for name, cell in zip(columns, cells, strict=False)}
        )
    return rows


def _old_tracks(c: NukeConversion) -> list[dict[str, str]]:
    """The four points of Tracker3."""
    rows = []
    for number in range(1, 5):
        words = c.items(c.text(f"track{number}"))
        if len(words) != 2:
            continue
        x, y = (f"{{{word.text}}}" if word.braced else word.text for word in words)
        on = (c.has(f"enable{number}") and c.flag(f"enable{number}")) or number == 1
        use = c.text(f"use_for{number}", "all").lower()
        flags = {"T": "T" in use.upper() or use == "all", "R": "R" in use.upper(), "S": "S" in use.upper()}
        rows.append({"track_x": x, "track_y": y, "enable": str(int(on)), **{k: str(int(v)) for k, v in flags.items()}})
    return rows


def _switch(cell: str) -> bool:
    """A switch, or the first key of its curve."""
    words = cell.strip("{}").split()
    numbers = [word for word in words if word.lstrip("-").replace(".", "", 1).isdigit()]
    return bool(numbers) and float(numbers[0]) != 0


TRACKER = NukeClass(
    "Tracker4 Tracker3", ignored=f"{_MOTION} tracks selected_tracks toolbar_visibility_src keyframe_display motionblur "
    "translate rotate scale skewX skewY skew_order center xpos zoom_window_behaviour zoom_window_filter_behaviour "
    "export livelink_transform jitter_period smoothT smoothR smoothS filter_type max_iterations epsilon max_error "
    "adjust_for_luminance_changes clamp_super_white clamp_footage pretrack_filter "
    "cornerPinOptions cornerPinReferenceFrame",
    convert=_tracker, differs="Up to eight tracks; one set of letters T, R and S counts for all of them.",
)  # fmt: skip
