"""Reading what is typed on a command line: frame ranges and parameter settings."""

import json

import typer

from ..errors import ParameterError, RimlightError
from ..graph import parameter_spec
from ..io.sequence import parse_frames
from ..session import Session
from ..values import Expr


def read_frames(text: str) -> list[int] | None:
    """The frames of a range, None for an empty text. A wrong range is a wrong argument (exit code 2)."""
    if not text:
        return None
    try:
        return list(parse_frames(text))
    except (RimlightError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None


def apply_settings(session: Session, settings: list[str]) -> None:
    """Apply `Node.param=value` settings to the script in memory; `Node.param=expr:...` sets an expression.

    A setting that does not parse, names no node or no parameter, or gives a value that is not legal is a wrong argument.
    """
    for text in settings:
        try:
            _apply(session, text)
        except RimlightError as error:
            raise typer.BadParameter(f"--set {text}: {error}") from None


def _apply(session: Session, text: str) -> None:
    left, equals, right = text.partition("=")
    node, dot, parameter = left.strip().rpartition(".")
    if not equals or not dot:
        raise ParameterError("expected Node.param=value")
    node = node.replace(".", "/")
    if node == "project":
        session.set_project(**{parameter: _value(right)})
        return
    inside, _, name = node.rpartition("/")
    spec = parameter_spec(session.graph.inside(inside), name, parameter)
    if right.startswith("expr:"):
        session.set(node, **{parameter: Expr(right[5:])})
    elif spec.type is str and spec.parse is None:
        session.set(node, **{parameter: right})
    else:
        session.set(node, **{parameter: _value(right)})


def _value(text: str) -> object:
    """JSON where it is JSON (`1.5`, `true`, `[1, 2]`), numbers separated by commas as a vector, otherwise plain text."""
    for candidate in (text, f"[{text}]"):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        return tuple(value) if isinstance(value, list) else value
    return text
