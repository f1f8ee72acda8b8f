from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rimlight.engine import Context, Node, node, param, port

from ..nuke.timing import FRAME_HOLD


@node("time.frame_hold", see="time.time_offset time.frame_range", label="FrameHold", nuke=FRAME_HOLD)
class FrameHold(Node):
    """Shows one frame at all times, or every n-th frame for n frames. A held frame is computed once."""

    result: ClassVar[type] = object
    image: Any = port("what is held")
    first: int = param(
        default=1, soft=(1, 100), unit="frame", doc="the frame that is held, or from which every n-th is counted",
    )  # fmt: skip
    increment: int = param(
        default=0, hard=(0, None), soft=(0, 10), unit="frames", doc="show every n-th frame n times; 0: only the first",
    )  # fmt: skip

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        steps = (frame - self.first) // self.increment if self.increment else 0
        return {"image": (float(self.first + steps * self.increment),)}

    def identity(self, ctx: Context) -> str | None:
        return "image"
