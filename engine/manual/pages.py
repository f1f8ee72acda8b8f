"""The manual of the nodes, made from their declarations: for the command line, `docs/nodes` and the desktop."""

import inspect
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ..curve import Curve
from ..kinds import registry
from .gallery import read_examples
from .headings import headings, slug

if TYPE_CHECKING:
    from ..nodebase import Node
    from ..nuke.declare import NukeClass
    from ..params import Family, Spec


def manual_page(cls: "type[Node]") -> str:
    """The manual page of a node class as Markdown. Links lead to `<kind>.md`, and to chapters one folder up."""
    lines = [f"# {cls.label}", "", f"`{cls.kind}`, version {cls.version}, menu {cls.menu}", ""]
    lines += [inspect.cleandoc(cls.__doc__ or ""), ""]
    for declared in cls.nuke:
        lines += [f"In Nuke: {_classes(declared)}. {declared.differs}".rstrip(), ""]
    if cls.ports:
        lines += ["## Inputs", "", "| input | what | wire |", "|---|---|---|"]
        for port in cls.ports:
            flags = ", ".join(w for w, on in (("optional", port.optional), ("any number", port.many)) if on)
            lines.append(f"| `{port.name}` | {_cell(port.doc)} | {flags or 'required'} |")
        lines.append("")
    lines += ["## Parameters", "", "| parameter | effect | default | values |", "|---|---|---|---|"]
    lines += [_row(specs) for specs in _alike(cls.specs)]
    lines += [_family(family) for family in cls.families]
    lines += _more(cls)
    return "\n".join(lines) + "\n"


def manual_index(intro: str = "") -> str:
    """All nodes by menu as Markdown, with links to `<kind>.md`, under a sentence."""
    menus: dict[str, list[type[Node]]] = {}
    for cls in registry:
        menus.setdefault(cls.menu, []).append(cls)
    lines = ["# Nodes", ""] + ([intro, ""] if intro else [])
    for menu in sorted(menus):
        lines += [f"## {menu}", "", "| node | what it does |", "|---|---|"]
        classes = sorted(menus[menu], key=lambda c: c.label)
        lines += [f"| [{c.label}]({c.kind}.md) | {_cell(summary(c))} |" for c in classes]
        lines.append("")
    return "\n".join(lines)


def nuke_table(intro: str = "") -> str:
    """What the nodes of Nuke are here, as Markdown: by their names there, with links to `nodes/<kind>.md`."""
    lines = ["# Nodes of Nuke and what they are here", "", *([intro, ""] if intro else [])]
    lines += ["Knobs whose names differ only by capitals, dots and underscores are left out.", ""]
    lines += ["| in Nuke | here | knobs of other names | what differs |", "|---|---|---|---|"]
    rows = [(names, declared, cls) for cls in registry for declared in cls.nuke for names in _versions(declared)]
    for names, declared, cls in sorted(rows, key=lambda row: row[0].lower()):
        renamed = {knob: declared.parameter(knob) for knob in declared.knobs}
        told = [f"`{knob}` is `{_counted(*to)}`" for knob, to in renamed.items() if _spelt(knob) != _spelt(to[0])]
        lines.append(
            f"| {names} | [{cls.label}](nodes/{cls.kind}.md) | {', '.join(told)} | {_cell(declared.differs)} |"
        )
    return "\n".join(lines) + "\n"


def _versions(declared: "NukeClass") -> list[str]:
    """The names of the classes, those that differ by a number at the end together: `Bilateral, Bilateral2`."""
    names = sorted(declared.names.split(), key=lambda name: (name.rstrip("0123456789").lower(), name))
    return [", ".join(same) for _, same in groupby(names, key=lambda name: name.rstrip("0123456789").lower())]


def _spelt(name: str) -> str:
    return name.lower().replace("_", "").replace(".", "")


def _classes(declared: "NukeClass") -> str:
    return ", ".join(f"`{name}`" for name in declared.names.split())


def _counted(parameter: str, factor: float) -> str:
    return parameter if factor == 1 else f"{parameter} / {factor:g}"


def summary(cls: "type[Node]") -> str:
    """The first sentence of a node's manual page."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def _alike(specs: "Sequence[Spec]") -> "list[list[Spec]]":
    """Parameters in their order. Three and more that differ by a number alone, `track1` to `track8`, are together."""
    keys = [_unnumbered(spec) for spec in specs]
    several = {key for key, count in Counter(keys).items() if count > 2}
    found: dict[tuple[str, ...], list[Spec]] = {}
    for spec, key in zip(specs, keys, strict=True):
        found.setdefault(key if key in several else (spec.name,), []).append(spec)
    return list(found.values())


def _unnumbered(spec: "Spec") -> tuple[str, ...]:
    """All that a row says of a parameter, but for the number in its name."""
    number = _number(spec.name)
    name = spec.name.replace(number, "#", 1) if number else spec.name
    return name, spec.label or "", _renumbered(spec.doc, number, "#"), _default(spec), _values(spec)


def _row(specs: "Sequence[Spec]") -> str:
    """The row of parameters that are alike."""
    first, last = specs[0], specs[-1]
    doc = first.doc
    if len(specs) > 1:
        doc = _renumbered(doc, _number(first.name), f"{_number(first.name)} to {_number(last.name)}")
    shown = f" ({_cell(first.label)})" if first.label else ""
    cells = (_cell(text) for text in (doc, _default(first), _values(first)))
    return f"| {_span([spec.name for spec in specs])}{shown} | {' | '.join(cells)} |"


def _span(names: Sequence[str]) -> str:
    return f"`{names[0]}`" if len(names) == 1 else f"`{names[0]}` to `{names[-1]}`"


def _number(name: str) -> str:
    """The first number in a name, or nothing."""
    found = re.search(r"\d+", name)
    return found[0] if found else ""


def _renumbered(text: str, number: str, other: str) -> str:
    return re.sub(rf"\b{number}\b", other, text) if number else text


def _default(spec: "Spec") -> str:
    """The default as `--set` takes it; nothing for a curve and for text that is empty."""
    from ..values import to_data  # torch comes with it, which the command line does without as long as it can

    value = to_data(spec.default)
    if spec.type is Curve or value == "" or (spec.type is object and not isinstance(value, str)):
        return ""
    numbers = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(set(numbers)) == 1:  # one number sets all components
        numbers = numbers[:1]
    return f"`{','.join(_plain(number) for number in numbers)}`"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


_KINDS: dict[type, tuple[str, str]] = {
    float: ("number", "numbers"), int: ("whole number", "whole numbers"), bool: ("true, false", ""),
    str: ("text", ""), Curve: ("curve", ""),
}  # fmt: skip
_ROLES = {
    "channels": "channels", "channel": "channel", "link": "channel", "layer": "layer", "file": "file",
    "folder": "folder", "colorspace": "colour space", "format": "format", "frames": "frames",
    "expression": "expression",
}  # fmt: skip
"""Text that says what kind of text it is."""


def _values(spec: "Spec") -> str:
    """What a parameter takes: kind, unit, what is legal, and how far the slider goes where that is less."""
    if spec.choices:
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    one, many = _KINDS.get(spec.type, ("value", ""))
    kind = f"{spec.size} {many}" if spec.size > 1 else one
    if spec.type is str:
        kind = _ROLES.get(spec.role, kind)
    unit = f" {spec.unit}" if spec.unit else ""
    parts = [f"{kind},{unit}" if unit else kind]
    if limits := _limits(*spec.hard):
        parts.append(limits)
    if spec.soft is not None and spec.soft != spec.hard:
        parts.append(f"slider {_limits(*spec.soft)}")
    return ", ".join(parts)


def _limits(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low:.10g}"
    return f"up to {high:.10g}" if low is None else f"{low:.10g} .. {high:.10g}"


def _family(family: "Family") -> str:
    return f"| `{family.name}_...` | {_cell(family.doc)}; any number of them |  | number |"


def _more(cls: "type[Node]") -> list[str]:
    """What the node finds and measures, and where else to look, as lines."""
    lines: list[str] = []
    if cls.solves:
        lines += ["", "## Buttons", "", "| button, `rimlight solve` | what it finds |", "|---|---|"]
        lines += [f"| `{name}` | {_cell(sentence)} |" for name, sentence in cls.solves.items()]
    if cls.measures:
        runs = groupby(cls.measures, key=lambda name: name.rstrip("0123456789") if name[-1].isdigit() else name)
        told = ", ".join(_span(list(run)) for _, run in runs)
        lines += ["", "## Measures", "", f"Shown with the node, in the metadata and by `rimlight measure`: {told}."]
    kinds = [name for name in cls.see if "." in name]
    near = [f"[{other.label}]({kind}.md)" if (other := registry.get(kind)) else f"`{kind}`" for kind in kinds]
    known = headings()
    chapters = [_chapter(name, known) for name in cls.see if "." not in name]
    samples = [f"`{name}`" for name in samples_with(cls.kind)]
    pairs = [f"[{title}](../gallery.md#{slug(title)})" for kind, title in _examples() if kind == cls.kind]
    places = (
        ("", near), ("In the manual: ", chapters), ("Before and after: ", pairs), ("In the samples: ", samples),
    )  # fmt: skip
    if said := [f"{how}{', '.join(what)}." for how, what in places if what]:
        lines += ["", "## See also", "", "\n\n".join(said)]
    return lines


def _chapter(name: str, known: Mapping[str, Mapping[str, str]]) -> str:
    """A link to a chapter, `shots`, or to a heading of it, `light#plates`, by its words where the manual is there."""
    page, _, heading = name.partition("#")
    shown = known.get(page, {}).get(heading) or (heading or page).replace("_", " ").replace("-", " ").capitalize()
    return f"[{shown}](../{page}.md{'#' + heading if heading else ''})"


@cache
def _examples() -> "Sequence[tuple[str, str]]":
    """Kind and title of the examples of the gallery; read once."""
    return [(example.node, example.title) for example in read_examples()]


@cache
def sample_texts() -> Mapping[str, str]:
    """The sample scripts by name, as text; read once."""
    found = (files("rimlight.resources") / "scripts").iterdir()
    return {Path(path.name).stem: path.read_text(encoding="utf-8") for path in found if path.name.endswith(".rim")}


def samples_with(kind: str) -> tuple[str, ...]:
    """The names of the sample scripts that have a node of this kind."""
    return tuple(sorted(name for name, text in sample_texts().items() if f'"kind": "{kind}"' in text))


def _cell(text: str) -> str:
    """Text that ends no cell of a table."""
    return text.replace("|", "\\|")
