"""What may stand at the cursor of the script editor: members of the session, nodes, parameters, kinds, known names."""

import builtins
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rimlight.engine import Graph, Session, registry

_WORD = re.compile(r"\w*\Z")
_MEMBER = re.compile(r"\b(?:s|session)\.(\w*)\Z")
_STRING = re.compile(r"""(?:^|[^\w"'])(["'])([\w/. ]*)\Z""")
_INSIDE = r"(?:[^()]|\([^()]*\))*?"
"""Of a call that is not closed yet, with calls in it."""
_NODE_CALL = re.compile(rf"""\.(?:set|express)\(\s*["']([\w/]+)["']\s*,{_INSIDE}(\w*)\Z""")
_KIND_CALL = re.compile(rf"""\.(?:add|insert_after)\({_INSIDE}["']([\w.]+)["']\s*,{_INSIDE}(\w*)\Z""")
_ADD = re.compile(r"""\.(?:add\(|insert_after\([^,()]*,)\s*["'][\w.]*\Z""")
_OWN = ("s", "session", "frame", "selection", "Expr", "Curve")


@dataclass(frozen=True)
class Completion:
    """word : what is replaced, as it is typed. offers : what may take its place, in the order to be shown."""

    word: str
    offers: tuple[str, ...]


def completion(before: str, text: str, graph: Graph) -> Completion:
    """The offers at a cursor. before : the line up to it. text : everything, whose names count too."""
    member = _MEMBER.search(before)
    if member is not None:
        return _matching(member[1], (name for name in dir(Session) if not name.startswith("_")))
    string = _STRING.search(before)
    if string is not None:
        if _ADD.search(before):
            return _matching(string[2], (name for cls in registry for name in (cls.label, cls.kind)))
        return _matching(string[2], [path for path, _ in graph.walk()])
    call = _NODE_CALL.search(before)
    if call is not None:
        return _matching(call[2], [f"{name}=" for name in _parameters(graph, call[1])])
    call = _KIND_CALL.search(before)
    if call is not None:
        found = next((cls for cls in registry if call[1].lower() in (cls.kind, cls.label.lower())), None)
        names = [spec.name for spec in found.specs] if found is not None else []
        return _matching(call[2], [*(f"{name}=" for name in names), "name=", "inside="])
    word = _WORD.search(before)
    typed = word[0] if word is not None else ""
    if before[: len(before) - len(typed)].endswith("."):
        return Completion(typed, ())  # of something that is not known before it runs
    names = re.findall(r"[A-Za-z_]\w+", text)
    return _matching(typed, [*_OWN, *dict.fromkeys(names), *keyword.kwlist, *dir(builtins)])


def _parameters(graph: Graph, path: str) -> list[str]:
    inside, _, name = path.rpartition("/")
    for group in inside.split("/") if inside else ():
        state = graph.get(group)
        if state is None or state.graph is None:
            return []
        graph = state.graph
    state = graph.get(name)
    if state is None:
        return []
    names = [spec.name for spec in state.cls.specs] if state.cls is not None else []
    return list(dict.fromkeys((*state.promoted, *names, *state.values)))  # what is set may be of a family


def _matching(typed: str, names: Iterable[str]) -> Completion:
    low = typed.lower()
    found = dict.fromkeys(n for n in names if n.lower().startswith(low) and n != typed and not n.startswith("__"))
    return Completion(typed, tuple(found))
