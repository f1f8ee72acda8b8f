"""Where models are: the product's own folder and those of `RIMLIGHT_MODEL_PATH`."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import FileError, RimlightError, listing
from ..jsontext import from_json
from ..paths import full_path
from ..safefile import read_regular
from .declaration import MODEL_FORMAT, ModelManifest
from .manifest import FORMAT as STUDENT_FORMAT
from .manifest import Manifest
from .reading import read_manifest

PATH_VARIABLE = "RIMLIGHT_MODEL_PATH"
_LIMIT = 1 << 20
_NUMBERS = 8
"""Of a version that are compared."""


@dataclass(frozen=True)
class Found:
    """A manifest in one of the folders. `error` says what is wrong with it, `kind` is empty then.

    parameters : what users set, each with name, default, bounds (None without) and description.
    """

    path: Path
    id: str
    version: str = ""
    kind: str = ""
    weights: Path | None = None
    sha256: str = ""
    licence: str = ""
    data: str = ""
    parameters: tuple[Mapping[str, Any], ...] = ()
    error: str = ""


def model_folders(path: str = "") -> tuple[Path, ...]:
    """The folders of a search path, as `RIMLIGHT_MODEL_PATH` has it, and the product's own."""
    given = tuple(Path(os.path.expanduser(part)) for part in path.split(os.pathsep) if part)
    try:
        own = Path(str(files("rimlight.resources").joinpath("models")))
    except ModuleNotFoundError:  # an installation of the engine alone
        return given
    return (*given, own)


def find_models(folders: Sequence[Path]) -> list[Found]:
    """The manifests in these folders and in folders inside them, in that order; other JSON files are left out.

    Of one folder they come by id, and the newest version of each first: it is the one that an id means.
    """
    found: list[Found] = []
    for folder in folders:
        if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
            found.append(Found(folder, folder.name, error=f"the folder {folder} may not be read: permission denied"))
            continue
        try:
            paths = sorted({*folder.glob("*.json"), *folder.glob("*/*.json")})
        except OSError:
            continue
        found += sorted((about for path in paths if (about := describe(path)) is not None), key=_newest_first)
    return found


def _newest_first(about: Found) -> tuple[str, list[int]]:
    """Versions by their numbers, of which `1.0` has fewer than `1.0.1`: the missing ones are 0."""
    numbers = [-int(number) for number in re.findall(r"\d{1,18}", about.version)]
    return about.id, (numbers + [0] * _NUMBERS)[:_NUMBERS]


def describe(path: Path) -> Found | None:
    """What a manifest says; None for a file that is none."""
    form = _format(path)
    try:
        if form == STUDENT_FORMAT:
            return _found(path, Manifest.read(path), "student", path.parent)
        if form == MODEL_FORMAT:
            manifest = read_manifest(path)
            return _found(path, manifest, manifest.kind, path.parent, _parameters(manifest))
    except FileError as error:
        return Found(path, path.stem, error=str(error))
    return None


def _found(
    path: Path,
    manifest: Manifest | ModelManifest,
    kind: str,
    folder: Path,
    parameters: tuple[Mapping[str, Any], ...] = (),
) -> Found:
    m = manifest
    return Found(path, m.id, m.version, kind, folder / m.file, m.sha256, m.licence, m.data, parameters)


def _parameters(manifest: ModelManifest) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"name": name, "default": tensor.default, "bounds": tensor.bounds, "description": tensor.description}
        for name, tensor in manifest.parameters.items()
    )


def _format(path: Path) -> str:
    """The format that a file says it has; also one that is no JSON any more, as after a comma too many."""
    text = b""
    try:
        text = read_regular(path, _LIMIT)
        values = from_json(text)
    except (OSError, ValueError):
        return next((form for form in (MODEL_FORMAT, STUDENT_FORMAT) if f'"{form}"'.encode() in text), "")
    return str(values.get("format", "")) if isinstance(values, dict) else ""


def locate(name: str, base: str, folders: Sequence[Path]) -> Path:
    """The manifest that a user means: a file, relative to `base`, or a model by its id.

    Raises RimlightError when no model of that id is in the folders, and for one whose manifest cannot be read.
    """
    if name.endswith(".json") or "/" in name or os.sep in name:
        return Path(full_path(name, base))
    there = find_models(folders)
    known = [found for found in there if found.kind not in ("", "student")]
    for found in known:
        if found.id == name:
            return found.path
    for found in there:
        if found.error and found.id == name:  # the id of such a one is the name of its file
            raise RimlightError(found.error)
    ids = listing([found.id for found in known])
    raise RimlightError(f"there is no model '{name}', there are: {ids}; {PATH_VARIABLE} names more folders")
