"""Which parameter takes which values, in Python and as it is typed."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..curve import Curve
from ..errors import ParameterError, listing
from ..params import Spec
from ..settings import Project
from ..typed import find_parameter, typed_value
from ..values import Expr, check_value

if TYPE_CHECKING:
    from ..graph.graph import Graph

MOST = 1000
"""Pictures of one wedge."""

PROJECT = "project"
"""The node, as it were, of the settings of the project."""
VIEWED = ("display", "view")
"""Those that change no light, only what is seen of it."""
_SETTINGS = ("format", "fps", "working", *VIEWED)
_DIGITS = 12
"""Of a number; what is behind them is left by rounding."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})-({_NUMBER})(?:([x:/])({_NUMBER}))?")
_OPEN, _CLOSED = "([{", ")]}"


@dataclass(frozen=True)
class Vary:
    """A parameter and the values that it takes, at least one.

    node : its path, `project` for a setting of the project. Values are constants or expressions, checked.
    """

    node: str
    parameter: str
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """As it is typed, `Group1.Key.intensity`."""
        return f"{self.node.replace('/', '.')}.{self.parameter}"

    @classmethod
    def of(cls, graph: "Graph", name: str, values: Iterable[Any]) -> "Vary":
        """A parameter by name, `Key.intensity` or `Group1.Key.intensity`, or a setting, `project.view`, with values.
        Raises GraphError, ParameterError.
        """
        node, parameter, spec = _declared(graph, name.replace("/", "."))
        checked = tuple(check_value(spec, value) for value in values)
        if not checked:
            raise ParameterError(f"{name}: there are no values, expected at least one")
        return cls(node, parameter, checked)

    @classmethod
    def typed(cls, graph: "Graph", text: str) -> "Vary":
        """As it is typed: `Key.intensity=1,2,4`, see `typed_values`. Raises GraphError, ParameterError."""
        name, equals, values = text.partition("=")
        if not equals:
            raise ParameterError("expected Node.param=value,value")
        return cls.of(graph, name, typed_values(values, _declared(graph, name)[2]))


def _declared(graph: "Graph", name: str) -> tuple[str, str, Spec]:
    """The path of a node, the name of a parameter and its declaration; also of a setting of the project. Raises
    GraphError, ParameterError.
    """
    node, _, setting = name.strip().rpartition(".")
    if node != PROJECT:
        return find_parameter(graph, name)
    if setting not in _SETTINGS:
        raise ParameterError(f"'{name.strip()}': of the project a wedge takes {listing(_SETTINGS)}")
    default = getattr(Project(), setting)
    return node, setting, Spec(setting, type(default), 1, default, "")


def typed_values(text: str, spec: Spec) -> list[Any]:
    """The values in a text, with commas between them: `1,2,4`, `false,true`, `cubic,lanczos4`, `[1,0,0],[0,1,0]`,
    `expr:frame,expr:frame * 2`; commas in brackets or double quotes separate nothing.

    Numbers may be ranges, as those of frames are: `0-90` in steps of one, `0-90x30` in steps of 30, `0-90/4` four in
    equal steps. Raises ParameterError.
    """
    found: list[Any] = []
    for item in _items(text):
        ranged = _RANGE.fullmatch(item) if spec.type in (int, float) and spec.parse is None else None
        if ranged is not None:
            found += [spec.check(number) for number in _range(*ranged.groups())]
        elif spec.type is str and spec.parse is None and re.fullmatch(r'".*"', item):
            found.append(spec.check(item[1:-1]))
        elif not item:
            raise ParameterError('a value is empty, expected values with commas between them, or "" for an empty text')
        else:
            found.append(typed_value(item, spec))
        if len(found) > MOST:
            raise ParameterError(f"more than {MOST} values")
    return found


def told_value(value: Any) -> str:
    """A value as it is said beside its picture; numbers as they may be typed again, without what rounding left."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    if isinstance(value, (tuple, list)):
        if len(value) > 1 and all(v == value[0] for v in value):
            return told_value(value[0])
        return ", ".join(map(told_value, value))
    if isinstance(value, Expr):
        return f"= {value.text}"
    if isinstance(value, Curve):
        return "animated"
    return " ".join(str(value).split()) or '""'


def _items(text: str) -> list[str]:
    """What stands between the commas outside of brackets and quotes."""
    found, depth, quoted, begin = [], 0, False, 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif not quoted:
            depth += (letter in _OPEN) - (letter in _CLOSED)
            if letter == "," and depth <= 0:
                found.append(text[begin:place].strip())
                begin = place + 1
    return [*found, text[begin:].strip()]


def _range(first: str, last: str, how: str | None, number: str | None) -> list[float]:
    """The numbers of a range, both ends included where the steps meet the last."""
    a, b = float(first), float(last)
    if how == "/":
        count = float(number or 0)
        if count < 2 or count != int(count) or count > MOST:
            raise ParameterError(f"'{first}-{last}/{number}': expected a whole number of values after /, 2 to {MOST}")
        return [_rounded(a + (b - a) * i / (count - 1)) for i in range(int(count))]
    step = float(number) if number is not None else 1.0
    if not step > 0:
        raise ParameterError(f"'{first}-{last}{how}{number}': expected a step above 0")
    steps = abs(b - a) / step
    if not steps < MOST:
        raise ParameterError(f"'{first}-{last}' in steps of {step:g}: more than {MOST} values")
    return [_rounded(a + math.copysign(step * i, b - a)) for i in range(math.floor(steps + 1e-9) + 1)]


def _rounded(number: float) -> float:
    """Without what adding up steps of, say, 0.1 leaves in the last digits."""
    return float(f"{number:.{_DIGITS}g}")
