"""The desktop application. Everything that needs Qt lives here, and nothing below imports it.

This is the face for plugins that bring a panel; names are loaded when first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if __name__ != "rimlight.app":
    raise ImportError("import rimlight.app, not app: the package lives under the product's name")

if TYPE_CHECKING:
    from .actions import Action as Action
    from .panelkit import try_panel as try_panel
    from .panels import Desktop as Desktop
    from .panels import Panel as Panel
    from .panels import PanelDeclaration as PanelDeclaration
    from .workspace import Workspace as Workspace

_HOMES = {
    "Action": "actions",
    "Desktop": "panels",
    "Panel": "panels",
    "PanelDeclaration": "panels",
    "Workspace": "workspace",
    "try_panel": "panelkit",
}

__all__ = ["Action", "Desktop", "Panel", "PanelDeclaration", "Workspace", "try_panel"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rimlight.app' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
