"""The `rimlight` command.

Exit codes: 0 done; 1 failed; 2 wrong arguments; 3 some frames failed, all of them listed; 130 stopped by Ctrl-C.

Whatever takes long to import is imported by the commands that need it, when they need it.
"""

import atexit
import faulthandler
import gc
import io
import json
import logging
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from .commands import (
    check,
    docs,
    exposure,
    files,
    gallery,
    gui,
    import_,
    info,
    measure,
    models,
    movie,
    new,
    nodes,
    render,
    solve,
    track,
    train,
    verify,
    wedge,
)
from .commands.options import ArgumentError
from .commands.stopping import listen, stopped_at_start
from .errors import Cancelled, RimlightError

FAILED = 1
WRONG_ARGUMENTS = 2
INTERRUPTED = 130

_SHORT = re.compile(r"^(-[A-Za-z])=")
"""`-f=-5` is `-f-5`, as most tools take it that a farm starts."""

_UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="rimlight",
    help="Rimlight, a node-graph compositor for light.",
    epilog="Exit codes: 0 done, 1 failed or problems found, 2 wrong arguments, 3 done but for some frames, 130 stopped."
    " `rimlight COMMAND --help` tells more of a command, `rimlight docs --html FILE` writes the manual.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"rimlight {version('rimlight')}")
        raise typer.Exit


@app.callback()
def common(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens inside, with tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Rimlight, a node-graph compositor for light."""
    level = logging.DEBUG if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)


app.command("render")(render.render)
app.command("check")(check.check)
app.command("files")(files.files)
app.command("verify")(verify.verify)
app.command("info")(info.info)
app.command("new")(new.new)
app.command("import")(import_.import_)
app.command("movie")(movie.movie)
app.command("track")(track.track)
app.command("solve")(solve.solve)
app.command("wedge")(wedge.wedge)
app.command("measure")(measure.measure)
app.command("exposure")(exposure.exposure)
app.command("nodes")(nodes.nodes)
app.command("docs")(docs.docs)
app.command("models")(models.models)
app.command("gallery")(gallery.gallery)
app.command("gui")(gui.gui)
# Its arguments and its help are those of the commands inside.
app.command(
    "train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(train.train)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Every error becomes one sentence on standard error."""
    arguments = [_SHORT.sub(r"\1", text) for text in (sys.argv[1:] if arguments is None else arguments)]
    try:
        code = app(args=arguments, prog_name="rimlight", standalone_mode=False)
    except _UsageError as error:
        return _usage(error, "--json" in arguments)
    except ArgumentError as error:
        return _fail(WRONG_ARGUMENTS, str(error))
    except RimlightError as error:
        return _fail(FAILED, str(error))
    except (Cancelled, KeyboardInterrupt, typer.Abort):
        return _fail(INTERRUPTED, "stopped")
    except MemoryError:
        return _fail(FAILED, "there is not enough memory, or less is allowed (ulimit -v)")
    except RuntimeError as error:
        if str(error) != "can't start new thread":
            return _unexpected(error)
        return _fail(FAILED, "no more threads may be started here (ulimit -u, or the limit of a container)")
    except (Exception, SystemExit) as error:  # noqa: BLE001  a fault of ours or a plugin that ends the process
        if isinstance(error, SystemExit) and _completing(arguments):
            return error.code if isinstance(error.code, int) else FAILED
        lost = _lost_output("\n") if isinstance(error, OSError) else ""
        return _fail(FAILED, lost) if lost else _unexpected(error)
    if code == INTERRUPTED:
        return _fail(INTERRUPTED, "stopped")
    return code if isinstance(code, int) else 0


def _completing(arguments: Sequence[str]) -> bool:
    """Whether it is a shell that asks, or somebody for what the shell needs: typer answers and ends by itself."""
    return "_RIMLIGHT_COMPLETE" in os.environ or not {"--install-completion", "--show-completion"}.isdisjoint(arguments)


def _unexpected(error: BaseException) -> int:
    hint = "" if logging.getLogger().isEnabledFor(logging.DEBUG) else "; `rimlight --verbose ...` shows where"
    return _fail(FAILED, f"unexpected {type(error).__name__}: {error}{hint}")


def _usage(error: Exception, as_json: bool) -> int:
    """One line for wrong arguments, with a document where one is wanted; the help where nothing was asked for."""
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message)
        return WRONG_ARGUMENTS
    command = context.command_path if context is not None else "rimlight"
    sentence = f"{' '.join(message.split()).rstrip('.')}; see {command} --help"
    if as_json:
        with suppress(OSError):
            print(json.dumps({"error": sentence}, indent=2), flush=True)
    return _fail(WRONG_ARGUMENTS, sentence)


def _fail(code: int, sentence: str) -> int:
    if code == FAILED and stopped_at_start():  # an import made another error of it
        code, sentence = INTERRUPTED, "stopped"
    with suppress(OSError):  # a log that takes no more must not hide the code
        print(f"rimlight: {sentence}", file=sys.stderr, flush=True)
    if code == FAILED and logging.getLogger().isEnabledFor(logging.DEBUG):
        traceback.print_exc()
    return code


def main() -> None:
    """Entry point of the process."""
    _open_streams()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    listen()
    if sys.stderr is not None:
        faulthandler.enable()  # of a crash in a driver or a plugin's library the stacks are all that is left
    gc.disable()  # imports make a million objects that stay; `open_session` turns it on again for the work itself
    _leave(run() if _has_folder() else FAILED)


def _open_streams() -> None:
    """Stand the null device in for streams that whoever started the process has closed: else the next file that is
    opened gets their number, and what libraries print would land in a picture.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  as long as the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # of names that the locale cannot say, as standard error does


def _has_folder() -> bool:
    """Whether the folder that the process was started in is still there: torch cannot be loaded without one."""
    try:
        os.getcwd()
    except OSError:
        _fail(FAILED, "the folder that it was started in is gone; start it in another one")
        return False
    return True


def _leave(code: int) -> NoReturn:
    """End the process as Python does, without taking apart its modules first, which takes as long as half of them took
    to import.
    """
    if code != INTERRUPTED:  # a node that does not listen must not keep the process
        threading._shutdown()  # type: ignore[attr-defined]  # tells idle pools to end, which a join would wait for
        atexit._run_exitfuncs()
    with suppress(OSError):  # a log that takes no more is no reason to render again
        sys.stderr.flush()
    lost = _lost_output()
    if lost and code == 0:
        code = _fail(FAILED, lost)
    os._exit(code)


def _lost_output(more: str = "") -> str:
    """A sentence where what is printed, such as the report that somebody waits for, does not arrive; else nothing."""
    try:
        print(more, end="", flush=True)
    except OSError as error:
        return f"standard output takes no more: {error.strerror}"
    return ""


if __name__ == "__main__":
    main()
