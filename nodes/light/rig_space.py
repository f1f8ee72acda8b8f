from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rimlight.engine import (
    ComputeContext,
    Context,
    Node,
    Pose,
    Rig,
    between_poses,
    moved_rig,
    node,
    param,
    port,
)  # fmt: skip

from .base import described, given, pose_of

_HERE, _THERE, _WORLD = "this frame", "reference frame", "world"


@node(
    "light.rig_space", label="RigSpace",
    see="light.camera light.rig light.place shots#a-rig-that-stays-in-the-world",
)  # fmt: skip
class RigSpace(Node):
    """Takes the lights of a rig from one space to another, so that they stand still in the world as the camera moves.

    Set the rig up at the reference frame, where it passes untouched. At every other frame it comes out as the camera
    sees it then: a sun from the left comes from behind once the camera has turned there. The other way round, from this
    frame to the reference frame or the world, lights that were estimated frame by frame come to one place.

    Directions, places, aims and surroundings turn together. Surroundings keep their picture where the camera only pans;
    tilted or rolled, it is sampled anew. The camera's position counts for lights that stand somewhere.
    """

    result: ClassVar[type] = Rig

    rig: Rig = port("the lights")
    camera: Pose = port("the camera of the shot")
    given_in: str = param(
        default=_THERE, choices=(_THERE, _HERE, _WORLD), place="top",
        doc="the space in which the lights are given: that of the camera at a frame, or the world",
    )  # fmt: skip
    wanted_in: str = param(
        default=_HERE, choices=(_HERE, _THERE, _WORLD), place="top", doc="the space in which they are wanted"
    )
    reference_frame: int = param(
        default=1, soft=(1, 100), unit="frame", place="top", animatable=False,
        doc="the frame whose camera space the reference is",
    )  # fmt: skip

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"camera": tuple(dict.fromkeys((frame, float(self.reference_frame))))} if "camera" in inputs else {}

    def identity(self, ctx: Context) -> str | None:
        return "rig" if self._pose(ctx, self.given_in) == self._pose(ctx, self.wanted_in) else None

    def info(self, ctx: Context) -> Any:
        return self._moved(ctx, described(ctx))

    def compute(self, ctx: ComputeContext) -> Any:
        return self._moved(ctx, given(ctx))

    def _moved(self, ctx: Context, rig: Rig) -> Rig:
        return moved_rig(rig, *between_poses(self._pose(ctx, self.given_in), self._pose(ctx, self.wanted_in)))

    def _pose(self, ctx: Context, space: str) -> Pose | None:
        """The camera whose space it is, without its lens, which moves no light; None for the world."""
        if space == _WORLD:
            return None
        found = pose_of(ctx, float(self.reference_frame) if space == _THERE else None)
        return Pose(found.pan, found.tilt, found.roll, found.position)
