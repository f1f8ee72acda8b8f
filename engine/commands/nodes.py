"""`rimlight nodes`: what nodes there are, and what became of the plugins."""

import json
from typing import Annotated, Any

import typer

from ..kinds import registry
from ..nodebase import Node
from ..params import Spec
from ..plugins import load_plugins
from ..values import to_data


def nodes(
    as_json: Annotated[bool, typer.Option("--json", help="Everything about every node as JSON.")] = False,
    plugins: Annotated[bool, typer.Option("--plugins", help="Report on plugins instead.")] = False,
) -> None:
    """List the node kinds, or with --plugins what loaded and what did not."""
    report = load_plugins()
    if plugins:
        for plugin in report:
            state = plugin.error or f"{len(plugin.kinds)} nodes"
            print(f"{plugin.name:20} {state}  ({plugin.origin})")
        return
    if as_json:
        print(json.dumps([describe(cls) for cls in registry], indent=2))
        return
    for cls in sorted(registry, key=lambda c: (c.menu, c.label)):
        print(f"{cls.menu:12} {cls.label:20} {cls.kind:28} {summary(cls)}")
    for plugin in report:
        if plugin.error:
            print(f"plugin {plugin.name} was left out: {plugin.error}")


def summary(cls: type[Node]) -> str:
    """The first sentence of a node's manual page."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def describe(cls: type[Node]) -> dict[str, Any]:
    """A node class as plain data: kind, label, menu, ports, parameters."""
    return {
        "kind": cls.kind,
        "version": cls.version,
        "label": cls.label,
        "menu": cls.menu,
        "doc": summary(cls),
        "ports": [{"name": p.name, "doc": p.doc, "optional": p.optional, "many": p.many} for p in cls.ports],
        "parameters": [_parameter(spec) for spec in cls.specs],
    }


def _parameter(spec: Spec) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": spec.name,
        "type": spec.type.__name__,
        "size": spec.size,
        "default": to_data(spec.default),
        "doc": spec.doc,
        "animatable": spec.animatable,
    }
    optional: dict[str, Any] = {"hard": list(spec.hard) if spec.hard != (None, None) else None, "soft": list(spec.soft or ()) or None}
    optional |= {"unit": spec.unit, "choices": list(spec.choices), "role": spec.role}
    return out | {name: value for name, value in optional.items() if value}
