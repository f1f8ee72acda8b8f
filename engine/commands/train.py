"""`rimlight train …`: making views, networks and samples, where the tools for that are installed."""

import importlib
import signal

import typer

from ..errors import RimlightError


def train(ctx: typer.Context) -> None:
    """Make training data and train the models.

    `rimlight train --help` lists the commands.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # its commands listen by themselves, its workers end at once
    try:
        commands = importlib.import_module("rimlight.training.commands")
    except ImportError as error:
        raise RimlightError(
            f"what training needs is not installed ({error}); install it with: pip install 'rimlight[train]'"
        ) from None
    code = commands.app(args=ctx.args, prog_name="rimlight train", standalone_mode=False)
    raise typer.Exit(code if isinstance(code, int) else 0)
