"""A USD file opened for its lights: where they are, which cameras there are, and what of it changes over time.

What is kept open are the lights and cameras alone; of a set with geometry the rest is let go of.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import FileError, file_errors, listing
from ..io.read import check_name
from .library import check_ending, quietly, reason, usd_library
from .package import check_layers

_LOCK = threading.Lock()
"""Held while a stage is looked at: layers that several share are read anew for all of them."""

MANY_ANSWERS = 256

Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, eq=False)
class Opened:
    """A stage with its lights.

    lights, flags, cameras : paths of prims in the order of the file. others : prims that shine but are no light of one
    of UsdLux's shapes, with their types. files : paths of all layers. animated : whether anything of it changes over
    time. missing : sentences on layers that the file names and that are not there. answers : what was asked of it
    already.
    """

    path: Path
    pxr: ModuleType
    stage: Any
    lights: tuple[str, ...]
    flags: tuple[str, ...]
    cameras: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    animated: bool
    missing: tuple[str, ...]
    stamps: Stamps
    answers: dict[Any, Any] = field(default_factory=dict)

    def answer(self, question: Any, find: Callable[[], Any]) -> Any:
        """What `find` gives, found once: a node asks several times for a frame."""
        if question not in self.answers:
            if len(self.answers) >= MANY_ANSWERS:
                self.answers.clear()
            self.answers[question] = find()
        return self.answers[question]

    @property
    def cm_per_unit(self) -> float:
        """Centimetres of a unit of the stage, `metersPerUnit` in other words. Raises FileError when it is none."""
        metres = float(self.pxr.UsdGeom.GetStageMetersPerUnit(self.stage))
        if not 0 < metres < float("inf"):
            raise FileError(f"{self.path}: metersPerUnit is {metres:g}, expected a length above zero")
        return metres * 100

    @property
    def z_up(self) -> bool:
        return str(self.pxr.UsdGeom.GetStageUpAxis(self.stage)) == "Z"

    def time(self, frame: float) -> Any:
        """The time code of a frame: they are the same unless the file counts other than its frames."""
        per_second = self.stage.GetFramesPerSecond()
        share = self.stage.GetTimeCodesPerSecond() / per_second if per_second > 0 else 1.0
        return self.pxr.Usd.TimeCode(frame * share)

    def camera(self, name: str) -> Any:
        """The camera of a name or path, without one the only one; None for the stage's own space: where there is no
        camera, or the name is `/`. Raises FileError.
        """
        if name == "/" or (not name and not self.cameras):
            return None
        found = [p for p in self.cameras if not name or p == name or p.rpartition("/")[2] == name]
        if not self.cameras:
            raise FileError(f"{self.path} has no camera, so none that is called '{name}'")
        if not found:
            raise FileError(f"{self.path} has no camera '{name}', there are {listing(self.cameras, 10)}")
        if len(found) > 1:
            raise FileError(
                f"{self.path} has {len(found)} cameras{f' called {name!r}' if name else ''}: say which by its"
                f" {'path' if name else 'name'}, or / for the space of the file: {listing(found, 10)}"
            )
        return self.stage.GetPrimAtPath(found[0])


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The stage of a file as it is on disk now, for as long as nobody else opens one. Raises FileError."""
    check_ending(path)
    pxr = usd_library(path)
    check_name(str(path))
    with file_errors(f"{path}: it cannot be read as USD"):
        state = _stamp(str(path))
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no regular file"
        raise FileError(f"{path}: it cannot be read as USD: it is {what}, expected a file")
    if not os.access(path, os.R_OK):
        raise FileError(f"{path}: it cannot be read as USD: permission denied")
    with _LOCK:
        try:
            found = _opened(str(path), state)
            if found.stamps != _stamps(found.files):
                del found
                _opened.cache_clear()
                found = _opened(str(path), state)
            yield found
        except pxr.Tf.ErrorException as error:  # what is damaged is found where it is first asked for
            raise FileError(f"{path}: it cannot be read as USD: {reason(error)}") from None


def _stamp(path: str) -> tuple[str, int, int]:
    status = os.stat(path)
    return path, status.st_mtime_ns, status.st_size


def _stamps(files: tuple[str, ...]) -> Stamps:
    found = []
    for file in files:
        try:
            found.append(_stamp(file))
        except OSError:
            found.append((file, 0, 0))
    return tuple(found)


@lru_cache(4)
def _opened(path: str, state: tuple[str, int, int]) -> Opened:
    """`state` is here for the cache to tell a file from the one that was under the name before."""
    pxr = usd_library(path)
    if path.lower().endswith(".usdz"):
        check_layers(Path(path))
    with quietly(pxr):
        whole = pxr.Usd.Stage.Open(path)
        whole.Reload()  # a layer that is still open elsewhere may be older than its file
        lights, flags, cameras, others = _sorted(pxr, whole)
        missing = tuple(dict.fromkeys(f"{path}: {str(e).rstrip('.')}" for e in whole.GetCompositionErrors()))
        files = tuple(sorted({layer.realPath.partition("[")[0] for layer in whole.GetUsedLayers() if layer.realPath}))
        mask = pxr.Usd.StagePopulationMask([pxr.Sdf.Path(p) for p in (*lights, *flags, *cameras)])
        stage = pxr.Usd.Stage.OpenMasked(whole.GetRootLayer(), mask)
    there = pxr.Usd.PrimRange.Stage(stage, pxr.Usd.TraverseInstanceProxies())
    animated = any(attribute.ValueMightBeTimeVarying() for prim in there for attribute in prim.GetAttributes())
    return Opened(Path(path), pxr, stage, lights, flags, cameras, others, files, animated, missing, _stamps(files))


Sorted = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]


def _sorted(pxr: ModuleType, stage: Any) -> Sorted:
    """Paths of lights, flags and cameras, and paths and types of all else that shines."""
    lights, flags, cameras, others = [], [], [], []
    known = tuple(getattr(pxr.UsdLux, name) for name in SHAPES)
    for prim in pxr.Usd.PrimRange.Stage(stage, pxr.Usd.TraverseInstanceProxies()):
        path, kind = str(prim.GetPath()), str(prim.GetTypeName())
        if any(prim.IsA(schema) for schema in known):
            lights.append(path)
        elif prim.HasAttribute(FLAG):
            flags.append(path)
        elif prim.IsA(pxr.UsdGeom.Camera):
            cameras.append(path)
        elif prim.HasAPI(pxr.UsdLux.LightAPI) or (kind.endswith("Light") and not prim.IsA(pxr.UsdGeom.Imageable)):
            others.append((path, kind))
    return tuple(lights), tuple(flags), tuple(cameras), tuple(others)


FLAG = "rimlight:flag"
"""The attribute by which a mesh is known for a flag; its value is the flag's shape."""

SHAPES = ("DistantLight", "SphereLight", "RectLight", "DiskLight", "CylinderLight", "DomeLight", "DomeLight_1")
"""The lights of UsdLux that are read."""
