import os
from pathlib import Path
from typing import Any, ClassVar, cast

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    FilePattern,
    Light,
    Node,
    Reader,
    Rig,
    full_path,
    load_rig,
    node,
    param,
    picture_file,
    with_picture_file,
)  # fmt: skip

from .pictures import PictureFile


@node("light.read_rig", see="light.write_rig light.rig light#rigs", label="ReadRig", reads=("frame",))
class ReadRig(Node):
    """Reads lights from a `.rig` file, or from a numbered sequence of them.

    Pictures that the file names lie where it says, counted from its own folder.
    """

    result: ClassVar[type] = Rig
    mutes: ClassVar[bool] = True

    file: str = param(default="", role="file", doc="the file, with #### for the frame number", place="top")

    def info(self, ctx: Context) -> Any:
        return Rig() if self.disable else self._rig(ctx)

    def compute(self, ctx: ComputeContext) -> Any:
        def load(file: str) -> Tensor:
            return PictureFile(file, "").load(ctx)

        return Rig() if self.disable else self._rig(ctx).resolved(load)

    def frame_key(self, ctx: Context) -> object:
        return None  # extra_key names the file, which is all that the frame decides

    def extra_key(self, ctx: Context) -> object:
        if self.disable:
            return None
        pictures = [PictureFile(file, "").key(ctx) for light in self._rig(ctx) if (file := picture_file(light))]
        return cast(Reader, ctx.service("reader")).stamp(self._path(ctx)), pictures

    def _path(self, ctx: Context) -> Path:
        self.require(bool(self.file), "no file is chosen")
        return Path(FilePattern(full_path(self.file, ctx.project.folder)).path(ctx.frame))

    def _rig(self, ctx: Context) -> Rig:
        path = self._path(ctx)
        rig = load_rig(path)
        return rig.with_lights(_moved(light, path.parent) for light in rig)


def _moved(light: Light, folder: Path) -> Light:
    """The light with its picture named by a full path."""
    file = picture_file(light)
    return with_picture_file(light, os.path.normpath(folder / file)) if file else light
