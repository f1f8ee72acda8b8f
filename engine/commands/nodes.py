"""`rimlight nodes`: what nodes there are, and what became of the plugins."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..kinds import registry
from .options import starting
from .output import Output

if TYPE_CHECKING:
    from ..nodebase import Node
    from ..params import Spec


def nodes(
    as_json: Annotated[bool, typer.Option("--json", help="Everything about every node as JSON.")] = False,
    plugins: Annotated[bool, typer.Option("--plugins", help="Report on plugins instead.")] = False,
) -> None:
    """List the kinds of nodes, or with --plugins what loaded.

    With --plugins it is also told what did not load and why; exit code 1 when there is any such.
    """
    from ..manual.pages import summary
    from ..plugins import load_plugins, require_builtin

    with Output(as_json) as output:
        with starting():
            report = load_plugins()
        if plugins:
            output.data = [asdict(plugin) for plugin in report]
            if not as_json:
                for plugin in report:
                    print(f"{plugin.name:20} {plugin.status}  ({plugin.origin})")
            raise typer.Exit(int(any(plugin.error for plugin in report)))
        require_builtin(report)
        if as_json:
            output.data = [describe(cls) for cls in registry]
            return
        for cls in sorted(registry, key=lambda c: (c.menu, c.label)):
            print(f"{cls.menu:12} {cls.label:20} {cls.kind:28} {summary(cls)}")
        for plugin in report:
            if plugin.error:
                print(f"plugin {plugin.name} was left out: {plugin.error}", file=sys.stderr)


def describe(cls: "type[Node]") -> dict[str, Any]:
    """A node class as plain data: kind, label, menu, ports, parameters, families of parameters."""
    from ..manual.pages import summary

    return {
        "kind": cls.kind,
        "version": cls.version,
        "label": cls.label,
        "menu": cls.menu,
        "doc": summary(cls),
        "ports": [{"name": p.name, "doc": p.doc, "optional": p.optional, "many": p.many} for p in cls.ports],
        "parameters": [_parameter(spec) for spec in cls.specs],
        "families": [{"name": family.name, "doc": family.doc} for family in cls.families],
    }


def _parameter(spec: "Spec") -> dict[str, Any]:
    from ..values import to_data

    out: dict[str, Any] = {
        "name": spec.name,
        "type": spec.type.__name__,
        "size": spec.size,
        "default": to_data(spec.default),
        "doc": spec.doc,
        "animatable": spec.animatable,
    }
    optional: dict[str, Any] = {
        "hard": list(spec.hard) if spec.hard != (None, None) else None,
        "soft": list(spec.soft or ()),
        "unit": spec.unit,
        "choices": list(spec.choices),
        "role": spec.role,
    }
    return out | {name: value for name, value in optional.items() if value}
