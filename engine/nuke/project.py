"""The Root of a Nuke script as the settings of a project: format, frames, rate, colour."""

from typing import Any

from ..color.config import ColorConfig
from ..errors import RimlightError
from ..region import FORMATS
from ..settings import Project
from .naming import space_of, without_tcl
from .reading import NukeNode
from .values import format_text, real, whole

_LINEAR = "Linear Rec.709 (sRGB)"
"""What Nuke's own colour management, which knows no primaries, works in."""

_BUILTIN = "ocio://{kind}-config-{version}"
_VERSIONS = {"aces-v2": "v4.0.0_aces-v2.0_ocio-v2.5", "": "v2.2.0_aces-v1.3_ocio-v2.4"}
"""Of OpenColorIO's own configs, by what the names of those that come with Nuke hold: ACES 2, else ACES 1."""


def project_of(root: NukeNode) -> tuple[Project, list[str]]:
    """The project of a script, and sentences on what could not be taken over."""
    project, told = Project(), list[str]()
    format_ = format_text(root.text("format")) if "format" in root.knobs else ""
    frames = [whole(root.text(k), d) for k, d in zip(("first_frame", "last_frame"), project.frames, strict=True)]
    data: dict[str, Any] = {"frames": sorted(frames), "fps": real(root.text("fps"), project.fps)}
    if format_:
        named = {f"{f.width}x{f.height}": name for name, f in FORMATS.items() if f.pixel_aspect == 1}
        data["format"] = named.get(format_, format_)
    if config := _config(root, told):
        data["ocio"] = config
    if root.knobs:
        data["working"] = _working(root, config, told)
    try:
        return Project.from_data(data), told
    except RimlightError as error:
        return project, [*told, f"{error}; the default is used"]


def _config(root: NukeNode, told: list[str]) -> str:
    """The colour config: a file, or for one that comes with Nuke the built-in one that has its spaces."""
    file = without_tcl(root.text("customOCIOConfigPath").strip(), root)
    name = root.text("OCIO_config", "custom")
    if name == "custom":
        return file
    if root.text("colorManagement", "Nuke") != "OCIO" or "aces" not in name:
        return ""
    version = next(v for key, v in _VERSIONS.items() if key in name)
    found = _BUILTIN.format(kind="cg" if "cg-config" in name else "studio", version=version)
    told.append(f"the colour config {name} comes with Nuke: {found} takes its place")
    return found


def _working(root: NukeNode, config: str, told: list[str]) -> str:
    """The working space: in OCIO mode that of the script, where the config has it and it is linear."""
    wanted = space_of(root.text("workingSpaceLUT") or root.text("floatLut"))
    if "acescg" in wanted.lower().replace(" ", ""):
        return "ACEScg"
    if root.text("colorManagement", "Nuke") != "OCIO" or (not config and wanted in ("", "linear", _LINEAR)):
        return _LINEAR
    try:
        return ColorConfig(config, wanted or "scene_linear").working
    except RimlightError:
        told.append(f"the working space '{wanted[:60]}' was left out: {_LINEAR} is used")
        return _LINEAR
