"""From the plain data of a script to a graph, losing nothing: what cannot be used is kept and named in a warning."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..errors import GraphError, ParameterError, ScriptError, listing, told
from ..graph.graph import NAME, Graph, NodeState, parameter_spec
from ..graph.groups import GROUP
from ..graph.wiring import check_socket
from ..kinds import owner, registry
from ..values import from_data

_FIELDS = ("kind", "version", "inputs", "values", "promoted", "nodes")


def mapping(data: Any, name: str, where: str) -> Mapping[str, Any]:
    """`data` when it is a block. Raises ScriptError naming the file and the place."""
    if not isinstance(data, dict):
        raise ScriptError(f"{name}: {where} is {data!r:.40}, expected a block of names and values")
    return data


class GraphReader:
    """Reads the nodes of one script. `warnings` collects sentences, and `upgraded` what became of old versions.

    name : of the file, for messages. layout : looks by node path.
    """

    def __init__(self, name: str, layout: Mapping[str, Any]) -> None:
        self.name = name
        self.layout = layout
        self.warnings: list[str] = []
        self.upgraded: list[str] = []

    def looks(self, path: str) -> Mapping[str, Any]:
        return mapping(self.layout.get(path, {}), self.name, f"layout of {path}")

    def graph(self, data: Any, prefix: str = "") -> Graph:
        """The graph of a block of nodes. Raises ScriptError where the block is not one of nodes at all."""
        nodes: dict[str, NodeState] = {}
        for name, node in mapping(data, self.name, f"{prefix}nodes").items():
            if not NAME.match(name):
                where = f" in {prefix[:-1]}" if prefix else ""
                expected = "expected letters, digits and _, not starting with a digit"
                raise ScriptError(f"{self.name}: '{name}'{where} is no node name, {expected}")
            nodes[name] = self._node(prefix + name, mapping(node, self.name, prefix + name))
        return self._wired(nodes, prefix)

    def _node(self, path: str, data: Mapping[str, Any]) -> NodeState:
        """A node with its wires still unchecked."""
        kind, version = data.get("kind"), data.get("version", 1)
        if not isinstance(kind, str) or not kind:
            raise ScriptError(f"{self.name}: {path}: kind is {kind!r:.40}, expected the name of a node kind")
        if type(version) is not int or version < 1:
            raise ScriptError(f"{self.name}: {path}: version is {version!r:.40}, expected a whole number from 1")
        inner = self.graph(data["nodes"], f"{path}/") if "nodes" in data else Graph() if kind == GROUP else None
        extra: dict[str, Any] = {k: v for k, v in data.items() if k not in _FIELDS}
        state = NodeState(
            kind, version, inputs=self._names(path, data, "inputs"), ui=self.looks(path), graph=inner, extra=extra
        )
        if inner is not None:
            state = self._promoted(path, state, self._names(path, data, "promoted"))
        elif "promoted" in data:
            extra["promoted"] = dict(self._names(path, data, "promoted"))
        raw = dict(mapping(data.get("values", {}), self.name, f"{path}: values"))
        if state.cls is None:
            self._tell_missing(path, kind, version)
        else:
            state, raw = self._upgraded(path, state, raw)
        return self._with_values(path, state, raw)

    def _names(self, path: str, data: Mapping[str, Any], field: str) -> Mapping[str, str]:
        names = mapping(data.get(field, {}), self.name, f"{path}: {field}")
        for key, value in names.items():
            if not isinstance(value, str):
                raise ScriptError(f"{self.name}: {path}: {field}.{key} is {value!r:.40}, expected a name")
        return names

    def _tell_missing(self, path: str, kind: str, version: int) -> None:
        why = registry.why_missing(kind, version)
        self.warnings.append(f"{path}: node kind '{kind}' {why}; the node is kept as it is")

    def _promoted(self, path: str, state: NodeState, promoted: Mapping[str, str]) -> NodeState:
        good: dict[str, str] = {}
        for name, target in promoted.items():
            try:
                parameter_spec(Graph({"group": state.with_(promoted={name: target})}), "group", name)
            except GraphError as error:
                inner = target.rpartition(".")[0]
                assert state.graph is not None
                if inner in state.graph and state.graph[inner].cls is None:  # it works again once the kind is installed
                    good[name] = target
                    continue
                state = _kept(state, "promoted", name, target)
                self.warnings.append(f"{path}: the promoted parameter '{name}' was left out: {error}")
            else:
                good[name] = target
        return state.with_(promoted=good)

    def _upgraded(self, path: str, state: NodeState, raw: dict[str, Any]) -> tuple[NodeState, dict[str, Any]]:
        """Brings values to the installed version of the kind, one version at a time."""
        cls = state.cls
        assert cls is not None
        if state.version == cls.version:
            return state, raw
        try:
            values = deepcopy(raw)  # a step may write into lists
            for version in range(state.version, cls.version):
                values = _new_values(cls.upgrades[version](dict(values)))
            changes = _changes(raw, values)
        except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin's, and the script must open all the same
            self.warnings.append(
                f"{path}: upgrading '{state.kind}' from version {state.version} to {cls.version} failed "
                f"({told(error, owner(cls))}); its values are kept but not used"
            )
            for name, value in raw.items():
                state = _kept(state, "values", name, value)
            return state, {}
        was = f"{path}: {state.kind} of version {state.version} is read as version {cls.version}"
        self.upgraded.append(f"{was}, {changes}")
        return state.with_(version=cls.version), values

    def _with_values(self, path: str, state: NodeState, raw: Mapping[str, Any]) -> NodeState:
        values: dict[str, Any] = {}
        graph = Graph({"node": state})
        for name, data in raw.items():
            try:
                spec = parameter_spec(graph, "node", name)
            except GraphError:
                if state.cls is None or name in state.promoted:
                    values[name] = data
                    continue
                self.warnings.append(f"{path}: {state.kind} has no parameter '{name}'; its value is kept but not used")
                state = _kept(state, "values", name, data)
                continue
            try:
                values[name] = from_data(data, spec)
            except ParameterError as error:
                self.warnings.append(f"{path}: {error}; the default is used, the value is kept")
            except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin's parameter may parse values itself
                reason = f"{type(error).__name__}: {error}"
                self.warnings.append(f"{path}: {state.kind}.{name}: {reason}; the default is used, the value is kept")
            if name not in values:
                state = _kept(state, "values", name, data)
        return state.with_(values=values)

    def _wired(self, nodes: dict[str, NodeState], prefix: str) -> Graph:
        """The graph without wires that lead nowhere, do not fit or close a cycle."""
        graph = Graph(nodes)
        for name, state in nodes.items():
            inputs: dict[str, str] = {}
            for socket, source in sorted(state.inputs.items()):
                if source not in nodes:
                    self._tell_wire(prefix + name, socket, source, "which does not exist; the wire was dropped")
                    continue
                try:
                    check_socket(graph, name, socket, source)
                except GraphError as error:
                    self.warnings.append(f"{prefix}{name}: {error}; the wire is kept but not used")
                    state = _kept(state, "inputs", socket, source)
                else:
                    inputs[socket] = source
            nodes[name] = state.with_(inputs=inputs)
        for name, socket in _closing(nodes):
            inputs = dict(nodes[name].inputs)
            self._tell_wire(prefix + name, socket, inputs.pop(socket), "which closes a cycle; the wire was dropped")
            nodes[name] = nodes[name].with_(inputs=inputs)
        return Graph(nodes)

    def _tell_wire(self, path: str, socket: str, source: str, why: str) -> None:
        self.warnings.append(f"{path}: input '{socket}' is wired to '{source}', {why}")


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What an upgrade did to the values, in words: `with level = 'fit', without width`."""
    # By how they are written: a plugin's step may put in what cannot be compared, such as an array.
    was, now = ({name: repr(value) for name, value in values.items()} for values in (before, after))
    new = [f"{name} = {text:.60}" for name, text in now.items() if was.get(name) != text]
    gone = [name for name in before if name not in after]
    parts = [f"{word} {listing(found, 20)}" for word, found in (("with", new), ("without", gone)) if found]
    return ", ".join(parts) or "with the same values"


def _new_values(found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise TypeError(f"it gave {found!r:.60}, expected the new values by name")
    return dict(found)


def _kept(state: NodeState, field: str, name: str, value: Any) -> NodeState:
    """With a member of a known field kept aside, to be saved again."""
    return state.with_(extra={**state.extra, field: {**state.extra.get(field, {}), name: value}})


def _closing(nodes: Mapping[str, NodeState]) -> list[tuple[str, str]]:
    """The wires (node, socket) without which there are no cycles, found going up from each node in order."""
    found: list[tuple[str, str]] = []
    done: set[str] = set()
    for start in nodes:
        if start in done:
            continue
        open_: dict[str, Any] = {start: iter(nodes[start].inputs.items())}
        while open_:
            name = next(reversed(open_))
            for socket, source in open_[name]:
                if source in open_:
                    found.append((name, socket))
                elif source not in done:
                    open_[source] = iter(nodes[source].inputs.items())
                    break
            else:
                done.add(name)
                del open_[name]
    return found
