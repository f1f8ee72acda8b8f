"""`rimlight import`: a script of Nuke as one of ours, with a report."""

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Force, check_free, check_script_name, starting
from .output import Output


def import_(
    script: Annotated[Path, typer.Argument(metavar="FILE", help="The script of Nuke, a .nk file.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="SCRIPT", help="The script to make, default the same name with .rim."),
    ] = None,
    force: Force = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell only of nodes that are not the same.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a script of Nuke into one of Rimlight.

    For each node it is told what became of it. Nothing of the script is run. A node without a counterpart is kept as
    one that passes its picture through.
    """
    from ..nuke.load import load_nuke
    from ..script.script import Loaded
    from ..session import Session

    with Output(as_json) as out:
        target = output or script.with_suffix(".rim")
        check_script_name(target)
        check_free(target, force)
        with starting():
            session = Session()
        imported = load_nuke(script)
        report = imported.report
        session.adopt(Loaded(imported.document))
        session.save(target)
        out.data = {
            "script": str(target),
            "summary": {fate: report.count(fate) for fate in ("mapped", "approximated", "unknown")},
            "general": list(report.general),
            "nodes": [
                {"node": n.path, "class": n.cls, "as": n.label, "fate": n.fate, "notes": list(n.notes)}
                for n in report.lines
            ],
        }
        if not as_json:
            for line in report.warnings() if quiet else (*report.general, *map(str, report.lines)):
                print(line)
            print(f"made {target}: {report.summary()}")
