"""What plugins that bring a panel need of the desktop, each name with its home."""

from .actions import Action as Action
from .panelkit import try_panel as try_panel
from .panels import Desktop as Desktop
from .panels import Panel as Panel
from .panels import PanelDeclaration as PanelDeclaration
from .workspace import Workspace as Workspace
