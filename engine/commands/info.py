"""`rimlight info`: what is in an image file or a script."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..document import Document
from ..image import ImageInfo
from ..io import Reader
from ..script import load


def info(
    file: Annotated[Path, typer.Argument(help="An image file or a .rim script.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Tell what is in an image file (windows, layers, metadata) or in a script (nodes, range, format)."""
    if file.suffix == ".rim":
        loaded = load(file)
        data = _script(loaded.document) | {"warnings": list(loaded.warnings)}
    else:
        data = _image(Reader().info(file).image)
    if as_json:
        print(json.dumps(data, indent=2, default=str))
        return
    for name, value in data.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, item in value.items():
                print(f"  {key}: {item}")
        else:
            print(f"{name}: {value}")


def _script(document: Document) -> dict[str, Any]:
    kinds = {path: state.kind for path, state in document.graph.walk()}
    project = document.project
    return {"format": project.format, "frames": list(project.frames), "fps": project.fps, "nodes": kinds}


def _image(image: ImageInfo) -> dict[str, Any]:
    return {
        "display window": str(image.display),
        "data window": str(image.data),
        "pixel aspect": image.pixel_aspect,
        "color space": image.colorspace or "unknown",
        "layers": {layer.name: f"{','.join(layer.channels)} {layer.kind} {layer.depth}" for layer in image.layers},
        "metadata": dict(image.metadata),
    }
