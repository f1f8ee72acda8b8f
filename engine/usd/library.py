"""USD's library: which files are its, whether it is there, and what it says put into sentences."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from ..errors import FileError, listing

USD_WRITTEN = (".usd", ".usda", ".usdc")
USD_SUFFIXES = (*USD_WRITTEN, ".usdz")
"""Files of USD: binary or text, text, binary, and a package, which is only read."""


def is_usd(path: str | os.PathLike[str]) -> bool:
    """Whether a file is USD by its ending."""
    return PurePath(path).suffix.lower() in USD_SUFFIXES


def usd_library(path: str | os.PathLike[str]) -> Any:
    """The package `pxr`. Raises FileError with what to install where it is missing; `path` is what it is wanted for."""
    try:
        import pxr.Gf
        import pxr.Sdf
        import pxr.Tf
        import pxr.Usd
        import pxr.UsdGeom
        import pxr.UsdLux
        import pxr.UsdUtils
    except ImportError as error:
        found = "is not installed" if isinstance(error, ModuleNotFoundError) else f"does not load ({error})"
        raise FileError(
            f"{path}: USD files need usd-core, which {found}; install it with: pip install 'rimlight[usd]'"
        ) from None
    return pxr


def check_ending(path: str | os.PathLike[str]) -> None:
    """Raise FileError for a file that is not USD by its ending, by which the library goes."""
    if PurePath(path).suffix.lower() == ".abc":
        raise FileError(f"{path}: Alembic is not read, write it as USD")
    if not is_usd(path):
        raise FileError(f"{path}: this is no USD file by its name, expected one that ends in {listing(USD_SUFFIXES)}")


@contextmanager
def quietly(pxr: Any) -> Iterator[None]:
    """What the library has to say is asked for where it matters, and not printed beside."""
    delegate = pxr.UsdUtils.CoalescingDiagnosticDelegate()
    try:
        yield
    finally:
        delegate.TakeUncoalescedDiagnostics()


def reason(error: Exception) -> str:
    """What is wrong with a file, of the first of the library's errors that says more than that it failed."""
    try:
        said = re.findall(r" : '(.*?)'?$", str(error), re.MULTILINE)
    except UnicodeDecodeError:  # the library quotes the bytes that it cannot read
        return "it is not UTF-8 text"
    first = said[0] if said else ""
    line = re.match(r".*?:(\d+):\d+: ", first)
    if line is not None:
        return f"line {line[1]} is no USD"
    if re.search("Failed verification|Corrupt|bad_alloc|out-of-bounds|length_error", first):
        return "it is damaged"
    return "it is no USD file" if not first or re.search("Failed to open layer|is not a valid", first) else first


def asset(file: str) -> str:
    """A file's name in USD: one in the folder of the rig says so, or it would be searched for elsewhere."""
    plain = Path(file).as_posix()
    return plain if Path(file).is_absolute() else f"./{plain}"
