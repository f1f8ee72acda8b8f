"""`rimlight exposure`: whether nodes follow the exposure of their pictures."""

from dataclasses import asdict
from typing import Annotated

import typer

from .options import AsJson, Script, node_paths, open_session
from .output import PROBLEMS, Output


def exposure(
    script: Script,
    nodes: Annotated[
        list[str] | None,
        typer.Option("--nodes", "-n", metavar="A,B", help="Nodes to try, default all with a network in them."),
    ] = None,
    frame: Annotated[float | None, typer.Option("--frame", metavar="FRAME", help="Default the script's first.")] = None,
    stops: Annotated[
        float, typer.Option("--stops", metavar="EV", help="How much brighter, and how much darker.")
    ] = 3.0,
    within: Annotated[
        float, typer.Option("--within", metavar="PART", help="The mean deviation that is allowed, relative.")
    ] = 0.01,
    as_json: AsJson = False,
) -> None:
    """Try whether nodes follow the exposure of their pictures.

    They are evaluated with brighter and darker pictures: light has to follow, everything else has to stay. Exit code 1
    when a layer is further from that, on average, than `--within`.
    """
    from ..exposure import check_exposure, estimating

    with Output(as_json) as output:
        session = open_session(script)
        report = {}
        wrong = False
        for node in node_paths(nodes) or estimating(session, frame):
            found = check_exposure(session, node, frame, stops)
            report[node] = {layer: asdict(deviation) for layer, deviation in found.layers.items()}
            wrong |= not found.follows(within)
            if not as_json:
                print(found.sentence(within))
        output.data = {"stops": stops, "nodes": report}
        if not report and not as_json:
            print(f"{script} has no node with a network in it; name others with --nodes")
    if wrong:
        raise typer.Exit(PROBLEMS)
