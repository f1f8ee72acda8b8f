"""Flag: cards in the light of a rig, and what the nodes that light do with them."""

import math
from pathlib import Path

import pytest
import torch

import exrfiles
import rimlight.nodes.light.flags as flags_module
import rimlight.nodes.light.scene as scene_module
from calls import noted
from pictures import picture
from rimlight.engine import MAIN, Curve, Image, NodeError, Region, Session, Tier
from stage import Stage

FRAME = Region(0, 0, 32, 20)


def floor(depth: bool = True) -> Image:
    """A white wall at z = -200 that faces the camera, seen at 40 degrees."""
    like = torch.zeros(3, 20, 32)
    layers = {"albedo": like + 1, "normal": like + torch.tensor([0.0, 0, 1])[:, None, None]}
    return picture(layers | ({"depth": torch.full((1, 20, 32), 200.0)} if depth else {}), FRAME)


def stage(image: Image | None = None, **values: object) -> Stage:
    """A lamp beside the camera, a sky, and a card before the lamp, half way to the wall."""
    made = Stage().given("plate", image or floor())
    made.add("lamp", "light.area", light_name="lamp", position=(0, 0, 0), target=(0, 0, -200), width=10, height=10)
    made.add("sky", "light.environment", {"rig": "lamp"}, light_name="sky", exposure=-1)
    card = {"position": (100, 0, -100), "target": (100, 0, -200), "width": 200, "height": 400, "lights": "lamp"}
    made.add("F", "light.flag", {"rig": "sky"}, **card | values)
    return made.add("R", "Relight", {"image": "plate", "rig": "F"}, shadows=False, occlude=False, f0=0, samples=0)


def without(made: Stage) -> Image:
    return made.add("R0", "Relight", {"image": "plate", "rig": "sky"}, shadows=False, occlude=False, f0=0, samples=0
                    ).evaluate("R0")  # fmt: skip


def test_half_the_wall_is_dark_and_a_ramp_as_wide_as_the_lamp_between() -> None:
    made = stage()
    out, free = made.evaluate("R"), without(made)
    # A pixel is 4.55 cm wide on the wall; the ramp is 10 cm wide and half a pixel more, seen from the lamp.
    x = (torch.arange(32) + 0.5 - 16) * (2 * math.tan(math.radians(20)) / 32) * 200
    share = (out["light_lamp_diffuse"] / free["light_lamp_diffuse"])[0, 10]
    assert torch.allclose(share, (0.5 - x / math.hypot(10, 4.55 / 2)).clamp(0, 1), atol=0.05)
    assert torch.allclose(out["light_lamp_shadow"][0, 10], share, atol=1e-5)
    assert torch.equal(out["light_sky_diffuse"], free["light_sky_diffuse"])
    parts = sum(out[f"light_{light}_{part}"] for light in ("lamp", "sky") for part in ("diffuse", "specular"))
    assert torch.allclose(out[MAIN], parts, atol=1e-6)


def test_a_clear_flag_and_one_that_is_off_change_no_bit() -> None:
    for values in ({"transmission": (1, 1, 1)}, {"enabled": False}, {"lights": "nobody"}, {"disable": True}):
        made = stage(**values)
        made.set("lamp", shape="disc")
        assert torch.equal(made.evaluate("R")["light_lamp_diffuse"], without(made)["light_lamp_diffuse"])


def test_a_gel_colours_and_nets_multiply() -> None:
    made = stage(transmission=(0.5, 1.0, 0.25))
    made.add("F2", "light.flag", {"rig": "F"}, position=(100, 0, -60), target=(100, 0, -200), width=200, height=400,
             transmission=(0.5, 0.5, 0.5))  # fmt: skip
    made.add("R2", "Relight", {"image": "plate", "rig": "F2"}, shadows=False, occlude=False, f0=0)
    share = made.evaluate("R2")["light_lamp_diffuse"] / without(made)["light_lamp_diffuse"]
    assert torch.allclose(share[:, 10, 30], torch.tensor([0.25, 0.5, 0.125]), atol=1e-5)


def test_a_flag_takes_light_of_the_sky_where_it_is_seen() -> None:
    made = stage(lights="sky", position=(0, 60, -150), target=(0, 0, -200))
    share = made.evaluate("R")["light_sky_diffuse"] / without(made)["light_sky_diffuse"]
    assert float(share.max()) < 1
    assert float(share[0, 0, 16]) < float(share[0, 19, 16])  # less of it farther below


def test_moving_a_flag_shades_nothing_again_and_a_colour_not_even_looks_past_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = noted(monkeypatch, (scene_module, "shade"), (flags_module, "flag_shares"))
    made = stage()
    made.evaluate("R")
    assert set(calls) == {"shade", "flag_shares"}
    calls.clear()
    made.set("F", position=(110, 0, -100))
    made.evaluate("R")
    assert set(calls) == {"flag_shares"}
    calls.clear()
    made.set("lamp", exposure=2)
    made.evaluate("R")
    assert not calls


def test_proxies_and_tiers_agree_on_where_it_is_dark() -> None:
    made = stage()
    whole = made.evaluate("R")["light_lamp_diffuse"]
    small = made.evaluate("R", scale=0.5)["light_lamp_diffuse"]
    assert torch.allclose(small, torch.nn.functional.avg_pool2d(whole, 2), atol=0.02)
    for tier in (Tier.DRAFT, Tier.STUDENT):
        assert torch.allclose(made.evaluate("R", tier=tier)["light_lamp_diffuse"], whole, atol=0.03)


def test_a_picture_comes_by_wire_and_is_animated_like_all_else() -> None:
    made = stage(width=40, height=40, position=(0, 0, -100), target=(0, 0, -200), opening=True)
    half = torch.zeros(3, 4, 4)
    half[:, :, :2] = 1
    made.given("gobo", picture({"rgba": torch.cat((half, torch.ones(1, 4, 4)))}, Region(0, 0, 4, 4)))
    made.graph = made.graph.connect("F", "picture", "gobo")
    lit = made.evaluate("R")["light_lamp_diffuse"][0]
    assert float(lit[10, 11]) > 0.1 and float(lit[10, 20]) == 0 and float(lit[10, 2]) == 0
    made.set("F", roll=Curve.from_data([[1, 0.0, "linear"], [2, 180.0, "linear"]]))
    turned = made.evaluate("R", frame=2)["light_lamp_diffuse"][0]
    assert torch.allclose(turned, lit.flip(1).flip(0), atol=1e-4)


def test_a_rig_node_takes_flags_out_puts_them_off_and_renames_lights_under_them() -> None:
    made = stage()
    made.add("G", "light.rig", {"rig": "F"}, drop="flag")
    assert made.evaluate("G").flags == ()
    made.set("G", drop="", mute="flag")
    assert not made.evaluate("G").flags[0].enabled
    made.set("G", mute="", rename="lamp=sun", keep="lamp")
    rig = made.evaluate("G")
    (sun,) = rig.lights
    assert sun.name == "sun" and rig.flags_of(sun) == rig.flags
    made.set("G", rename="", keep="*", drop="flga")
    said = made.vertex("G").node.warnings(made.vertex("G").ctx)
    assert said == ["no light or flag is called 'flga', there are lamp, sky, flag"]


def test_files_keep_flags_and_name_their_pictures_from_their_own_folder(tmp_path: Path) -> None:
    size = {"displayWindow": exrfiles.box(0, 0, 6, 4), "dataWindow": exrfiles.box(0, 0, 6, 4)}
    exrfiles.write(tmp_path / "leaves.exr", [(size, {c: exrfiles.ramp(1)[:4, :6] for c in "RGB"})])
    session = Session()
    flag = session.add("Flag", picture_file=str(tmp_path / "leaves.exr"), softness=2)
    session.render(session.add("WriteRig", flag, file=str(tmp_path / "set.rig")), "1")
    assert '"picture_file": "leaves.exr"' in (tmp_path / "set.rig").read_text()
    read = session.evaluate(session.add("ReadRig", file=str(tmp_path / "set.rig")))
    assert read == session.evaluate(flag) and read.flags[0].picture.shape == (3, 4, 6)
    (tmp_path / "leaves.exr").unlink()
    session.evaluator.forget_errors()
    with pytest.raises(NodeError, match=r"leaves\.exr"):
        session.evaluate("ReadRig1")


def test_a_picture_without_places_is_a_sentence() -> None:
    made = stage(image=floor(depth=False))
    with pytest.raises(NodeError, match="light 'lamp' needs to know where surfaces are"):
        made.info("R")
    made.add("sun", "light.directional", light_name="sun")
    made.add("F3", "light.flag", {"rig": "sun"}, flag_name="leaves")
    made.add("R3", "Relight", {"image": "plate", "rig": "F3"})
    with pytest.raises(NodeError, match="flag 'leaves' needs to know where surfaces are"):
        made.info("R3")


def test_a_flag_that_looks_at_itself_is_a_sentence() -> None:
    made = stage(position=(1, 2, 3), target=(1, 2, 3))
    with pytest.raises(NodeError, match=r"target = .* is where the flag stands, so it looks nowhere"):
        made.info("F")


def test_the_balls_of_a_probe_show_a_card_and_need_a_place_for_it() -> None:
    made = Stage().given("plate", picture({"rgba": torch.zeros(4, 40, 64)}, Region(0, 0, 64, 40)))
    made.add("sky", "light.environment", light_name="sky")
    card = {"position": (60, 0, -100), "target": (0, 0, -100), "width": 200, "height": 200}
    made.add("F", "light.flag", {"rig": "sky"}, **card)
    balls = {"pixel": (32, 20), "size": 30, "glossy": False, "grey": False, "albedo": 1.0}
    made.add("P", "light.probe", {"image": "plate", "rig": "F"}, distance=100, **balls)
    chrome = made.evaluate("P")["rgba"]
    assert float(chrome[0, 20, 20]) == pytest.approx(1, abs=1e-3)  # the sky, at the left
    assert float(chrome[0, 20, 44]) == pytest.approx(0, abs=1e-3)  # the card, at the right
    made.set("P", chrome=False, grey=True)
    grey = made.evaluate("P")["rgba"]
    assert float(grey[0, 20, 20]) > 0.95 and float(grey[0, 20, 44]) < 0.4
    made.set("P", distance=0)
    with pytest.raises(NodeError, match="flag 'flag' needs to know where the balls are"):
        made.info("P")
