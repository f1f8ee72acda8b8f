"""The node library: one node a file, found by walking the package."""

if __name__ != "rimlight.nodes":
    raise ImportError("import rimlight.nodes, not nodes: the package lives under the product's name")

from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .face.fitting import TALL as TALL
    from .face.fitting import Points as Points
    from .face.fitting import fitted as fitted
    from .face.model import face_model as face_model
    from .face.model import geometry as geometry
    from .face.paint import MARKS as MARKS
    from .face.paint import marks as marks
    from .learned.inference import Inference as Inference

_HOMES = {
    "face.fitting": "TALL Points fitted", "face.model": "face_model geometry", "face.paint": "MARKS marks",
    "learned.inference": "Inference",
}  # fmt: skip
"""What training and plugins need of the library beside its nodes; loaded when it is asked for."""


def load() -> None:
    """Import every module of nodes of the library, so that each node declares itself in the registry.

    This is the value of the `builtin` entry point in the group `rimlight.nodes`; plugins arrive the same way.
    """
    for module in sorted(found.name for found in walk_packages(__path__, f"{__name__}.")):
        if not module.startswith(f"{__name__}.ops."):  # no nodes; loaded by those, some only as they run
            import_module(module)


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
