"""The session's models: loaded once, checked, shared by all nodes and by all sessions of the process.

Weights are hashed when they are read; what is known by its hash is never read twice.
"""

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import psutil
import torch

from ..cancel import CancelToken
from ..errors import FileError, RimlightError, file_errors, reason_of
from ..evaluate.flights import Flights
from ..safefile import read_regular
from .apply import Application, Call, blank
from .backends import Network, load_network
from .declaration import ModelManifest
from .folders import Found, describe, find_models, locate
from .manifest import Manifest
from .model import StudentModel, load_student
from .reading import read_manifest
from .tiles import fitting_size

T = TypeVar("T")
Stamp = tuple[str, int, int]
"""Path, time of change in nanoseconds and size: what tells one content of a file from another."""

_CHUNK = 1 << 22
_REMEMBERED = 4096
_LARGEST = {"cpu": 512, "cuda": 1536}
"""Side of a tile, in pixels, above which little is gained: on a processor so that work can be cancelled soon."""


class ModelPool:
    """What lives in a process of models: whoever holds one is handed the same by all stores. Thread-safe.

    It holds nothing itself, and what it hands out is immutable and known by its content.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: weakref.WeakValueDictionary[tuple[str, ...], object] = weakref.WeakValueDictionary()
        self._flights: Flights[object] = Flights()
        self._hashes: OrderedDict[Stamp, str] = OrderedDict()

    def get(self, key: tuple[str, ...], load: Callable[[], T]) -> T:
        """The live model of a key, or the one that `load` gives; threads that want the same one load it once."""

        def make() -> object:
            with self._lock:
                found = self._live.get(key)
            if found is None:
                found = load()
                with self._lock:
                    self._live[key] = found
            return found

        return self._flights.run(key, CancelToken(), make)  # type: ignore[return-value]

    def sha256(self, path: Path) -> str:
        """The hash of a file, from memory while its time of change and size are the same. Raises FileError."""
        stamp = stamp_of(path)
        with self._lock:
            known = self._hashes.get(stamp)
        if known is None:
            known = self._hashed(path)
            self.remember(stamp, known)
        return known

    def remember(self, stamp: Stamp, sha256: str) -> None:
        """Take note of what a file was found to hold."""
        with self._lock:
            self._hashes[stamp] = sha256
            while len(self._hashes) > _REMEMBERED:
                self._hashes.popitem(last=False)

    def _hashed(self, path: Path) -> str:
        found = hashlib.sha256()
        with file_errors(f"{path}: the model's weights cannot be read"):
            if not path.is_file():
                raise FileError(f"{path}: the model's weights are not there")
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
        return found.hexdigest()


PROCESS = ModelPool()
"""Weights are large and never change, so one copy serves all sessions of a process."""


def stamp_of(path: Path) -> Stamp:
    """What identifies the present content of a file; zeros when there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model from elsewhere, ready to be run."""

    manifest: ModelManifest
    network: Network


class ModelStore:
    """The models of a session.

    device : where they run. nbytes : what of their weights is kept although nobody uses it at the moment; the longest
    unused go first. folders : where models are looked for by id, and the student. Thread-safe; whoever wants a model
    that another thread is loading waits for that one.
    """

    def __init__(
        self, device: str = "cpu", nbytes: int = 4 << 30, folders: Sequence[Path] = (), pool: ModelPool = PROCESS
    ) -> None:
        found = torch.device(device)
        index = found.index if found.index is not None or found.type != "cuda" else torch.cuda.current_device()
        self.device = torch.device(found.type, index) if found.type == "cuda" else found
        self.folders = tuple(folders)
        self._nbytes = nbytes
        self._pool = pool
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], tuple[object, int]] = OrderedDict()
        self._manifests: OrderedDict[Stamp, ModelManifest] = OrderedDict()
        self._tiles: dict[str, int] = {}
        self._students: dict[Stamp, Manifest] = {}
        self._default: Stamp | None = None

    # -- what there is --------------------------------------------------------------------------------------------

    def found(self) -> list[Found]:
        """All models in the folders, students among them."""
        return find_models(self.folders)

    def locate(self, name: str, base: str = "") -> Path:
        """The manifest of a model by its id, or by its file relative to `base`. Raises RimlightError."""
        return locate(name, base, self.folders)

    def manifest(self, path: Path) -> ModelManifest:
        """The manifest of a model, read once as long as its file stays the same. Raises FileError."""
        stamp = stamp_of(path)
        with self._lock:
            found = self._manifests.get(stamp)
        if found is None:
            found = read_manifest(path)
            with self._lock:
                self._manifests[stamp] = found
                while len(self._manifests) > _REMEMBERED:
                    self._manifests.popitem(last=False)
        return found

    def checked(self, path: Path) -> ModelManifest:
        """The manifest of a model whose weights are there and are the declared ones; nothing is loaded.

        A file is hashed once as long as its time of change and size stay the same. Raises FileError.
        """
        manifest = self.manifest(path)
        self.check(manifest.weights, manifest.sha256)
        return manifest

    def check(self, weights: Path, sha256: str) -> None:
        """Raise FileError unless a file is there and has this hash."""
        found = self._pool.sha256(weights)
        if found != sha256:
            raise FileError(f"{weights} is not the file its manifest declares: sha256 {found}, expected {sha256}")

    # -- loaded ---------------------------------------------------------------------------------------------------

    def model(self, path: Path) -> LoadedModel:
        """A model, loaded where nobody has done so yet. Its weights are hashed as they are read. Raises FileError."""
        manifest = self.manifest(path)
        key = (manifest.kind, manifest.sha256, str(self.device))

        def load() -> Network:
            data = self._read(manifest.weights, manifest.sha256)
            names = [i.name for i in manifest.inputs], [o.name for o in manifest.outputs]
            return load_network(manifest.kind, data, self.device, str(manifest.weights), names)

        network = self._pool.get(key, load)
        self._keep(key, network, network.nbytes)
        return LoadedModel(manifest, network)

    def student(self, path: Path | None = None, half: bool = True) -> StudentModel:
        """The student of a manifest, by default the first in the folders. Raises FileError, RimlightError."""
        path = self.student_path() if path is None else path
        manifest = self.student_manifest(path)
        key = ("student", manifest.sha256, manifest.id, manifest.version, str(self.device), str(half))

        def load() -> StudentModel:
            with torch.inference_mode(False):
                return load_student(path, self.device, None if half else False)

        student = self._pool.get(key, load)
        self._keep(key, student, 4 * student.manifest.parameters)
        return student

    def student_manifest(self, path: Path | None = None) -> Manifest:
        """The manifest of a student, read once as long as its file stays the same. Raises FileError, RimlightError."""
        path = self.student_path() if path is None else path
        stamp = stamp_of(path)
        with self._lock:
            found = self._students.get(stamp)
        if found is None:
            found = Manifest.read(path)
            with self._lock:
                self._students[stamp] = found
        return found

    def student_path(self) -> Path:
        """The manifest of the first student in the folders, its newest version. Raises RimlightError without one."""
        known = self._default
        if known is not None and stamp_of(Path(known[0])) == known:
            return Path(known[0])
        for found in self.found():
            if found.kind == "student":
                self._default = stamp_of(found.path)
                return found.path
        raise RimlightError(f"no student is installed: none of {', '.join(map(str, self.folders))} has its manifest")

    def warm_up(self, path: Path, size: int = 64) -> None:
        """Load a model or a student and run it once over black, so that the first picture does not wait for it.

        Takes seconds: to be called from a thread that nobody waits for. Raises RimlightError.
        """
        about = describe(path)
        if about is not None and about.kind == "student":
            self.student(path).examine(torch.zeros(3, size, size))
            return
        model = self.model(path)
        image = blank(model.manifest, size, self.device)
        application = Application(model.manifest, image.info)
        application.run(model.network, image, image.region, application.result.names, Call(self.tile(model.manifest)))

    def clear(self) -> None:
        """Let go of all models that nobody uses."""
        with self._lock:
            self._kept.clear()

    # -- memory ---------------------------------------------------------------------------------------------------

    def tile(self, manifest: ModelManifest, wanted: int = 0) -> int:
        """The side of a model's tiles on this machine, in pixels; `wanted` above 0 in place of the manifest's own.

        The same for all frames of a session, unless `shrunk` said that memory does not do.
        """
        tiling = manifest.tiling
        if wanted and not tiling.fixed:
            tiling = replace(tiling, size=max(wanted, 2 * tiling.blend))
        memory = _memory(self.device) // 4
        return fitting_size(tiling, manifest.bytes_per_pixel, memory, _LARGEST.get(self.device.type, 512))

    def limited(self, manifest: ModelManifest, tile: int) -> int:
        """The side of a tile with which memory last did, at most `tile`."""
        return min(tile, self._tiles.get(manifest.sha256, tile))

    def shrunk(self, manifest: ModelManifest, tile: int) -> None:
        """Take note that memory ran out above this tile."""
        self._tiles[manifest.sha256] = tile

    def _keep(self, key: tuple[str, ...], model: object, nbytes: int) -> None:
        with self._lock:
            self._kept[key] = (model, nbytes)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(size for _, size in self._kept.values()) > self._nbytes:
                self._kept.popitem(last=False)

    def _read(self, path: Path, sha256: str) -> bytes:
        """The content of a file with this hash."""
        stamp = stamp_of(path)
        try:
            data = read_regular(path, max(1, stamp[2]))
        except FileNotFoundError:
            raise FileError(f"{path}: the model's weights are not there") from None
        except OSError as error:
            raise FileError(f"{path}: the model's weights cannot be read: {reason_of(error)}") from None
        found = hashlib.sha256(data).hexdigest()
        self._pool.remember(stamp, found)
        if found != sha256:
            raise FileError(f"{path} is not the file its manifest declares: sha256 {found}, expected {sha256}")
        return data


def _memory(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(psutil.virtual_memory().total)
