"""The sheet of a wedge: its tiles in rows and columns, each with what it is below it."""

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..color.rules import attributes_of, input_space
from ..errors import FileError, ParameterError, listing
from ..image import Image, ImageInfo
from ..io.atomic import check_place
from ..io.metadata import Chromaticities
from ..io.sequence import FilePattern
from ..io.write import WriteOptions
from ..layers import MAIN, RGB, RGBA
from ..paths import full_path
from ..region import Region
from ..render.provenance import render_stamp
from ..render.targets import check_target
from .vary import told_value

if TYPE_CHECKING:
    from .report import Tile, Wedge

_LINEAR = (".exr",)
_SHOWN = (".png", ".jpg", ".jpeg", ".tif", ".tiff")

_GREY = {True: 0.1, False: 0.01}
"""Of the sheet itself, in display values and in light."""
_LETTERS = {True: (0.8, 0.8, 0.8, 1.0), False: (0.6, 0.6, 0.6, 1.0)}
_FAILED = {True: (1.0, 0.45, 0.35, 1.0), False: (1.0, 0.16, 0.1, 1.0)}
_LETTER = 0.62
"""Width of a letter as a part of its height, as most are narrower."""
_LONGEST, _LARGEST = 65_500, 1 << 28
"""Pixels of a side of a sheet, as JPEG has no more, and of all of it, which are 4 GiB."""


def is_linear(path: str) -> bool:
    """Whether a file holds light, and not what a display shows. Raises FileError for a type that holds neither."""
    suffix = PurePath(path).suffix.lower()
    if suffix not in (*_LINEAR, *_SHOWN):
        raise FileError(f"{path}: expected a name that ends with {listing((*_LINEAR, *_SHOWN))}")
    return suffix in _LINEAR


def sheet_image(wedge: "Wedge", shown: bool, labels: bool) -> Image:
    """See `Wedge.image`."""
    if any(tile.image is None and not tile.error for tile in wedge.tiles):
        raise ParameterError("this wedge was made without a sheet, so that its tiles have no pictures")
    plan = _Plan(wedge, labels)
    out = torch.full((4, plan.frame.height, plan.frame.width), _GREY[shown])
    out[3] = 1
    project, colors = wedge.session.project, wedge.session.services["colors"]
    for tile in wedge.tiles:
        place = plan.picture(tile)
        rows, columns = plan.frame.slices_of(place)
        if tile.image is None:
            out[:3, rows, columns] = 0
            continue
        x = _four(tile.image, place.width, place.height)
        own = wedge.fork(tile).project
        if shown:
            x = colors.config(own).display_view("", own.display, own.view).apply(x)
        elif own.working != project.working:
            x = colors.config(own).convert(own.working, project.working).apply(x)
        out[:, rows, columns] = x
    if labels:
        _label(out, wedge, plan, shown)
    return Image(ImageInfo(plan.frame, plan.frame, (RGBA,), 1.0, project.working), plan.frame, {MAIN: out})


def check_sheet(wedge: "Wedge", path: str) -> str:
    """The full name of a sheet. Raises FileError, ParameterError, RimlightError where it cannot be written, is too
    large, or is one of the files that the pictures are made of.
    """
    is_linear(path)
    _Plan(wedge, labels=True)
    name = FilePattern.typed(full_path(path)).path(wedge.frame)
    for tile in wedge.tiles:
        check_target(name, wedge.survey(wedge.fork(tile)))
    check_place(name)
    return name


def write_sheet(wedge: "Wedge", path: str, labels: bool) -> None:
    """See `Wedge.save`."""
    name, linear = check_sheet(wedge, path), is_linear(path)
    image = sheet_image(wedge, not linear, labels)
    config = wedge.session.services["colors"].config(wedge.session.project)
    metadata = _metadata(wedge)
    if linear:
        depth = next(t.image.info.layer(MAIN).depth for t in wedge.tiles if t.image is not None)
        layer = replace(RGBA, depth=depth if depth in ("half", "float") else "half")
        space = input_space(config, name, layer.depth).space
        pixels = config.convert(config.working, space).apply(image[MAIN])
        metadata |= attributes_of(config, space)
        if "chromaticities" in metadata:
            metadata["chromaticities"] = Chromaticities(*metadata["chromaticities"])
    else:
        layer, pixels = replace(RGB, depth="uint8"), image[MAIN][:3]
        metadata = {"ImageDescription": " ".join(f"{key}={value}" for key, value in metadata.items())}
    info = image.info.with_(layers=(layer,))
    options = WriteOptions(metadata=metadata)
    wedge.session.services["writer"].write(Image(info, image.region, {MAIN: pixels}), name, options)
    wedge.path = name


class _Plan:
    """Where everything is, in pixels of the sheet, y down."""

    def __init__(self, wedge: "Wedge", labels: bool) -> None:
        self.width, self.height = wedge.size
        self.letter = max(10, round(self.width / 26)) if labels else 0
        self.caption = round((1.35 * len(wedge.vary) + 0.4) * self.letter)
        self.gap = max(4, self.width // 60)
        step = (self.width + self.gap, self.height + self.caption + self.gap)
        self.frame = Region(0, 0, wedge.columns * step[0] + self.gap, wedge.rows * step[1] + self.gap)
        if max(self.frame.width, self.frame.height) > _LONGEST or self.frame.area > _LARGEST:
            raise ParameterError(
                f"a sheet of {wedge.columns} x {wedge.rows} tiles would have {self.frame.width} x {self.frame.height}"
                f" pixels, expected sides up to {_LONGEST} and {_LARGEST} in all; take fewer or smaller tiles"
            )
        self._step = step

    def picture(self, tile: "Tile") -> Region:
        x, y = self.gap + tile.column * self._step[0], self.gap + tile.row * self._step[1]
        return Region(x, y, x + self.width, y + self.height)

    def label(self, tile: "Tile") -> Region:
        """Below the picture."""
        picture = self.picture(tile)
        return Region(picture.x0, picture.y1, picture.x1, picture.y1 + self.caption)


def _four(image: Image, width: int, height: int) -> Tensor:
    """RGBA `[4, height, width]` of the main layer, opaque where it has no alpha."""
    frame = image.info.display
    x = image.tensor(MAIN, Region(frame.x0, frame.y0, frame.x0 + width, frame.y0 + height)).cpu()
    channels = image.info.layer(MAIN).channels
    plain = {"A": torch.ones_like(x[0])}
    found = [
        x[channels.index(c)] if c in channels else x[0] if len(channels) == 1 else plain.get(c, torch.zeros_like(x[0]))
        for c in "RGBA"
    ]
    return torch.stack(found)


def _label(out: Tensor, wedge: "Wedge", plan: _Plan, shown: bool) -> None:
    """Write below every tile what it is."""
    fork = wedge.session.fork()
    format = f"{plan.frame.width}x{plan.frame.height}"
    node = fork.add("image.text", format=format, vertical="top", leading=1.35, size=plan.letter)
    longest = max(4, int(plan.width / (_LETTER * plan.letter)))
    for tile in wedge.tiles:
        place = plan.label(tile)
        fork.set(
            node, message="\n".join(_lines(tile, longest)), color=(_FAILED if tile.error else _LETTERS)[shown],
            position=(place.x0, plan.frame.height - place.y0 - 0.3 * plan.letter),
        )  # fmt: skip
        text = fork.evaluate(node, wedge.frame, region=place)[MAIN].cpu()
        rows, columns = plan.frame.slices_of(place)
        out[:, rows, columns] = text + out[:, rows, columns] * (1 - text[3:])


def _lines(tile: "Tile", longest: int) -> list[str]:
    """A line for each parameter; of a long one its end is left, where the value is."""
    found = []
    for name, value in tile.values.items():
        said = told_value(value) + (" (failed)" if tile.error else " (script)" if tile.present[name] else "")
        line = f"{name} {said}"
        if len(line) > longest:
            line = f"…{line[1 - longest :]}" if len(said) < longest - 3 else f"{said[: longest - 1]}…"
        found.append(line)
    return found


def _metadata(wedge: "Wedge") -> dict[str, Any]:
    """Where the pictures come from, and the values by the names of the parameters."""
    stamp = render_stamp(wedge.session, wedge.tier, wedge.scale) | wedge.origin
    stamp.pop("rimlight:key", None)  # that of one picture
    values = {f"wedge:{v.name}": "; ".join(map(told_value, v.values)) for v in wedge.vary}
    return {**stamp, **values, "wedge:columns": str(wedge.columns)}
