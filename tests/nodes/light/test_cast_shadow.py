"""CastShadow: shadows of cut-outs against rays followed one by one, on the ground, on a wall and on layers."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from pictures import picture
from rimlight.engine import MAIN, Camera, Image, ImageInfo, NodeError, Region, Tier, angles_of
from rimlight.nodes.light.ground import Ground
from stage import Stage

FRAME = Region(0, 0, 96, 72)
FOV, HEIGHT = 40.0, 150.0
HORIZON, FOOT = (48.0, 71.0), (48.5, 34.5)  # from the lower left, as artists count
CAMERA = Camera.from_fov(96, 72, FOV)
GROUND = Ground.below(CAMERA, 48, 1, 0, HEIGHT)
ELEVATION = 40.0


def plate(**layers: Tensor) -> Image:
    color = torch.rand(3, 72, 96, generator=torch.Generator().manual_seed(1)) + 0.2
    color[0, 60, 50] = 40.0
    return picture({MAIN: color} | layers, FRAME)


def figure() -> Image:
    """A cut-out with a hole, on its foot: no two sides of it alike."""
    alpha = torch.zeros(1, 72, 96)
    alpha[:, 8:38, 42:52] = 1
    alpha[:, 4:12, 46:58] = 1
    alpha[:, 20:26, 45:48] = 0
    return picture({"rgba": torch.cat((alpha * 0.3, alpha * 0.2, alpha * 0.1, alpha))}, FRAME)


def stage(image: Image | None = None, sky: float | None = None, angle: float = 0.0, **values: object) -> Stage:
    made = Stage().given("plate", image or plate()).given("actor", figure())
    made.add("sun", "light.directional", light_name="sun", **angles(sun(165)), angle=angle)
    rig = "sun"
    if sky is not None:
        made.add("sky", "light.environment", {"rig": "sun"}, light_name="sky", exposure=sky, color=(0.4, 0.6, 1.0))
        rig = "sky"
    known = {"foot": FOOT, "horizon": HORIZON, "camera_height": HEIGHT, "field_of_view": FOV, "turn": 0.0}
    return made.add("C", "CastShadow", {"image": "plate", "element": "actor", "rig": rig}, **known | values)


def sun(azimuth: float, elevation: float = ELEVATION) -> Tensor:
    """Towards a sun: degrees to the right of the way back to the camera, and over the ground."""
    front = GROUND.front(torch.tensor([0.0, -100, -100]).double())
    a, e = math.radians(azimuth), math.radians(elevation)
    level = math.cos(a) * front + math.sin(a) * GROUND.right(front)
    return math.cos(e) * level + math.sin(e) * torch.tensor(GROUND.up).double()


def angles(towards: Tensor) -> dict[str, float]:
    x, y, z = towards.tolist()
    azimuth, elevation = angles_of((x, y, z))
    return {"azimuth": azimuth, "elevation": elevation}


def share(made: Stage, tier: Tier = Tier.FINAL) -> Tensor:
    made.set("C", show="shadow")
    return made.evaluate("C", tier=tier)[MAIN]


def followed(position: Tensor, towards: Tensor) -> Tensor:
    """The alpha that each place's ray to the sun meets on a card that faces the camera, `[h, w]`."""
    foot = GROUND.at(48.5, 72 - FOOT[1])
    assert foot is not None
    front = GROUND.front(foot)
    ahead = float(towards @ front)
    there = (foot @ front - torch.einsum("c,chw->hw", front, position)) / ahead
    met = position + there * towards[:, None, None]
    x, y = CAMERA.project(met)
    grid = torch.stack((2 * x / 96 - 1, 2 * y / 72 - 1), -1)[None]
    alpha = figure()[MAIN][3:].double()[None]
    return F.grid_sample(alpha, grid, align_corners=False)[0, 0] * (there > 0)


def agrees(found: Tensor, expected: Tensor) -> None:
    """Within the width of a pixel's window beside the edges, and over the whole picture."""
    sure = (F.max_pool2d(expected[None, None], 3, 1, 1) == F.avg_pool2d(expected[None, None], 3, 1, 1))[0, 0]
    assert float(expected.mean()) > 0.02 and float(sure.double().mean()) > 0.8
    off = (1 - found.double() - expected).abs()
    assert float(off[sure].max()) < 0.025 and float(off[sure].mean()) < 1e-4 and float(off.mean()) < 0.003


def test_the_ground_is_dark_where_the_way_to_the_sun_meets_the_cut_out() -> None:
    position, normal = GROUND.seen(Region(0, 0, 96, 72), None, torch.zeros(()).double())
    expected = followed(position, sun(165)) * (normal != 0).any(0)
    agrees(share(stage())[1], expected)


def test_a_wall_catches_what_goes_beyond_the_ground() -> None:
    foot = GROUND.at(48.5, 72 - FOOT[1])
    assert foot is not None
    front = GROUND.front(foot)
    angle = math.radians(20)
    facing = math.cos(angle) * front - math.sin(angle) * GROUND.right(front)
    position, _ = GROUND.seen(Region(0, 0, 96, 72), (foot - 60 * front, facing), torch.zeros(()).double())
    expected = followed(position, sun(30))
    assert float(expected[:22].mean()) > 0.02  # above the horizon, where there is no ground
    made = stage(wall=60.0, wall_turn=20.0)
    made.set("sun", **angles(sun(30)))
    agrees(share(made)[0], expected)


def test_layers_that_say_the_same_as_the_ground_give_the_same_shadow() -> None:
    position, normal = GROUND.seen(Region(0, 0, 96, 72), None, torch.zeros(()))
    ground = share(stage(sky=0.0))
    for place in ({"position": position}, {"depth": -position[2:]}):
        found = share(stage(plate(normal=normal, **place), sky=0.0, surfaces="layers"))
        off = (found - ground).abs()
        off[:, 37] = 0  # in the card itself
        assert float(off.max()) < 2e-3


def test_a_shadow_has_the_colour_of_the_light_that_is_left() -> None:
    made = stage(sky=0.0)
    found = share(made)
    assert torch.equal(found[:, 0, 0], torch.ones(3))
    rows, columns = (share(stage())[0] == 0).nonzero().T
    far = int(rows.argmax())  # from the foot, where hardly any of the sky is lost
    direct, sky = math.sin(math.radians(ELEVATION)), torch.tensor([0.4, 0.6, 1.0])
    assert torch.allclose(found[:, rows[far], columns[far]], sky / (sky + direct), rtol=0.03)


def test_the_plate_is_multiplied_and_keeps_what_is_brighter_than_one() -> None:
    made = stage(sky=0.0)
    out, image = made.evaluate("C")[MAIN], plate()[MAIN]
    assert torch.allclose(out, image * share(made), rtol=1e-6)
    made.set("C", show="result", mix=0.25)
    assert torch.allclose(made.evaluate("C")[MAIN], image * (0.25 * share(stage(sky=0.0)) + 0.75), rtol=1e-5)


def test_less_of_the_light_is_taken_by_a_thinner_cut_out_or_a_light_that_casts_less() -> None:
    full = share(stage())
    assert torch.allclose(share(stage(density=0.5)), (1 + full) / 2, atol=1e-6)
    made = stage()
    made.set("sun", shadow=0.5)
    assert torch.allclose(share(made), (1 + full) / 2, atol=1e-6)
    assert made.evaluate("C").info == stage(density=0.0).evaluate("C").info
    assert torch.equal(stage(density=0.0).evaluate("C")[MAIN], plate()[MAIN])


def test_what_lies_in_the_plates_own_shadow_is_not_darkened_again() -> None:
    own = torch.ones(1, 72, 96)
    own[:, :, :48] = 0
    found, plain = share(stage(plate(shadow=own), sky=0.0)), share(stage(sky=0.0))
    assert torch.equal(found[..., 48:], plain[..., 48:])
    sky_alone = stage(sky=0.0)
    sky_alone.set("sun", enabled=False)
    assert torch.allclose(found[..., :48], share(sky_alone)[..., :48], atol=1e-5)


def test_a_large_light_has_softer_shadows_far_from_the_foot_than_near() -> None:
    found = share(stage(angle=8.0))[0]
    hard = share(stage())[0]
    grey = (found > 0.05) & (found < 0.95) & ((hard > 0.95) | (hard < 0.05))
    rows = grey.sum(1)
    assert int(rows[46:56].sum()) > 2 * int(rows[37:43].sum()) > 0


def test_a_side_light_sees_the_silhouette_that_turns_towards_it() -> None:
    made = stage()
    made.set("sun", **angles(sun(90)))
    edge_on = int((share(made)[0] < 0.5).sum())
    made.set("C", turn=1.0)
    turned = int((share(made)[0] < 0.5).sum())
    assert edge_on < 0.5 * turned
    made.set("sun", **angles(sun(-90)))
    assert int((share(made)[0] < 0.5).sum()) == pytest.approx(turned, rel=0.35)
    for azimuth in (0, 180):  # in line with the camera there is nothing to turn
        made.set("sun", **angles(sun(azimuth)))
        made.set("C", turn=1.0)
        whole = share(made)
        made.set("C", turn=0.0)
        off = (whole - share(made)).abs()
        off[:, 37] = 0  # in the card itself
        assert float(off.max()) < 0.02


def test_surroundings_darken_the_contact_from_all_sides_and_nothing_far_away() -> None:
    made = stage(sky=0.0)
    made.set("sun", enabled=False)
    found = share(made)[0]
    foot = 72 - int(FOOT[1]) - 1
    near = found[foot - 3 : foot + 4, 42:52].mean(1)
    assert 0.4 < float(near[3]) < 0.7 and bool((near[:4].diff() < 0).all() and (near[3:].diff() > 0).all())
    assert float(found[foot, 0]) > 0.97 and float(found[-1, -1]) > 0.9
    assert torch.equal(found[0], torch.ones(96))


@pytest.mark.parametrize("tier", [Tier.DRAFT, Tier.STUDENT])
def test_tiers_show_about_the_same(tier: Tier) -> None:
    assert float((share(stage(sky=0.0, angle=3.0), tier) - share(stage(sky=0.0, angle=3.0))).abs().mean()) < 0.01


def test_a_clear_element_and_a_rig_without_light_throw_none() -> None:
    made = stage().given("actor", picture({"rgba": torch.zeros(4, 72, 96)}, FRAME))
    assert torch.equal(share(made), torch.ones(3, 72, 96))
    dark = stage()
    dark.set("sun", enabled=False)
    assert torch.equal(dark.evaluate("C")[MAIN], plate()[MAIN])
    vertex = dark.vertex("C")
    assert vertex.node.warnings(vertex.ctx) == ("no light of the rig shines, so nothing throws a shadow",)


def test_what_does_not_fit_is_said() -> None:
    for values, sentence in (
        ({"foot": (48.0, 71.5)}, "foot = 48, 71.5 is not below the horizon"),
        ({"surfaces": "layers"}, "the plate has no layer 'normal': set surfaces to ground"),
    ):
        with pytest.raises(NodeError, match=sentence):
            stage(None, **values).evaluate("C")  # type: ignore[arg-type]
    normal = torch.zeros(3, 72, 96)
    normal[2] = 1
    with pytest.raises(NodeError, match="neither position nor depth"):
        stage(plate(normal=normal), surfaces="layers").evaluate("C")
    with pytest.raises(NodeError, match=r"no surface at foot = 48\.5, 34\.5"):
        stage(plate(normal=normal, depth=torch.zeros(1, 72, 96)), surfaces="layers").evaluate("C")
    made = stage().given("actor", plate())
    with pytest.raises(NodeError, match="the cut-out has no alpha"):
        made.evaluate("C")


def test_a_cut_out_of_another_format_or_beyond_the_frame_stands_where_merge_puts_it() -> None:
    large = picture({MAIN: F.pad(figure()[MAIN], (0, 40, 60, 0))}, Region(0, 0, 136, 132))
    assert torch.allclose(share(stage().given("actor", large)), share(stage()), atol=1e-4)
    beyond = F.pad(figure()[MAIN][:, :12], (0, 0, 0, 60))
    moved = Image(
        ImageInfo(FRAME, Region(0, -12, 96, 60), figure().info.layers), Region(0, -12, 96, 60), {MAIN: beyond}
    )
    found = share(stage(foot=(48.5, 46.5)).given("actor", moved))
    assert bool((found[0] < 0.5).any())  # all of it is above the frame, its shadow is not


def test_pixels_that_are_no_numbers_stay_where_they_are() -> None:
    broken = figure()[MAIN].clone()
    broken[:, 30, 45] = torch.nan
    image = plate()[MAIN].clone()
    image[:, 70, 20] = torch.nan
    made = stage(picture({MAIN: image}, FRAME), sky=0.0).given("actor", picture({"rgba": broken}, FRAME))
    out = made.evaluate("C")[MAIN]
    assert int(out.isnan().sum()) == 3 and bool(out[:, 70, 20].isnan().all())


@pytest.mark.parametrize("falls", [(20.5, 10.5), (70.5, 20.5), (80.5, 50.5)])
def test_placelight_lets_the_shadow_of_a_spot_of_the_cut_out_fall_where_it_is_wanted(
    falls: tuple[float, float],
) -> None:
    alpha = torch.zeros(1, 72, 96)
    alpha[:, 24:27, 47:50] = 1  # about the pixel 48.5, 46.5 from below
    ball = picture({"rgba": alpha.expand(4, -1, -1).clone()}, FRAME)
    made = Stage().given("plate", plate()).given("ball", ball).add("sun", "light.directional", angle=0.0)
    known = {"foot": FOOT, "horizon": HORIZON, "camera_height": HEIGHT, "field_of_view": FOV}
    aim = {"how": "shadow", "surfaces": "ground", "caster": (48.5, 46.5), "pixel": falls}
    made.add("P", "PlaceLight", {"rig": "sun", "image": "plate"}, **aim, **known)
    wires = {"image": "plate", "element": "ball", "rig": "P"}
    made.add("C", "CastShadow", wires, turn=0.0, show="shadow", **known)
    dark = 1 - made.evaluate("C")[MAIN][0]
    x, y = falls
    assert float(dark[int(72 - y), int(x)]) > 0.9
    rows, columns = torch.nonzero(dark > 0.5, as_tuple=True)
    assert float(columns.double().mean()) + 0.5 == pytest.approx(x, abs=1.5)
    assert 72 - float(rows.double().mean()) - 0.5 == pytest.approx(y, abs=1.5)


def test_a_light_shadows_only_what_it_falls_on() -> None:
    """A sun that is linked to the left half, whose edge goes through the shadow, beside a sky on all of it."""
    left = (torch.arange(96) < 47).float().expand(1, 72, 96)
    made = stage(plate(matte=left), sky=-1)
    whole = share(made)
    linked = share(made.set("sun", link_channel="matte.R"))
    assert torch.equal(linked[..., :47], whole[..., :47])
    alone = share(made.set("sun", link_channel="", enabled=False))
    assert torch.allclose(linked[..., 47:], alone[..., 47:], atol=1e-6)
    assert float((whole[..., 47:] - alone[..., 47:]).abs().max()) > 0.2
    with pytest.raises(NodeError, match=r"light 'sun' is linked to channel 'matte\.G', which input 'image' does not"):
        made.set("sun", link_channel="matte.G", enabled=True).info("C")
