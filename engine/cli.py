"""The `rimlight` command.

Exit codes: 0 done; 1 failed; 2 wrong arguments; 3 some frames failed, all of them listed.
"""

import logging
import os
import signal
import sys
import traceback
from typing import Annotated

import typer

from .commands import check, docs, gui, info, new, nodes, render
from .errors import Cancelled, RimlightError

FAILED = 1
INTERRUPTED = 130

app = typer.Typer(
    name="rimlight",
    help="Rimlight, a node-graph compositor for light.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens inside, with tracebacks.")] = False,
) -> None:
    """Rimlight, a node-graph compositor for light."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


app.command("render")(render.render)
app.command("info")(info.info)
app.command("nodes")(nodes.nodes)
app.command("docs")(docs.docs)
app.command("check")(check.check)
app.command("new")(new.new)
app.command("gui")(gui.gui)


def main() -> None:
    """Entry point: runs a command and turns errors into one sentence and an exit code."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        app()
    except RimlightError as error:
        print(f"rimlight: {error}", file=sys.stderr)
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            traceback.print_exc()
        sys.exit(FAILED)
    except (Cancelled, KeyboardInterrupt):
        print("rimlight: stopped", file=sys.stderr)
        sys.stderr.flush()
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
