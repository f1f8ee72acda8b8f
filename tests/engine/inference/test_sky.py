"""Skies over grounds, and what is like a sky but none."""

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import picture_level
from rimlight.engine.inference.sky import find_sky

HEIGHT, WIDTH = 90, 120
HORIZON = 40


def ground() -> Tensor:
    """Rough ground of many colours `[1, 3, HEIGHT, WIDTH]`."""
    cells = torch.rand(1, 3, 18, 24, generator=torch.Generator().manual_seed(7)) * 0.4 + 0.03
    return F.interpolate(cells, (HEIGHT, WIDTH), mode="nearest")


def under(color: tuple[float, float, float]) -> Tensor:
    """The ground under a sky of a colour that pales towards the horizon."""
    plate = ground()
    pale = torch.linspace(0.8, 1.2, HORIZON)[:, None]
    plate[..., :HORIZON, :] = torch.tensor(color).reshape(1, 3, 1, 1) * pale
    return plate


def sky(plate: Tensor) -> Tensor:
    return find_sky(plate, picture_level(plate))[0, 0]


def test_a_blue_sky_and_a_white_one_are_found_to_the_pixel() -> None:
    for color in ((0.35, 0.6, 1.0), (1.5, 1.5, 1.5)):
        found = sky(under(color))
        assert float(found[: HORIZON - 1].min()) > 0.9
        assert float(found[HORIZON + 1 :].max()) < 0.1


def test_a_mast_before_it_is_no_sky_and_what_is_through_branches_is() -> None:
    plate = under((0.35, 0.6, 1.0))
    plate[..., 10:HORIZON, 50:52] = 0.02
    found = sky(plate)
    assert float(found[12:HORIZON, 50:52].max()) < 0.1
    assert float(found[12 : HORIZON - 1, 47:49].min()) > 0.8


def test_what_trees_cut_off_is_sky_and_water_of_its_colours_is_none() -> None:
    plate = under((0.35, 0.6, 1.0))
    plate[..., :HORIZON, 4:40] = 0.02
    plate[..., 14 : HORIZON - 4, 10:34] = under((0.35, 0.6, 1.0))[..., 14 : HORIZON - 4, 10:34]
    water = plate[..., HORIZON - 2 : HORIZON - 1, 60:61]
    plate[..., HORIZON + 20 : HORIZON + 40, 10:60] = water
    found = sky(plate)
    assert float(found[16 : HORIZON - 6, 12:32].min()) > 0.9
    assert float(found[2:12, 6:38].max()) < 0.1
    assert float(found[HORIZON + 2 :].max()) < 0.1


def test_a_thing_of_its_colours_is_none_where_it_stands_before_the_rest() -> None:
    plate, depth = under((0.35, 0.6, 1.0)), torch.ones(1, 1, HEIGHT, WIDTH)
    depth[..., :HORIZON, :] = 2.0
    plate[..., :HORIZON, 4:40] = 0.02
    depth[..., :HORIZON, 4:40] = 0.5
    plate[..., 14 : HORIZON - 4, 10:34] = under((0.35, 0.6, 1.0))[..., 14 : HORIZON - 4, 10:34]
    level = picture_level(plate)
    assert float(find_sky(plate, level, depth)[0, 0, 18 : HORIZON - 8, 16:28].max()) < 0.1
    depth[..., 14 : HORIZON - 4, 10:34] = 1.5
    assert float(find_sky(plate, level, depth)[0, 0, 18 : HORIZON - 8, 16:28].min()) > 0.9


def test_a_sky_that_shines_through_branches_is_found_however_uneven() -> None:
    """But not a bright ceiling that is as uneven, nor what is not behind the rest."""
    draw = torch.Generator().manual_seed(3)
    uneven = F.interpolate(torch.randn(1, 1, 8, 20, generator=draw), (HORIZON, WIDTH), mode="bilinear")
    branches = F.interpolate(torch.rand(1, 1, 10, 30, generator=draw), (HORIZON, WIDTH), mode="nearest") < 0.35
    behind = torch.ones(1, 1, HEIGHT, WIDTH)
    behind[..., :HORIZON, :] = 2.0
    for bright, depth, is_sky in ((6.0, behind, True), (1.2, behind, False), (6.0, torch.ones_like(behind), False)):
        plate = ground()
        plate[..., :HORIZON, :] = bright * (0.8 * uneven).exp() * torch.tensor([0.9, 1.0, 1.4]).reshape(1, 3, 1, 1)
        through = ~branches
        plate[..., :HORIZON, :] = torch.where(through, plate[..., :HORIZON, :], 0.05)
        found = find_sky(plate, picture_level(plate), depth)[..., :HORIZON, :]
        if is_sky:
            assert float(found[through].mean()) > 0.9
            assert float(found[branches].mean()) < 0.1
        else:
            assert float(found[through].mean()) < 0.1, bright


def test_the_sun_is_part_of_the_sky() -> None:
    plate = under((0.35, 0.6, 1.0))
    plate[..., 14:20, 60:66] = 500.0
    assert float(sky(plate)[10:24, 56:70].min()) > 0.8


def test_the_glow_of_a_low_sun_is_part_of_it_and_the_sea_that_mirrors_it_is_not() -> None:
    down, across = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    blue, orange = (torch.tensor(c).reshape(3, 1, 1) for c in ((0.4, 0.52, 0.68), (1.6, 1.05, 0.6)))
    away = torch.hypot(down - HORIZON, 0.5 * (across - WIDTH))  # from the sun, over the right end of the horizon
    plate = (blue * (orange / blue) ** (1 - away / 60).clamp(0, 1))[None]
    haze = ((down - HORIZON + 4) / 12).clamp(0, 1)  # with no edge between the two
    plate = plate * 0.42**haze
    plate[..., HORIZON + 20 :, :] = ground()[..., HORIZON + 20 :, :]
    found = sky(plate)
    assert float(found[: HORIZON - 6].min()) > 0.9
    assert float(found[HORIZON + 10 :, 2 * WIDTH // 3 :].max()) < 0.1  # the rest of it is as blue as a sky


def dusk(top: tuple[float, ...], horizon: tuple[float, ...]) -> Tensor:
    """A dark ground under a sky that goes over from a colour at the top to another one at the horizon."""
    plate, (high, low) = ground() * 0.3, (torch.tensor(c).reshape(1, 3, 1, 1) for c in (top, horizon))
    plate[..., :HORIZON, :] = high * (low / high) ** torch.linspace(0, 1, HORIZON)[:, None]
    return plate


def test_a_sky_at_dusk_is_found_that_is_neither_blue_nor_white() -> None:
    """But not a wall that is lit from below, nor one whose paint or light reddens and does not brighten."""
    found = sky(dusk((0.4, 0.37, 0.36), (2.0, 1.3, 0.7)))
    assert float(found[: HORIZON - 1].min()) > 0.9
    assert float(found[HORIZON + 1 :].max()) < 0.1
    assert float(sky(dusk((0.4, 0.37, 0.34), (2.0, 1.85, 1.7))).max()) < 0.05
    assert float(sky(dusk((1.0, 0.92, 0.85), (1.2, 0.78, 0.42))).max()) < 0.05


def test_a_blue_sky_away_from_the_sun_may_be_darker_than_snow() -> None:
    """But not a wall of one blue, nor one whose light falls off."""
    high, low = (0.12, 0.2, 0.32), (0.22, 0.3, 0.38)
    for horizon, is_sky in ((low, True), (high, False), (tuple(1.8 * x for x in high), False)):
        plate = dusk(high, horizon)
        plate[..., HORIZON:, :] = 0.3 + ground()[..., HORIZON:, :]
        found = sky(plate)
        if is_sky:
            assert float(found[: HORIZON - 1].min()) > 0.9
            assert float(found[HORIZON + 1 :].max()) < 0.1
        else:
            assert float(found.max()) < 0.05


def test_a_frame_may_be_all_sky_and_a_blue_wall_is_none() -> None:
    down, across = torch.meshgrid(torch.linspace(0, 1, HEIGHT), torch.linspace(0, 1, WIDTH), indexing="ij")
    light = 0.5 * (down + across)
    blue, pale = (torch.tensor(c).reshape(1, 3, 1, 1) for c in ((0.2, 0.33, 0.5), (0.5, 0.6, 0.7)))
    even = torch.ones(1, 1, 20, 30)
    plate = blue * (pale / blue) ** light
    assert float(find_sky(plate, picture_level(plate), even).min()) > 0.9
    wall = blue * 3**light
    assert float(find_sky(wall, picture_level(wall), even).max()) < 0.05
    assert float(sky(torch.full((1, 3, HEIGHT, WIDTH), 0.4)).max()) < 0.05


def test_what_pales_to_the_horizon_is_sky_whatever_is_said_of_its_depth() -> None:
    """Estimates of depth fail where the sun is in the frame."""
    plate = dusk((0.3, 0.5, 0.8), (1.2, 1.2, 1.1))
    assert float(find_sky(plate, picture_level(plate), torch.ones(1, 1, 20, 30))[0, 0, : HORIZON - 1].min()) > 0.9


def test_a_sea_as_grey_as_the_haze_over_it_but_darker_is_none() -> None:
    plate = under((0.4, 0.52, 0.68))
    far = torch.linspace(0, 1, 12)[:, None]  # without an edge, as in haze
    sky_there, sea = plate[..., HORIZON - 6 : HORIZON - 5, :1], torch.tensor((0.14, 0.16, 0.17)).reshape(1, 3, 1, 1)
    plate[..., HORIZON - 6 : HORIZON + 6, :] = sky_there * (sea / sky_there) ** far
    plate[..., HORIZON + 6 : HORIZON + 30, :] = sea
    found = sky(plate)
    assert float(found[: HORIZON - 6].min()) > 0.9
    assert float(found[HORIZON + 6 :].max()) < 0.1


def test_walls_lawns_skin_and_rough_or_dark_blue_things_are_none() -> None:
    for color in ((0.4, 0.32, 0.25), (0.1, 0.4, 0.05), (0.8, 0.5, 0.4), (0.5, 0.1, 1.0), (0.02, 0.04, 0.07)):
        assert float(sky(under(color)).max()) < 0.05, color
    assert float(sky(ground() * torch.tensor([0.3, 0.6, 1.2]).reshape(1, 3, 1, 1)).max()) < 0.05
    upside_down = under((0.35, 0.6, 1.0)).flip(2)
    assert float(sky(upside_down).max()) < 0.05


def test_it_does_not_depend_on_the_exposure() -> None:
    plate = under((0.35, 0.6, 1.0))
    torch.testing.assert_close(sky(plate * 64), sky(plate), rtol=1e-4, atol=1e-4)
    plate = F.interpolate(plate, (8 * HEIGHT, 8 * WIDTH), mode="bilinear")
    plate[..., : 8 * HORIZON, 32:320:5] = 0.02
    torch.testing.assert_close(sky(plate * 64), sky(plate), rtol=1e-2, atol=1e-2)


def test_odd_pictures_have_none() -> None:
    for shape in ((1, 1), (1, 40), (40, 1), (3, 3)):
        assert bool(sky(torch.zeros(1, 3, *shape)).isfinite().all())
    bad = under((0.35, 0.6, 1.0))
    bad[..., 5, 5] = torch.tensor([float("nan"), float("inf"), -1.0])
    assert bool(sky(bad).isfinite().all())


def test_a_blue_wall_that_is_as_far_as_what_stands_before_it_is_none() -> None:
    plate = under((0.35, 0.6, 1.0))
    even, behind = torch.ones(1, 1, 20, 30), torch.ones(1, 1, 20, 30)
    behind[..., : 20 * HORIZON // HEIGHT, :] = 1.3
    level = picture_level(plate)
    assert float(find_sky(plate, level, even).max()) < 0.05
    for unit in (1.0, 250.0):
        torch.testing.assert_close(find_sky(plate, level, behind * unit), find_sky(plate, level))
