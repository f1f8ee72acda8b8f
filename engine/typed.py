"""Parameters and values as they are typed: on a command line, or where a list of values is asked for."""

from typing import TYPE_CHECKING, Any

from .errors import ParameterError
from .graph.graph import parameter_spec
from .jsontext import from_json
from .params import Spec
from .values import from_data

if TYPE_CHECKING:
    from .graph.graph import Graph

EXPRESSION = "expr:"
"""What an expression begins with where a value is expected."""


def find_parameter(graph: "Graph", name: str) -> tuple[str, str, Spec]:
    """The path of a node, the name of a parameter and its declaration for `Node.param`, `Group1.Node.param`.

    Raises ParameterError where it is not of that form, GraphError where there is none.
    """
    node, _, parameter = name.strip().rpartition(".")
    if not node or not parameter:
        raise ParameterError(f"'{name}': expected Node.param")
    path = node.replace(".", "/")
    inside, _, last = path.rpartition("/")
    return path, parameter, parameter_spec(graph.inside(inside), last, parameter)


def typed_value(text: str, spec: Spec) -> Any:
    """The checked value for what is typed: text as it is, else JSON, numbers with commas, or `expr:` and an expression.

    Raises ParameterError.
    """
    if text.startswith(EXPRESSION):
        return from_data({"expr": text[len(EXPRESSION) :]}, spec)
    if spec.type is str and spec.parse is None:
        return spec.check(text)
    value = plain_value(text)
    return spec.check(value) if spec.parse is not None else from_data(value, spec)


def plain_value(text: str) -> Any:
    """JSON where it is JSON (`1.5`, `true`, `[1, 2]`), a list where commas make it one, otherwise plain text."""
    for candidate in (text, f"[{text}]"):
        try:
            return from_json(candidate)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(text, text)
