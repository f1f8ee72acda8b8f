"""The node library: one node a file, found by walking the package."""

if __name__ != "rimlight.nodes":
    raise ImportError("import rimlight.nodes, not nodes: the package lives under the product's name")

from importlib import import_module
from pkgutil import walk_packages

from rimlight.engine import face_of

__getattr__, __dir__, __all__ = face_of(__name__, __file__)


def load() -> None:
    """Import every module of nodes of the library, so that each node declares itself in the registry.

    This is the value of the `builtin` entry point in the group `rimlight.nodes`; plugins arrive the same way.
    """
    for module in sorted(found.name for found in walk_packages(__path__, f"{__name__}.")):
        if not module.startswith(f"{__name__}.ops."):  # no nodes; loaded by those, some only as they run
            import_module(module)
