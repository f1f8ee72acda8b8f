"""Finding and loading nodes: entry points of installed packages, and folders named by `RIMLIGHT_PLUGIN_PATH`.

The product's own nodes arrive through the same entry point group. A plugin that fails is reported with its reason and
harms nobody: its half-made declarations are taken back, other plugins load.
"""

import hashlib
import importlib.util
import logging
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import EntryPoint, distributions, entry_points
from pathlib import Path
from types import ModuleType

from .errors import Cancelled, PluginError, told
from .kinds import registry

GROUP = "rimlight.nodes"
BUILTIN = "rimlight.nodes:load"
"""The entry point of the product's own nodes."""
UNREADABLE = "its entry_points.txt cannot be read"
PATH_VARIABLE = "RIMLIGHT_PLUGIN_PATH"
PRIVATE = "_rimlight_plugins"


@dataclass(frozen=True)
class Plugin:
    """What became of one plugin. `error` is a sentence, empty when it loaded, `details` a traceback for its author.

    seconds : how long its import took, which every start waits for.
    """

    name: str
    origin: str
    kinds: tuple[str, ...] = ()
    error: str = ""
    details: str = ""
    seconds: float = 0.0

    @property
    def status(self) -> str:
        """What is to be said of it: its error, or how many nodes it has, and where it held up the start."""
        count = "1 node" if len(self.kinds) == 1 else f"{len(self.kinds)} nodes"
        slow = self.seconds >= SLOW and not _is_builtin(self.origin)
        took = f", took {self.seconds:.1f} s to import" if slow else ""
        return (self.error or count) + took


def _is_builtin(origin: str) -> bool:
    """Whether these are the product's own nodes, which whoever imports it waits for."""
    return origin.endswith(f"= {BUILTIN}")


SLOW = 5.0
"""Seconds of an import from which on it is worth saying who takes them."""
HANGING = 10.0
"""Seconds of an import after which that is said while it goes on."""

log = logging.getLogger(__name__)


def load_plugins() -> tuple[Plugin, ...]:
    """Load everything that is not loaded yet and report on all plugins, in the order they were met.

    Raises PluginError in a plugin that asks for it while it is imported, as one that makes a session does: it would be
    imported for it again, without end.
    """
    with registry.lock:
        if registry.loading:
            raise PluginError(
                f"it makes a session while it is imported as the plugin {registry.loading}; put what runs by itself "
                'behind `if __name__ == "__main__":`, or begin the name of its file with _'
            )
        points, broken = _points(tuple((place, _changed(place)) for place in sys.path))
        for package, sentence in broken:
            registry.plugins.setdefault(("package", package), Plugin(Path(package).name, package, (), sentence))
        for point in points:
            _once(("entry point", f"{point.name} = {point.value}"), point.name, partial(_from_entry_point, point))
        for folder in filter(None, os.environ.get(PATH_VARIABLE, "").split(os.pathsep)):
            _load_folder(Path(folder))
        return tuple(registry.plugins.values())


@lru_cache(maxsize=1)
def _points(places: tuple[tuple[str, int], ...]) -> tuple[tuple[EntryPoint, ...], tuple[tuple[str, str], ...]]:
    """The entry points of what is installed, the product's own first, and packages whose own cannot be read, with a
    sentence for each.

    places : where packages are looked for, and when each folder changed. The same are read once: it takes milliseconds,
    as every installed package is looked at, and every session asks.
    """
    found: list[EntryPoint] = []
    broken: dict[str, str] = {}
    try:
        found += entry_points(group=GROUP)
    except Exception:  # noqa: BLE001  one damaged package, whosever it is, hides those of all others
        for package in distributions():
            try:
                found += (point for point in package.entry_points.select(group=GROUP) if point not in found)
            except Exception as error:  # noqa: BLE001
                place = str(getattr(package, "_path", package.locate_file("")))
                broken[place] = f"{UNREADABLE}: {told(error)}"
    return tuple(sorted(found, key=lambda p: (p.value != BUILTIN, p.name))), tuple(broken.items())


def _changed(place: str) -> int:
    """When something was last put into a folder or taken out of it, in nanoseconds; 0 where there is none."""
    try:
        return os.stat(place or ".").st_mtime_ns
    except OSError:
        return 0


def require_builtin(plugins: tuple[Plugin, ...]) -> None:
    """Raise PluginError unless the product's own nodes are among the plugins that loaded."""
    own = [plugin for plugin in plugins if _is_builtin(plugin.origin)]
    if not own:
        raise PluginError(f"Rimlight's own nodes are not installed: no package offers '{BUILTIN}'; install it with pip")
    if all(plugin.error for plugin in own):
        # Libraries that they are made of look at all packages too.
        broken = [f"{p.origin}: {p.error}" for p in plugins if p.error.startswith(UNREADABLE)]
        raise PluginError(f"Rimlight's own nodes cannot be loaded: {(broken or [own[0].error])[0]}")


def _once(key: tuple[str, str], name: str, load: Callable[[], object]) -> None:
    if key in registry.plugins:
        return
    before = {cls.kind for cls in registry}
    start = time.perf_counter()
    registry.loading = name
    try:
        with _told_where_it_hangs(name, key[1]):
            load()
    except BaseException as error:  # whatever a plugin raises is the plugin's
        if isinstance(error, (KeyboardInterrupt, Cancelled)):
            raise
        for cls in list(registry):
            if cls.kind not in before:
                registry.discard(cls.kind)
        sentence = told(error, key[1] if key[0] == "file" else "")
        seconds = time.perf_counter() - start
        registry.plugins[key] = Plugin(name, key[1], (), sentence, traceback.format_exc(), seconds)
        return
    finally:
        registry.loading = ""
    kinds = tuple(cls.kind for cls in registry if cls.kind not in before)
    registry.plugins[key] = Plugin(name, key[1], kinds, seconds=time.perf_counter() - start)


@contextmanager
def _told_where_it_hangs(name: str, origin: str) -> Iterator[None]:
    """Log who holds up the start, while it does: an import that never ends could not be told afterwards."""
    timer = threading.Timer(HANGING, log.warning, ("plugin %s is still being imported: %s", name, origin))
    timer.daemon = True
    if not _is_builtin(origin):
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _from_entry_point(point: EntryPoint) -> None:
    if not re.match(r"[\w.]+\s*(:\s*[\w.]+\s*)?(\[.*\])?$", point.value) or point.value.startswith("."):
        raise PluginError(f"its entry point is '{point.value}', expected module:function")
    found = point.load()
    if callable(found) and not isinstance(found, type):
        found()


def _load_folder(folder: Path) -> None:
    try:
        found = sorted(path for path in folder.iterdir() if _is_plugin(path))
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        reason = "is no folder" if missing else f"cannot be read: {error.strerror}"
        sentence = f"{PATH_VARIABLE} names {folder}, which {reason}"
        registry.plugins.setdefault(("folder", str(folder)), Plugin(folder.name, str(folder), (), sentence))
        return
    for path in found:
        if path.is_dir() or path.is_file():
            _once(("file", str(path.resolve())), path.stem, partial(_import_privately, path))
        else:
            what = "it is no regular file" if path.exists() else "it is a link to nothing"
            registry.plugins.setdefault(("file", str(path)), Plugin(path.stem, str(path), (), what))


def _is_plugin(path: Path) -> bool:
    """A module or package, but none that packaging or tests put beside it."""
    if path.name.startswith(("_", ".", "test_")) or path.name in ("conftest.py", "setup.py"):
        return False
    return (path / "__init__.py").is_file() if path.is_dir() else path.suffix == ".py"


def _import_privately(path: Path) -> ModuleType:
    """Import a file or package under a private name, so that a plugin called `numpy` hides nobody's numpy."""
    tag = hashlib.blake2b(os.fsencode(path.resolve()), digest_size=4).hexdigest()
    name = f"{PRIVATE}_{re.sub(r'[^A-Za-z0-9_]', '_', path.stem)}_{tag}"
    file = path / "__init__.py" if path.is_dir() else path
    search = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=search)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for loaded in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
            del sys.modules[loaded]
        raise
    return module
