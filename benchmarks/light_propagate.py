"""LightPropagate against truth: shots with a moving camera and moving things, lit twice, so that the answer is known.

The shots are those of `rimlight.training.shots`, 13 frames of 256x144, relit at their middle, at both ends, or at all
three. Beside the node stand doing nothing, the quotient of the reference pasted onto every frame, and the quotient
brought there by one flow from frame to reference. `python benchmarks/light_propagate.py [--shots NAMES]` prints a table
of means over all frames but the references: PSNR (dB), SSIM, and flicker, by how much what changes from frame to frame
differs from what truly changes, in percent of white. It takes about ten minutes on two idle cores.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rimlight.engine import LIGHT_LAYERS, RGB, Image, ImageInfo, Region, Session, Writer
from rimlight.engine.plugins import load_plugins
from rimlight.nodes.ops.flow import followed, motions_between
from rimlight.nodes.ops.light_carry import Change
from rimlight.training.display import displayed
from rimlight.training.metrics import display_psnr, shown_exposure, similarity
from rimlight.training.shots import SHOTS, Frame, frame_of

import torch
from torch import Tensor

COUNT = 13
MIDDLE = COUNT // 2 + 1
ENDS = (1, COUNT)
Method = Callable[[int], Tensor]
"""Gives frame `number`, relit, `[3, h, w]`."""


class Staged:
    """A shot on disk, and the node over it."""

    def __init__(self, shot: str, folder: Path) -> None:
        self.frames = [frame_of(shot, number, COUNT) for number in range(1, COUNT + 1)]
        self.session = Session()
        for number, frame in enumerate(self.frames, 1):
            write(folder / f"layers.{number:04d}.exr", {"rgba": frame.plate, **frame.layers})
            write(folder / f"plate.{number:04d}.exr", {"rgba": frame.plate})
            write(folder / f"relit.{number:04d}.exr", {"rgba": frame.relit})
        for name in ("layers", "plate", "relit"):
            self.session.add("Read", name=name, file=str(folder / f"{name}.####.exr"), raw=True)
        self.session.add("Intrinsics", "plate", name="estimates")

    def propagated(self, source: str, references: Sequence[int], **values: object) -> Method:
        """LightPropagate over one of the nodes `layers`, `plate` and `estimates`."""
        wires = {"image": source, "relit": "relit"}
        node = self.session.add("LightPropagate", inputs=wires, references=",".join(map(str, references)), **values)
        return lambda number: self.session.evaluate(node, frame=number, layers=("rgba",))["rgba"][:3]

    def nothing(self, number: int) -> Tensor:
        return self.frames[number - 1].plate

    def pasted(self, number: int) -> Tensor:
        """The quotient at the middle frame on every frame as it stands."""
        change, plate = self._change(), self.frames[number - 1].plate
        return plate * change.stops.exp2()

    def flowed(self, number: int) -> Tensor:
        """The quotient at the middle frame, moved there by one flow."""
        change, plate = self._change(), self.frames[number - 1].plate
        motion, _ = motions_between(plate, self.frames[MIDDLE - 1].plate)
        return plate * followed(change.stops, motion.vectors, "linear").exp2()

    def mixed(self, number: int) -> Tensor:
        """Relit pictures at both ends, one dissolved into the other."""
        share = (number - 1) / (COUNT - 1)
        return torch.lerp(self.frames[0].relit, self.frames[-1].relit, share)

    def _change(self) -> Change:
        middle: Frame = self.frames[MIDDLE - 1]
        return Change.of(middle.plate, middle.relit)


def write(path: Path, layers: dict[str, Tensor]) -> None:
    """A picture with light layers `[C, h, w]` as a file."""
    height, width = layers["rgba"].shape[1:]
    frame = Region(0, 0, width, height)
    described = tuple(RGB if name == "rgba" else LIGHT_LAYERS[name] for name in layers)
    Writer().write(Image(ImageInfo(frame, frame, described), frame, layers), path)


def methods(staged: Staged) -> Iterator[tuple[str, Method, tuple[int, ...]]]:
    """What is compared: name, method, and the frames that it was given."""
    one, three = (MIDDLE,), (1, MIDDLE, COUNT)
    yield "nothing", staged.nothing, one
    yield "quotient pasted", staged.pasted, one
    yield "quotient by one flow", staged.flowed, one
    yield "LightPropagate, 1 reference", staged.propagated("plate", one), one
    yield "the same, estimated layers", staged.propagated("estimates", one), one
    yield "estimated layers, cast", staged.propagated("estimates", one, surfaces="cast"), one
    yield "the same, rendered layers", staged.propagated("layers", one), one
    yield "the same, light that sticks", staged.propagated("layers", one, surfaces="stick", plate_light="keep"), one
    yield "dissolve between 2", staged.mixed, ENDS
    yield "LightPropagate, 2 references", staged.propagated("plate", ENDS), ENDS
    yield "the same, rendered layers", staged.propagated("layers", ENDS), ENDS
    yield "LightPropagate, 3 references", staged.propagated("plate", three), three
    yield "the same, rendered layers", staged.propagated("layers", three), three


def measured(staged: Staged, method: Method, given: Sequence[int]) -> tuple[float, float, float]:
    """PSNR, SSIM and flicker over the frames that were not given."""
    psnr, ssim, flicker = [], [], []
    before: tuple[Tensor, Tensor] | None = None
    for number, frame in enumerate(staged.frames, 1):
        found, everywhere = method(number), torch.ones_like(frame.plate[:1])
        if number not in given:
            psnr.append(display_psnr(found, frame.relit, everywhere))
            ssim.append(similarity(found, frame.relit, everywhere))
        exposure = shown_exposure(staged.frames[0].relit, everywhere)
        shown = displayed(found, exposure), displayed(frame.relit, exposure)
        if before is not None:
            off = (shown[0] - before[0]) - (shown[1] - before[1])
            flicker.append(100 * float(off.abs().mean()))
        before = shown
    return statistics.mean(psnr), statistics.mean(ssim), statistics.mean(flicker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", nargs="+", default=list(SHOTS), choices=list(SHOTS), metavar="NAME")
    parser.add_argument("--methods", nargs="+", type=int, help="numbers of rows, from 1 on")
    options = parser.parse_args()
    load_plugins()
    rows: dict[int, tuple[str, list[tuple[float, float, float]]]] = {}
    for shot in options.shots:
        with tempfile.TemporaryDirectory() as folder:
            staged = Staged(shot, Path(folder))
            for row, (name, method, given) in enumerate(methods(staged), 1):
                if options.methods and row not in options.methods:
                    continue
                figures = measured(staged, method, given)
                rows.setdefault(row, (name, []))[1].append(figures)
                print(f"{shot:20} {row:2} {name:30} " + " ".join(f"{x:7.3f}" for x in figures), flush=True)
    print("\n| | " + " | ".join(options.shots) + " | mean |\n" + "|---" * (len(options.shots) + 2) + "|")
    for name, figures in rows.values():
        every = [*figures, tuple(statistics.mean(x[i] for x in figures) for i in range(3))]
        print(f"| {name} | " + " | ".join(f"{p:.1f}, {s:.2f}, {f:.1f}" for p, s, f in every) + " |")


if __name__ == "__main__":
    main()
