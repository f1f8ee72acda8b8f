"""`rimlight info`: what is in an image file, a sequence or a script."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import FileError
from .options import AsJson, load_nodes
from .output import Output

if TYPE_CHECKING:
    from ..io.read import FileInfo
    from ..script.document import Document


def info(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A picture, a sequence such as plate.####.exr, or a script, .rim or .nk."),
    ],
    as_json: AsJson = False,
) -> None:
    """Tell what is in a picture, a sequence or a script.

    Of pictures windows, layers, views, parts and metadata; of scripts nodes, range, format, and what of an older
    version is upgraded.
    """
    with Output(as_json) as output:
        output.data = _about(file)
        if not as_json:
            _show(output.data)


def _show(data: dict[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, item in value.items():
                print(f"  {key}: {_words(item)}")
        elif name in ("upgraded", "warnings"):
            for sentence in value:
                print(f"{name}: {sentence}")
        elif isinstance(value, list) and value:
            print(f"{name}: {', '.join(map(str, value))}")
        elif value not in ([], ""):
            print(f"{name}: {value}")


def _words(value: Any) -> str:
    """Several numbers, such as chromaticities, as single precision holds them."""
    if isinstance(value, tuple):
        return ", ".join(f"{x:.7g}" if isinstance(x, float) else str(x) for x in value)
    return str(value)


def _about(file: Path) -> dict[str, Any]:
    from ..io.reader import Reader
    from ..io.sequence import FilePattern, format_frames
    from ..script.script import NUKE_SUFFIXES, SUFFIX, load_script

    if file.suffix == SUFFIX or file.suffix.lower() in NUKE_SUFFIXES:
        load_nodes()  # without them, everything in the script would be unknown
        loaded = load_script(file)
        return _script(loaded.document) | {"upgraded": list(loaded.upgraded), "warnings": list(loaded.warnings)}
    pattern = FilePattern.typed(str(file))
    if not pattern.numbered or os.path.exists(file):
        return _image(Reader().info(file))
    frames = pattern.frames()
    if not frames:
        raise FileError(f"{file}: there is no file of this sequence")
    return {"frames": format_frames(frames)} | _image(Reader().info(Path(pattern.path(frames[0]))))


def _script(document: "Document") -> dict[str, Any]:
    kinds = {path: state.kind for path, state in document.graph.walk()}
    project = document.project
    return {"format": project.format, "frames": list(project.frames), "fps": project.fps, "nodes": kinds}


def _image(found: "FileInfo") -> dict[str, Any]:
    image = found.image
    return {
        "display window": list(image.display.box),
        "data window": list(image.data.box),
        "pixel aspect": image.pixel_aspect,
        "color space": image.colorspace or "unknown",
        "views": [view for view in found.views if view],
        "parts": [part for part in found.parts if part],
        "compression": found.compression,
        "layers": {layer.name: f"{','.join(layer.channels)} {layer.kind} {layer.depth}" for layer in image.layers},
        "metadata": dict(image.metadata),
    }
