from pathlib import Path
from typing import Any

from rimlight.engine import Context, NukeClass, full_path, node, param

from .ocio import DIRECTIONS, WorkingSpaceNode


@node(
    "color.ocio_file_transform",
    see="color.ocio_colorspace color.ocio_cdl color.ocio_look",
    label="OCIOFileTransform",
    menu="Color/OCIO",
    nuke=NukeClass("OCIOFileTransform", {"src": "file"}),
)
class OCIOFileTransform(WorkingSpaceNode):
    """Applies a file: a LUT (cube, spi1d, spi3d, csp, 3dl and others), a CDL (cc, ccc, cdl), or CLF and CTF."""

    file: str = param(default="", role="file", doc="the file; relative paths start at the project's folder")
    cccid: str = param(default="", doc="id or number of a correction in a collection")
    direction: str = param(default="forward", choices=DIRECTIONS, doc="inverse undoes what the file does")
    interpolation: str = param(
        default="best", choices=("best", "tetrahedral", "linear", "nearest"), doc="how to read between LUT entries"
    )

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        return super().transforms(ctx) if self.file else ()

    def transform(self, ctx: Context) -> Any:
        path = Path(full_path(self.file, ctx.project.folder))
        return self.config(ctx).file_transform(path, self.direction, self.interpolation, self.cccid)
