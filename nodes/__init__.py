"""The node library: one node a file, found by walking the package."""

if __name__ != "rimlight.nodes":
    raise ImportError("import rimlight.nodes, not nodes: the package lives under the product's name")

from importlib import import_module
from pkgutil import walk_packages


def load() -> None:
    """Import every module of the library, so that each node declares itself in the registry.

    This is the value of the `builtin` entry point in the group `rimlight.nodes`; plugins arrive the same way.
    """
    for module in sorted(found.name for found in walk_packages(__path__, f"{__name__}.")):
        import_module(module)
