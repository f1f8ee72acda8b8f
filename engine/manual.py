"""The manual of the nodes, made from their declarations: for the command line, `docs/nodes` and the desktop."""

import inspect
from typing import TYPE_CHECKING

from .kinds import registry

if TYPE_CHECKING:
    from .nodebase import Node
    from .nuke.declare import NukeClass
    from .params import Family, Spec


def manual_page(cls: "type[Node]") -> str:
    """The manual page of a node class as Markdown."""
    lines = [f"# {cls.label}", "", f"`{cls.kind}`, version {cls.version}, menu {cls.menu}", ""]
    lines += [inspect.cleandoc(cls.__doc__ or ""), ""]
    for declared in cls.nuke:
        lines += [f"In Nuke: {_classes(declared)}. {declared.differs}".rstrip(), ""]
    if cls.ports:
        lines += ["## Inputs", "", "| input | | |", "|---|---|---|"]
        for port in cls.ports:
            flags = ", ".join(w for w, on in (("optional", port.optional), ("any number", port.many)) if on)
            lines.append(f"| `{port.name}` | {_cell(port.doc)} | {flags} |")
        lines.append("")
    lines += ["## Parameters", "", "| parameter | type | default | range | |", "|---|---|---|---|---|"]
    lines += [_row(spec) for spec in cls.specs]
    lines += [_family(family) for family in cls.families]
    return "\n".join(lines) + "\n"


def manual_index(intro: str = "") -> str:
    """All nodes by menu as Markdown, with links to `<kind>.md`, under a sentence."""
    menus: dict[str, list[type[Node]]] = {}
    for cls in registry:
        menus.setdefault(cls.menu, []).append(cls)
    lines = ["# Nodes", ""] + ([intro, ""] if intro else [])
    for menu in sorted(menus):
        lines += [f"## {menu}", "", "| node | |", "|---|---|"]
        classes = sorted(menus[menu], key=lambda c: c.label)
        lines += [f"| [{c.label}]({c.kind}.md) | {_cell(summary(c))} |" for c in classes]
        lines.append("")
    return "\n".join(lines)


def nuke_table(intro: str = "") -> str:
    """What the nodes of Nuke are here, as Markdown: by their names there, with links to `nodes/<kind>.md`."""
    rows = [(name, cls, declared) for cls in registry for declared in cls.nuke for name in declared.names.split()]
    lines = ["# Nodes of Nuke and what they are here", "", *([intro, ""] if intro else [])]
    lines += ["| in Nuke | here | knobs of other names | what differs |", "|---|---|---|---|"]
    for name, cls, declared in sorted(rows, key=lambda row: row[0].lower()):
        knobs = ", ".join(f"`{knob}` is `{_counted(*declared.parameter(knob))}`" for knob in declared.knobs)
        lines.append(f"| {name} | [{cls.label}](nodes/{cls.kind}.md) | {knobs} | {_cell(declared.differs)} |")
    return "\n".join(lines) + "\n"


def _classes(declared: "NukeClass") -> str:
    return ", ".join(f"`{name}`" for name in declared.names.split())


def _counted(parameter: str, factor: float) -> str:
    return parameter if factor == 1 else f"{parameter} / {factor:g}"


def summary(cls: "type[Node]") -> str:
    """The first sentence of a node's manual page."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def _row(spec: "Spec") -> str:
    from .values import to_data  # torch comes with it, which the command line does without as long as it can

    kind = "value" if spec.type is object else spec.type.__name__ + (f" x {spec.size}" if spec.size > 1 else "")
    if spec.choices:
        kind = "choice"
    default = "" if spec.type is object else f"`{to_data(spec.default)}`"
    low, high = ("" if bound is None else f"{bound:g}" for bound in spec.hard)
    limits = f"{low} .. {high}" if low or high else ""
    text = spec.doc + (f" [{spec.unit}]" if spec.unit else "")
    if spec.choices:
        text += ": " + ", ".join(f"`{c}`" for c in spec.choices)
    shown = f" ({_cell(spec.label)})" if spec.label else ""
    return f"| `{spec.name}`{shown} | {kind} | {_cell(default)} | {limits} | {_cell(text)} |"


def _family(family: "Family") -> str:
    return f"| `{family.name}_...` | float | | | {_cell(family.doc)}; any number of them |"


def _cell(text: str) -> str:
    """Text that ends no cell of a table."""
    return text.replace("|", "\\|")
