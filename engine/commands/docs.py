"""`rimlight docs`: the manual page of a node, from its declaration."""

import inspect
from typing import Annotated

import typer

from ..kinds import registry
from ..nodebase import Node
from ..params import Spec
from ..plugins import load_plugins
from ..values import to_data


def docs(node: Annotated[str, typer.Argument(help="Kind or label, e.g. color.grade or Grade.")]) -> None:
    """Print the manual page of a node as Markdown."""
    load_plugins()
    print(page(registry.find(node)))


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
