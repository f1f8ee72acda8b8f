"""The picture grid of the evaluation: what a student finds beside the truth, one row a case."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .cases import Case
from .display import displayed
from .methods import StudentMethod
from .metrics import matched, shown_exposure

GRID = (
    "input", "albedo", "true", "shading", "true", "normal", "true", "relit", "true", "without shadow", "true",
)  # fmt: skip
"""The columns."""


def grid_rows(cases: Sequence[Case], student: StudentMethod) -> list[list[Tensor]]:
    """Tiles of each case as they are shown, in the order of `GRID`."""
    return [_row(case, student) if case.known else _photograph_row(case, student) for case in cases]


def _row(case: Case, student: StudentMethod) -> list[Tensor]:
    layers = student.layers(case)
    exposure = shown_exposure(case.picture, case.mask)
    shade_at = shown_exposure(case.source.shading, case.mask)
    far = shown_exposure(case.target.beauty, case.mask)
    free = case.picture if case.shadow_free is None else case.shadow_free
    relit = matched(student.relit(case), case.target.beauty, case.mask)
    return [
        displayed(case.picture, exposure),
        displayed(layers["albedo"]), displayed(case.view.albedo),
        displayed(layers["shading"], shade_at), displayed(case.source.shading, shade_at),
        layers["normal"] * 0.5 + 0.5, (case.view.normal * 0.5 + 0.5) * case.view.surface,
        displayed(relit, far), displayed(case.target.beauty, far),
        displayed(student.shadow_free(case), exposure), displayed(free, exposure),
    ]  # fmt: skip


def _photograph_row(case: Case, student: StudentMethod) -> list[Tensor]:
    """A row of which little is true."""
    layers = student.layers(case)
    exposure, shade_at, paint_at = (
        shown_exposure(x, case.mask) for x in (case.picture, layers["shading"], layers["albedo"])
    )
    free = case.picture if case.shadow_free is None else case.shadow_free
    empty = torch.zeros_like(case.picture)
    return [
        displayed(case.picture, exposure),
        displayed(layers["albedo"], paint_at), empty,
        displayed(layers["shading"], shade_at), empty,
        layers["normal"] * 0.5 + 0.5, empty,
        empty, empty,
        displayed(student.shadow_free(case), exposure), displayed(free, exposure),
    ]  # fmt: skip
