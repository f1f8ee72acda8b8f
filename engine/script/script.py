"""The script file, `.rim`: readable JSON in which nothing is code.

    {
      "rimlight": 1,
      "project": {...},
      "nodes": {
        "Blur1": {
          "kind": "filter.blur",
          "version": 1,
          "inputs": {"image": "Read1"},
          "values": {
            "size": 12.5
          }
        }
      },
      "layout": {
        "Blur1": {"position": [0, 120]}
      }
    }
 Nodes stand in the order of the graph, values and inputs in that of their names, one parameter a line, only what
differs from the defaults. Looks stand in a block of their own at the end, so that moving nodes never shows among the
changes that matter. Fields that this version does not know keep their order and place: after the known ones, before
`layout`. So a script that was saved, loaded and saved again is the same to the byte.

The clipboard holds the same text.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ScriptError, reason_of
from ..graph.graph import Graph, NodeState
from ..jsontext import Block, parse, render
from ..nuke.reading import is_nuke
from ..nuke.report import ImportReport
from ..safefile import read_regular, write_safely
from ..settings import Project
from ..values import to_data
from .document import Document
from .reading import GraphReader, mapping
from .relocate import Relocation

SCHEMA = 1
SUFFIX = ".rim"
NUKE_SUFFIXES = (".nk", ".gizmo")
MAX_BYTES = 256 << 20

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: dict[int, Upgrade] = {}
"""By schema version, what turns the data of a script of that version into those of the next."""

_FIELDS = ("rimlight", "project", "nodes", "layout")
_NODE_FIELDS = ("kind", "version", "inputs", "values", "promoted", "nodes")


@dataclass(frozen=True)
class Loaded:
    """A script that was read. `warnings` are sentences about what could not be used; it is kept and saved again.

    upgraded : sentences about nodes of older versions, and the values that keep their pictures as they were.
    report : what became of the nodes of another program, whose file must not be saved over.
    """

    document: Document
    warnings: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    report: ImportReport | None = None


_COPIED_FROM = "copied_from"


def dumps(document: Document) -> str:
    """The text of a script. Raises ScriptError for values that no script can hold, such as NaN."""
    data = Block(rimlight=SCHEMA)
    settings = document.project.to_data() | dict(document.extra.get("project", {}))
    if settings:
        data["project"] = Block(settings)
    data["nodes"] = _graph_data(document.graph)
    data.update((name, value) for name, value in document.extra.items() if name not in _FIELDS)
    layout = {".": dict(document.ui)} | {path: dict(state.ui) for path, state in document.graph.walk()}
    shown = Block((path, ui) for path, ui in layout.items() if ui)
    if shown:
        data["layout"] = shown
    return render(data)


def loads(text: str, name: str = "script") -> Loaded:
    """The script in a text. `name` stands for it in messages. Runs nothing; raises only ScriptError."""
    data = parse(text, name)
    if not isinstance(data, dict) or "rimlight" not in data:
        raise ScriptError(f'{name}: this is no Rimlight script, which would begin with its "rimlight" version')
    data = _upgraded(data, name)
    reader = GraphReader(name, mapping(data.get("layout", {}), name, "layout"))
    graph = reader.graph(data.get("nodes", {}))
    project, kept = _project(mapping(data.get("project", {}), name, "project"), name)
    extra = ({"project": kept} if kept else {}) | {k: v for k, v in data.items() if k not in _FIELDS}
    return Loaded(Document(graph, project, reader.looks("."), extra), tuple(reader.warnings), tuple(reader.upgraded))


def load_script(path: str | os.PathLike[str]) -> Loaded:
    """Open a script file; relative file names in it start at its folder. Runs nothing; raises only ScriptError.

    A script or gizmo of Nuke, `.nk` or `.gizmo`, is imported: its warnings say what became of its nodes, unless
    all came over whole.
    """
    if Path(path).suffix.lower() in NUKE_SUFFIXES:
        from ..nuke.load import load_nuke

        found = load_nuke(path)
        told = found.report.warnings()
        return Loaded(found.document, (found.report.summary(), *told) if told else (), report=found.report)
    try:
        file = Path(os.path.realpath(path))
        text = read_regular(file, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path}: byte {error.start} is not UTF-8 text, so this is no script") from None
    except (OSError, ValueError) as error:
        raise ScriptError(f"{path}: cannot be read: {reason_of(error)}") from None
    loaded = loads(text, str(path))
    project = replace(loaded.document.project, folder=str(file.parent))
    return replace(loaded, document=loaded.document.with_(project=project))


def save_script(document: Document, path: str | os.PathLike[str]) -> None:
    """Write a script file, at once and verified by reading back.

    Whatever happens, the name holds the whole old or the whole new script. Raises ScriptError; the old one is then
    untouched.
    """
    if Path(path).suffix.lower() in NUKE_SUFFIXES:
        raise ScriptError(f"{path}: not saved, because files of that name are Nuke's, expected {SUFFIX}")
    text = dumps(document)
    again = [(at, state.kind) for at, state in loads(text, str(path)).document.graph.walk()]
    if again != [(at, state.kind) for at, state in document.graph.walk()]:
        raise ScriptError(f"{path}: not saved, because the script would read back with other nodes")
    try:
        write_safely(Path(path), text.encode())
    except (OSError, ValueError) as error:
        raise ScriptError(f"{path}: cannot be written: {reason_of(error)}") from None


def text_of(graph: Graph, names: Iterable[str], folder: str = "") -> str:
    """Some nodes of a graph as text for the clipboard, with the wires between them. Raises GraphError, ScriptError.

    folder : where relative file names start, so that those nodes find their files when they are pasted elsewhere.
    """
    chosen = set(names)
    for name in chosen:
        graph.node(name)
    kept = {
        name: state.with_(inputs={socket: source for socket, source in state.inputs.items() if source in chosen})
        for name, state in graph.items()
        if name in chosen
    }
    return dumps(Document(Graph(kept), extra={_COPIED_FROM: folder} if folder else {}))


def read_nodes(text: str, folder: str = "", name: str = "clipboard") -> Graph:
    """The nodes in a text from the clipboard, ours or what Nuke copies. folder : where relative file names start now.

    name : what the text is called in errors. Raises ScriptError.
    """
    if is_nuke(text):
        from ..nuke.load import import_nuke

        return import_nuke(text, folder).document.graph
    document = loads(text, name).document
    old = document.extra.get(_COPIED_FROM)
    if isinstance(old, str) and old not in ("", folder):
        return Relocation(old, folder).graph(document.graph)
    return document.graph


def _graph_data(graph: Graph) -> Block:
    return Block((name, _node_data(state)) for name, state in graph.items())


def _node_data(state: NodeState) -> Block:
    data = Block(kind=state.kind, version=state.version)
    for name, given in (("inputs", state.inputs), ("values", state.values), ("promoted", state.promoted)):
        # What was kept aside when it was read goes back to where it was; what was set since then wins.
        members = dict(state.extra.get(name, {})) | {k: to_data(v) for k, v in given.items()}
        if members:
            made = Block if name == "values" else dict
            data[name] = made(sorted(members.items()))
    if state.graph is not None:
        data["nodes"] = _graph_data(state.graph)
    data.update((name, value) for name, value in state.extra.items() if name not in _NODE_FIELDS)
    return data


def _upgraded(data: dict[str, Any], name: str) -> dict[str, Any]:
    version = data["rimlight"]
    if type(version) is not int or version < 1:
        raise ScriptError(f"{name}: the script version is {version!r:.40}, expected a whole number from 1")
    if version > SCHEMA:
        raise ScriptError(
            f"{name}: the script is of version {version}, of a newer Rimlight than this one, which reads up to {SCHEMA}"
        )
    for step in range(version, SCHEMA):
        data = UPGRADES[step](data)
    return data


def _project(data: Mapping[str, Any], name: str) -> tuple[Project, dict[str, Any]]:
    try:
        project = Project.from_data(data)
    except (ScriptError, OverflowError) as error:
        raise ScriptError(f"{name}: {error}") from None
    known = Project.__dataclass_fields__.keys() - {"folder"}
    return project, {k: v for k, v in data.items() if k not in known}
