"""Nodes of Nuke that send channels to channels."""

import re

from rimlight.engine import NukeClass, NukeConversion

_COLORS = ("red", "green", "blue", "alpha")
_RGBA = ("rgba.R", "rgba.G", "rgba.B", "rgba.A")


def _copy(c: NukeConversion) -> None:
    made = []
    defaults = {"from0": "rgba.alpha", "to0": "rgba.alpha"}
    for i in range(4):
        source, target = (c.channel(c.text(f"{w}{i}", defaults.get(f"{w}{i}", "none"))) for w in ("from", "to"))
        if source not in ("", "none") and target not in ("", "none"):
            made.append(f"{target}={source}")
    layers = c.channels(c.text("channels", "none"))
    made += [f"{layer}={layer}" for layer in layers.split() if layer not in ("none", "all")]
    if layers == "all":
        c.leave("channels")
    c.set("mapping", " ".join(made))


COPY = NukeClass("Copy", ignored="bbox metainput", convert=_copy)


def _shuffle(c: NukeConversion) -> None:
    """The old Shuffle: in and in2, where `red`, `green2` and so on say what each channel becomes."""
    sources = [c.text("in", "rgba"), c.text("in2", "none")]
    targets = [c.text("out", "rgba"), c.text("out2", "none")]
    made: list[str] = []
    for place, target in enumerate(targets):
        if target == "none":
            continue
        for name in _COLORS:
            # The lines of the second output are called black, white, red2 and so on in some versions.
            knob = name if place == 0 else ("black", "white", "red2", "green2")[_COLORS.index(name)]
            value = c.text(knob, name).strip()
            source = _source(value, sources, prefix="A:" if c.node.cls == "ShuffleCopy" else "")
            if source is None:
                c.leave(knob)
            elif source != f"{_layer(target)}.{_letter(name)}":
                made.append(f"{_layer(target)}.{_letter(name)}={source}")
    c.set("mapping", " ".join(made))
    c.set("missing", "black")


def _source(value: str, layers: list[str], prefix: str) -> str | None:
    """Where a channel of a Shuffle comes from, None for what cannot be read."""
    if value in ("black", "white"):
        return "0" if value == "black" else "1"
    found = re.fullmatch(r"(red|green|blue|alpha)(2?)", value)
    if found is None:
        return None
    return f"{prefix}{_layer(layers[bool(found[2])])}.{_letter(found[1])}"


def _layer(name: str) -> str:
    return {"rgb": "rgba", "alpha": "rgba"}.get(name, name)


def _letter(name: str) -> str:
    return name[0].upper()


def _shuffle2(c: NukeConversion) -> None:
    """`mappings "4 rgba.red 0 0 rgba.red 0 0 ..."`: a source, its input and place, a target, its output and place."""
    sockets = [_socket(c.text("fromInput1", "{0} B")), _socket(c.text("fromInput2", "{0} B"))]
    words = [word.text for word in c.items(c.text("mappings"))]
    made = []
    rows = [words[i : i + 6] for i in range(1, len(words) - 5, 6)] or []
    for source, number, _, target, _, _ in rows:
        channel = c.channel(target)
        if source in ("black", "white"):
            made.append(f"{channel}={'0' if source == 'black' else '1'}")
            continue
        prefix = f"{sockets[1 if number == '1' else 0]}:"
        found = c.channel(source)
        if prefix + found != f"B:{channel}":
            made.append(f"{channel}={prefix if 'A' in prefix else ''}{found}")
    inputs = [c.text("in1", "rgba"), c.text("in2", "none")]
    outputs = [c.text("out1", "rgba"), c.text("out2", "none")]
    if not rows and outputs[0] != "none" and inputs[0] not in ("none", outputs[0]):
        made += [f"{_layer(outputs[0])}.{letter}={_layer(inputs[0])}.{letter}" for letter in "RGBA"]
    c.set("mapping", " ".join(made))
    c.set("missing", "black")


def _socket(text: str) -> str:
    return "A" if text.split()[-1:] == ["A"] else "B"


SHUFFLES = (
    NukeClass("Shuffle", ignored="in out in2 out2", convert=_shuffle),
    NukeClass(
        "ShuffleCopy", inputs="B A", ignored="in out in2 out2", convert=_shuffle,
        differs="The second output of old Shuffles is read as far as its knobs are known.",
    ),
    NukeClass("Shuffle2", inputs="B A", ignored="in1 in2 out1 out2", convert=_shuffle2),
)  # fmt: skip


def _add_channels(c: NukeConversion) -> None:
    names: list[str] = []
    for knob in ("channels", "channels2", "channels3", "channels4"):
        names += [n for n in c.channels(c.text(knob, "none")).split() if n != "none"]
    layers = list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))
    if not layers:
        return
    c.set("layer", "rgba" if layers[0] in ("rgb", "rgba", "alpha") else layers[0])
    if len(layers) > 1:
        c.note(f"only the layer {layers[0]} is added, not {', '.join(layers[1:])}")


ADD_CHANNELS = NukeClass("AddChannels", ignored="format_size", convert=_add_channels)


def _remove(c: NukeConversion) -> None:
    names = [c.channels(c.text(knob, "none")) for knob in ("channels", "channels2", "channels3", "channels4")]
    c.set("channels", " ".join(name for name in names if name != "none") or "none")


REMOVE = NukeClass("Remove", convert=_remove)


def _merge(c: NukeConversion) -> None:
    parts = {knob: c.channels(c.text(knob, "rgba")) for knob in ("Achannels", "Bchannels", "output")}
    also = c.channels(c.text("also_merge", "none"))
    output = parts["output"]
    c.set("channels", output if also == "none" else f"{output} {also}")
    for knob in ("Achannels", "Bchannels"):
        if parts[knob] != output:
            c.leave(knob)


MERGE = NukeClass(
    "Merge2 Merge",
    knobs={"screen_alpha": "alpha_masking"},
    inputs="B A mask A2 A3 A4 A5 A6 A7 A8 A9",
    ignored="metainput rangeinput Achannels Bchannels also_merge",
    convert=_merge,
    differs="Other channels of A and B than those written are left out. Merging in video space is not done.",
)


def _expressions(c: NukeConversion, prefix: str = "expr") -> None:
    """Rows of an expression node: variables, and an expression for the channels of each row."""
    lines = []
    for i in range(4):
        name = c.text(f"temp_name{i}").strip()
        text = c.pixel_expression(f"temp_expr{i}")
        if name and text:
            lines.append(f"{name} = {text}")
            c.variables.add(name)
    if lines:
        c.set("variables", "\n".join(lines))
    for i in range(4):
        chosen = c.channels(c.text(f"channel{i}", f"rgba.{_COLORS[i]}"))
        text = c.pixel_expression(f"{prefix}{i}")
        if not text:
            continue
        letters = {"rgb": "RGB", "rgba": "RGBA", "alpha": "A"}.get(chosen, "")
        letters = letters or "".join(n[5:] for n in chosen.split() if n in _RGBA)
        for letter in letters:
            c.set(_COLORS["RGBA".index(letter)], text)
        if not letters:
            c.leave(f"channel{i}")


EXPRESSION = NukeClass("Expression", convert=_expressions)
MERGE_EXPRESSION = NukeClass("MergeExpression", ignored="bbox", convert=_expressions)
