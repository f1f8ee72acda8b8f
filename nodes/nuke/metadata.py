"""Metadata nodes of Nuke, and Assert."""

from rimlight.engine import NukeClass, NukeConversion


def _modify(c: NukeConversion) -> None:
    """`metadata {{set name value} {remove name ""}}`."""
    lines = []
    for word in c.items(c.text("metadata")):
        parts = [part.text for part in c.items(word.text)]
        if len(parts) >= 2 and parts[0] == "remove":
            lines.append(f"-{parts[1]}")
        elif len(parts) >= 3 and parts[0] == "set":
            lines.append(f"{parts[1]} = {' '.join(parts[2:])}")
        elif parts:
            c.note(f"the edit '{word.text[:40]}' was left out")
    c.set("edits", "\n".join(lines))


MODIFY = NukeClass("ModifyMetaData", ignored="metadata", convert=_modify)


def _copy(c: NukeConversion) -> None:
    mode = c.text("mergeMode", "Meta Only").lower()
    c.set("mode", "replace all" if mode == "meta only" else "add and overwrite")
    for knob in ("copyMetaDataNamed", "copyOnlyMetaDataNamed", "pattern"):
        if c.has(knob):
            c.set("names", c.text(knob))


COPY_METADATA = NukeClass("CopyMetaData", inputs="B A", convert=_copy)


def _assert(c: NukeConversion) -> None:
    c.set("finite", False)
    if c.text("expression"):
        c.note(f"its test was left out: {c.text('expression')[:80]}")


ASSERT = NukeClass("Assert", knobs={"msg": "message"}, ignored="expression", convert=_assert,
                   differs="Nuke's test is an expression; ours looks at the picture.")  # fmt: skip
