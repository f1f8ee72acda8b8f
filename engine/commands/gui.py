"""`rimlight gui`: the desktop, where it is installed."""

import importlib
import signal
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from ..errors import RimlightError
from ..plugins import load_plugins


def gui(
    script: Annotated[Path | None, typer.Argument(metavar="SCRIPT", help="A script to open, .rim or .nk.")] = None,
    screenshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save a picture of the drawn window, and quit.")
    ] = None,
    layout: Annotated[str, typer.Option(metavar="NAME", help="Name of a saved layout.")] = "",
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, max=86400, help="Give the picture of --screenshot up after so long; 0 never."
        ),
    ] = 240,
) -> None:
    """Open the desktop."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # handlers of Python do not run while Qt waits
    try:
        desktop = load_desktop()
    except ImportError as error:
        raise RimlightError(
            f"the desktop is not installed ({error}); install it with: pip install 'rimlight[gui]'"
        ) from None
    raise typer.Exit(desktop.run(script, screenshot, layout, timeout))


def load_desktop() -> ModuleType:
    """`rimlight.app.main`. Raises ImportError where Qt or what else it needs is missing.

    The nodes, and torch with them, are loaded before it: once PySide is there, it reads the source of each module that
    is imported, and torch alone has more than a thousand of them.
    """
    load_plugins()
    return importlib.import_module("rimlight.app.main")
