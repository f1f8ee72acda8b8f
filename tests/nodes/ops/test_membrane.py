"""Membranes against closed forms."""

import torch

from rimlight.nodes.ops.membrane import membrane


def plane(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    half = size // 2
    y, x = torch.meshgrid(torch.arange(size) - half, torch.arange(size) - half, indexing="ij")
    return x.float(), y.float()


def test_a_plane_goes_on_through_a_hole() -> None:
    x, y = plane(65)
    known = torch.hypot(x, y) > 20
    values = torch.stack((x / 10 + 1, -y / 20))
    filled = membrane(torch.where(known, values, torch.nan).nan_to_num(5.0), known)
    assert float((filled - values).abs().max()) < 0.02
    assert torch.equal(filled[:, known], values[:, known])


def test_a_loaded_disc_is_a_paraboloid() -> None:
    x, y = plane(101)
    radius = torch.hypot(x, y)
    hill = membrane(torch.zeros(1, 101, 101), radius >= 40, 1.0)[0]
    expected = ((40**2 - radius**2) / 4).clamp_min(0)
    assert float((hill - expected).abs().max()) < 0.04 * float(expected.max())


def test_it_stays_within_the_values_around() -> None:
    known = torch.ones(40, 70, dtype=torch.bool)
    known[10:35, 3:60] = False
    values = torch.rand(1, 40, 70, generator=torch.Generator().manual_seed(1))
    filled = membrane(values, known)
    assert float(filled.min()) >= float(values[:, known].min()) and float(filled.max()) <= float(values[:, known].max())


def test_nothing_known_is_black_and_all_known_is_kept() -> None:
    values = torch.rand(2, 5, 7)
    assert torch.equal(membrane(values, torch.ones(5, 7, dtype=torch.bool)), values)
    assert not membrane(values, torch.zeros(5, 7, dtype=torch.bool)).any()
