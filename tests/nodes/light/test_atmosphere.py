"""Haze, smoke and beams before the surfaces of a picture."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

import rimlight.nodes.light.air_view as air_view
from calls import noted
from compare import assert_close
from pictures import noise, picture
from rimlight.engine import Image, NodeError, Region, StudentModel, Tier
from rimlight.engine.evaluate.verify import verify_keys
from stage import Stage, known

FRAME = Region(0, 0, 48, 32)
COARSE = {"rows": 24, "slices": 24}
SUN = {"azimuth": 140, "elevation": 30, "exposure": 1}
LAMP = {"position": (40, 20, -120), "exposure": 1}


def render(near: float = 100.0, far: float = 300.0) -> Image:
    """Half of the frame is near, the other half far."""
    depth = torch.full((1, 32, 48), float(far))
    depth[..., :24] = near
    return picture({"rgba": noise(3, FRAME), "depth": depth}, FRAME)


def stage(
    image: Image, light: str = "light.directional", about: dict[str, Any] | None = None,
    more: dict[str, Image] | None = None, **values: Any,
) -> Stage:  # fmt: skip
    """A light in the air before a picture. more : what else is wired, by socket."""
    s = Stage(host_bytes=1 << 28).given("plate", image)
    s.add("L", light, light_name="L", **(SUN if about is None else about))
    for socket, given in (more or {}).items():
        s.given(socket, given)
    wires = {"image": "plate", "rig": "L", **{socket: socket for socket in more or {}}}
    return s.add("A", "Atmosphere", wires, **{**COARSE, **values})


def shown(s: Stage, *layers: str, **how: Any) -> list[Tensor]:
    found = s.evaluate("A", layers=layers, **how)
    assert isinstance(found, Image)
    return [found[name] for name in layers]


def test_the_picture_fades_and_the_air_is_added() -> None:
    image = render()
    main, air, through = shown(stage(image), "rgba", "air", "transmittance")
    assert torch.allclose(main[:3], image["rgba"] * through + air, atol=1e-6)
    added, air = shown(stage(image, fade=0), "rgba", "air")
    assert torch.allclose(added[:3], image["rgba"] + air, atol=1e-6)
    assert float(air.min()) > 0


def test_what_is_far_is_seen_less_and_edges_are_as_sharp_as_depth() -> None:
    air, through = shown(stage(render(), visibility=5, field_of_view=10), "air", "transmittance")
    for column, depth in ((0, 100.0), (23, 100.0), (24, 300.0), (47, 300.0)):
        expected = math.exp(math.log(0.02) * depth / 500)
        assert float(through[0, 16, column]) == pytest.approx(expected, rel=0.02)
    assert float(air[0, 16, 24]) > 1.5 * float(air[0, 16, 23])


def test_lights_add_up_by_their_exposure_and_colour() -> None:
    s = stage(render())
    (one,) = shown(s, "air")
    (more,) = shown(s.set("A", light_exposure=1), "air")
    assert torch.allclose(more, 2 * one, rtol=1e-5)
    s.set("A", light_exposure=0).set("L", color=(1.0, 0.0, 0.5))
    (red,) = shown(s, "air")
    assert torch.allclose(red, one * torch.tensor([1.0, 0.0, 0.5]).reshape(3, 1, 1), atol=1e-6)
    (dark,) = shown(s.set("A", color=(0.5, 0.5, 0.5)), "air")
    assert torch.allclose(dark, red / 2, atol=1e-6)


def test_a_mask_and_a_mix_hold_it_back() -> None:
    image = render()
    s = stage(image)
    (whole,) = shown(s, "rgba")
    (half,) = shown(s.set("A", mix=0.5), "rgba")
    assert torch.allclose(half, (image["rgba"] + whole) / 2, atol=1e-6)
    left = torch.zeros(1, 32, 48)
    left[..., :20] = 1
    (masked,) = shown(stage(image, more={"mask": picture(left.expand(4, -1, -1), FRAME)}), "rgba")
    assert torch.equal(masked[..., 20:], image["rgba"][..., 20:])
    assert torch.allclose(masked[..., :20], whole[..., :20])


def test_a_card_in_the_sun_throws_a_shaft() -> None:
    """The sun comes from the right, from beside the camera: left of a near card the air behind it is darker."""
    depth = torch.full((1, 32, 48), 300.0)
    depth[..., 24:34] = 100.0
    image = picture({"rgba": noise(3, FRAME), "depth": depth}, FRAME)
    s = stage(image, about={"azimuth": 25, "elevation": 0}, thickness=5, rows=64, slices=48)
    (dark,) = shown(s, "air")
    (free,) = shown(s.set("A", shadows=False), "air")
    share = (dark / free)[0]
    assert float(share[:, 15:23].mean()) < 0.9 and float(share[:, 36:].mean()) > 0.98
    s.set("A", shadows=True).set("L", shadow=0.0)
    (unshadowed,) = shown(s, "air")
    assert torch.allclose(unshadowed, free)


def test_ground_fog_lies_on_the_ground() -> None:
    (even,) = shown(stage(render(300, 300)), "transmittance")
    (fog,) = shown(stage(render(300, 300), height=20, ground=-60), "transmittance")
    assert float(fog[0, 0].mean()) > 0.9 > float(fog[0, -1].mean())
    assert float(even[0, 0].mean()) == pytest.approx(float(even[0, -1].mean()), rel=1e-4)


def test_smoke_is_uneven_keeps_its_mean_and_drifts() -> None:
    values = {"uneven": 0.5, "grain": 40, "drift": (10.0, 0.0, 0.0), "rows": 48, "slices": 48, "fade": 1}
    s = stage(render(300, 300), **values)
    (one,) = shown(s, "transmittance", frame=0)
    even = shown(stage(render(300, 300), **{**values, "uneven": 0}), "transmittance")[0]
    assert float(one.std()) > 4 * float(even.std())
    assert float(one.log().mean()) == pytest.approx(float(even.log().mean()), rel=0.15)
    (two,) = shown(s, "transmittance", frame=1)
    assert not torch.allclose(one, two, atol=1e-3)
    s.set("A", drift=(0.0, 0.0, 0.0))
    assert torch.equal(*(shown(s, "transmittance", frame=f)[0] for f in (1, 2)))


def test_only_the_light_that_changed_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = noted(monkeypatch, (air_view, "scattered"), what=lambda air, cells, density, walk, light, *_: light.kind)
    s = Stage(host_bytes=1 << 28).given("plate", render()).add("L", "light.point", light_name="lamp", **LAMP)
    s.add("S", "light.directional", {"rig": "L"}, light_name="sun", **SUN)
    s.add("A", "Atmosphere", {"image": "plate", "rig": "S"}, **COARSE)
    shown(s, "air")
    assert sorted(made) == ["directional", "point"]
    shown(s.set("S", exposure=3, color=(1.0, 0.5, 0.2)), "air")
    assert len(made) == 2
    shown(s.set("L", position=(0, 20, -120)), "air")
    assert made[2:] == ["point"]


def test_drafts_and_proxies_are_close_to_the_final_picture() -> None:
    s = stage(render(), "light.point", LAMP, rows=60, slices=48, shadows=False)
    (final,) = shown(s, "air", tier=Tier.FINAL)
    (draft,) = shown(s, "air", tier=Tier.DRAFT)
    assert float((draft - final).abs().mean() / final.mean()) < 0.03
    (small,) = shown(s, "air", scale=0.5)
    assert float((small.mean() / final.mean() - 1).abs()) < 0.03


def test_what_has_no_depth_is_as_far_as_the_backdrop() -> None:
    image = render()
    image["depth"][..., 24:] = torch.inf
    image["depth"][:, :4, 24:] = torch.nan
    image["depth"][:, 4:8, 24:] = 0
    (farthest,) = shown(stage(image, visibility=5, field_of_view=10), "transmittance")
    assert torch.allclose(farthest[..., 30:], farthest[..., :18], atol=0.01)
    (behind,) = shown(stage(image, visibility=5, field_of_view=10, backdrop=200), "transmittance")
    assert torch.allclose(behind[..., 30:], behind[..., :18] ** 2, atol=0.01)


def test_a_plate_is_looked_at_once_and_its_light_is_the_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = noted(monkeypatch, (StudentModel, "examine"))
    plate = picture(noise(3, FRAME) + 0.1, FRAME)
    s = stage(plate, "light.point", {"position": (20, 20, -60), "exposure": 0})
    (one,) = shown(s, "air")
    shown(s.set("A", visibility=10), "air")
    assert len(looks) == 1
    brighter = stage(picture(4 * plate["rgba"], FRAME), "light.point", {"position": (20, 20, -60), "exposure": 0})
    (four,) = shown(brighter, "air")
    assert_close(four, 4 * one, relative=1e-3)
    (plain,) = shown(s.set("A", visibility=20, level="light"), "air")
    ratio = one / plain
    assert float(ratio.std() / ratio.mean()) < 1e-3


def test_surfaces_may_come_from_another_picture() -> None:
    image = render()
    flat = picture(torch.zeros(3, 32, 48), FRAME)
    (air,) = shown(stage(flat, more={"surfaces": image}), "air")
    (expected,) = shown(stage(image), "air")
    assert torch.equal(air, expected)


def test_bad_input_is_said_in_a_sentence() -> None:
    with pytest.raises(NodeError, match="layers is 'input', but input 'image' has neither position nor depth"):
        shown(stage(picture(noise(3, FRAME), FRAME), layers="input"), "air")
    dark = stage(render()).set("L", enabled=False).vertex("A")
    assert any("the rig has no light" in text for text in dark.node.warnings(dark.ctx))


def test_values_beyond_one_and_below_zero_and_nan_stay_where_they_are() -> None:
    image = render()
    image["rgba"][:, 3, 5] = torch.tensor([-2.0, 50.0, 3.0])
    image["rgba"][0, 6, 6] = torch.nan
    main, air, through = shown(stage(image), "rgba", "air", "transmittance")
    assert_close(main[:3, 3, 5], image["rgba"][:, 3, 5] * through[0, 3, 5] + air[:, 3, 5])
    bad = torch.isnan(main[:3])
    assert int(bad.sum()) == 1 and bool(bad[0, 6, 6])


def test_nothing_depends_on_what_no_key_holds() -> None:
    made = stage(render(), "light.point", LAMP, uneven=0.5, height=50)
    made.add("M", "Blur", {"image": "A"}, size=2)
    with known():
        assert verify_keys(made.graph, made.project, made.evaluator.services, "M", [1.0, 2.0]) == []


@pytest.mark.gpu
def test_cpu_and_gpu_agree() -> None:
    made = stage(render(), "light.point", LAMP, uneven=0.5)
    one = made.evaluate("A")
    gpu = Stage(device="cuda")
    gpu.pictures.update(made.pictures)
    gpu.graph = made.graph
    two = gpu.evaluate("A")
    for name, x in one.layers.items():
        assert torch.allclose(two[name].cpu(), x, rtol=5e-3, atol=1e-3), name


def test_a_flag_cuts_a_shaft_into_the_air() -> None:
    """A sun from the left and a card left of the frame that covers its lower half: the air above is as it was."""
    made = stage(render(300, 300), about={"azimuth": -90, "elevation": 0}, rows=32, slices=32, shadows=False)
    free, *_ = shown(made, "air")
    made.add(
        "F", "light.flag", {"rig": "L"}, position=(-400, -500, -150), target=(0, -500, -150), width=1000, height=1000
    )
    made.graph = made.graph.connect("A", "rig", "F")
    cut, *_ = shown(made, "air")
    assert torch.allclose(cut[:, :14], free[:, :14], rtol=1e-4)
    assert float(cut[:, 18:].max()) < 0.02 * float(free.max())
    made.set("F", transmission=(1.0, 0.5, 0.0))
    gel, *_ = shown(made, "air")
    share = (gel / free)[:, 18:]
    assert torch.allclose(share, torch.tensor([1.0, 0.5, 0.0])[:, None, None].expand_as(share), atol=0.02)
    assert made.vertex("A").node.warnings(made.vertex("A").ctx) == ()
    made.set("F", lights="other")
    assert torch.equal(shown(made, "air")[0], free)


def test_surroundings_around_the_wall_of_an_opening_are_warned_of() -> None:
    made = stage(render()).add("S", "light.harmonics", {"rig": "L"}, light_name="sky")
    made.add("F", "light.flag", {"rig": "S"}, opening=True, flag_name="window")
    made.graph = made.graph.connect("A", "rig", "F")
    vertex = made.vertex("A")
    (warning,) = vertex.node.warnings(vertex.ctx)
    assert warning.startswith("'sky' lights the air as if the wall around 'window' were not there")
    made.set("F", lights="L")
    assert made.vertex("A").node.warnings(made.vertex("A").ctx) == ()
