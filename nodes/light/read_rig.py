import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    FilePattern,
    Flag,
    Light,
    Node,
    Reader,
    Rig,
    light_files,
    load_rig,
    node,
    param,
    rig_source,
)  # fmt: skip

from .pictures import PictureFile
from .profiles import profile_key
from .working import working_space

Part = TypeVar("Part", Light, Flag)


@node(
    "light.read_rig",
    see="light.write_rig light.rig light#rigs exchange",
    label="ReadRig",
    reads=("frame",),
)
class ReadRig(Node):
    """Reads lights from a `.rig` file or from USD, or from a numbered sequence of files.

    Of a `.usd`, `.usda`, `.usdc` or `.usdz` file it takes the lights at the frame, as the camera sees them; that needs
    `pip install 'rimlight[usd]'`. Pictures and profiles that a `.rig` file names are looked for from its own folder.
    """

    result: ClassVar[type] = Rig
    mutes: ClassVar[bool] = True

    file: str = param(default="", role="file", doc="the file, with #### for the frame number", place="top")
    camera: str = param(
        default="",
        doc="USD: name or path of the camera whose picture is lit; empty: the only one, or where there is none the"
        " file's own space; /: always that",
    )

    def info(self, ctx: Context) -> Any:
        return Rig() if self.disable else self._rig(ctx)

    def compute(self, ctx: ComputeContext) -> Any:
        def load(file: str) -> Tensor:
            return PictureFile(file, "").load(ctx)

        return Rig() if self.disable else self._rig(ctx, load).resolved(load)

    def frame_key(self, ctx: Context) -> object:
        # extra_key names the file, which is all that the frame decides unless the file itself goes on in time.
        return ctx.frame if not self.disable and rig_source(self._path(ctx)).animated else None

    def extra_key(self, ctx: Context) -> object:
        if self.disable:
            return None
        reader, path = cast(Reader, ctx.service("reader")), self._path(ctx)
        named = [
            profile_key(file) if name == "profile_file" else PictureFile(file, "").key(ctx)
            for part in _parts(self._rig(ctx))
            for name, file in light_files(part).items()
        ]
        return [reader.stamp(file) for file in rig_source(path).files], named, working_space(ctx)

    def source_files(self, ctx: Context) -> Sequence[str]:
        named = (file for part in _parts(self._rig(ctx)) for file in light_files(part).values())
        return [*map(str, rig_source(self._path(ctx)).files), *named]

    def warnings(self, ctx: Context) -> Sequence[str]:
        told: list[str] = []
        if not self.disable:
            self._rig(ctx, tell=told.append)
        return told

    def _path(self, ctx: Context) -> Path:
        self.require(bool(self.file), "no file is chosen")
        return Path(FilePattern.of(self.file, ctx.project.folder).path(ctx.frame))

    def _rig(
        self, ctx: Context, load: Callable[[str], Tensor] | None = None, tell: Callable[[str], None] = lambda _: None
    ) -> Rig:
        path = self._path(ctx)
        space = working_space(ctx)
        rig = load_rig(path, frame=ctx.frame, camera=self.camera, space=space, load=load, tell=tell)
        return rig.each(lambda part: _moved(part, path.parent))


def _parts(rig: Rig) -> tuple[Light | Flag, ...]:
    return *rig.lights, *rig.flags


def _moved(part: Part, folder: Path) -> Part:
    """The light or flag with its files named by full paths."""
    return part.with_(**{name: os.path.normpath(folder / file) for name, file in light_files(part).items()})
