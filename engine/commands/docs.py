"""`rimlight docs`: the manual page of a node, from its declaration."""

import inspect
from pathlib import Path
from typing import Annotated

import typer

from ..kinds import registry
from ..nodebase import Node
from ..params import Spec
from ..plugins import load_plugins
from ..values import to_data
from .nodes import summary


def docs(
    node: Annotated[str, typer.Argument(help="Kind or label, e.g. color.grade or Grade.")] = "",
    everything: Annotated[Path | None, typer.Option("--all", help="Write the pages of all nodes into a folder.")] = None,
) -> None:
    """Print the manual page of a node as Markdown, or write those of all nodes."""
    load_plugins()
    if everything is not None:
        count = write_pages(everything)
        print(f"wrote {count} pages to {everything}")
    elif node:
        print(page(registry.find(node)))
    else:
        raise typer.BadParameter("name a node, or a folder with --all")


def write_pages(folder: Path) -> int:
    """Write a page for every node and an index into `folder`; returns the number of nodes."""
    folder.mkdir(parents=True, exist_ok=True)
    menus: dict[str, list[type[Node]]] = {}
    for cls in registry:
        menus.setdefault(cls.menu, []).append(cls)
        (folder / f"{cls.kind}.md").write_text(page(cls), encoding="utf-8")
    lines = ["# Nodes", "", "Made from the declarations of the nodes by `make docs`.", ""]
    for menu in sorted(menus):
        lines += [f"## {menu}", "", "| node | |", "|---|---|"]
        lines += [f"| [{c.label}]({c.kind}.md) | {summary(c)} |" for c in sorted(menus[menu], key=lambda c: c.label)]
        lines.append("")
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")
    return len(registry)


def page(cls: type[Node]) -> str:
    """The manual page of a node class as Markdown."""
    lines = [f"# {cls.label}", "", f"`{cls.kind}`, version {cls.version}, menu {cls.menu}", ""]
    lines += [inspect.cleandoc(cls.__doc__ or ""), ""]
    if cls.ports:
        lines += ["## Inputs", "", "| input | | |", "|---|---|---|"]
        for port in cls.ports:
            flags = ", ".join(w for w, on in (("optional", port.optional), ("any number", port.many)) if on)
            lines.append(f"| `{port.name}` | {port.doc} | {flags} |")
        lines.append("")
    lines += ["## Parameters", "", "| parameter | type | default | range | |", "|---|---|---|---|---|"]
    lines += [_row(spec) for spec in cls.specs]
    return "\n".join(lines) + "\n"


def _row(spec: Spec) -> str:
    kind = "value" if spec.type is object else spec.type.__name__ + (f" x {spec.size}" if spec.size > 1 else "")
    if spec.choices:
        kind = "choice"
    default = "" if spec.type is object else f"`{to_data(spec.default)}`"
    low, high = spec.hard
    limits = "" if low is None and high is None else f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}"
    text = spec.doc + (f" [{spec.unit}]" if spec.unit else "")
    if spec.choices:
        text += ": " + ", ".join(f"`{c}`" for c in spec.choices)
    return f"| `{spec.name}` | {kind} | {default} | {limits} | {text} |"
