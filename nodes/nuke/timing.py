"""Nodes of Nuke that move frames in time."""

from rimlight.engine import NukeClass, NukeConversion


def _time_offset(c: NukeConversion) -> None:
    c.knob("time_offset", "offset")
    if c.has("reverse_input") and c.flag("reverse_input"):
        c.set("reverse", True)
        c.set("first", c.frames[0])
        c.set("last", c.frames[1])
        c.note("it is reversed within the frames of the script: set the range of the material")


TIME_OFFSET = NukeClass("TimeOffset", ignored="time dtime", convert=_time_offset)


def _retime(c: NukeConversion) -> None:
    spans = {knob: c.plain(knob) for knob in ("input.first", "input.last", "output.first", "output.last")}
    names = ("input_first", "input_last", "output_first", "output_last")
    for (knob, found), name in zip(spans.items(), names, strict=True):
        default = c.frames[0 if knob.endswith("first") else 1]
        c.set(name, found[0] if found else default)
    reverse = c.has("reverse") and c.flag("reverse")
    ranged = bool(spans["output.last"]) and bool(spans["input.last"])
    if ranged:
        c.set("method", "range")
        if reverse:
            c.note("reverse was left out: exchange input first and last")
        c.taken.add("speed")
    else:
        c.knob("speed")
        c.set("start", spans["input.first"][0] if spans["input.first"] else c.frames[0])
        if reverse:
            c.set("speed", -c.values.get("speed", 1.0))
            c.set("start", float(c.frames[1]))
    c.set("blend", "nearest" if c.text("filter", "none") in ("none", "nearest") else "frames")


def _time_warp(c: NukeConversion) -> None:
    c.set("method", "frame")
    c.knob("lookup", "source_frame")
    c.set("blend", "nearest" if c.text("filter", "none") in ("none", "nearest") else "frames")


def _kronos(c: NukeConversion) -> None:
    c.set("blend", "motion")
    timing = c.text("timing2", c.text("timing", "Output Speed"))
    if "Frame" in timing:
        c.set("method", "frame")
        c.knob("timingFrame2" if c.has("timingFrame2") else "timingFrame", "source_frame")
        return
    speed = c.number("timingOutputSpeed" if c.has("timingOutputSpeed") else "timingSpeed", 0.5)
    if isinstance(speed, (int, float)):
        c.set("speed", speed)
    else:
        c.leave("timingOutputSpeed")
    c.set("start", float(c.frames[0]))


RETIMES = (
    NukeClass(
        "Retime", ignored="input.first_lock input.last_lock output.first_lock output.last_lock shutter",
        values={"before": "hold", "after": "hold"}, choices={"before": {"cont": "continue"}}, convert=_retime,
        differs="It goes by ranges where both are set, by speed otherwise.",
    ),
    NukeClass("TimeWarp", ignored="length time", convert=_time_warp),
    NukeClass(
        "Kronos OFlow OFlow2", convert=_kronos,
        differs="Motion is found in another way; its quality knobs have no counterpart.",
    ),
)  # fmt: skip


def _frame_hold(c: NukeConversion) -> None:
    c.knob("first_frame" if c.has("first_frame") else "firstFrame", "first")
    c.knob("increment")


FRAME_HOLD = NukeClass("FrameHold", values={"first": 0}, convert=_frame_hold)
FRAME_RANGE = NukeClass("FrameRange", {"first_frame": "first", "last_frame": "last"}, ignored="time timeline_read")


def _frame_blend(c: NukeConversion) -> None:
    ranged = c.has("userange") and c.flag("userange")
    c.set("method", "range" if ranged else "trailing")
    c.knob("numframes", "number")
    c.knob("startframe", "first")
    c.knob("endframe", "last")


FRAME_BLEND = NukeClass(
    "FrameBlend", ignored="foreground keepfirst", convert=_frame_blend,
    differs="Which frames are blended without a range is not documented: here the current one and those before it.",
)  # fmt: skip


def _append(c: NukeConversion) -> None:
    """Clips of known length one behind another: each pair becomes a node of its own."""
    first = round(c.plain("firstFrame", 1)[0])
    dissolve = round(c.plain("dissolve", 0)[0])
    clips = [name for name in c.sources if name is not None]
    lengths = [c.length_of(i) for i, name in enumerate(c.sources) if name is not None]
    c.taken |= {"firstFrame", "dissolve"}
    if len(clips) < 2:
        return
    cut, before = first, clips[0]
    for i, (clip, known) in enumerate(zip(clips[1:], lengths[1:], strict=True)):
        span = lengths[i]
        if span is None or known is None:
            c.note(f"how long {clips[i] if span is None else clip} is was not found: set the cut")
        length = (span[1] - span[0] + 1) if span is not None else 100
        cut += length - (dissolve if i else 0)
        values = {"cut": cut - dissolve, "start": known[0] if known is not None else 1, "dissolve": dissolve}
        if i < len(clips) - 2:
            before = c.make("time.append_clip", {"image": before, "second": clip}, values)
            continue
        for name, value in values.items():
            c.set(name, value)
        c.wires |= {"image": before, "second": clip}
    if lengths[0] is not None and first != lengths[0][0]:
        c.note(f"the first clip begins at frame {lengths[0][0]}, not at {first}: move it by a TimeOffset")
    c.sources = []


APPEND = NukeClass("AppendClip", ignored="meta_from_first", convert=_append)
