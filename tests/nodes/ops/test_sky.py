"""A plate as a mixture of a sky and of what stands before it, with known shares."""

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.sky import Sky, sky_of

SIZE = 96, 160


def scene() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Plate, sky and ground `[3, h, w]`, and the sky's true share `[1, h, w]`: a hill, and a tree of thin branches."""
    height, width = SIZE
    y, x = torch.meshgrid(torch.arange(4 * height) / 4, torch.arange(4 * width) / 4, indexing="ij")
    hill = y > 62 + 6 * torch.sin(x / 17)
    crown = ((x - 90) ** 2 + (y - 45) ** 2 < 25**2) & (torch.sin(1.3 * x + 0.4 * y) * torch.sin(0.9 * y - 0.3 * x) > 0)
    trunk = (x - 90).abs() < 1.2
    share = torch.nn.functional.avg_pool2d(1 - (hill | crown | (trunk & (y > 20))).float()[None], 4)
    rows = torch.linspace(0, 1, height)[:, None].expand(SIZE)
    sky = torch.stack((0.25 + 0.3 * rows, 0.45 + 0.3 * rows, 0.9 + 0.1 * rows))
    ground = torch.tensor([0.05, 0.07, 0.03])[:, None, None] * (1 + 0.3 * torch.sin(torch.arange(width) / 3))
    return share * sky + (1 - share) * ground, sky, ground.expand_as(sky), share


def found_in(share: Tensor) -> Tensor:
    """What a first look finds of a sky: nothing between branches, and no edges."""
    coarse = torch.nn.functional.max_pool2d(1 - share, 9, 1, 4)
    return (coarse < 0.01).float()


def depth_of(share: Tensor) -> Tensor:
    return 1 + 9 * found_in(share)


def known(**more: Tensor | float) -> tuple[Sky, Tensor, Tensor, Tensor]:
    plate, light, _, share = scene()
    found = sky_of(plate, found_in(share), depth_of(share), **more)  # type: ignore[arg-type]
    assert found is not None
    return found, plate, light, share


def test_shares_between_branches_are_told() -> None:
    found, plate, light, share = known(reach=0.25)
    off = (found.share - share).abs()
    assert float(off.mean()) < 0.02
    assert float(off[share == 1].mean()) < 0.01
    between = (share > 0.2) & (share < 0.8)
    assert float(off[between].mean()) < 0.2
    # Another sky in place of it is what the scene would be under that.
    other = light.flip(0)
    made = plate - found.gone(plate) + found.share * other
    true = plate + share * (other - light)
    assert float((made - true).abs().mean()) < 0.01
    first = found_in(share)
    assert float((made - true).abs().mean()) < 0.2 * float((first * (other - light) - (true - plate)).abs().mean())


def test_all_light_of_open_sky_is_taken() -> None:
    """Clouds and noise too, which the smooth sky does not have."""
    plate, _, _, share = scene()
    noise = 0.05 * torch.sin(torch.arange(160) * 2.0) * (share == 1)
    found = sky_of(plate + noise, found_in(share), depth_of(share))
    assert found is not None
    left = (plate + noise - found.gone(plate + noise)).abs()
    assert float(left[:, :15].max()) < 1e-6


def test_soft_edges_keep_no_rim_of_sky() -> None:
    _, light, ground, share = scene()
    soft = torch.nn.functional.avg_pool2d(share[None], 7, 1, 3, count_include_pad=False)
    soft = torch.nn.functional.avg_pool2d(soft, 7, 1, 3, count_include_pad=False)[0]
    plate = soft * light + (1 - soft) * ground
    found = sky_of(plate, found_in(soft), depth_of(soft), reach=0.25)
    assert found is not None
    hill = slice(50, 90), slice(0, 60)  # without the tree
    rim = (plate - found.gone(plate) - (1 - soft) * ground).mean(0)[hill]
    mixed = ((soft > 0.03) & (soft < 0.97))[0][hill]
    assert float(rim[mixed].mean()) < 0.12 * float(light.mean())


def test_more_light_is_the_same_share() -> None:
    plate, _, _, share = scene()
    one, many = (sky_of(k * plate, found_in(share), depth_of(share)) for k in (1.0, 64.0))
    assert one is not None and many is not None
    assert float((one.share - many.share).abs().max()) < 1e-4


def test_a_pale_cheek_before_a_grey_sky_is_none_of_it() -> None:
    """However softly one goes over into the other, and as far as depth tells them apart."""
    plate, grey = torch.full((3, *SIZE), 0.5), torch.tensor([0.5, 0.5, 0.5])
    cheek = torch.tensor([0.68, 0.47, 0.33])
    across = ((torch.arange(SIZE[1]) - 60) / 20).clamp(0, 1)  # from the sky on the left to the face on the right
    plate[:, 40:] = (grey[:, None] + (cheek - grey)[:, None] * across)[:, None]
    plate[:, 70:] = torch.tensor([0.05, 0.04, 0.1])[:, None, None]
    found = torch.zeros(1, *SIZE)
    found[:, :38], found[:, 38:70, :58] = 1, 1
    made = sky_of(plate, found, torch.ones(1, 24, 40))
    assert made is not None
    assert float(made.share[:, 45:60, :55].min()) > 0.95
    assert float(made.share[:, 45:60, 90:].max()) < 0.1


def test_nothing_found_is_no_sky() -> None:
    plate, *_ = scene()
    assert sky_of(plate, torch.zeros(1, *SIZE), torch.ones(1, *SIZE)) is None


@pytest.mark.parametrize("reach", [0.0, 0.25])
def test_gaps_are_found_as_far_as_it_reaches(reach: float) -> None:
    found, _, _, share = known(reach=reach)
    inner = slice(40, 50), slice(82, 98)
    seen = float(found.share[0][inner].sum() / share[0][inner].sum())
    assert (seen > 0.8) == (reach > 0)


def test_mattes_have_the_last_word() -> None:
    here = torch.zeros(1, *SIZE)
    here[:, :30, :40] = 1
    found, *_ = known(ground=here)
    assert float(found.share[:, :30, :40].max()) == 0
    assert float(found.share[:, :15, 45:60].min()) > 0.99
    low = here.flip(1)
    found, *_ = known(sky=low)
    assert float(found.share[:, -30:, :40].min()) == 1


def test_what_is_no_number_is_no_sky_elsewhere() -> None:
    plate, _, _, share = scene()
    plate[:, 3, 5] = torch.nan
    found = sky_of(plate, found_in(share), depth_of(share))
    assert found is not None
    assert torch.isfinite(found.share).all() and torch.isfinite(found.light).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_small_pictures(size: tuple[int, int]) -> None:
    plate = torch.full((3, *size), 0.5)
    found = sky_of(plate, torch.ones(1, *size), torch.ones(1, *size))
    assert found is not None
    assert float(found.share.min()) == 1
