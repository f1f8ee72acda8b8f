import math
from typing import cast

import torch
from torch import Tensor

from rimlight.engine import Context, node, param

from ..nuke.geometry import TRACKER
from ..ops.matrices import Point
from ..ops.motion_fit import Model, fit_motion, model_for, smoothed
from .base import MatrixNode, to_pixels
from .tracks import Tracked, smaller_boxes


@node(
    "transform.tracker",
    see="light.place transform.corner_pin transform.transform tracking",
    reads=("frame",),
    nuke=TRACKER,
    version=2,
    upgrades={1: smaller_boxes},
)
class Tracker(Tracked, MatrixNode):
    """Follows points of the picture: to hold it still, to put something onto it, to let lights, shapes and paint go
    along.

    A track is a place with keys, made by tracking (the buttons over the tracks, or `rimlight track`), by hand, or both;
    other parameters can be linked to it. Opening a script tracks nothing.

    - `stabilize` holds the tracked thing still, as it is at the reference frame.
    - `match-move` lets a still picture move with it; one undoes the other.
    - `remove jitter` keeps the movement but for what is quicker than a period.

    One track moves, two also turn and scale, three and more also skew; four can pull the picture in perspective.
    Transforms in a row filter once.
    """

    operation: str = param(
        default="none", choices=("none", "stabilize", "match-move", "remove jitter"), place="top",
        doc="what is done to the picture: nothing; it is held still; moved along; rid of quick movement",
    )  # fmt: skip
    reference_frame: int = param(
        default=1, soft=(1, 100), unit="frame", place="top", animatable=False,
        doc="the frame at which the picture stays as it is",
    )  # fmt: skip
    motion: str = param(
        default="automatic", place="top",
        choices=("automatic", "translate", "rotate", "similarity", "affine", "perspective"),
        doc="what the tracks may do: move, turn too, scale too, skew too, perspective; automatic: by their number",
    )  # fmt: skip
    jitter_period: float = param(
        default=10.0, hard=(1, 1000), soft=(2, 50), unit="frames", place="top",
        doc="remove jitter takes away movement that is quicker than this",
    )  # fmt: skip

    def frame_key(self, ctx: Context) -> object:
        # The places that are asked for are in the key; how far away in time those around are is not.
        return ctx.frame if self.operation == "remove jitter" else None

    def identity(self, ctx: Context) -> str | None:
        if self.operation == "none" or not self.used():
            return "image"
        return "image" if self.operation != "remove jitter" and self._reference(ctx) == self.places() else None

    def _reference(self, ctx: Context) -> tuple[Point, ...]:
        return self.places_at(ctx, self.reference_frame)

    def pixel_matrix(self, ctx: Context) -> Tensor:
        frame = ctx.info("image").display
        if self.operation == "remove jitter":
            return to_pixels(frame, self._fitted(self.places(), self._smooth(ctx)))
        moved = self._fitted(self._reference(ctx), self.places())
        if self.operation == "match-move":
            return to_pixels(frame, moved)
        self.require(abs(float(torch.linalg.det(moved))) > 1e-9, "the tracks fall together, which cannot be undone")
        return to_pixels(frame, torch.linalg.inv(moved))

    def _fitted(self, source: tuple[Point, ...], target: tuple[Point, ...]) -> Tensor:
        model = model_for(len(source)) if self.motion == "automatic" else cast(Model, self.motion)
        try:
            return fit_motion(source, target, self.weights(), model)
        except ValueError as error:
            self.require(False, f"{', '.join(self.used())}: {error}")
            raise

    def _smooth(self, ctx: Context) -> tuple[Point, ...]:
        """Where the tracks would be without jitter."""
        first, last = ctx.project.frames
        reach = math.ceil(1.5 * self.jitter_period)
        offsets = [k for k in range(-reach, reach + 1) if k == 0 or first <= ctx.frame + k <= last]
        tracks = zip(*(self.places_at(ctx, ctx.frame + k) for k in offsets), strict=True)
        return tuple(smoothed(places, offsets, self.jitter_period) for places in tracks)
