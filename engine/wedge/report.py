"""What a wedge comes to: its tiles, where they stand, and the sheet of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..cancel import CancelToken
from ..evaluate.survey import Vertex, VertexId
from ..image import Image
from ..tier import Tier
from ..values import to_data
from .vary import PROJECT, Vary, told_value

if TYPE_CHECKING:
    from ..session import Session


@dataclass(eq=False)
class Tile:
    """A picture of a wedge.

    values : by parameter, as `Key.exposure`. row, column : its place, from the top left. present : whether these are
    the values that the script has at the frame. image : the main layer in scene-linear light, as large as on the sheet;
    None with an `error` or where no sheet is to be made. path : of the picture that was written, if any. seconds : by
    the clock. warnings : of the nodes it comes from.
    """

    values: Mapping[str, Any]
    row: int
    column: int
    present: Mapping[str, bool]
    image: Image | None = None
    path: str = ""
    seconds: float = 0.0
    error: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Its values in words."""
        return "; ".join(f"{name} {told_value(value)}" for name, value in self.values.items())

    def to_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "values": {name: to_data(value) for name, value in self.values.items()}, "row": self.row,
            "column": self.column, "present": all(self.present.values()), "path": self.path, "seconds": self.seconds,
            "error": self.error, "warnings": list(self.warnings),
        }  # fmt: skip


@dataclass(eq=False)
class Wedge:
    """What a wedge comes to.

    session : a fork that has the script as it was. node : whose pictures they are. vary : what differs. rows, columns :
    of the sheet. tiles : row by row. size : width and height of a tile in pixels, without its label. origin : what the
    sheet says of where its pictures come from. warnings : of the parameters. path : of the sheet, once it is written.
    seconds : by the clock.
    """

    session: "Session"
    node: str
    frame: int
    vary: tuple[Vary, ...]
    rows: int
    columns: int
    size: tuple[int, int]
    scale: float
    tier: Tier
    tiles: list[Tile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)
    path: str = ""
    seconds: float = 0.0

    def fork(self, tile: Tile, token: CancelToken | None = None) -> "Session":
        """A session on the script with the values of a tile. token : as for `Session.fork`. Raises GraphError,
        ParameterError, ScriptError.
        """
        fork = self.session.fork(token)
        for vary in self.vary:
            value = {vary.parameter: tile.values[vary.name]}
            if vary.node == PROJECT:
                fork.set_project(**value)
            else:
                fork.set(vary.node, **value)
        return fork

    def survey(self, fork: "Session") -> Mapping[VertexId, Vertex]:
        """What the node and all above it would put out in a fork."""
        evaluator = fork.evaluator
        return evaluator.survey(fork.graph, fork.project, [self.node], self.frame, self.scale, self.tier)

    @property
    def failed(self) -> list[Tile]:
        """The tiles without a picture."""
        return [tile for tile in self.tiles if tile.error]

    def image(self, shown: bool = False, labels: bool = True) -> Image:
        """The sheet. shown : in the colours of the project's display and view, else scene-linear. labels : with what
        each tile is below it. Raises ColorError, ParameterError where tiles were made without a sheet.
        """
        from .sheet import sheet_image

        return sheet_image(self, shown, labels)

    def check_file(self, path: str | os.PathLike[str]) -> None:
        """Raise FileError where `save` could not write a sheet, RimlightError where that would replace a file that the
        pictures are made of.
        """
        from .sheet import check_sheet

        check_sheet(self, os.fspath(path))

    def save(self, path: str | os.PathLike[str], labels: bool = True) -> None:
        """Write the sheet: `.exr` with scene-linear light, `.png`, `.jpg` and `.tif` as the script's display and view
        show it. What the values are is in its metadata. Raises FileError, ColorError.
        """
        from .sheet import write_sheet

        write_sheet(self, os.fspath(path), labels)

    def to_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sheet": self.path, "node": self.node, "frame": self.frame, "rows": self.rows, "columns": self.columns,
            "size": list(self.size), "vary": {v.name: to_data(v.values) for v in self.vary},
            "tiles": [tile.to_data() for tile in self.tiles], "warnings": self.warnings, "seconds": self.seconds,
        }  # fmt: skip
