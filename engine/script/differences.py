"""What differs between two scripts, as sentences for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..graph.graph import NodeState
from ..jsontext import flat
from ..values import to_data
from .document import Document

_LONGEST = 60


def difference(old: Document, new: Document) -> list[str]:
    """A sentence for each node, parameter, wire or setting that differs; none when only the order does."""
    lines = list(_members("project", old.project.to_data(), new.project.to_data()))
    before, after = dict(old.graph.walk()), dict(new.graph.walk())
    lines += [f"removed {path} ({state.kind})" for path, state in before.items() if path not in after]
    moved = 0
    for path, state in after.items():
        if path not in before:
            lines.append(f"added {path} ({state.kind})")
            lines += _members(path, {}, _plain(state))
        else:
            lines += _changes(path, before[path], state)
            moved += before[path].ui != state.ui
    if moved:
        lines.append(f"layout: {moved} node{'s' if moved > 1 else ''} moved or restyled")
    if (old.ui, old.extra) != (new.ui, new.extra):
        lines.append("layout or unknown fields of the script changed")
    return lines


def _changes(path: str, old: NodeState, new: NodeState) -> Iterator[str]:
    if (old.kind, old.version) != (new.kind, new.version):
        yield f"{path}: {old.kind} version {old.version} -> {new.kind} version {new.version}"
    for socket in sorted({*old.inputs, *new.inputs}):
        was, now = old.inputs.get(socket), new.inputs.get(socket)
        if was != now:
            yield f"{path}: input {socket}: {was or 'not wired'} -> {now or 'not wired'}"
    yield from _members(path, _plain(old), _plain(new))
    yield from _members(f"{path} shows", old.promoted, new.promoted, join=": ")
    if old.extra != new.extra:
        yield f"{path}: fields that this version does not know changed"


def _plain(state: NodeState) -> dict[str, Any]:
    return {name: to_data(value) for name, value in state.values.items()}


def _members(path: str, old: Mapping[str, Any], new: Mapping[str, Any], join: str = ".") -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old or name not in new or old[name] != new[name]:
            was, now = (_shown(values[name]) if name in values else "default" for values in (old, new))
            yield f"{path}{join}{name}: {was} -> {now}" if was != now else f"{path}{join}{name}: {was}, changed inside"


def _shown(value: Any) -> str:
    text = _words(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _words(value: Any) -> str:
    """A value as people would write it: what is computed behind `=`, of a curve its ends."""
    match value:
        case {"expr": str(text)}:
            return f"= {text}"
        case {"keys": [*rows]}:
            keys = [row for row in rows if not isinstance(row, str)]  # in front may stand how it goes on outside
            (first, begin, *_), (last, end, *_) = keys[0], keys[-1]
            if len(keys) == 1:
                return f"1 key, {flat(begin)} at frame {flat(first)}"
            return f"{len(keys)} keys, {flat(begin)} at frame {flat(first)} to {flat(end)} at {flat(last)}"
        case [*parts] if any(isinstance(part, dict) for part in parts):
            return f"[{', '.join(map(_words, parts))}]"
    return flat(value)
