"""`rimlight check`: whether a script would render."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..context import Tier
from ..render import sinks
from ..session import Session
from ..settings import Settings
from .options import read_frames

PROBLEMS = 1


def check(
    script: Annotated[Path, typer.Argument(help="The script, a .rim file.")],
    frames: Annotated[str, typer.Option("--frames", "-f", help="Frames to check, default the first and last.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Look for missing nodes, files, layers and wrong values without computing pixels. Exit code 1 when something is wrong."""
    numbers = read_frames(frames)
    session = Session.open(script, Settings.from_environment())
    found = list(dict.fromkeys(_problems(session, numbers or list(session.project.frames))))
    if as_json:
        print(json.dumps({"warnings": list(session.warnings), "problems": found}, indent=2))
    else:
        for warning in session.warnings:
            print(f"warning: {warning}")
        for problem in found:
            print(problem)
        if not found:
            print(f"{script} is fine")
    if found:
        raise typer.Exit(PROBLEMS)


def _problems(session: Session, frames: list[int]) -> list[str]:
    targets = sinks(session)
    problems = [] if targets else ["the script has no Write node, so nothing would be rendered"]
    for frame in frames:
        for target in targets:
            vertices = session.evaluator.survey(session.graph, session.project, [target], float(frame), 1.0, Tier.FINAL)
            problems += [str(v.error) for v in vertices.values() if v.error is not None]
            for vertex in vertices.values():
                if vertex.node is not None and vertex.ctx is not None and vertex.error is None:
                    problems += [f"{vertex.id[0]}: {sentence}" for sentence in vertex.node.warnings(vertex.ctx)]
    return problems
