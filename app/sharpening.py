"""Which pictures to make on the way to a sharp one: a draft that is there at once, then better ones."""

from dataclasses import dataclass

from rimlight.engine import Tier

SCALES = (1.0, 0.5, 0.25, 0.125)
"""Of drafts, relative to the picture that is wanted."""


_SPARE = 3.0
"""How often a draft has to fit into the time there is before a sharper one, of four times as many pixels, is tried."""


@dataclass(frozen=True)
class Quality:
    """Proxy scale, 0.5 is half size, and tier of a picture."""

    scale: float = 1.0
    tier: Tier = Tier.FINAL


class Sharpening:
    """Chooses drafts by how long the pictures before them took. One for each viewer, as it looks at one node at a time.

    budget : seconds that a first picture may take until it is on the screen.
    """

    def __init__(self, budget: float = 0.15) -> None:
        self.budget = budget
        self._rates: dict[Tier, float] = {}
        self._draft: tuple[float, float] | None = None
        self._showing = 0.0

    def steps(self, target: Quality) -> tuple[Quality, ...]:
        """The pictures to make, one after the other; the last one is `target`."""
        if self._seconds(target) <= self._left:
            return (target,)
        draft = Quality(target.scale * self._draft_scale(target.scale), Tier.DRAFT)
        steps = [draft, Quality(target.scale, Tier.STUDENT), target]
        ranks = [(step.scale, step.tier.rank) for step in steps]
        return tuple(step for step, rank in zip(steps, ranks, strict=True) if step == target or rank < ranks[-1])

    def took(self, quality: Quality, seconds: float) -> None:
        """Learn from a picture; the newest counts half."""
        if quality.tier is Tier.DRAFT:
            scale, known = self._draft or (quality.scale, seconds)
            self._draft = (quality.scale, (known + seconds) / 2 if scale == quality.scale else seconds)
        rate = seconds / quality.scale**2
        known = self._rates.get(quality.tier, rate)
        self._rates[quality.tier] = (known + rate) / 2

    def shown(self, seconds: float) -> None:
        """Learn what it takes from a first picture to the screen; the newest counts half."""
        self._showing = (self._showing + seconds) / 2 if self._showing else seconds

    @property
    def _left(self) -> float:
        """Of the budget, for making a picture."""
        return max(self.budget - self._showing, self.budget / 4)

    def forget(self) -> None:
        """Another node or script is looked at: what was learnt says nothing any more."""
        self._rates.clear()
        self._draft = None

    def _seconds(self, quality: Quality) -> float:
        """What a picture is expected to take; infinite when nothing is known of its tier."""
        return self._rates.get(quality.tier, float("inf")) * quality.scale**2

    def _draft_scale(self, target: float) -> float:
        """From draft to draft a step sharper while there is time to spare, else as much coarser as it takes.

        Part of what a draft takes does not depend on its size, so that going sharper is tried and not reckoned.
        """
        if self._draft is None:
            return SCALES[2]
        scale, seconds = self._draft
        now = scale / target
        if seconds * _SPARE <= self._left:
            return min((s for s in SCALES if s > now * 1.01), default=SCALES[0])
        fast = (s for s in SCALES if s <= now * 1.01 and seconds * (s / now) ** 2 <= self._left)
        return next(fast, SCALES[-1])
