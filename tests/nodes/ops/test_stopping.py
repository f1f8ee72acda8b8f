"""Long operations look again and again at whether anybody still wants them, and end where nobody does."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
import torch

from rimlight.engine import Cancelled
from rimlight.nodes.ops.clipped import clip_levels
from rimlight.nodes.ops.edge_aware import guided_enlarged
from rimlight.nodes.ops.flicker import change
from rimlight.nodes.ops.flow import Motion
from rimlight.nodes.ops.low_light import cleaned
from rimlight.nodes.ops.shadow_edges import snapped
from rimlight.nodes.ops.shadow_find import Hints, paired_shadows
from rimlight.nodes.ops.sources import find_sources

PICTURE = torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(5)) + 0.1
SHADOW = torch.zeros(1, 48, 64)
SHADOW[:, 10:30, 12:40] = 1
STILL = Motion(torch.zeros(2, 48, 64), torch.ones(1, 48, 64))

Look = Callable[..., None]
OPERATIONS: dict[str, tuple[int, Callable[[Look], object]]] = {
    "guided_enlarged": (6, lambda look: guided_enlarged(
        PICTURE.repeat(2, 1, 1)[:, ::2, ::2], PICTURE[:1, ::2, ::2], PICTURE[:1], 5.0, 0.5, look
    )),
    "clip_levels": (3, lambda look: clip_levels(PICTURE, look)),
    "find_sources": (4, lambda look: find_sources(PICTURE, 2.0, 0.01, 6, check=look)),
    "flicker": (2, lambda look: change(PICTURE, PICTURE * 1.1, STILL, 2.0, look)),
    "low light": (12, lambda look: cleaned(PICTURE, (0.01, 0.001), 2, 1.0, look)),
    "shadows by pairs": (12, lambda look: paired_shadows(PICTURE, Hints(SHADOW, SHADOW, PICTURE), look)),
    "edges of shadows": (20, lambda look: snapped(SHADOW, PICTURE, 6.0, 8.0, look)),
}  # fmt: skip
"""With how often each looks, at least."""


def looks_of(operation: Callable[[Look], object], last: int = 0) -> int:
    """How often an operation looks until it ends, or until its `last` look tells it to."""
    looks = 0

    def look(share: float = 0.0) -> None:
        nonlocal looks
        assert 0 <= share <= 1
        looks += 1
        if looks == last:
            raise Cancelled

    with nullcontext() if last == 0 else pytest.raises(Cancelled):
        operation(look)
    return looks


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_ends_wherever_it_looks(name: str) -> None:
    least, operation = OPERATIONS[name]
    looks = looks_of(operation)
    assert looks >= least
    for last in (1, looks // 2, looks):
        assert looks_of(operation, last) == last
