"""Sentences about frames: those that say the same of many frames become one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import listing
from ..io.sequence import format_frames


@dataclass
class _Group:
    """Sentences that are alike: the first one with its frame and numbers, and the frames of the others."""

    sentence: str
    frame: int
    numbers: list[int]
    others: list[int] = field(default_factory=list)

    def holds(self, frame: int, numbers: list[int]) -> bool:
        step = abs(frame - self.frame)
        return all(abs(now - before) in (0, step) for before, now in zip(self.numbers, numbers, strict=True))


def told_once(sentences: Mapping[int, Iterable[str]]) -> list[str]:
    """The sentences of each frame as few lines, in the order they came.

    Two are alike where each of their numbers is the same or moves as the frame does. Of those the first one is told,
    with the frames of the others behind it; what is the same word for word is told once, without frames.
    """
    groups: dict[str, list[_Group]] = {}
    ordered: list[_Group] = []
    for frame, found in sentences.items():
        for sentence in found:
            alike = groups.setdefault(re.sub(r"\d+", "#", sentence), [])
            numbers = [int(digits) for digits in re.findall(r"\d+", sentence)]
            group = next((g for g in alike if g.holds(frame, numbers)), None)
            if group is None:
                alike.append(_Group(sentence, frame, numbers))
                ordered.append(alike[-1])
            elif sentence != group.sentence:
                group.others.append(frame)
    return [_line(group) for group in ordered]


def _line(group: _Group) -> str:
    if not group.others:
        return group.sentence
    frames = format_frames(list(dict.fromkeys(group.others)))
    return f"{group.sentence} (and at {listing(frames.split(','), 12)})"
