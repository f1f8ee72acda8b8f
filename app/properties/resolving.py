"""Values of expressions for the panels: computed in the background, shown when they are there.

Links may lead anywhere, so an expression can cost as much as the whole graph has nodes; fields never wait for it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from rimlight.engine import CancelToken, Curve, Expr, RimlightError

from ..evaluating import HOUSEKEEPING
from ..paths import has_node, set_at
from ..workspace import Workspace
from .parameter import Parameter, inner, joined, parts, stored

Answer = tuple[Any, ...] | str
"""The components of a value, or the sentence that says why there is none."""


class Resolver(QObject):
    """The values of parameters with expressions, at the current frame. changed : some differ from what was known."""

    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._known: dict[str, Answer] = {}

    def answer(self, parameter: Parameter) -> Answer | None:
        """What is known, None when nothing is yet."""
        return self._known.get(parameter.address)

    def ask(self, parameters: Iterable[Parameter]) -> None:
        """Find the values of these and forget all others."""
        session, frame, graph = self._workspace.session, self._workspace.frame, self._workspace.graph
        wanted = [(p, inner(graph, p)) for p in parameters]
        if not wanted:
            self._known.clear()
            self._workspace.evaluations.cancel(self, "values")
            return

        def work(token: CancelToken) -> dict[str, Answer]:
            flat = session.evaluator.flat(graph)
            found: dict[str, Answer] = {}
            for parameter, target in wanted:
                token.check()
                try:
                    value = flat.value(target.path, target.spec, frame)
                    found[parameter.address] = parts(target.spec, value)
                except RimlightError as error:
                    found[parameter.address] = str(error)
            return found

        self._workspace.evaluations.run(self, work, self._found, channel="values", urgency=HOUSEKEEPING)

    def attempt(self, parameter: Parameter, component: int, text: str, told: Callable[[float | str], None]) -> None:
        """Say what an expression would give if it stood in a component, without an edit: a number or a sentence."""
        session, frame, graph = self._workspace.session, self._workspace.frame, self._workspace.graph
        if not has_node(graph, parameter.path):
            return
        components = list(parts(parameter.spec, stored(graph, parameter)))
        components[component] = Expr(text)
        value = joined(parameter.spec, components)

        def work(token: CancelToken) -> float | str:
            try:
                changed = set_at(graph, parameter.path, {parameter.name: value})
                target = inner(changed, parameter)
                found = session.evaluator.flat(changed).value(target.path, target.spec, frame)
            except RimlightError as error:
                return _reason(str(error))
            return float(parts(target.spec, found)[component])

        self._workspace.evaluations.run(self, work, told, channel="attempt", urgency=HOUSEKEEPING)

    def _found(self, found: dict[str, Answer]) -> None:
        if found != self._known:
            self._known = found
            self.changed.emit()


def has_expression(parameter: Parameter, value: Any) -> bool:
    """Whether a value has to be computed."""
    if parameter.spec.type is Curve:
        return False
    return any(isinstance(part, Expr) for part in parts(parameter.spec, value))


def _reason(sentence: str) -> str:
    """Of `color.grade.gain = 'frame +': the expression cannot be read`, what is wrong: the rest stands beside it."""
    head, colon, rest = sentence.partition(": ")
    return rest if colon and " = " in head else sentence
