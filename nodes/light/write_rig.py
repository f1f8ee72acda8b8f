from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from rimlight.engine import (
    EMPTY,
    Context,
    FileError,
    FilePattern,
    Light,
    Node,
    Region,
    Rig,
    full_path,
    node,
    param,
    picture_file,
    port,
    save_rig,
    with_picture_file,
)  # fmt: skip


@node("light.write_rig", see="light.read_rig learned.light_estimate light#rigs", label="WriteRig", reads=("frame",))
class WriteRig(Node):
    """Writes lights to a `.rig` file when the script is rendered, one file a frame if they are animated.

    The file appears under its name only when it is whole. Pictures from files are named in it, others are stored in it
    when they are small. The lights pass through unchanged.
    """

    result: ClassVar[type] = Rig
    sink: ClassVar[bool] = True

    rig: Rig = port("the lights to write")
    file: str = param(default="", role="file", doc="the file, with #### for the frame number", place="top")

    def identity(self, ctx: Context) -> str | None:
        return "rig"

    def target(self, ctx: Context) -> str:
        """The file of a frame. Raises RimlightError when there is none to write."""
        self.require(bool(self.file), "no file is chosen")
        self.require(self.file.endswith(".rig"), f"file '{self.file}': rigs are written to files of type .rig")
        return FilePattern(full_path(self.file, ctx.project.folder)).path(ctx.frame)

    def wanted(self, info: object) -> tuple[Region, tuple[str, ...]]:
        """No pixels."""
        return EMPTY, ()

    def write(self, rig: Rig, path: str, provenance: Mapping[str, str], ctx: Context) -> list[str]:
        """Write the lights of a frame. Raises FileError, and leaves what was there before."""
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{target.parent}: the folder cannot be made: {error.strerror or error}") from error
        save_rig(rig.with_lights(_named_from(light, target.parent) for light in rig), target)
        return []


def _named_from(light: Light, folder: Path) -> Light:
    """The light with its picture named relative to `folder` where it lies there."""
    file = picture_file(light)
    if file and Path(file).is_relative_to(folder):
        return with_picture_file(light, Path(file).relative_to(folder).as_posix())
    return light
