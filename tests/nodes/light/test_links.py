"""Lights linked to a matte: what they fall on, what stays as it is, and what an edit computes again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

import rimlight.nodes.light.scene as scene_module
from pictures import picture
from rimlight.engine import (
    Camera,
    DirectionalLight,
    Image,
    Layer,
    LayerKind,
    NodeError,
    Region,
    Rig,
    Tier,
    load_rig,
    rig_from_json,
    rig_to_json,
    save_rig,
)  # fmt: skip
from shadow_scenes import Solids
from stage import Stage

FRAME = Region(0, 0, 48, 32)
MATTE = Layer("matte", ("hero", "prop"), LayerKind.MATTE)
PARTS = ("diffuse", "specular")
LIGHTS = ("sun", "lamp", "sky")


def ball(**more: Tensor) -> Image:
    """A ball on a floor, before nothing."""
    solids = Solids(balls=(((0.0, 0.0, -200.0), 40.0),), planes=(((0.0, -40.0, 0.0), (0.0, 1.0, 0.0)),))
    position, normal = solids.seen(Camera.from_fov(FRAME.width, FRAME.height, 40))
    there = torch.isfinite(position).all(0, keepdim=True) & (position[2:] > -600)
    position, normal = (torch.where(there, x, 0.0).float() for x in (position, normal))
    albedo = torch.tensor([0.5, 0.25, 0.125])[:, None, None] * there
    layers = {"rgba": torch.cat((albedo, there.float())), "albedo": albedo, "normal": normal, "position": position}
    return picture(layers | more, FRAME)


def mattes() -> Tensor:
    """Two mattes `[2, h, w]`, soft, with values below 0 and above 1."""
    found = 1.5 * torch.rand(2, FRAME.height, FRAME.width, generator=torch.Generator().manual_seed(3)) - 0.25
    found[:, :, :16], found[:, :, 16:24] = 1.0, 0.0
    return found


def with_mattes(image: Image, found: Tensor) -> Image:
    """The picture with a layer `matte` of two channels."""
    return Image(image.info.with_layer(MATTE), image.region, {**image.layers, "matte": found})


def stage(image: Image | None = None, **values: object) -> Stage:
    """A ball under a sun, a lamp and a sky, all of them linked as `values` say."""
    made = Stage().given("plate", with_mattes(ball(), mattes()) if image is None else image)
    made.add("sun", "light.directional", light_name="sun", azimuth=60, elevation=20, exposure=1, **values)
    made.add("lamp", "light.point", {"rig": "sun"}, light_name="lamp", position=(-150, 20, -60), size=10, **values)
    made.add("sky", "light.environment", {"rig": "lamp"}, light_name="sky", exposure=-2, **values)
    return made.add("R", "Relight", {"image": "plate", "rig": "sky"}, samples=4, shadow_rays=2)


@pytest.fixture
def shaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The lights that are shaded, as it happens."""
    made: list[str] = []
    original = scene_module.shade

    def counted(surface: object, rig: Rig, **options: object) -> object:
        made.extend(light.kind for light in rig)
        return original(surface, rig, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scene_module, "shade", counted)
    return made


@pytest.mark.parametrize("tier", list(Tier))
def test_a_matte_and_its_inverse_give_the_whole_light(tier: Tier) -> None:
    whole = stage().evaluate("R", tier=tier)
    one = stage(link_channel="matte.hero").evaluate("R", tier=tier)
    rest = stage(link_channel="matte.hero", invert_link=True).evaluate("R", tier=tier)
    for name in LIGHTS:
        for part in PARTS:
            layer = f"light_{name}_{part}"
            assert float(whole[layer].max()) > 0.001
            assert torch.allclose(one[layer] + rest[layer], whole[layer], rtol=2e-6, atol=1e-6), layer
    assert torch.allclose((one["rgba"] + rest["rgba"])[:3], whole["rgba"][:3], rtol=2e-6, atol=1e-6)


def test_where_the_matte_is_one_no_bit_changes_and_where_it_is_zero_there_is_none() -> None:
    whole, linked = (stage(link_channel=channel).evaluate("R") for channel in ("", "matte.hero"))
    for layer in (f"light_{name}_{part}" for name in LIGHTS for part in PARTS):
        assert torch.equal(linked[layer][..., :16], whole[layer][..., :16])
        assert not bool(linked[layer][..., 16:24].any())


def test_each_light_has_a_channel_of_its_own() -> None:
    """Values below 0 and above 1 count as they are."""
    image = with_mattes(ball(), torch.tensor([-0.5, 1.5])[:, None, None].expand(2, 32, 48))
    whole = stage(image).evaluate("R")
    made = stage(image).set("sun", link_channel="matte.hero").set("lamp", link_channel="matte.prop").evaluate("R")
    for part in PARTS:
        for name, share in (("sun", -0.5), ("lamp", 1.5), ("sky", 1.0)):
            layer = f"light_{name}_{part}"
            assert torch.allclose(made[layer], whole[layer] * share, rtol=2e-6, atol=1e-7), layer


def test_what_is_not_lit_still_casts_its_shadow() -> None:
    whole, linked = (stage(link_channel=channel).evaluate("R") for channel in ("", "matte.hero"))
    for name in LIGHTS:
        assert float(whole[f"light_{name}_shadow"].min()) < 0.9
        assert torch.equal(linked[f"light_{name}_shadow"], whole[f"light_{name}_shadow"])


def test_confidence_counts_what_falls_somewhere() -> None:
    """Where a light does not fall, whether it would arrive is no question."""
    whole, none = (
        stage(with_mattes(ball(), torch.full((2, 32, 48), value)), link_channel="matte.hero").evaluate("R")
        for value in (1.0, 0.0)
    )
    assert float(whole["confidence"].min()) < 1
    assert float(none["confidence"].min()) == 1


def test_what_is_no_number_in_a_matte_counts_as_nothing() -> None:
    found = mattes()
    found[0, 20], found[0, 21] = float("nan"), float("inf")
    image = with_mattes(ball(), found)
    one, rest = (stage(image, link_channel="matte.hero", invert_link=invert).evaluate("R") for invert in (False, True))
    whole = stage().evaluate("R")
    for layer in (f"light_{name}_{part}" for name in LIGHTS for part in PARTS):
        assert not bool(one[layer][:, 20:22].any())
        assert torch.equal(rest[layer][:, 20:22], whole[layer][:, 20:22])


def test_a_light_that_is_infinite_stays_off_what_it_does_not_fall_on() -> None:
    image = ball()
    albedo = image["albedo"].clone()
    albedo[:, :, 20] = float("inf")
    made = stage(with_mattes(ball(albedo=albedo), mattes()), link_channel="matte.hero").evaluate("R")
    assert not bool(made["light_sun_diffuse"][..., 20].any())


def test_links_shade_nothing_again(shaded: list[str]) -> None:
    made = stage()
    made.evaluate("R")
    assert sorted(shaded) == ["directional", "environment", "point"]
    shaded.clear()
    made.set("sun", link_channel="matte.hero").evaluate("R")
    made.set("sun", invert_link=True).evaluate("R")
    made.set("lamp", link_channel="matte.prop").evaluate("R")
    assert shaded == []


def test_a_channel_is_read_only_where_a_light_wants_it() -> None:
    def read(made: Stage) -> set[str]:
        vertex = made.vertex("R")
        needs = vertex.node.needs(vertex.ctx, FRAME, ("rgba",))
        return {name for need in needs for name in need.layers}

    assert "matte" not in read(stage())
    assert "matte" not in read(stage().set("sun", link_channel="matte.hero", enabled=False))
    assert "matte" in read(stage().set("sun", link_channel="matte.hero"))


def test_a_channel_that_is_not_there_is_a_sentence_before_anything_is_computed() -> None:
    with pytest.raises(NodeError) as error:
        stage().set("lamp", link_channel="matte.villain").info("R")
    assert str(error.value) == (
        "R at frame 1: light 'lamp' is linked to channel 'matte.villain', which input 'image' does not have, it has"
        " rgba.R, rgba.G, rgba.B, rgba.A, albedo.R, albedo.G, albedo.B, normal.X, normal.Y, normal.Z, position.X,"
        " position.Y and 3 more"
    )
    assert stage().set("lamp", link_channel="matte.villain", enabled=False).info("R")


def test_proxies_and_regions_are_those_of_the_whole() -> None:
    made = stage(link_channel="matte.hero")
    whole, region = made.evaluate("R"), Region(9, 13, 34, 28)
    assert torch.equal(made.evaluate("R", region=region).tensor("rgba", region), whole.tensor("rgba", region))
    half = made.evaluate("R", scale=0.5)
    unlinked = stage().evaluate("R", scale=0.5)
    small = torch.nn.functional.avg_pool2d(mattes()[None, :1], 2)[0]
    for layer in ("light_sun_diffuse", "light_sky_specular"):
        assert torch.allclose(half[layer], unlinked[layer] * small, rtol=2e-6, atol=1e-6)


def test_a_rig_node_links_lights_by_their_names() -> None:
    made = Stage().add("key", "light.directional", light_name="key")
    made.add("rim", "light.directional", {"rig": "key"}, light_name="rim", link_channel="matte.prop")
    made.add("rig", "Rig", {"rig": "rim"}, change="rim", link_channel="matte.hero", invert_link=True)
    key, rim = made.evaluate("rig").lights
    assert (key.link_channel, key.invert_link) == ("", False)
    assert (rim.link_channel, rim.invert_link) == ("matte.hero", True)
    kept = made.set("rig", link_channel="").evaluate("rig").lights
    assert (kept[1].link_channel, kept[1].invert_link) == ("matte.prop", False)


def test_files_keep_links(tmp_path: Path) -> None:
    rig = Rig((DirectionalLight(name="rim", link_channel="matte.hero", invert_link=True), DirectionalLight(name="key")))
    text = rig_to_json(rig)
    assert rig_from_json(text) == rig
    assert text.count("link") == 2, "lights without a link say nothing of it"
    pytest.importorskip("pxr", reason="USD files are written by usd-core")
    told = save_rig(rig, tmp_path / "a.usda")
    assert told == ["light 'rim': it is linked to channel 'matte.hero'; in other programs it falls on everything"]
    rim, key = load_rig(tmp_path / "a.usda").lights
    assert (rim.link_channel, rim.invert_link, key.link_channel) == ("matte.hero", True, "")
    assert (tmp_path / "a.usda").read_text().count("rimlight:linkChannel") == 1


def air(**values: object) -> Stage:
    """The air before the ball, in the light of a sun."""
    made = Stage().given("plate", with_mattes(ball(), mattes()))
    made.add("sun", "light.directional", azimuth=60, elevation=20, **values)
    made.add("A", "Atmosphere", {"image": "plate", "rig": "sun"}, visibility=20, backdrop=400, rows=8, slices=8)
    return made


def test_air_is_in_no_matte() -> None:
    def shown(made: Stage) -> Tensor:
        found: Tensor = made.evaluate("A", layers=("air",))["air"]
        return found

    whole, linked = shown(air()), air(link_channel="matte.hero")
    assert float(whole.max()) > 0
    assert torch.equal(shown(air(link_channel="matte.hero", invert_link=True)), whole)
    assert not bool(shown(linked).any())
    vertex = linked.vertex("A")
    assert list(vertex.node.warnings(vertex.ctx)) == [
        "all lights that shine are linked to mattes, and air is in none, so it is dark"
    ]
