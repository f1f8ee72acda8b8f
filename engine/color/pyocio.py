"""The door to OpenColorIO: imported on first use, so that `import rimlight.engine` stays cheap."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import ColorError


def ocio() -> Any:
    """The PyOpenColorIO module. It ships no type information, hence Any."""
    return importlib.import_module("PyOpenColorIO")


def failures() -> tuple[type[Exception], ...]:
    """What OpenColorIO raises; a missing file is a type of its own."""
    return ocio().Exception, ocio().ExceptionMissingFile


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn what OpenColorIO raises inside the block into a ColorError that begins with `what`."""
    try:
        yield
    except failures() as error:
        text = " ".join(str(error).split()).rstrip(".")
        raise ColorError(f"{what}: {text}") from None
