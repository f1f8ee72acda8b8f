"""Make the pictures of the manual that are neither the window nor before and after: `make gallery` calls it.

Every picture is a contact sheet of nodes of a sample script, rendered as Write would write them, but for that of a
wedge, which is one. Names of sheets may be given to make only those; `--to FOLDER` to look at others.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from PIL import Image

from rimlight.engine import Node, Session, Settings

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "resources" / "scripts"
IMAGES = ROOT / "docs" / "images"
QUALITY = 86

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels from the top left; what is shown of a picture."""


@dataclass(frozen=True)
class Cell:
    """A node at a frame, and what is shown of it; None is all."""

    node: str
    frame: int = 1
    box: Box | None = None


@dataclass(frozen=True)
class Sheet:
    """A picture. rows : makes the session and says what stands in a row of it. size : of a cell, in pixels."""

    name: str
    rows: Sequence[Callable[[], tuple[Session, Sequence[Cell]]]]
    size: tuple[int, int]


def opened(script: str) -> Session:
    session = Session(Settings())
    session.load(SCRIPTS / script)
    return session


def drawn(session: Session, cell: Cell, size: tuple[int, int], folder: Path) -> Image.Image:
    """A node as the display shows it, cut and scaled."""
    path = folder / f"{cell.node}.{cell.frame}.png"
    write = session.add("image.write", cell.node, file=str(path), channels="rgb", metadata=False)
    report = session.render(write, str(cell.frame))
    if report.failed:
        raise SystemExit(f"{cell.node} at frame {cell.frame}: {report.failed[0].error}")
    session.remove(write)
    with Image.open(path) as opened_file:
        whole = opened_file.convert("RGB")
    part = whole.crop(cell.box) if cell.box is not None else whole
    scale = min(size[0] / part.width, size[1] / part.height)
    return part.resize((round(part.width * scale), round(part.height * scale)), Image.Resampling.LANCZOS)


# -- a whole shot relit --------------------------------------------------------------------------------------------

FRAMES = (1, 3, 4, 6)


def plate() -> tuple[Session, list[Cell]]:
    return opened("relight_shot.rim"), [Cell("Plate", frame) for frame in FRAMES]


def frame_by_frame() -> tuple[Session, list[Cell]]:
    session = opened("relight_shot.rim")
    session.connect("Relight", "image", "Intrinsics")
    return session, [Cell("Relight", frame) for frame in FRAMES]


def steadied() -> tuple[Session, list[Cell]]:
    return opened("relight_shot.rim"), [Cell("Relight", frame) for frame in FRAMES]


# -- faces ---------------------------------------------------------------------------------------------------------

SMILE = {"expression_mouthSmile_L": 0.25, "expression_mouthSmile_R": 0.25}


def stages(session: Session, box: Box) -> list[Cell]:
    """Of a face in the sample: picture, fit, albedo in uv, relit in its picture, and that turned with a smile."""
    fit = session.graph["FaceFit"]
    session.add("face.fit", name="Grid", inputs=dict(fit.inputs), **{**fit.values, "show": "grid"})
    session.add("channel.shuffle", "Maps", name="Albedo", mapping="rgb=albedo.rgb")
    session.set("Turned", turn=(9.0, 0.0, 0.0), fade=0.35, **SMILE)
    turned = {"B": "Portrait", "A": "RelightTurned", "mask": "RelightTurned"}
    session.add("merge.keymix", name="Other", inputs=turned, channels="rgb", mask_channel="face.A")
    return [Cell("Portrait", 1, box), Cell("Grid", 1, box), Cell("Albedo"), Cell("InPicture", 1, box),
            Cell("Other", 1, box)]  # fmt: skip


def by_hand() -> tuple[Session, list[Cell]]:
    """A portrait whose landmarks were set by hand."""
    session = opened("face.rim")
    return session, stages(session, (134, 35, 314, 215))


def by_itself() -> tuple[Session, list[Cell]]:
    """A rendered head, guessed and refined by its rendered normals."""
    session = opened("face.rim")
    session.set_project(format="640x360")
    session.set("Portrait", file="../plates/tea.0001.exr")
    fit = cast(type[Node], session.graph["FaceFit"].cls)
    for landmark in [name for name in session.graph["FaceFit"].values if name != "field_of_view"]:
        session.set("FaceFit", **{landmark: fit.spec(landmark).default})
    session.set("FaceFit", field_of_view=34.0, matte_channel="matte.A", by_normals=1.0, by_matte=0.0)
    session.connect("FaceFit", "surface", "Portrait")
    for what in ("guess", "refine"):
        session.solve("FaceFit", what)
    for node in ("RelightTurned", "RelightFace"):
        session.set(node, field_of_view=34.0)
    return session, stages(session, (228, 0, 378, 150))


SHEETS = (
    Sheet("relight_shot", (plate, frame_by_frame, steadied), (400, 225)),
    Sheet("faces", (by_hand, by_itself), (300, 300)),
)


def make(sheet: Sheet, folder: Path) -> Path:
    """Render a sheet."""
    width, height = sheet.size
    found = []
    with tempfile.TemporaryDirectory(prefix="rimlight-pictures-") as place:
        for number, row in enumerate(sheet.rows):
            session, cells = row()
            inside = Path(place) / str(number)
            inside.mkdir()
            found.append([drawn(session, cell, sheet.size, inside) for cell in cells])
    made = Image.new("RGB", (width * max(map(len, found)), height * len(found)))
    for y, pictures in enumerate(found):
        for x, picture in enumerate(pictures):
            made.paste(picture, (x * width + (width - picture.width) // 2, y * height + (height - picture.height) // 2))
    path = folder / f"{sheet.name}.jpg"
    made.save(path, quality=QUALITY, optimize=True)
    return path


def wedge(folder: Path) -> Path:
    """Make the wedge that the chapter on them begins with."""
    values = {"Key.azimuth": (-80, -40, 0, 40, 80), "Key.exposure": (0, 2)}
    path = folder / "wedge.jpg"
    opened("delight_relight_portrait.rim").wedge("Wall", values, size=220).save(path)
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {sheet.name: partial(make, sheet) for sheet in SHEETS} | {"wedge": wedge}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the manual that are rendered.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MAKERS)}; default all")
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder")
    given = parser.parse_args()
    for name, maker in MAKERS.items():
        if not given.names or name in given.names:
            path = maker(given.to)
            sys.stdout.write(f"{path}  {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
