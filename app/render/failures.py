"""What went wrong in a render: each reason once, with the frames that were not written for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rimlight.engine import FrameResult, format_frames, wanted_frames

from .queue import Job


@dataclass(frozen=True)
class Failure:
    """A reason. culprit : path of the node that failed. frames : those that it left out, by the Write node."""

    error: str
    culprit: str
    frames: dict[str, list[int]] = field(default_factory=dict)

    def text(self, nodes: int) -> str:
        """The reason behind its frames. nodes : how many Write nodes there are; where all of them lack the same frames
        they need not be named.
        """
        told = {node: format_frames(frames) for node, frames in self.frames.items()}
        frames = next(iter(told.values()))
        if len(told) < nodes or set(told.values()) != {frames}:
            return f"{', '.join(f'{node} {frames}' for node, frames in told.items())}: {self.error}"
        return self.error if f"at frame {frames}:" in self.error else f"{frames}: {self.error}"


def failures(results: Iterable[FrameResult]) -> list[Failure]:
    """The reasons for which frames of a render failed, in the order in which they came up."""
    found: dict[tuple[str, str], Failure] = {}
    for result in results:
        if not result.ok:
            known = found.setdefault((result.error, result.culprit), Failure(result.error, result.culprit))
            known.frames.setdefault(result.node, []).append(round(result.frame))
    return list(found.values())


def left_out(job: Job) -> tuple[tuple[str, ...], str]:
    """The Write nodes and the frames that are missing where a render failed, also those that it did not come to."""
    if not job.failed:
        return (), ""
    written = {(result.node, round(result.frame)) for result in job.results if result.ok}
    wanted = wanted_frames(job.session, job.frames)
    missing = [(node, frame) for node in job.nodes for frame in wanted if (node, frame) not in written]
    nodes = tuple(dict.fromkeys(node for node, _ in missing))
    return nodes, format_frames(sorted({frame for _, frame in missing}))
