"""What flags let through: exact shares for geometry in closed form."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Flag,
    Light,
    ParameterError,
    PointLight,
    Rig,
    RimlightError,
    SphericalGaussians,
    SphericalHarmonics,
    Spread,
    Surface,
    merge_rigs,
    moved_rig,
    past_flags,
    rig_from_json,
    rig_to_json,
    shade,
)  # fmt: skip

LAMP = AreaLight(position=(0.0, 200.0, 0.0), aim=(0, -1, 0), width=40.0, height=40.0)
HALF = Flag(position=(500.0, 100.0, 0.0), aim=(0, -1, 0), width=1000.0, height=1000.0)
"""A half plane at 100 cm, its edge at x = 0; the lamp is at 200."""


def line(low: float = -60.0, high: float = 60.0, count: int = 49) -> Tensor:
    """Places on the floor along x, `[3, count]`."""
    x = torch.linspace(low, high, count)
    return torch.stack((x, torch.zeros_like(x), torch.zeros_like(x)))


def floor(places: Tensor, **more: object) -> Surface:
    up = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1).expand(3, 1, places.shape[1])
    return Surface.of(up, view=up, position=places[:, None], **more)  # type: ignore[arg-type]


def test_a_half_plane_before_a_point_cuts_it_sharply() -> None:
    share = past_flags([HALF], PointLight(position=(0.0, 200.0, 0.0)), line())
    x = line()[0]
    assert bool((share[:, x < -0.1] == 1).all()) and bool((share[:, x > 0.1] == 0).all())


def test_every_ray_asks_whether_it_is_wanted() -> None:
    asked: list[None] = []
    past_flags([HALF], LAMP, line(), rays=16, check=lambda: asked.append(None))
    assert len(asked) > 16


@pytest.mark.parametrize("rays", [4, 9, 16])
def test_the_penumbra_of_a_square_lamp_is_a_ramp_by_similar_triangles(rays: int) -> None:
    x = line()[0]
    expected = (0.5 - x / 40).clamp(0, 1)  # as far below the card as the lamp above it: as wide as the lamp
    assert torch.allclose(past_flags([HALF], LAMP, line(), rays=rays)[0], expected, atol=1e-5)
    near = HALF.with_(position=(500.0, 50.0, 0.0))
    expected = (0.5 - x / (40 * 50 / 150)).clamp(0, 1)
    assert torch.allclose(past_flags([near], LAMP, line(), rays=rays)[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    "light",
    [
        LAMP.with_(shape="disc"),
        PointLight(position=(0.0, 200.0, 0.0), size=40.0),
        DirectionalLight(direction=(0.0, 1.0, 0.0), angle=2 * math.degrees(math.atan(0.2))),
    ],
)
def test_round_lights_are_cut_like_discs(light: Light) -> None:
    r = 20.0
    x = line()[0].clamp(-r, r)
    expected = (torch.acos(x / r) - x / r * (1 - (x / r) ** 2).sqrt()) / math.pi
    assert torch.allclose(past_flags([HALF], light, line(), rays=64)[0], expected, atol=0.02)


def test_only_what_stands_between_takes_light() -> None:
    lamp, places = PointLight(position=(0.0, 200.0, 0.0)), line(10, 60)
    assert bool((past_flags([HALF.with_(position=(500.0, 250.0, 0.0))], lamp, places) == 1).all())
    assert bool((past_flags([HALF.with_(position=(500.0, -10.0, 0.0))], lamp, places) == 1).all())
    above = DirectionalLight(direction=(0.0, 1.0, 0.0))
    assert bool((past_flags([HALF.with_(position=(500.0, 9e4, 0.0))], above, places) == 0).all())


def test_a_clear_flag_changes_nothing_and_two_nets_multiply_in_any_order() -> None:
    net = HALF.with_(transmission=(0.5, 0.25, 1.0))
    other = net.with_(transmission=(0.5, 0.5, 0.5), position=(480.0, 60.0, 0.0), roll=30.0)
    assert bool((past_flags([HALF.with_(transmission=(1, 1, 1))], LAMP, line()) == 1).all())
    far = line(40, 60)
    both = past_flags([net, other], LAMP, far)
    assert torch.allclose(both, torch.tensor([0.25, 0.125, 0.5])[:, None].expand_as(both))
    assert torch.equal(past_flags([net, other], LAMP, line()), past_flags([other, net], LAMP, line()))


def test_two_cards_that_cover_half_the_lamp_each_leave_what_neither_covers() -> None:
    """Products are formed for each ray, not of the shares: the same half covered twice is still a half."""
    here = torch.zeros(3, 1)
    lifted = HALF.with_(position=(500.0, 101.0, 0.0))
    assert torch.allclose(past_flags([HALF, lifted], LAMP, here), torch.tensor(0.5), atol=0.01)
    opposite = HALF.with_(position=(-500.0, 101.0, 0.0))
    assert torch.allclose(past_flags([HALF, opposite], LAMP, here), torch.tensor(0.0), atol=0.01)


def test_an_opening_is_what_the_card_is_not() -> None:
    card = Flag(position=(3.0, 100.0, 2.0), aim=(0.2, -1, 0.1), roll=20.0, width=30.0, height=50.0, softness=2.0)
    closed = past_flags([card], LAMP, line())
    opened = past_flags([card.with_(opening=True)], LAMP, line())
    assert bool(((closed > 0.1) & (closed < 0.9)).any())
    assert torch.allclose(closed + opened, torch.ones_like(closed), atol=1e-5)


def test_an_ellipse_covers_its_share_of_a_wide_lamp() -> None:
    card = Flag(position=(0.0, 100.0, 0.0), aim=(0, -1, 0), width=8.0, height=12.0, shape="ellipse")
    lamp = LAMP.with_(width=80.0, height=80.0)  # 40 x 40 on the card's plane
    share = past_flags([card], lamp, torch.zeros(3, 1), rays=400)
    assert torch.allclose(share, torch.tensor(1 - math.pi * 4 * 6 / 1600), atol=2e-3)


def test_a_soft_edge_is_as_wide_as_it_says_and_even_to_both_sides() -> None:
    soft = HALF.with_(softness=10.0)
    share = past_flags([soft], DirectionalLight(direction=(0.0, 1.0, 0.0)), line(-10, 10, 41))[0]
    assert torch.allclose(share + share.flip(0), torch.ones_like(share), atol=1e-5)
    x = line(-10, 10, 41)[0]
    assert bool((share[x <= -5] == 1).all()) and bool((share[x >= 5] == 0).all())
    assert bool((share.diff() <= 0).all()) and float(share.diff().abs().max()) < 0.1


def test_no_place_is_no_share_and_one_on_the_card_itself_is_lit() -> None:
    assert past_flags([HALF], LAMP, torch.zeros(3, 0)).shape == (3, 0)
    assert bool((past_flags([HALF], LAMP, torch.tensor([[500.0], [100.0], [0.0]])) == 1).all())


def test_a_pixel_averages_the_edge_over_its_width() -> None:
    sun = DirectionalLight(direction=(0.0, 1.0, 0.0))
    share = past_flags([HALF], sun, line(-4, 4, 17), spread=Spread(torch.tensor([4.0])))[0]
    assert torch.allclose(share, (0.5 - line(-4, 4, 17)[0] / 4).clamp(0, 1), atol=1e-6)


def test_a_picture_lies_upright_as_read_from_behind() -> None:
    picture = torch.zeros(3, 2, 2)
    picture[0, 0, 0], picture[1, 0, 1], picture[2, 1, 1] = 1, 1, 3  # red top left, green top right, blue below it
    card = Flag(position=(0.0, 0.0, -100.0), aim=(0, 0, -1), width=100.0, height=100.0, picture=picture)
    lamp = DirectionalLight(direction=(0.0, 0.0, 1.0))  # from the camera: what it throws on a wall reads as the picture
    spots = torch.tensor([[-40.0, 40, 40, 200], [40, 40, -40, 0], [-200, -200, -200, -200]])
    share = past_flags([card], lamp, spots)
    assert torch.equal(share, torch.tensor([[1.0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]]))
    grey = past_flags([card.with_(transmission=(0.5, 0.5, 0.5))], lamp, spots)
    assert torch.allclose(grey, 0.5 + 0.5 * share)


def test_a_picture_of_fine_lines_is_evened_out_behind_a_wide_lamp() -> None:
    picture = (torch.arange(64) % 2).float().expand(3, 64, 64).contiguous()
    card = Flag(position=(0.0, 100.0, 0.0), aim=(0, -1, 0), width=200.0, height=200.0, picture=picture)
    share = past_flags([card], LAMP, line(-20, 20), rays=9)
    assert torch.allclose(share, torch.full_like(share, 0.5), atol=0.02)


def test_light_from_all_around_loses_the_form_factor_of_the_card() -> None:
    card = Flag(position=(0.0, 50.0, 0.0), aim=(0, 1, 0), width=60.0, height=60.0, transmission=(0.0, 0.5, 1.0))
    sky = EnvironmentLight(pixels=torch.ones(3, 16, 32))
    (group,) = shade(floor(line()), Rig((sky,), 1.0, (card,)))
    u = (torch.arange(600, dtype=torch.float64) + 0.5) / 10 - 30
    x = line()[0].double()
    square = (u[:, None, None] - x) ** 2 + u[None, :, None] ** 2 + 2500
    form = (2500 / square**2 / math.pi).sum((0, 1)) / 100
    for channel, took in enumerate((1.0, 0.5, 0.0)):
        assert torch.allclose(group.shading[channel, 0].double(), 1 - took * form, atol=2e-4)
    wall = Rig((sky,), 1.0, (card.with_(opening=True, transmission=(0, 0, 0)),))
    (group,) = shade(floor(line()), wall)
    assert torch.allclose(group.shading[0, 0].double(), form, atol=2e-4)


def test_a_card_before_the_bright_part_of_the_surroundings_takes_that() -> None:
    pixels = torch.full((3, 64, 128), 0.1)
    pixels[:, 2:8] = 20.0  # a ring high above
    sky = EnvironmentLight(pixels=pixels)
    card = Flag(position=(0.0, 50.0, 0.0), aim=(0, -1, 0), width=80.0, height=80.0)
    here = torch.zeros(3, 1)
    (free,), (shaded,) = (shade(floor(here), Rig((sky,), 1.0, flags), samples=16) for flags in ((), (card,)))
    assert float(shaded.shading[0]) < 0.1 * float(free.shading[0])
    aside = card.with_(position=(90.0, 20.0, 0.0), aim=(-1, 0, 0))
    (beside,) = shade(floor(here), Rig((sky,), 1.0, (aside,)))
    assert float(beside.shading[0]) > 0.97 * float(free.shading[0])


def test_a_mirror_shows_the_card_and_what_is_rough_shows_it_out_of_focus() -> None:
    card = Flag(position=(0.0, 50.0, 0.0), aim=(0, -1, 0), width=40.0, height=40.0)
    sky = EnvironmentLight(pixels=torch.ones(3, 16, 32))
    for roughness, low, high in ((0.0, 0.0, 1e-3), (0.6, 0.05, 0.95)):
        surface = floor(torch.zeros(3, 1), roughness=roughness, f0=1.0)
        (free,), (seen,) = (shade(surface, Rig((sky,), 1.0, flags)) for flags in ((), (card,)))
        share = float((seen.specular / free.specular)[0])
        assert low <= share <= high


@pytest.mark.parametrize("light", [SphericalGaussians(), SphericalHarmonics(coefficients=torch.ones(9, 3))])
def test_fitted_surroundings_lose_light_too(light: Light) -> None:
    card = Flag(position=(0.0, 50.0, 0.0), aim=(0, -1, 0), width=60.0, height=60.0)
    (free,), (shaded,) = (shade(floor(torch.zeros(3, 1)), Rig((light,), 1.0, flags)) for flags in ((), (card,)))
    assert 0.3 < float(shaded.shading[0] / free.shading[0]) < 0.95


def test_flags_are_for_the_lights_that_they_name() -> None:
    lamp = PointLight(name="key", position=(20.0, 200.0, 0.0))
    rig = Rig((lamp, lamp.with_(name="rim_left"), lamp.with_(name="fill")), 1.0, (HALF.with_(lights="key rim_*"),))
    key, rim, fill = (float(group.shading[0]) for group in shade(floor(line(30, 31, 1)), rig))
    assert key == rim == 0 < fill
    assert not rig.with_flags([HALF.with_(enabled=False)]).flags_of(lamp)
    assert all(HALF.with_(lights=blank).is_for(lamp) for blank in ("", " , ", "\n", "\t,"))


def test_units_merges_and_moves_carry_flags_along() -> None:
    rig = Rig((LAMP,), 1.0, (HALF.with_(roll=10.0),))
    metres = rig.in_unit(100.0)
    assert metres.flags[0].position == (5.0, 1.0, 0.0)
    share = past_flags(metres.flags, metres.lights[0], line() / 100, 100.0)
    assert torch.allclose(share, past_flags(rig.flags, LAMP, line()), atol=1e-4)
    merged = merge_rigs((Rig((), 1.0, rig.flags), metres))
    assert [flag.position for flag in merged.flags] == [(500.0, 100.0, 0.0)] * 2
    turn = torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    offset = torch.tensor([10.0, -20.0, 5.0])
    moved = moved_rig(rig, turn, offset)
    places = turn @ line() + offset[:, None]
    assert torch.allclose(
        past_flags(moved.flags, moved.lights[0], places), past_flags(rig.flags, LAMP, line()), atol=1e-4
    )


def test_rigs_are_told_apart_by_their_flags_and_files_keep_them() -> None:
    plain = Rig((LAMP,))
    flag = HALF.with_(name="leaves", lights="key", picture=torch.rand(3, 4, 5), opening=True, softness=1.5)
    rig = plain.with_flags([flag])
    assert rig != plain and rig.nbytes == plain.nbytes + 240
    assert rig.key() != plain.with_flags([flag.with_(picture=torch.rand(3, 4, 5))]).key()
    assert rig_from_json(rig_to_json(rig)) == rig
    assert '"rimlight_rig": 1' in rig_to_json(plain) and "flags" not in rig_to_json(plain)
    assert '"rimlight_rig": 2' in rig_to_json(rig)  # which older programs refuse with a sentence
    named = Rig((), 1.0, (Flag(picture_file="leaves.exr"),))
    assert rig_from_json(rig_to_json(named)) == named
    with pytest.raises(RimlightError, match=r"flag 'flag': its picture 'leaves\.exr' was not read"):
        past_flags(named.flags, LAMP, line())
    read = named.resolved(lambda file: torch.ones(3, 1, 1) * len(file))
    assert read.flags[0].picture is not None and float(read.flags[0].picture[0]) == 10


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"rimlight_rig": 2, "flags": 3}', "'flags' is no list"),
        ('{"rimlight_rig": 2, "flags": [3]}', "flag 1 is 3, expected an object"),
        ('{"rimlight_rig": 2, "flags": [{"size": 3}]}', "flag 1: a flag has no 'size', it has"),
        ('{"rimlight_rig": 2, "flags": [{"transmission": [0, 0, 2]}]}', "transmission .* must be within 0 to 1"),
        ('{"rimlight_rig": 3}', "the rig has version 3, this program reads versions 1 and 2"),
    ],
)
def test_damaged_files_are_told(text: str, sentence: str) -> None:
    with pytest.raises(RimlightError, match=sentence):
        rig_from_json(text)


@pytest.mark.parametrize(
    "values",
    [{"width": 0.0}, {"softness": -1.0}, {"aim": (0, 0, 0)}, {"shape": "star"}, {"position": (0, math.nan, 0)},
     {"picture": torch.ones(2, 2)}],
)  # fmt: skip
def test_what_is_no_card_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="flag 'flag'"):
        Flag(**values)  # type: ignore[arg-type]


def test_a_flag_needs_to_know_where_surfaces_are() -> None:
    up = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1)
    with pytest.raises(RimlightError, match="flag 'flag' needs positions"):
        shade(Surface.of(up), Rig((DirectionalLight(),), 1.0, (HALF,)))


def test_a_picture_of_an_odd_size_takes_from_a_wide_lamp_what_it_takes_on_average() -> None:
    picture = torch.ones(3, 37, 37)
    picture[:, 12:14, 18:20] = 0  # in the middle of cells at one size, on the edge of two at another
    card = Flag(position=(0.0, 100.0, 0.0), aim=(0, -1, 0), width=40.0, height=40.0, picture=picture)
    share = past_flags([card], LAMP.with_(width=80.0, height=80.0), torch.zeros(3, 1), rays=1)
    assert torch.allclose(1 - share, torch.tensor(4 / 37**2), rtol=0.02)
