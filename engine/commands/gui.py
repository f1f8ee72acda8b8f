"""`rimlight gui`: the desktop, where it is installed."""

import importlib
import signal
from pathlib import Path
from typing import Annotated

import typer

from ..errors import RimlightError


def gui(
    script: Annotated[Path | None, typer.Argument(help="A script to open.")] = None,
    screenshot: Annotated[Path | None, typer.Option(help="Save a picture of the drawn window, and quit.")] = None,
    layout: Annotated[str, typer.Option(help="Name of a saved layout.")] = "",
) -> None:
    """Open the desktop."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # handlers of Python do not run while Qt waits
    try:
        desktop = importlib.import_module("rimlight.app.main")
    except ImportError as error:
        raise RimlightError(
            f"the desktop is not installed ({error}); install it with: pip install 'rimlight[gui]'"
        ) from None
    raise typer.Exit(desktop.run(script, screenshot, layout))
