"""Finding and loading nodes: entry points of installed packages, and folders named by `RIMLIGHT_PLUGIN_PATH`.

The product's own nodes arrive through the same entry point group. A plugin that fails is reported with its reason and
harms nobody: its half-made declarations are taken back, other plugins load.
"""

import hashlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from .kinds import registry

GROUP = "rimlight.nodes"
PATH_VARIABLE = "RIMLIGHT_PLUGIN_PATH"
PRIVATE = "_rimlight_plugins"


@dataclass(frozen=True)
class Plugin:
    """What became of one plugin. `error` is a sentence, empty when it loaded; `details` the traceback for its author.
    """

    name: str
    origin: str
    kinds: tuple[str, ...] = ()
    error: str = ""
    details: str = ""


def load_plugins() -> tuple[Plugin, ...]:
    """Load everything that is not loaded yet and report on all plugins, in the order they were met."""
    with registry.lock:
        for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name != "builtin", p.name)):
            _once(("entry point", f"{point.name} = {point.value}"), point.name, partial(_from_entry_point, point))
        for folder in filter(None, os.environ.get(PATH_VARIABLE, "").split(os.pathsep)):
            _load_folder(Path(folder))
        return tuple(registry.plugins.values())


def _once(key: tuple[str, str], name: str, load: Callable[[], object]) -> None:
    if key in registry.plugins:
        return
    before = {cls.kind for cls in registry}
    try:
        load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises is the plugin's
        for cls in list(registry):
            if cls.kind not in before:
                registry.discard(cls.kind)
        registry.plugins[key] = Plugin(name, key[1], (), f"{type(error).__name__}: {error}", traceback.format_exc())
        return
    kinds = tuple(cls.kind for cls in registry if cls.kind not in before)
    registry.plugins[key] = Plugin(name, key[1], kinds)


def _from_entry_point(point: EntryPoint) -> None:
    found = point.load()
    if callable(found) and not isinstance(found, type):
        found()


def _load_folder(folder: Path) -> None:
    if not folder.is_dir():
        key = ("folder", str(folder))
        registry.plugins.setdefault(
            key, Plugin(folder.name, str(folder), (), f"{PATH_VARIABLE} names {folder}, which is no folder")
        )
        return
    for path in sorted(folder.iterdir()):
        is_package = path.is_dir() and (path / "__init__.py").is_file()
        if (is_package or path.suffix == ".py") and not path.name.startswith(("_", ".", "test_")):
            _once(("file", str(path.resolve())), path.stem, partial(_import_privately, path))


def _import_privately(path: Path) -> ModuleType:
    """Import a file or package under a private name, so that a plugin called `numpy` hides nobody's numpy."""
    tag = hashlib.blake2b(str(path.resolve()).encode(), digest_size=4).hexdigest()
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
        sys.modules.pop(name, None)
        raise
    return module
