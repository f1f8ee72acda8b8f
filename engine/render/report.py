"""What became of a render, frame by frame."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class FrameResult:
    """What became of one frame of one Write node.

    node : path of the Write. path : absolute name of the file, empty where that is not known.
    error : a sentence, empty where the frame is written or skipped. culprit : path of the node that failed, the Write
    or one above it.
    skipped : its file was there, made of the same, and was left alone.
    seconds : how long the render took for it: from when the one before it was done, as frames overlap.
    warnings : of the file, and of the nodes it comes from as far as no frame before has told the same.
    """

    node: str
    frame: float
    path: str = ""
    seconds: float = 0.0
    error: str = ""
    culprit: str = ""
    skipped: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.error


@dataclass
class Report:
    """The outcome of a render.

    results : one for each frame of each Write node, in the order in which they ended. node_seconds : by path, the own
    time of every node over all frames; nodes work side by side, so that they may add up to more than `seconds`, which
    the render took by the clock.
    """

    results: list[FrameResult] = field(default_factory=list)
    node_seconds: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def failed(self) -> list[FrameResult]:
        """Those with an error."""
        return [r for r in self.results if not r.ok]

    @property
    def skipped(self) -> list[FrameResult]:
        """Those whose files were left alone."""
        return [r for r in self.results if r.skipped]

    def to_data(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "written": [asdict(r) for r in self.results if r.ok and not r.skipped],
            "skipped": [asdict(r) for r in self.skipped],
            "failed": [asdict(r) for r in self.failed],
            "node_seconds": {k: round(v, 4) for k, v in self.node_seconds.items()},
            "seconds": round(self.seconds, 3),
        }
