"""`rimlight docs`: the manual page of a node, from its declaration."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError, GraphError
from ..kinds import registry
from .nodes import summary
from .options import ArgumentError

if TYPE_CHECKING:
    from ..nodebase import Node
    from ..params import Spec


def docs(
    node: Annotated[str, typer.Argument(help="Kind or label, e.g. color.grade or Grade.")] = "",
    everything: Annotated[Path | None, typer.Option("--all", help="Write the pages of all nodes to a folder.")] = None,
) -> None:
    """Print the manual page of a node as Markdown, or write those of all nodes."""
    from ..plugins import load_plugins, require_builtin

    if bool(node) == (everything is not None):
        raise ArgumentError("name a node, or a folder with --all")
    require_builtin(load_plugins())
    if everything is not None:
        try:
            count = write_pages(everything)
        except OSError as error:
            raise FileError(f"{everything}: the pages cannot be written: {error.strerror}") from None
        print(f"wrote {count} pages to {everything}")
        return
    try:
        cls = registry.find(node)
    except GraphError as error:
        raise ArgumentError(str(error)) from None
    print(page(cls), end="")


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
        classes = sorted(menus[menu], key=lambda c: c.label)
        lines += [f"| [{c.label}]({c.kind}.md) | {_cell(summary(c))} |" for c in classes]
        lines.append("")
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")
    return len(registry)


def page(cls: "type[Node]") -> str:
    """The manual page of a node class as Markdown."""
    lines = [f"# {cls.label}", "", f"`{cls.kind}`, version {cls.version}, menu {cls.menu}", ""]
    lines += [inspect.cleandoc(cls.__doc__ or ""), ""]
    if cls.ports:
        lines += ["## Inputs", "", "| input | | |", "|---|---|---|"]
        for port in cls.ports:
            flags = ", ".join(w for w, on in (("optional", port.optional), ("any number", port.many)) if on)
            lines.append(f"| `{port.name}` | {_cell(port.doc)} | {flags} |")
        lines.append("")
    lines += ["## Parameters", "", "| parameter | type | default | range | |", "|---|---|---|---|---|"]
    lines += [_row(spec) for spec in cls.specs]
    return "\n".join(lines) + "\n"


def _row(spec: "Spec") -> str:
    from ..values import to_data

    kind = "value" if spec.type is object else spec.type.__name__ + (f" x {spec.size}" if spec.size > 1 else "")
    if spec.choices:
        kind = "choice"
    default = "" if spec.type is object else f"`{to_data(spec.default)}`"
    low, high = ("" if bound is None else f"{bound:g}" for bound in spec.hard)
    limits = f"{low} .. {high}" if low or high else ""
    text = spec.doc + (f" [{spec.unit}]" if spec.unit else "")
    if spec.choices:
        text += ": " + ", ".join(f"`{c}`" for c in spec.choices)
    return f"| `{spec.name}` | {kind} | {_cell(default)} | {limits} | {_cell(text)} |"


def _cell(text: str) -> str:
    """Text that ends no cell of a table."""
    return text.replace("|", "\\|")
