"""Which pictures to make on the way to a sharp one: a draft that is there at once, then better ones."""

from dataclasses import dataclass

from rimlight.engine import Tier

SCALES = (1.0, 0.5, 0.25, 0.125)
"""Of drafts, relative to the picture that is wanted."""


@dataclass(frozen=True)
class Quality:
    """Proxy scale, 0.5 is half size, and tier of a picture."""

    scale: float = 1.0
    tier: Tier = Tier.FINAL


class Sharpening:
    """Chooses drafts by how long the pictures before them took. One for each viewer, as it looks at one node at a time.

    budget : seconds that a first picture may take.
    """

    def __init__(self, budget: float = 0.15) -> None:
        self.budget = budget
        self._rates: dict[Tier, float] = {}

    def steps(self, target: Quality) -> tuple[Quality, ...]:
        """The pictures to make, one after the other; the last one is `target`."""
        if self._seconds(target) <= self.budget:
            return (target,)
        draft = Quality(target.scale * self._draft_scale(target.scale), Tier.DRAFT)
        steps = [draft, Quality(target.scale, Tier.STUDENT), target]
        ranks = [(step.scale, step.tier.rank) for step in steps]
        return tuple(step for step, rank in zip(steps, ranks, strict=True) if step == target or rank < ranks[-1])

    def took(self, quality: Quality, seconds: float) -> None:
        """Learn from a picture; the newest counts half."""
        rate = seconds / quality.scale**2
        known = self._rates.get(quality.tier, rate)
        self._rates[quality.tier] = (known + rate) / 2

    def forget(self) -> None:
        """Another node or script is looked at: what was learnt says nothing any more."""
        self._rates.clear()

    def _seconds(self, quality: Quality) -> float:
        """What a picture is expected to take; infinite when nothing is known of its tier."""
        return self._rates.get(quality.tier, float("inf")) * quality.scale**2

    def _draft_scale(self, target: float) -> float:
        if Tier.DRAFT not in self._rates:
            return SCALES[2]
        fast = (s for s in SCALES if self._seconds(Quality(target * s, Tier.DRAFT)) <= self.budget)
        return next(fast, SCALES[-1])
