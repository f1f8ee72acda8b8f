"""What a picture shows where its sources are when they are out."""

import torch

from rimlight.nodes.ops.source_light import put_out
from rimlight.nodes.ops.sources import Source


def out_within(size: int) -> tuple[float, float]:
    """How bright a source so many pixels wide is when it is out, beside its wall: its bright upper and its dim lower
    half.
    """
    x, cover = torch.full((3, 108, 192), 0.2), torch.zeros(1, 108, 192)
    top, left = 54 - size // 2, 96 - size // 2
    inside = (slice(None), slice(top, top + size), slice(left, left + size))
    cover[inside] = 1.0
    x[inside] = 0.4
    x[:, top : top + size // 2, left : left + size] = 8.0
    source = Source(0.5, 54 / 192, size / 192 / 2, 4.0, 0.5)
    out, halos = put_out(x, [source], cover)
    assert bool(torch.isfinite(halos).all())
    upper, lower = out[:, 54 - size // 4, 96], out[:, 54 + size // 4, 96]
    return float(upper.mean()) / 0.2, float(lower.mean()) / 0.2


def test_a_window_that_is_out_is_dark_whatever_is_seen_through_it() -> None:
    upper, lower = out_within(60)
    assert upper < 0.2 and lower < 0.2


def test_a_small_lamp_that_is_hardly_brighter_than_its_wall_leaves_no_dark_hole() -> None:
    x, cover = torch.full((3, 108, 192), 0.2), torch.zeros(1, 108, 192)
    cover[:, 51:57, 93:99] = 1.0
    x[:, 51:57, 93:99] = 0.3
    out, _ = put_out(x, [Source(0.5, 54 / 192, 3 / 192, 0.6, 0.5)], cover)
    assert float(out[:, 54, 96].mean()) > 0.19


def test_a_lamp_that_is_out_has_a_dark_core_in_what_is_around_it() -> None:
    upper, lower = out_within(12)
    assert upper < 0.3 and lower > 2 * upper


def test_a_halo_is_round_and_goes_out_softly() -> None:
    y, x = torch.meshgrid(torch.arange(108.0) - 54, torch.arange(192.0) - 96, indexing="ij")
    away = torch.hypot(x, y)
    cover = (away < 5).float()[None]
    wall = (0.2 + 2.0 * torch.exp(-away / 8)).expand(3, -1, -1)
    _, halos = put_out(torch.where(cover > 0, 8.0, wall), [Source(0.5, 54 / 192, 5 / 192, 4.0, 0.5)], cover)
    halo = halos[0, 0]
    assert halo[54, 96 + 7] > 0.2
    assert abs(float(halo[54, 96 + 10] - halo[54 + 7, 96 + 7])) < 0.05  # the same way from the lamp, aside and aslant
    row = halo[54, 96:]
    assert float(row[row > 0].min()) < 0.005
