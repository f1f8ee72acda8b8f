"""Which values a wedge of a parameter shows, and what becomes of one that is chosen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rimlight.engine import Curve, Expr, Graph, ParameterError, Spec, typed_values

from .edits import Edits
from .numbers import exact, short
from .parameter import Parameter, component_names, joined, number_at, parts, stored

MOST = 100
"""Values of a wedge in the desktop."""


@dataclass(frozen=True)
class Varied:
    """A parameter, or one component of it; None for the whole."""

    parameter: Parameter
    component: int | None = None

    @property
    def address(self) -> str:
        return self.parameter.address

    def follow(self, renamed: Mapping[str, str]) -> "Varied":
        """The same once its node is renamed. renamed : new paths by old ones."""
        path = self.parameter.path
        return replace(self, parameter=replace(self.parameter, path=renamed.get(path, path)))

    @property
    def title(self) -> str:
        """As it is called in sentences, `Lamp.position.x`."""
        address = self.address.replace("/", ".")
        if self.component is None:
            return address
        return f"{address}.{component_names(self.parameter.spec)[self.component]}"

    @property
    def spec(self) -> Spec:
        """The declaration of what is varied."""
        return self.parameter.spec if self.component is None else replace(self.parameter.spec, size=1, role="")

    def part(self, value: Any) -> Any:
        """What is varied of a whole value."""
        return value if self.component is None else parts(self.parameter.spec, value)[self.component]

    def take(self, edits: Edits, value: Any) -> None:
        """Let the script have a whole value, or its component, as a step; keys where it is animated."""
        parameter, spec = self.parameter, self.parameter.spec
        now = stored(edits.workspace.graph, parameter)
        chosen = range(spec.size) if self.component is None else (self.component,)
        found = {i: parts(spec, value)[i] for i in chosen}
        if all(parts(spec, now)[i] == part for i, part in found.items()):
            return
        if spec.type in (int, float) and not any(isinstance(part, (Expr, Curve)) for part in found.values()):
            edits.set_numbers(parameter, found)
        else:
            components = list(parts(spec, now))
            for i, part in found.items():
                components[i] = part
            edits.set(parameter, joined(spec, components))


def can_vary(spec: Spec) -> bool:
    """Whether there are values to be typed, that change the picture."""
    return spec.type in (int, float, bool, str) and spec.parse is None and not spec.cosmetic


def values_of(graph: Graph, what: Varied, text: str) -> list[Any]:
    """Whole values of the parameter for what is typed. Raises ParameterError."""
    values = typed_values(text, what.spec)
    if len(values) > MOST:
        raise ParameterError(f"these are {len(values)} values, expected at most {MOST}")
    if what.component is None:
        return values
    spec = what.parameter.spec
    now = parts(spec, stored(graph, what.parameter))
    return [joined(spec, [*now[: what.component], value, *now[what.component + 1 :]]) for value in values]


def offered(graph: Graph, what: Varied, frame: float) -> str:
    """Values to begin with: both, all choices, or numbers around that of the frame; empty for what nobody can guess."""
    spec = what.spec
    if spec.type is bool:
        return "false,true"
    if spec.choices:
        return ",".join(f'"{choice}"' if "," in choice else choice for choice in spec.choices)
    now = number_at(spec, what.part(stored(graph, what.parameter)), frame) if spec.size == 1 else None
    return ",".join(_around(spec, now)) if isinstance(now, (int, float)) else ""


def _around(spec: Spec, now: float) -> list[str]:
    """A number and some on both sides of it, an eighth of the slider apart, or of its size; only legal ones."""
    step = (spec.soft[1] - spec.soft[0]) / 8 if spec.soft is not None else abs(now) / 4 or 0.25
    step = max(1.0, float(round(step))) if spec.type is int else step
    low, high = (
        bound if bound is not None else end for bound, end in zip(spec.hard, (-math.inf, math.inf), strict=True)
    )
    found = ((i, now + i * step) for i in (-2, -1, 0, 1, 2))
    return [short(number) if i else exact(number) for i, number in found if low <= number <= high]
