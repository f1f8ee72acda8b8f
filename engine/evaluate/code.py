"""The code that results depend on, as a hash that is part of their keys."""

import functools
import hashlib
import sys
from pathlib import Path

_ENGINE = Path(__file__).parents[1]
_CODE = (".py", ".cu")
"""Endings of files of code, for processors and for GPUs."""


def code_key(cls: type) -> bytes:
    """Hash of what a node's class can use: the engine, and the package that the class is in, or its file alone.

    A node's pixels come from helpers as much as from its own file, so any change of code makes new keys.
    """
    return _hash_of(_ENGINE) + _hash_of(_home(cls))


def _home(cls: type) -> Path | None:
    """The folder of the topmost package that a class is in, or its file; None where it comes from no file."""
    names = cls.__module__.split(".")
    for count in range(1, len(names) + 1):
        file = getattr(sys.modules.get(".".join(names[:count])), "__file__", None)
        if file is not None:
            path = Path(file)
            return path.parent if path.stem == "__init__" else path
    return None


@functools.cache
def _hash_of(path: Path | None) -> bytes:
    """Hash of a file of code, or of all in a folder, by their names; that of nothing where they cannot be read."""
    h = hashlib.blake2b(digest_size=16)
    if path is None:
        return h.digest()
    try:
        inside = (file for file in path.rglob("*") if file.suffix in _CODE)
        for file in sorted(inside) if path.is_dir() else [path]:
            code = file.read_bytes()
            h.update(f"{file.relative_to(path)} {len(code)} ".encode() + code)
    except OSError:
        pass
    return h.digest()
