import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    RimlightError,
    exposures_of,
    listing,
    mean_of_all,
    node,
    param,
    port,
)  # fmt: skip

from ..light.working import working_space
from ..ops.align import MODELS
from ..ops.bracket import AROUND, Exposed, merge
from ..ops.bracket_align import laid_over, motions
from ..ops.bracket_light import Apart, Bracket, compared, few, opened
from ..ops.clipped import CAMERAS, camera_matrix
from ..ops.progress import part
from .series import FRAMES, INPUTS, Series, Shot

_CONFIDENCE = LIGHT_LAYERS["confidence"]
_MOST = 12
STOPS = tuple(f"rimlight:exposure_{i + 1}" for i in range(_MOST))
CLIPPED, GHOSTS = "rimlight:bracket_clipped", "rimlight:bracket_ghosts"
_SAME = 0.05
"""Stops below which two exposures are one."""


@node(
    "merge.hdr_merge",
    label="HdrMerge",
    see="learned.declip light.environment merge.contact_sheet light.photometric_stereo recipes#an-hdri-of-brackets",
)
class HdrMerge(Series):
    """Merges a bracket, several exposures of one scene, into one scene-linear picture with the range of all.

    Hold the camera still, change the shutter, and wire the pictures in any order, or read them as frames of a sequence.
    `align` is for brackets from the hand. What moved is taken from the reference, as readily as `ghosts` says;
    where that is clipped, from the next darker one.

    What is clipped comes from darker exposures and what is noisy from brighter ones: each counts by the inverse of its
    noise, `read` and `shot`. The result is as bright as the reference and goes on above it. Where even the darkest is
    clipped, its value stays and the layer `confidence` is 0, elsewhere 1. Alpha, other layers and metadata are those of
    the reference.

    At `auto` the exposures come from shutter, aperture and sensitivity in the metadata, and are made exact by what the
    pictures show in common: a shutter of 1/60 is open for 1/64 s. Without metadata the pictures alone tell. The node
    shows what was found, in stops over the reference, and the shares of pixels that are clipped in all and in which
    something moved.

    Pictures have to be scene-linear: raw developments without a look, EXR, or JPEG whose colour space undoes the
    camera's curve. Cameras add a look to their JPEG, so colours and ratios of these are only near. Light that changes
    between exposures, such as of lamps at short shutters, counts as exposure.
    """

    roi: ClassVar[bool] = False  # exposures, levels and motion belong to the whole pictures
    measures: ClassVar[tuple[str, ...]] = (CLIPPED, GHOSTS, *STOPS)
    sections: ClassVar[Mapping[str, str]] = {"Noise": "read shot", "Camera": "camera level"}

    image: Image = port("the exposures, in any order; or one sequence whose frames they are", many=True)
    pictures: str = param(
        default=INPUTS, choices=(INPUTS, FRAMES), place="top",
        doc="whether each input is an exposure or each frame of the first",
    )  # fmt: skip
    first: int = param(default=1, soft=(1, 100), unit="frame", doc="the first of the frames", place="top")
    last: int = param(default=3, soft=(1, 100), unit="frame", doc="the last of the frames", place="top")
    exposures: str = param(
        default="auto", choices=("auto", "metadata", "pictures", "stops"), place="top",
        doc="how the exposures are known: from metadata, from what pictures have in common, from the list of stops, or "
        "auto, from metadata made exact by the pictures",
    )  # fmt: skip
    stops: str = param(
        default="", place="top", unless=("exposures", "auto"),
        doc="exposures in stops, in the order of the pictures, such as -2 0 2, where `exposures` is stops",
    )  # fmt: skip
    reference: int = param(
        default=0, hard=(0, _MOST), soft=(0, _MOST), place="top",
        doc="number of the picture, from 1, that gives the brightness, what moved and all that is not merged; 0: the "
        "one of middle exposure, or the middle one where only the pictures tell the exposures",
    )  # fmt: skip
    ghosts: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), place="top",
        doc="how readily what differs from the reference is left out, as something that moved: 0 never, 1 from three "
        "times the noise on",
    )  # fmt: skip
    align: str = param(
        default="none", choices=("none", *MODELS), place="top",
        doc="lay the pictures over the reference: shifted; also turned; as a turned camera sees them",
    )  # fmt: skip
    read: float = param(
        default=0.05, hard=(0.0001, 100), soft=(0.01, 1), unit="%",
        doc="noise at black: its standard deviation, in percent of where the camera clips",
    )  # fmt: skip
    shot: float = param(
        default=0.7, hard=(0, 100), soft=(0, 5), unit="%",
        doc="noise that light itself adds: its standard deviation where the camera clips, in percent of that; it "
        "goes with the root of the light",
    )  # fmt: skip
    camera: str = param(
        default="auto", choices=CAMERAS,
        doc="whose channels are clipped: those of the working space, or of linear Rec.709, as in all sRGB files; auto: "
        "where more values pile up",
    )  # fmt: skip
    level: float = param(
        default=0.0, hard=(0, None), soft=(0, 4),
        doc="value from which on a channel of an exposure is clipped; 0: found from how values pile up",
    )  # fmt: skip

    # -- what comes in --------------------------------------------------------------------------------------------

    def info(self, ctx: Context) -> ImageInfo:
        shots = self.shots(ctx)
        own = self._about(ctx, shots[self._reference(ctx, shots)])
        for shot in shots:
            found = self._about(ctx, shot)
            self.require(
                found.display == own.display,
                f"{shot} is {found.display.width} x {found.display.height} pixels large, the reference"
                f" {own.display.width} x {own.display.height}: exposures are pictures of one camera",
            )
            ctx.rgb(shot.socket, shot.frame)
        self._known(ctx, shots)
        return own.with_layer(_CONFIDENCE)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        shots = self.shots(ctx)
        own = shots[self._reference(ctx, shots)]
        rest = tuple(n for n in layers if n != MAIN and self._about(ctx, own).has(n) and n != _CONFIDENCE.name)
        merged = bool({MAIN, _CONFIDENCE.name} & set(layers))
        found = []
        for shot in shots:
            names = ((MAIN,) if merged else ()) + (rest if shot is own else ())
            if names:
                found.append(Need(shot.socket, self._about(ctx, shot).data, names, shot.frame))
        return found

    def shots(self, ctx: Context) -> tuple[Shot, ...]:
        found = super().shots(ctx)
        self.require(2 <= len(found) <= _MOST, f"found {len(found)} exposures, expected 2 to {_MOST}")
        self.require(self.reference <= len(found), f"the reference is {self.reference} of {len(found)} exposures")
        return found

    def _about(self, ctx: Context, shot: Shot) -> ImageInfo:
        return ctx.info(shot.socket, shot.frame)

    def _known(self, ctx: Context, shots: Sequence[Shot]) -> list[float] | None:
        """Exposures in stops, before the pictures are looked at; None where they are not told."""
        if self.exposures == "pictures":
            return None
        if self.exposures == "stops":
            return self._listed(len(shots))
        found = exposures_of([self._about(ctx, shot).metadata for shot in shots])
        stops = [value for value in found if value is not None]
        told = len(stops) == len(shots) and max(stops) - min(stops) >= _SAME
        if self.exposures == "metadata":
            silent = [str(shot) for shot, value in zip(shots, found, strict=True) if value is None]
            self.require(not silent, f"the metadata of {listing(silent)} tell no shutter time; set exposures to stops")
            self.require(told, "the metadata say that all pictures have one exposure; set exposures to stops")
        return stops if told else None

    def _listed(self, count: int) -> list[float]:
        words = [word for word in re.split(r"[\s,;]+", self.stops) if word]
        try:
            found = [float(word) for word in words]
        except ValueError:
            found = []
        good = len(found) == count and all(abs(value) <= 32 for value in found)
        self.require(good, f"stops is '{self.stops}', expected {count} numbers, one for each picture, as -2 0 2")
        self.require(max(found) - min(found) >= _SAME, f"stops is '{self.stops}': all pictures have one exposure")
        return found

    def _reference(self, ctx: Context, shots: Sequence[Shot]) -> int:
        if self.reference:
            return self.reference - 1
        known = self._known(ctx, shots)
        if known is None:
            return (len(shots) - 1) // 2
        return sorted(range(len(shots)), key=lambda i: known[i])[(len(shots) - 1) // 2]

    # -- what is made ---------------------------------------------------------------------------------------------

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        shots = self.shots(ctx)
        own = self._reference(ctx, shots)
        image = ctx.image(shots[own].socket, shots[own].frame)
        out = {name: image.tensor(name, ctx.region) for name in ctx.layers if name in image}
        if not {MAIN, _CONFIDENCE.name} & set(ctx.layers):
            return out
        bracket = self._opened(ctx, shots)
        ctx.check()
        stops = self._stops(ctx, shots, bracket, own)
        ctx.check()
        if self.align != "none":
            bracket = self._aligned(ctx, shots, bracket, stops, own)
            ctx.check()
            stops = self._stops(ctx, shots, bracket, own)
        about = Exposed(stops, self.read / 100, self.shot / 100, own, self.ghosts)
        merged = merge(bracket, about, part(ctx.progress, 1, 2))
        if not ctx.region.is_empty:
            ctx.measured(CLIPPED, 1 - float(mean_of_all(merged.confidence)))
            ctx.measured(GHOSTS, float(mean_of_all(merged.ghosts)))
        for name, value in zip(STOPS, stops, strict=False):
            ctx.measured(name, value)
        if MAIN in ctx.layers:
            whole = image.tensor(MAIN, ctx.region).clone()
            whole[list(ctx.rgb(shots[own].socket, shots[own].frame))] = merged.light
            out[MAIN] = whole
        if _CONFIDENCE.name in ctx.layers:
            out[_CONFIDENCE.name] = merged.confidence
        return out

    def _opened(self, ctx: ComputeContext, shots: Sequence[Shot]) -> Bracket:
        """The exposures over the region with the pixels around it."""
        wide = ctx.region.expand(AROUND)
        light, inside = [], []
        for shot in shots:
            ctx.check()
            image = ctx.image(shot.socket, shot.frame)
            light.append(image.tensor(MAIN, wide, "repeat")[list(ctx.rgb(shot.socket, shot.frame))])
            known = torch.zeros(1, wide.height, wide.width, dtype=torch.bool, device=ctx.device)
            both = wide.intersect(image.info.data)
            if not both.is_empty:
                rows, columns = wide.slices_of(both)
                known[:, rows, columns] = True
            inside.append(known)
        ctx.check()
        some = [few(x) for x in light]
        brightest = max(some, key=lambda x: float(mean_of_all(torch.nan_to_num(x, 0.0, 0.0, 0.0))))
        matrix = camera_matrix(brightest, working_space(ctx), self.camera)
        return opened(light, inside, matrix, self.level)

    def _stops(self, ctx: Context, shots: Sequence[Shot], bracket: Bracket, own: int) -> list[float]:
        """Exposures in stops over the reference."""
        stops = self._known(ctx, shots)
        if self.exposures in ("auto", "pictures"):
            try:
                stops = compared(bracket, stops)
            except Apart as pair:
                raise RimlightError(
                    f"{shots[pair.first]} and {shots[pair.second]} have too little in common that is neither "
                    "dark nor clipped to tell their exposures: set exposures to stops"
                ) from None
        assert stops is not None
        return [value - stops[own] for value in stops]

    def _aligned(
        self, ctx: ComputeContext, shots: Sequence[Shot], bracket: Bracket, stops: Sequence[float], own: int
    ) -> Bracket:
        try:
            matrices = motions(bracket, stops, own, self.align, part(ctx.progress, 0, 4))
        except Apart as pair:
            raise RimlightError(
                f"{shots[pair.second]} cannot be laid over {shots[pair.first]}: they have too little in "
                "common; leave it out, or set align to none"
            ) from None
        return laid_over(bracket, matrices, part(ctx.progress, 1, 4))
