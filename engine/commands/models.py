"""`rimlight models`: what models there are, and whether their files are the declared ones."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import ArgumentError, AsJson
from .output import PROBLEMS, Output

if TYPE_CHECKING:
    from ..inference.folders import Found


def models(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model's id or its manifest, to tell about that one alone.")
    ] = "",
    path: Annotated[
        str, typer.Option("--path", metavar="FOLDERS", help="Folders to look in, before RIMLIGHT_MODEL_PATH.")
    ] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Also hash the files. Exit code 1 for any problem.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that are found, or tell about one of them.

    They are looked for in the folders of RIMLIGHT_MODEL_PATH and in Rimlight itself.
    """
    from ..inference.service import ModelStore

    with Output(as_json) as output:
        folders = search_folders(path)
        store = ModelStore(folders=folders)
        chosen = _chosen(model, store.found())
        rows = [_row(found, store, verify) for found in chosen]
        output.data = {"folders": [str(folder) for folder in folders], "models": rows}
        if not as_json:
            for row in rows:
                _show(row, bool(model))
            if not rows:
                print(f"no models in {', '.join(map(str, folders))}")
    if any(row["error"] for row in rows):
        raise typer.Exit(PROBLEMS)


def search_folders(path: str) -> tuple[Path, ...]:
    """The folders of `--path`, those of the environment and the product's own."""
    from ..inference.folders import PATH_VARIABLE, model_folders

    return model_folders(os.pathsep.join(filter(None, (path, os.environ.get(PATH_VARIABLE, "")))))


def _chosen(model: str, known: "list[Found]") -> "list[Found]":
    from ..inference.folders import describe

    if not model:
        return known
    if model.endswith(".json"):
        found = describe(Path(model))
        if found is None:
            raise ArgumentError(f"{model} is no manifest of a model, or is not there")
        return [found]
    same = [found for found in known if found.id == model]
    if not same:
        ids = ", ".join(found.id for found in known) or "none"
        raise ArgumentError(f"there is no model '{model}', there are: {ids}")
    return same


def _row(found: "Found", store: Any, verify: bool) -> dict[str, Any]:
    from ..errors import FileError

    row = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(found).items()}
    row["verified"] = False
    if verify and not found.error and found.weights is not None:
        try:
            store.check(found.weights, found.sha256)
            row["verified"] = True
        except FileError as error:
            row["error"] = str(error)
    return row


def _about(parameter: dict[str, Any]) -> str:
    """`strength = 0.5, 0 to 4, how much of it`."""
    said = [f"{parameter['name']} = {parameter['default']:g}"]
    if parameter["bounds"] is not None:
        said.append("{:g} to {:g}".format(*parameter["bounds"]))
    return ", ".join(filter(None, (*said, parameter["description"])))


def _show(row: dict[str, Any], whole: bool) -> None:
    if whole:
        for name, value in row.items():
            if value not in ("", None) and name != "parameters":
                print(f"{name}: {value}")
        for parameter in row["parameters"]:
            print(f"parameter: {_about(parameter)}")
    elif row["error"]:
        print(f"{row['id']:24} {row['error']}")
    else:
        said = "  verified" if row["verified"] else ""
        print(f"{row['id']:24} {row['version']:8} {row['kind']:12} {row['licence']:16} {row['path']}{said}")
