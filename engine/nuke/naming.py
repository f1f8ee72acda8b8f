"""Names of nodes and colour spaces that have to be others here."""

import re
from collections.abc import Container
from pathlib import PurePosixPath

from ..graph.graph import LINK_WORDS, NAME
from .reading import NukeNode

_SPACES = {
    "linear": "Linear Rec.709 (sRGB)",
    "srgb": "sRGB - Texture",
    "rec709": "Gamma 2.4 Rec.709 - Texture",
    "gamma1.8": "Gamma 1.8 Rec.709 - Texture",
    "gamma2.2": "Gamma 2.2 Rec.709 - Texture",
    "gamma2.4": "Gamma 2.4 Rec.709 - Texture",
    "scene_linear": "",
    "default": "",
    "raw": "Raw",
}
"""The spaces of Nuke's own colour management, in the built-in config; those of OCIO configs keep their names."""


def space_of(text: str) -> str:
    """A colour space here; empty where the default is meant."""
    name = text.strip()
    bare = re.sub(r"^default \((.*)\)$", r"\1", name)
    if bare != name or not name:
        return ""
    # `role (space)`, as menus show it
    found = re.fullmatch(r"(scene_linear|rendering|compositing_linear) \((.+)\)", name)
    return found[2] if found else _SPACES.get(name.lower(), name)


def free_name(wanted: str, fallback: str, taken: Container[str]) -> str:
    """A node name like the wanted one: letters, digits and _, and not taken."""
    name = re.sub(r"\W+", "_", wanted, flags=re.ASCII) or fallback
    name = name if NAME.match(name) and name not in LINK_WORDS else f"_{name}"
    if name not in taken:
        return name
    stem = re.sub(r"\d+\Z", "", name) or "Node"
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


_ROOT_NAME = r"\[(?:value|knob) root\.name\]"
_VARIABLE = re.compile(r"\[getenv [\"{]?(\w+)[\"}]?\]")
_FOLDER = re.compile(rf"\[(?:file dirname {_ROOT_NAME}|python \{{?nuke\.script_directory\(\)\}}?)\]/*")
_TAIL = rf"\[(?:file tail {_ROOT_NAME}|basename {_ROOT_NAME})\]"
_STEM = re.compile(rf"\[file rootname {_TAIL}\]")
_PROJECT = re.compile(r"\[(?:value|knob) root\.project_directory\]/*")


def without_tcl(text: str, root: NukeNode) -> str:
    """A file name with what Tcl most often says in one put our way: variables of the environment as `${JOB}`, the
    script's folder as a relative name, the script's own name and the project's folder as they are in the Root.
    """
    folder = _FOLDER.sub("", _VARIABLE.sub(r"${\1}", root.text("project_directory").strip())).rstrip("/")
    script = PurePosixPath(root.text("name").replace("\\", "/"))
    text = _FOLDER.sub("", _VARIABLE.sub(r"${\1}", text))
    text = _PROJECT.sub(lambda _: f"{folder}/" if folder else "", text)
    if script.name:
        text = re.sub(_TAIL, lambda _: script.name, _STEM.sub(lambda _: script.stem, text))
    relative = text and not re.match(r"[/\\~$]|[A-Za-z]:", text)
    return f"{folder}/{text}" if relative and folder and "[" not in folder else text
