"""Versions in the names of files, `shot_v002.exr`: the next one, the one before, the latest that there is."""

import glob
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from rimlight.engine import Graph, GraphError

_VERSION = re.compile(r"((?:^|(?<=[._/\\]))v)(\d+)", re.IGNORECASE)
_FRAME = re.compile(r"#+|%0?\d*d")


def files_of(graph: Graph, names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Node, parameter and value of the files of nodes that have a version. Raises GraphError where none has."""
    found = []
    for name in names:
        state = graph[name]
        for spec in state.cls.specs if state.cls is not None else ():
            value = state.values.get(spec.name)
            if spec.role == "file" and isinstance(value, str) and _VERSION.search(value):
                found.append((name, spec.name, value))
    if not found:
        raise GraphError("no selected node has a file with a version, such as _v001, in its name")
    return found


def with_version(file: str, number: int) -> str:
    """A file of another version; folders that carry the same version as the file follow."""
    old = list(_VERSION.finditer(file))[-1][2]
    return _replaced(file, old, f"{number:0{len(old)}d}")


def _replaced(file: str, old: str, new: str) -> str:
    return _VERSION.sub(lambda found: f"{found[1]}{new}" if found[2] == old else found[0], file)


def version_of(file: str) -> int:
    """The version of a file that has one."""
    return int(list(_VERSION.finditer(file))[-1][2])


def versioned(graph: Graph, names: Iterable[str], step: int) -> Graph:
    """With the version in the file names of nodes counted on or back: `shot_v002.exr` after `shot_v001.exr`."""
    for name, parameter, file in files_of(graph, names):
        number = version_of(file) + step
        if number >= 0:
            graph = graph.set_value(name, parameter, with_version(file, number))
    return graph


def latest(file: str, folder: str) -> int:
    """The highest version of a file on the disk, its own where there is none. For workers.

    folder : where relative names start.
    """
    old = list(_VERSION.finditer(file))[-1][2]
    pattern = str(Path(folder) / _FRAME.sub("*", _replaced(glob.escape(file), old, "*")))
    number = version_of(file)
    for path in glob.iglob(pattern):
        versions = list(_VERSION.finditer(path))
        if versions:
            number = max(number, int(versions[-1][2]))
    return number


def with_latest(graph: Graph, names: Iterable[str], numbers: Mapping[str, int]) -> Graph:
    """With the files of nodes at given versions, by what the files are now."""
    for name, parameter, file in files_of(graph, names):
        if file in numbers:
            graph = graph.set_value(name, parameter, with_version(file, numbers[file]))
    return graph
