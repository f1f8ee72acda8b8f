"""Sentences about frames: those that say the same of many frames become one."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import listing
from ..io.sequence import format_frames


@dataclass
class _Group:
    """Sentences that are alike: the first one with its frame and numbers, and the frames of the others. moving : the
    numbers of all are the same, or move as the frame does.
    """

    sentence: str
    frame: int
    numbers: list[int]
    others: list[int] = field(default_factory=list)
    moving: bool = True

    def holds(self, frame: int, numbers: list[int]) -> bool:
        step = abs(frame - self.frame)
        return all(abs(now - before) in (0, step) for before, now in zip(self.numbers, numbers, strict=True))


class Repeats:
    """Sentences that come frame by frame: each kind is to be told when it comes first, and in the end where it came
    again. Of a kind are those of one node and one name before the colon that differ in numbers only.
    """

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str, int], _Group] = {}

    def first(self, node: str, frame: int, sentences: Iterable[str]) -> list[str]:
        """Those of the sentences about a frame of a node that are the first of their kind."""
        new, here = [], Counter[tuple[str, str]]()
        for sentence in sentences:
            name, _, rest = sentence.partition(": ") if ": " in sentence else ("", "", sentence)
            pattern = re.sub(r"\d+", "#", rest)
            here[name, pattern] += 1  # two of a kind at one frame, as of two layers, are two kinds
            numbers = [int(digits) for digits in re.findall(r"\d+", rest)]
            kind = (node, name, pattern, here[name, pattern])
            group = self._kinds.get(kind)
            if group is None:
                self._kinds[kind] = _Group(sentence, frame, numbers)
                new.append(sentence)
            else:
                group.others.append(frame)
                group.moving &= group.holds(frame, numbers)
        return new

    def again(self) -> list[str]:
        """The first sentence of each kind that came more than once, with its node and the frames of the others."""
        return [f"{kind[0]} frame {group.frame}: {_line(group)}" for kind, group in self._kinds.items() if group.others]


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
    like = "" if group.moving else " the like"
    return f"{group.sentence} (and{like} at {listing(frames.split(','), 12)})"
