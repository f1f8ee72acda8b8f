"""The content hash of a colour config: its text, the LUT files it names, its context variables."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..safefile import read_regular
from .pyocio import MAX_BYTES, failures, ocio, reported

Stamp = tuple[int, int] | None
"""Time and size of a file, None where there is none: tells whether it has to be read again."""


def fingerprint(config: Any, source: str) -> str:
    """Hash of all that an OCIO config opened from `source` depends on; the same wherever the files are the same."""
    digest = hashlib.blake2b(digest_size=16)
    with reported(f"colour config {source}"):
        context = config.getCurrentContext()
        variables = sorted((name, context.resolveStringVar(f"${{{name}}}")) for name in config.getEnvironmentVarNames())
        digest.update(f"{ocio().__version__}\n{variables}\n{config.serialize()}".encode())
    if source.endswith(".ocioz"):
        digest.update(Path(source).read_bytes())
        return digest.hexdigest()
    for name in sorted(set(_files(config))):
        digest.update(name.encode())
        digest.update(_content(context, name))
    return digest.hexdigest()


def files_of(config: Any, source: str) -> tuple[str, ...]:
    """The files that a config is made of: itself and the LUTs that are found, none for a built-in one."""
    if source.startswith("ocio://"):
        return ()
    found = [source]
    if not source.endswith(".ocioz"):
        context = config.getCurrentContext()
        for name in sorted(set(_files(config))):
            with suppress(*failures()):
                found.append(str(context.resolveFileLocation(name)))
    return tuple(found)


def stamp(path: str) -> Stamp:
    """The stamp of a file; None also for what is no path, as the built-in configs."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def _content(context: Any, name: str) -> bytes:
    """A missing file changes the hash only once it appears; using it is an error that says so."""
    try:
        return read_regular(Path(context.resolveFileLocation(name)), MAX_BYTES)
    except failures() as error:
        return type(error).__name__.encode()
    except OSError:
        return b"unreadable"


def _files(config: Any) -> Iterator[str]:
    library = ocio()
    everything = library.SearchReferenceSpaceType.SEARCH_REFERENCE_SPACE_ALL
    spaces = config.getColorSpaces(everything, library.ColorSpaceVisibility.COLORSPACE_ALL)
    for space in spaces:
        for side in (library.COLORSPACE_DIR_TO_REFERENCE, library.COLORSPACE_DIR_FROM_REFERENCE):
            yield from _named(space.getTransform(side))
    for look in config.getLooks():
        yield from _named(look.getTransform())
        yield from _named(look.getInverseTransform())
    for view in config.getViewTransforms():
        for end in (library.VIEWTRANSFORM_DIR_TO_REFERENCE, library.VIEWTRANSFORM_DIR_FROM_REFERENCE):
            yield from _named(view.getTransform(end))
    for named in config.getNamedTransforms():
        for direction in (library.TRANSFORM_DIR_FORWARD, library.TRANSFORM_DIR_INVERSE):
            yield from _named(named.getTransform(direction))


def _named(transform: Any) -> Iterator[str]:
    library = ocio()
    if isinstance(transform, library.GroupTransform):
        for part in transform:
            yield from _named(part)
    elif isinstance(transform, library.FileTransform):
        yield str(transform.getSrc())
