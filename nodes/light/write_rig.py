from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from rimlight.engine import (
    EMPTY,
    Context,
    FilePattern,
    Flag,
    Light,
    Node,
    Region,
    Rig,
    file_errors,
    light_files,
    listing,
    node,
    param,
    parse_frames,
    port,
    rig_formats,
    save_rig,
)  # fmt: skip

from .working import working_space

Part = TypeVar("Part", Light, Flag)


@node(
    "light.write_rig",
    see="light.read_rig learned.light_estimate light#rigs exchange",
    label="WriteRig",
    reads=("frame",),
)
class WriteRig(Node):
    """Writes lights to a `.rig` file or to USD when the script is rendered, one file a frame if they are animated.

    A `.usd`, `.usda` or `.usdc` file opens in other programs and can hold a `frame_range`; it needs `pip install
    'rimlight[usd]'`. Pictures and profiles that came from files are named in it. Other pictures are stored in a `.rig`
    when they are small, and lie beside USD as lat-long EXR files. The file appears under its name only when it is
    whole, and the lights pass through unchanged.
    """

    result: ClassVar[type] = Rig
    sink: ClassVar[bool] = True

    rig: Rig = port("the lights to write")
    file: str = param(default="", role="file", doc="the file, with #### for the frame number", place="top")
    frame_range: str = param(
        default="",
        doc="USD: frames that one file holds, such as 1-100, whichever of them is rendered; empty: each frame its own",
    )

    def identity(self, ctx: Context) -> str | None:
        return "rig"

    def target(self, ctx: Context) -> str:
        """The file of a frame. Raises RimlightError when there is none to write."""
        self.require(bool(self.file), "no file is chosen")
        endings = [ending for ending in rig_formats() if ending != ".usdz"]  # packages are only read
        self.require(
            self.file.lower().endswith(tuple(endings)),
            f"file '{self.file}': rigs are written to files of type {listing(endings)}",
        )
        return FilePattern.of(self.file, ctx.project.folder).path(ctx.frame)

    def wanted(self, info: object) -> tuple[Region, tuple[str, ...]]:
        """No pixels."""
        return EMPTY, ()

    def held(self, ctx: Context) -> tuple[float, ...]:
        """The frames that one file holds, none where each is a file of its own. Raises RimlightError."""
        if not self.frame_range:
            return ()
        pattern = FilePattern.of(self.file, ctx.project.folder)
        self.require(
            not pattern.numbered and not self.file.lower().endswith(".rig"),
            f"frame_range '{self.frame_range}': '{self.file}' holds one frame; USD without #### in its name holds many",
        )
        return tuple(float(frame) for frame in parse_frames(self.frame_range))

    def write(
        self, rig: Rig | Mapping[float, Rig], path: str, provenance: Mapping[str, str], ctx: Context
    ) -> list[str]:
        """Write the lights of a frame, or of all that are held. Raises FileError, and leaves what was there before."""
        target = Path(path)
        with file_errors(f"{target.parent}: the folder cannot be made"):
            target.parent.mkdir(parents=True, exist_ok=True)
        rigs = {ctx.frame: rig} if isinstance(rig, Rig) else rig
        named = {f: x.each(lambda part: _named_from(part, target.parent)) for f, x in rigs.items()}
        return save_rig(named, target, space=working_space(ctx), fps=ctx.project.fps)


def _named_from(part: Part, folder: Path) -> Part:
    """The light or flag with its files named relative to `folder` where they lie there."""
    files = light_files(part).items()
    return part.with_(
        **{name: Path(f).relative_to(folder).as_posix() for name, f in files if Path(f).is_relative_to(folder)}
    )
