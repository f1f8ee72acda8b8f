"""ShadowRemove over shots in which a shadow sweeps through the picture, against the truth without it.

A photograph, seen by a camera that stands or slides, or a clip of somebody who moves, is multiplied by the shadow of a
branch or of somebody who passes, of known depth, colour and penumbra, and gets grain that is new in every frame. So
what is right is known to the last bit: the same frames with the same grain, without the shadow.

`python benchmarks/shadow_shot.py ASSETS [--clips NAMES] [--ways NAMES] [--out FOLDER]` prints for each clip and way
the error in stops (root of the mean square, of light averaged over two pixels) in full shadow, at its edges and
outside, and the flicker, by how many percent of white changes from frame to frame are off those of the truth. `--out`
writes the frames of each as PNG. ASSETS is the folder that training reads.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rimlight.engine import Session
from rimlight.engine.plugins import load_plugins
from rimlight.nodes.ops.shadow_light import blurred
from rimlight.training.assets import Assets
from rimlight.training.display import displayed
from rimlight.training.metrics import shown_exposure
from rimlight.training.photographs import linearised, penumbra
from rimlight.training.stage.shapes import outlines
from rimlight.training.stage.texture import read_picture

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from light_propagate import write
from torch import Tensor

COUNT = 7
SIZE = (240, 320)
_LEFT = (0.22, 0.26, 0.33)
"""Of the light, what the shadow leaves."""
_GRAIN = 0.01
_FINE = 2.0
_ROUGH = 5
"""Pixels by which a matte drawn roughly is wider than the shadow."""


@dataclass(frozen=True)
class Clip:
    """A shot. source : a photograph of the assets, or a clip. slide : of the picture's width, how far the camera moves
    over the shot. sweep : how far the shadow does. width : deviation of the penumbra, of the shorter side.
    """

    source: str
    slide: float
    sweep: float
    width: float
    kind: str
    seed: int


CLIPS: Mapping[str, Clip] = {
    "portrait, branch": Clip("portraits/us_navy_grace_hopper.bmp", 0.0, 0.5, 0.006, "leaves", 3),
    "portrait, passer-by": Clip("portraits/nasa_eileen_collins_astronaut.png", 0.0, 0.6, 0.015, "blob", 5),
    "wall, passer-by": Clip("materials/mx_brick/albedo.jpg", 0.0, 0.7, 0.01, "blob", 5),
    "camera slides, branch": Clip("portraits/interfaces_028.jpg", 0.12, 0.45, 0.008, "leaves", 7),
    "camera slides, shadow rests": Clip("portraits/nasa_eileen_collins_astronaut.png", 0.15, 0.15, 0.008, "blob", 5),
    "somebody moves, branch": Clip("clips/intel/asl_gestures/milk.mkv", 0.0, 0.4, 0.008, "leaves", 4),
}


@dataclass(frozen=True, eq=False)
class Frame:
    """plate, truth : `[3, h, w]`. shadow : `[1, h, w]`, 1 where it is whole."""

    plate: Tensor
    truth: Tensor
    shadow: Tensor


def frames_of(clip: Clip, assets: Path) -> list[Frame]:
    """The frames of a clip. Raises FileError."""
    height, width = SIZE
    pictures, rng = _pictures(clip, assets), np.random.default_rng([clip.seed, 0x5A0D])
    lines = outlines(clip.kind, (1.3 if clip.kind == "leaves" else 0.62) * height, rng)
    made = []
    for number, picture in enumerate(pictures):
        t = number / (COUNT - 1) - 0.5
        sway = 0.02 * np.sin(5 * t)
        middle = np.array([(0.5 + clip.sweep * t) * width, (0.5 + sway) * height])
        canvas = np.zeros(SIZE, np.uint8)
        for line in lines:
            cv2.fillPoly(canvas, [np.round((line + middle) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        shape = torch.from_numpy(canvas.astype(np.float32) / 255)
        (shadow,) = penumbra(shape, [torch.full(SIZE, clip.width)])
        gain = 1 - shadow * (1 - torch.tensor(_LEFT)[:, None, None])
        grain = 1 + _GRAIN * torch.randn(3, *SIZE, generator=torch.Generator().manual_seed(100 * clip.seed + number))
        truth = picture * grain
        made.append(Frame(truth * gain, truth, shadow[None]))
    return made


def _pictures(clip: Clip, assets: Path) -> Iterator[Tensor]:
    """What is before the camera, without shadow and grain, `[3, h, w]` each."""
    height, width = SIZE
    path = assets / clip.source
    if path.suffix == ".mkv":
        film = cv2.VideoCapture(str(path))
        film.set(cv2.CAP_PROP_POS_FRAMES, 20)
        for _ in range(COUNT):
            seen = torch.from_numpy(film.read()[1][..., ::-1].copy()).permute(2, 0, 1).float() / 255
            yield linearised(F.interpolate(seen[None], SIZE, mode="area")[0])
        return
    Assets(assets).licence([path])
    whole = read_picture(path)[:3]
    _, h, w = whole.shape
    # The largest part of the shape of the frame that the camera can slide over.
    side = min(w / (width * (1 + abs(clip.slide))), h / height)
    small = F.interpolate(whole[None], scale_factor=1 / side, mode="bilinear", antialias=True)[0].clamp(0, 1)
    light = linearised(small)
    top = max(0, (light.shape[1] - height) // 4)
    for number in range(COUNT):
        left = clip.slide * width * number / (COUNT - 1)
        rows, columns = torch.meshgrid(
            torch.arange(height) + top + 0.5, torch.arange(width) + left + 0.5, indexing="ij"
        )
        grid = torch.stack((columns / light.shape[2], rows / light.shape[1]), 2) * 2 - 1
        yield F.grid_sample(light[None], grid[None].float(), padding_mode="border", align_corners=False)[0]


# -- ways to take it away ---------------------------------------------------------------------------------------------

Way = Callable[[Session], str]
"""Builds nodes behind the Reads `Plate` and `Matte`, and gives the last one."""


def _each(session: Session, **values: object) -> str:
    """Shadows looked for in every frame by itself."""
    return session.add("ShadowRemove", "Plate", **values)


def _steadied(session: Session, reach: int = 4, **values: object) -> str:
    """The recipe of the manual: what was found is held over time, and lifted by that."""
    found = session.add("ShadowRemove", "Plate", amount=0.0)
    wires = {"image": found, "plate": "Plate"}
    held = session.add("Stabilize", inputs=wires, channels="shadow", tolerance=1.0, reach=reach)
    return session.add("ShadowRemove", session.add("RemoveLayer", held, channels="confidence"), **values)


def _drawn(session: Session, **values: object) -> str:
    """A matte that moves with the shadow, drawn roughly."""
    return session.add("ShadowRemove", inputs={"image": "Plate", "shadows": "Matte"}, shadow_channel="rgba.R", **values)


def _behind(session: Session, way: Way, **values: object) -> str:
    """Another way, and a Stabilize behind it."""
    return session.add("Stabilize", inputs={"image": way(session), "plate": "Plate"}, **values)


WAYS: Mapping[str, Way] = {
    "nothing": lambda session: "Plate",
    "each frame": _each,
    "each frame, Stabilize": partial(_behind, way=_each),
    "recipe": _steadied,
    "rough matte": _drawn,
    "rough matte, Stabilize": partial(_behind, way=_drawn),
}


def measured(frames: list[Frame], found: list[Tensor]) -> tuple[float, float, float, float]:
    """Stops in full shadow, at its edge and outside, and flicker in percent of white."""
    sums, flicker = np.zeros((3, 2)), []
    exposure = shown_exposure(frames[0].truth, torch.ones_like(frames[0].shadow))
    before: tuple[Tensor, Tensor] | None = None
    for frame, one in zip(frames, found, strict=True):
        floor = 0.02 * float(frame.truth.mean())
        light = [blurred(x, _FINE).clamp_min(0).mean(0, keepdim=True) + floor for x in (one, frame.truth)]
        off = (light[0] / light[1]).log2().square()
        zones = (frame.shadow > 0.95, (frame.shadow > 0.02) & (frame.shadow <= 0.95), frame.shadow <= 0.02)
        for k, zone in enumerate(zones):
            sums[k] += float(off[zone].sum()), int(zone.sum())
        shown = displayed(blurred(one, _FINE), exposure), displayed(blurred(frame.truth, _FINE), exposure)
        if before is not None:
            flicker.append(100 * float(((shown[0] - before[0]) - (shown[1] - before[1])).abs().mean()))
        before = shown
    inside, edge, outside = np.sqrt(sums[:, 0] / np.maximum(sums[:, 1], 1))
    return float(inside), float(edge), float(outside), statistics.mean(flicker)


def staged(frames: list[Frame], folder: Path) -> Session:
    """A session with the shot and its rough matte on disk."""
    session = Session()
    for number, frame in enumerate(frames, 1):
        rough = F.max_pool2d((frame.shadow > 0.5).float()[None], 2 * _ROUGH + 1, 1, _ROUGH)[0]
        write(folder / f"plate.{number:04d}.exr", {"rgba": frame.plate})
        write(folder / f"matte.{number:04d}.exr", {"rgba": rough.expand(3, -1, -1)})
    session.add("Read", name="Plate", file=str(folder / "plate.####.exr"), raw=True)
    session.add("Read", name="Matte", file=str(folder / "matte.####.exr"), raw=True)
    return session


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assets", type=Path)
    parser.add_argument("--clips", nargs="+", default=list(CLIPS), choices=list(CLIPS), metavar="NAME")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS), metavar="NAME")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load_plugins()
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for clip in options.clips:
        frames = frames_of(CLIPS[clip], options.assets)
        with tempfile.TemporaryDirectory() as folder:
            session = staged(frames, Path(folder))
            for way in options.ways:
                node = WAYS[way](session)
                found = [session.evaluate(node, frame=n, layers=("rgba",))["rgba"][:3] for n in range(1, COUNT + 1)]
                rows.setdefault(way, []).append(measured(frames, found))
                print(f"{clip:28} {way:24}" + " ".join(f"{x:7.3f}" for x in rows[way][-1]), flush=True)
                if options.out:
                    _shown(frames, found, options.out / f"{clip} - {way}.png".replace(", ", "_").replace(" ", "_"))
    print("\n| | " + " | ".join(options.clips) + " | mean |\n" + "|---" * (len(options.clips) + 2) + "|")
    for way, figures in rows.items():
        every = [*figures, tuple(statistics.mean(x[i] for x in figures) for i in range(4))]
        print(f"| {way} | " + " | ".join(", ".join(f"{x:.2f}" for x in one) for one in every) + " |")


def _shown(frames: list[Frame], found: list[Tensor], path: Path) -> None:
    """Plates, results and truths of every other frame, in rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exposure = shown_exposure(frames[0].truth, torch.ones_like(frames[0].shadow))
    some = range(0, COUNT, 2)
    lines = [[frames[i].plate for i in some], [found[i] for i in some], [frames[i].truth for i in some]]
    sheet = torch.cat([torch.cat([displayed(x, exposure) for x in line], 2) for line in lines], 1)
    cv2.imwrite(str(path), (sheet.clamp(0, 1).permute(1, 2, 0).numpy()[..., ::-1] * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
