"""Edits of parameters, each one step of the history: values, keys, expressions, reset, copy and paste.

Everything that is refused becomes a sentence in the status bar. merge : the token of a drag, see `Session.set`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rimlight.engine import (
    Document,
    Expr,
    Graph,
    ParameterError,
    RimlightError,
    Session,
    from_data,
    from_json,
    is_constant,
    to_data,
)

from ..curves.keys import first_key, key_at, keyed, without
from ..paths import has_node, inside, reset_at, set_at
from ..workspace import Workspace
from .parameter import Parameter, is_curve, is_set, joined, link_to, number_at, parts, stored


@dataclass(frozen=True)
class Edits:
    """The edits of one workspace."""

    workspace: Workspace

    def value(self, parameter: Parameter) -> Any:
        """What the script holds."""
        return stored(self.workspace.graph, parameter)

    def set(self, parameter: Parameter, value: Any, merge: object = None) -> bool:
        """Set the whole value. False, with a message, when it is refused."""
        return self._edit(lambda s: s.set(parameter.path, merge, **{parameter.name: value}))

    def set_in(self, since: Document, parameter: Parameter, value: Any) -> bool:
        """Set the whole value as a part of the step that made `since`; as a step of its own where that is gone."""

        def changed(document: Document) -> Document:
            if not has_node(document.graph, parameter.path):
                return document
            return document.with_(graph=set_at(document.graph, parameter.path, {parameter.name: value}))

        return self._edit(lambda s: s.history.join(since, changed) or s.set(parameter.path, **{parameter.name: value}))

    def set_numbers(self, parameter: Parameter, numbers: Mapping[int, float], merge: object = None) -> bool:
        """Set components to numbers: constants, or keys at the current frame where they are animated.

        An expression gives way to the number.
        """
        spec, frame = parameter.spec, self.workspace.frame
        components = list(parts(spec, self.value(parameter)))
        for i, number in numbers.items():
            part = components[i]
            try:
                checked = spec.check_component(number)
            except ParameterError as error:
                self.workspace.tell_error(error, parameter.path)
                return False
            components[i] = keyed(part, frame, float(checked)) if is_curve(spec, part) else checked
        return self.set(parameter, joined(spec, components), merge)

    def set_keys(self, parameter: Parameter, components: Sequence[int], values: Sequence[Any]) -> None:
        """Put a key at the current frame into components. values : of all components now, None where unknown."""
        spec, frame = parameter.spec, self.workspace.frame
        found = list(parts(spec, self.value(parameter)))
        for i in components:
            part = found[i]
            number = number_at(spec, part, frame) if values[i] is None else values[i]
            if number is None:
                continue
            if is_curve(spec, part):
                found[i] = keyed(part, frame, float(number))
            else:
                found[i] = first_key(frame, float(number), spec.type is bool)
        self.set(parameter, joined(spec, found))

    def delete_keys(self, parameter: Parameter, components: Sequence[int]) -> None:
        """Take the key at the current frame out of components; what has no key left keeps its value."""
        spec, frame = parameter.spec, self.workspace.frame
        found = list(parts(spec, self.value(parameter)))
        for i in components:
            part = found[i]
            if is_curve(spec, part) and (at := key_at(part, frame)) is not None:
                left = without(part, {at})
                found[i] = number_at(spec, part, frame) if left is None else left
        self.set(parameter, joined(spec, found))

    def delete_animation(self, parameter: Parameter, components: Sequence[int], values: Sequence[Any]) -> None:
        """Make components the constants that they are now. values : of all components, None where unknown."""
        spec, frame = parameter.spec, self.workspace.frame
        found = list(parts(spec, self.value(parameter)))
        defaults = parts(spec, spec.default)
        for i in components:
            if not is_constant(found[i]):
                number = number_at(spec, found[i], frame) if values[i] is None else values[i]
                found[i] = defaults[i] if number is None else number
        self.set(parameter, joined(spec, found))

    def express(self, parameter: Parameter, texts: Mapping[int, str]) -> bool:
        """Set components to expressions."""
        found = list(parts(parameter.spec, self.value(parameter)))
        for i, text in texts.items():
            found[i] = Expr(text)
        return self.set(parameter, joined(parameter.spec, found))

    def link(self, source: Parameter, component: int | None, target: Parameter, into: int | None) -> bool:
        """Let `target` follow `source`: one component by one, or all in order where both are whole parameters."""
        if source.address == target.address and (component == into or None in (component, into)):
            self.workspace.tell(f"{target.address} cannot follow itself", "warning", target.path)
            return False
        if isinstance(source.spec.default, (str, tuple)) and source.spec.type is str:
            return self.set(target, self.value(source))
        targets = range(target.spec.size) if into is None else (into,)
        last = source.spec.size - 1
        from_ = {i: (min(i, last) if component is None else component) for i in targets}
        texts = {i: link_to(source, c, target.path) for i, c in from_.items()}
        state = self.workspace.graph.at(source.path)
        if state.cls is not None and state.cls.is_member(source.name) and not is_set(state, source):
            # Its default is known to the node alone, so it cannot be followed before the script says it.
            links = [(target, i, Expr(text)) for i, text in texts.items()]
            return self.set_parts([(source, 0, source.spec.default), *links], f"link {target.address}")
        return self.express(target, texts)

    def reset(self, parameters: Sequence[Parameter], label: str = "") -> None:
        """Go back to what the declaration says, or for a group's promoted parameter to the inner value."""
        graph = self.workspace.graph
        for parameter in parameters:
            graph = reset_at(graph, parameter.path, [parameter.name])
        if graph is not self.workspace.graph:
            what = label or ", ".join(parameter.address for parameter in parameters)
            self.workspace.session.commit(graph, f"reset {what}")

    def set_many(self, path: str, values: Mapping[str, Any], label: str) -> bool:
        """Set several parameters of one node as one step, all or none."""
        return self._edit(lambda session: session.commit(set_at(session.graph, path, values), label))

    def set_parts(self, changed: Sequence[tuple[Parameter, int, Any]], label: str, merge: object = None) -> bool:
        """Set components of any parameters of any nodes as one step, all or none."""
        values: dict[str, tuple[Parameter, list[Any]]] = {}
        for parameter, i, part in changed:
            if parameter.address not in values:
                values[parameter.address] = (parameter, list(parts(parameter.spec, self.value(parameter))))
            values[parameter.address][1][i] = part

        def change(session: Session) -> None:
            graph = session.graph
            for parameter, components in values.values():
                graph = set_at(graph, parameter.path, {parameter.name: joined(parameter.spec, components)})
            session.commit(graph, label, merge)

        return self._edit(change)

    def put_node(self, path: str, label: str, **changes: Any) -> None:
        """Change other fields of a node: `ui` and the like."""
        group, _, name = path.rpartition("/")
        graph: Graph = self.workspace.graph
        level = inside(graph, group)
        changed = graph.replace_inside(group, level.put(name, level[name].with_(**changes)))
        self.workspace.session.commit(changed, label)

    def copied(self, parameter: Parameter, component: int | None) -> str:
        """The value, or one component of it, as text for the clipboard: JSON as scripts have it."""
        value = self.value(parameter)
        return json.dumps(to_data(value if component is None else parts(parameter.spec, value)[component]))

    def paste(self, parameter: Parameter, component: int | None, text: str) -> bool:
        """Set a value, or one component, from text: JSON of `copied`, numbers, or the text itself for text."""
        spec = parameter.spec
        try:
            data = from_json(text)
        except ValueError:
            data = text
        try:
            if component is None or spec.size == 1:
                return self.set(parameter, from_data(_fitted(data, spec.size), spec))
            found = list(parts(spec, self.value(parameter)))
            one = data[0] if isinstance(data, list) and data else data
            found[component] = parts(spec, from_data([one] * spec.size, spec))[component]
            return self.set(parameter, joined(spec, found))
        except RimlightError as error:
            self.workspace.tell_error(error, parameter.path)
            return False

    def _edit(self, change: Any) -> bool:
        try:
            change(self.workspace.session)
        except RimlightError as error:
            self.workspace.tell_error(error)
            return False
        return True


def _fitted(data: Any, size: int) -> Any:
    """Copied data for a parameter of another number of components: cut, or the last one repeated."""
    if not isinstance(data, list) or size == len(data) or not data or not _components(data):
        return [data] * size if size > 1 and isinstance(data, dict) else data
    return data[0] if size == 1 else [*data[:size], *[data[-1]] * (size - len(data))]


def _components(data: list[Any]) -> bool:
    return all(isinstance(one, (int, float, dict)) and not isinstance(one, bool) for one in data)
