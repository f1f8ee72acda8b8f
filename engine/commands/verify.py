"""`rimlight verify`: whether what a picture says of its origin still holds."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .models import search_folders
from .options import AsJson, open_session
from .output import PROBLEMS, Output


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Pictures written by Rimlight.")],
    script: Annotated[
        Path | None, typer.Option("--script", metavar="SCRIPT", help="The script they come from, to compare.")
    ] = None,
    path: Annotated[
        str, typer.Option("--path", metavar="FOLDERS", help="Folders with models, before RIMLIGHT_MODEL_PATH.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check what written pictures say of their origin.

    That is the tier, models with their hashes, and with --script the script, colours and content they come from.

    Exit code 1 for any problem.
    """
    from ..errors import FileError
    from ..render.verification import Check, verify_picture

    problems = False
    with Output(as_json) as output:
        session = open_session(script) if script is not None else None
        report = {}
        for file in files:
            try:
                checks = verify_picture(file, search_folders(path), session)
            except FileError as error:
                checks = [Check("file", "problem", str(error))]
            report[str(file)] = [asdict(check) for check in checks]
            problems |= any(check.outcome == "problem" for check in checks)
            if not as_json:
                for check in checks:
                    print(f"{file}: {check.outcome}: {check.subject}: {check.sentence}")
        output.data = {"files": report}
    if problems:
        raise typer.Exit(PROBLEMS)
