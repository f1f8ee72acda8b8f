"""Before and after: what the nodes of light do, rendered from examples that are declared once.

`resources/gallery.json` has the examples; each names the node that it is about, so that a test finds a node without
one. An example is a small graph in the form of scripts, or a sample script, with the nodes to show before and after.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileError, GraphError, RimlightError, file_errors
from ..kinds import registry
from ..safefile import write_safely

if TYPE_CHECKING:
    from ..session import Session

QUALITY = 86
_FIELDS = {
    "node", "title", "caption", "script", "picture", "frame", "values", "inputs", "nodes", "before", "after", "stops",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One pair of pictures.

    name : of its files. node : the kind that it shows. script : a sample script, or empty for a graph of its own.
    graph : nodes in the form of scripts. before, after : the nodes to show. stops : both are shown brighter by.
    shown : the settings that are told, by parameter.
    """

    name: str
    node: str
    title: str
    caption: str
    script: str
    graph: Mapping[str, Any]
    before: str
    after: str
    frame: int
    stops: float
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """An example with its pictures, relative to the page; error says what went wrong."""

    example: Example
    before: str = ""
    after: str = ""
    error: str = ""


def resources() -> Path:
    """The folder of what comes with the product."""
    return Path(str(files("rimlight.resources")))


def read_examples(path: Path | None = None) -> list[Example]:
    """The examples of a file, by default the product's. Raises FileError where it does not read as such."""
    path = path or resources() / "gallery.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: the examples cannot be read: {error}") from None
    entries = data.get("examples") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise FileError(f"{path}: expected an object with a list of examples")
    return [_example(entry, path, i) for i, entry in enumerate(entries, 1)]


def _example(entry: Any, path: Path, number: int) -> Example:
    where = f"{path}: example {number}"
    if not isinstance(entry, dict) or not {"node", "title", "caption"} <= set(entry):
        raise FileError(f"{where}: expected an object with node, title and caption")
    unknown = sorted(set(entry) - _FIELDS)
    if unknown:
        raise FileError(f"{where}: '{unknown[0]}' is not known, expected {', '.join(sorted(_FIELDS))}")
    given: dict[str, Any] = {
        "script": "",
        "picture": "",
        "frame": 1,
        "values": {},
        "inputs": {},
        "nodes": {},
        "stops": 0.0,
    } | entry
    graph: dict[str, Any] = {}
    if not given["script"]:
        plate = {"kind": "image.read", "values": {"file": f"plates/{given['picture']}"}}
        after = {
            "kind": given["node"], "version": _version(given["node"]), "values": given["values"],
            "inputs": {"image": "Plate"} | given["inputs"],
        }  # fmt: skip
        graph = {"Plate": plate, "After": after} | given["nodes"]
        for node in graph.values():
            node.setdefault("version", _version(node["kind"]))
    name = f"{number:02d}-{given['node'].rpartition('.')[2].replace('_', '-')}"
    return Example(
        name, given["node"], given["title"], given["caption"], given["script"], graph, given.get("before", "Plate"),
        given.get("after", "After"), given["frame"], given["stops"], given["values"],
    )  # fmt: skip


def _version(kind: str) -> int:
    """The installed version of a kind, so that values mean what they mean today."""
    try:
        return registry.find(kind).version
    except GraphError:
        return 1


def open_example(example: Example, device: str = "cpu") -> "Session":
    """A session on the graph of an example; files are those of the product. Raises RimlightError."""
    from ..script.script import loads
    from ..session import Session

    session = Session(device=device)
    if example.script:
        session.load(resources() / "scripts" / example.script)
    else:
        text = json.dumps({"rimlight": 1, "project": {"format": "640x360"}, "nodes": example.graph})
        loaded = loads(text, f"example '{example.title}'")
        project = replace(loaded.document.project, folder=str(resources()))
        session.adopt(replace(loaded, document=loaded.document.with_(project=project)))
    if session.warnings:
        raise RimlightError(f"example '{example.title}': {session.warnings[0]}")
    return session


def render_example(example: Example, folder: Path, device: str = "cpu", scale: float = 1.0) -> Shown:
    """Write both pictures of an example into `folder` as JPEG, in the display's colours."""
    try:
        session = open_example(example, device)
        written = {}
        for which, node in (("before", example.before), ("after", example.after)):
            source = session.add("color.exposure", inputs={"image": node}, stops=(example.stops,) * 3)
            path = folder / f"{example.name}-{which}.jpg"
            session.add(
                "image.write", name=f"Gallery_{which}", inputs={"image": source}, file=str(path.resolve()),
                channels="rgb", jpeg_quality=QUALITY, metadata=False,
            )  # fmt: skip
            written[f"Gallery_{which}"] = path.name
        report = session.render(list(written), frames=str(example.frame), scale=scale)
        for failed in report.failed:
            return Shown(example, error=failed.error)
    except RimlightError as error:
        return Shown(example, error=str(error))
    return Shown(example, written["Gallery_before"], written["Gallery_after"])


def write_pages(shown: Sequence[Shown], page: Path | None, manual: Path | None) -> None:
    """Write the page `page` and the manual's chapter `manual`; pictures are in folders beside them."""
    from .gallery_page import html_page, markdown_page

    texts = {page: html_page(shown, "images"), manual: markdown_page(shown, "images/gallery")}
    for path, text in texts.items():
        if path is not None:
            with file_errors(f"{path}: the page cannot be written"):
                write_safely(path, text.encode())
